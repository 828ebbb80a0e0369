"""How extras are installed where a program runs, and what is said where TensorFlow is missing."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from keras_ae import extras
from keras_ae.cli import main
from keras_ae.errors import InputError
from keras_ae.formats.music import midi

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The bin folder of an environment, by another name than that of the pip on the path."""
    folder = tmp_path / "env" / "bin"
    folder.mkdir(parents=True)
    for name in ("python", "pip"):
        (folder / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    return folder


def test_the_command_is_that_of_the_environment(environment, monkeypatch, tmp_path):
    by_path = f"{environment}/python -m pip install 'keras_ae[onnx,music]'"
    assert extras.install_command("onnx", "music") == by_path
    monkeypatch.chdir(tmp_path)
    assert extras.install_command("onnx") == "env/bin/python -m pip install 'keras_ae[onnx]'"
    monkeypatch.setenv("PATH", str(environment))
    assert extras.install_command("onnx") == "pip install 'keras_ae[onnx]'"


def test_a_source_that_is_not_installed_is_installed_by_its_path(environment, monkeypatch, tmp_path):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(extras.metadata, "distribution", missing)
    monkeypatch.setenv("PATH", str(environment))
    monkeypatch.chdir(ROOT)
    assert extras.install_command("cpu") == "pip install '.[cpu]'"
    monkeypatch.chdir(tmp_path)
    assert extras.install_command("cpu") == f"pip install '{ROOT}[cpu]'"


def test_without_mido_the_way_to_install_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(InputError, match=r"MIDI files need mido, .*: .*pip install 'keras_ae\[music\]'$"):
        midi.write(tmp_path / "a.mid", np.zeros((1, 1), np.int16), np.ones((1, 1), bool))


def test_only_a_missing_tensorflow_is_told_as_one():
    assert extras.without_tensorflow(ModuleNotFoundError(name="tensorflow_probability")) is None
    assert extras.without_tensorflow(ValueError("tensorflow")) is None
    told = str(extras.without_tensorflow(ModuleNotFoundError(name="tensorflow")))
    assert "pip install 'keras_ae[cpu]', or " in told
    assert "pip install 'keras_ae[cuda]' for an NVIDIA GPU" in told


def test_a_verb_without_tensorflow_says_how_to_install_it_in_one_line():
    program = (
        "import sys; sys.modules['tensorflow'] = None; from keras_ae.cli import main; "
        "sys.exit(main(['train', 'denoising']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("keras-ae: TensorFlow is not installed: ")
    assert "keras_ae[cpu]" in done.stderr
    assert "keras_ae[cuda]" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert main(["list"]) == 0
