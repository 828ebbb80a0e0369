"""The words in columns of text, with one for those that are missing."""

from __future__ import annotations

import numpy as np

from keras_ae.data.tables.columns import Column

__all__ = ["MISSING_WORD", "MOST_WORDS", "words_of"]

MISSING_WORD = "(missing)"
"""The word for a missing one; an empty word would be lost in the file of a lookup layer."""

MOST_WORDS = 1000
"""The most different words in a column; one with more holds names or free text, and is left out."""


def words_of(column: Column) -> np.ndarray:
    """The words in a column of text.

    Args:
        column: The column.

    Returns:
        (n,), str; "(missing)" where missing.
    """
    return np.array([*column.words, MISSING_WORD], object)[column.values]
