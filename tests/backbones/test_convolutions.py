"""Convolutional backbones with settings of each level: shapes, exact transposes, what training moves."""

import ast
import dataclasses
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting

from keras_ae import losses
from keras_ae.backbones.conv1d import Conv1DBackbone
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.level_plan import level_of, plan_levels
from keras_ae.blocks.tied import TiedConvTranspose
from keras_ae.cli.arguments import split_settings
from keras_ae.data.scaling import Scaler
from keras_ae.errors import InputError
from keras_ae.heads import Heads, ServableHeads, Spec, Stage
from keras_ae.recipe import load, override
from keras_ae.recipe_files import recipe_file
from keras_ae.serving.export import export_heads
from keras_ae.training.trainer import Trainer
from keras_ae.variants.contractive import Contractive
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.vamp_prior import VampPrior

STRIDED = ConvBackbone(
    (8, 16, 32), 3, strides=(1, 2, 2), padding="valid", up="transposed", up_kernel_size=(3, 4, 4)
)
"""Of kernel 3 without padding, back by transposed ones of 4, 4 and 3."""

POOLED = ConvBackbone(
    (32, 64), (16, 64), smallest=64, down=("max_pool", "stride"), up=("nearest", "transposed")
)
"""Of kernel 16 and pooling, then of kernel 64 and stride 2: 34 G multiplications for an image each way."""

IMAGE, SERIES = (9, 6, 2), (13, 2)


def commands(name):
    """The settings of the commands that a recipe's file gives."""
    text = ast.get_docstring(ast.parse(recipe_file(name).read_text(encoding="utf-8")))
    return [re.sub(r"\\\n\s*", " ", setting) for setting in re.findall(r'SET="([^"]*)"', text)]


def test_the_recipes_give_the_networks_as_commands():
    strided, pooled, tied = (
        override(load("convolutional"), [text for text in split_settings([command]) if "data." not in text])
        for command in commands("convolutional")
    )
    assert strided.variant.backbone == dataclasses.replace(
        STRIDED, filters=(16, 32, 64), up_kernel_size=(3, 4, 4)
    )
    assert (pooled.variant.backbone, pooled.batch_size) == (POOLED, 8)
    assert tied.variant.backbone == ConvBackbone(up="transposed", tied=True)
    digits = [override(load("digits"), split_settings([command])).variant for command in commands("digits")]
    assert Undercomplete(DenseBackbone(()), 32, 4000, "leaky_relu") in digits
    assert any(variant.backbone.tied for variant in digits)


def built(backbone, shape, variant=Undercomplete, **fields):
    keras.utils.set_random_seed(1)
    return variant(backbone, latent_dim=3, **fields).build(Spec(shape, shape, "unit"))


def shapes(model, *names):
    return [tuple(model.get_layer(name).output.shape[1:]) for name in names]


def batch_of(shape, count=8):
    return np.random.default_rng(0).uniform(size=(count, *shape)).astype("float32")


def trained(model, inputs, steps=1, rate=0.05):
    """Trains by hand, as `fit` of a recipe does."""
    trainer = Trainer(model, losses.on_reconstruction(losses.squared_error))
    trainer.prepare(keras.optimizers.SGD(rate))
    trainer.run_eagerly = True  # a graph of a few steps costs more
    for _ in range(steps):
        trainer.train_on_batch(inputs, inputs)
    return trainer


def test_strided_convolutions_without_padding_and_their_transposes_have_the_sizes_of_their_text():
    heads = Undercomplete(STRIDED, 16).build(Spec((28, 28, 1), (28, 28, 1), "unit"))
    down = shapes(heads.encoder, *(f"encoder_conv_{level}" for level in (1, 2, 3)))
    assert down == [(26, 26, 8), (12, 12, 16), (5, 5, 32)]
    up = shapes(heads.decoder, "decoder_reshape", "decoder_conv_3", "decoder_conv_2", "decoder_logits")
    assert up == [(5, 5, 32), (12, 12, 16), (26, 26, 8), (28, 28, 1)]
    kernels = [
        heads.decoder.get_layer(f"decoder_{name}").kernel_size for name in ("conv_3", "conv_2", "logits")
    ]
    assert kernels == [(4, 4), (4, 4), (3, 3)]


def test_one_layer_each_way_takes_784_numbers_to_32_and_back():
    variant = Undercomplete(DenseBackbone(()), 32, activation="leaky_relu")
    heads = variant.build(Spec((28, 28, 1), (28, 28, 1), "unit"))
    dense = [layer for layer in heads.end_to_end._flatten_layers() if isinstance(layer, keras.layers.Dense)]
    assert [layer.kernel.shape for layer in dense] == [(784, 32), (32, 784)]
    assert dense[0].activation is keras.activations.leaky_relu
    assert heads.decoder.get_layer("reconstruction").activation is keras.activations.sigmoid


def test_large_kernels_halve_a_photograph_by_pooling_and_by_strides():
    inputs = keras.Input((256, 256, 3), name="inputs")
    encoder = keras.Model({"inputs": inputs}, POOLED.encode(inputs))
    names = ("encoder_conv_1", "encoder_conv_1_pool", "encoder_conv_2")
    assert shapes(encoder, *names) == [(256, 256, 32), (128, 128, 32), (64, 64, 64)]
    code = keras.Input((8,))
    decoder = keras.Model(code, POOLED.decode(code, (256, 256, 3)))
    names = ("decoder_reshape", "decoder_repeat_1", "decoder_logits")
    assert shapes(decoder, *names) == [(64, 64, 64), (256, 256, 32), (256, 256, 3)]
    assert decoder.get_layer("decoder_conv_2").kernel_size == (64, 64)


ONE_STEP = """
import numpy as np
from test_convolutions import POOLED, Spec, Undercomplete, batch_of, trained
heads = Undercomplete(POOLED, 8).build(Spec((256, 256, 3), (256, 256, 3), "unit"))
kernel = heads.encoder.get_layer("encoder_conv_2").kernel
before = kernel.numpy()
trained(heads.trained, batch_of((256, 256, 3), 1), rate=1.0)
print(np.isfinite(kernel.numpy()).all() and (kernel.numpy() != before).any())
"""


@pytest.mark.slow  # 34 G multiplications each way
def test_large_kernels_train_one_step():
    """In a process without oneDNN, whose gradient of kernels above 16 x 16 takes many times as long."""
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path])
    environment = os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", ONE_STEP], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("down", ["stride", "max_pool", "average_pool"])
@pytest.mark.parametrize("up", ["subpixel", "transposed", "nearest"])
def test_every_way_down_and_up_comes_back_to_any_length(down, up, padding):
    for kernel, strides, side in itertools.product((3, 4, 5), (1, 2, 3), (23, 24, 25, 26)):
        backbone = Conv1DBackbone((1,), kernel, strides=strides, padding=padding, down=down, up=up)
        (level,), ((large,), (small,)) = plan_levels(backbone, (side,), side)
        assert small == level.reduced(large) >= (side - kernel - strides) // strides
        fitting = level.fitting(small, side)
        padded = fitting.before + small + fitting.after
        reached = padded * strides + (kernel - strides) * (up == "transposed")
        assert fitting.end - fitting.first == side
        assert 0 <= fitting.first <= fitting.end <= reached
        if padding == "same":
            assert padded == small


@pytest.mark.parametrize(("down", "up"), [("max_pool", "subpixel"), ("stride", "nearest")])
def test_networks_without_padding_give_back_the_sides_that_they_take(down, up):
    settings = {"padding": "valid", "down": down, "up": up}
    image = ConvBackbone((3, 4), 4, strides=(1, 2), smallest=20, **settings)
    assert image.decode(keras.Input((5,)), (13, 17, 3)).shape == (None, 13, 17, 3)
    series = Conv1DBackbone((3, 4), (3, 2), strides=3, shortest=20, **settings)
    assert series.decode(keras.Input((5,)), (29, 3)).shape == (None, 29, 3)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 1), (3, 2), (4, 2), (5, 3)])
def test_a_transposed_level_is_the_transpose_of_the_convolution(kernel_size, strides, padding, random):
    """<conv(x), y> = <x, transposed(y)>, for a side that the strides divide and for others."""
    kernel = random.normal(size=(kernel_size, 2, 3)).astype("float32")
    back = TiedConvTranspose(kernel.shape, 2, strides=strides)
    back.build((None, None, 3))
    back.kernel.assign(kernel)
    backbone = Conv1DBackbone((3,), kernel_size, strides=strides, padding=padding, up="transposed")
    for side in (11, 12, 13):
        x = random.normal(size=(1, side, 2)).astype("float32")
        convolved = np.asarray(keras.ops.conv(x, kernel, strides, padding))
        y = random.normal(size=convolved.shape).astype("float32")
        fitting = level_of(backbone, 0).fitting(y.shape[1], side)
        large = np.asarray(back(np.pad(y, [(0, 0), (0, fitting.after), (0, 0)])))
        # float32 sums of a hundred products
        transposed = np.sum(x * large[:, fitting.first : fitting.end])
        np.testing.assert_allclose(np.sum(convolved * y), transposed, rtol=1e-4, atol=1e-4)


def test_a_nearest_level_repeats_pixels_before_it_convolves():
    heads = built(ConvBackbone((2,), 1, smallest=99, up="nearest"), (4, 6, 1))
    output = np.asarray(heads.decoder({"code": np.ones((1, 3), "float32")})["reconstruction"])
    np.testing.assert_array_equal(output, np.repeat(np.repeat(output[:, ::2, ::2], 2, 1), 2, 2))


def test_pooling_takes_the_largest_or_the_mean():
    x = batch_of((4, 1))
    for down, reduce in (("max_pool", np.max), ("average_pool", np.mean)):
        heads = built(Conv1DBackbone((1,), 1, shortest=99, down=down, activation="linear"), (4, 1))
        conv = heads.encoder.get_layer("encoder_conv_1")
        pooled = keras.Model(heads.encoder.inputs, heads.encoder.get_layer("encoder_flatten").output)(
            {"inputs": x}
        )
        expected = reduce(np.asarray(conv(x)).reshape(-1, 2, 2), axis=2)
        np.testing.assert_allclose(pooled, expected, rtol=1e-6)


RICH = {"activation": "leaky_relu", "residual_blocks": 1, "dropout": 0.2, "down": "max_pool", "up": "nearest"}


@pytest.mark.parametrize("normalization", ["batch", pytest.param("group", marks=pytest.mark.slow)])
def test_normalized_layers_survive_a_file_and_are_served_without_state(normalization, tmp_path):
    heads = built(ConvBackbone((6, 8), smallest=9, normalization=normalization, **RICH), IMAGE)
    inputs = batch_of(IMAGE)
    trained(heads.trained, inputs)
    heads.end_to_end.save(tmp_path / "model.keras")
    loaded = Heads.of(keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True))
    outputs = [np.asarray(each.end_to_end({"inputs": inputs})["reconstruction"]) for each in (heads, loaded)]
    np.testing.assert_allclose(*outputs, rtol=1e-5, atol=1e-6)
    one = np.asarray(heads.end_to_end({"inputs": inputs[:1]})["reconstruction"])
    np.testing.assert_allclose(one, outputs[0][:1], rtol=1e-5, atol=1e-6)  # no example sees its batch
    units = Scaler("real", np.float32(0), np.float32(1))
    with exporting("autoencoder"):  # refuses random ops and state, compares with Keras
        export_heads(ServableHeads(heads, units, {"inputs": inputs}), "rich", {}, tmp_path / "models")


def moving(model):
    return {weight.path: np.array(weight) for weight in model.weights if "moving" in weight.path}


def test_a_normalization_follows_its_batches_in_training_and_stands_still_in_validation():
    heads = built(ConvBackbone((4,), smallest=9, normalization="batch"), IMAGE)
    inputs = batch_of(IMAGE)
    before = moving(heads.end_to_end)
    assert len(before) == 2
    trainer = trained(heads.trained, inputs)
    after = moving(heads.end_to_end)
    assert all((after[path] != before[path]).any() for path in before)
    trainer.test_on_batch(inputs, inputs)
    trainer.predict(inputs, verbose=0)
    assert all((value == after[path]).all() for path, value in moving(heads.end_to_end).items())


def test_a_frozen_stage_keeps_the_statistics_of_its_normalization():
    heads = built(ConvBackbone((4, 5), smallest=9, normalization="batch"), IMAGE)
    stage = Stage("last", heads.trained, ("decoder",), (), 1)
    for layer in stage.model.layers:
        layer.trainable = layer.name in stage.layers
    before = moving(heads.end_to_end)
    trained(stage.model, batch_of(IMAGE))
    after = moving(heads.end_to_end)
    changed = {path for path in before if (after[path] != before[path]).any()}
    assert changed == {path for path in before if path.startswith("decoder")}


@pytest.mark.parametrize("variant", [Contractive, VampPrior])
def test_what_a_variant_runs_besides_does_not_move_a_normalization(variant):
    """The statistics are those of the examples, and neither of probes nor of pseudo-inputs."""
    backbone = ConvBackbone((4,), smallest=9, normalization="batch")
    heads, plain = built(backbone, IMAGE, variant), built(backbone, IMAGE)
    weights = {weight.path: weight for weight in heads.encoder.weights}
    for weight in plain.encoder.weights:
        if weight.path in weights:
            weight.assign(weights[weight.path])
    inputs = tf.constant(batch_of(IMAGE))
    seeds = tf.zeros((8, 2), tf.int64)
    heads.trained({"inputs": inputs, "seeds": seeds}, training=True)
    plain.trained({"inputs": inputs}, training=True)
    own, expected = moving(heads.encoder), moving(plain.encoder)
    assert expected
    for path, value in expected.items():
        np.testing.assert_allclose(own[path], value, rtol=1e-5)


def test_dropout_goes_on_where_a_file_of_weights_was_saved(tmp_path):
    inputs = batch_of(IMAGE)
    backbone = ConvBackbone((4,), smallest=9, dropout=0.5)
    first = built(backbone, IMAGE)
    apart = [np.asarray(first.trained({"inputs": inputs}, training=True)["code"]) for _ in range(2)]
    assert (apart[0] != apart[1]).any()
    first.trained.save_weights(tmp_path / "a.weights.h5")
    goes_on = np.asarray(first.trained({"inputs": inputs}, training=True)["code"])
    resumed = built(backbone, IMAGE)
    resumed.trained.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(resumed.trained({"inputs": inputs}, training=True)["code"], goes_on)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kernel_size": (3, 3, 3)}, "kernel_size must be one value, or one for each of the 2 levels"),
        ({"strides": 0}, "strides must be a whole number of at least 1, received 0"),
        ({"strides": (2, True)}, "strides must be a whole number of at least 1, received True"),
        ({"down": "pool"}, "down must be one of stride, max_pool, average_pool; received 'pool'"),
        (
            {"up": ("nearest", "bilinear")},
            "up must be one of subpixel, transposed, nearest; received 'bilinear'",
        ),
        ({"up_kernel_size": 0}, "up_kernel_size must be a whole number of at least 1, received 0"),
        ({"padding": "full"}, "padding must be one of same, valid; received 'full'"),
        ({"normalization": "layer"}, "normalization must be one of none, batch, group; received 'layer'"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, received 1.0"),
        ({"residual_blocks": -1}, "residual_blocks must be at least 0, received -1"),
        (
            {"up": "transposed", "strides": 4},
            "a transposed convolution of kernel 3 leaves out pixels at strides 4",
        ),
        (
            {"tied": True},
            "tied weights need down=.stride., up=.transposed., .* received stride, subpixel, 3 and 3",
        ),
        ({"tied": True, "up": "transposed", "down": "max_pool"}, "received max_pool, transposed"),
        ({"tied": True, "up": "transposed", "up_kernel_size": 4}, "received stride, transposed, 3 and 4"),
        (
            {"tied": True, "up": "transposed", "residual_blocks": 1},
            "3 and 3, and 1; or take weights of their own",
        ),
    ],
)
@pytest.mark.parametrize("kind", [ConvBackbone, Conv1DBackbone])
def test_settings_that_do_not_fit_are_refused(kind, fields, message):
    with pytest.raises(InputError, match=message):
        kind((4, 8), **{"kernel_size": 3, **fields})


def test_a_kernel_larger_than_what_is_left_is_refused():
    message = "level 2 of the backbone takes 5x5, too little for a kernel of 7 and strides of 2 without pad"
    with pytest.raises(InputError, match=message):
        ConvBackbone((2, 2), (3, 7), padding="valid").encode(keras.Input((12, 12, 1)))


def test_levels_that_do_not_shrink_end_with_the_filters():
    assert ConvBackbone((2, 3), strides=(2, 1)).encode(keras.Input((64, 64, 1))).shape == (None, 32 * 32 * 3)


TIED = {
    "dense": (DenseBackbone((6, 5), tied=True), (7,)),
    "one layer": (DenseBackbone((), tied=True), (7,)),
    "images": (ConvBackbone((4, 5), smallest=3, up="transposed", tied=True), IMAGE),
    "series": (
        Conv1DBackbone((4, 5), 4, hidden=6, shortest=4, padding="valid", up="transposed", tied=True),
        SERIES,
    ),
}


def kernels(model):
    return {id(weight): weight for weight in model.weights if "kernel" in weight.path}


@pytest.mark.parametrize("name", TIED)
@pytest.mark.parametrize("variant", [Undercomplete])
def test_tied_weights_are_half_as_many_and_stay_the_same(name, variant, tmp_path):
    backbone, shape = TIED[name]
    heads = built(backbone, shape)
    untied = built(dataclasses.replace(backbone, tied=False), shape)
    assert 2 * len(kernels(heads.end_to_end)) == len(kernels(untied.end_to_end))
    numbers = [
        sum(int(np.prod(each.shape)) for each in kernels(one.end_to_end).values()) for one in (heads, untied)
    ]
    assert 2 * numbers[0] == numbers[1]
    inputs = batch_of(shape)
    before = [np.array(weight) for weight in heads.trained.trainable_weights]
    trained(heads.trained, inputs, steps=2)
    for weight, old in zip(heads.trained.trainable_weights, before, strict=True):
        assert (np.array(weight) != old).any(), weight.path
    assert {id(weight) for weight in heads.decoder.weights} >= set(kernels(heads.encoder))  # the very weights
    heads.end_to_end.save(tmp_path / "model.keras")
    loaded = Heads.of(keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True))
    heads.trained.save_weights(tmp_path / "a.weights.h5")
    again = built(backbone, shape)
    again.trained.load_weights(tmp_path / "a.weights.h5")
    expected = heads.end_to_end({"inputs": inputs})["reconstruction"]
    for other in (loaded, again):
        np.testing.assert_allclose(
            other.end_to_end({"inputs": inputs})["reconstruction"], expected, rtol=1e-5
        )


def test_a_tied_network_is_exported_with_its_kernels(tmp_path):
    backbone, shape = TIED["images"]
    heads = built(backbone, shape)
    units = Scaler("real", np.float32(0), np.float32(1))
    with exporting("decoder"):
        folders = export_heads(ServableHeads(heads, units, {"inputs": batch_of(shape)}), "tied", {}, tmp_path)
    card = json.loads((folders["decoder"] / "card.json").read_text())
    assert set(card["signatures"]) == {"serving_default"}


def test_weights_cannot_be_tied_where_the_decoder_is_no_transpose():
    spec = Spec((7,), (6,), "unit")
    with pytest.raises(
        InputError, match="takes, in the same sizes; encoder_dense_1 makes 5 numbers of 7, and the .* 6 of 5 "
    ):
        Undercomplete(DenseBackbone((5,), tied=True), 3).build(spec)
    with pytest.raises(
        InputError, match="encoder_conv_1 makes 4 channels of 2, and the decoder has to make 4 of 4"
    ):
        ConvBackbone((4,), smallest=9, up="transposed", tied=True).decode_with(
            built(ConvBackbone((4,), smallest=9), IMAGE).encoder, keras.Input((3,)), (9, 6, 4)
        )
    with pytest.raises(InputError, match="tied weights need a variant whose decoder gives back .*tied=false"):
        DenseBackbone((5,), tied=True).decode(keras.Input((3,)), (7,))
