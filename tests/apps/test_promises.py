"""Promises of thresholds, kept by the product on generated tables of rows, over 20 sets each."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.scoring import scored_table
from keras_ae.data.tables.frames import Frame
from keras_ae.recipe import load, override
from keras_ae.training.train import train

SETS, FRESH, WIDTH = 20, 2000, 5


def rows(random, count):
    """Normal rows on a curved surface, one column of words."""
    angle, other = random.uniform(0, 2 * np.pi, count), random.normal(size=count)
    numbers = np.stack([np.cos(angle), np.sin(angle), other, other * np.cos(angle), angle], axis=1)
    numbers += 0.1 * random.normal(size=numbers.shape)
    frame = pd.DataFrame(numbers, columns=list("abcde"))
    return frame.assign(word=np.where(angle < np.pi, "low", "high"))


def detector(frame, folder, *settings):
    """A detector that learned rows as the recipe for tables does."""
    recipe = override(replace(load("table_anomaly"), data=Frame(frame)), settings)
    train(recipe, folder, report=lambda line: None, verbose=0)
    return Detector.of(folder, recipe)


def scored(detector, frame):
    names = detector.preprocessor.columns
    return scored_table(detector, {name: frame[name].to_numpy() for name in names})


def rates(random, folder, count, *settings):
    """The rate of false alarms among fresh rows, for each of 20 sets to learn from."""
    found = []
    for number in range(SETS):
        own = detector(rows(random, count), folder / str(number), *settings)
        found.append(scored(own, rows(random, FRESH)).flags.mean())
    return np.array(found), len(own.reference)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "settings"),
    [(188, ()), (1500, ("epochs=4",))],
    ids=["cross-fitted", "held back"],
)
def test_false_alarms_are_as_rare_as_promised(random, tmp_path, count, settings):
    """The rates of sets vary more than those of a binomial, since each has a threshold of its own."""
    alpha = 0.05
    found, calibrating = rates(random, tmp_path, count, *settings)
    dispersion = found.var(ddof=1) / (alpha * (1 - alpha) / FRESH)
    error = found.std(ddof=1) / np.sqrt(SETS)
    print(
        f"{SETS} sets of {count} rows, {calibrating} calibrate: mean {found.mean():.4f}, from "
        f"{found.min():.4f} to {found.max():.4f}, {dispersion:.1f} times the variance of a binomial"
    )
    assert found.mean() - 2.86 * error <= alpha  # t of 19 degrees of freedom, 99 %
    assert found.mean() + 2.86 * error >= alpha - 1 / (calibrating + 1)


@pytest.mark.slow
def test_of_those_flagged_together_as_few_are_normal_as_promised(random, tmp_path):
    q, false = 0.1, []
    for number in range(SETS):
        own = detector(
            rows(random, 3000),
            tmp_path / str(number),
            "epochs=4",
            f"task.threshold=FalseDiscoveryRate(q={q})",
        )
        anomalies = rows(random, 50).assign(a=lambda frame: frame.a + 4, c=lambda frame: -frame.c - 6)
        flags = scored(own, pd.concat([rows(random, 450), anomalies])).flags
        false.append(flags[:450].sum() / max(1, flags.sum()))
        assert flags[450:].mean() > 0.8
    error = np.std(false, ddof=1) / np.sqrt(SETS)
    print(
        f"{SETS} sets: fraction of normal rows among those flagged {np.mean(false):.3f} (error {error:.3f})"
    )
    assert np.mean(false) - 2.86 * error <= 0.9 * q
