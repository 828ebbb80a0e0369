"""What the recipes of the variants promise on their embedded data; each trains for a minute or two."""

import dataclasses

import pytest

from keras_ae.recipe import load, override
from keras_ae.runs.evaluation import evaluate
from keras_ae.training.train import train

pytestmark = pytest.mark.slow


def scored(folder, name, *settings):
    """The test scores of a recipe's own row, and the whole table."""
    recipe = override(load(name), settings)
    table = evaluate(train(recipe, folder, report=lambda _: None))
    return table[name], table


def test_a_sparse_code_has_few_active_units_and_little_more_error_than_a_dense_one(tmp_path):
    sparse, _ = scored(tmp_path / "sparse", "sparse")
    dense, _ = scored(tmp_path / "dense", "digits")
    assert sparse["active_fraction"] <= 0.1
    assert sparse["mse"] <= 1.2 * dense["mse"]


def test_a_contractive_encoder_has_half_the_jacobian_at_little_more_error(tmp_path):
    contractive, _ = scored(tmp_path / "contractive", "contractive")
    plain, _ = scored(tmp_path / "plain", "contractive", "variant.lambda_=0")
    assert contractive["jacobian_norm"] <= 0.5 * plain["jacobian_norm"]
    assert contractive["mse"] <= 1.2 * plain["mse"]


def test_fine_tuning_improves_on_the_greedy_stack(tmp_path):
    stacked, table = scored(tmp_path / "stacked", "stacked")
    assert stacked["mse"] < table["before fine-tuning"]["mse"]


def test_at_least_half_of_the_codes_are_used(tmp_path):
    scores, _ = scored(tmp_path / "vq", "vector_quantized")
    assert scores["codes_used"] >= 32


def test_a_larger_beta_lowers_the_divergence_and_leaves_fewer_units_active(tmp_path):
    recipe = dataclasses.replace(load("binarized_vae"), epochs=40)
    found = []
    for beta in (1.0, 4.0):
        changed = override(recipe, [f"variant.beta={beta}", "task.samples=1"])
        run = train(changed, tmp_path / str(beta), report=lambda _: None)
        found.append(evaluate(run)["binarized_vae"])
    assert found[1]["kl"] < found[0]["kl"]
    assert found[1]["active_units"] < found[0]["active_units"]


@pytest.mark.real
def test_digits_of_a_wanted_class_are_read_as_that_class(tmp_path):
    scores, _ = scored(tmp_path / "conditional", "conditional", "data=Mnist")
    assert scores["read_as_wanted"] >= 0.97


@pytest.mark.real
def test_the_likelihood_of_binarized_mnist(tmp_path):
    recipe = override(load("binarized_vae"), ["data=Mnist"])
    run = train(recipe, tmp_path, report=lambda _: None)
    assert evaluate(run)["binarized_vae"]["nll_nats"] <= 89.8
    assert sum(epoch["seconds"] for epoch in run.history) <= 30 * 60


@pytest.mark.real
def test_a_convolutional_network_makes_the_likelihood_better(tmp_path):
    backbone = "variant.backbone=ConvBackbone(filters=(16,32),hidden=256,activation='gelu')"
    scores, _ = scored(tmp_path, "binarized_vae", "data=Mnist", "epochs=50", backbone)
    assert scores["nll_nats"] <= 86.8


@pytest.mark.real
def test_the_bound_of_fifty_draws_makes_the_likelihood_better(tmp_path):
    dense = "backbone=DenseBackbone(units=(400,),activation='gelu')"
    weighted = f"variant=ImportanceWeighted(latent_dim=40,samples=50,{dense})"
    fifty, _ = scored(tmp_path / "fifty", "binarized_vae", "data=Mnist", "epochs=18", weighted)
    one, _ = scored(tmp_path / "one", "binarized_vae", "data=Mnist", "epochs=18")
    assert fifty["nll_nats"] <= one["nll_nats"] - 1.2
