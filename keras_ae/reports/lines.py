"""Charts of lines over time, one panel below the other, with spans that stand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.reports.elements import element
from keras_ae.reports.scales import Scale, number_scale, time_scale
from keras_ae.reports.thinning import line_path, thinned

__all__ = ["Panel", "line_chart"]

WIDTH, LEFT, RIGHT, TOP, GAP, BOTTOM = 1040, 62, 12, 20, 30, 34
"""Pixels: of the whole, beside the panels, above the first, between two, and below the last."""

BAR = 4
"""Pixels that the bar of labeled spans is high, between the name of the first panel and the panel."""

LEAST_BAND = 2.0
"""Pixels that a span is wide at least, so that none is lost."""

MOST_LETTERS = 110
MARKED = 60
"""Up to so many points, each has a dot."""

FAR = 20
"""Scores that many times the threshold have a logarithmic scale."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A line of a chart, on a panel of its own.

    Attributes:
        name: Its name.
        values: (n,), NaN where there is none.
        expected: (n,), a dashed line; None for none.
        threshold: A horizontal line; None for none.
        red: Spans in which the line stands out, as (first, past the last).
        height: In pixels.
    """

    name: str
    values: np.ndarray
    expected: np.ndarray | None = None
    threshold: float | None = None
    red: Sequence[tuple[int, int]] = ()
    height: int = 96


def line_chart(
    times: Sequence[Any] | np.ndarray,
    panels: Sequence[Panel],
    flagged: Sequence[tuple[int, int]] = (),
    known: Sequence[tuple[int, int]] = (),
    label: str = "",
) -> Element:
    """A chart of lines over the same times.

    Args:
        times: (n,), datetime64 or numbers, in ascending order.
        panels: The lines.
        flagged: Spans that are shaded, as (first, past the last).
        known: Spans that are labeled, which have a bar above the panels.
        label: What the chart shows, for those who do not see it.

    Returns:
        The SVG; long lines are thinned, which keeps their extremes.
    """
    scale = time_scale(times, LEFT, WIDTH - RIGHT)
    dated = np.asarray(times).dtype.kind == "M"
    x = scale(np.asarray(times).astype("datetime64[ns]").astype(np.int64) if dated else times)
    tops = TOP + np.cumsum([0, *(panel.height + GAP for panel in panels)])
    parts = [_spans(x, known, TOP - BAR, BAR, "labeled")] if known else []
    for panel, top in zip(panels, tops.tolist(), strict=False):
        parts += _panel(panel, x, top, flagged)
    height = int(tops[-1]) - GAP + BOTTOM
    parts += _time_axis(scale, TOP, height - BOTTOM)
    return element("svg", parts, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=label or None)


def _panel(panel, x, top, flagged):
    """The elements of one panel: its scale, its spans, and its lines."""
    scale = _value_scale(panel, top)
    yield element("text", _short(panel.name), x=LEFT, y=top - BAR - 4, class_="name")
    for value, text in scale.ticks:
        y = float(scale(value))
        yield element("path", d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", class_="grid")
        yield element("text", text, x=LEFT - 6, y=y + 3.5, class_="end")
    yield _spans(x, flagged, top, panel.height, "band")
    yield _line(x, panel.values, scale, "line")
    inside = _inside(panel.values, panel.red)
    if np.isfinite(inside).any():
        yield _line(x, inside, scale, "peak")
    if panel.expected is not None:
        yield _line(x, panel.expected, scale, "expected")
    if panel.threshold is not None and scale.low <= panel.threshold <= scale.high:
        y = float(scale(panel.threshold))
        yield element("path", d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", class_="threshold")
    known = np.isfinite(panel.values)
    if len(x) <= MARKED:
        for a, b in zip(x[known].tolist(), scale(panel.values[known]).tolist(), strict=True):
            yield element("circle", cx=a, cy=b, r=2, class_="calm")


def _value_scale(panel, top):
    """The scale of a panel's values, of what is expected, and of the threshold."""
    lines = [line for line in (panel.values, panel.expected) if line is not None]
    finite = [line[np.isfinite(line)] for line in lines]
    low, high = (
        float(pick([pick(line) for line in finite if len(line)], default=np.nan)) for pick in (min, max)
    )
    if panel.threshold is None or not np.isfinite(panel.threshold):
        return number_scale(low, high, top + panel.height, top)
    bottom, far = top + panel.height, panel.threshold > 0 and high > FAR * panel.threshold
    if far:
        return number_scale(max(min(low, panel.threshold), panel.threshold / 100), high, bottom, top, True)
    return number_scale(np.fmin(low, panel.threshold), np.fmax(high, panel.threshold), bottom, top)


def _line(x: np.ndarray, values: np.ndarray, scale: Scale, class_: str) -> Element:
    across, along = thinned(x, values, WIDTH - LEFT - RIGHT)
    return element("path", d=line_path(across, scale(along)), class_=class_)


def _inside(values, spans):
    """Values of spans and of the points beside them; NaN elsewhere."""
    shown = np.full(len(values), np.nan)
    for first, last in spans:
        shown[max(0, first - 1) : last + 1] = values[max(0, first - 1) : last + 1]
    return shown


def _spans(x, spans, top, height, class_):
    """Spans as one path of rectangles; those that touch are one."""
    edges = []
    for first, last in spans:
        low, high = float(x[first]), float(x[last - 1])
        middle = (low + high) / 2
        low, high = min(low, middle - LEAST_BAND / 2), max(high, middle + LEAST_BAND / 2)
        if edges and low <= edges[-1][1]:
            edges[-1][1] = max(high, edges[-1][1])
        else:
            edges.append([low, high])
    path = "".join(f"M{low:.1f} {top}H{high:.1f}V{top + height}H{low:.1f}Z" for low, high in edges)
    return element("path", d=path, class_=class_)


def _time_axis(scale, top, bottom):
    """The marks of the times, through all panels."""
    texts = [float(scale(value)) for value, _ in scale.ticks]
    shown = [True, *(after - before > 6 for before, after in pairwise(texts))]
    for x, (_, text), show in zip(texts, scale.ticks, shown, strict=False):
        if show:
            yield element("path", d=f"M{x:.1f} {bottom}V{bottom + 4}", class_="grid")
            yield element("text", text, x=x, y=bottom + 16, class_="middle")
    if scale.note:
        yield element("text", scale.note, x=WIDTH - RIGHT, y=bottom + 30, class_="end")


def _short(name):
    name = " ".join(name.split())
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
