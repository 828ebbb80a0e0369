"""Codes of whole numbers: their rounding, the noise in its place, and the bits that a density gives them."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.blocks.rate import FactorizedPrior, Rounding
from keras_ae.errors import InputError
from keras_ae.heads import apply
from keras_ae.variants import compressive
from keras_ae.variants.compressive import Compressive

SEEDS = np.tile(np.array([[3, 4]], np.int64), (50, 1))


def test_noise_stands_for_rounding_and_lets_gradients_pass(random):
    values = tf.constant(random.normal(0, 3, (50, 4)).astype(np.float32))
    rounding = Rounding()
    np.testing.assert_array_equal(rounding(values), np.round(values))
    with tf.GradientTape() as tape:
        tape.watch(values)
        noisy = rounding(values, SEEDS)
    gaps = np.asarray(noisy - values)
    assert np.abs(gaps).max() <= 0.5
    assert gaps.std() == pytest.approx(np.sqrt(1 / 12), rel=0.1)  # of 200 uniform numbers, to 3 deviations
    assert (np.asarray(tape.gradient(noisy, values)) == 1).all()
    np.testing.assert_array_equal(noisy, rounding(values, SEEDS))  # of the same seeds


def test_the_probabilities_of_all_whole_numbers_add_up_to_one():
    prior = FactorizedPrior(2, spread=2.0)
    prior.logit.assign([[0.1, 0, 0.2], [0, -0.3, 0]])
    numbers = np.arange(-200.0, 201, dtype=np.float32)
    # two dimensions with one number each: 2^-bits is the product of both probabilities
    pairs = np.stack(np.meshgrid(numbers[150:251], numbers[150:251]), axis=-1).reshape(-1, 2)
    assert float(np.sum(2.0 ** -np.asarray(prior(pairs)))) == pytest.approx(1, abs=1e-3)
    assert float(prior(np.full((1, 2), 1e4, np.float32))[0]) == pytest.approx(2 * np.log2(1e9), rel=1e-5)


def test_served_codes_are_whole_and_bits_are_those_of_noisy_ones(random):
    variant, spec = compressive.EXAMPLE
    heads = variant.build(spec)
    x = random.random((50, 6, 6, 1), dtype=np.float32)
    code = np.asarray(apply(heads.encoder, {"inputs": x})["code"])
    assert (code == np.rint(code)).all()
    assert len(np.unique(code)) > 2
    outputs = apply(heads.trained, {"inputs": x, "seeds": SEEDS})
    assert np.abs(outputs["code"] - outputs["unrounded"]).max() <= 0.5
    [term] = variant.terms()
    bits = np.asarray(term.value(outputs))
    prior = heads.trained.get_layer("rate")
    np.testing.assert_allclose(bits, prior(outputs["code"]), rtol=1e-5)
    assert term.weight == variant.rate_weight
    # about log2 of the spread of the density for each of four dimensions
    assert 4 < bits.mean() < 24


@pytest.mark.parametrize("field", ["latent_dim", "rate_weight"])
def test_bad_fields_are_refused(field):
    with pytest.raises(InputError, match=f"{field} must be at least"):
        Compressive(**{field: -1})
