"""Weight decay: the penalty on kernels that every backbone offers."""

from __future__ import annotations

from math import inf

from keras import regularizers

__all__ = ["kernel_decay"]


def kernel_decay(l1: float, l2: float) -> regularizers.L1L2 | None:
    """A Keras regularizer l1 * sum |w| + l2 * sum w^2 of a kernel.

    Args:
        l1: Factor of the absolute weights, at least 0.
        l2: Factor of the squared weights, at least 0.

    Returns:
        The regularizer, or None where both factors are 0.

    Raises:
        ValueError: If a factor is below 0 or not finite.
    """
    for name, factor in (("l1", l1), ("l2", l2)):
        if not 0 <= factor < inf:
            raise ValueError(f"{name} must be at least 0 and finite, received {factor}")
    return regularizers.L1L2(l1, l2) if l1 or l2 else None
