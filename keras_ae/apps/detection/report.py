"""Writes the results of detection: the rows with their scores, the flagged spans of a series, a chart."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.charts import Lines, series_chart, several_chart, table_chart
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.data.series.clock import form_of, format_times
from keras_ae.data.series.columns import names_in
from keras_ae.data.series.resample import Series, spans
from keras_ae.data.series.steps import HOUR
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.dialect import Dialect
from keras_ae.data.tables.records import BLANKS
from keras_ae.data.tables.writing import SINGLE
from keras_ae.files import written_whole

__all__ = ["flagged_spans", "write", "write_rows"]

DRIFTED = 0.2
"""A series of which a larger fraction is flagged is told to have drifted."""

MOST_PRINTED = 10
"""Maximum number of spans to print; the file lists all of them."""

ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d){0,2}(?:[.,]\d+)?)?")
"""Times that are written anew, with a blank and with seconds; others are copied from the file."""

ROW_COLUMNS = ("score", "p_value", "is_anomaly", "reasons")
SPAN_COLUMNS = (
    "from", "to", "points", "score", "p_value", "peak_time", "reasons", "channel", "value", "expected"
)  # fmt: skip


def write(
    detector: Detector, scored: ScoredRows, each: Mapping[str, Series] | None, source: Path, folder: Path
) -> Iterator[str]:
    """Writes a file's scored rows, spans and chart into a folder.

    Args:
        detector: The detector that scored them.
        scored: The scores.
        each: The series by their names, or None for a table.
        source: The file of rows.
        folder: The folder to write to.

    Yields:
        Lines about the results.
    """
    fitted, form = detector.fitted, detector.dialect(source)
    flags = scored.flags[np.isfinite(scored.scores)]
    yield f"{int(flags.sum()):,} of {len(flags):,} {'rows' if each is None else 'points'} are flagged"
    yield f"threshold {fitted.value:.6g}: {fitted.method}; {fitted.guarantee}"
    if each is not None and flags.sum() > DRIFTED * len(flags):
        yield (
            f"{flags.mean():.0%} of the points are flagged, more than anomalies would be: the series seems "
            "to have drifted from its normal part, in its level, its noise or its cycle; name a later or a "
            "longer one, data.normal=FROM..TO"
        )
    if each is None:
        write_rows(scored, np.arange(len(scored.scores)), source, folder / "scored.csv", form)
        table_chart(folder / "plot.png", scored.scores, detector.reference, fitted.value)
        yield from _most_unlike(scored)
    else:
        yield from _write_series(scored, each, source, folder, form, fitted.value)
    yield f"rows, {'' if each is None else 'spans, '}chart: {folder}"


def _most_unlike(scored):
    """The rows with the highest scores, for the user."""
    ranked = np.argsort(-np.nan_to_num(scored.scores, nan=-np.inf), kind="stable")[:MOST_PRINTED]
    own = [row for row in ranked.tolist() if np.isfinite(scored.scores[row])]
    for row in own:
        mark = "" if scored.flags[row] else ", not flagged"
        p_value = f"p-value {scored.p_values[row]:.2g}"
        yield f"row {row + 1}: score {scored.scores[row]:.4g}, {p_value}{mark}; {scored.largest(row)}"


def _write_series(scored, each, source, folder, form, threshold):
    """Writes the rows, spans and chart of one or more series; yields lines about them."""
    ends = np.cumsum([len(series) for series in each.values()]).tolist()
    parts = {name: scored.part(end - len(each[name]), end) for name, end in zip(each, ends, strict=True)}
    texts = _write_scored(scored, parts, each, source, folder, form)
    unscored = [name for name, part in parts.items() if not np.isfinite(part.scores).any()]
    if unscored:
        yield f"no scores for {', '.join(unscored)}: training did not learn such series"
    several = len(each) > 1
    found = [
        ({"series": name} if several else {}) | span
        for name, series in each.items()
        for span in flagged_spans(parts[name], series, texts[name])
    ]
    found.sort(key=lambda span: -float(span["score"]))
    _write_spans(found, folder / "spans.csv", ("series", *SPAN_COLUMNS) if several else SPAN_COLUMNS)
    for span in found[:MOST_PRINTED]:
        yield _line(span)
    if len(found) > MOST_PRINTED:
        yield f"and {len(found) - MOST_PRINTED} more spans"
    lines = {name: _lines(series, parts[name]) for name, series in each.items()}
    if several:
        several_chart(folder / "plot.png", lines, threshold)
    else:
        series_chart(folder / "plot.png", *lines.values(), threshold)


def _line(span):
    """A flagged span for the user."""
    named = f"{span['series']}: " if "series" in span else ""
    why = span["reasons"]
    if span["expected"]:
        why = f"{span['channel']} {span['value']} where {span['expected']} was expected"
        others = span["reasons"].partition(", ")[2]
        why += f", also {others}" if others else ""
    return f"{named}{span['from']} to {span['to']} ({span['points']} points): score {span['score']}, {why}"


def _write_scored(scored, parts, each, source, folder, form):
    """Writes the rows of series; returns the times of spans as the file has them, by series and point."""
    rows, first = np.full(len(next(iter(each.values())).rows), -1), 0
    wanted: dict[int, tuple[str, int]] = {}
    for name, series in each.items():
        own = np.flatnonzero(series.rows >= 0)
        rows[own] = first + series.rows[own]
        first += len(series)
        first_rows = dict(zip(*np.unique(series.rows[own], return_index=True), strict=True))
        for point in {point for span in _span_points(parts[name]) for point in span} & first_rows.keys():
            wanted[int(own[first_rows[point]])] = name, int(point)
    columns = names_in(next(iter(each.values())).roles.time, form.names)
    texts: dict[str, dict[int, str]] = {name: {} for name in each}
    for row, text in write_rows(scored, rows, source, folder / "scored.csv", form, wanted, columns).items():
        name, point = wanted[row]
        texts[name][point] = text
    return texts


def _lines(series, scored):
    """The lines of a chart."""
    form = form_of(series)
    counted = {"row": 1, "clock": HOUR}.get(form.kind, form.scale)
    return Lines(
        series.times.astype("datetime64[ns]") if form.dated else series.times / counted,
        series.values,
        series.names,
        scored.scores,
        spans(scored.flags),
        [] if series.labels is None else spans(series.labels),
        scored.expected,
    )


def write_rows(
    scored: ScoredRows,
    rows: np.ndarray,
    path: Path,
    target: Path,
    form: Dialect,
    wanted: Collection[int] = (),
    columns: Collection[str] = (),
) -> dict[int, str]:
    """Copies a file and adds columns for each row's score, p-value, anomaly flag and reasons.

    These cells are empty for a row without a score. A column that the file has already gets another name.

    Args:
        scored: The scores.
        rows: (rows of the file,), the index of each row's score, -1 for a row that has none.
        path: The file.
        target: The copy.
        form: How the file is written.
        wanted: Indices of rows whose cells are returned.
        columns: Names of the columns of those cells.

    Returns:
        The cells of each wanted row, with blanks between them.
    """
    separator = "," if form.separator in (BLANKS, SINGLE) else form.separator
    flagged = np.flatnonzero(scored.flags)
    texts, at = dict[int, str](), [form.names.index(name) for name in columns]
    reasons = dict(zip(flagged.tolist(), scored.reasons(flagged), strict=True))
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as copy:
        out = csv.writer(copy, delimiter=separator)
        out.writerow(distinct_names([*form.names, *ROW_COLUMNS]))
        # totals below the rows have no score
        for index, (row, line) in enumerate(zip(rows, read_rows(path, form), strict=False)):
            if index in wanted:
                texts[index] = " ".join(line[column].strip() for column in at)
            score = scored.scores[row] if row >= 0 else np.nan
            if np.isfinite(score):
                cells = [f"{score:.6g}", f"{scored.p_values[row]:.4g}", str(int(scored.flags[row]))]
                if form.numbers.decimal == ",":
                    cells = [cell.replace(".", ",") for cell in cells]
            else:
                cells = ["", "", ""]
            out.writerow([*line[: len(form.names)], *cells, reasons.get(int(row), "")])
    return texts


def flagged_spans(
    scored: ScoredRows, series: Series, texts: Mapping[int, str] | None = None
) -> list[dict[str, str]]:
    """Finds the runs of flagged points in a series.

    Args:
        scored: Scores of the points.
        series: The series.
        texts: The times of points as the file writes them.

    Returns:
        A row of spans.csv for each run: its first and last time, number of points, highest score with its
        p-value, the time of the largest contributions, and at that time the reasons, the channel that
        deviates most, its value and the expected one.
    """
    found = []
    for (first, last), points in zip(spans(scored.flags), _span_points(scored), strict=True):
        peak = first + int(np.nanargmax(scored.scores[first:last]))
        own = (texts.get(point, "") for point in points) if texts else ("", "", "")
        written = format_times(series, points)
        begin, end, peak_time = (
            text if text and not ISO.fullmatch(text) else time
            for text, time in zip(own, written, strict=True)
        )
        found.append(
            {
                "from": begin,
                "to": end,
                "points": str(last - first),
                "score": f"{scored.scores[peak]:.6g}",
                "p_value": f"{scored.p_values[peak]:.4g}",
                "peak_time": peak_time,
                "reasons": next(scored.reasons(np.array([points[2]]))),
                **_expectation(scored, series, points[2]),
            }
        )
    return found


def _expectation(scored, series, point):
    """The channel that deviates most at a point, its value, and what was expected."""
    if scored.expected is None:
        return {"channel": "", "value": "", "expected": ""}
    channel = int(np.nanargmax(scored.contributions[point]))
    each = {"value": series.values, "expected": scored.expected}
    texts = {name: f"{values[point, channel]:.5g}" for name, values in each.items()}
    return {"channel": series.names[channel], **texts}


def _span_points(scored):
    """The first and the last point of each run of flagged points, and that of the largest contributions."""
    return [
        (first, last - 1, first + int(np.nanargmax(np.nansum(scored.contributions[first:last], axis=1))))
        for first, last in spans(scored.flags)
    ]


def _write_spans(rows, target, columns):
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, columns)
        out.writeheader()
        out.writerows(rows)
