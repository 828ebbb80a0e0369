"""Weight decay: the penalty on kernels that every backbone offers."""

from __future__ import annotations

from math import inf

from keras import regularizers


def kernel_decay(l1: float, l2: float) -> regularizers.L1L2 | None:
    """l1 * sum |w| + l2 * sum w^2 of a kernel, as a Keras regularizer; None where both are 0.

    Raises ValueError for a factor below 0 or not finite.
    """
    for name, factor in (("l1", l1), ("l2", l2)):
        if not 0 <= factor < inf:
            raise ValueError(f"{name} is at least 0 and finite, received {factor}")
    return regularizers.L1L2(l1, l2) if l1 or l2 else None
