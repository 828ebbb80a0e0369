"""Numbers of things in words."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, noun: str) -> str:
    """A number of things in words.

    Args:
        count: The number.
        noun: What there are, in the singular.

    Returns:
        Such as "1 image" and "2,000 images".
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"
