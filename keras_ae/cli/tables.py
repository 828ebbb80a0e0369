"""Text tables: cells in columns, and the table of a run's metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Columns", "metrics_table"]

MOST_COLUMNS = 10
"""Maximum number of metrics shown as columns; with more, each metric is a line."""

TITLES = {
    "psnr": "PSNR dB",
    "ssim": "SSIM",
    "mse": "MSE",
    "mae": "MAE",
    "crossentropy": "CE nats",
    "excess_crossentropy": "CE excess",
    "nll_nats": "NLL nats",
    "bound_nats": "-ELBO nats",
    "kl": "KL nats",
    "frechet_classifier": "Frechet*",
    "classifier_accuracy": "real read",
    "read_as_wanted": "read as wanted",
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "f1": "F1",
    "false_alarms": "false alarms",
    "vus_pr": "VUS-PR",
    "span_f1": "F1 of spans",
    "count": "number",
}
"""Display names of metrics, by their names in the program."""


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
        longest = (max(map(len, column)) for column in zip(*rows, strict=True))
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
            f"{cell:{width}}" if place < self.left else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(cells, self.widths, strict=False))
        ]
        return self.gap.join([*aligned, *cells[len(self.widths) :]])


def metrics_table(table: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The lines of a table of metrics under one header; a dash where a metric is not defined.

    Args:
        table: Metrics by row and name.

    Yields:
        A line for each row, or for each metric where there are too many to go across.
    """
    names = list(dict.fromkeys(name for metrics in table.values() for name in metrics))
    if not names:
        yield "no example is labeled as an anomaly, so there are no metrics"
        return
    rows = [["", *(TITLES.get(name, name) for name in names)]]
    rows += [[row, *(_cell(name, metrics.get(name)) for name in names)] for row, metrics in table.items()]
    if len(names) > MOST_COLUMNS:
        rows = [list(column) for column in zip(*rows, strict=True)]
    columns = Columns.of(rows, gap=" ", at_least=10)
    yield from map(columns.line, rows)


def _cell(name, value):
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.{2 if abs(value) >= 10 or name == 'psnr' else 5}f}"
