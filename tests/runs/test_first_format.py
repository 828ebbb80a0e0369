"""Run folders and exports of before folders stated a format: read, or refused in one line."""

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import exporting

import keras_ae
from keras_ae.apps.detection.detector import Detector
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import code_sampler, generate
from keras_ae.cli import main
from keras_ae.errors import InputError
from keras_ae.formats.levels.tile_levels import TileLevels
from keras_ae.recipe import load
from keras_ae.runs import first_format
from keras_ae.runs.artifacts import load_artifacts, replace_served_head
from keras_ae.runs.card import read_card
from keras_ae.runs.data_facts import DATA_FILE, folder_format
from keras_ae.runs.load import load_run
from keras_ae.serving.export import export_heads
from keras_ae.variants.undercomplete import Undercomplete

ARCHIVE = Path(__file__).resolve().parent.parent / "fixtures" / "first_format.zip"
RUNS = {
    "tiny": {"encoder", "decoder", "autoencoder"},
    "table_anomaly": {"encoder", "decoder", "autoencoder", "detector"},
    "inpainting": {"encoder", "autoencoder", "restorer"},
    "level_generation": {"encoder", "decoder", "autoencoder", "prior"},
}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A folder with the archive's runs and models."""
    folder = tmp_path_factory.mktemp("old")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


# the restorer and the detector take seconds to export; how they are read is tested below
EXPORTED_SLOWLY = ("table_anomaly", "inpainting")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in EXPORTED_SLOWLY else ()) for name in RUNS]
)
def test_an_old_run_is_exported(old, tmp_path, name):
    directory = old / "runs" / name / "001"
    assert folder_format(directory) == 0
    artifacts = load_artifacts(directory)
    head = {"tiny": "encoder", "table_anomaly": "detector", "inpainting": "restorer"}.get(name, "decoder")
    with exporting(head) as heads:
        [folder] = export_heads(artifacts, name, read_card(directory), tmp_path).values()
    assert heads == RUNS[name]
    card = json.loads((folder / "card.json").read_text())
    assert (card["format"], card["head"]) == (1, head)


def test_facts_and_examples_of_old_heads_are_read(old):
    restorer = load_artifacts(old / "runs" / "inpainting" / "001").served_head("restorer")
    assert restorer.takes_images
    assert restorer.facts["multiple"] == 2
    assert {name: value.shape[-1] for name, value in restorer.examples.items()} == {"inputs": 3, "mask": 1}
    artifacts = load_artifacts(old / "runs" / "table_anomaly" / "001")
    detector = artifacts.served_head("detector")
    assert (detector.facts["count"], detector.takes_images, detector.examples) == (38, False, {})
    assert len(artifacts.columns) == len(artifacts.scaler.preprocessor.columns) == 30


def test_an_old_detector_detects_and_an_old_generator_generates(old):
    detector = Detector.of(old / "runs" / "table_anomaly" / "001", load("table_anomaly"))
    assert detector.fitted.count == len(detector.reference) == 38
    artifacts = load_artifacts(old / "runs" / "level_generation" / "001")
    assert isinstance(artifacts.format, TileLevels)
    levels = generate(artifacts.heads, code_sampler(artifacts.sampler)(2, 0), None, 0)
    assert levels.shape == (2, 14, 28, 13)


@pytest.fixture
def tiny(tiny_recipe):
    """The recipe of the archive's `tiny`."""
    variant = Undercomplete(DenseBackbone((2,)), latent_dim=2)
    return dataclasses.replace(tiny_recipe, variant=variant, epochs=1, batch_size=64)


def test_an_old_run_is_loaded_with_its_data(old, tiny):
    lines = []
    run = load_run(tiny, old / "runs" / "tiny" / "001", lines.append)
    assert not [line for line in lines if "other than in training" in line]
    assert len(run.history) == 1
    loaded = load_artifacts(run.directory).heads.end_to_end.weights
    for weight, other in zip(run.heads.end_to_end.weights, loaded, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_an_old_export_predicts(old, tmp_path, random):
    images = random.uniform(size=(3, 12, 12, 1)).astype("float32")
    np.save(tmp_path / "images.npy", images)
    output = tmp_path / "codes.npz"
    arguments = [str(tmp_path / "images.npy"), "--models", str(old / "models"), "--output", str(output)]
    assert main(["predict", "tiny", *arguments]) == 0
    with np.load(output) as codes:
        assert codes["code"].shape == (3, 2)


def test_settings_of_old_recipes_have_their_present_names():
    before = {"variant": "Info", "variant.scale": "2", "task.score": "NearestCodes", "keep": "last"}
    before |= {
        "task.score.neighbours": "3",
        "variant.backbone": "PatchBackbone",
        "variant.backbone.patch": "4",
    }
    assert first_format.settings(before) == {
        "variant": "InfoVAE",
        "variant.lambda_": "2",
        "variant.backbone": "PatchBackbone",
        "variant.backbone.patch_size": "4",
        "task.score": "NearestCodes",
        "task.score.neighbors": "3",
        "checkpoint": "last",
    }


def test_formats_of_old_examples_have_their_present_names():
    facts = {"medium": np.array(json.dumps({"kind": "Pictures", "fields": {}})), "scale": np.ones(1)}
    renamed = first_format.data_facts(facts)
    assert set(renamed) == {"example_format", "scale"}
    assert json.loads(str(renamed["example_format"])) == {"kind": "Images", "fields": {}}


@pytest.mark.parametrize("number", [99, -1, "new"])
def test_a_folder_of_a_later_version_is_refused_in_one_line(old, tmp_path, number):
    directory = shutil.copytree(old / "runs" / "tiny" / "001", tmp_path / "run")
    with np.load(directory / DATA_FILE) as file:
        facts = dict(file)
    np.savez(directory / DATA_FILE, **facts, format=number)
    with pytest.raises(InputError, match=f"has format {number}, .* update keras_ae, or train again$"):
        load_artifacts(directory)


def test_a_card_that_cannot_be_read_or_is_of_a_later_version_is_refused(tmp_path):
    with pytest.raises(InputError, match="card.json is missing: the run was not finished"):
        read_card(tmp_path)
    for text, message in (
        ("[]", "it holds a list"),
        ("{", "cannot be read"),
        ('{"format": 9}', "has format 9"),
    ):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(InputError, match=message):
            read_card(tmp_path)


def test_data_facts_and_settings_that_cannot_be_read_are_refused(old, tmp_path, tiny):
    directory = shutil.copytree(old / "runs" / "tiny" / "001", tmp_path / "run")
    (directory / "recipe.json").write_text("[1]")
    with pytest.raises(InputError, match="recipe.json cannot be read .*; train again"):
        load_run(tiny, directory, lambda _: None)
    (directory / DATA_FILE).write_bytes(b"nothing")
    with pytest.raises(InputError, match="data.npz cannot be read .*; train again"):
        load_artifacts(directory)


def test_settings_that_old_requests_call_otherwise_are_refused_in_one_line(old, capsys):
    directory = old / "runs" / "level_generation" / "001"
    assert main(["evaluate", "level_generation", "--run-dir", str(directory)]) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if line]
    assert "has no field" in line
    assert "min_steps_per_epoch" in line


@pytest.mark.parametrize("name", RUNS)
def test_an_old_run_loads_with_its_recipe_in_python(old, name):
    run = keras_ae.load(old / "runs" / name / "001")
    assert run.recipe.name == run.name == name
    assert len(run.history["loss"]) >= 1


def test_heads_of_an_old_run_stay(old):
    directory = old / "runs" / "table_anomaly" / "001"
    before = {file.name: file.stat().st_mtime_ns for file in directory.iterdir()}
    head = load_artifacts(directory).served_head("detector")
    with pytest.raises(InputError, match="written by an earlier version, whose heads stay; train again"):
        replace_served_head(directory, head)
    assert {file.name: file.stat().st_mtime_ns for file in directory.iterdir()} == before
