"""Thresholds: closed forms, promises that are kept, and what is refused."""

import numpy as np
import pytest
from scipy.stats import binom, genpareto

from keras_ae.errors import InputError
from keras_ae.tasks.thresholds import (
    BestF1,
    Conformal,
    FalseDiscoveryRate,
    PeaksOverThreshold,
    Quantile,
    p_values,
)


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


def discoveries(random, q, count, normal, odd, shift=6.0):
    """The fraction of normal examples among those flagged, and the fraction of anomalies that are."""
    reference = random.normal(size=count)
    scores = np.concatenate([random.normal(size=normal), random.normal(shift, size=odd)])
    threshold = FalseDiscoveryRate(q)
    flags, fitted = threshold.flag(scores, p_values(scores, reference), threshold.fit(reference))
    np.testing.assert_array_equal(flags, scores > fitted.value)
    return flags[:normal].sum() / max(1, flags.sum()), flags[normal:].mean(), flags, fitted


@pytest.mark.parametrize("q", [0.05, 0.2])
def test_among_those_flagged_as_few_are_normal_as_promised(random, q):
    """Bates et al. 2023, theorem 2: on average over sets at most 0.9 q, where 0.9 of the examples are normal.

    As p-values are whole multiples of 1/1000, the procedure's limits are up to a tenth stricter.
    """
    found = [discoveries(random, q, 999, 450, 50)[:2] for _ in range(300)]
    rate, power = np.mean(found, axis=0)
    error = np.std(found, axis=0)[0] / np.sqrt(len(found))
    assert 0.9 * 0.9 * q - 2.58 * error <= rate <= 0.9 * q + 2.58 * error
    assert power > 0.95


def test_where_too_few_calibrate_no_single_example_can_be_flagged(random):
    _, power, flags, fitted = discoveries(random, 0.1, 99, 200, 10)
    assert not flags.any()
    assert power == 0
    assert "no p-value is below 1/100, so none is flagged unless 21 are unlike all" in fitted.guarantee
    assert "to flag a single one takes 2,099 to calibrate on" in fitted.guarantee
    assert discoveries(random, 0.1, 99, 200, 25)[1] == 1
    flags, fitted = discoveries(random, 0.1, 2099, 209, 1)[2:]
    assert flags[-1]
    assert "no p-value" not in fitted.guarantee


def test_the_head_misses_none_of_those_that_are_flagged_together(random):
    reference, scores = random.normal(size=99), random.normal(1, 2, size=300)
    p, threshold = p_values(scores, reference), FalseDiscoveryRate(0.2)
    fitted = threshold.fit(reference)
    flags, _ = threshold.flag(scores, p, fitted)
    assert 0 < flags.sum() < (scores > fitted.value).sum()
    assert (scores > fitted.value)[flags].all()
    assert fitted.value == Conformal(0.2).fit(reference).value
    assert fitted.method.endswith("misses none that are flagged where many are scored together")


def test_an_example_without_a_score_is_flagged():
    scores = np.array([np.nan, 1.0])
    for threshold in (Conformal(0.5), FalseDiscoveryRate(0.5)):
        fitted = threshold.fit(np.arange(3.0))
        assert threshold.flag(scores, scores, fitted)[0].tolist() == [True, False]
        assert threshold.flag(scores[:1], scores[:1], fitted)[0].tolist() == [True]


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
        (FalseDiscoveryRate(0.01), np.arange(98.0), None, "at least 99 normal examples .* received 98"),
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


@pytest.mark.parametrize("q", [0.0, 1.0])
def test_a_false_discovery_rate_outside_of_its_domain_is_refused(q):
    with pytest.raises(InputError, match="q must be above 0 and below 1"):
        FalseDiscoveryRate(q)


@pytest.mark.parametrize("make", [Conformal, Quantile, PeaksOverThreshold])
@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_a_rate_outside_of_its_domain_is_refused(make, alpha):
    with pytest.raises(InputError, match="alpha must be above 0 and below 1"):
        make(alpha)
    with pytest.raises(InputError, match="below 1 - level"):
        PeaksOverThreshold(0.2, 0.9)
