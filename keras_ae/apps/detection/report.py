"""Writes the results of detection: the rows with their scores, the flagged spans of a series, a chart."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.charts import series_chart, table_chart
from keras_ae.apps.detection.scoring import Detector, ScoredRows
from keras_ae.data.series.resample import Series, spans
from keras_ae.data.series.windows import format_times, has_times
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.records import BLANKS
from keras_ae.data.tables.separators import SINGLE
from keras_ae.files import written_whole

__all__ = ["flagged_spans", "write", "write_rows"]

MOST_PRINTED = 20
"""Maximum number of spans to print; the file lists all of them."""

ROW_COLUMNS = ("score", "p_value", "is_anomaly", "reasons")
SPAN_COLUMNS = ("from", "to", "points", "score", "p_value", "peak_time", "reasons")


def write(
    detector: Detector, scored: ScoredRows, series: Series | None, source: Path, folder: Path
) -> Iterator[str]:
    """Writes a file's scored rows, spans and chart into a folder.

    Args:
        detector: The detector that scored them.
        scored: The scores.
        series: The series, or None for a table.
        source: The file of rows.
        folder: The folder to write to.

    Yields:
        Lines about the results.
    """
    fitted = detector.fitted
    rows = np.arange(len(scored.scores)) if series is None else series.rows
    write_rows(scored, rows, source, folder / "scored.csv")
    flags = scored.flags[np.isfinite(scored.scores)]
    yield f"{int(flags.sum()):,} of {len(flags):,} {'rows' if series is None else 'points'} are flagged"
    yield f"threshold {fitted.value:.6g}: {fitted.method}; {fitted.guarantee}"
    if series is None:
        table_chart(folder / "plot.png", scored.scores, detector.reference, fitted.value)
    else:
        rows_of_spans = flagged_spans(scored, series)
        _write_spans(rows_of_spans, folder / "spans.csv")
        for span in rows_of_spans[:MOST_PRINTED]:
            yield f"{span['from']} to {span['to']}: score {span['score']}, {span['reasons']}"
        if len(rows_of_spans) > MOST_PRINTED:
            yield f"and {len(rows_of_spans) - MOST_PRINTED} more spans"
        series_chart(
            folder / "plot.png",
            series.times.astype("datetime64[ns]") if has_times(series) else series.times,
            series.values,
            series.names,
            scored.scores,
            fitted.value,
            spans(scored.flags),
            [] if series.labels is None else spans(series.labels),
        )
    yield f"rows, {'' if series is None else 'spans, '}chart: {folder}"


def write_rows(scored: ScoredRows, rows: np.ndarray, path: Path, target: Path) -> None:
    """Copies a file and adds columns for each row's score, p-value, anomaly flag and reasons.

    These cells are empty for a row without a score. A column that the file has already gets another name.

    Args:
        scored: The scores.
        rows: (rows of the file,), the index of each row's score.
        path: The file.
        target: The copy.
    """
    form = detect_dialect(path)
    separator = "," if form.separator in (BLANKS, SINGLE) else form.separator
    flagged = np.flatnonzero(scored.flags)
    reasons = dict(zip(flagged.tolist(), scored.reasons(flagged), strict=True))
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as copy:
        out = csv.writer(copy, delimiter=separator)
        out.writerow(distinct_names([*form.names, *ROW_COLUMNS]))
        # totals below the rows have no score
        for row, line in zip(rows, read_rows(path, form), strict=False):
            score = scored.scores[row]
            if np.isfinite(score):
                cells = [f"{score:.6g}", f"{scored.p_values[row]:.4g}", str(int(scored.flags[row]))]
                if form.numbers.decimal == ",":
                    cells = [cell.replace(".", ",") for cell in cells]
            else:
                cells = ["", "", ""]
            out.writerow([*line[: len(form.names)], *cells, reasons.get(int(row), "")])


def flagged_spans(scored: ScoredRows, series: Series) -> list[dict[str, str]]:
    """Finds the runs of flagged points in a series.

    Args:
        scored: Scores of the points.
        series: The series.

    Returns:
        A row of spans.csv for each run: its first and last time, number of points, highest score with its
        p-value, the time of the largest contributions, and the reasons at that time.
    """
    rows = []
    for first, last in spans(scored.flags):
        peak = first + int(np.nanargmax(scored.scores[first:last]))
        at = first + int(np.nanargmax(np.nansum(scored.contributions[first:last], axis=1)))
        begin, end, peak_time = format_times(series.times[[first, last - 1, at]])
        rows.append(
            {
                "from": begin,
                "to": end,
                "points": str(last - first),
                "score": f"{scored.scores[peak]:.6g}",
                "p_value": f"{scored.p_values[peak]:.4g}",
                "peak_time": peak_time,
                "reasons": next(scored.reasons(np.array([at]))),
            }
        )
    return rows


def _write_spans(rows, target):
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, SPAN_COLUMNS)
        out.writeheader()
        out.writerows(rows)
