"""The separator of a text's cells: the one that parts its lines alike, into values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.numbers import is_number
from keras_ae.data.tables.records import BLANKS, Record, cut
from keras_ae.errors import InputError

__all__ = ["SINGLE", "choose_separator", "is_value", "names_separator", "usual_width"]

SINGLE = "\x1f"
"""The separator of a text of a single column."""

SEPARATORS = "\t;|,"
"""Those that are looked for, in the order in which they are preferred; then blanks."""

_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")
_FIRST_QUOTED = re.compile(rf'\s*"(?:[^"]|"")*"\s*([{SEPARATORS}])')
_NAMED = re.compile(r"\"?sep=([\t!-/:-@\[-`{-~])\"?[;,\t ]*", re.IGNORECASE)
_TIME = re.compile(
    r"(?:[^\W\d_]{2,9}\.?,? )?"  # the day of the week
    r"(?:\d{1,4}[-/. ]{1,2}(?:\d{1,2}|[^\W\d_]{3,9}\.?)[-/., ]{1,2}\d{1,4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}"
    r"|\d{8}|\d{4}[-/]\d{2}|\d{4}-?(?:W|Q|KW)\d{1,2})"
    r"(?:[T:_, -]{1,2}\d[\d:.]*(?:,\d{1,9})?[^;|,\t\"]{0,30})?Z?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
)


def choose_separator(lines: Sequence[str]) -> str:
    """The separator that parts most lines alike, and into most values.

    Args:
        lines: Lines at the beginning of a text.

    Returns:
        One of `SEPARATORS`, `BLANKS`, or `SINGLE` where nothing parts the lines.
    """
    if named := names_separator(lines):
        return named
    if quoted := _behind_quotes(lines):
        return quoted
    best, most = SINGLE, 0.0
    lines = [line for line in lines if not line.startswith(("#", "%", "//"))] or lines
    for separator in (*SEPARATORS, BLANKS):
        try:
            records = list(cut(lines, separator))
        except InputError:
            continue
        fitness = _fitness(records) * (0.99 if separator == BLANKS else 1)
        if fitness > most:
            best, most = separator, fitness
    is_column = (
        best == "," and "," not in lines[0] and all(map(_COMMA.fullmatch, filter(str.strip, lines[1:])))
    )
    return SINGLE if is_column else best


def _behind_quotes(lines):
    """What follows the quoted cell that nearly every line begins with; "" if they begin otherwise."""
    filled = [line for line in lines if line.strip()]
    counts = Counter(match[1] for line in filled if (match := _FIRST_QUOTED.match(line)))
    separator, count = counts.most_common(1)[0] if counts else ("", 0)
    return separator if count >= 0.9 * len(filled) else ""


def names_separator(lines: Sequence[str]) -> str:
    """The separator that the first line names, as Excel reads it: "sep=;".

    Args:
        lines: Lines at the beginning of a text.

    Returns:
        The separator; "" if the first line is another one.
    """
    named = _NAMED.fullmatch(lines[0].strip("\n"))
    return named[1] if named else ""


def usual_width(records: Sequence[Record]) -> int:
    """The number of cells that most records have.

    Args:
        records: Records of a text.

    Returns:
        The number, of those with more than one cell where there are any.
    """
    widths = Counter(len(record.cells) for record in records if not record.is_blank)
    several = {width: count for width, count in widths.items() if width > 1}
    return max(several, key=lambda width: (several[width], width)) if several else 1


def is_value(cell: str) -> bool:
    """Whether a cell is a number or a time, whatever its format.

    Args:
        cell: A text.

    Returns:
        Whether it is.
    """
    return is_number(cell) or _TIME.fullmatch(cell) is not None


def _fitness(records):
    """How far records are alike, and their cells values; 0 if they are not parted."""
    records = [record for record in records if not record.is_blank]
    width = usual_width(records)
    alike = [record for record in records if len(record.cells) == width]
    if width == 1:
        return 0
    cells = [cell for record in alike[-100:] for cell in record.cells]
    values = sum(cell in MISSING or is_value(cell) for cell in cells) / len(cells)
    return (len(alike) / len(records)) ** 2 * (0.5 + values)
