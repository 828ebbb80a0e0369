"""Charts of anomaly scores as PNG files: a series with its flagged spans, and the scores of a table."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from keras_ae.apps.detection.lines import Lines
from keras_ae.files import written_whole
from keras_ae.reports.histogram import score_bins

__all__ = ["merged", "outline", "series_chart", "several_chart", "table_chart"]

MOST_POINTS = 4000
"""Maximum number of points in a line; of longer lines only the extremes of each stretch are shown."""

BOXES = "Last Resort High-Efficiency"
"""The font of matplotlib that has a box for every letter."""

MOST_CHANNELS, MOST_LETTERS = 6, 24
MOST_SERIES = 4
BESIDE = 600
"""What was expected is drawn in spans and over this part of the series beside them."""

FLAGGED, KNOWN, LINE, EXPECTED = "#d0242c", "#2ca02c", "#7b93ad", "#000000"
WIDTH, HEIGHT, DPI = 12, 2.2, 100
"""Width of a chart and height of each of its rows, in inches."""


def series_chart(target: Path, lines: Lines, threshold: float) -> None:
    """Draws each channel over time, and below the scores with their threshold; spans are shaded.

    Args:
        target: The PNG file.
        lines: The lines of the series.
        threshold: A score above it is an anomaly.
    """
    channels = lines.channels(MOST_CHANNELS)
    rows = len(channels) + 1
    figure = Figure((WIDTH, 0.8 + HEIGHT * rows), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    labels = [_label(lines.names[channel], channel + 1) for channel in channels]
    _render(axes, lines, channels, [*labels, {"ylabel": "anomaly score"}], threshold)
    _add_legend(figure, axes[-1], len(lines.flagged), len(lines.known), lines.expected is not None)
    _save(figure, target)


def several_chart(target: Path, each: Mapping[str, Lines], threshold: float) -> None:
    """Draws a channel and the scores of several series, of those first that are flagged most.

    Args:
        target: The PNG file.
        each: The lines of the series by their names.
        threshold: A score above it is an anomaly.
    """
    flagged = {name: sum(last - first for first, last in lines.flagged) for name, lines in each.items()}
    shown = sorted(each, key=lambda name: -flagged[name])[:MOST_SERIES]
    figure = Figure((WIDTH, 0.8 + 2 * HEIGHT * len(shown)), dpi=DPI, layout="constrained")
    axes = figure.subplots(2 * len(shown), 1, squeeze=False)[:, 0]
    for index, name in enumerate(shown):
        pair, lines = axes[2 * index : 2 * index + 2], each[name]
        pair[1].sharex(pair[0])
        channels = lines.channels(1)
        names = [*(lines.names[channel] for channel in channels), "score"]
        labels = [_label(f"{name}: {each_name}", index + 1) for each_name in names]
        _render(pair, lines, channels, labels, threshold)
    spans, known = (sum(len(getattr(each[name], kind)) for name in shown) for kind in ("flagged", "known"))
    _add_legend(figure, axes[-1], spans, known, each[shown[0]].expected is not None)
    _save(figure, target)


def _render(axes, lines, channels, labels, threshold):
    """Draws channels and scores over time, each on axes of its own; what is flagged stands out."""
    shown = [lines.values[:, channel] for channel in channels]
    expected = [None if lines.expected is None else lines.expected[:, channel] for channel in channels]
    red = [*(lines.spans_of(channel) for channel in channels), lines.flagged]
    parts = zip(axes, [*shown, lines.scores], [*expected, None], red, labels, strict=True)
    for axis, line, other, flagged, label in parts:
        index = outline(line)
        axis.plot(lines.times[index], line[index], color=LINE, linewidth=0.7)
        axis.plot(lines.times[index], _near(line, flagged, 0)[index], color=FLAGGED, linewidth=1.3)
        axis.set_ylabel(**label)
        if other is not None:
            margin = max(1, len(line) // BESIDE)
            axis.plot(lines.times[index], _near(other, flagged, margin)[index], color=EXPECTED, linewidth=0.7)
        for spans, color, height in ((lines.flagged, FLAGGED, (0, 1)), (lines.known, KNOWN, (0.94, 1))):
            for first, last in merged(spans, len(line)):
                axis.axvspan(
                    lines.times[first],
                    lines.times[last - 1],
                    *height,
                    color=color,
                    alpha=0.2 if height[0] == 0 else 0.8,
                    linewidth=1,
                )
        axis.margins(x=0.005)
        axis.spines[["top", "right"]].set_visible(False)
    if threshold > 0 and np.nanmax(lines.scores, initial=0.0) > 20 * threshold:
        axes[-1].set_yscale("log")
        axes[-1].set_ylim(bottom=threshold / 100)
    axes[-1].axhline(
        threshold, color=FLAGGED, linewidth=1, linestyle="--", label=f"threshold {threshold:.4g}"
    )


def _near(line, spans, margin):
    """A line in spans and some points beside them; NaN elsewhere."""
    shown = np.full(len(line), np.nan)
    for first, last in spans:
        piece = slice(max(0, first - margin), last + margin)
        shown[piece] = line[piece]
    return shown


def _add_legend(figure, axis, flagged, known, expected):
    """Adds the legend of spans and of the threshold."""
    handles: list[Any] = [Patch(color=FLAGGED, alpha=0.3, label=f"flagged ({flagged})")]
    handles += [Line2D([], [], color=EXPECTED, label="expected")] if expected else []
    if known:
        handles.append(Patch(color=KNOWN, alpha=0.8, label=f"labeled ({known})"))
    handles.append(axis.lines[-1])
    figure.legend(handles=handles, loc="outside upper right", ncols=4, frameon=False)


def table_chart(
    target: Path,
    scores: np.ndarray,
    flags: np.ndarray,
    reference: np.ndarray,
    threshold: float,
    noun: str = "rows",
) -> None:
    """Draws the histogram of scores, flagged ones red, with that of normal examples and the threshold.

    Args:
        target: The PNG file.
        scores: (n,), finite.
        flags: (n,), whether each is an anomaly.
        reference: (m,), scores of the normal examples that calibrated the detector.
        threshold: A score above it is an anomaly.
        noun: What has the scores.
    """
    figure = Figure((8, 4), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    edges, logarithmic = score_bins(np.concatenate([scores, reference]), threshold, 60)
    parts = [np.clip(part, edges[0], edges[-1]) for part in (scores[~flags], scores[flags])]
    axis.hist(parts, edges.tolist(), stacked=True, color=[LINE, FLAGGED], label=[noun, f"flagged {noun}"])
    usual = np.clip(reference, edges[0], edges[-1])
    weights = np.full(len(usual), len(scores) / max(1, len(usual)))
    axis.hist(
        usual, edges.tolist(), weights=weights, histtype="step", color=EXPECTED, label="normal, held back"
    )
    axis.axvline(threshold, color=FLAGGED, linewidth=1, linestyle="--", label=f"threshold {threshold:.4g}")
    if logarithmic:
        axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_ylim(bottom=0.5)
    axis.set_xlabel("anomaly score")
    axis.set_ylabel(f"number of {noun}")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, loc="upper right")  # the best place is slow to find
    _save(figure, target)


def merged(spans: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """Merges spans that are too close to be distinguished in a chart.

    Args:
        spans: Spans as (first, past the last), in order.
        count: Points of the line.

    Returns:
        The spans to show.
    """
    gap, joined = count // MOST_POINTS, list[tuple[int, int]]()
    for first, last in spans:
        if joined and first - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def outline(line: np.ndarray) -> np.ndarray:
    """Thins a long line without losing its extremes.

    Args:
        line: (n,); NaN breaks the line.

    Returns:
        Indices of the lowest and the highest value of each stretch; of all values if there are few.
    """
    if len(line) <= MOST_POINTS:
        return np.arange(len(line))
    edges = np.linspace(0, len(line), MOST_POINTS // 2 + 1).astype(int)
    indices = []
    for first, last in pairwise(edges):
        piece = line[first:last]
        if not np.isfinite(piece).any():
            indices.append(first)
            continue
        indices += sorted({first + int(np.nanargmin(piece)), first + int(np.nanargmax(piece))})
    return np.array(indices)


def _save(figure, target):
    with written_whole(target) as (partial,):
        figure.savefig(partial)


def _label(name: str, position: int) -> dict[str, Any]:
    """A channel's name as `set_ylabel` takes it, in a font that has its letters; its position if none has."""
    short = " ".join(name.split())
    short = short if len(short) <= MOST_LETTERS else short[: MOST_LETTERS - 1] + "…"
    default = font_manager.findfont(font_manager.FontProperties())
    lacking = set(map(ord, short)) - set(font_manager.get_font(default).get_charmap())
    if not lacking:
        return {"ylabel": short, "parse_math": False}
    for font in font_manager.fontManager.ttflist:
        if font.name != BOXES and lacking <= set(font_manager.get_font(font.fname).get_charmap()):
            families = [font_manager.FontProperties().get_name(), font.name]
            return {"ylabel": short, "parse_math": False, "fontfamily": families}
    return {"ylabel": f"channel {position}"}
