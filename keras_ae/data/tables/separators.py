"""The separator of a text's cells: the one that parts its rows alike, into values, as its header is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.header_names import names_in_header, without_title
from keras_ae.data.tables.headers import Header, find_header, header_at, is_remark
from keras_ae.data.tables.numbers import is_number
from keras_ae.data.tables.records import BLANKS, Record, cut
from keras_ae.data.tables.value_cells import is_value
from keras_ae.data.tables.writing import SINGLE, Writing, separator_name, setting_of
from keras_ae.errors import InputError

__all__ = ["Parted", "part"]

SEPARATORS = "\t;|,~^:"
"""Those that are looked for, in the order in which they are preferred; then blanks."""

MOST_BELOW = 10
"""Lines below a table at most."""

LOOKED_AT = 100
"""Records at the end of a text's beginning that tell the width of its rows."""

ALIKE = 0.6
"""Fraction of rows that a separator parts alike, at least."""

AS_GOOD = 0.05
"""Difference in fitness up to which nothing decides between two separators."""

UNDOUBTED = "\t;|~^"
"""Separators before which blanks give way where both part rows alike."""

_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")
_CLOCK = re.compile(r"(?<![\d.])\d{1,2}\n[0-5]\d(?!\d)")
_NAMED = re.compile(r"\"?sep=([\t!-/:-@\[-`{-~])\"?[;,\t ]*", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Parted:
    """Lines at the beginning of a text, parted by a separator.

    Attributes:
        separator: Between cells; `BLANKS`, or `SINGLE` where nothing parts the lines.
        records: The records.
        width: Cells of a row.
        header: The header.
        is_doubtful: Whether nothing decides for this separator or header but an earlier file.
    """

    separator: str
    records: list[Record]
    width: int
    header: Header
    is_doubtful: bool = False

    @property
    def fitness(self) -> float:
        """How far rows are alike, many, and of values, below as many names as they have cells."""
        rows, alike = self._rows()
        if len(alike) < ALIKE * len(rows) or not alike:
            return 0.0
        read = len(alike) / (len(alike) + len(self._above()))
        return (
            (len(alike) / len(rows)) ** 2 * read**0.5 * (_values(alike[-100:]) + 0.4 * self._heading(alike))
        )

    @property
    def is_plain(self) -> bool:
        """Whether all rows are alike, below as many names, and no column is one of several numbers."""
        rows, alike = self._rows()
        if not alike or len(alike) < len(rows) or self._heading(alike) < 1:
            return False
        return not any(all(map(_are_several, column)) for column in zip(*alike, strict=True))

    def _above(self):
        """The records above the rows."""
        return [one for one in self.records[: self.header.rows] if not one.is_blank and not is_remark(one)]

    def _rows(self):
        """The records below the header, without those below the table; and the cells of those of a row."""
        rows = [one for one in self.records[self.header.rows :] if not one.is_blank and not is_remark(one)]
        alike = [one.cells for one in rows if len(one.cells) == self.width]
        below = next((at for at, one in enumerate(reversed(rows)) if len(one.cells) == self.width), 0)
        return rows[: len(rows) - min(below, MOST_BELOW, len(alike))], alike

    def _heading(self, rows):
        """Whether the header has as many names as there are columns; a half where nothing is above rows."""
        if not self.header.names:
            return 0.0 if self._above() else 0.5
        try:
            names = names_in_header(self.header, rows, self.width, "")
        except InputError:
            return 0.0
        return 0.5 if names.has_row_names or any(map(is_value, names.names)) else 1.0


def part(lines: Sequence[str], is_cut: bool, where: str, known: Writing, in_doubt: Writing) -> Parted:
    """Parts the lines of a text by the separator that parts its rows alike, into values.

    Args:
        lines: Lines at its beginning.
        is_cut: Whether there are more.
        where: What the text is called in messages.
        known: How it is written.
        in_doubt: How to read it where nothing decides.

    Returns:
        The parted lines.

    Raises:
        InputError: Nothing decides between several separators.
    """
    if separator := known.separator or _separator_in(lines):
        return _parted(lines, separator, is_cut, where, known.header)
    bare = [line for line in lines if not line.startswith(("#", "%", "//"))] or lines
    if "," not in bare[0] and len(bare) > 1 and all(map(_COMMA.fullmatch, filter(str.strip, bare[1:]))):
        return _parted(lines, SINGLE, is_cut, where, known.header)
    found = []
    for one in (*SEPARATORS, BLANKS):
        if one != BLANKS and sum(one in line for line in lines[-LOOKED_AT:]) < 2:
            continue
        try:
            parted = _parted(lines, one, is_cut, where, known.header)
        except InputError:
            continue
        if parted.width > 1 and not _parts_quotes(lines, one) and not (one == ":" and _parts_clocks(parted)):
            found.append((parted.fitness, parted))
    if any(one.separator in UNDOUBTED and one.is_plain for _, one in found):
        found = [(fitness, one) for fitness, one in found if one.separator != BLANKS]
    best = max((fitness for fitness, _ in found), default=0.0)
    chosen = [parted for fitness, parted in found if fitness > max(best - AS_GOOD, 0)]
    return (
        _decided(chosen, where, in_doubt.separator)
        if chosen
        else _parted(lines, SINGLE, is_cut, where, known.header)
    )


def _separator_in(lines):
    """The separator that the first line names, as Excel reads it: "sep=;"; "" if it is another line."""
    named = _NAMED.fullmatch(lines[0].strip("\n"))
    return named[1] if named else ""


def _parted(lines, separator, is_cut, where, line):
    """Lines, parted by a separator."""
    records = list(cut(lines, separator, where=where))
    if is_cut and len(records) > 1:
        records.pop()  # a quoted cell may be cut off
    if _separator_in(lines):
        records.pop(0)
    if all(record.is_blank for record in records):
        raise InputError(f"expected a table in {where}, found an empty file; check the path")
    width = _width([record for record in records if not is_remark(record)] or records)
    if line is not None:
        return Parted(separator, records, width, header_at(records, width, line, where))
    return Parted(separator, records, width, without_title(find_header(records, width), records, width))


def _width(records):
    """The number of cells of most records, of which later ones and those of values count more."""
    weights: dict[int, float] = defaultdict(float)
    some = [record for record in records if not record.is_blank][-LOOKED_AT:]
    for position, record in enumerate(some, 1):
        if len(record.cells) > 1:
            weights[len(record.cells)] += position * (0.25 + _values([record.cells]))
    return max(weights, key=lambda width: (weights[width], width)) if weights else 1


def _values(rows):
    """The fraction of characters that are in values."""
    characters = sum(len(cell) for row in rows for cell in row)
    in_values = sum(
        len(cell) for row in rows for cell in row if cell in MISSING or ("\t" not in cell and is_value(cell))
    )
    return in_values / characters if characters else 1.0


def _are_several(cell):
    """Whether a cell is several numbers."""
    numbers = cell.split()
    return len(numbers) > 1 and not is_value(cell) and all(map(is_number, numbers))


def _parts_clocks(parted):
    """Whether colons stand in times of day in every row, and not between as many names."""
    rows = parted.records[parted.header.rows :]
    ends_empty = not any(record.cells[-1] for record in rows if len(record.cells) == parted.width)
    if len(parted.header.names) in (parted.width, parted.width - ends_empty):
        return False
    return all(_CLOCK.search("\n".join(record.cells)) for record in rows if not record.is_blank)


def _parts_quotes(lines, separator):
    """Whether quoted cells do not end at separators in most lines that have some."""
    between = r"\s" if separator == BLANKS else re.escape(separator)
    quoted = [line for line in lines[-LOOKED_AT:] if line.count('"') in range(2, len(line), 2)]
    fitting = re.compile(rf'(?:(?:^|{between})\s*"[^"]*"(?:"[^"]*")*\s*(?={between}|$)|[^"])*')
    return 2 * sum(fitting.fullmatch(line.rstrip("\n")) is None for line in quoted) > len(quoted)


def _decided(chosen, where, in_doubt):
    """The one of several ways to part a text that are as good."""
    if any(parted.separator in UNDOUBTED for parted in chosen):
        chosen = [parted for parted in chosen if parted.separator != BLANKS]
    if len(chosen) > 1 and in_doubt in [parted.separator for parted in chosen]:
        return next(replace(one, is_doubtful=True) for one in chosen if one.separator == in_doubt)
    if len(chosen) > 1:
        ways = [f"{separator_name(parted.separator)} ({parted.width} cells a line)" for parted in chosen]
        settings = [f'SET="data.separator={setting_of(parted.separator)}"' for parted in chosen]
        raise InputError(
            f"{where} may be separated by {' or by '.join(ways)}, and nothing in it decides; choose one with "
            f"{' or '.join(settings)}"
        )
    return chosen[0]
