"""Two processes that share each batch learn what one process does of the whole."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from training.worker import quiet, recipes

from keras_ae.runs.checkpoint import read_state
from keras_ae.training.cluster import Cluster
from keras_ae.training.loopback import _free_ports

pytestmark = pytest.mark.workers


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    np.save(folder / "images.npy", np.random.default_rng(0).random((96, 6, 6, 1)).astype("float32"))
    return folder / "images.npy"


@pytest.fixture(scope="module")
def of_two(file, tmp_path_factory):
    """The folder of the runs of two workers, and the folder that the second could write into."""
    folders = tmp_path_factory.mktemp("chief"), tmp_path_factory.mktemp("worker")
    addresses = tuple(f"127.0.0.1:{port}" for port in _free_ports(2))
    own = {"TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "default"}
    processes = [
        subprocess.Popen(
            [sys.executable, Path(__file__).with_name("worker.py"), file, folder],
            env=os.environ | own | {"TF_CONFIG": Cluster(addresses, index).config},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for index, folder in enumerate(folders)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    return folders


@pytest.mark.parametrize("number", range(3), ids=["denoising", "variational", "sparse"])
def test_two_workers_learn_what_one_process_does(number, file, of_two, tmp_path):
    from keras_ae.runs.artifacts import load_artifacts
    from keras_ae.training.train import train

    recipe = recipes(file)[number]
    alone = train(recipe, tmp_path / "run", report=quiet, verbose=0)
    folder = of_two[0] / recipe.name
    history = read_state(folder / "checkpoint")["history"]
    assert len(history) == 3
    for mine, theirs in zip(history, alone.history, strict=True):
        del mine["seconds"], theirs["seconds"]
        assert mine == pytest.approx(theirs, rel=1e-5)
    both = [load_artifacts(path).heads.end_to_end.get_weights() for path in (folder, tmp_path / "run")]
    for mine, theirs in zip(*both, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max())


def test_the_chief_alone_writes(of_two):
    assert {path.name for path in of_two[0].iterdir()} == {"denoising", "variational", "sparse"}
    assert not list(of_two[1].iterdir())


RECIPE = """
from pathlib import Path
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.arrays import ArrayFile
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.variational import Variational

FILE = str(Path(__file__).with_name("images.npy"))
VARIANT = Variational(DenseBackbone((16,)), 4)
recipe = Recipe(ArrayFile(FILE), VARIANT, Reconstruction(), batch_size=16, epochs=60)
"""


def _started(folder, addresses, *options):
    """The processes of the workers of a recipe in a folder, none of addresses for one alone."""
    command = [sys.executable, "-m", "keras_ae", "train", "mine.py", *options]
    configs = [Cluster(addresses, index).config for index in range(len(addresses))] or [""]
    return [
        subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"TF_CONFIG": config, "TF_NUM_INTRAOP_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for config in configs
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1])
def test_after_the_loss_of_a_worker_the_other_ends_and_all_go_on(lost, file, tmp_path):
    (tmp_path / "mine.py").write_text(RECIPE)
    np.save(tmp_path / "images.npy", np.load(file))
    state = tmp_path / "runs" / "mine" / "001" / "checkpoint" / "state.json"
    workers = _started(tmp_path, tuple(f"127.0.0.1:{port}" for port in _free_ports(2)))
    while not state.exists() and all(worker.poll() is None for worker in workers):
        time.sleep(0.1)
    workers[lost].kill()
    killed = time.monotonic()
    printed = workers[1 - lost].communicate(timeout=120)[0]
    assert time.monotonic() - killed < 60
    workers[lost].communicate()
    assert workers[1 - lost].returncode == 1, printed
    assert "was lost; completed epochs are kept" in printed.splitlines()[-1]
    assert "Traceback" not in printed
    begun = read_state(state.parent)["epochs"]
    assert 0 < begun < 60
    ports = tuple(f"127.0.0.1:{port}" for port in _free_ports(2))
    for worker in _started(tmp_path, ports, "--resume"):
        printed = worker.communicate(timeout=500)[0]
        assert worker.returncode == 0, printed
    [alone] = _started(tmp_path, (), "--runs", "alone")
    alone.communicate(timeout=500)
    assert alone.returncode == 0
    mine, theirs = (
        read_state(tmp_path / runs / "mine/001/checkpoint")["history"][-1] for runs in ("runs", "alone")
    )
    # after many epochs the last digits of sums in another order have grown
    assert mine["loss"] == pytest.approx(theirs["loss"], rel=1e-3)
