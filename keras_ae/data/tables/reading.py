"""The reading of files of rows as tables of typed columns, in bounded memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.columns import KINDS, Column, Table
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.header_names import ROW_NAMES
from keras_ae.data.tables.kinds import column_of_texts
from keras_ae.data.tables.notes import column_notes, without_infinite
from keras_ae.data.tables.one_format import gather_in_one_format
from keras_ae.data.tables.time_orders import settle_orders
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.errors import InputError
from keras_ae.names import nearby

__all__ = ["log_notes", "read_table"]


def read_table(
    path: str | Path,
    kinds: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    needed: Collection[str] = (),
    strict: Collection[str] | None = None,
    known: Writing = UNKNOWN,
    in_doubt: Writing = UNKNOWN,
) -> Table:
    """Reads a file of values, one row per line, in bounded memory.

    Args:
        path: The file.
        kinds: "number", "text" or "time" for columns that are not to be read as the detected kind, by name.
        only: The columns to read, those of them that exist; None for all.
        needed: The columns that must exist.
        strict: The columns in which each cell must be of its kind; None for all. Others are words where some
            are not.
        known: How the file is written, as far as that is known.
        in_doubt: How to read it where nothing in it decides.

    Returns:
        The table.

    Raises:
        InputError: For a file that cannot be read, is binary or empty, or has no rows, too many values or
            rows of different lengths; for a cell that is not of its column's kind, naming its row; and for
            unknown columns and kinds.
    """
    kinds, dialect = kinds or {}, detect_dialect(path, known, in_doubt)
    day_first = known.order == "dmy" if known.order else None
    _check_names(path, dialect, kinds, needed)
    names = [name for name in dialect.names if only is None or name in only]
    cells, form, doubt, decimal = gather_in_one_format(path, dialect, names, kinds, known, in_doubt)
    is_strict = set(names) if not set(strict or ()) & set(names) else {*(strict or ()), *kinds}
    typed = {}
    for name, texts in cells.texts.items():
        one = column_of_texts(name, texts, kinds.get(name, ""), form, dialect.separator, day_first)
        if name in is_strict:
            _check_cells(path, one, texts, day_first)
        elif one.wrong.any():
            one = column_of_texts(name, texts, "text", form, dialect.separator, day_first)
        typed[name] = one
    readers = {name: one.reader for name, one in typed.items() if one.reader is not None}
    order = settle_orders(readers, in_doubt.order)
    read = {name: Column(name, "number", values) for name, values in cells.numbers.items()} | cells.typed
    read |= {
        name: readers[name].column(name) if name in readers else one.column for name, one in typed.items()
    }
    columns, infinite = without_infinite({name: read[name] for name in names})
    columns, row_names = _without_row_names(columns, dialect, {*kinds, *needed, *(only or ())})
    for name, unit in zip(dialect.names, dialect.units, strict=False):
        if name in columns and columns[name].kind == "number" and not columns[name].unit:
            columns[name] = replace(columns[name], unit=unit)
    orders = {reader.form().order for reader in readers.values()} - {""}
    written = Writing(
        "" if dialect.source else dialect.separator,
        None if dialect.source else dialect.header_line,
        decimal,
        known.order or next(iter(orders), ""),
    )
    first = ", ".join(filter(None, (f"{cells.rows:,} rows", dialect.note, str(form), order)))
    zones = [reader.zone_note(name) for name, reader in readers.items()]
    zones += [reader.formats_note(name) for name, reader in readers.items()]
    notes = (first, row_names, *cells.notes, doubt, *(one.note for one in typed.values()), *zones)
    missing: Counter[str] = sum((one.missing for one in typed.values()), infinite + cells.missing)
    return Table(columns, (*filter(None, notes), *column_notes(columns, missing)), written)


def _without_row_names(columns, dialect, named):
    """Columns without the one of row names, unless it holds times or the user names it, and a note."""
    column = columns.get(ROW_NAMES)
    is_kept = column is not None and (ROW_NAMES in named or column.kind == "time" or len(columns) == 1)
    if not dialect.has_row_names or is_kept:
        return columns, ""
    others = {name: one for name, one in columns.items() if name != ROW_NAMES}
    return others, "row names, for which the header has no name, are left out"


def log_notes(table: Table, where: str) -> None:
    """Logs how a file was read, for those who train nothing on it.

    Args:
        table: What was read.
        where: What the file is called.
    """
    logging.getLogger(__name__).info("%s: %s", where, "; ".join(table.notes))


def _check_names(path, dialect, kinds, needed):
    """Refuses names of columns that do not exist, and kinds."""
    names = dialect.names
    lacking = [name for name in (*kinds, *needed) if name and name not in names]
    if lacking:
        if len(names) == 1 and next(read_rows(path, dialect), None) is None:  # which nothing parts
            raise InputError(f"expected rows of values in {path}, found a header alone; add rows")
        some = f"{', '.join(names[:30])}{', ...' if len(names) > 30 else ''}"
        near = nearby(lacking[0], names)
        raise InputError(f"{path} has no column {lacking[0]!r}{near}; its columns are {some}")
    wrong = [kind for kind in kinds.values() if kind not in KINDS]
    if wrong:
        raise InputError(f"a column's kind must be one of {', '.join(KINDS)}; received {wrong[0]!r}")


def _check_cells(path, typed, texts, day_first):
    """Refuses cells that are not of their column's kind, naming the first of them."""
    faults = np.flatnonzero(typed.wrong)
    if len(faults):
        cell = texts.words[texts.codes[faults[0]]]
        order = day_first is not None and typed.column.kind == "time"
        setting = f" with data.dayfirst={str(day_first).lower()}" if order else ""
        raise InputError(
            f"expected a {typed.column.kind} in column {typed.column.name!r} of {path}{setting}, row "
            f"{faults[0] + 1} of values holds {cell!r} ({len(faults):,} such); correct it, leave it empty "
            "where it is missing, or leave the column out"
        )
