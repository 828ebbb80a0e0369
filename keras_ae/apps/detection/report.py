"""What was found, as files: the rows with their scores, the flagged spans of a series, a chart."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.charts import series_chart, table_chart
from keras_ae.apps.detection.scoring import Detector, Scored
from keras_ae.data.series.resample import Series, spans
from keras_ae.data.series.windows import format_times, has_times
from keras_ae.data.tables.csv_file import detect_dialect

MOST_TOLD = 20
"""Spans that are told on the way; the file has all of them."""


def write(
    detector: Detector, scored: Scored, series: Series | None, source: Path, folder: Path
) -> Iterator[str]:
    """Writes a file's scored rows, spans and chart into a folder, and tells of each."""
    fitted = detector.fitted
    rows = np.arange(len(scored.scores)) if series is None else series.rows
    write_rows(scored, rows, source, folder / "scored.csv")
    known = scored.flags[np.isfinite(scored.scores)]
    yield f"{int(known.sum()):,} of {len(known):,} {'rows' if series is None else 'points'} are flagged"
    yield f"threshold {fitted.value:.6g}: {fitted.method}; {fitted.guarantee}"
    if series is None:
        table_chart(folder / "plot.png", scored.scores, detector.reference, fitted.value)
    else:
        found = flagged_spans(scored, series)
        _write_spans(found, folder / "spans.csv")
        for span in found[:MOST_TOLD]:
            yield f"{span['from']} to {span['to']}: score {span['score']}, {span['because']}"
        if len(found) > MOST_TOLD:
            yield f"and {len(found) - MOST_TOLD} spans more"
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


def write_rows(scored: Scored, rows: np.ndarray, path: Path, target: Path) -> None:
    """A copy of a file with columns for each row's score, p-value, whether it is an anomaly, and why.

    rows: (rows of the file,), which of the scores is whose. A row without a score has empty cells there.
    """
    form = detect_dialect(path)
    flagged = np.flatnonzero(scored.flags)
    reasons = dict(zip(flagged.tolist(), scored.reasons(flagged), strict=True))
    added = ["score", "p_value", "is_anomaly", "because"]
    with (
        open(path, encoding=form.encoding, newline="") as source,
        open(target, "w", encoding="utf-8", newline="") as written,
    ):
        lines = csv.reader(source, delimiter=form.separator, skipinitialspace=True)
        for _ in range(form.blank):
            next(lines)
        # in a single column an empty line is a missing value, else it is none
        lines = (line for line in lines if len(form.names) == 1 or len(line) > 1 or any(map(str.strip, line)))
        out = csv.writer(written, delimiter=form.separator)
        out.writerow([*form.names, *added])
        if form.headed:
            next(lines)
        for place, line in zip(rows, lines, strict=True):
            score = scored.scores[place]
            if np.isfinite(score):
                cells = [f"{score:.6g}", f"{scored.p_values[place]:.4g}", str(int(scored.flags[place]))]
                cells = [cell.replace(".", ",") for cell in cells] if form.decimal_commas else cells
            else:
                cells = ["", "", ""]
            out.writerow([*line, *cells, reasons.get(int(place), "")])


def flagged_spans(scored: Scored, series: Series) -> list[dict[str, str]]:
    """Each run of flagged points: when it begins, ends and is highest, and what it is for."""
    found = []
    for first, last in spans(scored.flags):
        peak = first + int(np.nanargmax(scored.scores[first:last]))
        at = first + int(np.nanargmax(np.nansum(scored.because[first:last], axis=1)))
        begin, end, most = format_times(series.times[[first, last - 1, at]])
        found.append(
            {
                "from": begin,
                "to": end,
                "points": str(last - first),
                "score": f"{scored.scores[peak]:.6g}",
                "p_value": f"{scored.p_values[peak]:.4g}",
                "most_unlike": most,
                "because": next(scored.reasons(np.array([at]))),
            }
        )
    return found


SPAN = ("from", "to", "points", "score", "p_value", "most_unlike", "because")


def _write_spans(found, target):
    with open(target, "w", encoding="utf-8", newline="") as written:
        out = csv.DictWriter(written, SPAN)
        out.writeheader()
        out.writerows(found)
