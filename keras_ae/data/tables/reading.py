"""The reading of files of rows as tables of typed columns, in bounded memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae.data.tables.columns import KINDS, Column, Table
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.gathering import gather
from keras_ae.data.tables.header_names import ROW_NAMES
from keras_ae.data.tables.kinds import are_numbers, column_of_texts
from keras_ae.data.tables.notes import column_notes, without_infinite
from keras_ae.data.tables.numbers import choose_format
from keras_ae.data.tables.times import settle_orders
from keras_ae.errors import InputError

__all__ = ["log_notes", "read_table"]


def read_table(
    path: str | Path,
    kinds: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    needed: Collection[str] = (),
    day_first: bool | None = None,
    in_doubt: str = "",
    strict: Collection[str] | None = None,
) -> Table:
    """Reads a file of values, one row per line, in bounded memory.

    Args:
        path: The file.
        kinds: "number", "text" or "time" for columns that are not to be read as the detected kind, by name.
        only: The columns to read, those of them that exist; None for all.
        needed: The columns that must exist.
        day_first: Whether 1/2/2024 is in February; None to find out.
        in_doubt: The order of day, month and year in times that do not tell it, as for `settle_orders`.
        strict: The columns in which each cell must be of its kind; None for all. Others are words where some
            are not.

    Returns:
        The table.

    Raises:
        InputError: For a file that cannot be read, is binary or empty, or has no rows, too many values or
            rows of different lengths; for a cell that is not of its column's kind, naming its row; and for
            unknown columns and kinds.
    """
    kinds, dialect = kinds or {}, detect_dialect(path)
    _check_names(path, dialect.names, kinds, needed)
    names = [name for name in dialect.names if only is None or name in only]
    cells, form, doubt = _gather(path, dialect, names, kinds)
    typed = {
        name: column_of_texts(name, texts, kinds.get(name, ""), form, dialect.separator, day_first)
        for name, texts in cells.texts.items()
    }
    for name, one in typed.items():
        if not set(strict or ()) & set(names) or name in {*(strict or ()), *kinds}:
            _check_cells(path, one, cells.texts[name], day_first)
        elif one.wrong.any():
            typed[name] = column_of_texts(name, cells.texts[name], "text", form, "", None)
    readers = {name: one.reader for name, one in typed.items() if one.reader is not None}
    order = settle_orders(readers, in_doubt)
    units = dict(zip(dialect.names, dialect.units, strict=False))
    columns = {}
    for name in names:
        if name in cells.numbers:
            column = Column(name, "number", cells.numbers[name])
        elif name in cells.typed:
            column = cells.typed[name]
        else:
            column = readers[name].column(name) if name in readers else typed[name].column
        is_number = column.kind == "number"
        columns[name] = replace(column, unit=column.unit or units.get(name, "")) if is_number else column
    is_named = {ROW_NAMES} & {*kinds, *needed, *(only or ())}
    row_names = "row names, for which the header has no name, are left out"
    if dialect.has_row_names and not is_named and len(columns) > 1 and columns[ROW_NAMES].kind != "time":
        del columns[ROW_NAMES]
    else:
        row_names = ""
    first = ", ".join(filter(None, (f"{cells.rows:,} rows", dialect.note, str(form), order)))
    zones = [reader.zone_note(name) for name, reader in readers.items()]
    notes = (first, row_names, *cells.notes, doubt, *(one.note for one in typed.values()), *zones)
    missing: Counter[str] = sum((one.missing for one in typed.values()), Counter())
    columns, infinite = without_infinite(columns)
    return Table(columns, (*filter(None, notes), *column_notes(columns, missing + infinite)))


def log_notes(table: Table, where: str) -> None:
    """Logs how a file was read, for those who train nothing on it.

    Args:
        table: What was read.
        where: What the file is called.
    """
    logging.getLogger(__name__).info("%s: %s", where, "; ".join(table.notes))


def _gather(path, dialect, names, kinds):
    """The cells of columns, the format of the numbers of all of them, and a note on it in case of doubt."""
    words = [name for name, kind in kinds.items() if kind == "text"]
    cells, form, is_doubtful = gather(path, dialect, names, words), dialect.numbers, False
    texts = _numeric(cells, kinds)
    if dialect.is_sure and not texts:
        return cells, form, ""
    fractions = [name for name, values in cells.numbers.items() if len(_fractions(values))]
    doubtful = [name for name in fractions if _may_be_thousands(cells.numbers[name])]
    if fractions and (dialect.is_sure or doubtful != fractions):
        form, is_doubtful = choose_format(texts, dialect.separator, form.decimal)
    elif texts or (doubtful and dialect.separator != ","):
        if doubtful:
            cells = gather(path, dialect, names, [*words, *doubtful])
        form, is_doubtful = choose_format(_numeric(cells, kinds), dialect.separator)
    if not is_doubtful:
        return cells, form, ""
    mark = form.thousands or form.decimal
    return (
        cells,
        form,
        f"1{mark}250 is read as {'1250' if form.thousands else '1.25'}, which the file does not tell",
    )


def _numeric(cells, kinds):
    """How often words come in columns of texts that seem to be numbers."""
    return [
        texts.by_word
        for name, texts in cells.texts.items()
        if kinds.get(name, "number") == "number" and are_numbers(texts.words)
    ]


def _fractions(values):
    """The numbers that are not whole."""
    finite = values[np.isfinite(values)]
    return finite[finite != np.rint(finite)]


def _may_be_thousands(values):
    """Whether all decimals may be three digits behind a mark between thousands."""
    thousands = np.abs(_fractions(values)) * 1000
    return bool((np.abs(thousands - np.rint(thousands)) < 1e-4).all() and (thousands >= 1000).all())


def _check_names(path, names, kinds, needed):
    """Refuses names of columns that do not exist, and kinds."""
    lacking = [name for name in (*kinds, *needed) if name and name not in names]
    if lacking:
        some = f"{', '.join(names[:30])}{', ...' if len(names) > 30 else ''}"
        raise InputError(f"{path} has no column {lacking[0]!r}; its columns are {some}")
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
