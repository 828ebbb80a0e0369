"""Verbs that only read files, without TensorFlow: what stands for it while a recipe is read."""

import importlib
import json
import shutil
import subprocess
import sys

import pytest

from keras_ae.cli import stand_ins
from keras_ae.cli.stand_ins import without_tensorflow

LIGHT = """
list
show denoising
show sparse
show text
show table_anomaly --data rows.csv
show own.py
datasets
variants
models
heads tiny
label tiny canary 1
pack runs/tiny/1 --output packed.zip
unpack packed.zip --runs unpacked
inspect rows.csv
doctor --help
train --help
"""
"""Verbs that do not import TensorFlow. `doctor` does, to see which devices it sees."""

PROGRAM = """
import contextlib, io, json, sys
from keras_ae.cli import main
for line in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            status = main(line.split())
        except SystemExit as end:
            status = end.code
    print(json.dumps([line, status, sorted({"keras", "tensorflow"} & set(sys.modules))]))
"""

OWN = """
import keras
import tensorflow as tf
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.undercomplete import Undercomplete


class Own(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        tf.print(epoch)


callbacks = (Own, lambda: keras.callbacks.History())
recipe = Recipe(Mnist5k(), Undercomplete(), Reconstruction(), callbacks=callbacks)
"""


def test_verbs_that_only_read_files_do_not_import_tensorflow(exported, tmp_path):
    shutil.copytree(exported, tmp_path / "saved_models")
    shutil.copytree(exported.parent / "run", tmp_path / "runs" / "tiny" / "1")
    (tmp_path / "rows.csv").write_text("a,b\n" + "".join(f"{n},{n % 7}\n" for n in range(90)))
    (tmp_path / "own.py").write_text(OWN)
    lines = LIGHT.strip().splitlines()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(lines),
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert results == [[line, 0, []] for line in lines], done.stderr


@pytest.fixture
def heavy(tmp_path, monkeypatch):
    """A package with stand-ins, which is not imported, and a module that has its classes."""
    (tmp_path / "heavy_one.py").write_text(
        "class Layer:\n    pass\n\n\ndef compute():\n    return 7\n\n\n__version__ = '3'\n"
    )
    (tmp_path / "with_heavy.py").write_text(
        "import heavy_one\nfrom heavy_one.saving import register_keras_serializable as register\n\n\n"
        "@register('package')\nclass Mine(heavy_one.Layer):\n    size = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(stand_ins, "PACKAGES", ("heavy_one",))
    yield importlib.import_module
    for name in ("heavy_one", "with_heavy"):
        sys.modules.pop(name, None)


def test_classes_are_read_with_stand_ins_and_then_forgotten(heavy):
    assert without_tensorflow(lambda: heavy("with_heavy").Mine.size) == 3
    assert not {"heavy_one", "with_heavy"} & set(sys.modules)
    assert heavy("heavy_one").compute() == 7


@pytest.mark.parametrize(
    "read",
    [
        lambda package: package.compute(),
        lambda package: package.__version__,
        lambda package: str(package.floats),
        lambda package: package.Layer().size,
        lambda package: 1 / 0,
    ],
)
def test_what_only_the_package_knows_is_not_made_up(heavy, read):
    assert without_tensorflow(lambda: read(heavy("heavy_one"))) is None


def test_a_question_counts_though_its_error_is_caught(heavy):
    def read():
        try:
            return heavy("heavy_one").compute()
        except Exception:
            return 5

    assert without_tensorflow(read) is None


def test_a_package_that_is_there_has_no_stand_in(heavy):
    package = heavy("heavy_one")
    assert without_tensorflow(lambda: 5) is None
    assert heavy("heavy_one") is package


def test_what_this_package_imported_meanwhile_is_imported_again(heavy, monkeypatch):
    import keras_ae.names

    monkeypatch.delitem(sys.modules, "keras_ae.names")
    monkeypatch.delattr(keras_ae, "names")

    def read():
        return id(heavy("keras_ae.names"))

    assert without_tensorflow(read) is not None
    assert "keras_ae.names" not in sys.modules
    assert "names" not in vars(keras_ae)
