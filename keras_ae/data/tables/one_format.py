"""The cells of a file's columns, with one format for all of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae.data.tables.dialect import Dialect
from keras_ae.data.tables.gathering import Gathered, gather
from keras_ae.data.tables.kinds import are_numbers
from keras_ae.data.tables.number_format import NumberFormat
from keras_ae.data.tables.numbers import choose_format
from keras_ae.data.tables.writing import UNKNOWN, Writing

__all__ = ["gather_in_one_format"]

SOME = 1000
"""Numbers of a column that are looked at first."""


def gather_in_one_format(
    path: str | Path,
    dialect: Dialect,
    names: Sequence[str],
    kinds: Mapping[str, str],
    known: Writing = UNKNOWN,
    in_doubt: Writing = UNKNOWN,
) -> tuple[Gathered, NumberFormat, str, str]:
    """Gathers the cells of columns, and finds the format that holds for all numbers among them.

    Args:
        path: The file.
        dialect: How it is written.
        names: The columns.
        kinds: Of columns of which the kind is known, by name.
        known: How the file is written, as far as that is known.
        in_doubt: How to read it where nothing in it decides.

    Returns:
        The cells, of which texts are not converted yet; the format; a note in case of doubt; and the mark
        before decimals, "" where no number has one, or one between thousands.

    Raises:
        InputError: For a file that cannot be read.
    """
    decimal = known.decimal
    if decimal:
        dialect = replace(dialect, numbers=NumberFormat(decimal), is_sure=True)
    words = [name for name, kind in kinds.items() if kind == "text"]
    cells, form, is_doubtful = gather(path, dialect, names, words), dialect.numbers, False
    texts = _numeric(cells, kinds)
    if dialect.is_sure and not texts:
        return cells, form, "", form.decimal
    fractions = [name for name, values in cells.numbers.items() if _has_fractions(values)]
    doubtful = [name for name in fractions if _may_be_thousands(cells.numbers[name])]
    if decimal or (fractions and (dialect.is_sure or doubtful != fractions)):
        form, is_doubtful = choose_format(texts, dialect.separator, form.decimal)
    elif texts or (doubtful and dialect.separator != ","):
        if doubtful:
            cells = gather(path, dialect, names, [*words, *doubtful])
        form, is_doubtful = choose_format(_numeric(cells, kinds), dialect.separator)
    if is_doubtful and in_doubt.decimal and not decimal:
        form, _ = choose_format(_numeric(cells, kinds), dialect.separator, in_doubt.decimal)
    doubt = _doubt(form, bool(in_doubt.decimal)) if is_doubtful and not decimal else ""
    marked = any("." in word or "," in word for words in _numeric(cells, kinds) for word in words)
    return cells, form, doubt, form.decimal if decimal or fractions or marked else ""


def _doubt(form, as_before):
    """The note on numbers of which nothing tells whether they have thousands or decimals."""
    mark = form.thousands or form.decimal
    value, other = ("1250", mark) if form.thousands else ("1.25", {".": ",", ",": "."}[mark])
    if as_before:
        return f"1{mark}250 is read as {value}, which the file does not tell, as in training"
    setting = f'SET="data.decimal={other}" for the other'
    return f"1{mark}250 is read as {value}, which the file does not tell ({setting})"


def _numeric(cells, kinds):
    """How often words come in columns of texts that seem to be numbers."""
    return [
        texts.by_word
        for name, texts in cells.texts.items()
        if kinds.get(name, "number") == "number" and are_numbers(texts.some)
    ]


def _fractions(values):
    """The numbers that are not whole."""
    finite = values[np.isfinite(values)]
    return finite[finite != np.rint(finite)]


def _has_fractions(values):
    """Whether some numbers are not whole; the first of them tell it mostly."""
    return bool(len(_fractions(values[:SOME])) or len(_fractions(values)))


def _may_be_thousands(values):
    """Whether all decimals may be three digits behind a mark between thousands."""
    return _are_thousands(values[:SOME]) and _are_thousands(values)


def _are_thousands(values):
    """Whether all decimals may be three digits."""
    thousands = np.abs(_fractions(values)) * 1000
    return bool((np.abs(thousands - np.rint(thousands)) < 1e-4).all() and (thousands >= 1000).all())
