"""The report of series: the flagged spans in the whole, the highest of them close up, and a list of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.apps.detection.lines import Lines
from keras_ae.apps.detection.spans import Span
from keras_ae.apps.detection.summary import p_value_text, rarity
from keras_ae.counts import counted
from keras_ae.reports.elements import element
from keras_ae.reports.lines import Panel, line_chart
from keras_ae.reports.page import captioned, folded, paragraphs, section, table

__all__ = ["series_sections"]

MOST_CHANNELS, MOST_SERIES, MOST_ZOOMS = 6, 4, 6
"""Channels of a single series, series of several, and spans close up, at most."""

SHOWN, MOST_LISTED = 50, 1000
"""Spans that are listed at once, and in all."""

BESIDE, LEAST_BESIDE = 2, 24
"""A span close up has points beside it, so many times its own or at least so many."""

LEGEND = (
    "Flagged spans are shaded; the lines of the channels that they come from are red in them. The dashed "
    "red line is the threshold of the anomaly score."
)
LABELED = " Green bars above are anomalies that the file labels."
COLUMNS = {
    "start": "from", "end": "to", "peak": "peak_time", "points": "points", "score": "score",
    "p-value": "p_value", "channel": "channel", "value": "value", "expected": "expected",
    "contributions": "reasons",
}  # fmt: skip
"""The columns of the list of spans, and those of spans.csv that they show."""


def series_sections(
    each: Mapping[str, Lines], spans: Sequence[Span], threshold: float, reading: str
) -> Iterator[Element]:
    """The sections of the report of series.

    Args:
        each: The lines of the series by their names.
        spans: The flagged spans of all, the highest score first.
        threshold: A score above it is an anomaly.
        reading: How the spans are to be read.

    Yields:
        The sections.
    """
    of_series = {name: [span for span in spans if span.series == name] for name in each}
    shown = sorted(each, key=lambda name: -sum(span.last - span.first for span in of_series[name]))
    charts = [
        _whole(name, each[name], of_series[name], threshold, MOST_CHANNELS if len(each) == 1 else 2)
        for name in shown[:MOST_SERIES]
    ]
    left = len(each) - len(charts)
    note = f"{left:,} more series, with fewer flagged points, are left out." if left else ""
    yield section("The whole", charts, *paragraphs([note]))
    if not spans:
        yield section("Spans", *paragraphs(["No point scores above the threshold."]))
    else:
        closer = [part for span in spans[:MOST_ZOOMS] for part in _zoom(each[span.series], span)]
        yield section("The highest spans close up", closer)
        yield _listing(spans, len(each) > 1, reading)


def _whole(name, lines, spans, threshold, most):
    """The chart of one series with the caption."""
    channels = lines.channels(most)
    panels = [
        Panel(lines.names[channel], lines.values[:, channel], red=lines.spans_of(channel))
        for channel in channels
    ]
    panels.append(Panel("anomaly score", lines.scores, threshold=threshold, height=80, red=lines.flagged))
    label = f"{len(spans)} flagged spans in {', '.join(lines.names[channel] for channel in channels)}"
    chart = line_chart(lines.times, panels, lines.flagged, lines.known, label)
    left = len(lines.names) - len(channels)
    more = f" {left:,} channels that contribute less are left out." if left else ""
    caption = f"{LEGEND}{LABELED if lines.known else ''}{more}"
    return element("div", element("h3", name) if name else None, captioned(chart, caption))


def _zoom(lines, span):
    """A span close up: the channels it comes from, with what was expected."""
    count, beside = len(lines.times), max(LEAST_BESIDE, BESIDE * (span.last - span.first))
    low, high = max(0, span.first - beside), min(count, span.last + beside)
    near = slice(low, high)
    fractions = np.nan_to_num(lines.contributions[span.peak])
    fractions = fractions / max(float(fractions.sum()), 1e-30)
    first, *further = np.argsort(-fractions, kind="stable").tolist()
    channels = [first, *(channel for channel in further[:2] if fractions[channel] >= 0.1)]
    expected = lines.expected
    panels = [
        Panel(
            lines.names[channel],
            lines.values[near, channel],
            None if expected is None else expected[near, channel],
            red=_within(lines.spans_of(channel), low, high),
        )
        for channel in channels
    ]
    flagged, known = (_within(spans, low, high) for spans in (lines.flagged, lines.known))
    row = span.row
    title = f"{span.series}: " if span.series else ""
    yield element("h3", f"{title}{row['from']} to {row['to']}")
    yield from paragraphs(
        [f"Score {row['score']}, {rarity(float(row['p_value']))}, peak at {row['peak_time']}: {span.why}."]
    )
    caption = "Dashed: what was expected." if expected is not None else None
    yield captioned(line_chart(lines.times[near], panels, flagged, known, str(span)), caption)


def _within(spans, low, high):
    """Spans from a point on and before another, counted from the first."""
    return [(max(a, low) - low, min(b, high) - low) for a, b in spans if b > low and a < high]


def _listing(spans, several, reading):
    titles = ("series", *COLUMNS) if several else tuple(COLUMNS)
    listed = spans[:MOST_LISTED]
    parts = [_table(titles, listed[:SHOWN], several)]
    if len(listed) > SHOWN:
        parts.append(folded(f"spans {SHOWN + 1} to {len(listed):,}", _table(titles, listed[SHOWN:], several)))
    left = len(spans) - len(listed)
    note = f"{left:,} more stand in spans.csv." if left else ""
    return section(
        f"{counted(len(spans), 'span')}, the highest first",
        *paragraphs([reading]),
        parts,
        *paragraphs([note]),
    )


def _table(titles, spans, several):
    numbers = ("points", "score", "p-value", "value", "expected")
    rows = [
        [*([span.series] if several else []), *(_cell(span.row, name) for name in COLUMNS.values())]
        for span in spans
    ]
    return table(titles, rows, numbers)


def _cell(row, name):
    return p_value_text(float(row[name])) if name == "p_value" else row[name]
