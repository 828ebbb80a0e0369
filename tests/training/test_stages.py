"""Training in stages, and by likelihoods and labels: what variants beyond the plain one ask of a run."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import eagerly, exporting, untrained
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from keras_ae.backbones.conv1d import Conv1DBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Sample
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe, override
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import model_card
from keras_ae.runs.checkpoint import read_state
from keras_ae.runs.evaluation import evaluate
from keras_ae.runs.load import load_run
from keras_ae.serving.export import export_heads
from keras_ae.tasks.density import Density
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.tensorboard.final import write_final_report
from keras_ae.training import train as training
from keras_ae.training.train import train
from keras_ae.variants.conditional import Conditional
from keras_ae.variants.factor_vae import FactorVAE
from keras_ae.variants.sparse import Sparse
from keras_ae.variants.stacked import Stacked
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational


def silent(_):
    pass


def losses_of(history):
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in history]


def stacked(tiny_recipe):
    variant = Stacked(DenseBackbone((12,)), latent_dim=4, pretraining_epochs=2, masking_fraction=0.1)
    return dataclasses.replace(tiny_recipe, variant=variant, epochs=2)


class InterruptIn(keras.callbacks.Callback):
    """Presses Ctrl-C in an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_cut_off_in_a_stage_goes_on_as_if_unbroken(tiny_recipe, tmp_path, monkeypatch):
    recipe = stacked(tiny_recipe)
    unbroken = train(recipe, tmp_path / "a", report=silent)
    watching = training.checkpoint_and_curves

    def interrupted(log_dir, *others, **options):
        return watching(log_dir, *others, **options) + ([InterruptIn(1)] if log_dir.name == "layer_2" else [])

    monkeypatch.setattr(training, "checkpoint_and_curves", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "b", report=silent)
    monkeypatch.undo()
    done = {name: read_state(tmp_path / "b/checkpoint" / name)["epochs"] for name in ("layer_1", "layer_2")}
    assert done == {"layer_1": 2, "layer_2": 1}
    assert training.epochs_done(tmp_path / "b") == 3
    with pytest.raises(InputError, match="already contains a run"):
        train(recipe, tmp_path / "b", report=silent)
    resumed = train(recipe, tmp_path / "b", resume=True, report=silent)
    assert losses_of(resumed.history) == losses_of(unbroken.history)
    for left, right in zip(resumed.heads.end_to_end.weights, unbroken.heads.end_to_end.weights, strict=True):
        np.testing.assert_array_equal(left.numpy(), right.numpy())
    for name in ("layer_1", "layer_2"):
        states = [read_state(tmp_path / run / "checkpoint" / name)["history"] for run in "ab"]
        assert losses_of(states[0]) == losses_of(states[1])
    table = evaluate(unbroken)
    card = model_card(unbroken, table)
    assert list(card["stages"]) == ["layer_1", "layer_2"]
    assert all(stage["epochs"] == 2 and stage["seconds"] > 0 for stage in card["stages"].values())
    assert list(table)[-2:] == ["before fine-tuning", "tiny"]
    assert table["tiny"]["mse"] != table["before fine-tuning"]["mse"]
    events = EventMultiplexer().AddRunsFromDirectory(str(tmp_path / "a")).Reload().Runs()
    assert "epoch_layer_reconstruction" in events["layer_2/train"]["tensors"]
    assert "epoch_reconstruction" in events["layer_1/validation"]["tensors"]
    assert all(layer.trainable for layer in unbroken.heads.end_to_end.layers)


@pytest.mark.slow
def test_a_run_with_a_critic_resumes_and_opens_again_with_it(tiny_recipe, tmp_path):
    variant = FactorVAE(DenseBackbone((8,)), 3, likelihood="bernoulli")
    recipe = dataclasses.replace(tiny_recipe, variant=variant, epochs=2)
    unbroken = train(recipe, tmp_path / "a", report=silent)
    broken = dataclasses.replace(recipe, callbacks=(lambda: InterruptIn(1),))
    with pytest.raises(KeyboardInterrupt):
        train(broken, tmp_path / "b", report=silent)
    (tmp_path / "b" / "recipe.json").write_text((tmp_path / "a" / "recipe.json").read_text())  # no callback
    resumed = train(recipe, tmp_path / "b", resume=True, report=silent)
    for left, right in zip(resumed.heads.trained.weights, unbroken.heads.trained.weights, strict=True):
        np.testing.assert_array_equal(left.numpy(), right.numpy())
    assert {"critic", "val_critic", "total_correlation"} <= set(unbroken.history[0])
    scores = evaluate(unbroken)["tiny"]
    assert evaluate(load_run(recipe, tmp_path / "a", silent))["tiny"] == pytest.approx(scores, rel=1e-5)


@pytest.mark.slow
def test_a_variational_run_repeats_shows_its_posterior_and_opens_again(tmp_path):
    recipe = Recipe(
        Sample(Mnist5k()),
        Variational(DenseBackbone((16,)), latent_dim=2, kl_warmup=0.5),
        Density(samples=5),
        epochs=2,
        batch_size=32,
        name="tiny",
    )
    first, second = (train(recipe, tmp_path / name, report=silent) for name in "ab")
    assert losses_of(first.history) == losses_of(second.history)
    table = evaluate(first)
    scores = table["tiny"]
    assert {"kl", "active_units", "nll_nats", "bound_nats"} <= set(scores)
    assert scores["nll_nats"] <= scores["bound_nats"]
    assert "nll_nats" not in table["training mean"]
    events = EventMultiplexer().AddRunsFromDirectory(str(tmp_path / "a")).Reload().Runs()
    tags = set(events["validation"]["tensors"])
    assert {"posterior/active_units", "posterior/kl_per_dimension", "posterior_kl/dimension_01"} <= tags
    assert {"traversal", "plane", "samples"} <= tags
    assert evaluate(load_run(recipe, tmp_path / "a", silent))["tiny"] == pytest.approx(scores, rel=1e-5)
    write_final_report(first, table)
    with pytest.raises(InputError, match="does not fit the weights in"):
        load_run(override(recipe, ["variant.latent_dim=3"]), tmp_path / "a", silent)


@pytest.mark.slow
def test_a_conditional_head_is_served_by_the_number_of_the_class(tmp_path):
    recipe = Recipe(
        Sample(Mnist5k()), Conditional(DenseBackbone((16,)), 3), Reconstruction(), epochs=1, batch_size=32
    )
    run = train(recipe, tmp_path / "run", report=silent)
    kept = load_artifacts(tmp_path / "run")
    assert kept.examples["condition"].shape == (len(kept.examples["inputs"]), 10)
    folders = export_heads(kept, "conditional", {}, tmp_path / "models")
    loaded = tf.saved_model.load(str(folders["decoder"]))
    served = loaded.signatures["serving_default"]
    specs = served.structured_input_signature[1]
    assert specs["condition"].dtype == tf.int64
    assert specs["condition"].shape.as_list() == [None]
    code = tf.random.stateless_normal((3, 3), (0, 0))
    found = served(code=code, condition=tf.constant([7, 1, 7], tf.int64))["reconstruction"]
    condition = tf.one_hot([7, 1, 7], 10)
    expected = run.heads.decoder({"code": code, "condition": condition})["reconstruction"]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    encoder = tf.saved_model.load(str(folders["encoder"])).signatures["serving_default"]
    assert set(encoder.structured_outputs) == {"code", "mean", "log_var"}


def test_a_gaussian_decoder_is_served_in_the_units_of_the_data(tmp_path, random):
    np.save(tmp_path / "a.npy", 50 + 10 * random.normal(size=(60, 5)))
    data = ArrayFile(str(tmp_path / "a.npy"))
    recipe = Recipe(data, Variational(DenseBackbone((8,)), 2), Reconstruction(), epochs=1, batch_size=8)
    with untrained():
        run = train(recipe, tmp_path / "run", report=silent)
    kept = load_artifacts(tmp_path / "run")
    with exporting("decoder"):
        folders = export_heads(kept, "gaussian", {}, tmp_path / "models")
    served = tf.saved_model.load(str(folders["decoder"])).signatures["serving_default"](code=tf.zeros((1, 2)))
    inside = run.heads.decoder({"code": tf.zeros((1, 2))})
    expected = inside["reconstruction_log_var"] + 2 * np.log(kept.scaler.scale)
    np.testing.assert_allclose(served["reconstruction_log_var"], expected, rtol=1e-5)
    np.testing.assert_allclose(
        served["reconstruction"], inside["reconstruction"] * kept.scaler.scale + kept.scaler.offset, rtol=1e-5
    )


@pytest.mark.parametrize("variant", [pytest.param(Variational, marks=pytest.mark.slow), Undercomplete])
def test_classes_train_by_their_own_likelihood(variant, tmp_path, random):
    np.save(tmp_path / "a.npy", random.integers(0, 4, (80, 6)))
    data = ArrayFile(str(tmp_path / "a.npy"), domain="categorical")
    variant = variant(DenseBackbone((8,)), 2)
    recipe = Recipe(data, variant, Reconstruction(), epochs=1, batch_size=64, name="classes")
    with eagerly():
        run = train(recipe, tmp_path / "run", report=silent)
    assert run.data.train.shape == (6, 4)
    assert {"accuracy", "crossentropy"} <= set(evaluate(run)["classes"])
    recipe = dataclasses.replace(recipe, variant=Undercomplete(DenseBackbone((8,)), 2))
    with pytest.raises(
        InputError, match="categorical cross-entropy and classes need each other.*squared_error and cat"
    ):
        train(override(recipe, ["loss=squared_error"]), tmp_path / "c", report=silent)


def test_series_train_with_a_convolutional_backbone(tmp_path, random):
    np.save(tmp_path / "a.npy", random.normal(size=(60, 20)))
    data = ArrayFile(str(tmp_path / "a.npy"), series=True)
    recipe = Recipe(data, Undercomplete(Conv1DBackbone((4, 8)), 2), Reconstruction(), epochs=1, batch_size=8)
    with untrained():  # a step is that of test_variants.py
        assert train(recipe, tmp_path / "run", report=silent).data.train.shape == (20, 1)


def test_a_likelihood_and_a_loss_of_ones_own_exclude_each_other(tiny_recipe, tmp_path):
    recipe = dataclasses.replace(tiny_recipe, variant=Variational(DenseBackbone(()), 2))
    with pytest.raises(InputError, match="Variational trains on a likelihood, received loss=squared_error"):
        train(override(recipe, ["loss=squared_error"]), tmp_path, report=silent)


def test_labels_that_a_conditional_variant_needs_are_asked_for(tiny_recipe, tmp_path):
    recipe = dataclasses.replace(tiny_recipe, variant=Conditional(DenseBackbone(()), 2))
    with pytest.raises(InputError, match="needs a label"):
        train(recipe, tmp_path, report=silent)


def test_terms_of_weight_nought_are_shown_and_scored(tiny_recipe, tmp_path):
    recipe = dataclasses.replace(tiny_recipe, variant=Sparse(DenseBackbone(()), 20, l1=0.0), epochs=1)
    with eagerly():
        run = train(dataclasses.replace(recipe, batch_size=48), tmp_path, report=silent)
    assert run.history[0]["loss"] == pytest.approx(run.history[0]["reconstruction"], rel=1e-5)
    assert 0 < run.history[0]["val_active_fraction"] <= 1
    assert 0 < evaluate(run)["tiny"]["active_fraction"] <= 1


def test_a_sampler_can_be_set_from_text(tiny_recipe):
    recipe = dataclasses.replace(tiny_recipe, variant=Variational(DenseBackbone(()), 2))
    changed = override(recipe, ["variant.sampler=FittedMixture(components=3)"])
    assert changed.variant.sampler.components == 3
