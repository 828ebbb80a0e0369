"""Anomaly scores of the rows of a table or the points of a series."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.data.precision import standardized
from keras_ae.data.series.resample import Series, mean_over_windows
from keras_ae.data.series.standardized import split_into_windows
from keras_ae.data.tables.tables import columns_of_file
from keras_ae.data.tensors import values
from keras_ae.errors import InputError
from keras_ae.heads import batched
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.tasks.cross_fitting import learned_rows
from keras_ae.tasks.marked_rows import lowered
from keras_ae.tasks.point_detection import ScoredPoints
from keras_ae.tasks.point_detection import scored_series as scored_points
from keras_ae.tasks.thresholds import p_values
from keras_ae.tasks.window_scores import scores_of

__all__ = ["TOP", "rows_of_points", "scored_file", "scored_series", "scored_table", "table_columns"]

EQUAL = 1e-4
"""Scaled values that differ by less are equal but for their last digits."""

TOP = 200
"""Rows of a table, those with the highest scores, that are listed with what was expected."""

ROWS_AT_ONCE = 2048
"""Rows of a table that are scored at once."""


def scored_series(detector: Detector, series: Series, group: str = "") -> ScoredRows:
    """Scores the points of a series by its windows.

    Args:
        detector: A detector of series.
        series: The series.
        group: Its name, where the detector was trained on several.

    Returns:
        Scores of the points.
    """
    offset, scale = detector.scaling_of(group)
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
    """Scores of points by the detector of points."""
    points = scored_points(fitted, standardized(series.values, offset, scale))
    return rows_of_points(points, series, offset, scale, example_scores)


def rows_of_points(
    points: ScoredPoints, series: Series, offset: np.ndarray, scale: np.ndarray, example_scores: np.ndarray
) -> ScoredRows:
    """The scores of the points of a series as those of rows.

    Args:
        points: The scores.
        series: The series.
        offset: (channels,), subtracted from its values before they were scored.
        scale: (channels,), that they were then divided by.
        example_scores: (m,), scores of its windows.

    Returns:
        The scores; a channel contributes its squared deviation.
    """
    return ScoredRows(
        points.scores,
        points.p_values,
        points.flags,
        np.where(np.isfinite(series.values), points.deviations**2, np.nan),
        series.names,
        example_scores,
        points.expected * scale + offset,
        noise=points.noise,
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
    inputs = detector.preprocessor.numbers_of(columns)
    outputs = batched(detector.model, {"inputs": inputs}, ROWS_AT_ONCE)
    learned, own = learned_rows(inputs, detector.stored)
    scores = np.where(np.isnan(own), outputs["score"], lowered(detector.model, inputs, own))
    p = _p_values(scores, detector.reference, ~np.isnan(own))
    flags, fitted = detector.rule.flag(scores, p, detector.fitted)
    names = detector.preprocessor.columns
    remarks = tuple(_changes(inputs, detector.preprocessor, detector.stored.get("still")))
    return ScoredRows(
        scores,
        p,
        flags,
        outputs["contributions"],
        names,
        scores,
        learned=learned,
        fitted=fitted,
        remarks=remarks,
    )


def _changes(inputs, preprocessor, still):
    """What to know of columns that had one value in training, and have others now."""
    for index, name in enumerate(preprocessor.columns if still is not None else ()):
        own = preprocessor.groups == index
        if np.isnan(still[own]).any():
            continue
        count = int((np.abs(inputs[:, own] - still[own]) > EQUAL).any(axis=1).sum())
        if count:
            rows = f"{count:,} of {len(inputs):,} rows"
            yield f"{name} never changed in training: {rows} have another value there"


def _p_values(scores, reference, among):
    """The p-values of rows, some of which are among the reference themselves; NaN without a score."""
    found, finite, count = np.full(len(scores), np.nan), np.isfinite(scores), len(reference)
    found[finite] = p_values(scores[finite], reference)
    itself = among & finite
    found[itself] = (found[itself] * (1 + count) - 1) / count
    return found


def table_columns(detector: Detector, path: str) -> dict[str, np.ndarray]:
    """Reads the columns that a detector of tables takes.

    Args:
        detector: The detector.
        path: A table.

    Returns:
        (n,) numbers or words of each column, by its name.

    Raises:
        InputError: The file lacks a column that the detector was trained on; the detector is one of series.
    """
    preprocessor = detector.preprocessor
    if preprocessor is None:
        raise InputError("expected a detector of tables, received one of series; give it a file")
    return columns_of_file(path, preprocessor.columns, preprocessor.words, detector.known, detector.before)


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
    if detector.preprocessor is not None:
        columns = table_columns(detector, path)
        scored = scored_table(detector, columns)
        return _explained(detector, columns, scored), None
    facts = detector.series or SeriesFacts(())
    each, known = facts.read(path, detector.settings, detector.known), facts.groups
    each_scored = [
        scored_series(detector, series, name) if not known or name in known else _unscored(series)
        for name, series in each.items()
    ]
    fields = ["scores", "p_values", "flags", "contributions"]
    fields += ["expected", "noise"] if detector.points is not None else []
    joined: dict[str, Any] = {
        field: np.concatenate([getattr(one, field) for one in each_scored]) for field in fields
    }
    examples = np.concatenate([one.example_scores for one in each_scored])
    return ScoredRows(**joined, columns=each_scored[0].columns, example_scores=examples), each


def _explained(detector, columns, scored):
    """Rows of a table with what was expected in the highest ones, and what their values add to the scores."""
    highest = scored.highest(TOP)
    found, contributions = detector.explain(columns, highest), scored.contributions.copy()
    if found.falls is not None:
        known = found.falls.any(axis=1)
        contributions[np.asarray(highest)[known]] = found.falls[known]
    return replace(scored, expectations=found.expected, contributions=contributions)


def _unscored(series):
    """Points without scores."""
    none = np.full(len(series), np.nan)
    contributions = np.full(series.values.shape, np.nan)
    flags = np.zeros(len(series), bool)
    return ScoredRows(
        none, none, flags, contributions, series.names, none[:0], contributions, noise=contributions
    )
