"""How many bits a level may have; free of NumPy, so that requests are checked before it is imported."""

from __future__ import annotations

__all__ = ["MOST_BITS"]

MOST_BITS = 16
"""Most bits of a level in a grid over a range."""
