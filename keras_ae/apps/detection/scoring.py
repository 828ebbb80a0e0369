"""Anomaly scores of the rows of a table or the points of a series, and their drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.stats import ks_2samp

from keras_ae.data.precision import standardized
from keras_ae.data.series.columns import SeriesRoles
from keras_ae.data.series.resample import Series, mean_over_windows
from keras_ae.data.series.standardized import split_into_windows
from keras_ae.data.tables.dialect import Dialect, detect_dialect
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.tables.tables import columns_of_file
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.data.tensors import values
from keras_ae.errors import InputError
from keras_ae.heads import ServedHead, batched
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import CARD_FILE, read_card
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.tasks.point_detection import FittedPoints, PointDetection
from keras_ae.tasks.point_detection import scored_series as scored_points
from keras_ae.tasks.thresholds import FittedThreshold, p_values
from keras_ae.tasks.window_scores import scores_of

__all__ = ["Detector", "Drift", "ScoredRows", "drift", "scored_file", "scored_series", "scored_table"]

BINS, SOME_CHANGE, MUCH_CHANGE = 10, 0.1, 0.25
"""Number of bins of the population stability index, and its thresholds for some and for much change."""

MOST_REASONS, LEAST_REASON = 3, 0.1
"""Maximum number of columns named as reasons for a flagged row, and the minimum contribution of each."""


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Anomaly scores of rows, or of points in time.

    Attributes:
        scores: (n,), NaN for a row without a score.
        p_values: (n,), NaN for a row without a score.
        flags: (n,) bool, whether a row is an anomaly.
        contributions: (n, columns), what each column adds to the score.
        columns: The columns' names.
        example_scores: (m,), scores of the model's own examples: the rows, or windows of a series.
        expected: (n, columns), the values that were expected at the points of a series; None if unknown.
    """

    scores: np.ndarray
    p_values: np.ndarray
    flags: np.ndarray
    contributions: np.ndarray
    columns: tuple[str, ...]
    example_scores: np.ndarray
    expected: np.ndarray | None = None

    def part(self, first: int, last: int) -> ScoredRows:
        """Some consecutive rows.

        Args:
            first: The first row.
            last: One past the last.

        Returns:
            Their scores.
        """
        fields = ("scores", "p_values", "flags", "contributions", "expected")
        own = {field: getattr(self, field) for field in fields}
        return replace(self, **{field: each[first:last] for field, each in own.items() if each is not None})

    def reasons(self, rows: np.ndarray) -> Iterator[str]:
        """The columns that contribute most to the scores of some rows.

        Args:
            rows: Indices of rows.

        Yields:
            A text for each row, such as "speed 80%, load 20%"; empty for rows that are not flagged.
        """
        for row in rows:
            yield self.largest(row) if self.flags[row] else ""

    def largest(self, row: int) -> str:
        """The columns that contribute most to the score of a row.

        Args:
            row: The index of the row.

        Returns:
            A text such as "speed 80%, load 20%".
        """
        total = max(float(np.nansum(self.contributions[row])), 1e-30)
        fractions = self.contributions[row] / total
        largest = np.argsort(-fractions)[:MOST_REASONS]
        named = [column for column in largest if fractions[column] >= LEAST_REASON]
        return ", ".join(f"{self.columns[column]} {fractions[column]:.0%}" for column in named)


@dataclass(frozen=True, eq=False)
class Detector:
    """A finished run's detector with everything needed to score a file, read from the run's folder.

    The run's training data is not needed.

    Attributes:
        model: The head `detector` as `tasks.anomaly` builds it.
        fitted: Its threshold.
        reference: Anomaly scores of the normal examples that calibrated it, in ascending order.
        preprocessor: The preprocessor of a table's columns; None for a series.
        offset: Subtracted from the values of a series.
        scale: The values of a series are divided by it.
        series: The series that the run learned from; None for a table.
        settings: The columns that the user named in training.
        known: How files are written, as far as the user said it in training.
        points: The detector of points of a series; None for a table, and in runs of earlier versions.
    """

    model: keras.Model
    fitted: FittedThreshold
    reference: np.ndarray
    preprocessor: Preprocessor | None
    offset: np.ndarray
    scale: np.ndarray
    series: SeriesFacts | None = None
    settings: SeriesRoles = SeriesRoles()
    known: Writing = UNKNOWN
    points: FittedPoints | None = None

    @property
    def before(self) -> Writing:
        """How the file of the training was written."""
        if self.preprocessor is not None:
            return self.preprocessor.written
        return UNKNOWN if self.series is None else self.series.roles.written

    def dialect(self, path: str | Path) -> Dialect:
        """How a file is written, which is read as that of the training where it does not tell.

        Args:
            path: The file.

        Returns:
            Its dialect.
        """
        return detect_dialect(path, self.known, self.before)

    @classmethod
    def of(cls, directory: Path, recipe: Recipe) -> Detector:
        """Reads the detector of a run.

        Args:
            directory: The run's folder.
            recipe: The run's recipe.

        Returns:
            The detector.

        Raises:
            InputError: The run is not finished, or does not detect anomalies in files.
        """
        artifacts = load_artifacts(directory)
        head = artifacts.served_head("detector")
        if head is None or not head.facts or not (artifacts.scaler.preprocessor or artifacts.series):
            card = read_card(directory) if (directory / CARD_FILE).exists() else {}
            name = card.get("data", {}).get("name", "its data")
            raise InputError(
                f"{recipe.name}, trained on {name}, does not detect "
                "anomalies in files of rows; use series_anomaly or table_anomaly, on one series or table"
            )
        reference = np.asarray(head.model.get_layer("calibrated").reference)
        points = _point_detector(artifacts.served_head("point_detector"), recipe.task)
        fitted = _threshold(head.facts, recipe.task, reference, points)
        return cls(
            head.model,
            fitted,
            reference,
            artifacts.scaler.preprocessor,
            artifacts.scaler.offset,
            artifacts.scaler.scale,
            artifacts.series,
            SeriesRoles(
                recipe.data.time_column,
                label=recipe.data.label_column,
                left_out=recipe.data.left_out_columns,
            ),
            recipe.data.writing,
            points,
        )


def _point_detector(head: ServedHead | None, task: Any) -> FittedPoints | None:
    """The detector of points of a run, with the threshold that its task has now."""
    if head is None:
        return None
    facts: dict[str, Any] = dict(head.facts)
    threshold = FittedThreshold(facts["threshold"], facts["how"], facts["promise"], facts["count"])
    points = FittedPoints(head.model, threshold, facts["window"], facts["step"])
    same = facts["alarms"] == str(task.points.alarms)
    return points if same else points.refitted(task.points.alarms)


def _threshold(facts: Any, task: Any, reference: np.ndarray, points: FittedPoints | None) -> FittedThreshold:
    """The threshold of a run, fitted anew to its reference scores if its task has another one now."""
    same = facts.get("setting", str(task.threshold)) == str(task.threshold)
    if points is None:
        if task.points != PointDetection():
            raise InputError(
                "task.points acts on series with a detector of points, which this model lacks; set "
                "task.threshold"
            )
        fitted = FittedThreshold(facts["threshold"], facts["how"], facts["promise"], facts["count"])
        return fitted if same else task.threshold.fit(reference)
    if not same:
        raise InputError(
            "task.threshold is that of whole windows and does not act on the points of a series; say in how "
            'much time you allow a false alarm: SET="task.points.alarms.per=90d"'
        )
    return points.threshold


def scored_series(detector: Detector, series: Series, group: str = "") -> ScoredRows:
    """Scores the points of a series by its windows.

    Args:
        detector: A detector of series.
        series: The series.
        group: Its name, where the detector was trained on several.

    Returns:
        Scores of the points.
    """
    offset, scale = detector.offset, detector.scale
    if detector.series is not None and group:
        offset, scale = detector.series.scaling_of(group)
    window = detector.model.inputs[0].shape[1]
    split, points = split_into_windows(series, window, offset, scale)
    outputs = batched(detector.model, {"inputs": np.asarray(values(split.examples))})
    if detector.points is not None:
        return _scored_points(detector.points, series, offset, scale, outputs["score"])
    scores = scores_of(outputs["score"], points, window)
    finite = np.isfinite(scores)
    p = np.full(len(scores), np.nan)
    p[finite] = p_values(scores[finite], detector.reference)
    contributions = [mean_over_windows(outputs["contributions"][..., channel], points.starts, points.count)
                     for channel in range(split.shape[1])]  # fmt: skip
    flags = np.nan_to_num(scores, nan=-np.inf) > detector.fitted.value
    return ScoredRows(scores, p, flags, np.stack(contributions, axis=1), series.names, outputs["score"])


def _scored_points(fitted, series, offset, scale, example_scores):
    """Scores of points by the detector of points; a channel contributes its squared deviation."""
    values = standardized(series.values, offset, scale)
    points = scored_points(fitted, values)
    return ScoredRows(
        points.scores,
        points.p_values,
        points.flags,
        np.where(np.isfinite(series.values), points.deviations**2, np.nan),
        series.names,
        example_scores,
        points.expected * scale + offset,
    )


def scored_table(detector: Detector, columns: dict[str, np.ndarray]) -> ScoredRows:
    """Scores the rows of a table.

    Args:
        detector: A detector of tables.
        columns: (n,) numbers or words of each column, by its name.

    Returns:
        Scores of the rows.

    Raises:
        InputError: The detector is one of series.
    """
    if detector.preprocessor is None:
        raise InputError("expected a detector of tables, received one of series; give it a file")
    outputs = batched(detector.model, {"inputs": detector.preprocessor.numbers_of(columns)})
    return ScoredRows(
        outputs["score"],
        outputs["p_value"],
        outputs["is_anomaly"],
        outputs["contributions"],
        detector.preprocessor.columns,
        outputs["score"],
    )


def scored_file(detector: Detector, path: str) -> tuple[ScoredRows, dict[str, Series] | None]:
    """Scores the rows of a file.

    Args:
        detector: The detector.
        path: A table, or a series.

    Returns:
        Scores of the rows, or of the points of one series after another; and the series by their names, ""
        for a single one, or None for a table. Series that the detector was not trained on have no scores.

    Raises:
        InputError: The file lacks a column that the detector was trained on.
    """
    preprocessor = detector.preprocessor
    if preprocessor is not None:
        columns = columns_of_file(
            path, preprocessor.columns, preprocessor.words, detector.known, detector.before
        )
        return scored_table(detector, columns), None
    facts = detector.series or SeriesFacts(())
    each, known = facts.read(path, detector.settings, detector.known), facts.groups
    scored = [
        scored_series(detector, series, name) if not known or name in known else _unscored(series)
        for name, series in each.items()
    ]
    fields = ["scores", "p_values", "flags", "contributions"]
    fields += ["expected"] if detector.points is not None else []
    joined = {field: np.concatenate([getattr(one, field) for one in scored]) for field in fields}
    examples = np.concatenate([one.example_scores for one in scored])
    return ScoredRows(**joined, columns=scored[0].columns, example_scores=examples), each


def _unscored(series):
    """Points without scores."""
    none = np.full(len(series), np.nan)
    contributions = np.full(series.values.shape, np.nan)
    flags = np.zeros(len(series), bool)
    return ScoredRows(none, none, flags, contributions, series.names, none[:0], contributions)


@dataclass(frozen=True)
class Drift:
    """The drift of anomaly scores.

    Attributes:
        psi: The population stability index, over ten bins that hold equally many reference scores.
        ks: The largest difference of the two distribution functions (Kolmogorov and Smirnov).
        p_value: The p-value of `ks` for independent scores; scores of overlapping windows are not
            independent.
        verdict: The recommended action.
    """

    psi: float
    ks: float
    p_value: float
    verdict: str


def drift(reference: np.ndarray, scores: np.ndarray) -> Drift:
    """Compares anomaly scores with those of the normal examples that calibrated a detector.

    Args:
        reference: (n,), scores of those examples.
        scores: (m,), the scores to compare.

    Returns:
        Their drift.
    """
    edges = np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1])
    before, now = (
        (np.bincount(np.searchsorted(edges, part), minlength=BINS) + 0.5) / (len(part) + 0.5 * BINS)
        for part in (reference, scores)
    )
    psi = float(np.sum((now - before) * np.log(now / before)))
    test = ks_2samp(reference, scores)
    if psi < SOME_CHANGE:
        verdict = "as before"
    else:
        verdict = "some change: watch it" if psi < MUCH_CHANGE else "much change: retrain"
    return Drift(psi, float(test.statistic), float(test.pvalue), verdict)
