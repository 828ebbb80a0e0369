"""Weight decay: the penalty on kernels that every backbone offers."""

from __future__ import annotations

from keras import regularizers

__all__ = ["kernel_decay"]


def kernel_decay(l1: float, l2: float) -> regularizers.L1L2 | None:
    """A Keras regularizer l1 * sum |w| + l2 * sum w^2 of a kernel.

    Args:
        l1: Factor of the absolute weights, at least 0.
        l2: Factor of the squared weights, at least 0 and finite.

    Returns:
        The regularizer, or None where both factors are 0.
    """
    return regularizers.L1L2(l1, l2) if l1 or l2 else None
