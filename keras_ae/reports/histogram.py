"""The histogram of anomaly scores: normal ones calm, flagged ones standing out."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.reports.elements import element
from keras_ae.reports.scales import number_scale

__all__ = ["histogram", "score_bins"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1040, 250, 62, 12, 14, 44
BINS = 72
WIDE = 20
"""Scores whose highest is that many times their median have a logarithmic scale."""


def score_bins(scores: np.ndarray, threshold: float, bins: int = BINS) -> tuple[np.ndarray, bool]:
    """The edges of the bins of anomaly scores.

    Args:
        scores: (n,), finite.
        threshold: A score above it is an anomaly; it is an edge.
        bins: How many there are, about.

    Returns:
        The edges, and whether they have equal ratios.
    """
    both = np.append(scores, threshold) if np.isfinite(threshold) else scores
    low, high = (float(pick(both)) for pick in (np.min, np.max))
    positive = both[both > 0]
    logarithmic = low >= 0 and len(positive) > 1 and high > WIDE * float(np.median(positive))
    if logarithmic:
        low = max(float(positive.min()), high * 1e-9, float(np.median(positive)) * 1e-3)
        edges = np.geomspace(low, high * (1 + 1e-6), bins + 1)
    else:
        edges = np.linspace(low, high + max((high - low) * 1e-6, 1e-9), bins + 1)
    if np.isfinite(threshold) and edges[0] < threshold < edges[-1]:
        nearest = 1 + int(np.argmin(np.abs(edges[1:-1] - threshold)))
        edges[nearest] = threshold + 1e-6 * (edges[nearest + 1] - threshold)  # itself it is normal
    return edges, logarithmic


def histogram(
    scores: np.ndarray, flags: np.ndarray, reference: np.ndarray, threshold: float, noun: str = "rows"
) -> Element:
    """A chart of how many rows have which score.

    Args:
        scores: (n,), finite.
        flags: (n,), whether each is an anomaly.
        reference: (m,), scores of the normal examples that calibrated the threshold, outlined and scaled to
            as many rows.
        threshold: A score above it is an anomaly.
        noun: What is counted.

    Returns:
        The SVG; numbers of rows have a logarithmic scale, so that a single one can be seen.
    """
    edges, logarithmic = score_bins(np.concatenate([scores, reference]), threshold)
    normal, flagged = (_counts(part, edges) for part in (scores[~flags], scores[flags]))
    usual = _counts(reference, edges) * (len(scores) / max(1, len(reference)))
    most = float(max((normal + flagged).max(), usual.max(), 1))
    x = number_scale(edges[0], edges[-1], LEFT, WIDTH - RIGHT, logarithmic, count=8)
    y = number_scale(0.5, 1.5 * most, HEIGHT - BOTTOM, TOP, True)
    parts = [_grid(y), _bars(x(edges), normal, y, "calm"), _bars(x(edges), flagged, y, "flagged")]
    parts += [element("path", d=_steps(x(edges), y(np.maximum(usual, 0.5))), class_="outline")]
    if np.isfinite(threshold):
        at = float(x(threshold))
        parts.append(element("path", d=f"M{at:.1f} {TOP}V{HEIGHT - BOTTOM}", class_="threshold"))
    for value, text in x.ticks:
        parts.append(element("text", text, x=float(x(value)), y=HEIGHT - BOTTOM + 16, class_="middle"))
    parts.append(element("text", "anomaly score", x=WIDTH - RIGHT, y=HEIGHT - 10, class_="end"))
    parts.append(element("text", f"number of {noun}", x=LEFT, y=HEIGHT - 10))
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", parts, viewBox=box, role="img", aria_label="histogram of anomaly scores")


def _counts(scores, edges):
    return np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0]


def _grid(scale):
    lines = [
        (element("path", d=f"M{LEFT} {float(scale(value)):.1f}H{WIDTH - RIGHT}", class_="grid"),
         element("text", text, x=LEFT - 6, y=float(scale(value)) + 3.5, class_="end"))
        for value, text in scale.ticks
    ]  # fmt: skip
    return element("g", [part for pair in lines for part in pair])


def _bars(edges, counts, scale, class_):
    """Bars of a count each, as one path."""
    bottom, tops = HEIGHT - BOTTOM, scale(np.maximum(counts, 0.5))
    bars = zip(edges[:-1].tolist(), edges[1:].tolist(), tops.tolist(), counts.tolist(), strict=True)
    path = "".join(
        f"M{low:.1f} {bottom}V{top:.1f}H{max(high - 0.7, low + 0.7):.1f}V{bottom}Z"
        for low, high, top, count in bars
        if count
    )
    return element("path", d=path, class_=class_)


def _steps(edges, tops):
    middle = "".join(f"V{top:.1f}H{edge:.1f}" for edge, top in zip(edges[1:], tops, strict=True))
    return f"M{edges[0]:.1f} {HEIGHT - BOTTOM}{middle}V{HEIGHT - BOTTOM}"
