"""The header of a table: where it stands among the first lines, with lines before it and units below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.numbers import is_number
from keras_ae.data.tables.profile import Profile
from keras_ae.data.tables.records import Record
from keras_ae.data.tables.units import are_types, are_units
from keras_ae.data.tables.value_cells import is_time, is_value
from keras_ae.errors import InputError

__all__ = ["MOST_ROWS", "Header", "find_header", "header_at", "is_remark", "names_among_rows"]

MOST_ROWS = 200
"""Rows that tell what the columns are like, at most."""

FEWEST_ROWS = 3
"""The last rows that tell it where there are few."""

MOST_ABOVE = 20
"""Lines above a header that look like rows, at most."""

YEARS = range(1800, 2201)


@dataclass(frozen=True)
class Header:
    """The header of a table.

    Attributes:
        names: Cells of the header; () where there is none.
        units: Cells of the line of units below it; () where there is none.
        rows: The number of records before the first row of values.
        names_at: The index of the header's record; None where there is none.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    rows: int
    names_at: int | None

    @property
    def are_plain(self) -> bool:
        """Whether the names differ, and none of them is a value."""
        return (
            all(self.names) and len(set(self.names)) == len(self.names) and not any(map(is_value, self.names))
        )


def find_header(records: Sequence[Record], width: int) -> Header:
    """Finds the header of a table.

    Args:
        records: Records at the beginning of a text.
        width: Cells of a row.

    Returns:
        The header.
    """
    whole = [index for index, record in enumerate(records) if _is_row(record, width)]
    profile = _profile(records, whole)
    fitting = (index for index in whole if profile.fits(records[index].cells))
    found = next(fitting, None)
    first = [*whole, 0][0] if found is None else found
    while found is not None and not _leads_on(records, found, width):
        found = next(fitting, None)
    first = first if found is None else found
    first = _with_incomplete(records, first, width, profile)
    start = records[first].cells
    later = [record.cells for record in records[first + 1 :] if len(record.cells) == width]
    if all(kind == "text" for kind in profile.columns):
        is_named = any(cell not in MISSING for cell in start) and not any(map(is_value, start))
        return Header(tuple(start), (), first + 1, first) if is_named else _above(records, first, width)
    header = _above(records, first, width)
    behind = 0 if header.names else _names_behind_a_gap(records, first, width, profile)
    if behind:
        return _above(records, behind, width)
    if not header.names and later and _are_names(start, later):
        return Header(tuple(start), (), first + 1, first)
    return header


def header_at(records: Sequence[Record], width: int, line: int, where: str) -> Header:
    """The header in a line.

    Args:
        records: Records at the beginning of a text.
        width: Cells of a row.
        line: The line, from 1; 0 for a table without a header.
        where: What the text is called.

    Returns:
        The header.

    Raises:
        InputError: The line is empty, or there is none.
    """
    if line == 0:
        first = next((at for at, one in enumerate(records) if _is_row(one, width)), 0)
        return Header((), (), first, None)
    at = next((at for at, one in enumerate(records) if one.line <= line <= one.end), None)
    if at is None or records[at].is_blank:
        raise InputError(
            f"expected names of columns in line {line} of {where}, which is empty; see data.header"
        )
    names = _names_in_remark(records[at], width) or tuple(records[at].cells)
    has_units = at + 1 < len(records) and are_units(records[at + 1].cells, list(names))
    units = tuple(records[at + 1].cells) if has_units else ()
    return Header(names, units, at + 1 + has_units, at)


def names_among_rows(records: Sequence[Record], header: Header, width: int) -> Header | None:
    """A line among the first rows that may be the header, where what stands above it may be no rows.

    Args:
        records: Records at the beginning of a text.
        header: The header that was found.
        width: Cells of a row.

    Returns:
        The header that it would be; None where there is none.
    """
    whole = [index for index, record in enumerate(records) if _is_row(record, width)]
    profile, above = _profile(records, whole), list[str]()
    for index in [index for index in whole if index >= header.rows][:MOST_ABOVE]:
        cells = records[index].cells
        below = [at for at in whole if at > index]
        if below and are_units(records[below[0]].cells, cells):
            below.pop(0)
        if len(below) > min(len(above) + 1, 2) and profile.tells_apart(cells):
            other = _above(records, below[0], width)
            entries = {records[at].cells[0] for at in below}
            is_one = other.names == tuple(cells) != header.names and other.are_plain
            all_fit = not any(profile.tells_apart(records[at].cells) for at in below)
            if is_one and all_fit and entries.isdisjoint([*above, cells[0]]):
                return other
        above.append(cells[0])
    return None


def _profile(records, whole):
    """The profile of the last rows, without what stands below the table behind a blank line."""
    rows = list(whole)
    while len(rows) > 2 and records[rows[-1] - 1].is_blank:
        rows.pop()
    cells = [records[index].cells for index in rows]
    begin = min(2 * len(cells) // 3, max(len(cells) - FEWEST_ROWS, 1))
    return Profile.of(cells[begin:][:MOST_ROWS])


def _with_incomplete(records, first, width, profile):
    """The index of the first row, with those above it that lack the values that tell rows from a header."""
    while (
        first
        and _is_row(records[first - 1], width)
        and not profile.tells_apart(records[first - 1].cells)
        and any(cell not in MISSING for cell in records[first - 1].cells)
        and any(kind != "text" for kind in profile.columns)
    ):
        first -= 1
    return first


def _names_behind_a_gap(records, first, width, profile):
    """The index of the first row below names behind a blank line, where only a few lines like rows are above.

    It is 0 if there are no such names.
    """
    for index in range(first + 1, min(first + MOST_ABOVE, len(records) - 1)):
        record, row = records[index], records[index + 1]
        is_names = records[index - 1].is_blank and _is_row(record, width) and not profile.fits(record.cells)
        if is_names and _is_row(row, width) and profile.fits(row.cells):
            return index + 1
    return 0


def _leads_on(records, index, width):
    """Whether the next record is a row, too, or there is none."""
    further = (record for record in records[index + 1 :] if not record.is_blank and not is_remark(record))
    cells = next(further, records[index]).cells
    return len(cells) == width or (len(cells) == width + 1 and not cells[-1])


def _above(records, first, width):
    """The header among the records before the first row."""
    found: list[int] = []  # from below
    is_apart = False
    for index in reversed(range(first)):
        record, cells = records[index], records[index].cells
        if not found and index and cells[:1] == ["%"] and are_units(cells, records[index - 1].cells):
            found.append(index)
        elif record.is_blank or is_remark(record):
            is_apart |= record.is_blank
            names = _names_in_remark(record, width)
            if found and not is_apart and cells[0].lower() == "#types":  # Ignition's, below names
                found.clear()
                continue
            if found:
                break
            if names:
                return Header(names, (), first, index)
        elif (
            len(cells) == width
            or (len(cells) == width - 1 and not is_apart)
            or (len(cells) == width + 1 and not cells[-1])
        ):
            found.append(index)
        else:
            break
    if not found:
        return Header((), (), first, None)
    units: tuple[str, ...] = ()
    while len(found) > 1 and _has_marks(records[found[0]].cells) and not _has_marks(records[found[1]].cells):
        first = found.pop(0)  # a row of missing values, such as ?
    while len(found) > 1:
        below, above = records[found[0]].cells, records[found[1]].cells
        if are_units(below, above):
            units = tuple(below)
        elif not are_types(below, above) and not _are_gaps(below, [records[at].cells for at in found[1:]]):
            break
        found.pop(0)
    names = records[found[0]].cells
    names = _in_groups(names, records[found[1]].cells) if len(found) > 1 else names
    return Header(tuple(names), units, first, found[0])


def _has_marks(cells):
    """Whether cells stand for missing values, and are not merely empty."""
    return any(cell in MISSING for cell in cells if cell not in ("", "-"))


def _are_gaps(below, above):
    """Whether a line names fewer columns than one above it, which names all: ticks, flags, levels."""
    names = [cells for cells in above if len(cells) == len(below) and all(cells)]
    return not all(below) and any(not any(map(is_time, cells)) for cells in names)


def _in_groups(names, above):
    """Repeated names behind those of their groups, which stand above, each over the first of its columns."""
    if len(set(names)) == len(names) or len(above) != len(names):
        return names
    groups = accumulate(above, lambda group, cell: cell or group)
    joined = [" ".join(filter(None, pair)) for pair in zip(groups, names, strict=True)]
    return joined if len(set(joined)) == len(joined) else names


def is_remark(record: Record) -> bool:
    """Whether a record begins as remarks do.

    Args:
        record: The record.

    Returns:
        Whether it does.
    """
    if not record.cells or record.is_blank:
        return False
    first = record.cells[0]
    if first.startswith(("#", "%", "//")) or (first and first[0] not in "-=+:"):
        return first[0] in "#%/"
    is_rule = all(len(cell) > 1 and not cell.strip("-=+:") for cell in record.cells if cell)
    return is_rule and any(record.cells)


def _is_row(record, width):
    return len(record.cells) == width and not record.is_blank and not is_remark(record)


def _names_in_remark(record, width):
    """The names in a header behind the mark of a remark, as NumPy writes it; () if there are none."""
    if record.is_blank:
        return ()
    cells = list(record.cells)
    if len(cells) == width + 1 and not cells[0].strip("#%/ "):
        cells = cells[1:]
    elif cells[0].strip("#%/ "):
        cells[0] = cells[0].lstrip("#%/ ")
    is_header = len(cells) == width > 1 and all(cell.strip("-=+:") for cell in cells)
    return tuple(cells) if is_header and not any(map(is_value, cells)) else ()


def _are_names(start, later):
    """Whether numbers are names of columns: years or a count, beside rows that are none."""
    at = [index for index, cell in enumerate(start) if is_number(cell)]
    numbers = [start[index] for index in at]
    bodies = [[row[index] for index in at] for row in later]
    if not _are_a_count(numbers) or any(map(is_time, start)) or any(map(_are_a_count, bodies)):
        return False
    if len(numbers) > 3 and numbers == [str(index) for index in range(len(numbers))]:
        return True
    if len(numbers) < 3 and not all(int(number) in YEARS for number in numbers):
        return False
    return not any(cell == name for row in bodies for cell, name in zip(row, numbers, strict=True))


def _are_a_count(numbers):
    """Whether numbers are whole and rise by equal steps."""
    if len(numbers) < 2 or not all(map(str.isdecimal, numbers)):
        return False
    steps = {int(after) - int(number) for number, after in pairwise(numbers)}
    return len(steps) == 1 and min(steps) > 0
