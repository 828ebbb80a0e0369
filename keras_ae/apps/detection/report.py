"""Writes the results of detection in a file: the rows with their scores, the highest, charts, a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.cautions import cautions
from keras_ae.apps.detection.charts import series_chart, several_chart, table_chart
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.lines import Lines
from keras_ae.apps.detection.rows import write_rows
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.apps.detection.scoring import TOP
from keras_ae.apps.detection.series_page import series_sections
from keras_ae.apps.detection.spans import flagged_spans, span_points, write_spans
from keras_ae.apps.detection.summary import MOST_PRINTED, Summary, listed, names_of, write_page
from keras_ae.apps.detection.table_page import table_sections
from keras_ae.apps.detection.top import top_rows, write_top
from keras_ae.counts import counted
from keras_ae.data.series.clock import form_of, format_times
from keras_ae.data.series.columns import names_in
from keras_ae.data.series.resample import Series, spans
from keras_ae.data.series.steps import HOUR
from keras_ae.data.tables.dialect import Dialect

__all__ = ["write"]

READING_SPANS = (
    "The p-value says how often points of the normal part score as high. Value and expected are those of the "
    "named channel at the peak."
)


def write(
    detector: Detector,
    scored: ScoredRows,
    each: Mapping[str, Series] | None,
    source: Path,
    folder: Path,
    model: Mapping[str, str] | None = None,
    remarks: Sequence[str] = (),
) -> Iterator[str]:
    """Writes a file's scored rows, spans, chart and report into a folder.

    Args:
        detector: The detector that scored them.
        scored: The scores.
        each: The series by their names, or None for a table.
        source: The file of rows.
        folder: The folder to write to.
        model: What is known of the model, by name.
        remarks: What to be careful about.

    Yields:
        Lines about the results.
    """
    form, model = detector.dialect(source), model or {}
    if each is None:
        yield from _write_table(detector, scored, source, folder, form, model, remarks)
        files = "scored.csv, top.csv, plot.png"
    else:
        yield from _write_series(detector, scored, each, source, folder, form, model, remarks)
        files = "scored.csv, spans.csv, plot.png"
    yield f"report: {folder / 'report.html'}  (beside it {files})"


def _write_table(detector, scored, source, folder, form, model, remarks):
    """Writes the results of a table; yields lines about them."""
    rows, fitted = np.arange(len(scored.scores)), detector.fitted
    highest = scored.highest(TOP)
    cells = write_rows(scored, rows, source, folder / "scored.csv", form, set(highest))
    top = top_rows(scored, highest, cells, form.names)
    write_top(top, folder / "top.csv", form)
    finite = np.isfinite(scored.scores)
    table_chart(
        folder / "plot.png", scored.scores[finite], scored.flags[finite], detector.reference, fitted.value
    )
    searched = {"rows": f"{len(scored.scores):,}", "columns": names_of(scored.columns)}
    summary = _summary(detector, scored, source, "rows", searched, model, remarks)
    sections = table_sections(scored, top, detector.reference, fitted.value)
    write_page(summary, sections, folder / "report.html")
    yield from summary.lines
    yield from map(str, top[:MOST_PRINTED])


def _summary(detector, scored, source, noun, searched, model, warnings=()):
    finite = np.isfinite(scored.scores)
    flagged = int(scored.flags[finite].sum())
    return Summary(
        source, noun, int(finite.sum()), flagged, detector.fitted, searched, model, tuple(warnings)
    )


def _write_series(detector, scored, each, source, folder, form, model, remarks):
    """Writes the results of one or more series; yields lines about them."""
    ends = np.cumsum([len(series) for series in each.values()]).tolist()
    parts = {name: scored.part(end - len(each[name]), end) for name, end in zip(each, ends, strict=True)}
    texts = _write_scored(scored, parts, each, source, folder, form)
    found = [
        span
        for name, series in each.items()
        for span in flagged_spans(parts[name], series, texts[name], name)
    ]
    found.sort(key=lambda span: -span.score)
    write_spans(found, folder / "spans.csv", len(each) > 1)
    lines, threshold = (
        {name: _lines(series, parts[name]) for name, series in each.items()},
        detector.fitted.value,
    )
    if len(each) > 1:
        several_chart(folder / "plot.png", lines, threshold)
    else:
        series_chart(folder / "plot.png", *lines.values(), threshold)
    searched = _searched(each)
    told = [*remarks, *cautions(detector, scored, parts, each)]
    summary = _summary(detector, scored, source, "points", searched, model, told)
    summary = replace(summary, where=f"in {counted(len(found), 'span')}")
    write_page(summary, series_sections(lines, found, threshold, READING_SPANS), folder / "report.html")
    yield from summary.lines
    yield from listed(found, "spans")


def _searched(each):
    """What is known of series, by name."""
    times = {name: format_times(series, (0, len(series) - 1)) for name, series in each.items() if len(series)}
    ranges = [
        f"{name}: {begin} to {end}" if name else f"{begin} to {end}" for name, (begin, end) in times.items()
    ]
    first = next(iter(each.values()))
    return {
        "points": f"{sum(map(len, each.values())):,}",
        "channels": names_of(first.names),
        "time": "; ".join(ranges[:8]) + (f"; and {len(ranges) - 8} more" if len(ranges) > 8 else ""),
    }


def _write_scored(
    scored: ScoredRows,
    parts: Mapping[str, ScoredRows],
    each: Mapping[str, Series],
    source: Path,
    folder: Path,
    form: Dialect,
) -> dict[str, dict[int, str]]:
    """Writes the rows of series; returns the times of spans as the file has them, by series and point."""
    rows, first = np.full(len(next(iter(each.values())).rows), -1), 0
    wanted: dict[int, tuple[str, int]] = {}
    for name, series in each.items():
        own = np.flatnonzero(series.rows >= 0)
        rows[own] = first + series.rows[own]
        first += len(series)
        first_rows = dict(zip(*np.unique(series.rows[own], return_index=True), strict=True))
        points = {point for span in span_points(parts[name], series) for point in span}
        for point in points & first_rows.keys():
            wanted[int(own[first_rows[point]])] = name, int(point)
    at = [form.names.index(name) for name in names_in(next(iter(each.values())).roles.time, form.names)]
    texts: dict[str, dict[int, str]] = {name: {} for name in each}
    for row, cells in write_rows(scored, rows, source, folder / "scored.csv", form, wanted).items():
        name, point = wanted[row]
        texts[name][point] = " ".join(cells[column].strip() for column in at)
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
        scored.contributions,
    )
