"""Classifiers of features, and how far the probabilities of a classifier can be believed."""

import numpy as np
import pytest

from keras_ae.data.few_labels import few_labeled
from keras_ae.errors import InputError
from keras_ae.metrics.confidence import calibration_error, fitted_temperature
from keras_ae.metrics.probes import accuracies, linear_probes, nearest_probes


def test_few_labels_are_balanced_and_a_function_of_the_seed():
    labels = np.repeat([0, 1, 2], [50, 30, 3])
    chosen = few_labeled(labels, 12, 0)
    assert np.bincount(labels[chosen]).tolist() == [5, 4, 3] or np.bincount(labels[chosen]).tolist() == [
        4,
        5,
        3,
    ]
    np.testing.assert_array_equal(chosen, few_labeled(labels, 12, 0))
    assert chosen.tolist() != few_labeled(labels, 12, 1).tolist()
    assert len(few_labeled(labels, 200, 0)) == 83
    with pytest.raises(
        InputError, match=r"each of 3 classes, received labels=2; take more, such as .*labels=30"
    ):
        few_labeled(labels, 2, 0)


def parts(random, offset):
    """Two classes, whose features are far apart by an offset."""
    labels = {name: np.arange(count) % 2 for name, count in (("train", 60), ("validation", 20), ("test", 40))}
    features = {
        name: random.normal(size=(len(part), 150)) + offset * part[:, None] for name, part in labels.items()
    }
    return features, labels


@pytest.mark.parametrize("probes", [linear_probes, nearest_probes])
def test_probes_read_what_is_there_and_nothing_else(probes):
    random = np.random.default_rng(0)
    assert accuracies(probes, *parts(random, 2.0)) == [1.0]
    telling = parts(random, 2.0)
    sets = [few_labeled(telling[1]["train"], 10, seed) for seed in range(3)]
    assert min(accuracies(probes, *telling, sets)) > 0.95
    assert max(accuracies(probes, *parts(random, 0.0), sets)) < 0.8  # chance is .5 of 40


def test_a_regression_in_the_span_of_few_examples_is_the_regression_of_all_features():
    features, labels = parts(np.random.default_rng(1), 0.4)
    few = slice(0, 20)
    fitted = [
        probes[0].fit(features["train"][few], labels["train"][few]).predict_proba(features["test"])
        for probes in (linear_probes(20, 150), linear_probes(20, 20))
    ]
    np.testing.assert_allclose(*fitted, atol=0.03)  # the tolerance of the iterations


def test_a_temperature_undoes_a_factor_on_the_logits():
    random = np.random.default_rng(0)
    logits = random.normal(size=(4000, 3))
    labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=-1)  # as their softmax says
    assert fitted_temperature(logits, labels) == pytest.approx(1.0, abs=0.1)  # a fit of 4,000 examples
    assert fitted_temperature(5 * logits, labels) == pytest.approx(5.0, rel=0.1)
    assert calibration_error(5 * logits, labels) > 0.2 > 0.04 > calibration_error(logits, labels)
    sure = np.array([[30.0, 0.0], [30.0, 0.0]])
    assert calibration_error(sure, np.array([0, 1])) == pytest.approx(0.5)
