"""Every recipe of the recipes folder, end to end on its data's own sample: train, export, reload."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.catalogue import recipe_file, summary
from keras_ae.data.dataset import Sample
from keras_ae.heads import apply
from keras_ae.recipe import load
from keras_ae.runs import evaluate, saved, show
from keras_ae.serving.export import export_heads
from keras_ae.training import train

NAMES = sorted(path.stem for path in (Path(__file__).resolve().parent.parent / "recipes").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_trains_exports_and_serves_the_same_numbers(name, tmp_path):
    recipe = load(name)
    short = {"latent_dim": 6} | ({"pretraining": 1} if hasattr(recipe.variant, "pretraining") else {})
    recipe = dataclasses.replace(
        recipe,
        data=Sample(recipe.data),
        variant=dataclasses.replace(recipe.variant, **short),
        epochs=2,
        batch_size=32,
    )
    run = train(recipe, tmp_path / "run", report=lambda _: None)
    assert run.history[1]["loss"] < run.history[0]["loss"]
    table = evaluate(run)
    assert list(table)[-1] == name
    assert len(table) >= 2
    assert all(np.isfinite(value) for scores in table.values() for value in scores.values())
    show(run, table)
    kept = saved(tmp_path / "run")
    folders = export_heads(kept.heads, kept.units, kept.examples, name, {}, tmp_path / "models", kept.sampler)
    examples = np.random.default_rng(0).uniform(size=(3, *run.data.train.shape))
    named = {"inputs": tf.constant(examples, tf.float32), "condition": tf.constant([2, 0, 1], tf.int64)}
    loaded = tf.saved_model.load(str(folders["autoencoder"]))
    serve = loaded.signatures["serving_default"]
    served = serve(**{key: named[key] for key in serve.structured_input_signature[1]})["reconstruction"]
    named["condition"] = tf.one_hot(named["condition"], run.data.classes)
    expected = apply(run.heads.end_to_end, named)["reconstruction"]
    np.testing.assert_allclose(served, expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_tells_its_command_and_its_figures(name):
    text = recipe_file(name).read_text()
    assert summary(recipe_file(name)).endswith(".")
    assert f"make train RECIPE={name}" in text
    assert 20 <= len(text.splitlines()) <= 50
