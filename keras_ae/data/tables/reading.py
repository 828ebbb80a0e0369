"""The reading of text files of rows, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import KINDS, MISSING, Column, Table
from keras_ae.data.tables.dialect import Dialect, detect_dialect
from keras_ae.data.tables.numbers import to_numbers
from keras_ae.data.tables.times import TimeReader, settle_orders
from keras_ae.data.types import LARGEST
from keras_ae.errors import InputError

__all__ = ["read_table"]

ROWS_AT_ONCE = 100_000
"""Rows in memory as text at a time."""


def read_table(
    path: str | Path,
    kinds: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    needed: Collection[str] = (),
    day_first: bool | None = None,
    in_doubt: str = "",
) -> Table:
    """Reads a file of values, one row per line, in bounded memory.

    Args:
        path: The file.
        kinds: "number", "text" or "time" for columns that are not to be read as the detected kind, by name.
        only: The columns to read, those of them that exist; None for all.
        needed: The columns that must exist.
        day_first: Whether 1/2/2024 is in February; None to find out.
        in_doubt: The order of day, month and year in times that do not tell it, as for `settle_orders`.

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
    kinds_of = dict(zip(dialect.names, dialect.kinds, strict=True))
    read = [name for name in dialect.names if only is None or name in only]
    parts: list[list[np.ndarray]] = [[] for _ in dialect.names]
    words: list[dict[str, int]] = [{} for _ in dialect.names]
    times = {name: TimeReader(day_first) for name in read if kinds_of[name] == "time"}
    rows = 0
    for chunk in _chunks(path, dialect):
        for index, (name, kind) in enumerate(zip(dialect.names, dialect.kinds, strict=True)):
            if name not in read:
                continue
            cells = chunk[index]
            if kind == "text":
                parts[index].append(_coded(cells, words[index]))
            elif kind == "time":
                _check(times[name].add(cells), cells, kind, name, path, rows)
            else:
                values, bad = to_numbers(cells, dialect.decimal_commas)
                _check(bad, cells, kind, name, path, rows)
                parts[index].append(values)
        rows += len(chunk)
        if rows * len(dialect.names) * 8 > LARGEST:
            raise InputError(
                f"{path} holds more than {LARGEST / 2**30:g} GiB of values; use fewer columns or rows"
            )
    if not rows:
        raise InputError(f"expected rows of values in {path}, found a header alone; add rows")
    order = settle_orders(times, in_doubt)
    columns = {
        name: times[name].column(name)
        if kind == "time"
        else Column(name, kind, np.concatenate(parts[index]), tuple(words[index]))
        for index, (name, kind) in enumerate(zip(dialect.names, dialect.kinds, strict=True))
        if name in read
    }
    counts = {name: int(column.missing.sum()) for name, column in columns.items()}
    incomplete = [f"{name} {count}" for name, count in counts.items() if count]
    more = f" and {len(incomplete) - 8} columns more" if len(incomplete) > 8 else ""
    missing = (f"missing values: {', '.join(incomplete[:8])}{more}",) if incomplete else ()
    zones = tuple(note for name, reader in times.items() if (note := reader.zone_note(name)))
    return Table(columns, (f"{rows:,} rows, {dialect.note}{order and ', ' + order}", *zones, *missing))


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


def _check(bad, cells, kind, name, path, first):
    """Refuses cells that are not of their column's kind, naming the first of them."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"expected a {kind} in column {name!r} of {path}, row {first + row + 1} of values holds "
            f"{cells.iloc[row]!r} ({int(bad.sum())} such in its rows {first + 1:,} to "
            f"{first + len(cells):,}); correct it, leave it empty where it is missing, or read the column as "
            "text"
        )
