"""What a detector says of each row of a table or point of a series, and how far scores have moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from keras_ae.data.csvs import read_table
from keras_ae.data.dataset import Points, Split, values
from keras_ae.data.series import Series, series_of, spread
from keras_ae.data.tables import TableFile
from keras_ae.data.timeseries import SeriesFile, windowed
from keras_ae.errors import InputError
from keras_ae.points import scores_of
from keras_ae.runs.run import Run
from keras_ae.scores import in_batches
from keras_ae.thresholds import p_values

BINS, LITTLE, MUCH = 10, 0.1, 0.25
"""Bins of the population stability index, and the values from which on it tells of some and much change."""

MOST_NAMED = 3
"""Columns that a flagged row is said to be for."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of rows, or of points in time.

    scores, p_values: (n,), NaN where there is none. flags: (n,) bool. because: (n, columns), what each of
    the names adds. examples: scores of the examples that were scored, rows or windows, (m,).
    """

    scores: np.ndarray
    p_values: np.ndarray
    flags: np.ndarray
    because: np.ndarray
    names: tuple[str, ...]
    examples: np.ndarray

    def reasons(self, rows: np.ndarray) -> Iterator[str]:
        """The names that add most, for each of some rows that are flagged, else nothing."""
        for row in rows:
            if not self.flags[row]:
                yield ""
                continue
            share = self.because[row] / max(float(np.nansum(self.because[row])), 1e-30)
            most = np.argsort(-share)[:MOST_NAMED]
            yield ", ".join(
                f"{self.names[place]} {share[place]:.0%}" for place in most if share[place] >= 0.1
            )


def reference_of(run: Run) -> np.ndarray:
    """Scores of the normal examples held back that the run's threshold was fitted on."""
    held = run.data.calibration
    scores = in_batches(run.detector[0], np.asarray(values(held.examples)))["score"]
    return scores if held.labels is None else scores[held.labels == 0]


def scored_series(run: Run, split: Split, points: Points) -> Scored:
    """Scores of a series' points by a run's detector, from its windows."""
    detector, fitted = run.detector
    found = in_batches(detector, np.asarray(values(split.examples)))
    scores = scores_of(found["score"], points, split.shape[0])
    there = np.isfinite(scores)
    p = np.full(len(scores), np.nan)
    p[there] = p_values(scores[there], reference_of(run))
    each = [spread(found["contributions"][..., channel], points.starts, points.count)
            for channel in range(split.shape[1])]  # fmt: skip
    flags = np.nan_to_num(scores, nan=-np.inf) > fitted.value
    return Scored(scores, p, flags, np.stack(each, axis=1), points.series.names, found["score"])


def scored_table(run: Run, columns: dict[str, np.ndarray]) -> Scored:
    """Scores of a table's rows, of its columns (n,) of numbers and words, by a run's detector."""
    found = in_batches(run.detector[0], run.data.intake.numbers_of(columns))
    scores = found["score"]
    names = run.data.intake.columns
    return Scored(scores, found["p_value"], found["is_anomaly"], found["contributions"], names, scores)


def series_at(run: Run, path: str) -> Series:
    """The series of a file with the columns that a run was trained on. InputError where it lacks one."""
    trained = run.recipe.data
    time, label = (getattr(trained, name, "") or None for name in ("time", "label"))
    names = run.data.points.series.names if isinstance(trained, SeriesFile) else ()
    return series_of(read_table(path), time, names, label)


def scored_file(run: Run, path: str) -> tuple[Scored, Series | None]:
    """Scores of each row of a table, or of each point of a series, that a file holds.

    Raises InputError for a run that scores neither, and for a file without the columns it was trained on.
    """
    if run.data.intake is not None:
        return scored_table(run, columns_at(run, path)), None
    if run.data.points is None or run.data.points.series is None or run.detector is None:
        raise InputError(
            f"{run.name}, trained on {run.data.name}, does not detect anomalies in files of rows; take "
            "series_anomaly or table_anomaly, trained on a series or a table of its own"
        )
    series = series_at(run, path)
    width = run.data.test.shape[1]
    if series.values.shape[1] != width:
        raise InputError(
            f"expected {width} columns of values in {path}, as in training, received "
            f'{", ".join(series.names)}; name them: SET="data.values=..."'
        )
    split, points = windowed(series, run.data.test.shape[0], run.data.offset, run.data.scale)
    return scored_series(run, split, points), series


def columns_at(run: Run, path: str) -> dict[str, np.ndarray]:
    """The columns of a file that a run's intake takes. InputError where it lacks one."""
    kinds = {tensor.name: tensor.dtype for tensor in run.data.intake.model.inputs}
    words = tuple(name for name, dtype in kinds.items() if dtype == "string")
    return TableFile(path).columns(tuple(run.data.intake.columns), words)


def drift(reference: np.ndarray, now: np.ndarray) -> dict[str, float | str]:
    """How far scores have moved from those of normal examples held back, and what to do.

    psi: the population stability index over ten bins of equal shares of the reference; ks: the largest
    difference of the two distributions (Kolmogorov and Smirnov), p_value: of that, were all scores
    independent, which those of overlapping windows are not.
    """
    edges = np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1])
    shares = [
        (np.bincount(np.searchsorted(edges, scores), minlength=BINS) + 0.5) / (len(scores) + 0.5 * BINS)
        for scores in (reference, now)
    ]
    psi = float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
    test = ks_2samp(reference, now)
    verdict = (
        "as before" if psi < LITTLE else "some change: watch it" if psi < MUCH else "much change: retrain"
    )
    return {"psi": psi, "ks": float(test.statistic), "p_value": float(test.pvalue), "verdict": verdict}
