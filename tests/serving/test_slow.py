"""How long served heads and exports take, beside what they could take at best; figures are printed."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from variants.test_variants import EXAMPLES, batch_of

from keras_ae.blocks.samplers import StandardNormal
from keras_ae.data.pipeline import PairedData
from keras_ae.data.scaling import Scaler
from keras_ae.heads import ServableHeads, Spec
from keras_ae.recipe import load
from keras_ae.recipe_files import recipe_files
from keras_ae.serving import native
from keras_ae.serving.export import export_heads
from keras_ae.serving.records import Record, write_records

pytestmark = pytest.mark.slow
DIGITS = Spec((28, 28, 1), (28, 28, 1), "unit", 10)
UNIT = Scaler("unit", np.float32(0), np.float32(1))


@pytest.fixture(scope="module")
def denoising(tmp_path_factory):
    """The heads of the denoising recipe, untrained, which does not change their time, and their export."""
    keras.utils.set_random_seed(0)
    heads = load("denoising").variant.build(DIGITS)
    given = {"inputs": np.random.default_rng(0).uniform(size=(64, 28, 28, 1)).astype("float32")}
    root = tmp_path_factory.mktemp("models")
    return heads, given["inputs"], export_heads(ServableHeads(heads, UNIT, given), "denoising", {}, root)


def by_hand(heads, inputs, folder):
    """The same encoder written as one tf.function over its weights, with the same record to be asked."""
    module = tf.Module()
    kernels = [heads.encoder.get_layer(f"encoder_{name}").weights for name in ("conv_1", "conv_2", "code")]
    module.weights = [tf.Variable(weight.numpy()) for pair in kernels for weight in pair]
    first, first_bias, second, second_bias, dense, bias = module.weights

    @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32, name="inputs")])
    def encode(inputs):
        features = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(inputs, first, 2, "SAME"), first_bias))
        features = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(features, second, 2, "SAME"), second_bias))
        return {"code": tf.matmul(tf.reshape(features, (-1, dense.shape[0])), dense) + bias}

    module.encode = encode
    tf.saved_model.save(module, str(folder), signatures=encode)
    code = np.asarray(heads.encoder({"inputs": inputs})["code"])
    np.testing.assert_allclose(encode(tf.constant(inputs))["code"], code, atol=1e-5)
    write_records([Record("serving_default", {"inputs": inputs}, {"code": code})], folder, "by_hand")
    return folder


@pytest.mark.skipif(native.compiler() is None, reason="no C++ compiler (g++) to build the program with")
def test_a_served_encoder_is_about_as_quick_as_one_written_by_hand(denoising, tmp_path):
    heads, inputs, folders = denoising
    plain = by_hand(heads, inputs, tmp_path / "by_hand")
    ratios, tails = [], []
    for _ in range(5):
        times = native.time_requests("serving_default", 1, 3000, [folders["encoder"], plain])
        (median, late), (best, best_late) = times[folders["encoder"]], times[plain]
        ratios.append(median / best)
        tails.append(late / median)
        print(
            f"batch 1: exported {median:.0f} us (p99 {late:.0f}), by hand {best:.0f} us (p99 {best_late:.0f})"
        )
    print(f"median ratio {np.median(ratios):.3f}; p99 over median {np.median(tails):.2f}")
    assert np.median(ratios) <= 1.2


def test_exporting_every_head_takes_seconds(denoising, tmp_path):
    heads, inputs, _ = denoising
    times = []
    for _ in range(3):
        start = time.perf_counter()
        export_heads(ServableHeads(heads, UNIT, {"inputs": inputs}), "denoising", {}, tmp_path)
        times.append(time.perf_counter() - start)
    print(f"export of encoder, decoder and autoencoder: {np.median(times):.1f} s")
    assert np.median(times) <= 10


@pytest.mark.skipif(native.compiler() is None, reason="no C++ compiler (g++) to build the program with")
def test_the_heads_of_every_variant_and_recipe_give_the_same_in_cpp(tmp_path):
    folders = []
    recipes = {
        f"recipe-{name}": (recipe.variant, PairedData(recipe.data.sample(), recipe.task).spec)
        for name, recipe in ((name, load(name)) for name in recipe_files())
    }
    for name, (variant, spec) in (EXAMPLES | recipes).items():
        keras.utils.set_random_seed(1)
        heads = variant.build(spec)
        named, _ = batch_of(spec, 16)
        given = {key: named[key].numpy() for key in ("inputs", "condition") if key in named}
        sampler = heads.prior or (StandardNormal().fit(heads, {}) if variant.sampler is not None else None)
        units = Scaler(spec.domain, *map(np.float32, (3, 2) if spec.domain == "real" else (0, 1)))
        folders += export_heads(ServableHeads(heads, units, given, sampler), name, {}, tmp_path).values()
    findings = native.check(folders)
    worst = max(float(finding.details[3]) for finding in findings if finding.kind == "compared")
    print(f"{len(folders)} heads of {len(EXAMPLES | recipes)}: answers within {worst:.1e}")
    faults = [finding for finding in findings if finding.is_fault]
    assert not faults, faults
