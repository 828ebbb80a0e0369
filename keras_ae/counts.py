"""Numbers of things, and of bytes, in words."""

from __future__ import annotations

__all__ = ["counted", "size_in_words"]


def counted(count: int, noun: str) -> str:
    """A number of things in words.

    Args:
        count: The number.
        noun: What there are, in the singular.

    Returns:
        Such as "1 image" and "2,000 images".
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def size_in_words(size: int) -> str:
    """A number of bytes in words.

    Args:
        size: The number.

    Returns:
        Such as "1.5 MiB" and "2.3 GiB".
    """
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
