"""The replicas that share a training: one process, unless several workers train one model together.

Each replica has its own rows of a batch. What sees the whole batch, such as the divergence of a mean
activity, gathers those of all replicas; what is a mean over examples needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import tensorflow as tf

__all__ = ["Replicas", "replicas", "sharing"]

Tensor = Any
"""A tensor of Keras or TensorFlow."""


class Replicas:
    """The replicas of a training, as one of them sees them; of this class there is one alone.

    A subclass overrides `summed`. All replicas must make the same calls in the same order.

    Attributes:
        index: The number of this replica, from 0, which is the chief.
        count: Number of replicas.
        optional: Whether the chief trains alone where the others cannot share the training.
    """

    index = 0
    count = 1
    optional = False

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Sums tensors over replicas. No gradient passes through.

        Args:
            tensors: The tensors of this replica, of the same shapes in all of them.

        Returns:
            The sums, the same in all replicas.
        """
        return list(tensors)

    def gathered(self, rows: Tensor) -> Tensor:
        """The rows of the whole batch; gradients pass back to the rows that each replica gave.

        Args:
            rows: (batch / count, ...), as many in each replica.

        Returns:
            (batch, ...), the same in all replicas.
        """
        if self.count == 1:
            return rows

        @tf.custom_gradient
        def gather(rows):
            return self._gathered(rows), lambda upstream: self.own_rows(self.summed([upstream])[0])

        rows = tf.convert_to_tensor(rows)
        return gather(rows) if rows.dtype.is_floating else self._gathered(rows)

    def stacked(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The tensors of all replicas, without a gradient.

        Args:
            tensors: Those of this replica.

        Returns:
            (count, ...) each, the same in all replicas.
        """
        after = self.count - 1 - self.index
        return self.summed(
            [tf.pad(one[None], [[self.index, after]] + [[0, 0]] * one.shape.rank) for one in tensors]
        )

    def exchanged(self, content: dict[str, Any], last: bool = False) -> list[dict[str, Any]]:
        """What all replicas have to say before the training.

        Args:
            content: What this one has to say, as JSON has it.
            last: Whether nothing is said any more.

        Returns:
            What each said, in their order.
        """
        return [content]

    def leave(self) -> None:
        """Ends the sharing: no call of this replica needs the others any more."""

    def name(self, index: int) -> str:
        """A replica in words.

        Args:
            index: Its number.

        Returns:
            Such as "worker 1".
        """
        return f"worker {index}"

    def seconds_of(self, size: int) -> float:
        """Measures how long a sum takes.

        Args:
            size: Numbers in float32, such as those of all gradients.

        Returns:
            Seconds.
        """
        return 0.0

    def _gathered(self, rows):
        """As `gathered`, of rows of any type and without a gradient."""
        own, after = tf.shape(rows)[0], self.count - 1 - self.index
        edges = [[self.index * own, after * own]] + [[0, 0]] * (rows.shape.rank - 1)
        whole = self.summed([tf.pad(rows, edges)])[0]
        whole.set_shape([None, *rows.shape[1:]])
        return whole

    def own_rows(self, whole: Tensor) -> Tensor:
        """The rows of a whole batch that are this replica's.

        Args:
            whole: (batch, ...).

        Returns:
            (batch / count, ...).
        """
        if self.count == 1:
            return whole
        rows = tf.shape(whole)[0] // self.count
        return whole[self.index * rows : (self.index + 1) * rows]

    def own_noise(self, sample: Callable[[Tensor], Tensor], shape: Tensor) -> Tensor:
        """This replica's rows of noise that is sampled for the whole batch.

        Args:
            sample: Gives noise of a shape, the same in all replicas.
            shape: Of this replica's rows.

        Returns:
            The noise, of that shape.
        """
        if self.count == 1:
            return sample(shape)
        shape = tf.convert_to_tensor(shape)
        return self.own_rows(sample(tf.concat([shape[:1] * self.count, shape[1:]], axis=0)))


_REPLICAS: ContextVar[Replicas | None] = ContextVar("replicas", default=None)


def replicas() -> Replicas:
    """The replicas that share the training of this process.

    Returns:
        The replicas; one alone where no others were started.
    """
    return _REPLICAS.get() or Replicas()


@contextmanager
def sharing(all_replicas: Replicas) -> Iterator[None]:
    """Shares the training inside a `with` among replicas.

    Args:
        all_replicas: The replicas.

    Yields:
        Once.
    """
    token = _REPLICAS.set(all_replicas)
    try:
        yield
    finally:
        _REPLICAS.reset(token)
