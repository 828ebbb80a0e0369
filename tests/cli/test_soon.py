"""What is told soon: names and paths before TensorFlow is imported, settings before data is loaded."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import keras_ae
from keras_ae import cli
from keras_ae.cli.noise import NOISE, without_noise
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.errors import InputError
from keras_ae.serving.runtimes.packages import PACKAGES

ROOT = Path(__file__).resolve().parents[2]

WRONG = {
    "train denoise": "there is no recipe called 'denoise' (near it: denoising); keras-ae list names",
    "train denoising --data nowhere": "no file, folder or data set called 'nowhere'",
    "train vae": "vae is no recipe but a variant of autoencoders, Variational: keras-ae train binarized_vae",
    "train variational": 'other recipes take it by --set "variant=Variational"; keras-ae benchmark',
    "train gone.py": "there is no file 'gone.py'; check the path",
    "train denoising --data row.csv": "data set called 'row.csv' (near it: rows.csv",
    "train denoising --data Mnist": "data set called 'Mnist' (near it: mnist, ",
    "train denoising --set latent_dim=3": "no field 'latent_dim' (near it: variant.latent_dim)",
    "train denoising --set lr=3": "Recipe has no field 'lr' (near it: learning_rate)",
    "train denoising --set variant=Varational": "no Variant called 'Varational' (near it: Variational, ",
    "train denoising --data text.npy": "text.npy cannot be read as a NumPy file",
    "train denoising --data text.npz": "text.npz cannot be read as a NumPy file",
    "train denoising --runs file/runs": "file is not a folder); name another --runs",
    "train denoising --models file": "file is not a folder); name another --models",
    "train denoising --resume --run-dir gone": "the run's folder gone does not exist",
    "train denoising --set a='b": "cannot be split into words",
    "train denoising --keep 0": "expected at least 1 version to keep, received 0",
    "train denoising --set epochs=0": "epochs: epochs must be at least 1, received 0",
    "train denoising --set learning_rate=0": "learning_rate: learning_rate must be above 0, received 0.0",
    "train denoising --set loss=mes": "received 'mes' (near it: mse",
    "train denoising --set schedule=linear": "schedule must be one of constant, cosine; received 'linear'",
    "train denoising --set epoch=3": "epoch: Recipe has no field 'epoch' (near it: epochs, ",
    "train denoising --set variant.backbone.filter=3": "(near it: variant.backbone.filters)",
    "train denoising --set least_steps=3": "no field 'least_steps'; it is now min_steps_per_epoch",
    "sweep denoising epoch 1,2": "epoch: Recipe has no field 'epoch' (near it: epochs, ",
    "sweep image_anomaly data.norm 0..9": "no field 'norm' (near it: data.normal, data.abnormal, variant",
    "sweep denoising epochs 1,2 --set task.sigma=1": "no field 'sigma' (near it: task.corruption.sigma);",
    "detect series_anomaly rows.csv --set data=1 --set epoch=3": "Recipe has no field 'epoch'",
    "benchmark --variants variational,sparser": "no variant called 'sparser' to compare (near it: sparse); ",
    "benchmark --set epoch=1": "Recipe has no field 'epoch'",
    "show denoising --set epoch=1": "Recipe has no field 'epoch'",
    "train denoising --name a/b": "--name must be one part of letters, digits, _, . and - that begins with",
    "train denoising --name digits": "digits is the name of another recipe",
    "detect table_anomaly rows.csv --name ..": "--name must be one part of letters",
    "export ../denoising": "the name of a recipe or of a model must be one part of letters",
    "evaluate denoising": "there is no finished run of denoising below runs",
    "evaluate denoising --run-dir file": "file does not exist",
    "export denoising": "there is no finished run of denoising",
    "sweep denoising epochs 1,2 --data nowhere": "no file, folder or data set called 'nowhere'",
    "benchmark --data nowhere": "no file, folder or data set called 'nowhere'",
    "benchmark --epochs 0": "expected --epochs and --seeds of at least 1",
    "predict denoising gone.npy": "received 'gone.npy', which does not exist",
    "predict denoising text.npy": "text.npy cannot be read as a NumPy file",
    "predict denoising binary.csv": "expected a file of rows, binary.csv is binary",
    "predict denoising rows.csv": "there is no export of denoising below saved_models; train it",
    "encode denoising mnist_5k --output a.npy": "there is no export of denoising below saved_models",
    "restore denoising gone.png": "there is no export of denoising below saved_models",
    "detect series_anomaly gone.csv": "a folder of images, gone.csv is not a file or folder",
    "detect series_anomaly binary.csv": "expected a file of rows, binary.csv is binary",
    "monitor series_anomaly gone.csv": "a folder of images, gone.csv is not a file or folder",
    "watch series_anomaly gone.csv": "a folder of images, gone.csv is not a file or folder",
    "watch series_anomaly rows.csv": "there is no finished run of series_anomaly",
    "generate denoising": "there is no finished run of denoising",
    "nearest denoising gone.png": "there is no file gone.png; name one",
    "generate denoising --output file": "file is not a folder); name another --output",
    "verify": "saved_models holds no exported model; train one first: keras-ae train denoising",
    "verify zzz": "there is no recipe or model called 'zzz'; saved_models holds nothing; keras-ae list names",
    "convert nothing": "there is no recipe or model called 'nothing'",
    "rollback nothing": "there is no recipe or model called 'nothing'",
    "serve --rest-port 99999": "expected --rest-port between 0 and 65535, received 99999",
    "serve --print --grpc-port -1": "expected --grpc-port between 0 and 65535, received -1",
    "heads denoisng": "called 'denoisng' (near it: denoising, sound_denoising, photo_denoising); saved",
    "evaluate denoise": "no recipe or model called 'denoise' (near it: denoising); runs holds nothing",
    "show denoise": "there is no recipe called 'denoise' (near it: denoising); keras-ae list names",
}

PROGRAM = """
import contextlib, io, json, sys, time
from keras_ae.cli import main
for line in sys.stdin.read().splitlines():
    began, told = time.process_time(), io.StringIO()
    with contextlib.redirect_stderr(told):
        status = main(line.split())
    print(json.dumps([status, told.getvalue(), time.process_time() - began, "tensorflow" in sys.modules]))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """[status, standard error, seconds, whether TensorFlow was imported] of each wrong command."""
    folder = tmp_path_factory.mktemp("wrong")
    for name, content in (
        ("text.npy", b"text"),
        ("text.npz", b"text"),
        ("file", b""),
        ("binary.csv", b"a\0b"),
    ):
        (folder / name).write_bytes(content)
    (folder / "rows.csv").write_text("a,b\n1,2\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="\n".join(WRONG), cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    return dict(zip(WRONG, map(json.loads, lines), strict=True))


@pytest.mark.parametrize("command", WRONG)
def test_a_wrong_name_or_path_is_told_before_tensorflow_is_imported(answers, command):
    status, told, seconds, loaded = answers[command]
    [line] = told.splitlines()
    assert WRONG[command] in line
    assert status == 2
    assert not loaded
    assert seconds < 1


SOON = {
    "predict tiny x.npy --output out": ".parquet or .tfrecord, or in / for a folder; received 'out'",
    "predict tiny x.npy --output x.npy": "x.npy already exists; name another --output, or replace it",
    "predict tiny x.npy --output x.npy/a.npz": "x.npy is not a folder); name another --output",
    "predict tiny x.npy --outputs cod": "the head gives no output 'cod' (near it: code); it gives code",
    "predict tiny x.npy --head encdr": "no exported encdr (near it: encoder, autoencoder); it has",
    "predict tiny x.npy --label x": "tiny has no encoder labeled 'x'; it has stable",
    "predict tiny x.npy --signature x": "tiny has no signature 'x' of its encoder; it has",
    "predict tny x.npy": "no recipe or model called 'tny' (near it: tiny)",
    "encode tiny x.npy --output codes": "or *.csv or *.parquet or *.tfrecord; received 'codes'",
    "encode tiny x.npy --output dir.npy": "dir.npy is a folder; name a file in it with --output",
    "encode tiny x.npy --output x.npy": "x.npy already exists; name another --output",
    "encode tiny x.npy --output a.npy --outputs cod": "the head gives no output 'cod' (near it: code)",
    "convert tiny --to onx": "there is no runtime called 'onx' (near it: onnx); there is onnx, litert",
    "convert tiny --output x.npy": "is not a folder); name another --output",
    "interpolate tiny test:0 test:1 --steps 1": "from 2 to 1,000 steps, received 1; set --steps",
    "traverse tiny test:0 --steps 1001": "from 2 to 1,000 steps, received 1001; set --steps",
    "nearest tiny test:0 --count 0": "expected a count of at least 1, received 0; set --count",
    "attribute tiny test:0 --add x --strength nan": "a number such as 1.5 or -1, received 'nan'",
    "reconstruct tiny test:x": "expected test:N with a whole number N, received test:x; such as test:3",
    "reconstruct tiny x.npi": "there is no file x.npi (near it: x.npy); name one",
    "reconstruct tiny test": "or a seed such as seed:3; received test; give one of these",
    "reconstruct tiny test:0 --output full": "full already contains files; name another folder, --output,",
    "train denoising --set epochs=five": "epochs: expected a whole number, received 'five'",
    "train denoising --set task=denosing": "no Task called 'denosing' (near it: Denoising, ",
    "train denoising --set variant.backbone=Dens": "no Backbone called 'Dens' (near it: DenseBackbone)",
    "train denoising --set epochs": "expected FIELD=VALUE, such as \"epochs=5\", received 'epochs'",
    "train denoising --run-dir x.npy": "x.npy is not a folder); name another --run-dir",
    "train denoising --run-dir begun": "begun already contains a run; resume it with --resume",
}


@pytest.mark.parametrize("command", SOON)
def test_what_a_head_or_a_folder_does_not_take_is_told_before_tensorflow_is_imported(
    exported, tmp_path, monkeypatch, capsys, command
):
    from keras_ae.cli import convert, encode, generate, predict, train

    for module in (convert, encode, generate, predict, train):
        monkeypatch.setattr(module, "load_tensorflow", lambda: pytest.fail("TensorFlow is imported"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(PACKAGES, "onnx", ())
    monkeypatch.setitem(PACKAGES, "litert", ())
    np.save("x.npy", np.zeros((2, 12, 12, 1), np.float32))
    Path("full").mkdir()
    Path("dir.npy").mkdir()
    Path("full/a").touch()
    Path("begun/checkpoint").mkdir(parents=True)
    Path("begun/checkpoint/state.json").write_text('{"epochs": 1}')
    words = command.split()
    words += ["--models", str(exported)] if words[0] in ("predict", "encode", "convert") else []
    assert cli.main(words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert SOON[command] in line


def test_data_that_are_refused_leave_no_run_behind_and_nothing_else_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("two.csv").write_text("x,y\n1,2\n2,3\n")
    assert cli.main(["train", "digits", "--data", "two.csv", "--quiet"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("keras-ae: expected at least 3 different examples")
    data = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(InputError, match="^cross-entropy needs data in .0, 1."):
        keras_ae.train("digits", data=data, loss="binary_crossentropy")
    assert "run folder" not in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["two.csv"]


def test_a_wrong_setting_is_told_before_data_is_loaded(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Mnist5k, "load", lambda self: pytest.fail("the data were loaded"))
    for setting, message in (
        ("variant=Sparse variant.l2=3", "Sparse has no field 'l2'"),
        ("epochs=five", "epochs: expected a whole number, received 'five'"),
        (
            "variant=Varational",
            "no Variant called 'Varational' (near it: Variational, Rec",
        ),
        (
            "variant.backbone=Dense",
            "no Backbone called 'Dense' (near it: DenseBackbone)",
        ),
    ):
        began = time.process_time()
        assert cli.main(["train", "denoising", "--set", setting]) == 2
        assert time.process_time() - began < 1
        assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("runs/*/*"))


def test_a_missing_package_is_told_before_tensorflow_is_imported(exported, tmp_path, monkeypatch, capsys):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyarrow" else find(name))
    words = ["encode", "tiny", "mnist_5k", "--output", str(tmp_path / "codes.parquet")]
    assert cli.main([*words, "--models", str(exported)]) == 2
    told = capsys.readouterr().err
    assert "a .parquet needs pyarrow: " in told
    assert "keras_ae[parquet]" in told


def test_a_missing_package_of_a_recipe_or_a_runtime_is_told_too(exported, tmp_path, monkeypatch, capsys):
    from importlib import metadata

    version = metadata.version

    def without_music(name):
        if name == "music21":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without_music)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", "music_generation"]) == 2
    told = capsys.readouterr().err
    assert "music_generation needs music21: " in told
    assert "keras_ae[music]" in told
    monkeypatch.setitem(PACKAGES, "onnx", ("no_such_package",))
    assert cli.main(["convert", "tiny", "--to", "onnx", "--models", str(exported)]) == 2
    told = capsys.readouterr().err
    assert "converting to onnx needs no_such_package, which is not installed: " in told
    assert "loading TensorFlow" not in told


def test_known_lines_of_tensorflow_are_left_out_and_others_are_not(capfd):
    lines = [
        b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n",
        b"I0000 00:00:1.2  3 port.cc:153] oneDNN custom operations are on. You may see\n",
        b"E0000 00:00:1.2  3 cuda_dnn.cc:1] Unable to register cuDNN factory\n",
        b"The TensorFlow library was compiled to use AVX instructions, but these aren't available\n",
    ]
    with without_noise():
        for line in lines:
            os.write(2, line)
    assert capfd.readouterr().err.encode() == b"".join(lines[2:])
    assert [bool(NOISE.match(line)) for line in lines] == [True, True, False, False]


def test_the_filter_outlives_a_process_that_aborts():
    program = (
        "import os; from keras_ae.cli.noise import without_noise\n"
        "with without_noise():\n"
        "    os.write(2, b'this processor lacks AVX\\n'); os.abort()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr == b"this processor lacks AVX\n"


@pytest.mark.slow
def test_loading_tensorflow_prints_what_is_done_and_nothing_else():
    """In a process of its own, as only the first import of TensorFlow writes its lines."""
    done = subprocess.run(
        [sys.executable, "-m", "keras_ae", "doctor"], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}, check=True,
    )  # fmt: skip
    first, second = done.stderr.splitlines()
    assert first == "loading TensorFlow"
    assert second.startswith("TensorFlow 2.")
