"""Records of a text: its lines, cut into cells; quoted cells may hold line ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keras_ae.errors import InputError

__all__ = ["BLANKS", "Record", "cut", "open_quote"]

BLANKS = " "
"""The separator of cells between which stand any number of blanks and tabs."""


class Record(NamedTuple):
    """The cells of a line, or of more lines where quoted cells hold line ends.

    Attributes:
        line: Its first line's number, from 1.
        end: Its last line's number.
        cells: The cells without the blanks around them.
    """

    line: int
    end: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        """Whether it has no cells, or a single empty one."""
        return len(self.cells) < 2 and not any(self.cells)


def cut(lines: Iterable[str], separator: str, before: int = 0, where: str = "the file") -> Iterator[Record]:
    """Cuts lines into records.

    Args:
        lines: Lines, each with its end.
        separator: Between cells.
        before: The number of lines before these.
        where: What the file is called in messages.

    Yields:
        The records.

    Raises:
        InputError: For a quoted cell without an end.
    """
    if separator == BLANKS:
        lines = (" ".join(line.replace("\t", " ").split(" ")).rstrip() for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    end = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise open_quote(where, before + end + 1) from error
        line, end = end + 1, reader.line_num
        yield Record(before + line, before + end, [cell.strip() for cell in cells])


def open_quote(where: str, line: int) -> InputError:
    """The error about a quoted cell without an end.

    Args:
        where: What the file is called.
        line: The line in which the cell begins.

    Returns:
        The error.
    """
    return InputError(
        f'{where} has a quoted cell that does not end, from line {line:,} on; close its quotes ("), '
        "or remove them"
    )
