"""Backbones give back the shape they were asked for; corruptions are pure functions of their seeds."""

import inspect
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae import backbones, blocks
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.errors import InputError
from keras_ae.files import modules_below
from keras_ae.tasks.corruption import Gaussian, Masking, SaltAndPepper, Swapped, Unchanged

SEEDS = tf.constant([[1, 1], [1, 2], [1, 3], [2, 1]], tf.int64)


@pytest.mark.parametrize("shape", [(28, 28, 1), (27, 31, 3), (5, 5, 2), (256, 256, 3), (64, 16, 1)])
def test_a_convolutional_backbone_gives_back_any_size(shape):
    backbone = ConvBackbone((2, 3), hidden=4)
    inputs = keras.Input(shape)
    code = keras.layers.Dense(5)(backbone.encode(inputs))
    assert backbone.decode(keras.Input((5,)), shape).shape == (None, *shape)
    assert code.shape == (None, 5)


def test_a_large_image_gets_more_levels_and_not_a_huge_dense_layer():
    features = ConvBackbone((16, 32)).encode(keras.Input((256, 256, 3)))
    assert features.shape == (None, 8 * 8 * 32)


def test_a_dense_backbone_of_no_units_has_no_hidden_layer():
    backbone = DenseBackbone(())
    assert backbone.encode(keras.Input((4, 3))).shape == (None, 12)
    model = keras.Model(code := keras.Input((5,)), backbone.decode(code, (4, 3)))
    assert model.output_shape == (None, 4, 3)
    assert model.count_params() == 5 * 12 + 12


def test_a_vector_is_not_convolved():
    with pytest.raises(
        ValueError, match=r"\(height, width, channels\), received shape \(7,\).*DenseBackbone"
    ):
        ConvBackbone().encode(keras.Input((7,)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DenseBackbone((8, 0)), "units needs widths of at least 1"),
        (lambda: ConvBackbone(()), "one or more widths"),
        (lambda: ConvBackbone((8, 0)), "one or more widths"),
        (lambda: ConvBackbone(kernel_size=0), "kernel_size must be a whole number of at least 1, received 0"),
        (lambda: ConvBackbone(hidden=-1), "hidden must be at least 0"),
        (lambda: ConvBackbone(smallest=0), "smallest must be at least 1"),
        (lambda: Gaussian(0), "sigma must be above 0"),
        (lambda: Gaussian(float("nan")), "sigma must be above 0"),
        (lambda: Masking(1.5), "at most 1"),
        (lambda: SaltAndPepper(0), "rate must be above 0"),
        (lambda: Swapped(0), "rate must be above 0"),
    ],
)
def test_a_value_outside_its_domain_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("corruption", [Gaussian(0.4), Masking(0.5), SaltAndPepper(0.4)])
@pytest.mark.parametrize("domain", ["unit", "real"])
def test_the_same_seed_corrupts_alike_wherever_the_example_stands(corruption, domain):
    examples = tf.constant(np.random.default_rng(0).uniform(size=(4, 6, 5, 2)).astype("float32"))
    whole = corruption(examples, SEEDS, domain).numpy()
    alone = corruption(examples[2:3], SEEDS[2:3], domain).numpy()
    np.testing.assert_allclose(whole[2:3], alone, atol=1e-6)  # other batch sizes: within rounding
    assert not np.array_equal(whole, examples)


@pytest.mark.parametrize("corruption", [Gaussian(0.4), Masking(0.5), SaltAndPepper(0.4)])
def test_another_seed_corrupts_otherwise(corruption):
    examples = tf.fill((4, 50), 0.5)
    corrupted = corruption(examples, SEEDS, "unit").numpy()
    assert len({row.tobytes() for row in corrupted}) == 4
    assert corrupted.min() >= 0
    assert corrupted.max() <= 1


def test_gaussian_noise_has_its_sigma():
    noisy = Gaussian(0.4)(tf.zeros((4, 50_000)), SEEDS, "real").numpy()
    assert noisy.mean() == pytest.approx(0, abs=0.005)
    assert noisy.std() == pytest.approx(0.4, rel=0.01)


def test_swapping_takes_a_share_of_the_elements_from_others_at_their_place():
    examples = (np.arange(40_000).reshape(8, 5000) + 0.5).astype("float32")
    seeds = tf.constant([[7, place] for place in range(8)], tf.int64)
    swapped, again = (Swapped(0.3)(tf.constant(examples), seeds, "real").numpy() for _ in range(2))
    np.testing.assert_array_equal(swapped, again)
    np.testing.assert_array_equal(swapped % 5000, examples % 5000)
    shares = (swapped != examples).mean(axis=1)
    assert ((abs(shares - 0.3) < 0.03) | (shares == 0)).all()  # of an example that was to swap with itself
    assert (shares > 0).sum() >= 5
    np.testing.assert_array_equal(Unchanged()(examples, seeds, "real"), examples)


def test_masking_and_salt_and_pepper_touch_their_share():
    examples = tf.fill((4, 50_000), 0.5)
    masked = Masking(0.3)(examples, SEEDS, "unit").numpy()
    assert (masked == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert set(np.unique(masked)) == {0.0, 0.5}
    speckled = SaltAndPepper(0.3)(examples, SEEDS, "unit").numpy()
    assert (speckled == 0).mean() == pytest.approx(0.15, abs=0.01)
    assert (speckled == 1).mean() == pytest.approx(0.15, abs=0.01)
    assert set(np.unique(SaltAndPepper(1.0)(examples, SEEDS, "real"))) == {-2.0, 2.0}


def test_a_layer_whose_class_was_renamed_has_no_weights():
    """Keras finds weights in a file by the names of the layers' classes, whatever they are registered as."""
    modules = [*modules_below(blocks), *modules_below(backbones)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    registered = {kind: keras.saving.get_registered_name(kind) for kind in kinds}
    renamed = {
        kind for kind, name in registered.items() if ">" in name and name.split(">")[1] != kind.__name__
    }
    assert renamed
    with_weights = [
        kind for kind in renamed if re.search(r"add_weight|self\.\w+ = .*layers\.", inspect.getsource(kind))
    ]
    assert with_weights == []
