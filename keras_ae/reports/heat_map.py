"""A heat map: a table of cells that are the stronger, the larger a fraction is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.reports.elements import element

__all__ = ["heat_map"]

LEFT, TOP, CELL, HEIGHT, MOST_LETTERS = 150, 108, 34, 17, 22
FAINTEST = 0.01
"""A smaller fraction leaves its cell empty."""


def heat_map(
    fractions: np.ndarray, rows: Sequence[str], columns: Sequence[str], explain: Callable[[int, int], str]
) -> Element:
    """A chart of fractions by row and column.

    Args:
        fractions: (rows, columns), in [0, 1].
        rows: Their names.
        columns: Their names, which are written upright.
        explain: (row, column) -> what is shown of a cell that is pointed at.

    Returns:
        The SVG.
    """
    width, height = LEFT + CELL * len(columns) + 70, TOP + HEIGHT * len(rows) + 6
    parts = [
        element("rect", x=LEFT, y=TOP, width=CELL * len(columns), height=HEIGHT * len(rows), class_="ground")
    ]
    for column, name in enumerate(columns):
        x = LEFT + CELL * column + CELL / 2 + 3
        turned = f"rotate(-50 {x:.1f} {TOP - 6})"
        parts.append(element("text", _short(name), element("title", name), x=x, y=TOP - 6, transform=turned))
    for row, name in enumerate(rows):
        y = TOP + HEIGHT * row
        parts.append(
            element("text", _short(name), element("title", name), x=LEFT - 8, y=y + 12.5, class_="end")
        )
        parts += [
            _cell(float(fractions[row, column]), LEFT + CELL * column, y, explain(row, column))
            for column in range(len(columns))
            if fractions[row, column] >= FAINTEST
        ]
    return element(
        "svg", parts, viewBox=f"0 0 {width} {height}", role="img", style=f"max-width:{width}px",
        aria_label="contributions of columns to the scores of rows",
    )  # fmt: skip


def _cell(fraction, x, y, text):
    return element(
        "rect", element("title", text), x=x + 1, y=y + 1, width=CELL - 2, height=HEIGHT - 2, class_="cell",
        fill_opacity=f"{fraction:.2f}",
    )  # fmt: skip


def _short(name):
    name = " ".join(name.split())
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
