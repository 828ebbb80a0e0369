"""Thresholds: closed forms, promises that are kept, and what is refused."""

import numpy as np
import pytest
from scipy.stats import binom, genpareto

from keras_ae.errors import InputError
from keras_ae.tasks.thresholds import BestF1, Conformal, PeaksOverThreshold, Quantile, p_values


def test_a_conformal_threshold_is_an_order_statistic(random):
    scores = random.permutation(np.arange(1.0, 20.0))
    fitted = Conformal(0.05).fit(scores)
    assert (fitted.value, fitted.count) == (19.0, 19)
    assert Conformal(0.1).fit(scores).value == 18.0
    assert "19 of 19" in fitted.method
    assert "at most 0.05" in fitted.guarantee


def test_anomalies_do_not_count_for_a_threshold_of_normal_scores():
    scores, labels = np.arange(40.0), np.repeat([0, 1], 20)
    for threshold in (Conformal(0.1), Quantile(0.1)):
        assert threshold.fit(scores, labels) == threshold.fit(scores[:20])


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_false_alarms_are_as_rare_as_promised(random, alpha):
    rates, count = [], 500
    for _ in range(400):
        scores = random.gamma(2.0, size=2 * count)
        rates.append((scores[count:] > Conformal(alpha).fit(scores[:count]).value).mean())
    assert np.mean(rates) <= alpha + 3 * np.std(rates) / np.sqrt(len(rates))
    assert np.mean(rates) >= alpha - 1 / (count + 1) - 3 * np.std(rates) / np.sqrt(len(rates))
    assert (
        binom.ppf(0.005, count, alpha) / count <= np.median(rates) <= binom.ppf(0.995, count, alpha) / count
    )


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.07, 0.1, 1 / 3])
@pytest.mark.parametrize("count", [99, 100, 101, 137])
def test_a_p_value_is_at_most_alpha_exactly_above_the_conformal_threshold(random, alpha, count):
    reference = random.integers(0, 50, count).astype(float)  # with ties
    scores = np.arange(-1.0, 52.0)
    flagged = scores > Conformal(alpha).fit(reference).value
    np.testing.assert_array_equal(flagged, p_values(scores, reference) <= alpha + 1e-12)


def test_a_p_value_counts_the_scores_that_are_as_high():
    np.testing.assert_allclose(p_values([0.0, 2.0, 2.5, 9.0], [3.0, 1.0, 2.0]), [1.0, 0.75, 0.5, 0.25])


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_peaks_over_threshold_finds_quantiles_beyond_the_data(shape):
    scores = genpareto.ppf((np.arange(20000) + 0.5) / 20000, shape)
    value = PeaksOverThreshold(1e-5, 0.9).fit(scores).value
    assert value == pytest.approx(genpareto.isf(1e-5, shape), rel=0.1)
    assert value > scores.max()


def test_a_quantile_is_exceeded_by_that_share():
    scores = np.arange(100.0)
    assert (scores > Quantile(0.05).fit(scores).value).mean() == 0.05


def test_ties_do_not_bring_a_threshold_below_where_its_tail_begins(random):
    scores = np.concatenate([np.ones(960), 1 + random.exponential(size=40)])
    assert PeaksOverThreshold(0.05, 0.9).fit(scores).value >= 1


def test_the_best_f1_holds_in_the_precision_that_is_served():
    fitted = BestF1().fit(np.array([3.0, 2.0, 1.0]), np.array([1, 0, 1]))
    assert np.float32(fitted.value) < np.float32(1.0)


def test_the_best_f1_flags_equal_scores_together():
    fitted = BestF1().fit(np.array([1.0, 2.0, 3.0, 3.0, 4.0]), np.array([0, 0, 1, 1, 0]))
    assert fitted.value == 2.5
    assert fitted.method.startswith("best F1, 0.800 on 5 labeled examples of which 2")
    everything = BestF1().fit(np.array([1.0, 1.0]), np.array([0, 1]))
    assert everything.value < 1.0


@pytest.mark.parametrize(
    ("threshold", "scores", "labels", "message"),
    [
        (
            Conformal(0.01),
            np.arange(98.0),
            None,
            "at least 99 normal examples .* received 98",
        ),
        (
            Conformal(),
            np.array([1.0, np.nan]),
            None,
            "finite scores .* with 1 that are not",
        ),
        (Conformal(), np.zeros((2, 2)), None, r"received shape \(2, 2\)"),
        (Quantile(), np.array([]), None, r"received shape \(0,\)"),
        (Quantile(), np.ones(3), np.ones(3), "received anomalies alone"),
        (
            PeaksOverThreshold(),
            np.arange(50.0),
            None,
            "at least 20 different scores .* received 5",
        ),
        (PeaksOverThreshold(), np.repeat([0.0, 1.0], [900, 50]), None, "received 1;"),
        (BestF1(), np.arange(3.0), None, "of both kinds .* received none"),
        (BestF1(), np.arange(3.0), np.zeros(3), "received one kind"),
    ],
)
def test_what_no_threshold_can_be_fitted_on_is_refused(threshold, scores, labels, message):
    with pytest.raises(InputError, match=message):
        threshold.fit(scores, labels)


@pytest.mark.parametrize("make", [Conformal, Quantile, PeaksOverThreshold])
@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_a_rate_outside_of_its_domain_is_refused(make, alpha):
    with pytest.raises(InputError, match="alpha must be above 0 and below 1"):
        make(alpha)
    with pytest.raises(InputError, match="below 1 - level"):
        PeaksOverThreshold(0.2, 0.9)
