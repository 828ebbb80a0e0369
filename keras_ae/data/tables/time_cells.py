"""Cells of a column as characters, by their layouts: digits, letters and signs at the same positions."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_ae.data.tables.time_layouts import match_time
from keras_ae.data.tables.time_parts import WORDS

__all__ = ["by_layout", "characters"]

WIDTHS = (24, 40, 64)
"""Characters of a time; those of the longest cell decide which."""

MOST_LAYOUTS = 400
"""Layouts among the cells read at once, at most; cells of further ones are no times."""

_DIGIT, _LETTER = 48, 97
_SHAPES = np.arange(256, dtype=np.uint8)
_SHAPES[48:58] = _DIGIT
_SHAPES[65:91] = _SHAPES[97:123] = _LETTER
_KEYS = np.random.default_rng(0).integers(1, 2**63, 8, np.uint64) * 2 + 1
_BLANKS = str.maketrans("\u00a0\u202f\u2009\t", "    ")


def characters(texts: np.ndarray) -> np.ndarray:
    """Texts as characters.

    Args:
        texts: (n,), objects.

    Returns:
        (n, width), uint8, 0 behind the end of each; of a text that is too long for a time, 0 alone.
    """
    if not len(texts):
        return np.zeros((0, WIDTHS[0]), np.uint8)
    for width in WIDTHS:
        try:
            cells = texts.astype(f"S{width}").view(np.uint8).reshape(len(texts), width)
        except UnicodeEncodeError:
            plain = [_plain(text) for text in texts]
            cells = np.array(plain, f"S{width}").view(np.uint8).reshape(len(texts), width)
        if not cells[:, -1].any():
            return cells
    return np.where(cells[:, -1:] != 0, 0, cells).astype(np.uint8)


def _plain(text):
    """A text in ASCII, letters without their accents."""
    parted = unicodedata.normalize("NFD", text.translate(_BLANKS))
    bare = "".join(character for character in parted if not unicodedata.combining(character))
    return bare.encode("ascii", "replace")


def by_layout(cells: np.ndarray) -> Iterator[tuple[np.ndarray | slice, str]]:
    """Groups cells by their layouts.

    Cells have one layout if digits, letters and signs stand at the same positions, and they are the same
    letters where those are no word of a time.

    Args:
        cells: (n, width), uint8, the characters.

    Yields:
        The rows of the cells of a layout, all of them as a slice, and one of these cells.
    """
    shapes = _SHAPES[cells]
    if len(cells) and (shapes == shapes[0]).all():
        sample = cells[0].tobytes().rstrip(b"\0").decode("latin-1")
        if _same_letters(cells, shapes[0], match_time(sample)).all():
            yield slice(None), sample
            return
    keys = np.ascontiguousarray(shapes).view(np.uint64) @ _KEYS[: cells.shape[1] // 8]
    groups, _ = pd.factorize(keys)
    sorted_rows = np.argsort(groups, kind="stable")
    count = 0
    for rows in np.split(sorted_rows, np.cumsum(np.bincount(groups))[:-1]):
        while len(rows) and count < MOST_LAYOUTS:
            count += 1
            first = rows[0]
            sample = cells[first].tobytes().rstrip(b"\0").decode("latin-1")
            same = _same_letters(cells[rows], shapes[first], match_time(sample))
            yield rows[same], sample
            rows = rows[~same]


def _same_letters(cells, shape, match):
    """Whether cells of one shape have the letters of the first one, but for the words of times."""
    words = [match.span(name) for name in WORDS if name in match.re.groupindex] if match else []
    same = np.ones(len(cells), bool)
    for at in np.flatnonzero(shape == _LETTER):
        if not any(begin <= at < end for begin, end in words):
            same &= cells[:, at] | 32 == cells[0, at] | 32
    return same
