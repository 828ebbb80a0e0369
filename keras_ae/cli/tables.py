"""Text tables: drawn by rich on a terminal, aligned text elsewhere; and the table of a run's metrics."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

__all__ = ["Columns", "metrics_table", "table"]

MOST_COLUMNS = 10
"""Maximum number of metrics shown as columns; with more, each metric is a line."""

ARROWS = "arrows: better"
"""What stands in the corner of a table of metrics."""


@dataclass(frozen=True)
class Columns:
    """The layout of a table: lines of cells, the first columns to the left, the others to the right.

    Attributes:
        widths: Characters of each column; further cells are appended without alignment.
        left: Number of left-aligned columns.
        gap: The text between two columns.
    """

    widths: tuple[int, ...]
    left: int = 1
    gap: str = "  "

    @classmethod
    def of(cls, rows: Iterable[Sequence[str]], left: int = 1, gap: str = "  ", at_least: int = 0) -> Columns:
        """The layout that fits all cells of some rows.

        Args:
            rows: Rows of equally many cells, the titles among them.
            left: Number of left-aligned columns.
            gap: The text between two columns.
            at_least: Minimum width of a right-aligned column.

        Returns:
            The layout.
        """
        longest = (max(map(cell_len, column)) for column in zip(*rows, strict=True))
        widths = (max(at_least, width) if place >= left else width for place, width in enumerate(longest))
        return cls(tuple(widths), left, gap)

    def line(self, cells: Sequence[str]) -> str:
        """One line of the table.

        Args:
            cells: The texts of the columns, and any that follow them.

        Returns:
            The line.
        """
        aligned = [
            cell + blanks if place < self.left else blanks + cell
            for place, (cell, width) in enumerate(zip(cells, self.widths, strict=False))
            for blanks in [" " * (width - cell_len(cell))]
        ]
        return self.gap.join([*aligned, *cells[len(self.widths) :]])


def table(
    rows: Sequence[Sequence[str]],
    left: int = 1,
    gap: str = "  ",
    at_least: int = 0,
    terminal: bool | None = None,
) -> list[str]:
    """The lines of a table.

    Args:
        rows: Rows of equally many cells, the titles first.
        left: Number of left-aligned columns.
        gap: The text between two columns of aligned text.
        at_least: Minimum width of a right-aligned column of aligned text.
        terminal: Whether to draw it for a terminal; None where standard output is one.

    Returns:
        The lines.
    """
    if terminal if terminal is not None else sys.stdout.isatty():
        return _rendered_by_rich(rows, left)
    return [line.rstrip() for line in map(Columns.of(rows, left, gap, at_least).line, rows)]


def _rendered_by_rich(rows, left):
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, title in enumerate(rows[0]):
        drawn.add_column(Text(title), justify="left" if place < left else "right", overflow="fold")
    for row in rows[1:]:
        drawn.add_row(*map(Text, row))  # cells are no markup
    width = shutil.get_terminal_size().columns
    console = Console(file=io.StringIO(), force_terminal=True, width=width)
    console.print(drawn)
    return console.file.getvalue().strip("\n").splitlines()


def metrics_table(
    metrics_by_row: Mapping[str, Mapping[str, float]], terminal: bool | None = None
) -> list[str]:
    """The lines of a table of metrics, with units and arrows; a dash where a metric is not defined.

    Args:
        metrics_by_row: Metrics by row and name.
        terminal: Whether to draw it for a terminal; None where standard output is one.

    Returns:
        A header, and a line for each row, or for each metric where there are too many to go across.
    """
    from keras_ae.metrics.titles import title_of

    names = list(dict.fromkeys(name for metrics in metrics_by_row.values() for name in metrics))
    if not names:
        return ["no example is labeled as an anomaly, so there are no metrics"]
    titles = list(map(title_of, names))
    is_shown = _can_print("".join(title.better for title in titles))
    headings = [title.heading if is_shown else title.text for title in titles]
    corner = ARROWS if is_shown and any(title.better for title in titles) else ""
    rows = [[corner, *headings]]
    rows += [
        [row, *(_cell(name, metrics.get(name)) for name in names)] for row, metrics in metrics_by_row.items()
    ]
    if len(names) > MOST_COLUMNS:
        rows = [list(column) for column in zip(*rows, strict=True)]
    return table(rows, gap=" ", at_least=10, terminal=terminal)


def _can_print(text):
    """Whether standard output takes some characters; a terminal may be set to one of a few."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _cell(name, value):
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.{2 if abs(value) >= 10 or name == 'psnr' else 5}f}"
