"""The rows of a text as data frames, some at a time: numbers where a column has only those, else texts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.dialect import Dialect
from keras_ae.data.tables.records import BLANKS, cut
from keras_ae.data.tables.rows import RowFilter
from keras_ae.data.tables.sources import open_text
from keras_ae.data.tables.suffixes import FRAMES, row_suffix
from keras_ae.data.tables.typed_files import read_frame
from keras_ae.errors import InputError

__all__ = ["read_blocks", "read_rows"]

BLOCK, MOST_LINE = 2**23, 2**24
"""Characters that are read at once, and characters of a line, at most."""

FITTING, OF_COLUMN = 2**20, 2**13
"""Characters that are parsed in half the time of more, as they fit in a processor's cache; and characters of
a column below which the work for each block of it prevails."""

_QUOTED = re.compile(rb'"[^"]*"')


def read_blocks(
    path: str | Path, dialect: Dialect, texts: Collection[int], rows: RowFilter
) -> Iterator[pd.DataFrame]:
    """Reads the rows of a text.

    Args:
        path: The file.
        dialect: How it is written.
        texts: Indices of the columns to read as texts.
        rows: What finds the rows among lines of which some are none.

    Yields:
        Some rows each; columns are called 0, 1, ... and hold numbers, texts or truth values, NaN where
        missing.

    Raises:
        InputError: For a file that cannot be read, and for rows of another width.
    """
    end = dialect.start
    with _rows_of(path, dialect) as text:
        size = min(BLOCK, max(FITTING, OF_COLUMN * dialect.width))
        while block := _block(text, path, rows, size):
            encoded = block.encode("utf-8", "replace")
            lines = _count(encoded, "\n")
            frame = None
            if not rows.is_waiting and not _has_others(block, dialect):
                frame = _parsed(encoded, lines, dialect.separator, dialect, texts)
            if frame is None or not (_is_whole(frame, dialect) or _are_whole(encoded, lines, dialect)):
                further = chain(io.StringIO(block), _lines(text, path))
                records = list(_until(end + lines, cut(further, dialect.separator, end, str(path))))
                chosen = list(rows.rows(records))
                frame = _parsed(_written(chosen), len(chosen), ",", dialect, texts) if chosen else None
                end = records[-1].end
            else:
                end += lines
            if frame is not None:
                yield frame
    rows.end()


def read_rows(path: str | Path, dialect: Dialect) -> Iterator[list[str]]:
    """Reads the rows of a text, cell by cell.

    Args:
        path: The file.
        dialect: How it is written.

    Yields:
        The cells of each row, without blanks around them.

    Raises:
        InputError: For a file that cannot be read, and for rows of another width.
    """
    if row_suffix(path) in FRAMES:
        frame = read_frame(path, dialect.names)
        texts = frame.astype(object).where(frame.notna(), "").map(str)
        yield from texts.itertuples(index=False, name=None)
        return
    rows = RowFilter(path, dialect)
    with _rows_of(path, dialect) as text:
        yield from rows.rows(cut(_lines(text, path), dialect.separator, dialect.start, str(path)))
    rows.end()


@contextmanager
def _rows_of(path, dialect):
    """A text, from its first row on."""
    with open_text(path, dialect.encoding) as text:
        for _ in range(dialect.start):
            text.readline()
        yield text


def _block(text, path, rows, size):
    """The next whole lines of a text, each with its end; "" at the end of the text."""
    block = text.read(size)
    if not block.endswith("\n"):
        block += _line(text, path)
    rows.is_cut = not block.endswith("\n") if block else rows.is_cut
    block = block.rstrip("\x1a") if block.endswith("\x1a") else block  # the end of a text in DOS
    return block if block.endswith("\n") or not block else block + "\n"


def _lines(text, path):
    while line := _line(text, path):
        if line.strip("\x1a"):
            yield line


def _line(text, path):
    line = text.readline(MOST_LINE)
    if len(line) == MOST_LINE:
        raise InputError(f"expected lines of at most {MOST_LINE:,} characters in {path}; one is longer")
    return line


def _until(end, records):
    """The records up to the one that ends at a line, or behind it."""
    for record in records:
        yield record
        if record.end >= end:
            return


def _has_others(block, dialect):
    """Whether there are lines that are no rows but may look so, or cells that are parted."""
    last = block[block.rfind("\n", 0, -1) + 1 :]
    if dialect.width > 1 and not last.strip(f'{dialect.separator} "\t\n'):
        return True  # it may be the first of empty rows at the end
    header = f"{dialect.header}\n"
    if dialect.joined >= 0 or (dialect.headed and (block.startswith(header) or f"\n{header}" in block)):
        return True
    return dialect.has_remarks and (block.startswith("#") or "\n#" in block)


def _is_whole(frame, dialect):
    """Whether no row can be too short, as the last cell of each is there."""
    return not dialect.has_end and not frame[dialect.width - 1].isna().any()


def _are_whole(encoded, lines, dialect):
    """Whether each of the lines has its separators, where none of these is quoted."""
    if dialect.separator == BLANKS:
        return False
    bare = _QUOTED.sub(b"", encoded) if b'"' in encoded else encoded
    return _count(bare, "\n") == lines and _count(bare, dialect.separator) == lines * (dialect.width - 1)


def _count(encoded, character):
    """How often a character of ASCII comes; faster than bytes.count where it comes often."""
    return int(np.count_nonzero(np.frombuffer(encoded, np.uint8) == ord(character)))


def _parsed(encoded, lines, separator, dialect, texts):
    """Some lines as a data frame; None where they are not as many rows, or some are too short or too long."""
    settings: dict[str, Any] = {
        "sep": r"\s+" if separator == BLANKS else separator,
        "decimal": dialect.numbers.decimal,
        "dtype": dict.fromkeys(texts, object),
        "na_values": list(MISSING),
        "skip_blank_lines": dialect.width > 1,  # blank lines of a single column are missing values
    }
    settings |= {"header": None, "keep_default_na": False, "skipinitialspace": True, "low_memory": False}
    try:
        frame = pd.read_csv(io.BytesIO(encoded), index_col=False, **settings)
    except pd.errors.ParserError:
        return None
    width = dialect.width - (dialect.joined >= 0)
    return frame if frame.shape == (lines, width) else None


def _written(rows):
    """Rows as text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
