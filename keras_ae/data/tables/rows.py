"""The rows of a text: its records without repeated headers, remarks, and what stands below the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.dialect import Dialect
from keras_ae.data.tables.headers import is_remark
from keras_ae.data.tables.records import Record, open_quote
from keras_ae.data.tables.value_cells import is_value
from keras_ae.data.tables.writing import separator_name
from keras_ae.errors import InputError

__all__ = ["RowFilter"]

MOST_BELOW = 10
"""Records below a table at most, such as totals; more are not left out, but refused."""


class RowFilter:
    """Finds the rows among the records of a text, and refuses those of another width.

    Args:
        path: The file.
        dialect: How it is written.

    Attributes:
        repeated: Lines that stand above the rows, too.
        remarks: Lines of remarks.
        below: Records that are no rows, behind the last row so far.
        is_cut: Whether the last line of the file has no end.
    """

    def __init__(self, path: str | Path, dialect: Dialect):
        self.path, self.dialect = path, dialect
        self.repeated: list[int] = []
        self.remarks: list[int] = []
        self.below: list[Record] = []
        self.is_cut = False
        self._after_blank = False

    @property
    def is_waiting(self) -> bool:
        """Whether it depends on the next records what the last ones are."""
        return bool(self.below) or self._after_blank

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, once all records have been read."""
        empty = [record.line for record in self.below if not any(record.cells)]
        filled = [record.line for record in self.below if any(record.cells)]
        kinds = (
            (self.repeated, "line{} from above the rows"),
            (self.remarks, "remark{}"),
            (filled, "line{} below the rows"),
            (empty, "empty row{} at the end"),
        )
        parts = [
            f"{len(lines)} {what.format('s' * (len(lines) > 1))} ({_some(lines)})"
            for lines, what in kinds
            if lines
        ]
        return (f"left out {', '.join(parts)}",) if parts else ()

    def rows(self, records: Iterable[Record]) -> Iterator[list[str]]:
        """The rows among further records.

        Args:
            records: The next records of the text.

        Yields:
            The cells of each row.

        Raises:
            InputError: For a record of another width, with rows below it.
        """
        for record in records:
            if self.dialect.width > 1 and record.is_blank:
                self._after_blank = True
            elif tuple(record.cells) in self.dialect.before:
                self.repeated.append(record.line)
            elif is_remark(record) and (self.dialect.has_remarks or len(record.cells) != self.dialect.width):
                self.remarks.append(record.line)
            elif self._may_be_below(record):
                self.below.append(record)
                self._after_blank = False
            else:
                yield from self._released()
                self._after_blank = False
                yield self._cells(record)

    def end(self) -> None:
        """Refuses what is neither a row nor may stand below the table, once all records have been read.

        Raises:
            InputError: For many records, and for values; but the last line may be cut off.
        """
        filled = [record for record in self.below if any(record.cells)]
        for record in filled:
            if record.end > record.line:
                raise open_quote(str(self.path), record.line)
        last = self.below[-1:] if self.is_cut else []
        for record in filled:
            has_values = all(cell in MISSING or is_value(cell) for cell in record.cells)
            is_short = record in last and len(record.cells) < self.dialect.width
            if len(filled) > MOST_BELOW or (has_values and not is_short):
                self._refuse(record)

    def _released(self) -> Iterator[list[str]]:
        """Records that were taken to be below the table."""
        for record in self.below:
            cells = self._cells(record)
            if cells is not None:
                yield cells
            elif any(record.cells):
                self._refuse(record)
        self.below.clear()

    def _may_be_below(self, record):
        """Whether a record is no row, or none if no rows come behind it."""
        if self.dialect.width > 1 and not any(record.cells):
            return True
        is_below = self._after_blank or bool(self.below)
        return self._cells(record) is None or (is_below and not self.dialect.profile.fits(record.cells))

    def _cells(self, record):
        """The cells of a row, None for a record of another width; a separator may be missing at its end."""
        cells, width = record.cells, self.dialect.width
        if len(cells) == width + 1 and not cells[-1]:
            cells = cells[:-1]
        elif len(cells) == width - 1 and self.dialect.has_end:
            cells = [*cells, ""]
        if width == 1 and not cells:
            cells = [""]
        if len(cells) != width:
            return None
        at = self.dialect.joined
        return (
            cells
            if at < 0
            else [*cells[:at], f"{cells[at]}{self.dialect.separator} {cells[at + 1]}", *cells[at + 2 :]]
        )

    def _refuse(self, record):
        separator = separator_name(self.dialect.separator)
        raise InputError(
            f"expected {len(self.dialect.names)} cells separated by {separator} in each line of {self.path}; "
            f"line {record.line:,} has {len(record.cells)}; correct that line, or remove it"
        )


def _some(lines):
    """The first of many numbers of lines."""
    more = ", ..." if len(lines) > 3 else ""
    return f"line{'s' * (len(lines) > 1)} {', '.join(f'{line:,}' for line in lines[:3])}{more}"
