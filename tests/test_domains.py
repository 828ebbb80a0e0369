"""Domains as objects: their likelihoods, and what it takes to add one."""

import pickle

import numpy as np
import pytest
from conftest import eagerly

from keras_ae import domains, losses
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.arrays import ArrayFile
from keras_ae.domains import CATEGORICAL, DOMAINS, REAL, SEQUENCE, UNIT, Domain, domain_of
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe
from keras_ae.recipe_values import LOSS_NAMES
from keras_ae.runs.evaluation import evaluate
from keras_ae.tasks.corruption import Gaussian, SaltAndPepper
from keras_ae.tasks.restoration import Denoising
from keras_ae.training.train import train
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

SIGNED = Domain(
    "signed",
    activation="tanh",
    loss=losses.squared_error,
    likelihood="unit_gaussian",
    range=(-1.0, 1.0),
    display=(-1.0, 1.0),
    extremes=(-1.0, 1.0),
)


def test_a_domain_is_known_by_its_name_and_survives_pickling():
    assert {"unit": UNIT, "real": REAL, "categorical": CATEGORICAL, "sequence": SEQUENCE} == DOMAINS
    assert domain_of("unit") is UNIT
    assert domain_of(REAL) is REAL
    again = pickle.loads(pickle.dumps(CATEGORICAL))
    assert (again, again.one_hot) == ("categorical", True)
    with pytest.raises(InputError, match="domain must be one of .*'unit'.*, received 'gray'"):
        domain_of("gray")


def test_each_domain_has_its_likelihoods_its_own_first():
    assert losses.likelihoods_for(UNIT) == ("bernoulli", "gaussian")
    assert losses.likelihoods_for(REAL) == ("gaussian", "unit_gaussian")
    assert losses.likelihoods_for(CATEGORICAL) == ("categorical",)
    assert losses.likelihoods_for(SEQUENCE) == ("sequence",)
    assert losses.likelihoods_for(SIGNED) == ("unit_gaussian", "gaussian")
    for domain in DOMAINS.values():
        assert domain.likelihood in losses.likelihoods_for(domain)
    assert losses.likelihood_of({"reconstruction"}, REAL) == "unit_gaussian"
    assert losses.likelihood_of({"reconstruction", "reconstruction_log_var"}, UNIT) == "gaussian"


def test_a_recipe_may_name_each_loss():
    assert ("auto", *losses.LOSSES) == LOSS_NAMES
    assert list(losses.LOSSES) == [
        "binary_crossentropy",
        "squared_error",
        "absolute_error",
        "huber",
        "ssim",
        "color_distance",
        "negative_sdr",
        "categorical_crossentropy",
    ]


@pytest.fixture
def signed(monkeypatch, tmp_path, random):
    """A file of values in [-1, 1], with their domain known for the time of a test."""
    monkeypatch.setitem(domains.DOMAINS, SIGNED, SIGNED)
    np.save(tmp_path / "x.npy", random.uniform(-1, 1, (60, 4)).astype(np.float32))
    return ArrayFile(str(tmp_path / "x.npy"), domain="signed")


@pytest.mark.parametrize("variant", [pytest.param(Undercomplete, marks=pytest.mark.slow), Variational])
def test_a_further_domain_is_one_object(variant, signed, tmp_path):
    data = signed.load()
    assert data.domain is SIGNED
    assert data.train.examples.min() < -0.5
    recipe = Recipe(
        signed, variant(DenseBackbone((8,)), 2), Denoising(Gaussian(0.5)), epochs=1, batch_size=48
    )
    with eagerly():
        run = train(recipe, tmp_path / "run", report=lambda _: None)
    output = run.heads.end_to_end({"inputs": data.test.examples})["reconstruction"]
    assert np.abs(output).max() <= 1
    assert evaluate(run)["noisy input"].keys() >= {"mse", "mae"}


def test_a_further_domain_bounds_noise_and_data(signed, tmp_path):
    examples = np.zeros((2, 50), np.float32)
    seeds = np.array([[0, 0], [0, 1]])
    assert np.abs(Gaussian(2.0)(examples, seeds, SIGNED)).max() == 1
    assert set(np.unique(SaltAndPepper(1.0)(examples, seeds, SIGNED))) == {-1.0, 1.0}
    np.save(signed.path, np.load(signed.path) * 3)
    recipe = Recipe(signed, Undercomplete(DenseBackbone((8,)), 2), Denoising(), epochs=1)
    with pytest.raises(InputError, match=r"a tanh output needs data in \[-1, 1\]; found -"):
        train(recipe, tmp_path / "run", report=lambda _: None)
