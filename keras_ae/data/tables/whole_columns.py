"""The columns of a table that rows are generated with, as numbers, days or words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.fitting import number_precision
from keras_ae.data.tables.numeric_times import numbers_rows
from keras_ae.data.tables.time_patterns import time_pattern
from keras_ae.data.tables.words import MISSING_WORD, MOST_WORDS, words_of
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.rows import Rows, decimals_of

__all__ = ["WholeColumn", "whole_columns"]


@dataclass(frozen=True, eq=False)
class WholeColumn:
    """A column that is generated.

    Attributes:
        name: Its name.
        kind: "number", "time" for days since 1970, or "word".
        values: (n,), float64 with NaN where missing, or words with "(missing)".
        decimals: Of numbers, as `formats.rows` has them.
        pattern: Of times, as `strftime` has it.
    """

    name: str
    kind: str
    values: np.ndarray
    decimals: int = 0
    pattern: str = ""


def whole_columns(
    columns: Mapping[str, Column], dataset: Dataset, few: int, known: Format | None = None
) -> tuple[dict[str, WholeColumn], tuple[str, ...]]:
    """The columns of a table as they are learned.

    Args:
        columns: By name.
        dataset: Whose table it is; it is asked how its times are written.
        few: Numbers of at most so many different values are words.
        known: The format of a trained model, whose columns these are to be.

    Returns:
        The columns by name; and notes on those that are left out, and on how the others are read.

    Raises:
        InputError: If no column is left, or one that a trained model takes is missing.
    """
    if isinstance(known, Rows):
        lacking = [name for name in known.names if name not in columns]
        if lacking:
            raise InputError(f"expected the columns {', '.join(known.names)}; it lacks {lacking[0]}; add it")
        return {name: _as_known(columns[name], known) for name in known.names}, ()
    faults = {name: fault for name, column in columns.items() if (fault := _fault(column))}
    used = {name: _whole(columns[name], dataset, few) for name in columns if name not in faults}
    left_out = ", ".join(f"{name} ({fault})" for name, fault in faults.items())
    if not used:
        raise InputError(
            f"expected columns of numbers, words or times, received {left_out}; use another file"
        )
    notes = [f"left out, and so not generated: {left_out}"] if left_out else []
    by_kind = [
        f"{kind}s: {', '.join(name for name, one in used.items() if one.kind == kind)}"
        for kind in ("number", "time", "word")
        if any(one.kind == kind for one in used.values())
    ]
    still = [name for name, one in used.items() if len(np.unique(one.values.astype(str))) == 1]
    notes += [f"{', '.join(still[:5])} never changes, and is generated as it is"] if still else []
    return used, (*notes, "; ".join(by_kind) + '; to change it: SET="data.words=... data.left_out=..."')


def _fault(column: Column) -> str:
    """Why a column is not generated; "" for one that is."""
    present = ~column.missing
    if not present.any():
        return "no value"
    if column.kind == "text":
        different = len(column.words)
        many = different > MOST_WORDS or different > 0.5 * present.sum() > 10
        return f"{different} different words" if many else ""
    if column.kind == "number":
        if numbers_rows(column.name, column.values):
            return "numbers the rows"
        return number_precision(column.values[present]).fault
    return ""


def _whole(column: Column, dataset: Dataset, few: int) -> WholeColumn:
    """A column as it is learned."""
    missing = column.missing
    if column.kind == "text":
        return WholeColumn(column.name, "word", words_of(column))
    if column.kind == "time":
        times = column.values[~missing]
        pattern = time_pattern(times, dataset.cells_of(column.name))
        return WholeColumn(column.name, "time", column.days, pattern=pattern)
    decimals = decimals_of(column.values[~missing])
    if column.words or len(np.unique(column.values[~missing])) <= few:
        return WholeColumn(column.name, "word", _texts(column, decimals))
    return WholeColumn(column.name, "number", column.values, decimals)


def _texts(column: Column, decimals: int) -> np.ndarray:
    """Numbers or truth values as words."""
    form = f".{decimals}f" if decimals >= 0 else ".9g"
    texts = [
        MISSING_WORD if np.isnan(value) else column.words[int(value)] if column.words else format(value, form)
        for value in column.values.tolist()
    ]
    return np.array(texts, object)


def _as_known(column: Column, known: Rows) -> WholeColumn:
    """A column as a trained model takes it."""
    place = known.names.index(column.name)
    kind, decimals = known.kinds[place], known.decimals[place]
    if kind == "word" and column.kind == "number":
        return WholeColumn(column.name, kind, _texts(column, decimals_of(column.values[~column.missing])))
    if kind == "word" or column.kind == "text":
        if kind != "word":
            raise InputError(f"expected a {kind} in column {column.name!r}, received words; correct them")
        return WholeColumn(column.name, kind, words_of(column))
    values = column.values
    if kind == "time" and column.kind == "time":
        values = column.days
    return WholeColumn(column.name, kind, values, decimals, known.patterns[place])
