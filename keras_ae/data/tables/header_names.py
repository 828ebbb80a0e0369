"""The names of a table's columns, from a header that may have one less or more than rows have cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.headers import Header
from keras_ae.data.tables.numbers import is_number
from keras_ae.data.tables.records import Record
from keras_ae.data.tables.value_cells import is_time, is_value
from keras_ae.errors import InputError

__all__ = ["ROW_NAMES", "ColumnNames", "check_longer", "names_in_header", "without_quotes", "without_title"]

ROW_NAMES = "row_names"
"""The name of a column of row names, for which R writes no name."""

_TIME_NAMES = ("time", "date", "datetime", "timestamp", "day", "month", "year")


class ColumnNames(NamedTuple):
    """The names of a table's columns.

    Attributes:
        names: Each once.
        units: "" for none; () without a line of units.
        joined: The index of a cell that is one with the next, in dates such as Jan 31, 2024 without quotes;
            or -1.
        has_row_names: Whether the first column is one of row names, for which the header has no name.
    """

    names: tuple[str, ...]
    units: tuple[str, ...] = ()
    joined: int = -1
    has_row_names: bool = False


def without_title(header: Header, records: Sequence[Record], width: int) -> Header:
    """A header, unless it is the title of two columns without names.

    Args:
        header: The header.
        records: Records at the beginning of the text.
        width: Cells of a row.

    Returns:
        The header; none for a title.
    """
    rows = [record.cells for record in records[header.rows :] if len(record.cells) == width]
    if (
        len(header.names) == 1
        and width == 2
        and not (_ends_empty(rows) or _are_row_names(rows, header.names))
    ):
        return Header((), (), header.rows, None)
    return header


def names_in_header(header: Header, rows: Sequence[Sequence[str]], width: int, where: str) -> ColumnNames:
    """The names of a table's columns.

    Args:
        header: The header.
        rows: Cells of some rows.
        width: Their number in a row.
        where: What the file is called.

    Returns:
        The names, of which there may be one less than cells: where a separator ends each row, or stands in
        times.

    Raises:
        InputError: For a header with fewer names than columns.
    """
    if not header.names:
        return ColumnNames(tuple(f"column_{position}" for position in range(1, width + 1)))
    names, units, joined = without_quotes(header.names), without_quotes(header.units), -1
    has_row_names = False
    if len(names) == width + 1 or (len(names) == width and not names[-1] and _ends_empty(rows)):
        names, units = names[:-1], units[: len(names) - 1]
    elif len(names) == width - 1 and not _ends_empty(rows):
        joined = next((at for at in range(width - 1) if _is_parted_time(rows, at)), -1)
        has_row_names = joined < 0
    if has_row_names:
        if not _are_row_names(rows, names):
            raise _other_names(names, width, where)
        names, units = [ROW_NAMES, *names], ["", *units] if units else []
    plain = [" ".join(name.split()) for name in names]
    padded = (units + [""] * len(names))[: len(names)] if units else []
    return ColumnNames(distinct_names(plain), tuple(padded), joined, has_row_names)


def without_quotes(cells: Sequence[str]) -> list[str]:
    """Cells without the single quotes around each of them, as WFDB and MATLAB write texts.

    Args:
        cells: The cells.

    Returns:
        The cells, as they are where not all that hold something are quoted.
    """
    are_quoted = all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells if cell)
    return [cell[1:-1] if are_quoted and cell else cell for cell in cells]


def check_longer(names: Sequence[str], width: int, where: str) -> None:
    """Refuses a line above the rows that seems to be a header of more names than there are columns.

    Args:
        names: Its cells.
        width: Cells of a row.
        where: What the file is called.

    Raises:
        InputError: It has more names.
    """
    if len(names) > width and not any(map(is_value, names)):
        raise _other_names(names, width, where)


def _other_names(names, width, where):
    some = f"{', '.join(names[:30])}{', ...' if len(names) > 30 else ''}"
    return InputError(
        f"expected a name for each of {width} columns in the header of {where}, received {len(names)} "
        f"({some}); add those that are missing, or remove the others"
    )


def _ends_empty(rows):
    """Whether every row ends in an empty cell, as separators at the ends of lines make them."""
    return bool(rows) and not any(row[-1] for row in rows)


def _are_row_names(rows, names):
    """Whether the first cells of rows are row names as R writes them, without a name in the header."""
    first = [row[0] for row in rows]
    if len(set(first)) < len(first) or not all(first):
        return False
    if all(map(is_number, first)):
        return all(map(str.isdecimal, first))
    is_time_named = any(name in names[0].lower() for name in _TIME_NAMES)
    return not (is_time(first[0]) and is_time_named and not is_time(rows[0][1]))


def _is_parted_time(rows, at):
    """Whether the separator stands inside the times of a column, without quotes: Jan 31, 2024."""
    pairs = [(row[at], row[at + 1]) for row in rows]
    return bool(pairs) and all(
        re.fullmatch(r"[^\W\d_]{3,9}\.? \d{1,2}", one) and re.match(r"\d{4}(?![-/.\d])", other)
        for one, other in pairs
    )
