"""Takes what a person has marked as false alarms for normal, in the detector of a finished run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.marks import points_of, read_marks
from keras_ae.apps.detection.scoring import scored_table, table_columns
from keras_ae.counts import counted
from keras_ae.data.precision import standardized
from keras_ae.data.series.resample import spans
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts, replace_served_head
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.tasks.marked_rows import marked_count, with_marked_rows, without_marks
from keras_ae.tasks.point_detection import FittedPoints, scored_series
from keras_ae.tasks.thresholds import FittedThreshold

__all__ = ["Marking", "forget", "mark"]

MOST_PATTERNS = 500
"""Patterns that a detector holds at most."""

AROUND = 32
"""Points beside a marked span that belong to its pattern, as a part of a window: spans are cut closely."""


@dataclass(frozen=True)
class Marking:
    """What marks have changed.

    Attributes:
        marked: False alarms that were marked in this call.
        before: Anomalies that were flagged in the file before.
        after: Those that are now.
        lines: The same for the user.
    """

    marked: int
    before: int
    after: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Change:
    """A changed model; flagged rows or spans before and after; those marked that were none, and are some."""

    model: keras.Model
    before: int
    after: int
    normal: int
    still: int


def mark(path: Path, source: Path | None, directory: Path, recipe: Recipe) -> Marking:
    """Takes marked false alarms for normal, and what is like them; the run's folder keeps it.

    Args:
        path: spans.csv, top.csv or scored.csv as `detect` writes it, with marks.
        source: The file that was searched; None for scored.csv beside the marks.
        directory: The folder of a finished run.
        recipe: The recipe of the run.

    Returns:
        What has changed.

    Raises:
        InputError: The marks, or the file that they are of, cannot be read; the run has no such detector.
    """
    detector = Detector.of(directory, recipe)
    is_table = detector.preprocessor is not None and detector.layout is not None
    if detector.points is None and not is_table:
        raise InputError(
            f"expected a model of a series or a table, {recipe.name} is none whose alarms can be marked; for "
            "fewer alarms: detect --trained with another task.threshold"
        )
    marks, source = read_marks(path), source or path.parent / "scored.csv"
    if not source.is_file():
        raise InputError(
            f"{source}, with the rows that are marked, is not there; name the searched file by --input"
        )
    if detector.points is not None:
        name, change = "point_detector", _marked_series(detector, marks, str(source))
    else:
        name, change = "detector", _marked_table(detector, marks, str(source))
    _keep(directory, name, change.model)
    return Marking(len(marks), change.before, change.after, tuple(_lines(len(marks), change, source)))


def forget(directory: Path) -> tuple[int, str]:
    """Forgets all marks of a run.

    Args:
        directory: The folder of a finished run.

    Returns:
        How many were forgotten, and what: "marked row" or, of a series, "marked pattern".

    Raises:
        InputError: The run has no detector.
    """
    artifacts = load_artifacts(directory)
    points, rows = artifacts.served_head("point_detector"), artifacts.served_head("detector")
    if rows is None:
        raise InputError(f"{directory} holds no detector of anomalies; name a model that has one")
    if points is None:
        count = marked_count(rows.model)
        if count:
            _keep(directory, "detector", without_marks(rows.model))
        return count, "marked row"
    threshold = FittedThreshold(float(dict(points.facts)["threshold"]), "", "", 0)
    fitted = FittedPoints(points.model, threshold, 0)
    count = len(fitted.patterns)
    if count:
        _keep(directory, "point_detector", fitted.with_patterns(()).model)
    return count, "marked pattern"


def _marked_series(detector, marks, source):
    """The change by the patterns of marked spans, but for those that marks have taken out already."""
    facts = detector.series or SeriesFacts(())
    each = facts.read(source, detector.settings, detector.known)
    fitted, patterns, marked, before, normal = detector.points, [], {}, 0, 0
    unmarked = fitted.with_patterns(()) if fitted.patterns else None
    for name, series in each.items():
        own = [mark for mark in marks if mark.series == name]
        scored, residual = _residual(detector, fitted, series, name)
        before += len(spans(scored.flags))
        without = _residual(detector, unmarked, series, name)[0] if unmarked and own else scored
        found = [*spans(scored.flags), *spans(without.flags)]
        marked[name] = [points_of(mark, series.rows, source, found) for mark in own]
        for first, last in marked[name]:
            flagged = scored.flags[first:last].any()
            normal += not flagged
            if flagged or not without.flags[first:last].any():
                patterns += _pieces(residual, first, last, fitted.window)
    if unknown := {mark.series for mark in marks} - each.keys():
        raise InputError(
            f"{source} holds no series {sorted(unknown)[0]!r}; name the file that was searched, --input"
        )
    known = [*fitted.patterns, *patterns]
    if len(known) > MOST_PATTERNS:
        raise InputError(
            f"expected at most {MOST_PATTERNS} patterns, received {len(known)}; train anew with a part "
            "that holds them, data.normal=FROM..TO"
        )
    changed = fitted.with_patterns(known)
    after = still = 0
    for name, series in each.items():
        flags = _residual(detector, changed, series, name)[0].flags
        after += len(spans(flags))
        still += sum(bool(flags[first:last].any()) for first, last in marked[name])
    return _Change(changed.model, before, after, normal, still)


def _residual(detector, fitted, series, name):
    """The scores of a series, and how far its values are from what is expected, 0 where they are missing."""
    offset, scale = detector.scaling_of(name)
    values = standardized(series.values, offset, scale)
    scored = scored_series(fitted, values)
    return scored, np.nan_to_num(values - scored.expected)


def _pieces(residual, first, last, window):
    """The residual of a span and of some points around it, in pieces of at most a window."""
    around = max(1, window // AROUND)
    first, last = max(0, first - around), min(len(residual), last + around)
    pieces = [residual[begin : min(begin + window, last)] for begin in range(first, last, window)]
    return [piece for piece in pieces if np.any(piece)]


def _marked_table(detector, marks, source):
    """The change by marked rows."""
    columns = table_columns(detector, source)
    inputs, rows = detector.preprocessor.numbers_of(columns), np.array([mark.row for mark in marks])
    count = len(inputs)
    if rows.max() >= count:
        raise InputError(
            f"row {rows.max() + 1} is marked, {source} has {count:,}; name the searched file by --input"
        )
    flags = scored_table(detector, columns).flags
    unmarked = np.ones(count, bool)
    unmarked[rows] = False
    others, normal = inputs[flags & unmarked], inputs[~flags & unmarked]
    model = with_marked_rows(detector.model, inputs[rows], others, normal, detector.layout)
    after = scored_table(replace(detector, model=model), columns).flags
    normal_before, still = int((~flags[rows]).sum()), int(after[rows].sum())
    return _Change(model, int(flags.sum()), int(after.sum()), normal_before, still)


def _keep(directory, name, model):
    """Puts the changed model into the run's folder."""
    head = load_artifacts(directory).served_head(name)
    replace_served_head(directory, replace(head, model=model))


def _lines(marked: int, change: _Change, source: Path) -> Iterator[str]:
    yield f"{counted(marked, 'false alarm')} marked: {change.before:,} flagged before, {change.after:,} now"
    if change.normal:
        yield (
            f"{change.normal:,} of those marked were not flagged: marked before, or {source} is not the file "
            "that was searched, with this model and its threshold"
        )
    if change.still:
        yield (
            f"{change.still:,} of those marked are still flagged in part: search again, and mark what is left"
        )
