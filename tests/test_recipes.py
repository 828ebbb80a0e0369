"""Every recipe of the recipes folder, end to end on its data's own sample: train, export, reload."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting

from keras_ae.apps.restoration.head import Restorer
from keras_ae.apps.restoration.tiles import restored_levels
from keras_ae.data.dataset import Sample
from keras_ae.data.pipeline import PairedData
from keras_ae.data.tensors import values
from keras_ae.formats import to_json
from keras_ae.heads import apply
from keras_ae.recipe import load
from keras_ae.recipe_files import recipe_file, summary
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import model_card
from keras_ae.runs.evaluation import evaluate
from keras_ae.serving.export import export_heads
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.classification import Classification
from keras_ae.tasks.density import Density
from keras_ae.tasks.features import Features
from keras_ae.tasks.frame_anomaly import FrameAnomaly
from keras_ae.tasks.generation import Generation
from keras_ae.tasks.imputation import Imputation
from keras_ae.tasks.latent_clustering import LatentClustering
from keras_ae.tasks.photo_restoration import PhotoRestoration
from keras_ae.tasks.restoration import Denoising
from keras_ae.tasks.row_generation import RowGeneration
from keras_ae.tasks.sound_anomaly import SoundAnomaly
from keras_ae.tasks.sound_denoising import SoundDenoising
from keras_ae.tensorboard.final import write_final_report
from keras_ae.training.train import train

NAMES = sorted(path.stem for path in (Path(__file__).resolve().parent.parent / "recipes").glob("*.py"))


def one_a_task():
    """Every recipe; the first of each kind of task by default, the others among the slow.

    Those that restore photographs are slow, for test_restoration_runs.py trains a small one of each; so are
    those that draw samples for a classifier to read, and those that weigh hundreds of codes an example.
    test_detect.py, test_anomaly.py and test_frame_anomaly.py train or build what detects, cli/test_cli.py the
    recipe that denoises, test_row_generation.py what generates rows, test_latent_clustering.py the head of
    clusters, test_features.py and test_warm_start.py what reads labels, tasks/test_imputation.py what fills
    in.
    """
    seen = {
        PhotoRestoration,
        Generation,
        Density,
        Anomaly,
        FrameAnomaly,
        Denoising,
        SoundDenoising,
        SoundAnomaly,
        RowGeneration,
        LatentClustering,
        Features,
        Classification,
        Imputation,
    }
    for name in NAMES:
        task = load(name).task
        kind = PhotoRestoration if isinstance(task, PhotoRestoration) else type(task)
        yield pytest.param(name, marks=pytest.mark.slow if kind in seen else ())
        seen.add(kind)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_builds_heads_that_fit_its_data(name):
    recipe = load(name)
    data = recipe.data.sample()
    paired = PairedData(data, recipe.task)
    heads = recipe.variant.build(paired.spec)
    inputs, targets = paired.pair(values(data.train.examples[:2]), tf.constant([[0, 0], [0, 1]], tf.int64))
    named = {"inputs": inputs, "condition": tf.one_hot([0, 1], data.classes)}
    further = named | {"targets": targets, "seeds": tf.constant([[0, 0], [0, 1]], tf.int64)}
    # step by step where a decoder knows no other way, which takes seconds; its training knows one
    model, named = (heads.end_to_end, named) if heads.teacher_forced is None else (heads.trained, further)
    assert apply(model, named)["reconstruction"].shape == targets.shape


@pytest.mark.parametrize("name", list(one_a_task()))
def test_a_recipe_trains_exports_and_serves_the_same_numbers(name, tmp_path):
    recipe = load(name)
    small = {"latent_dim": 6, "pretraining": 1, "filters": (8, 6), "blocks": 0}
    short = {field: value for field, value in small.items() if hasattr(recipe.variant, field)}
    recipe = dataclasses.replace(
        recipe,
        data=Sample(recipe.data),
        variant=dataclasses.replace(recipe.variant, **short),
        epochs=2,
        min_steps_per_epoch=0,
        batch_size=min(32, recipe.batch_size),
    )
    run = train(recipe, tmp_path / "run", report=lambda _: None)
    hides = hasattr(recipe.task, "holes") or hasattr(recipe.task, "passes")
    shown = "val_loss" if hides else "loss"  # what is hidden in an epoch may be harder
    assert run.history[1][shown] < run.history[0][shown]
    table = evaluate(run)
    assert list(table)[-1] == name
    assert len(table) >= 2
    assert all(np.isfinite(value) for scores in table.values() for value in scores.values())
    write_final_report(run, table)
    kept = load_artifacts(tmp_path / "run")
    card = model_card(run, table)
    described = card["data"].get("format")
    assert described == (
        run.data.format and json.loads(to_json(run.data.format))
    )  # such as the tiles of levels
    with exporting("autoencoder", "restorer", "detector"):
        folders = export_heads(kept, name, card, tmp_path / "models")
    examples = np.random.default_rng(0).uniform(size=(3, *kept.examples["inputs"].shape[1:]))
    named = {"inputs": tf.constant(examples, tf.float32), "condition": tf.constant([2, 0, 1], tf.int64)}
    if kept.scaler.domain == "categorical":  # a served head takes their numbers
        numbers = examples.argmax(axis=-1)
        examples = np.eye(examples.shape[-1])[numbers]
        named["inputs"] = tf.constant(numbers)
    if kept.columns:
        examples = kept.examples["inputs"][:3]
        named |= {column: tf.constant(values[:3]) for column, values in kept.columns.items()}
    loaded = tf.saved_model.load(str(folders["autoencoder"]))
    serve = loaded.signatures["serving_default"]
    taken = serve.structured_input_signature[1]
    served = serve(**{key: tf.cast(named[key], spec.dtype) for key, spec in taken.items()})["reconstruction"]
    named["inputs"] = tf.constant(examples, tf.float32)
    named["condition"] = tf.one_hot(named["condition"], run.data.classes)
    offset, scale = kept.scaler.offset, kept.scaler.scale
    named["inputs"] = (named["inputs"] - offset) / scale
    expected = apply(run.heads.end_to_end, named)["reconstruction"] * scale + offset
    np.testing.assert_allclose(served, expected, rtol=1e-5, atol=1e-5 * max(1.0, float(np.max(scale))))
    assert ("restorer" in folders) == isinstance(run.recipe.task, PhotoRestoration | SoundDenoising)
    assert ("detector" in folders) == isinstance(run.recipe.task, Anomaly)
    if isinstance(run.recipe.task, PhotoRestoration):
        restores_large_images_as_small_ones(run, Restorer.of(folders["restorer"]))


def restores_large_images_as_small_ones(run, restorer):
    """In tiles of less than an image no seam is seen, and the image is what the task makes of it."""
    image = np.random.default_rng(0).integers(0, 256, (90, 75, 3), np.uint8)
    missing = None
    if restorer.masked:
        missing = np.random.default_rng(1).uniform(size=(90, 75)) < 0.3
    whole, tiled = (restored_levels(restorer, image, core, missing) for core in (500, 8))
    assert whole.shape == (90 * restorer.scale, 75 * restorer.scale, 3)
    assert np.abs(whole.astype(int) - tiled).max() <= 1
    assert (whole == tiled).mean() > 0.99  # but values within rounding of the border between two levels
    if restorer.masked:
        np.testing.assert_array_equal(whole[~missing], image[~missing])


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_tells_its_command_and_its_figures(name):
    text = recipe_file(name).read_text()
    assert summary(recipe_file(name)).endswith(".")
    assert f"make train RECIPE={name}" in text
    assert 20 <= len(text.splitlines()) <= 50
