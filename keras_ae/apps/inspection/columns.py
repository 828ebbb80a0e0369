"""Facts about the columns of a file of rows: kind, use, missing values, range or words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.tables.columns import Column, Table
from keras_ae.data.tables.time_form import format_time

__all__ = ["ColumnFacts", "column_facts"]

MOST_WORDS = 6
"""Words of a column that are shown, the most frequent ones first."""


@dataclass(frozen=True)
class ColumnFacts:
    """A column of a file.

    Attributes:
        name: Its name.
        kind: "number", "text" or "time".
        unit: Of numbers; "" where the file names none.
        learned: Whether the model learns it; False for a label, a time and what is left out, None where the
            data were refused.
        missing: How many values are missing.
        least: The least number or the first time, as text; "" of words, and without values.
        most: The greatest number or the last time, as text.
        mean: Of numbers; None of others, and without values.
        different: How many different values there are.
        words: (word, how often) of the most frequent words; () of others.
    """

    name: str
    kind: str
    unit: str
    learned: bool | None
    missing: int
    least: str = ""
    most: str = ""
    mean: float | None = None
    different: int = 0
    words: tuple[tuple[str, int], ...] = ()


def column_facts(table: Table, learned: Collection[str] | None) -> list[ColumnFacts]:
    """The facts about the columns of a table.

    Args:
        table: The table.
        learned: Names of the columns that the model learns; None if it is not known.

    Returns:
        Those of each column, in their order.
    """
    return [
        _facts(column, None if learned is None else column.name in learned)
        for column in table.columns.values()
    ]


def _facts(column: Column, learned: bool | None) -> ColumnFacts:
    missing = column.missing
    facts = ColumnFacts(column.name, column.kind, column.unit, learned, int(missing.sum()))
    present = column.values[~missing]
    if not len(present):
        return facts
    different, counts = np.unique(present, return_counts=True)
    facts = replace(facts, different=len(different))
    if column.kind == "text":
        frequent = np.argsort(-counts, kind="stable")[:MOST_WORDS]
        return replace(
            facts, words=tuple((column.words[different[index]], int(counts[index])) for index in frequent)
        )
    if column.kind == "time":
        least, most = (format_time(time, column.form) for time in different[[0, -1]])
        return replace(facts, least=least, most=most)
    least, most = (f"{value:.6g}" for value in different[[0, -1]])
    return replace(facts, least=least, most=most, mean=float(present.mean()))
