"""Whether a model beats its baselines, and what is said where it does not."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from keras_ae.runs.comparison import advice, beaten_by
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.generation import Generation
from keras_ae.tasks.neighbor_scores import NearestExamples
from keras_ae.tasks.restoration import Denoising

TABLE = {
    "noisy input": {"psnr": 14.0, "mse": 0.04},
    "linear denoiser": {"psnr": 22.4, "mse": 0.006},
    "before fine-tuning": {"psnr": 99.0, "mse": 0.0},
    "test examples": {"psnr": 99.0},
    "denoising": {"kl": 3.0, "psnr": 18.1, "mse": 0.005},
}


def test_the_best_baseline_is_named_with_the_first_metric_that_has_a_better_side():
    told = "'linear denoiser' is better than this model: PSNR 22.4 beside 18.1 dB (higher is better)"
    assert str(beaten_by(TABLE, "denoising")) == f"the baseline {told}"
    assert str(beaten_by(TABLE, "denoising", ("nll_nats", "psnr"))).startswith("the baseline 'linear")
    assert beaten_by(TABLE, "denoising", ("mse",)) is None


@pytest.mark.parametrize(("own", "told"), [(22.5, ""), (22.4, "as good as"), (22.3, "better than")])
def test_a_model_must_be_better_and_not_as_good(own, told):
    table = TABLE | {"denoising": {"psnr": own}}
    behind = beaten_by(table, "denoising")
    assert (behind is None) == (not told)
    assert told in str(behind)


def test_lower_is_better_where_the_title_says_so_and_what_is_not_finite_is_passed_over():
    table = {"PCA": {"mse": 0.2}, "broken": {"mse": np.nan}, "model": {"mse": 0.3}}
    assert "'PCA' is better than this model: MSE 0.2 beside 0.3 (lower is better)" in str(
        beaten_by(table, "model")
    )
    assert beaten_by({"PCA": {"mse": 0.2}, "model": {"mse": np.nan}}, "model") is None
    assert beaten_by({"PCA": {"auroc": 0.2}, "model": {"mse": 0.1}}, "model") is None
    assert beaten_by({"model": {"mse": 0.1}}, "model") is None


def test_a_generator_is_compared_by_its_likelihood_alone():
    assert Denoising().compared is None
    table = {"PCA": {"mse": 0.1}, "unigrams": {"nll_nats": 9.0}, "model": {"mse": 0.2, "nll_nats": 5.0}}
    assert beaten_by(table, "model", Generation().compared) is None
    assert beaten_by(table, "model") is not None


def test_the_advice_is_more_epochs_unless_training_stopped_early(tiny_run):
    assert advice(tiny_run).startswith('train longer, SET="epochs=')
    stopped = SimpleNamespace(directory=tiny_run.directory, history=[], recipe=tiny_run.recipe)
    assert advice(stopped).startswith("it had stopped improving, so take a larger network")
    ranked = SimpleNamespace(recipe=SimpleNamespace(task=Anomaly(NearestExamples())))
    assert advice(ranked).startswith("its score takes no network, so try another")


def test_the_card_says_it_too(tiny_run):
    from keras_ae.runs.card import model_card

    table = TABLE | {"tiny": TABLE["denoising"]}
    del table["denoising"]
    card = model_card(tiny_run, table)
    assert card["comparison"].startswith("the baseline 'linear denoiser' is better than this model")
    assert json.dumps(card)
    assert "comparison" not in model_card(tiny_run, {"a": {"psnr": 1.0}, "tiny": {"psnr": 2.0}})
