"""The examination of the environment: what is there, what is missing, and what to do about it."""

import json
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from keras_ae import __version__, extras, recipe_files
from keras_ae.apps import doctor
from keras_ae.cli import main
from keras_ae.extras import EXTRAS


class Package:
    """The metadata of an installed keras_ae."""

    def __init__(self, *requires, python=">=3.11"):
        self.requires, self.metadata = requires, {"Requires-Python": python}


@pytest.fixture
def package(monkeypatch):
    """(metadata) -> the checks by name, where that is installed."""

    real = metadata.distribution

    def installed(package, folder=Path("runs")):
        monkeypatch.setattr(
            metadata, "distribution", lambda name: package if name == "keras_ae" else real(name)
        )
        return {check.name: check for check in doctor.examine(folder, Path("saved_models"))}

    return installed


def test_a_sound_environment_has_no_fault(package, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    checks = package(Package("numpy>=1.0", 'pytest>=1; extra == "dev"', 'no-such-package; extra == "onnx"'))
    assert not [check for check in checks.values() if check.state == "fault"]
    assert checks["keras_ae"].value.startswith(f"{__version__} in ")
    assert sys.executable in checks["Python"].value
    assert checks["recipes"].value.startswith(f"{len(recipe_files.recipe_files())}, ")
    assert "cores" in checks["processor"].value
    assert "oneDNN on" in checks["processor"].value
    assert "available of" in checks["memory"].value
    assert "can be written" in checks["runs/"].value
    assert checks["packages"].value == "1, as they should be"
    assert checks["extra dev"].state == "ok"
    assert (checks["extra onnx"].state, checks["extra onnx"].value) == ("absent", EXTRAS["onnx"])
    assert checks["extra onnx"].advice.endswith("pip install 'keras_ae[onnx]'")
    assert "unknown to this install" in checks["extra beam"].value


def test_wrong_and_missing_packages_are_faults(package):
    check = package(Package("numpy<1", "no-such-package>=2"))["packages"]
    assert check.state == "fault"
    assert check.value.startswith("numpy is ")
    assert check.value.endswith("; no-such-package is missing")
    assert "pip install" in check.advice


def test_another_python_is_a_fault(package):
    check = package(Package(python=">=3.99"))["Python"]
    assert (check.state, check.advice) == ("fault", "make an environment with a Python >=3.99")


def test_a_source_that_is_not_installed_says_so(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(extras.metadata, "distribution", missing)
    checks = {check.name: check for check in doctor.examine(Path("runs"), Path("saved_models"))}
    assert checks["keras_ae"].value.endswith("not installed")
    assert "[cpu]" in checks["keras_ae"].advice
    assert "packages" not in checks


def test_missing_recipes_are_a_fault(package, monkeypatch, tmp_path):
    monkeypatch.setattr(recipe_files, "FOLDERS", (tmp_path / "a", tmp_path / "b"))
    check = package(Package())["recipes"]
    assert (check.state, check.value) == ("fault", "none")
    assert "install keras_ae again" in check.advice


def test_a_folder_that_cannot_be_written_and_a_full_disk_are_faults(package, monkeypatch, tmp_path):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    folder = tmp_path / "new" / "runs"
    assert package(Package(), folder)[f"{folder}/"].state == "ok"
    assert not folder.parent.exists()
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=2**29))
    check = package(Package(), folder)[f"{folder}/"]
    assert (check.state, check.value) == ("fault", "0.5 GiB free")
    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    check = package(Package(), folder)[f"{folder}/"]
    assert (check.state, check.value) == ("fault", "cannot be written: Permission denied")
    assert check.advice == f"change the rights of {tmp_path}"


def test_little_memory_is_a_fault_and_none_is_known_elsewhere(package, monkeypatch, tmp_path):
    meminfo = tmp_path / "meminfo"
    monkeypatch.setattr(doctor, "MEMORY_FILE", meminfo)
    assert package(Package())["memory"].value == "not known on this system"
    meminfo.write_text("MemTotal: 4194304 kB\nMemFree: 100 kB\nMemAvailable: 524288 kB\nHugePages_Total: 0\n")
    check = package(Package())["memory"]
    assert (check.state, check.value) == ("fault", "0.5 GiB available of 4.0 GiB")


def by_name(monkeypatch, devices=(), has_gpu=False, with_cuda=False):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(devices))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: {"device_name": device})
    monkeypatch.setattr(tf.test, "is_built_with_cuda", lambda: with_cuda)
    monkeypatch.setattr(doctor, "_has_nvidia_gpu", lambda: has_gpu)
    return {check.name: check for check in doctor.examine_tensorflow()}


def test_gpus_are_named_and_one_that_is_not_used_is_a_fault(monkeypatch):
    checks = by_name(monkeypatch, ["H200", "H200"])
    assert checks["GPU"].value == "H200, H200"
    assert checks["TensorFlow"].value.startswith(f"{tf.__version__}, Keras ")
    assert by_name(monkeypatch)["GPU"].state == "absent"
    unused = by_name(monkeypatch, has_gpu=True)["GPU"]
    assert unused.state == "fault"
    assert "keras_ae[cuda]" in unused.advice
    broken = by_name(monkeypatch, has_gpu=True, with_cuda=True)["GPU"]
    assert broken.state == "fault"
    assert "TF_CPP_MIN_LOG_LEVEL=0" in broken.advice


def test_a_gpu_is_one_that_its_driver_lists(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not doctor._has_nvidia_gpu()
    program = tmp_path / "nvidia-smi"
    for line, expected in (("echo GPU 0: H200", True), ("echo No devices", False), ("exit 9", False)):
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
        assert doctor._has_nvidia_gpu() == expected


def test_a_missing_tensorflow_is_a_fault(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    [check] = doctor.examine_tensorflow()
    assert check.state == "fault"
    assert "keras_ae[cpu]" in check.advice


def test_the_verb_prints_lines_or_json_and_fails_with_a_fault(monkeypatch, capsys, tmp_path):
    words = ["doctor", "--runs", str(tmp_path / "runs"), "--models", str(tmp_path)]
    assert main([*words, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["ok"] is True
    assert {"name", "value", "state", "advice"} == set(content["checks"][0])
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert main(words) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok    Python ")
    assert lines[-3].startswith("FAULT TensorFlow     cannot be imported: ")
    assert lines[-2].startswith("to do for TensorFlow: TensorFlow is not installed: ")
    assert lines[-1] == "faults: 1"
