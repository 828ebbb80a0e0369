"""What a detector says of each row of a table or point of a series, and how far scores have moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from scipy.stats import ks_2samp

from keras_ae.data.series.resample import Series, mean_over_windows, series_from_table
from keras_ae.data.series.windows import split_into_windows, step_of_time
from keras_ae.data.tables.csv_file import read_table
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.types import values
from keras_ae.errors import InputError
from keras_ae.heads import batched
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.tasks.thresholds import FittedThreshold, p_values
from keras_ae.tasks.window_scores import scores_of

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


@dataclass(frozen=True, eq=False)
class Detector:
    """A finished run's detector, and what it takes to score a file by it, all from the run's folder.

    The data that the run learned from may have changed since, or be gone.

    model: as `tasks.anomaly` makes it. fitted: its threshold.
    reference: scores of the normal examples held back, in ascending order. preprocessor: of a table's columns.
    offset, scale: of the values of a series. channels: names of its columns, step: nanoseconds from one point
    to the next. time, label: its other columns, where they were named.
    """

    model: keras.Model
    fitted: FittedThreshold
    reference: np.ndarray
    preprocessor: Preprocessor | None
    offset: np.ndarray
    scale: np.ndarray
    channels: tuple[str, ...] = ()
    step: int = 0
    time: str = ""
    label: str = ""

    @classmethod
    def of(cls, directory: Path, recipe: Recipe) -> Detector:
        """Raises InputError for a run that is not finished, and for one that detects nothing in files."""
        kept = load_artifacts(directory)
        card = directory / "card.json"
        told = json.loads(card.read_text(encoding="utf-8")) if card.exists() else {}
        head = kept.served_head("detector")
        if head is None or not head.facts or not (kept.scaler.preprocessor or kept.channels):
            raise InputError(
                f"{recipe.name}, trained on {told.get('data', {}).get('name', 'its data')}, does not detect "
                "anomalies in files of rows; take series_anomaly or table_anomaly, of one series or table"
            )
        facts = head.facts
        calibrated = head.model.get_layer("calibrated")
        return cls(
            head.model,
            FittedThreshold(facts["threshold"], facts["how"], facts["promise"], facts["count"]),
            np.asarray(calibrated.reference),
            kept.scaler.preprocessor,
            kept.scaler.offset,
            kept.scaler.scale,
            kept.channels,
            kept.step,
            recipe.data.time_column,
            recipe.data.label_column,
        )


def scored_series(detector: Detector, series: Series) -> Scored:
    """Scores of a series' points, from its windows."""
    window = detector.model.inputs[0].shape[1]
    split, points = split_into_windows(series, window, detector.offset, detector.scale)
    found = batched(detector.model, {"inputs": np.asarray(values(split.examples))})
    scores = scores_of(found["score"], points, window)
    there = np.isfinite(scores)
    p = np.full(len(scores), np.nan)
    p[there] = p_values(scores[there], detector.reference)
    each = [mean_over_windows(found["contributions"][..., channel], points.starts, points.count)
            for channel in range(split.shape[1])]  # fmt: skip
    flags = np.nan_to_num(scores, nan=-np.inf) > detector.fitted.value
    return Scored(scores, p, flags, np.stack(each, axis=1), series.names, found["score"])


def scored_table(detector: Detector, columns: dict[str, np.ndarray]) -> Scored:
    """Scores of a table's rows, of its columns (n,) of numbers and words."""
    found = batched(detector.model, {"inputs": detector.preprocessor.numbers_of(columns)})
    scores, names = found["score"], detector.preprocessor.columns
    return Scored(scores, found["p_value"], found["is_anomaly"], found["contributions"], names, scores)


def series_at(detector: Detector, path: str) -> Series:
    """The series of a file with the columns that a detector was trained on.

    Raises InputError where it lacks one, and for points at other steps than those of training.
    """
    asked = (*detector.channels, detector.time)
    table = read_table(path, only=(*asked, detector.label) if detector.time else None, needed=asked)
    label = detector.label if detector.label in table.columns else None
    series = series_from_table(table, detector.time or None, detector.channels, label, learning=False)
    step = step_of_time(series)
    if detector.step and step and not 0.5 < step / detector.step < 2:
        raise InputError(
            f"expected points {detector.step / 1e9:g} s apart, as in training, those of {path} are "
            f"{step / 1e9:g} s apart; bring them to the same steps"
        )
    return series


def scored_file(detector: Detector, path: str) -> tuple[Scored, Series | None]:
    """Scores of each row of a table, or of each point of a series, that a file holds.

    Raises InputError for a file without the columns that the detector was trained on.
    """
    if detector.preprocessor is not None:
        return scored_table(detector, columns_at(detector.preprocessor, path)), None
    series = series_at(detector, path)
    return scored_series(detector, series), series


def columns_at(preprocessor: Preprocessor, path: str) -> dict[str, np.ndarray]:
    """The columns of a file that an preprocessor takes. InputError where it lacks one."""
    return TableFile(path).columns(preprocessor.columns, preprocessor.words)


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
