"""Cells that are values, numbers or times, whatever their format."""

from __future__ import annotations

import re

from keras_ae.data.tables.numbers import is_number

__all__ = ["is_time", "is_value"]

_TIME = re.compile(
    r"(?:[^\W\d_]{2,9}\.?,? )?"  # the day of the week
    r"(?:\d{1,4}[-/. ]{1,2}(?:\d{1,2}|[^\W\d_]{3,9}\.?)[-/., ]{1,2}\d{1,4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}"
    r"|\d{8}|\d{4}[-/]\d{2}|\d{4}-\d{3}|\d{4}-?(?:W|Q|KW)\d{1,2})"
    r"(?:[T:_, -]{1,2}(?:\d{6}|\d{4}|\d{1,2})(?:[:.h]\d{2}){0,2}(?:[.,]\d{1,9}|:\d{3})?(?![\d:])"
    r"[^:;|,~^\t\"]{0,30}(?:(?<=[+-]\d\d):\d\d[^:;|,~^\t\"]{0,30})?)?Z?"  # a zone
    r"|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
)


def is_value(cell: str) -> bool:
    """Whether a cell is a number or a time, whatever its format.

    Args:
        cell: A text.

    Returns:
        Whether it is.
    """
    return is_number(cell) or _TIME.fullmatch(cell) is not None


def is_time(cell: str) -> bool:
    """Whether a cell is a time, and no number.

    Args:
        cell: A text.

    Returns:
        Whether it is.
    """
    return _TIME.fullmatch(cell) is not None and not is_number(cell)
