"""The scatter plot of a projection as a PNG file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from keras_ae.files import written_whole

__all__ = ["scatter"]

MOST_LABELS = 20
"""Labels with colors of their own; the rarer ones are gray."""

GRAY = "#b0b0b0"
SIDE, DPI = 7.0, 120
"""Side of the plot in inches, and pixels of an inch."""


def scatter(target: Path, coordinates: np.ndarray, labels: Sequence[str] | None, title: str) -> None:
    """Renders points in the plane, one color a label.

    Args:
        target: The PNG file.
        coordinates: (n, 2).
        labels: n texts, or None.
        title: What stands above.
    """
    figure = Figure((SIDE + (1.6 if labels else 0), SIDE), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    size = float(np.clip(10_000 / len(coordinates), 3, 40))
    for name, chosen, color in _colored(labels, len(coordinates)):
        x, y = coordinates[chosen].T
        axes.scatter(x, y, s=size, color=color, label=name, linewidths=0, alpha=0.8)
    axes.set_title(title, parse_math=False)
    axes.set_xticks([])
    axes.set_yticks([])
    if labels:
        legend = figure.legend(loc="outside right upper", markerscale=(70 / size) ** 0.5, frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)
    with written_whole(target) as (partial,):
        figure.savefig(partial)


def _colored(labels, count):
    """(name, positions, color) of each label, in their order."""
    if labels is None:
        return [("", np.arange(count), colormaps["tab10"](0))]
    own = np.asarray(labels)
    frequent = [name for name, _ in Counter(labels).most_common(MOST_LABELS)]
    frequent.sort(key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name))
    colors = colormaps["tab10" if len(frequent) <= 10 else "tab20"]
    found = [(name, np.flatnonzero(own == name), colors(place)) for place, name in enumerate(frequent)]
    rest = np.flatnonzero(~np.isin(own, frequent))
    return ([("others", rest, GRAY)] if len(rest) else []) + found
