"""Levels as text: their rows as editors and corpora write them, and tiles that no legend has."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from keras_ae.errors import InputError

__all__ = ["SUFFIXES", "Unknown", "read_text", "rows_of", "unknown_tiles"]

SUFFIXES = (".txt", ".lvl")
"""The suffixes of levels as text."""

SEPARATORS = "\t,; "
"""Characters that may stand between tiles, where they are none themselves."""


class Unknown(NamedTuple):
    """A tile that a legend does not have.

    Attributes:
        total: How many there are.
        line: The line of the first, from 1.
        column: The column of the first, from 1.
    """

    total: int
    line: int
    column: int


def read_text(path: Path) -> str:
    """Reads a text file.

    Args:
        path: The file, in UTF-8, or in UTF-16 with a byte order mark.

    Returns:
        Its text, without a byte order mark.

    Raises:
        InputError: It cannot be read, or is not text.
    """
    try:
        content = path.read_bytes()
        marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if marked else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text ({error}); write it as UTF-8") from error


def rows_of(text: str, tiles: str) -> list[str]:
    """The rows of a level's text, each a string of tiles.

    Empty lines around a level do not count, and neither do blanks at the end of a row, where a blank is no
    tile; where it is one, rows that an editor has cut off are filled up with it.

    Args:
        text: One row a line, with line breaks of any kind; tiles may stand apart by tabs, commas or blanks.
        tiles: The characters of the tiles.

    Returns:
        The rows, which may be of different lengths.
    """
    rows = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    if " " not in tiles:
        rows = [row.rstrip(" \t") for row in rows]
        rows = rows[next((number for number, row in enumerate(rows) if row), 0) :]
    while rows and not rows[-1]:
        rows.pop()
    if " " in tiles:
        width = max(map(len, rows), default=0)
        rows = [row.ljust(width) for row in rows]
    for separator in SEPARATORS.translate({ord(tile): None for tile in tiles}):
        cells = [row.split(separator) for row in rows]
        if all(len(cell) == 1 for row in cells for cell in row) and any(len(row) > 1 for row in cells):
            return ["".join(row) for row in cells]
    return rows


def unknown_tiles(rows: list[str], tiles: str) -> dict[str, Unknown]:
    """The tiles of a level that a legend does not have.

    Args:
        rows: The level's rows.
        tiles: The characters of the legend's tiles.

    Returns:
        How many there are of each, and where the first is, in the order of the level.
    """
    known, found = set(tiles), dict[str, Unknown]()
    for line, row in enumerate(rows, 1):
        for tile in dict.fromkeys(row):
            if tile not in known:
                total, *first = found.get(tile, (0, line, row.index(tile) + 1))
                found[tile] = Unknown(total + row.count(tile), *first)
    return found
