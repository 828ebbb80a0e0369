"""Metrics of sparse codes and of what they reconstruct, over a whole split."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import keras
from keras import ops

__all__ = ["DeadFraction", "ExplainedVariance", "SplitMetric", "active_units"]

Tensor = Any
"""A tensor of Keras or TensorFlow."""


def active_units(outputs: dict, least: float = 0.0) -> Tensor:
    """The number of active units of each code (L0).

    Args:
        outputs: "code" (batch, units), among others.
        least: The absolute value that an active unit exceeds.

    Returns:
        (batch,).
    """
    return ops.sum(ops.cast(ops.abs(outputs["code"]) > least, "float32"), axis=-1)


class SplitMetric(keras.metrics.Metric):
    """A metric over a whole split, whose states of several parts make that of the whole."""

    def merge(self, parts: Sequence[Tensor]) -> None:
        """Sets the state to that of all parts together; by default to the sums.

        Args:
            parts: For each variable of the metric its values in all parts, (parts, ...).
        """
        for variable, values in zip(self.variables, parts, strict=True):
            variable.assign(ops.sum(values, axis=0))


class DeadFraction(SplitMetric):
    """The fraction of a code's units that are active in no example.

    Args:
        units: Units of the code.
        least: The absolute value that an active unit exceeds.
        name: The metric's name.
    """

    def __init__(self, units: int, least: float = 0.0, name: str = "dead_fraction"):
        super().__init__(name=name)
        self.least = least
        self.largest = self.add_variable((units,), "zeros", name="largest")

    def update_state(self, targets: Tensor, outputs: dict) -> None:
        """Adds a batch.

        Args:
            targets: Not used.
            outputs: "code" (batch, units), among others.
        """
        self.largest.assign(ops.maximum(self.largest, ops.max(ops.abs(outputs["code"]), axis=0)))

    def merge(self, parts: Sequence[Tensor]) -> None:
        self.largest.assign(ops.max(parts[0], axis=0))

    def result(self) -> Tensor:
        """The fraction, in [0, 1].

        Returns:
            A scalar.
        """
        return ops.mean(ops.cast(self.largest <= self.least, "float32"))


class ExplainedVariance(SplitMetric):
    """1 - the squared error by the squared distance from the mean, both summed over examples and elements.

    1 for perfect reconstructions, 0 for those that are all the targets' mean, and less for worse ones.

    Args:
        shape: Shape of the targets, with the batch axis.
        name: The metric's name.
    """

    def __init__(self, shape: tuple[int | None, ...], name: str = "explained_variance"):
        super().__init__(name=name)
        size = prod(axis or 1 for axis in shape[1:])
        self.count = self.add_variable((), "zeros", name="count")
        self.mean = self.add_variable((size,), "zeros", name="mean")
        self.spread = self.add_variable((), "zeros", name="spread")
        self.error = self.add_variable((), "zeros", name="error")

    def update_state(self, targets: Tensor, outputs: dict) -> None:
        """Adds a batch; means and squares are merged as Chan et al. 1979 have it, without cancellation.

        Args:
            targets: (batch, ...).
            outputs: "reconstruction" (batch, ...), among others.
        """
        flat = ops.reshape(ops.cast(targets, "float32"), (ops.shape(targets)[0], -1))
        output = ops.reshape(ops.cast(outputs["reconstruction"], "float32"), ops.shape(flat))
        count = ops.cast(ops.shape(flat)[0], "float32")
        total = self.count + count
        mean = ops.mean(flat, axis=0)
        apart = mean - self.mean
        own = ops.sum(ops.square(flat - mean))
        self.spread.assign_add(own + ops.sum(ops.square(apart)) * self.count * count / total)
        self.mean.assign_add(apart * count / total)
        self.count.assign(total)
        self.error.assign_add(ops.sum(ops.square(flat - output)))

    def merge(self, parts: Sequence[Tensor]) -> None:
        count, mean, spread, error = parts
        total = ops.sum(count)
        middle = ops.sum(count[:, None] * mean, axis=0) / ops.maximum(total, 1.0)
        apart = ops.sum(ops.square(mean - middle), axis=1)
        self.count.assign(total)
        self.mean.assign(middle)
        self.spread.assign(ops.sum(spread + count * apart))
        self.error.assign(ops.sum(error))

    def result(self) -> Tensor:
        """The explained variance, at most 1.

        Returns:
            A scalar; 0 of targets that do not vary.
        """
        return ops.where(self.spread > 0, 1.0 - self.error / ops.maximum(self.spread, 1e-30), 0.0)
