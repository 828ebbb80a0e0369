"""Weights of other models in layers of the same name and shape, and encoders that stay as they were."""

import dataclasses

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from keras_ae.data.memory import Arrays
from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.recipe import override
from keras_ae.runs.load import load_run
from keras_ae.tasks.classification import Classification
from keras_ae.training.train import train
from keras_ae.training.warm_start import warm_start


def silent(_):
    """Says nothing."""


def built(units=6, name=None):
    """Heads of which the layers of the encoder are named by Keras, or by `name`."""
    inputs = keras.Input((5,), name="inputs")
    code = layers.Dense(2, name="encoder_code")(layers.Dense(units, name=name)(inputs))
    encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")
    code = keras.Input((2,), name="code")
    decoder = keras.Model(
        {"code": code}, {"reconstruction": layers.Dense(5, name=None)(code)}, name="decoder"
    )
    return Heads.join(encoder, decoder)


def same(heads, others):
    return [np.array_equal(*pair) for pair in zip(heads.get_weights(), others.get_weights(), strict=True)]


def test_layers_of_any_file_of_keras_that_fit_are_matched(tmp_path):
    source = built()
    for file in ("model.keras", "model.weights.h5"):
        path = str(tmp_path / file)
        (source.end_to_end.save if file.endswith(".keras") else source.end_to_end.save_weights)(path)
        heads = built()
        assert not all(same(heads.encoder, source.encoder))
        done = warm_start(heads, path)
        assert all(same(heads.encoder, source.encoder))
        assert "encoder/dense:1" in done.matched
        assert "encoder_code" in done.matched
    plain = keras.Sequential([keras.Input((5,)), layers.Dense(6), layers.Dense(9, name="top")])
    plain.save(tmp_path / "plain.keras")
    heads = built()
    done = warm_start(heads, str(tmp_path / "plain.keras"))
    assert done.matched == ("encoder/dense:1",)
    np.testing.assert_array_equal(heads.encoder.get_weights()[0], plain.get_weights()[0])
    assert str(done).endswith("1 of 3 layers; new: encoder_code, decoder/dense:1")


def test_weights_as_keras_applications_has_them_are_matched_by_name(tmp_path):
    kernel, bias = np.arange(30, dtype=np.float32).reshape(5, 6), np.ones(6, np.float32)
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.attrs["layer_names"] = [b"block1"]
        group = file.create_group("block1")
        group.attrs["weight_names"] = [b"block1/kernel:0", b"block1/bias:0"]
        group["block1/kernel:0"], group["block1/bias:0"] = kernel, bias
    heads = built(name="block1")
    assert warm_start(heads, str(tmp_path / "net.h5")).matched == ("block1",)
    np.testing.assert_array_equal(heads.encoder.get_layer("block1").kernel, kernel)
    with pytest.raises(
        InputError, match="every layer, as it stays frozen, of the encoder .*encoder_code missing"
    ):
        warm_start(heads, str(tmp_path / "net.h5"), whole_encoder=True)


def test_what_does_not_fit_is_told_of_each_layer(tmp_path):
    built(units=7).end_to_end.save(tmp_path / "wide.keras")
    with pytest.raises(InputError, match=r"encoder/dense:1 5x6 \+ 6 here, 5x7 \+ 7 there; encoder_code 6x2"):
        warm_start(built(), str(tmp_path / "wide.keras"))
    other = keras.Sequential([keras.Input((5,)), layers.Dense(3, name="other")])
    other.save(tmp_path / "other.keras")
    with pytest.raises(
        InputError, match="expected a layer of the encoder in .*; it has other; take the variant"
    ):
        warm_start(built(), str(tmp_path / "other.keras"))
    with pytest.raises(InputError, match="which does not exist"):
        warm_start(built(), str(tmp_path / "none.keras"))
    with pytest.raises(InputError, match="is no finished run"):
        warm_start(built(), str(tmp_path))
    for file in ("broken.keras", "broken.h5"):
        (tmp_path / file).write_bytes(b"no model")
        with pytest.raises(InputError, match="cannot be read as"):
            warm_start(built(), str(tmp_path / file))


def test_an_encoder_is_frozen_of_a_warm_start_alone(tiny_recipe):
    with pytest.raises(InputError, match="there is none; name a run"):
        override(tiny_recipe, ["freeze=true"])
    with pytest.raises(InputError, match="is of a frozen encoder"):
        override(tiny_recipe, ["warm_start=a.keras", "thaw_after=1"])
    with pytest.raises(InputError, match="thaw_rate must be above 0"):
        override(tiny_recipe, ["thaw_rate=0"])


@pytest.fixture
def labeled(tiny_recipe, random):
    """A recipe that classifies blobs of two kinds."""
    labels = np.arange(60) % 2
    examples = (random.uniform(0, 0.5, (60, 12, 12, 1)) + 0.5 * labels[:, None, None, None]).astype(
        np.float32
    )
    return dataclasses.replace(
        tiny_recipe, data=Arrays(examples, labels), task=Classification(labels=20), epochs=2, name="tiny"
    )


@pytest.mark.slow
def test_a_frozen_encoder_thaws_as_it_would_in_one_go(labeled, tmp_path, tiny_recipe):
    source = train(dataclasses.replace(labeled, task=tiny_recipe.task), tmp_path / "source", report=silent)
    settings = [f"warm_start={source.directory}", "freeze=true", "thaw_after=2"]
    frozen = train(override(labeled, settings), tmp_path / "frozen", report=silent)
    assert all(same(frozen.heads.encoder, source.heads.encoder))
    assert not all(same(frozen.heads.decoder, source.heads.decoder))
    whole = train(override(labeled, [*settings, "epochs=4"]), tmp_path / "whole", report=silent)
    assert not any(same(whole.heads.encoder, source.heads.encoder))
    (source.directory / "autoencoder.keras").unlink()  # a resume needs no source
    resumed = train(override(labeled, [*settings, "epochs=4"]), frozen.directory, resume=True, report=silent)
    assert len(resumed.history) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [[], ["variant=Variational(latent_dim=4)", "task.reconstruction_weight=0.01"], ["optimizer=adamw"]],
)
def test_a_classifier_is_a_calibrated_head(labeled, tmp_path, settings):
    recipe = override(labeled, [*settings, "epochs=100", "learning_rate=0.02", "task.units=8"])
    run = train(recipe, tmp_path / "run", report=silent)
    metrics = run.recipe.task.further_metrics(run.heads, run.data, 0, None)
    assert metrics["model"]["accuracy"] == 1.0  # the kinds are far apart
    assert metrics["largest class"]["accuracy"] < 0.8
    [head] = load_run(recipe, run.directory, silent).served_heads
    outputs = head.model({"inputs": np.asarray(run.data.test.examples, np.float32)})
    np.testing.assert_allclose(np.sum(outputs["probabilities"], axis=-1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(outputs["class"], run.data.test.labels)
    assert head.facts["labeled_examples"] == 20
    assert head.facts["temperature"] > 0


def test_labels_that_cannot_be_learned_are_refused_before_training(labeled, tiny_recipe, tmp_path):
    for settings, message in (
        (["task.labels=1"], "at least one labeled example of each of 2 classes, received labels=1"),
        (["variant=conditional"], "takes the labels that are to be learned"),
    ):
        with pytest.raises(InputError, match=message):
            train(override(labeled, settings), tmp_path / "run", report=silent)
    examples = np.random.default_rng(0).random((30, 12, 12, 1), np.float32)
    unlabeled = dataclasses.replace(tiny_recipe, task=Classification(), data=Arrays(examples))
    with pytest.raises(InputError, match="has no labels of two or more classes; give labels"):
        train(unlabeled, tmp_path / "run", report=silent)
