"""The advice of refusals: each field that one names exists where it is raised, and following it helps."""

import ast
import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import keras_ae.data
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset
from keras_ae.data.images import folder
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.one_class import OneClass
from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.recipe import override, replaced

ROOT = Path(keras_ae.data.__file__).parent
KINDS = classes_below(keras_ae.data, Dataset)


def text_of(node):
    """The text of a string or of several joined ones, without what an f-string fills in."""
    parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return " ".join(part for part in parts if isinstance(part, str))


def refusals():
    """(file, class or None, text) of each InputError of the data readers."""
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text())
        owner = {
            id(inner): node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "InputError":
                yield path, owner.get(id(node)), text_of(node)


ADVICE = [
    (path, owner, name)
    for path, owner, text in refusals()
    for name in re.findall(r"\bdata\.([a-z_]+)(?=\W|$)", text)
]


def fields(kind):
    return {field.name for field in dataclasses.fields(kind)}


def fields_below(path):
    """The fields of the data sets that the files of a folder define."""
    return {
        name
        for kind in KINDS
        if dataclasses.is_dataclass(kind)
        if ROOT.parent.parent.joinpath(*kind.__module__.split(".")).parent == path
        for name in fields(kind)
    }


def test_advice_is_there_to_be_tested():
    assert len(ADVICE) >= 10


@pytest.mark.parametrize(
    ("path", "owner", "name"),
    ADVICE,
    ids=[f"{path.stem}-{name}-{n}" for n, (path, _, name) in enumerate(ADVICE)],
)
def test_a_field_that_a_refusal_names_exists(path, owner, name):
    own = [kind for kind in KINDS if kind.__name__ == owner]
    assert name in (fields(own[0]) if own else fields_below(path.parent))


def test_an_option_that_a_refusal_names_exists():
    cli = ROOT.parent / "cli"
    options = {
        option for file in cli.glob("*.py") for option in re.findall(r'"(--[a-z-]+)"', file.read_text())
    }
    named = {option for _, _, text in refusals() for option in re.findall(r"--[a-z][a-z-]+", text)}
    assert named
    assert named <= options


def images(folder, count, mode="L", size=(12, 12)):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(len(str(folder)))
    for number in range(count):
        pixels = random.integers(0, 255, (*size, 3) if mode == "RGB" else size, np.uint8)
        Image.fromarray(pixels).save(folder / f"{mode}{number}.png")


def mixed(path):
    images(path / "good", 30)
    images(path / "bent", 9, "RGB")
    return ImageFolder(str(path))


def several_sets(path):
    for name in ("a/train/good", "a/test/good", "b/train/good", "b/test/bent"):
        images(path / name, 9)
    return ImageFolder(str(path))


def no_train(path):
    images(path / "good", 30)
    return ImageFolder(str(path), folders="splits")


def too_large(path):
    images(path / "good", 30)
    return ImageFolder(str(path), stream=False)


def two_arrays(path):
    np.savez(path / "two.npz", a=np.random.default_rng(0).random((30, 8, 8)), b=np.zeros((30, 2, 2)))
    return ArrayFile(str(path / "two.npz"))


@pytest.mark.parametrize("make", [mixed, several_sets, no_train, too_large, two_arrays])
@pytest.mark.parametrize("wrapped", [False, True])
def test_advice_that_is_followed_helps(make, wrapped, tmp_path, monkeypatch, tiny_recipe):
    if make is too_large:
        monkeypatch.setattr(folder, "LARGEST", 30 * 100)
    dataset = make(tmp_path)
    if wrapped and make is not two_arrays:
        dataset = OneClass(dataset, "good" if make is not several_sets else "a/train/good")
    recipe = replaced(tiny_recipe, {"data": dataset})
    with pytest.raises(InputError) as refusal:
        recipe.data.load()
    [setting] = re.findall(r'SET="([^"]+)"', str(refusal.value))
    assert override(recipe, [setting.replace("...", "a")]).data.load().train.examples.size
