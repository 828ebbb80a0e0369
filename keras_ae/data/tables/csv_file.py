"""Tables in text files: separators, decimal commas, headers and kinds of columns are detected."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from keras_ae.data.types import LARGEST
from keras_ae.errors import InputError

__all__ = ["Column", "Dialect", "Table", "detect_dialect", "read_table"]

KINDS = ("number", "text", "time")
MISSING = ("", "?", "-", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "none", "NaT")
"""Texts that stand for a missing value, without the blanks around them."""

SEPARATORS = ",;\t|"
LOOKED_AT, ROWS_AT_ONCE = 2**16, 100_000
"""Bytes at a file's beginning that its dialect is detected from, and rows in memory as text at a time."""

MOST_COLUMNS = 10_000
_TIMES = pd.Timestamp("1678-01-01", tz="UTC"), pd.Timestamp("2262-01-01", tz="UTC")
_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?|[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+(e[+-]?\d+)?", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.]\d{4}")
_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Column:
    """The values of a column.

    Attributes:
        name: Name of the column.
        kind: "number", "text" or "time".
        values: (n,). Of numbers: float64, NaN where missing. Of text: int32, indices into `words`, -1 where
            missing. Of times: int64, nanoseconds since 1970 in UTC, the lowest integer where missing.
        words: The different words of a column of text.
    """

    name: str
    kind: str
    values: np.ndarray
    words: tuple[str, ...] = ()

    @property
    def missing(self) -> np.ndarray:
        """Where values are missing: (n,), bool."""
        if self.kind == "number":
            return np.isnan(self.values)
        return self.values == (-1 if self.kind == "text" else np.iinfo(np.int64).min)


@dataclass(frozen=True, eq=False)
class Table:
    """A table of named columns.

    Attributes:
        columns: Columns of equal length, by name.
        notes: How the file was read, for the user.
    """

    columns: dict[str, Column]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).values)


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
        day_first: Whether 1/2/2024 is in February.
        doubtful: Whether nothing at the file's beginning says so.
    """

    encoding: str
    separator: str
    decimal_commas: bool
    names: tuple[str, ...]
    headed: bool
    blank: int
    kinds: tuple[str, ...]
    day_first: bool = False
    doubtful: bool = False

    @property
    def note(self) -> str:
        """One line that says how the file was read."""
        separator = {"\t": "tabs"}.get(self.separator, repr(self.separator))
        parts = [f"{len(self.names)} columns separated by {separator}"]
        parts += ["decimal commas"] if self.decimal_commas else []
        if self.doubtful:
            parts += [f"dates with the {'day' if self.day_first else 'month'} first, which they do not tell"]
        parts += [] if self.headed else ["no header, so columns are called column_1, ..."]
        return "read as " + ", ".join(parts)


def read_table(
    path: str | Path,
    kinds: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    needed: Collection[str] = (),
) -> Table:
    """Reads a file of values, one row per line, in bounded memory.

    Args:
        path: The file.
        kinds: "number", "text" or "time" for columns that are not to be read as the detected kind, by name.
        only: The columns to read, those of them that exist; None for all.
        needed: The columns that must exist.

    Returns:
        The table.

    Raises:
        InputError: For a file that cannot be read, is binary or empty, or has no rows, too many values or
            rows of different lengths; for a cell that is not of its column's kind, naming its row; and for
            unknown columns and kinds.
    """
    dialect = _with_kinds(detect_dialect(path), kinds or {}, path)
    lacking = [name for name in needed if name and name not in dialect.names]
    if lacking:
        raise InputError(f"{path} has no column {lacking[0]!r}; its columns are {_some(dialect.names)}")
    read = [name for name in dialect.names if only is None or name in only]
    parts: list[list[np.ndarray]] = [[] for _ in dialect.names]
    words: list[dict[str, int]] = [{} for _ in dialect.names]
    rows = 0
    for chunk in _chunks(path, dialect):
        for index, (name, kind) in enumerate(zip(dialect.names, dialect.kinds, strict=True)):
            if name not in read:
                continue
            cells = chunk[index]
            if kind == "text":
                parts[index].append(_coded(cells, words[index]))
            else:
                parts[index].append(_converted(cells, kind, dialect, name, path, rows))
        rows += len(chunk)
        if rows * len(dialect.names) * 8 > LARGEST:
            raise InputError(
                f"{path} holds more than {LARGEST / 2**30:g} GiB of values; use fewer columns or rows"
            )
    if not rows:
        raise InputError(f"expected rows of values in {path}, found a header alone; add rows")
    columns = {
        name: Column(name, kind, np.concatenate(parts[index]), tuple(words[index]))
        for index, (name, kind) in enumerate(zip(dialect.names, dialect.kinds, strict=True))
        if name in read
    }
    counts = {name: int(column.missing.sum()) for name, column in columns.items()}
    incomplete = [f"{name} {count}" for name, count in counts.items() if count]
    more = f" and {len(incomplete) - 8} columns more" if len(incomplete) > 8 else ""
    missing = (f"missing values: {', '.join(incomplete[:8])}{more}",) if incomplete else ()
    return Table(columns, (f"{rows:,} rows, {dialect.note}", *missing))


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
    commas = separator != "," and any(map(_COMMA.fullmatch, cells)) and not any(map(_POINT.fullmatch, cells))
    kinds = tuple(_kind([row[column] for row in body], commas) for column in range(width))
    first = [_kind([cell], commas) for cell in rows[0]]
    headed = any(cell not in MISSING for cell in rows[0]) and all(
        kind == "text" or cell in MISSING for kind, cell in zip(first, rows[0], strict=True)
    )
    names = _distinct(rows[0]) if headed else tuple(f"column_{number}" for number in range(1, width + 1))
    dates = [row[column] for row in body for column in range(width) if kinds[column] == "time"]
    return Dialect(encoding, separator, commas, names, headed, blank, kinds, *_day_first(dates))


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
    if not present or all(_number(cell, commas) is not None for cell in present):
        return "number"
    times = pd.to_datetime(pd.Series(present), errors="coerce", utc=True, format="mixed")
    like_dates = all(re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", cell) for cell in present)
    return "time" if like_dates and not times.isna().any() else "text"


def _day_first(cells):
    """Whether the day comes before the month in dates, and whether that is doubtful."""
    dates = [match for cell in cells if (match := _DATE.match(cell))]
    if any(int(match[1]) > 12 for match in dates):
        return True, False
    if any(int(match[3]) > 12 for match in dates):
        return False, False
    return bool(dates) and dates[0][2] == ".", bool(dates)


def _number(cell, commas):
    """The number that a cell holds, or None."""
    if commas and not (_COMMA.fullmatch(cell) or _WHOLE.fullmatch(cell)):
        return None
    try:
        return None if "_" in cell else float(_pointed(cell) if commas else cell)
    except ValueError:
        return None


def _pointed(cell):
    """A number with a decimal comma, written with a point."""
    return cell.replace(".", "").replace(",", ".")


def _distinct(names):
    """A header's names; the column's number is appended to empty and repeated ones."""
    distinct: list[str] = []
    for number, name in enumerate(names, 1):
        name = "" if name in MISSING else name
        distinct.append(f"{name or 'column'}_{number}" if not name or name in distinct else name)
    return tuple(distinct)


def _some(names):
    """The first of many names, as a text."""
    return f"{', '.join(names[:30])}{', ...' if len(names) > 30 else ''}"


def _with_kinds(dialect, kinds, path):
    """A dialect with other kinds for some of its columns."""
    unknown = [name for name in kinds if name not in dialect.names]
    if unknown:
        raise InputError(f"{path} has no column {unknown[0]!r}; its columns are {_some(dialect.names)}")
    wrong = [kind for kind in kinds.values() if kind not in KINDS]
    if wrong:
        raise InputError(f"a column's kind must be one of {', '.join(KINDS)}; received {wrong[0]!r}")
    changed = tuple(kinds.get(name, kind) for name, kind in zip(dialect.names, dialect.kinds, strict=True))
    return replace(dialect, kinds=changed)


def _chunks(path: str | Path, dialect: Dialect) -> Iterator[pd.DataFrame]:
    """Rows as text, some at a time, NaN where missing; columns are called 0, 1, ..."""
    settings: dict[str, Any] = {
        "sep": dialect.separator,
        "names": range(len(dialect.names)),
        "skiprows": dialect.blank + dialect.headed,
        "encoding": dialect.encoding,
        "na_values": list(MISSING),
        "chunksize": ROWS_AT_ONCE,
        "skip_blank_lines": len(dialect.names) > 1,  # blank lines of a single column are missing values
    }
    settings |= {"header": None, "dtype": str, "keep_default_na": False, "skipinitialspace": True}
    try:
        with pd.read_csv(path, **settings, index_col=False) as reader:
            yield from reader
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise InputError(
            f"{path} cannot be read as {len(dialect.names)} columns separated by {dialect.separator!r} "
            f"({reason}); correct that line"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error


def _coded(cells, known):
    """Indices of words among the known ones, to which new ones are added; -1 where missing."""
    codes, words = pd.factorize(cells.str.strip())
    indices = np.array([known.setdefault(word, len(known)) for word in words] + [-1], np.int32)
    return indices[codes]


def _converted(cells, kind, dialect, name, path, first):
    """Text as numbers or times; InputError names the first cell that is neither."""
    present, original = cells.notna(), cells
    if kind == "number":
        if dialect.decimal_commas:
            written = cells.str.fullmatch(f"{_COMMA.pattern}|{_WHOLE.pattern}", flags=re.IGNORECASE)
            cells = cells.where(written.fillna(False).astype(bool) | cells.isna(), "no number")
            cells = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
        values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64)
        bad = present.to_numpy() & ~np.isfinite(values)
    else:
        settings = {"errors": "coerce", "utc": True, "format": "mixed", "dayfirst": dialect.day_first}
        times = pd.to_datetime(cells, **settings)
        days = cells.str.extract(_DATE)[0 if dialect.day_first else 2].astype("Float64")
        times = times.mask((days.notna() & (days != times.dt.day)).fillna(False).astype(bool))
        outside = ~times.between(*_TIMES) & times.notna()  # the range of nanoseconds
        times = times.mask(outside)
        values = times.dt.as_unit("ns").astype("int64").to_numpy()
        bad = (present & times.isna()).to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"expected a {kind} in column {name!r} of {path}, row {first + row + 1} of values holds "
            f"{original.iloc[row]!r} ({int(bad.sum())} such in its rows {first + 1:,} to "
            f"{first + len(cells):,}); correct it, leave it empty where it is missing, or read the column as "
            "text"
        )
    return values
