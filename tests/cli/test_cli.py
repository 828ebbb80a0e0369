"""The command line: what it prints, the status it exits with, and one line for what it cannot use."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import exporting, untrained
from PIL import Image

from keras_ae import cli
from keras_ae.files import modules_below
from keras_ae.runs.checkpoint import read_state
from keras_ae.runs.folders import next_folder

ROOT = Path(__file__).resolve().parents[2]
QUICK = [
    "--set",
    "epochs=1 variant.backbone.filters=4,4 variant.latent_dim=3 batch_size=16 learning_rate=0.05 "
    "checkpoint=last",
]  # so that each epoch tells


def draw_images(folder):
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(40):
        Image.fromarray(random.integers(0, 255, (12, 12), dtype=np.uint8)).save(folder / f"{number}.png")


def test_a_reader_that_stops_early_is_no_failure():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "keras_ae", "list"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty working folder with a few images in it."""
    monkeypatch.chdir(tmp_path)
    draw_images(tmp_path / "images")
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(a folder in which `denoising` was trained on images, one of them broken; what it printed; progress)"""
    folder = tmp_path_factory.mktemp("finished")
    draw_images(folder / "images")
    (folder / "images" / "broken.png").write_bytes(b"x")
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as printed,
        contextlib.redirect_stderr(io.StringIO()) as progress,
    ):
        patch.chdir(folder)
        assert cli.main(["train", "denoising", "--data", "images", *QUICK]) == 0
    return folder, printed.getvalue(), progress.getvalue()


@pytest.fixture
def trained(workplace, finished):
    """A working folder of one's own with a finished run in it."""
    shutil.copytree(finished[0], workplace, dirs_exist_ok=True)
    return workplace


def test_train_leaves_a_table_a_card_heads_and_the_next_commands(finished):
    workplace, printed, progress = finished
    steps = (
        "loading the data",
        "fitting the baselines",
        "scoring noisy input",
        "scoring denoising",
        "writing TensorBoard's last pages",
        "exporting encoder",
        "exporting decoder",
    )
    assert [line for line in progress.splitlines() if line.startswith(steps)] == sorted(
        (line for line in progress.splitlines() if line.startswith(steps)),
        key=lambda line: next(place for place, step in enumerate(steps) if line.startswith(step)),
    )
    assert all(step in progress for step in steps)
    for text in (
        "left out 1 of 41 images",
        "broken.png",
        "PSNR dB",
        "noisy input",
        "linear denoiser",
        "denoising  ",
    ):
        assert text in printed
    assert "keras-ae tensorboard" in printed
    assert "keras-ae serve" in printed
    card = json.loads((workplace / "runs/denoising-images/001/card.json").read_text())
    assert card["data"]["shape"] == [12, 12, 1]
    assert card["seconds"] > 0
    for head in ("encoder", "decoder", "autoencoder"):
        assert (workplace / "saved_models/denoising-images" / head / "1/saved_model.pb").is_file()
        assert (workplace / "saved_models/denoising-images" / head / "1/card.json").is_file()
    assert (workplace / "saved_models/models.config").is_file()


def test_a_resumed_run_goes_on_and_evaluate_and_export_take_the_newest(trained, capsys):
    """With the data and settings of the run, whose folder is copied so that there are two."""
    workplace = trained
    shutil.copytree(workplace / "runs/denoising-images/001", workplace / "runs/denoising-images/002")
    with exporting("encoder"), untrained():
        assert cli.main(["train", "denoising", "--resume", "--set", "epochs=2"]) == 0
    resumed = capsys.readouterr().out
    assert "resuming after epoch 1 of 2" in resumed
    assert read_state(workplace / "runs/denoising-images/002/checkpoint")["epochs"] == 2
    assert read_state(workplace / "runs/denoising-images/001/checkpoint")["epochs"] == 1
    assert not (workplace / "runs/denoising-images/003").exists()
    printed = re.findall(r"^denoising  .*$", resumed, re.M)
    first = json.loads((workplace / "runs/denoising-images/001/card.json").read_text())["metrics"]
    (workplace / "runs/denoising-images/003").mkdir()  # a run that never came to an end
    assert cli.main(["evaluate", "denoising"]) == 0
    evaluated = capsys.readouterr().out
    assert "runs/denoising-images/002" in evaluated
    assert re.findall(r"^denoising  .*$", evaluated, re.M) == printed
    assert cli.main(["evaluate", "denoising-images", "--json", "--quiet"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    result = json.loads(told.out)
    assert result["run"] == "runs/denoising-images/002"
    assert f" {result['metrics']['denoising']['mse']:.5f} " in printed[0]
    assert cli.main(["evaluate", "denoising", "--run-dir", "runs/denoising-images/001"]) == 0
    [line] = re.findall(r"^denoising  .*$", capsys.readouterr().out, re.M)
    assert line != printed[0]
    assert f" {first['mse']:.5f} " in line
    for file in (workplace / "images").iterdir():
        file.unlink()
    with exporting("encoder"):
        assert cli.main(["export", "denoising"]) == 0
        told = capsys.readouterr()
        assert "saved_models/denoising-images/encoder/3" in told.out
        assert "exporting encoder" in told.err
        assert cli.main(["export", "denoising", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["heads"] == {"encoder": "saved_models/denoising-images/encoder/4"}
    assert "run folder: runs/denoising-images/002" in told.err


@pytest.mark.slow
def test_resume_without_a_run_begins_one(workplace, capsys):
    assert cli.main(["train", "denoising", "--resume", "--data", "images", *QUICK]) == 0
    assert "nothing to resume" in capsys.readouterr().out


def test_an_interrupted_run_says_how_to_go_on(workplace, capsys, monkeypatch):
    (workplace / "mine.py").write_text(
        (ROOT / "recipes" / "denoising.py").read_text()
        + """
import dataclasses
import keras


class Interrupt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


recipe = dataclasses.replace(recipe, callbacks=(Interrupt,))
"""
    )
    monkeypatch.delenv("MAKELEVEL", raising=False)
    arguments = ["train", "mine.py", "--data", "images", "--runs", "my runs", *QUICK, "--set", "epochs=3"]
    with untrained():
        assert cli.main(arguments) == 130
    printed = capsys.readouterr().err
    assert "1 of 3 epochs are kept in my runs/mine-images/001" in printed
    assert "-m keras_ae train mine.py --resume --run-dir 'my runs/mine-images/001'" in printed
    monkeypatch.setenv("MAKELEVEL", "1")
    with untrained():
        assert cli.main(["train", "mine.py", "--resume", "--runs", "my runs"]) == 130
    assert "resume with: make train RECIPE=mine.py NAME=mine-images RESUME=1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "denoise"], r"there is no recipe called 'denoise' \(near it: denoising\); keras-ae list"),
        (
            ["train", "denoising", "--set", "epoch=3"],
            "Recipe has no field 'epoch' .near it: epochs, .*; keras-ae show",
        ),
        (["train", "denoising", "--set", "epochs=x"], "expected a whole number, received 'x'"),
        (["train", "denoising", "--set", "a='b"], "cannot be split into words"),
        (
            ["train", "denoising", "--data", "nowhere"],
            "no file, folder or data set called 'nowhere'; ",
        ),
        (["train", "denoising", "--data", "empty"], "expected images .* below empty; found none"),
        (["train", "denoising", "--data", "mixed"], "5 gray and 5 in color; set data.channels"),
        (["train", "denoising", "--data", "rank.npy"], r"received shape \(5,\)"),
        (["train", "denoising", "--data", "nan.npy"], r"1 are NaN or infinite, the first at index \(2, 1\)"),
        (["train", "denoising", "--data", "vectors.npy"], "variant.backbone=DenseBackbone"),
        (["train", "denoising", "--data", "images", "--runs", "a file"], "cannot be written"),
        (["train", "denoising", "--data", "images", "--run-dir", "a file/x"], "cannot be written"),
        (
            ["train", "denoising", "--resume", "--run-dir", "missing"],
            "the run's folder missing does not exist",
        ),
        (["train", "denoising", "--resume", "--run-dir", "images"], "not a run's folder"),
        (["train", "denoising", "--set", "variant.backbone.activation=rleu"], "rleu"),
        (["train", "denoising", "--set", "name=x"], "a recipe is named after its file"),
        (["evaluate", "denoise"], r"no recipe or model called 'denoise' \(near it: denoising\)"),
        (["export", "denoise"], "no recipe or model called 'denoise'"),
        (["evaluate", "denoising"], "there is no finished run of denoising below runs; train one first"),
        (["export", "denoising"], "there is no finished run of denoising"),
    ],
)
def test_bad_input_is_one_line_and_status_two(workplace, capsys, arguments, message):
    random = np.random.default_rng(1)
    (workplace / "empty").mkdir()
    (workplace / "mixed").mkdir()
    (workplace / "a file").touch()
    for number in range(5):
        Image.fromarray(random.integers(0, 255, (9, 9), dtype=np.uint8)).save(f"mixed/{number}.png")
        Image.fromarray(random.integers(0, 255, (9, 9, 3), dtype=np.uint8)).save(f"mixed/c{number}.png")
    np.save("rank.npy", np.zeros(5))
    np.save("nan.npy", np.where(np.arange(20).reshape(5, 4) == 9, np.nan, 1.0))
    np.save("vectors.npy", random.uniform(size=(30, 4)))
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out
    [line] = [line for line in captured.err.splitlines() if line.startswith("keras-ae: ")]
    assert re.search(message, line)
    assert not list(workplace.glob("runs/*/*"))


def test_an_unforeseen_failure_is_one_line_and_status_one(workplace, capsys, monkeypatch):
    from keras_ae.training import train

    def fail(*_, **__):
        raise RuntimeError("the sky\nfell")

    monkeypatch.setattr(train, "train", fail)
    assert cli.main(["train", "denoising", "--data", "images"]) == 1
    captured = capsys.readouterr()
    assert "keras-ae: RuntimeError: the sky fell (--debug shows where)" in captured.err
    assert "Traceback" not in captured.err
    assert not list(workplace.glob("runs/*/*"))


def test_a_run_of_another_recipe_is_not_taken(trained, capsys):
    assert cli.main(["evaluate", "digits", "--run-dir", "runs/denoising-images/001"]) == 2
    assert "is a run of denoising called denoising-images, expected one of digits" in capsys.readouterr().err


def test_debug_shows_the_traceback(workplace, capsys):
    assert cli.main(["train", "denoise", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_unfinished_run_is_not_exported(trained, capsys):
    (trained / "runs/denoising-images/001/card.json").unlink()
    assert cli.main(["export", "denoising"]) == 2
    assert "card.json is missing" in capsys.readouterr().err


def test_runs_are_numbered_and_never_shared(workplace):
    assert next_folder(Path("runs/a")).name == "001"
    assert next_folder(Path("runs/a")).name == "002"
    (workplace / "runs/a/017").mkdir()
    assert next_folder(Path("runs/a")).name == "018"


def test_list_shows_each_recipe_without_tensorflow_and_in_under_a_second(tmp_path):
    program = (
        "import sys, time; begin = time.process_time()\n"
        "from keras_ae.cli import main; status = main(['list'])\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
        "assert time.process_time() - begin < 1, time.process_time() - begin\n"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(
        path.stem for path in (ROOT / "recipes").glob("*.py")
    )
    assert all(len(line.split()) > 3 for line in lines)


def test_every_file_that_adds_verbs_has_a_place_in_the_list():
    modules = [module for module in modules_below(cli) if "add" in vars(module)]
    assert len(modules) > 8
    assert all(isinstance(module.ORDER, int) for module in modules)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["train"], ["fly"]])
def test_usage_errors_exit_as_argparse_does_in_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    told = capsys.readouterr()
    if arguments == ["--help"]:
        assert stop.value.code == 0
        assert "usage: keras-ae" in told.out
    else:
        assert stop.value.code == 2
        assert told.err.count("\n") == 1
        assert told.err.endswith("--help\n")


def test_the_module_is_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "keras_ae", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("keras-ae ")
