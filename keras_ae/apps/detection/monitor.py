"""Measures how far the rows of a file have drifted from those that a run learned from."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.detect import check_kind
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.drift import VERDICTS, column_shifts, drift
from keras_ae.apps.detection.scoring import scored_file, scored_table, table_columns
from keras_ae.apps.detection.searchers import searcher_for
from keras_ae.recipe import Recipe
from keras_ae.tasks.profiles import Shift

__all__ = ["Monitoring", "monitor"]

MOST_PRINTED = 10
"""Columns that are printed at most."""


@dataclass(frozen=True)
class Monitoring:
    """How far new rows are from those that a run learned from.

    Attributes:
        psi: The population stability index of the anomaly scores.
        ks: Their Kolmogorov-Smirnov statistic.
        rows: The rows, or points, that were scored.
        flagged: Those of them that are anomalies.
        columns: The shift of each column, the largest first; None in runs of earlier versions.
        level: 0 for no change, 1 for some, 2 for much: the highest of the scores' and the columns'.
        verdict: What to do.
        lines: The same for the user.
    """

    psi: float
    ks: float
    rows: int
    flagged: int
    columns: Mapping[str, Shift] | None
    level: int
    verdict: str
    lines: tuple[str, ...]


def monitor(source: str, directory: Path, recipe: Recipe, changed: Sequence[str] = ()) -> Monitoring:
    """Compares a file's rows, and their scores, with the normal examples of a run.

    Args:
        source: The path of a file of rows or a folder of images, such as those that the run was trained on.
        directory: The folder of a finished run.
        recipe: The recipe of the run.
        changed: The names of its settings that are other than in training.

    Returns:
        The statistics of the change and what to do.

    Raises:
        InputError: The run has no detector of files, or the file lacks a column that it was trained on.
    """
    detector = Detector.of(directory, recipe, changed)
    check_kind(detector, Path(source), recipe)
    logging.getLogger(__name__).info("scoring %s", source)
    scores, flags, shifts, overlap = _scored(detector, source, recipe)
    change = drift(detector.reference, scores, overlap)
    level = max([change.level, *(shift.level for shift in (shifts or {}).values())])
    lines = (
        f"anomaly scores: population stability index {change.psi:.3f} (from .1 some, from .25 much change), "
        f"Kolmogorov-Smirnov {change.ks:.3f}",
        f"flagged: {flags.mean():.1%} of {len(flags):,}",
        *_column_lines(shifts),
        VERDICTS[level],
    )
    return Monitoring(
        change.psi, change.ks, len(flags), int(flags.sum()), shifts, level, VERDICTS[level], lines
    )


def _scored(detector, source, recipe):
    """The scores of examples, flags, shifts of columns, and the windows that hold a point."""
    if (searcher := searcher_for(detector)) is not None:
        scores, flags, overlap = searcher.scores(detector, Path(source), recipe)
        return scores, flags, {}, overlap
    if detector.preprocessor is not None:
        columns, each = table_columns(detector, source), None
        scored = scored_table(detector, columns)
    else:
        columns, (scored, each) = None, scored_file(detector, source)
    flags, overlap = scored.flags[np.isfinite(scored.scores)], 1.0
    if each is not None:
        window = detector.model.inputs[0].shape[1]
        overlap = max(1.0, len(scored.example_scores) * window / max(1, len(flags)))
    return scored.example_scores, flags, column_shifts(detector, columns, each), overlap


def _column_lines(shifts: Mapping[str, Shift] | None) -> Iterator[str]:
    """A line for each column that has changed; of images there are none."""
    if shifts is None:
        yield "columns: unknown, this model is of an earlier version; train anew to compare them"
        return
    moved = {name: shift for name, shift in shifts.items() if shift.level}
    if shifts and not moved:
        yield f"columns: none of {len(shifts)} has changed"
    for name, shift in list(moved.items())[:MOST_PRINTED]:
        yield f"{name}: population stability index {shift.psi:.3f}, {shift.change}"
    if len(moved) > MOST_PRINTED:
        yield f"and {len(moved) - MOST_PRINTED} more of {len(shifts)} columns"
