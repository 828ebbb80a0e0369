"""Cross-fitting of few normal rows: parts, what is tested, and rates of false alarms as promised."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.decomposition import PCA

from keras_ae.data.examples import Split
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.calibration import with_calibration
from keras_ae.tasks.cross_fitting import content_hashes, cross_fitted, fold_data, known_scores, learned_rows
from keras_ae.tasks.neighbor_scores import NearestExamples
from keras_ae.tasks.thresholds import BestF1, Conformal, p_values
from keras_ae.training.cross_fitting import with_fold_scores

WIDTH = 6
PLANE = np.random.default_rng(7).normal(size=(2, WIDTH))


def rows(random, count):
    """Rows near a plane."""
    return (random.normal(size=(count, 2)) @ PLANE + 0.3 * random.normal(size=(count, WIDTH))).astype("f4")


def table(random, sizes=(120, 40, 40), anomalies=(9, 5, 4), **fields):
    """A table of normal rows and of anomalies, as a data set loads it."""

    def split(count, odd):
        examples = rows(random, count)
        examples[:odd] += 5
        return Split(examples, (np.arange(count) < odd).astype(np.int64))

    splits = dict(zip(("train", "validation", "test"), map(split, sizes, anomalies), strict=True))
    raw = {"a": splits["test"].examples[:, 0]}
    return Data("table", **splits, domain="real", raw=raw, rule="by content", **fields)


def test_each_normal_row_is_left_out_once_and_equal_ones_together(random):
    normal = Split(np.concatenate([rows(random, 40), np.ones((5, WIDTH), np.float32)]))
    anomalies = Split(rows(random, 3), np.ones(3, np.int64))
    calibration = cross_fitted(normal, anomalies)
    assert len(np.unique(calibration.folds[40:45])) == 1
    data = Data("few", normal, normal, normal, "real", calibration=calibration)
    left_out = np.zeros(48, int)
    for own, part in fold_data(data):
        left_out += own
        known = [{row.tobytes() for row in split.examples} for split in (part.train, part.validation)]
        held_out = {row.tobytes() for row in part.calibration.examples}
        assert len(part.train) + len(part.validation) + len(part.calibration) == 45
        assert not held_out & (known[0] | known[1])
        assert len(part.train) > 4 * len(part.validation) > 0
    assert left_out.tolist() == [1] * 45 + [0] * 3


def test_all_normal_rows_of_few_calibrate_and_all_anomalies_are_tested(random):
    data = table(random)
    prepared = with_calibration(data, Conformal())
    assert (prepared.calibration.labels == 0).all()
    assert len(prepared.calibration) == 111 + 35
    assert (len(prepared.train), len(prepared.validation)) == (111, 35)
    assert (prepared.test.labels > 0).sum() == 9 + 5 + 4
    assert prepared.notes[-2].startswith("few normal rows: all 146 to train and validate on calibrate")
    assert prepared.notes[-1].startswith("14 anomalies among the rows to train and validate on are tested")
    chosen = with_calibration(data, BestF1())
    assert (chosen.calibration.labels > 0).sum() == 5
    assert (chosen.test.labels > 0).sum() == 9 + 4
    [(name, column)] = prepared.raw.items()
    np.testing.assert_array_equal(column, prepared.test.examples[: len(column), 0], name)


@pytest.mark.parametrize("fields", [{"fixed": True}, {"raw": None}, {"rule": ""}])
def test_no_anomaly_is_moved_into_a_test_split_that_is_given(random, fields):
    data = dataclasses.replace(table(random), **fields)
    assert (with_calibration(data, Conformal()).test.labels > 0).sum() == 4


def test_enough_rows_calibrate_by_those_held_back(random):
    prepared = with_calibration(table(random, (500, 240, 40)), Conformal())
    assert np.bincount(prepared.calibration.labels).tolist() == [117]
    assert (prepared.test.labels > 0).sum() == 9 + 5 + 4


def test_too_few_rows_for_a_rate_are_told_with_one_that_does(random):
    data = table(random, (12, 4, 4), (0, 0, 0))
    with pytest.raises(InputError, match=r"at least 19 .* received 16; .*Conformal\(alpha=0.059\)"):
        with_calibration(data, Conformal())
    assert len(with_calibration(data, Conformal(0.059)).calibration) == 16


def test_rows_that_were_learned_from_are_recognized(random):
    prepared = with_calibration(table(random), Conformal())
    learned = prepared.calibration.examples
    scores = np.arange(len(learned), dtype=np.float32)
    hashes, first = np.unique(content_hashes(learned), return_index=True)
    stored = {"learned": hashes, "learned_scores": scores[first]}
    known, found = learned_rows(np.concatenate([learned * np.float32(1 + 1e-7), rows(random, 50)]), stored)
    assert known.tolist() == [True] * len(learned) + [False] * 50
    np.testing.assert_array_equal(found[: len(learned)], scores)
    assert np.isnan(found[len(learned) :]).all()
    np.testing.assert_array_equal(known_scores(prepared.calibration, stored), scores)
    other = with_calibration(table(random), Conformal()).calibration
    assert known_scores(other, stored) is None
    assert not learned_rows(learned, {})[0].any()


def errors(train, examples):
    """Squared errors of PCA, in place of a network."""
    model = PCA(2).fit(train)
    return ((examples - model.inverse_transform(model.transform(examples))) ** 2).mean(axis=1)


def test_rates_of_false_alarms_of_cross_fitted_scores_are_as_promised(random):
    """Over 20 splits; the rates of splits vary more than those of a binomial, by calibration and model."""
    alpha, count, rates, p = 0.1, 400, [], []
    for _ in range(20):
        prepared = with_calibration(table(random, (120, 40, count), (0, 0, 0)), Conformal(alpha))
        reference = np.zeros(len(prepared.calibration))
        for own, part in fold_data(prepared):
            reference[own] = errors(part.train.examples, part.calibration.examples)
        found = errors(prepared.train.examples, prepared.test.examples)
        rates.append((found > Conformal(alpha).fit(reference).value).mean())
        p.append(p_values(found, reference))
    spread = np.std(rates, ddof=1) / np.sqrt(len(rates))
    assert np.std(rates) > np.sqrt(alpha * (1 - alpha) / count)  # over-dispersed
    assert abs(np.mean(rates) - alpha) < 2.58 * spread + 1 / 161
    assert np.mean(np.concatenate(p)) == pytest.approx(0.5, abs=0.03)
    low, high = binom.ppf((0.005, 0.995), 160, alpha) / 160  # of a threshold that 160 rows give
    assert low <= np.median(rates) <= high


def test_a_score_without_a_network_takes_no_further_training(random):
    """The trainer, heads and plan are not touched: here they are none."""

    class Nearest:
        fold_scores_take_network = False

        def fold_scores(self, heads, part):
            train, own = part.train.examples, part.calibration.examples
            return np.linalg.norm(own[:, None] - train[None], axis=2).min(axis=1)

    recipe = SimpleNamespace(task=Nearest())
    data = with_calibration(table(random), Conformal())
    scored = with_fold_scores(None, None, recipe, data, None, [], [])
    assert np.isfinite(scored.calibration.scores).all()
    assert scored.calibration.scores.min() > 0  # no row was compared with itself
    assert Anomaly(NearestExamples()).fold_scores_take_network is False
    assert Anomaly().fold_scores_take_network is True
