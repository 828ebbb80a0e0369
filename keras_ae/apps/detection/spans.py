"""The flagged spans of series: where each begins, peaks and ends, and what was expected there."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.apps.detection.summary import rarity
from keras_ae.counts import counted
from keras_ae.data.series.clock import format_times
from keras_ae.data.series.resample import Series, spans
from keras_ae.files import written_whole
from keras_ae.tasks.point_detection import BESIDE

__all__ = ["FALSE_ALARM", "Span", "flagged_spans", "span_points", "write_spans"]

ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d){0,2}(?:[.,]\d+)?)?")
"""Times that are written anew, with a blank and with seconds; others are copied from the file."""

NEAR = 2
"""Contributions are means over a few points; the peak itself is up to so many points off theirs."""

FALSE_ALARM = "false_alarm"
"""The column of a list of anomalies in which a person marks those that are none."""

SPAN_COLUMNS = (
    "from", "to", "points", "score", "p_value", "peak_time", "reasons", "channel", "value", "expected",
    "row", "last_row", FALSE_ALARM,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Span:
    """A run of flagged points.

    Attributes:
        first: Its first point.
        last: One past its last.
        peak: The point of the largest contributions.
        score: The highest score in it.
        row: Its row of spans.csv.
        others: The channels that it comes from beside the one that deviates most, such as "load 20%".
        series: The name of the series, "" for a single one.
        apart: Whether a value at the peak is far from what was expected there.
    """

    first: int
    last: int
    peak: int
    score: float
    row: Mapping[str, str]
    others: str = ""
    series: str = ""
    apart: bool = True

    @property
    def why(self) -> str:
        """The channels that it comes from; of the first the value at the peak and what was expected."""
        row = self.row
        if not row["expected"]:
            return row["reasons"]
        if not self.apart:
            return f"no value is far from the expected one, but means over several are; {row['reasons']}"
        told = f"{row['channel']} {row['value']} where {row['expected']} was expected"
        return f"{told}, also {self.others}" if self.others else told

    def __str__(self) -> str:
        row, named = self.row, f"{self.series}: " if self.series else ""
        when = f"{row['from']} to {row['to']} ({counted(int(row['points']), 'point')})"
        return f"{named}{when}: score {row['score']}, {rarity(float(row['p_value']))}; {self.why}"


def flagged_spans(
    scored: ScoredRows, series: Series, texts: Mapping[int, str] | None = None, name: str = ""
) -> list[Span]:
    """Finds the runs of flagged points in a series.

    Args:
        scored: Scores of the points.
        series: The series.
        texts: The times of points as the file writes them.
        name: The name of the series, where the file has several.

    Returns:
        The runs in the order of time. The row of each holds its first and last time, number of points,
        highest score with its p-value, the time of the largest contributions, and at that time the reasons,
        the channel that deviates most, its value and the expected one, and the numbers of its first and last
        row in the file, from 1.
    """
    found = []
    for points in span_points(scored, series):
        first, end, peak = points
        highest = first + int(np.nanargmax(scored.scores[first : end + 1]))
        own = (texts.get(point, "") for point in points) if texts else ("", "", "")
        begin, to, peak_time = (
            text if text and not ISO.fullmatch(text) else time
            for text, time in zip(own, format_times(series, points), strict=True)
        )
        row = ({"series": name} if name else {}) | {
            "from": begin,
            "to": to,
            "points": str(end + 1 - first),
            "score": f"{scored.scores[highest]:.6g}",
            "p_value": f"{scored.p_values[highest]:.4g}",
            "peak_time": peak_time,
            "reasons": scored.largest(peak),
            **_expectation(scored, series, peak),
            **_rows(series, first, end),
        }
        others = ", ".join(
            f"{own} {part:.0%}" for own, part in scored.fractions(peak) if own != row["channel"]
        )
        # the contributions are squared deviations where what is expected is known
        apart = scored.expected is None or bool(np.nanmax(scored.contributions[first : end + 1]) > BESIDE**2)
        score = float(scored.scores[highest])
        found.append(Span(first, end + 1, peak, score, row, others, name, apart))
    return found


def span_points(scored: ScoredRows, series: Series) -> list[tuple[int, int, int]]:
    """The first and the last point of each run of flagged points, and its peak.

    Args:
        scored: Scores of the points.
        series: The series.

    Returns:
        Three points for each run.
    """
    return [(first, last - 1, _peak(scored, series, first, last)) for first, last in spans(scored.flags)]


def _peak(scored, series, first, last):
    """The point of the largest contributions, or beside it where their channel is farthest from expected."""
    contributions = np.nan_to_num(scored.contributions[first:last])
    peak = first + int(np.argmax(contributions.sum(axis=1)))
    if scored.expected is None:
        return peak
    channel = int(np.argmax(contributions[peak - first]))
    low, high = max(first, peak - NEAR), min(last, peak + NEAR + 1)
    apart = np.abs(series.values[low:high, channel] - scored.expected[low:high, channel])
    return low + int(np.nanargmax(apart)) if np.isfinite(apart).any() else peak


def write_spans(found: Sequence[Span], target: Path, several: bool) -> None:
    """Writes a row for each span.

    Args:
        found: The spans.
        target: The file.
        several: Whether they are of several series, whose names are written.
    """
    columns = ("series", *SPAN_COLUMNS) if several else SPAN_COLUMNS
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, columns, restval="")
        out.writeheader()
        out.writerows(span.row for span in found)


def _rows(series, first, end):
    """The numbers of the first and the last row of a span, "" where the file has none."""
    own = np.flatnonzero((series.rows >= first) & (series.rows <= end))
    return {"row": str(own[0] + 1), "last_row": str(own[-1] + 1)} if len(own) else {"row": "", "last_row": ""}


def _expectation(scored, series, point):
    """The channel that deviates most at a point, its value, and what was expected."""
    if scored.expected is None or not np.isfinite(scored.contributions[point]).any():
        return {"channel": "", "value": "", "expected": ""}
    channel = int(np.nanargmax(scored.contributions[point]))
    each = {"value": series.values, "expected": scored.expected}
    texts = {name: f"{values[point, channel]:.5g}" for name, values in each.items()}
    return {"channel": series.names[channel], **texts}
