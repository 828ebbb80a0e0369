"""What is said of data before training, against what training does with them; nothing is trained here."""

import re

import numpy as np
import pandas as pd
import pytest

from keras_ae.apps.inspection.inspect import inspect_for_recipe, inspect_path
from keras_ae.declared import declared_value
from keras_ae.errors import InputError
from keras_ae.recipe import load
from keras_ae.recipe_files import recipe_names
from keras_ae.runs.request import RunRequest
from keras_ae.tasks.anomaly import Anomaly


def trains(recipe, file, settings=()):
    """Whether training would take data: they are loaded and split, and no network is built."""
    chosen = RunRequest(recipe, str(file), tuple(settings)).load()
    try:
        chosen.task.prepare(chosen.data.outline())
    except InputError:
        return False
    return True


def refusals(one):
    """Why data are refused, for each recipe."""
    return [one.refusal] if one.refusal else [check.refusal for check in one.recipes]


def proposals(refusal):
    """The settings that a refusal proposes, each of which is enough."""
    return [text.split() for text in re.findall(r'SET="([^"]*)"', refusal)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("inspected")


def series_file(folder, count, machines=1):
    random = np.random.default_rng(count)
    frame = pd.DataFrame(
        {
            "time": np.tile(pd.date_range("2024-01-01", periods=count, freq="h"), machines),
            "value": random.normal(size=count * machines).round(3),
        }
    )
    if machines > 1:
        frame["machine"] = np.repeat([f"m{number}" for number in range(machines)], count)
    frame.to_csv(folder / f"series{count}x{machines}.csv", index=False)
    return folder / f"series{count}x{machines}.csv"


@pytest.mark.parametrize(
    ("percent", "window", "counts"),
    [
        (15, 64, [30, 60, 160, 1100, 2000]),
        (15, 12, [40, 200, 640, 700, 1800]),
        (35, 64, [120, 1200, 1270, 1290, 1590]),
        (60, 20, [90, 245, 250, 270, 440]),
    ],
)
def test_series_are_accepted_and_refused_as_training_does(folder, percent, window, counts):
    accepted = set()
    for count in counts:
        file, settings = series_file(folder, count), [f"data.normal={percent}%", f"data.window={window}"]
        one = next(one for one in inspect_path(str(file), settings) if one.category == "series")
        assert one.fits == trains("series_anomaly", file, settings), count
        accepted.add(one.fits)
        for refusal in [] if one.fits else refusals(one):
            offered = proposals(refusal)
            assert bool(offered) == (count >= 60), count  # 9 points of 15 % hold 4 windows of 4
            for proposal in offered:
                assert trains("series_anomaly", file, [*settings, *proposal]), (count, proposal)
    assert (True in accepted) == (window < 64 or percent > 15)


@pytest.mark.parametrize("count", [60, 100, 160, 320])
def test_several_series_calibrate_together(folder, count):
    file = series_file(folder, count, machines=3)
    one = next(one for one in inspect_path(str(file)) if one.category == "series")
    assert one.fits == trains("series_anomaly", file)
    for proposal in [] if one.fits else proposals(refusals(one)[0]):
        assert trains("series_anomaly", file, proposal), proposal


@pytest.mark.parametrize("labeled", [False, True])
def test_tables_are_accepted_and_refused_as_training_does(folder, labeled):
    accepted = set()
    for count in [5, 8, 17, 20, 30, 45, 90, 200]:
        frame = pd.DataFrame(
            np.random.default_rng(count).normal(size=(count, 2)).round(3), columns=["a", "b"]
        )
        if labeled:
            frame["label"] = np.where(np.arange(count) % 5, "ok", "broken")
        file = folder / f"table{count}{labeled}.csv"
        frame.to_csv(file, index=False)
        one = next(one for one in inspect_path(str(file)) if one.category == "table")
        assert [check.recipe for check in one.recipes] == ([] if one.refusal else TABLES)
        for check in one.recipes:
            assert (not check.refusal) == trains(check.recipe, file), count
            accepted.add(not check.refusal)
            for proposal in proposals(check.refusal):
                assert trains(check.recipe, file, proposal), (count, proposal)
    assert accepted == {True, False}


TABLES = ["imputation", "network_intrusion", "table_anomaly", "table_generation"]


def test_a_recipe_is_checked_with_its_network(folder):
    """What no look at the examples alone could tell: a network's shapes, and labels that it needs."""
    np.save(folder / "vectors.npy", np.random.default_rng(0).random((60, 8)))
    file = str(folder / "vectors.npy")
    assert inspect_for_recipe(file, "digits").fits
    [check] = inspect_for_recipe(file, "denoising").recipes
    assert "a convolutional backbone takes (height, width, channels), received shape (8,)" in check.refusal
    [check] = inspect_for_recipe(file, "conditional").recipes
    assert "needs a label" in check.refusal
    one, vectors = inspect_path(file)  # as arrays, and as embeddings
    assert [check.recipe for check in vectors.recipes] == ["sparse_features"]
    assert {"digits", "denoising", "conditional", "image_anomaly"} <= {check.recipe for check in one.recipes}
    assert not [check.recipe for check in one.recipes if check.refusal]  # without labels, all count as normal


def test_what_a_recipe_writes_is_known_without_loading_it():
    for name in recipe_names():
        recipe = load(name)
        assert declared_value(name, "data") == recipe.data
        if isinstance(recipe.task, Anomaly):
            assert declared_value(name, "task.threshold") == recipe.task.threshold
        else:
            with pytest.raises(LookupError):
                declared_value(name, "task.threshold")


def test_recipes_that_are_written_in_another_way_are_passed_over(folder, monkeypatch):
    (folder / "recipes").mkdir()
    text = "from keras_ae.recipe import Recipe\nkinds = {}\nrecipe = Recipe(**kinds)\n"
    (folder / "recipes" / "unpacked.py").write_text(text, encoding="utf-8")
    (folder / "recipes" / "foreign.py").write_text(
        text.replace("**kinds", "data=Own(), variant=None, task=None").replace(
            "kinds = {}", "from os import Own"
        ),
        encoding="utf-8",
    )
    monkeypatch.chdir(folder)
    for name in ("unpacked", "foreign"):
        with pytest.raises(LookupError):
            declared_value(str(folder / "recipes" / f"{name}.py"), "data")
    assert "unpacked" not in {
        check.recipe for one in inspect_path(str(series_file(folder, 400))) for check in one.recipes
    }
