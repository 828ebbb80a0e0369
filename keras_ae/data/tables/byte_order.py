"""Texts of two or four bytes a character, by their first bytes."""

from __future__ import annotations

import codecs

__all__ = ["marked_encoding"]

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FEWEST = 16
"""Bytes that tell the encoding without a byte order mark, at least."""


def marked_encoding(start: bytes) -> str | None:
    """The encoding that the beginning of a text tells.

    Args:
        start: Its first bytes.

    Returns:
        What its byte order mark says; without one, UTF-16 where every second byte of most characters is 0;
        None for other bytes.
    """
    marked = next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), None)
    if marked or len(start) < FEWEST:
        return marked
    first, second = start[0::2].count(0), start[1::2].count(0)
    if min(first, second) == 0 and max(first, second) > len(start) / 4:
        return "utf-16-le" if second else "utf-16-be"
    return None
