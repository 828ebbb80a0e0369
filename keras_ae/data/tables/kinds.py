"""What the texts of a column are: numbers, truth values, times or words, as most of them tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from keras_ae.data.tables.cells import Texts
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.header_names import without_quotes
from keras_ae.data.tables.number_format import NumberFormat
from keras_ae.data.tables.numbers import choose_format, is_number, parse_numbers, says_missing
from keras_ae.data.tables.time_form import MISSING_TIME
from keras_ae.data.tables.time_layouts import match_time
from keras_ae.data.tables.times import TimeReader

__all__ = ["TypedTexts", "are_numbers", "column_of_texts"]

MOSTLY = 0.95
"""Fraction of numbers or times from which a column's other cells are faults; with less, all are words."""

SOME, AT_ONCE = 200, 2**20
"""Words that are looked at before all of them are, and rows of times that are read at once."""

TRUTH = {"false": 0.0, "true": 1.0}


@dataclass(frozen=True, eq=False)
class TypedTexts:
    """Texts as values of a kind.

    Attributes:
        column: The column; of times, without values before their order is settled.
        wrong: (n,), bool, which cells are faults.
        missing: How often words were read as missing.
        reader: Of times.
        note: How they were read, for the user, where that is not how the file's others are.
    """

    column: Column
    wrong: np.ndarray
    missing: Counter[str] = field(default_factory=Counter)
    reader: TimeReader | None = None
    note: str = ""


def are_numbers(words: Sequence[str]) -> bool:
    """Whether words seem to be numbers, in whatever format.

    Args:
        words: The different words of a column.

    Returns:
        Whether at least half of some of them are.
    """
    present = _some(words)
    return 2 * sum(map(is_number, present)) >= len(present)


def column_of_texts(
    name: str, texts: Texts, kind: str, form: NumberFormat, separator: str, day_first: bool | None
) -> TypedTexts:
    """Reads the texts of a column as what most of them are.

    Args:
        name: The column's name.
        texts: The texts.
        kind: "number", "text" or "time" to read them as that; "" to find out.
        form: The format of the file's numbers.
        separator: Of the file's cells.
        day_first: Whether 1/2/2024 is in February; None to find out.

    Returns:
        The column.
    """
    if kind in ("", "time") and (times := _plain_times(name, texts, day_first)) is not None:
        return times
    words = _words(name, texts)
    if kind == "text":
        return words
    if texts.words and texts.words[0].startswith("'"):
        texts = Texts(texts.codes, np.array(without_quotes(texts.words), object))
    truth = _truth(name, texts)
    if truth is not None and kind != "time":
        return truth
    numbers = _numbers(name, texts, form, separator) if kind == "number" or are_numbers(texts.words) else None
    if numbers is not None and (kind == "number" or (not numbers.column.unit and _is_usual(numbers, texts))):
        return numbers
    if kind == "time" or _are_times(texts.words):
        times = _times(name, texts, day_first)
        if kind == "time" or (_is_usual(times, texts) and not times.reader.may_be_ids):
            return times
    if numbers is not None and _is_usual(numbers, texts):
        return numbers
    if numbers is None:
        return words
    first = texts.words[texts.codes[np.flatnonzero(numbers.wrong)[0]]]
    if all(map(is_number, _some(texts.words))):
        reason = f"what stands beside its numbers differs ({first}); bring units to one"
    elif 2 * numbers.wrong.sum() > np.count_nonzero(texts.codes >= 0):
        return words
    else:
        reason = f"{int(numbers.wrong.sum()):,} cells are no numbers ({first})"
    return replace(words, note=f"{name} is read as words: {reason}")


def _is_usual(typed, texts):
    """Whether most cells are of a kind; times that do not exist are faults, however many there are."""
    present = np.count_nonzero(texts.codes >= 0) - sum(typed.missing.values())
    wrong = np.bincount(texts.codes[typed.wrong], minlength=len(texts.words))
    if typed.reader is not None:
        wrong = [
            count for word, count in zip(texts.words, wrong, strict=True) if count and not match_time(word)
        ]
    return sum(wrong) <= (1 - MOSTLY) * present


def _some(words):
    """Some of the words that do not stand for missing values."""
    return [word for word in words[:: -(-len(words) // SOME) or 1] if not says_missing(word)]


def _words(name, texts):
    return TypedTexts(Column(name, "text", texts.codes, texts.words), np.zeros(len(texts.codes), bool))


def _truth(name, texts):
    """Truth values as 1 and 0; None for other texts."""
    some = {word.lower() for word in _some(texts.words)}
    if not some or not some <= set(TRUTH):
        return None
    words = [word.lower() for word in texts.words]
    if not all(word in TRUTH or says_missing(word) for word in words):
        return None
    values = texts.spread(np.array([TRUTH.get(word, np.nan) for word in words]), np.nan)
    column = Column(name, "number", values, ("False", "True"))
    missing = _counted(texts, np.array([word not in TRUTH for word in words]))
    return TypedTexts(column, np.zeros(len(values), bool), missing)


def _numbers(name, texts, form, separator):
    """Texts as numbers, in the file's format, or in an own one where that fits better."""
    parsed, own = parse_numbers(texts.words, form), form
    if texts.spread(parsed.wrong, False).sum() > (1 - MOSTLY) * len(texts.codes):
        own, _ = choose_format([texts.by_word], separator)
        other = parse_numbers(texts.words, own)
        own, parsed = (own, other) if other.wrong.sum() < parsed.wrong.sum() else (form, parsed)
    values = texts.spread(parsed.values, np.nan)
    is_missing = np.isnan(parsed.values) & ~parsed.wrong
    values = np.where(np.isinf(values), np.nan, values)
    return TypedTexts(
        Column(name, "number", values, unit=parsed.unit),
        texts.spread(parsed.wrong, False),
        _counted(texts, is_missing | np.isinf(parsed.values)),
        note="" if own == form else f"numbers of {name} are written {own}",
    )


def _are_times(words):
    """Whether words seem to be times."""
    present = _some(words)
    return bool(present) and 2 * TimeReader().add(pd.Series(present, dtype=object)).sum() <= len(present)


def _plain_times(name, texts, day_first):
    """Texts that all are times, and mostly different; None for others, of which each word is looked at."""
    if texts.cells is None or 2 * sum(map(is_number, texts.some)) >= len(texts.some):
        return None
    if TimeReader().add(pd.Series(texts.some, dtype=object)).any():
        return None
    reader = TimeReader(day_first)
    for start in range(0, len(texts.cells), AT_ONCE):
        if reader.add(pd.Series(texts.cells[start : start + AT_ONCE], dtype=object)).any():
            return None
    if reader.may_be_ids:
        return None
    empty = Column(name, "time", np.full(0, MISSING_TIME))
    return TypedTexts(empty, np.zeros(len(texts.cells), bool), reader=reader)


def _times(name, texts, day_first):
    """Texts as times."""
    reader, wrong = TimeReader(day_first), []
    words = np.append(np.array(texts.words, object), np.array([None], object))
    for start in range(0, len(texts.codes), AT_ONCE):
        wrong.append(reader.add(pd.Series(words[texts.codes[start : start + AT_ONCE]], dtype=object)))
    faults = np.concatenate(wrong)
    codes = np.unique(texts.codes[faults])
    is_missing = np.zeros(len(texts.words), bool)
    is_missing[codes] = [says_missing(texts.words[code]) for code in codes]
    faults &= ~texts.spread(is_missing, False)
    empty = Column(name, "time", np.full(0, MISSING_TIME))
    return TypedTexts(empty, faults, _counted(texts, is_missing), reader)


def _counted(texts, chosen):
    """How often words come."""
    counts = texts.counts
    return Counter({texts.words[code]: int(counts[code]) for code in np.flatnonzero(chosen)})
