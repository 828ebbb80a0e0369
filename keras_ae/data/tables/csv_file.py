"""Tables in text files, as people have them: separators, decimal commas, headers and kinds are found out."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from keras_ae.data.types import LARGEST
from keras_ae.errors import InputError

__all__ = ["Column", "Dialect", "Table", "detect_dialect", "read_table"]

KINDS = ("number", "text", "time")
MISSING = ("", "?", "-", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "none", "NaT")
"""What stands for a value that is not there, without the blanks around it."""

SEPARATORS = ",;\t|"
LOOKED_AT, ROWS_AT_ONCE = 2**16, 100_000
"""Bytes at the beginning that tell a file's form, and rows that are held as text at a time."""

MOST_COLUMNS = 10_000
_TIMES = pd.Timestamp("1678-01-01", tz="UTC"), pd.Timestamp("2262-01-01", tz="UTC")
_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?|[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+(e[+-]?\d+)?", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.]\d{4}")
_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Column:
    """The values of a column.

    kind: "number": values (n,) float64, NaN where missing. "text": values (n,) int32, places in `words`, -1
        where missing. "time": values (n,) int64, nanoseconds since 1970 in UTC, the lowest where missing.
    """

    name: str
    kind: str
    values: np.ndarray
    words: tuple[str, ...] = ()

    @property
    def missing(self) -> np.ndarray:
        """(n,) bool."""
        if self.kind == "number":
            return np.isnan(self.values)
        return self.values == (-1 if self.kind == "text" else np.iinfo(np.int64).min)


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equally many rows, by name; notes: how the file was understood."""

    columns: dict[str, Column]
    notes: tuple[str, ...]

    def __len__(self):
        return len(next(iter(self.columns.values())).values)


@dataclass(frozen=True)
class Dialect:
    """How a file is written: its separator, whether commas stand for decimal points, its names.

    headed: whether it has a header, behind so many blank lines. day_first: whether 1/2/2024 is in February;
    doubtful: whether nothing in the file's beginning tells that.
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
    """A whole file of values, a line a row, in bounded memory.

    kinds: "number", "text" or "time" of columns that are to be read otherwise than found out. only: columns
    to read, of those that there are; otherwise all. needed: those that must be there.
    Raises InputError for a file that cannot be read, is no text or empty, has no row or too many values, has
    rows of different lengths, or text or no time where numbers or times are, naming the row; and for kinds of
    columns there are not.
    """
    form = _with_kinds(detect_dialect(path), kinds or {}, path)
    lacking = [name for name in needed if name and name not in form.names]
    if lacking:
        raise InputError(f"{path} has no column {lacking[0]!r}; its columns are {_some(form.names)}")
    read = [name for name in form.names if only is None or name in only]
    parts: list[list[np.ndarray]] = [[] for _ in form.names]
    words: list[dict[str, int]] = [{} for _ in form.names]
    rows = 0
    for chunk in _chunks(path, form):
        for number, (name, kind) in enumerate(zip(form.names, form.kinds, strict=True)):
            if name not in read:
                continue
            cells = chunk[number]
            if kind == "text":
                parts[number].append(_coded(cells, words[number]))
            else:
                parts[number].append(_converted(cells, kind, form, name, path, rows))
        rows += len(chunk)
        if rows * len(form.names) * 8 > LARGEST:
            raise InputError(
                f"{path} holds more than {LARGEST / 2**30:g} GiB of values; take fewer columns or rows"
            )
    if not rows:
        raise InputError(f"expected rows of values in {path}, found a header alone; add rows")
    columns = {
        name: Column(name, kind, np.concatenate(parts[number]), tuple(words[number]))
        for number, (name, kind) in enumerate(zip(form.names, form.kinds, strict=True))
        if name in read
    }
    lacking = {name: int(column.missing.sum()) for name, column in columns.items()}
    told = [f"{name} {count}" for name, count in lacking.items() if count]
    more = f" and {len(told) - 8} columns more" if len(told) > 8 else ""
    missing = (f"missing values: {', '.join(told[:8])}{more}",) if told else ()
    return Table(columns, (f"{rows:,} rows, {form.note}", *missing))


def detect_dialect(path: str | Path) -> Dialect:
    """How a file is written, from its beginning.

    Raises InputError for a file that cannot be read, is no text or empty, or has too many columns.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(LOOKED_AT)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    encoding, text = _decoded(start, path)
    lines = text.splitlines()
    blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
    lines = [line for line in lines if line.strip()]
    if len(start) == LOOKED_AT and len(lines) > 1:
        lines.pop()  # cut off
    if not lines:
        raise InputError(f"expected a table in {path}, found an empty file; check the path")
    separator = _separator(lines)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    width = len(rows[0])
    if width > MOST_COLUMNS:
        raise InputError(f"expected at most {MOST_COLUMNS:,} columns, found {width:,} in {path}; take fewer")
    body = [row for row in rows[1:] if len(row) == width] or rows[:1]
    cells = [cell for row in body for cell in row]
    commas = separator != "," and any(map(_COMMA.fullmatch, cells)) and not any(map(_POINT.fullmatch, cells))
    kinds = tuple(_kind([row[number] for row in body], commas) for number in range(width))
    first = [_kind([cell], commas) for cell in rows[0]]
    given = [cell for cell in rows[0] if cell not in MISSING]
    headed = bool(given) and all(
        kind == "text" or cell in MISSING for kind, cell in zip(first, rows[0], strict=True)
    )  # fmt: skip
    names = _distinct(rows[0]) if headed else tuple(f"column_{number + 1}" for number in range(width))
    dated = [row[number] for row in body for number in range(width) if kinds[number] == "time"]
    return Dialect(encoding, separator, commas, names, headed, blank, kinds, *_day_first(dated))


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
    """The separator that cuts most lines into equally many, and most, cells."""

    def cut(separator):
        widths = [len(row) for row in csv.reader(lines[:200], delimiter=separator)]
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        return widths.count(usual) / len(widths) >= 0.9, usual

    widths = {separator: cut(separator) for separator in SEPARATORS}
    good = {separator: width for separator, (steady, width) in widths.items() if steady}
    # of decimal commas a comma cuts more cells than the separator; they are then numbers cut in two
    if good.get(";", 1) > 1 and good.get(",", 1) > 1:
        return ";"
    return max(good, key=lambda separator: good[separator]) if good else ","


def _kind(cells, commas):
    there = [cell for cell in cells if cell not in MISSING]
    if not there or all(_number(cell, commas) is not None for cell in there):
        return "number"
    times = pd.to_datetime(pd.Series(there), errors="coerce", utc=True, format="mixed")
    looks_so = all(re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", cell) for cell in there)
    return "time" if looks_so and not times.isna().any() else "text"


def _day_first(cells):
    """Whether the day comes before the month in dates, and whether that is in doubt."""
    found = [match for cell in cells if (match := _DATE.match(cell))]
    if any(int(match[1]) > 12 for match in found):
        return True, False
    if any(int(match[3]) > 12 for match in found):
        return False, False
    return bool(found) and found[0][2] == ".", bool(found)


def _number(cell, commas):
    if commas and not (_COMMA.fullmatch(cell) or _WHOLE.fullmatch(cell)):
        return None
    try:
        return None if "_" in cell else float(_pointed(cell) if commas else cell)
    except ValueError:
        return None


def _pointed(cell):
    return cell.replace(".", "").replace(",", ".")


def _distinct(names):
    """Names as a header gives them; empty and repeated ones are told apart by their column's number."""
    taken: list[str] = []
    for number, name in enumerate(names, 1):
        name = "" if name in MISSING else name
        taken.append(f"{name or 'column'}_{number}" if not name or name in taken else name)
    return tuple(taken)


def _some(names):
    return f"{', '.join(names[:30])}{', ...' if len(names) > 30 else ''}"


def _with_kinds(form, kinds, path):
    unknown = [name for name in kinds if name not in form.names]
    if unknown:
        raise InputError(f"{path} has no column {unknown[0]!r}; its columns are {_some(form.names)}")
    wrong = [kind for kind in kinds.values() if kind not in KINDS]
    if wrong:
        raise InputError(f"a column's kind is one of {', '.join(KINDS)}; received {wrong[0]!r}")
    changed = tuple(kinds.get(name, kind) for name, kind in zip(form.names, form.kinds, strict=True))
    return replace(form, kinds=changed)


def _chunks(path, form) -> Iterator[pd.DataFrame]:
    """Rows as text, some at a time, NaN where missing; columns are called 0, 1, ..."""
    settings = {
        "sep": form.separator,
        "names": range(len(form.names)),
        "skiprows": form.blank + form.headed,
        "encoding": form.encoding,
        "na_values": list(MISSING),
        "chunksize": ROWS_AT_ONCE,
        "skip_blank_lines": len(form.names) > 1,  # else they are missing values
    }
    as_text = {"header": None, "dtype": str, "keep_default_na": False, "skipinitialspace": True}
    try:
        with pd.read_csv(path, **settings, **as_text, index_col=False) as reader:
            yield from reader
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise InputError(
            f"{path} cannot be read as {len(form.names)} columns separated by {form.separator!r} ({reason}); "
            "mend that line"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error


def _coded(cells, known):
    """Places of words among those known, to which new ones are added; -1 where missing."""
    codes, words = pd.factorize(cells.str.strip())
    places = np.array([known.setdefault(word, len(known)) for word in words] + [-1], np.int32)
    return places[codes]


def _converted(cells, kind, form, name, path, first):
    """Numbers or times of text; InputError names the first cell that is none."""
    there, given = cells.notna(), cells
    if kind == "number":
        if form.decimal_commas:
            written = cells.str.fullmatch(f"{_COMMA.pattern}|{_WHOLE.pattern}", flags=re.IGNORECASE)
            cells = cells.where(written.fillna(False).astype(bool) | cells.isna(), "no number")
            cells = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
        values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64)
        bad = there.to_numpy() & ~np.isfinite(values)
    else:
        settings = {"errors": "coerce", "utc": True, "format": "mixed", "dayfirst": form.day_first}
        times = pd.to_datetime(cells, **settings)
        days = cells.str.extract(_DATE)[0 if form.day_first else 2].astype("Float64")
        times = times.mask((days.notna() & (days != times.dt.day)).fillna(False).astype(bool))
        outside = ~times.between(*_TIMES) & times.notna()  # of what nanoseconds can count
        times = times.mask(outside)
        values = times.dt.as_unit("ns").astype("int64").to_numpy()
        bad = (there & times.isna()).to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        told = given.iloc[row]
        raise InputError(
            f"expected a {kind} in column {name!r} of {path}, row {first + row + 1} of values holds {told!r} "
            f"({int(bad.sum())} such in its rows {first + 1:,} to {first + len(cells):,}); mend it, leave it "
            "empty where it is missing, or call the column text"
        )
    return values
