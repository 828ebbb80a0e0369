"""Positions of values among ordered numbers by ops that every runtime has, as few have a sorted search."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

__all__ = ["count_below"]


def count_below(ordered: Any, values: Any, equal: bool = False) -> Any:
    """How many of ordered numbers are below each value, by halving: `tf.searchsorted`'s answer.

    Args:
        ordered: (count,), ascending, of a static count of at least 1.
        values: (n,), of the same type; nothing is below NaN.
        equal: Whether numbers that equal a value are counted too.

    Returns:
        (n,), int32.
    """
    count = ordered.shape[0]
    below = tf.zeros_like(values, tf.int32)
    for exponent in reversed(range(count.bit_length())):
        further = below + 2**exponent
        last = tf.gather(ordered, tf.minimum(further, count) - 1)
        passed = last <= values if equal else last < values
        below = tf.where(passed & (further <= count), further, below)
    return below
