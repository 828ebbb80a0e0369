"""How runs were started, for verbs that go on with them, also where their folders do not say it."""

import dataclasses

import pytest

from keras_ae.errors import InputError
from keras_ae.recipe import load, override
from keras_ae.runs.folders import finished_run, run_to_resume
from keras_ae.runs.request import RunRequest
from keras_ae.runs.settings import save_settings, settings_of


@pytest.fixture
def unnamed(tmp_path):
    """The folder of a run that says its settings alone, and its recipe."""
    recipe = override(load("image_anomaly"), ["variant.latent_dim=3", "data.normal=5"])
    save_settings(recipe, tmp_path)
    return tmp_path, recipe


def test_a_run_that_only_has_settings_has_its_recipe_made_again(unnamed):
    folder, recipe = unnamed
    assert finished_run(folder.parent, "image_anomaly", folder) == folder
    request = RunRequest.of_run(folder, "image_anomaly")
    assert settings_of(request.load()) == settings_of(recipe)
    assert (request.recipe_name, RunRequest.of_run(folder).recipe_name) == (
        "image_anomaly",
        folder.parent.name,
    )
    other = request.changed(settings=["task.threshold.alpha=0.1"]).load()
    assert dataclasses.replace(other, task=recipe.task).data == recipe.data
    assert other.task.threshold.alpha == 0.1


def test_a_run_that_only_has_settings_is_resumed_by_what_started_it(unnamed):
    folder, _ = unnamed
    with pytest.raises(InputError, match="does not say how it was started, .*repeat the command"):
        run_to_resume(folder.parent, "image_anomaly", None, folder)


def test_a_folder_without_settings_is_no_run(tmp_path):
    for text in ("image_anomaly", None):
        with pytest.raises(InputError, match=r"is not a run's folder: its request.json cannot be read"):
            RunRequest.of_run(tmp_path, text)
