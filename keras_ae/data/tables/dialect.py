"""How a text file of rows is written: its encoding, separator, header and kinds of columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.numbers import holds_commas, number
from keras_ae.data.tables.times import are_times
from keras_ae.errors import InputError

__all__ = ["Dialect", "detect_dialect"]

SEPARATORS = ",;\t|"
LOOKED_AT = 2**16
"""Bytes at a file's beginning that its dialect is detected from."""

MOST_COLUMNS = 10_000


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
        encoding: Of the text.
        separator: Between cells.
        decimal_commas: Whether commas stand for decimal points.
        names: Names of the columns.
        headed: Whether the file has a header.
        blank: Blank lines before the first row.
        kinds: Of the columns, each "number", "text" or "time".
    """

    encoding: str
    separator: str
    decimal_commas: bool
    names: tuple[str, ...]
    headed: bool
    blank: int
    kinds: tuple[str, ...]

    @property
    def note(self) -> str:
        """One line that says how the file was read."""
        separator = {"\t": "tabs"}.get(self.separator, repr(self.separator))
        parts = [f"{len(self.names)} columns separated by {separator}"]
        parts += ["decimal commas"] if self.decimal_commas else []
        parts += [] if self.headed else ["no header, so columns are called column_1, ..."]
        return "read as " + ", ".join(parts)


def detect_dialect(path: str | Path) -> Dialect:
    """Detects how a file is written, from its beginning.

    Args:
        path: The file.

    Returns:
        The dialect.

    Raises:
        InputError: For a file that cannot be read, is binary or empty, or has too many columns.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(LOOKED_AT)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    encoding, text = _decoded(start, path)
    lines = text.splitlines()
    blank = next((count for count, line in enumerate(lines) if line.strip()), 0)
    lines = [line for line in lines if line.strip()]
    if len(start) == LOOKED_AT and len(lines) > 1:
        lines.pop()  # it may be cut off
    if not lines:
        raise InputError(f"expected a table in {path}, found an empty file; check the path")
    separator = _separator(lines)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    width = len(rows[0])
    if width > MOST_COLUMNS:
        raise InputError(f"expected at most {MOST_COLUMNS:,} columns, found {width:,} in {path}; use fewer")
    body = [row for row in rows[1:] if len(row) == width] or rows[:1]
    cells = [cell for row in body for cell in row]
    commas = separator != "," and holds_commas(cells)
    kinds = tuple(_kind([row[column] for row in body], commas) for column in range(width))
    first = [_kind([cell], commas) for cell in rows[0]]
    headed = any(cell not in MISSING for cell in rows[0]) and all(
        kind == "text" or cell in MISSING for kind, cell in zip(first, rows[0], strict=True)
    )
    names = _distinct(rows[0]) if headed else tuple(f"column_{position}" for position in range(1, width + 1))
    return Dialect(encoding, separator, commas, names, headed, blank, kinds)


def _decoded(start, path):
    """The encoding and the text of a file's beginning."""
    if b"\0" in start:
        raise InputError(f"expected a text file of values, {path} is a binary one; save it as CSV in UTF-8")
    whole = start if len(start) < LOOKED_AT else start[: start.rfind(b"\n") + 1] or start
    try:
        return "utf-8-sig", whole.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "latin-1", whole.decode("latin-1")


def _separator(lines):
    """The separator that splits most lines into the same number of cells, and into the most."""

    def widths_by(separator):
        widths = [len(row) for row in csv.reader(lines[:200], delimiter=separator)]
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        return widths.count(usual) / len(widths) >= 0.9, usual

    widths = {separator: widths_by(separator) for separator in SEPARATORS}
    good = {separator: width for separator, (steady, width) in widths.items() if steady}
    # decimal commas would split numbers in two, and so give more cells than the separator
    if good.get(";", 1) > 1 and good.get(",", 1) > 1:
        return ";"
    return max(good, key=lambda separator: good[separator]) if good else ","


def _kind(cells, commas):
    """The kind of a column, from some of its cells."""
    present = [cell for cell in cells if cell not in MISSING]
    if not present or all(number(cell, commas) is not None for cell in present):
        return "number"
    return "time" if are_times(present) else "text"


def _distinct(names):
    """A header's names; the column's number is appended to empty and repeated ones."""
    distinct: list[str] = []
    for position, name in enumerate(names, 1):
        name = "" if name in MISSING else name
        distinct.append(f"{name or 'column'}_{position}" if not name or name in distinct else name)
    return tuple(distinct)
