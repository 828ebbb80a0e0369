"""The cells of a file's columns, gathered block by block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from keras_ae.data.examples import LARGEST
from keras_ae.data.tables.blocks import read_blocks
from keras_ae.data.tables.cells import Cells, Texts
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.dialect import Dialect
from keras_ae.data.tables.frame_columns import frame_columns
from keras_ae.data.tables.rows import MOST_BELOW, RowFilter
from keras_ae.data.tables.suffixes import FRAMES, row_suffix
from keras_ae.data.tables.typed_files import read_frame
from keras_ae.errors import InputError

__all__ = ["Gathered", "gather"]

_TOTAL = re.compile(
    r"(total|sum|mean|average|avg|median|count|min|max|std|end|eof|summe|gesamt|mittel|ende|somme|moyenne|fin)\w{0,8}\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Gathered:
    """The cells of columns.

    Attributes:
        numbers: (rows,) each, float64, NaN where missing, by name: columns of plain numbers.
        texts: Columns of texts among which are others than plain numbers, by name.
        rows: The number of rows.
        notes: What was left out, for the user.
        typed: Columns of which the file tells the kind, by name.
        missing: How often words among the numbers were read as missing.
    """

    numbers: dict[str, np.ndarray]
    texts: dict[str, Texts]
    rows: int
    notes: tuple[str, ...] = ()
    typed: dict[str, Column] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)


def gather(
    path: str | Path, dialect: Dialect, names: Sequence[str], as_texts: Collection[str] = ()
) -> Gathered:
    """Gathers the cells of columns.

    Args:
        path: The file.
        dialect: How it is written.
        names: The columns.
        as_texts: Those to read as texts, even if they are plain numbers.

    Returns:
        The cells.

    Raises:
        InputError: For a file that cannot be read, or has no rows, too many or such of different widths.
    """
    if row_suffix(path) in FRAMES:
        return _gather_typed(path, names, as_texts)
    cells = {name: Cells(name in as_texts, dialect.numbers.decimal) for name in names}
    rows, notes = _gather(path, dialect, cells)
    lost = {name: Cells(True) for name, one in cells.items() if one.is_lost}
    if lost:
        _gather(path, dialect, lost)
    cells |= lost
    return Gathered(
        {name: one.numbers(rows) for name, one in cells.items() if not one.is_text},
        {name: one.texts(rows) for name, one in cells.items() if one.is_text},
        rows,
        notes,
        missing=sum((one.missing for one in cells.values() if not one.is_text), Counter[str]()),
    )


def _gather(path, dialect, cells):
    """Adds all rows of a file to cells; returns the number of rows, without totals, and notes."""
    positions = {name: dialect.names.index(name) for name in cells}
    texts = {positions[name] for name, one in cells.items() if one.is_text}
    found, rows, last = RowFilter(path, dialect), 0, pd.Series(dtype=object)
    for frame in read_blocks(path, dialect, texts, found):
        for name, one in cells.items():
            one.add(frame[positions[name]])
        texts |= {positions[name] for name, one in cells.items() if one.is_text}
        rows, last = rows + len(frame), frame[0].iloc[-MOST_BELOW:]
        if rows * max(len(cells), 1) * 8 > LARGEST:
            raise InputError(
                f"{path} holds more than {LARGEST / 2**30:g} GiB of values; use fewer columns or rows"
            )
    if not rows:
        raise InputError(f"expected rows of values in {path}, found a header alone; add rows")
    totals = 0 if dialect.profile.columns[0] == "text" else _totals(last.tolist())
    if totals in (0, rows):
        return rows, found.notes
    plural = "s" * (totals > 1)
    return rows - totals, (
        *found.notes,
        f"left out {totals} row{plural} of totals at the end ({last.iloc[-totals]})",
    )


def _gather_typed(path, names, as_texts):
    """The columns of a file of typed ones; texts may hold numbers or times."""
    frame = read_frame(path, names)
    if not len(frame):
        raise InputError(f"expected rows of values in {path}, found none; add rows")
    columns = frame_columns(frame, words=tuple(as_texts))
    texts = {
        name: Texts(column.values, np.array(column.words, object))
        for name, column in columns.items()
        if column.kind == "text"
    }
    others = {name: column for name, column in columns.items() if name not in texts}
    return Gathered({}, texts, len(frame), typed=others)


def _totals(first):
    """How many of the last rows are totals, by their first cells."""
    totals = [isinstance(cell, str) and _TOTAL.fullmatch(cell) is not None for cell in first]
    return totals[::-1].index(False) if False in totals else 0
