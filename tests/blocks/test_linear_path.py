"""The linear path: it begins as principal components, to which the layers then add."""

import dataclasses
import json

import numpy as np
import pytest
from conftest import untrained
from sklearn.decomposition import PCA

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.linear_path import EDGE, has_linear_path
from keras_ae.files import replace_text
from keras_ae.heads import Spec, apply
from keras_ae.runs.load import load_run
from keras_ae.training import train as training
from keras_ae.training.session import load
from keras_ae.variants.undercomplete import Undercomplete

FEW = Undercomplete(DenseBackbone((9,)), latent_dim=4, linear_below=21)


def begun(variant, examples, domain):
    spec = Spec(examples.shape[1:], examples.shape[1:], domain, 0, len(examples))
    heads = variant.build(spec)
    variant.initialize(heads, lambda: examples)
    return heads


def reconstructions(heads, examples):
    return apply(heads.end_to_end, {"inputs": examples})["reconstruction"].numpy()


@pytest.mark.parametrize("backbone", [DenseBackbone((9,)), ConvBackbone((4,), smallest=4)])
def test_it_begins_as_principal_components(random, backbone):
    """In [0, 1] but for the ends, where a sigmoid would need logits without bounds."""
    examples = random.normal(0.5, 0.4, (20, 6, 5, 1)).clip(0, 1).astype(np.float32)
    heads = begun(dataclasses.replace(FEW, backbone=backbone), examples, "unit")
    flat = examples.reshape(20, -1)
    pca = PCA(4, random_state=0).fit(flat)
    np.testing.assert_allclose(
        apply(heads.encoder, {"inputs": examples})["code"], pca.transform(flat), atol=1e-5
    )
    expected = pca.inverse_transform(pca.transform(flat)).clip(EDGE, 1 - EDGE).reshape(examples.shape)
    np.testing.assert_allclose(reconstructions(heads, examples), expected, atol=1e-5)


def test_real_values_have_no_ends(random):
    examples = random.normal(0, 3, (20, 7)).astype(np.float32)
    heads = begun(FEW, examples, "real")
    pca = PCA(4, random_state=0).fit(examples)
    expected = pca.inverse_transform(pca.transform(examples))
    np.testing.assert_allclose(reconstructions(heads, examples), expected, atol=1e-4)


def test_classes_begin_as_probabilities(random):
    examples = np.eye(3, dtype=np.float32)[random.integers(0, 3, (20, 5))]
    outputs = reconstructions(begun(FEW, examples, "categorical"), examples)
    np.testing.assert_allclose(outputs.sum(-1), 1, rtol=1e-5)
    assert (outputs.argmax(-1) == examples.argmax(-1)).mean() > 0.6  # by chance .33


def test_fewer_examples_than_dimensions_are_reconstructed_whole(random):
    examples = random.uniform(0.1, 0.9, (3, 8)).astype(np.float32)
    heads = begun(FEW, examples, "unit")
    np.testing.assert_allclose(reconstructions(heads, examples), examples, atol=1e-5)
    assert not heads.decoder.get_layer("decoder_linear").kernel.numpy()[3:].any()
    assert heads.encoder.get_layer("encoder_linear").kernel.numpy()[:, 3:].all()  # so that they can learn


def test_only_few_examples_of_one_shape_have_it():
    shape = (6,)
    assert has_linear_path(FEW.build(Spec(shape, shape, "unit", 0, 20)))
    for spec in (
        Spec(shape, shape, "unit", 0, 21),
        Spec(shape, shape, "unit"),  # how many is not known
        Spec((7,), shape, "unit", 0, 20),
    ):
        heads = FEW.build(spec)
        assert not has_linear_path(heads)
        before = heads.end_to_end.get_weights()
        FEW.initialize(heads, lambda: pytest.fail("asked for examples"))
        for left, right in zip(before, heads.end_to_end.get_weights(), strict=True):
            np.testing.assert_array_equal(left, right)


def test_a_run_with_it_opens_again(tiny_recipe, tmp_path):
    recipe = dataclasses.replace(tiny_recipe, variant=dataclasses.replace(FEW, linear_below=99), epochs=1)
    with untrained():
        run = training.train(recipe, tmp_path, report=lambda _: None)
    inputs = run.data.test.examples
    expected = reconstructions(run.heads, inputs)
    again = load_run(recipe, tmp_path, lambda _: None)
    np.testing.assert_allclose(reconstructions(again.heads, inputs), expected, atol=1e-6)
    card = {"data": {"examples": {"train": len(run.data.train)}, "shape": run.data.train.shape}}
    replace_text(tmp_path / "card.json", json.dumps(card))
    loaded = load(tmp_path)
    np.testing.assert_allclose(reconstructions(loaded.heads, inputs), expected, atol=1e-6)
    np.testing.assert_allclose(reconstructions(loaded.trainer.heads, inputs), expected, atol=1e-6)
