"""The sections of a file: two sizes, after zlib and before it, and the bytes; bounds are checked first."""

from __future__ import annotations

import struct
import zlib

__all__ = ["SIZES", "read_section", "section", "whole_section"]

SIZES = struct.Struct("<II")
"""What a section begins with: the bytes that follow, and how many they are without zlib."""


def section(content: bytes) -> bytes:
    """A section, compressed by zlib where that makes it smaller.

    Args:
        content: What it holds.

    Returns:
        Its bytes.
    """
    smaller = zlib.compress(content, 9)
    if len(smaller) >= len(content):
        return whole_section(content)
    return SIZES.pack(len(smaller), len(content)) + smaller


def whole_section(content: bytes) -> bytes:
    """A section that is not compressed.

    Args:
        content: What it holds.

    Returns:
        Its bytes.
    """
    return SIZES.pack(len(content), len(content)) + content


def read_section(content: bytes, at: int, bound: int) -> tuple[bytes, int]:
    """Reads a section.

    Args:
        content: The file.
        at: Where the section begins.
        bound: How many bytes it may hold.

    Returns:
        What it holds, and where the next one begins.

    Raises:
        ValueError: It claims to hold more, ends early, or holds more or less than it claims.
    """
    stored, raw = SIZES.unpack_from(content, at)
    at += SIZES.size
    if raw > bound or stored > raw or at + stored > len(content):
        raise ValueError(f"it claims a section of {raw:,} bytes, at most {bound:,} are read")
    own = content[at : at + stored]
    if stored < raw:
        inflate = zlib.decompressobj()
        own = inflate.decompress(own, raw)
        if len(own) != raw or not inflate.eof or inflate.unused_data:
            raise ValueError("a section is not as large as it claims")
    return own, at + stored
