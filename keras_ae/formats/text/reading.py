"""Texts in files: their encoding, and how a file is cut into examples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["EXAMPLES", "LARGEST_FILE", "SUFFIXES", "cut", "joined", "read_text"]

SUFFIXES = (".txt", ".text", ".md", ".rst", ".tex")
"""Suffixes of files of plain text."""

EXAMPLES = ("line", "paragraph", "window")
"""What an example may be."""

LARGEST_FILE = 2**28
"""Bytes of a file of text, at most."""

BYTE_ORDERS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
"""How files of other encodings begin."""


def read_text(path: str | Path) -> str:
    """Reads a file of text.

    Args:
        path: A file in UTF-8, with or without a byte order mark.

    Returns:
        The text, with ends of lines as newlines.

    Raises:
        InputError: If the file cannot be read, is too large, or is not in UTF-8.
    """
    try:
        size = Path(path).stat().st_size
        if size > LARGEST_FILE:
            raise InputError(
                f"{path} has {size / 2**20:,.0f} MiB, a file of text at most {LARGEST_FILE // 2**20}; "
                "split it into several, in a folder"
            )
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    try:
        if b"\0" in content and content[:2] not in BYTE_ORDERS:
            raise InputError(f"expected text in {path}, received bytes of another kind; leave the file out")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = BYTE_ORDERS.get(content[:2], "")
        line = content[: error.start].count(b"\n") + 1
        received = encoding or f"the byte {content[error.start]:#04x} in line {line}, as in Latin-1"
        raise InputError(
            f"expected text in UTF-8 in {path}, received {received}; convert it: iconv -f "
            f"{encoding or 'WINDOWS-1252'} -t UTF-8 {path} > converted.txt"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cut(text: str, example: str, size: int) -> list[str]:
    """Cuts a text into examples.

    Args:
        text: The text, with ends of lines as newlines.
        example: "line"; "paragraph", lines up to a blank one; or "window", `size` characters each.
        size: Characters of a window.

    Returns:
        The examples without blanks at their ends, blank ones among them.
    """
    if example == "window":
        return [text[start : start + size] for start in range(0, len(text), size)]
    parts = text.split("\n") if example == "line" else re.split(r"\n[^\S\n]*\n\s*", text)
    if parts and not parts[-1].strip():
        parts.pop()  # what follows the last end is no example
    return [part.rstrip() for part in parts]


def joined(texts: Sequence[str], example: str) -> str:
    """Joins examples to the text of a file.

    Args:
        texts: The examples.
        example: What they are, as for `cut`.

    Returns:
        The text, which `cut` parts into them again.
    """
    between = {"line": "\n", "paragraph": "\n\n", "window": ""}[example]
    return between.join(texts) + between[:1]
