"""A chart of a few lines as an image, such as of accuracies against numbers of labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["curves_image"]

INCHES, DOTS = (7.5, 4.5), 110
"""The size of a chart, and its dots per inch."""


def curves_image(
    title: str, lines: Mapping[str, Mapping[float, float]], names: Mapping[float, str] | None = None
) -> np.ndarray:
    """A chart of lines with their points, on a logarithmic x axis.

    Args:
        title: Its title.
        lines: y by x of each line, by its name.
        names: The names of x where it stands for something, such as layers; the axis is linear then.

    Returns:
        (height, width, 3), uint8.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # slow to import, and few runs have curves
    from matplotlib.figure import Figure

    figure = Figure(INCHES, dpi=DOTS, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name, points in lines.items():
        xs = sorted(points)
        axes.plot(xs, [points[x] for x in xs], marker="o", linewidth=1.5, markersize=4, label=name)
    marks = sorted({x for points in lines.values() for x in points})
    if names is None:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xticks(marks, [f"{x:,.0f}" if names is None else names[x] for x in marks])
    if names is not None:
        axes.tick_params("x", labelrotation=30)
    axes.set_title(title, fontsize=11)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
