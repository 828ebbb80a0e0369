"""The skip-connected network: any height and width, its shortcuts, and how far a pixel reaches."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.blocks.skips import Unshuffle, enlarged, reduced
from keras_ae.blocks.sub_pixel import Shuffle
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec, apply
from keras_ae.variants.skip_connected import SkipConnected

GRAY = Spec((16, 16, 1), (16, 16, 1), "unit")
SMALL = SkipConnected((6, 5, 4), blocks=1)


def stirred(heads, seed=0):
    """Heads whose weights are large enough that every path of the network counts."""
    random = np.random.default_rng(seed)
    for weight in heads.end_to_end.weights:
        weight.assign(random.normal(0, 0.3, weight.shape))
    return heads


def restored(heads, images):
    return np.asarray(apply(heads.end_to_end, {"inputs": tf.constant(images, tf.float32)})["reconstruction"])


@pytest.mark.parametrize("side", [(1, 1), (1, 9), (7, 5), (16, 24), (23, 8)])
def test_images_of_any_size_keep_it(side, random):
    heads = stirred(SMALL.build(GRAY))
    assert restored(heads, random.uniform(size=(2, *side, 1))).shape == (2, *side, 1)


@pytest.mark.parametrize("scale", [2, 3])
def test_targets_that_are_larger_make_the_network_enlarge(scale, random):
    heads = stirred(SMALL.build(Spec((8, 8, 1), (8 * scale, 8 * scale, 1), "unit")))
    assert restored(heads, random.uniform(size=(1, 5, 7, 1))).shape == (1, 5 * scale, 7 * scale, 1)


def test_what_is_mirrored_beyond_the_edge_is_the_image_backwards_to_and_fro():
    image = tf.reshape(tf.range(3.0), (1, 1, 3, 1))
    filled = Unshuffle(1, 8)(image)
    np.testing.assert_array_equal(filled[0, 0, :, 0], [0, 1, 2, 2, 1, 0, 0, 1])
    assert filled.shape == (1, 8, 8, 1)


def test_shuffling_undoes_unshuffling(random):
    images = random.uniform(size=(2, 8, 12, 3)).astype(np.float32)
    np.testing.assert_array_equal(Shuffle(4)(Unshuffle(4, 4)(images)), images)


@pytest.mark.parametrize(
    "variant", [SMALL, SkipConnected((5,), blocks=2, unshuffle=1), SkipConnected((4, 4), 0, 4)]
)
def test_no_pixel_is_seen_farther_away_than_the_reach(variant, random):
    heads = stirred(dataclasses.replace(variant, shortcut="none").build(GRAY))
    heads.decoder.get_layer("decoder_output").bounded = False
    side = variant.multiple * (2 * variant.reach // variant.multiple + 3)
    image = random.uniform(size=(1, side, side, 1))
    before, farthest = restored(heads, image), 0
    for shift in range(variant.multiple):
        changed, place = image.copy(), side // 2 + shift
        changed[0, place, place] += 1.0
        difference = np.abs(restored(heads, changed) - before)[0, ..., 0]
        # by more than rounding, which a convolution's kernel may carry farther
        seen = np.argwhere(difference > 1e-5 * np.abs(before).max())
        farthest = max(farthest, np.abs(seen - place).max())
    assert variant.reach / 3 < farthest <= variant.reach


def test_a_tile_that_begins_at_a_multiple_is_restored_as_the_whole(random):
    heads = stirred(SMALL.build(GRAY))
    margin = -(-SMALL.reach // SMALL.multiple) * SMALL.multiple
    image = random.uniform(size=(1, 4 * margin, 8, 1)).astype(np.float32)
    begin = margin
    tile = restored(heads, image[:, begin:])[:, margin:]
    np.testing.assert_allclose(tile, restored(heads, image)[:, begin + margin :], atol=1e-4)


def test_the_difference_is_added_to_the_inputs(random):
    heads = SMALL.build(GRAY)
    for weight in heads.end_to_end.weights:
        weight.assign(np.zeros(weight.shape))
    image = random.uniform(size=(1, 9, 9, 1)).astype(np.float32)
    np.testing.assert_array_equal(restored(heads, image), image)
    np.testing.assert_array_equal(restored(heads, image + 1.0), np.ones_like(image))


def test_known_pixels_leave_as_they_came(random):
    variant = dataclasses.replace(SMALL, shortcut="kept")
    heads = stirred(variant.build(Spec((16, 16, 4), (16, 16, 3), "unit")))
    image, known = random.uniform(size=(1, 13, 10, 3)), random.uniform(size=(1, 13, 10, 1)) < 0.5
    image = image.astype(np.float32)
    filled = restored(heads, np.concatenate([image * known, known], axis=-1))
    where = np.broadcast_to(known, image.shape)
    np.testing.assert_array_equal(filled[where], image[where])
    assert (filled[~where] != 0).any()


def test_what_is_out_of_bounds_still_learns():
    """A plain clip would give no gradient where the output lies outside of [0, 1]."""
    heads = SMALL.build(GRAY)
    bias = heads.decoder.get_layer("decoder_logits").bias
    bias.assign(np.full(bias.shape, 5.0))
    with tf.GradientTape() as tape:
        output = apply(heads.end_to_end, {"inputs": tf.fill((1, 8, 8, 1), 0.5)})["reconstruction"]
        loss = tf.reduce_mean(tf.square(output - 0.25))
    assert float(tf.reduce_max(output)) == 1.0
    assert float(tf.reduce_sum(tape.gradient(loss, bias.value))) > 0


def test_values_that_are_not_of_the_unit_interval_are_not_bounded(random):
    heads = stirred(SMALL.build(Spec((16, 16, 1), (16, 16, 1), "real")))
    assert np.abs(restored(heads, 100 * random.normal(size=(1, 16, 16, 1)))).max() > 1


def test_heads_with_layers_of_skips_survive_a_keras_file(tmp_path, random):
    heads = stirred(SMALL.build(Spec((16, 16, 1), (32, 32, 1), "unit")))
    heads.end_to_end.save(tmp_path / "model.keras")
    again = Heads.of(keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True))
    image = random.uniform(size=(1, 9, 11, 1))
    for weight, other in zip(heads.end_to_end.weights, again.end_to_end.weights, strict=True):
        np.testing.assert_array_equal(other, weight)
    # of two models: within rounding
    np.testing.assert_allclose(restored(again, image), restored(heads, image), atol=1e-5)
    assert not again.takes_code_alone
    assert (again.code_shape, again.latent_dim) == ((None, None, 4), 4)


def test_bicubic_reduction_and_enlargement_keep_a_plane(random):
    rows, columns = np.mgrid[:24, :36] / 100
    plane = tf.constant((0.2 + rows + columns)[None, ..., None], tf.float32)
    back = enlarged(reduced(plane, 3), 3)
    np.testing.assert_allclose(back[:, 9:-9, 9:-9], plane[:, 9:-9, 9:-9], atol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"filters": ()}, "filters needs one or more widths"),
        ({"filters": (4, 0)}, "filters needs one or more widths"),
        ({"blocks": -1}, "blocks must be at least 0, received -1"),
        ({"unshuffle": 0}, "unshuffle must be at least 1, received 0"),
        ({"shortcut": "long"}, "shortcut must be one of added, kept, none; received 'long'"),
    ],
)
def test_wrong_fields_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **wrong)


@pytest.mark.parametrize(
    ("shortcut", "spec", "message"),
    [
        ("added", Spec((16,), (16,), "unit"), "takes images"),
        ("added", Spec((4, 4, 3), (4, 4, 3), "categorical"), "takes images"),
        ("added", Spec((4, 4, 3), (6, 6, 3), "unit"), "enlarges height and width by one whole number"),
        ("added", Spec((4, 4, 1), (4, 4, 3), "unit"), 'shortcut="added" does not fit'),
        ("kept", Spec((4, 4, 3), (4, 4, 3), "unit"), 'shortcut="kept" does not fit'),
        ("kept", Spec((4, 4, 4), (8, 8, 3), "unit"), 'shortcut="kept" does not fit'),
    ],
)
def test_pairs_that_the_network_cannot_join_are_refused(shortcut, spec, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(SMALL, shortcut=shortcut).build(spec)
