"""Examples with their labels and masks: one split of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_ae.checked import Checked

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["LARGEST", "Split"]

LARGEST = 4 * 2**30
"""Maximum size of a decoded data set in bytes; a larger one is refused before decoding."""


MOST_AT_ONCE = 2**27
"""Bytes of examples on disk, as float32, that are read into memory where a method takes many at once."""


@dataclass(frozen=True, eq=False)
class Split(metaclass=Checked):
    """Examples in memory; a subclass may leave them on disk.

    Attributes:
        examples: (n, *shape), uint8 (255 stands for 1), or bool or float32 (as a model takes them). Those of
            a subclass may be read only where NumPy or TensorFlow takes an array.
        labels: (n,), integers; None for examples without labels.
        stream: The number of the split's own stream of random numbers.
        masks: (n, height, width), int8, of images: 1 in pixels of an anomaly, 0 in others, -1 where it is not
            known; (n, frames) of clips; None if it is known of none.
        images: How many images the examples are parts of; 0 if each stands for itself.
        groups: (n,), whole numbers, equal for examples that are parts of one longer one, such as windows of a
            clip, so that no part calibrates what was learned from others; None if each stands for itself.
        weights: (n,), float32, at least 0: what each example counts in the objective; None for all alike.
    """

    part: ClassVar[str] = "piece"
    examples: np.ndarray
    labels: np.ndarray | None = None
    stream: int = 0
    masks: np.ndarray | None = None
    images: int = 0
    groups: np.ndarray | None = None
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def in_words(self) -> str:
        """How many examples there are, and what they are parts of, such as "24 pieces of 2 images"."""
        parts = f" {self.part}{'s' * (len(self) != 1)} of {self.images:,} image{'s' * (self.images != 1)}"
        return f"{len(self):,}{parts if self.images else ''}"

    @property
    def described(self) -> str:
        """How many examples there are, with a noun, such as "64 examples" and "24 pieces of 2 images"."""
        return self.in_words if self.images else f"{self.in_words} examples"

    @property
    def numbers(self) -> np.ndarray:
        """The examples as a model takes them, (n, *shape), float32, not in a graph."""
        full = np.float32(255 if self.examples.dtype == np.uint8 else 1)
        return np.divide(self.examples, full, dtype=np.float32)  # one copy

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an example."""
        return self.examples.shape[1:]

    @property
    def group(self) -> int:
        """How many neighboring indices training reads together, because that is cheaper."""
        return 1

    @property
    def varies(self) -> bool:
        """Whether an example is another part of the same image in each epoch."""
        return False

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        """A function that reads examples inside a TensorFlow graph.

        Returns:
            (indices (batch,), seeds (batch, 2)) -> examples as a model takes them, float32 (batch, *shape).
        """
        import tensorflow as tf

        from keras_ae.data.tensors import values

        examples = self._tensor
        return lambda index, seeds: values(tf.gather(examples, index))

    @cached_property
    def _tensor(self) -> tf.Tensor:
        """The examples as a tensor, in whose memory they are from then on, rather than twice in memory."""
        import tensorflow as tf

        with tf.device("CPU"):
            tensor = tf.constant(self.examples)
        object.__setattr__(self, "examples", np.asarray(tensor))  # the same values
        return tensor

    def update_hash(self, digest: Any) -> None:
        """Updates a hash with the bytes, labels, masks and weights of all examples, in order.

        Args:
            digest: A `hashlib` hash object.
        """
        for block in self.blocks():
            digest.update(np.ascontiguousarray(block))
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels))
        if self.masks is not None:
            digest.update(np.ascontiguousarray(self.masks))
        if self.weights is not None:
            digest.update(np.ascontiguousarray(self.weights))

    def blocks(self) -> Iterator[np.ndarray]:
        """All examples in their order, those that are on disk some at a time.

        Yields:
            (m, *shape) each.
        """
        yield self.examples

    @property
    def on_disk(self) -> bool:
        """Whether the examples are on disk, and read where they are needed."""
        return False

    def in_memory(self, most: int = MOST_AT_ONCE) -> Split:
        """The split in memory, for methods that take all examples at once.

        Args:
            most: Bytes, as float32, of examples that are on disk.

        Returns:
            The split itself; of one that is on disk evenly spaced examples, as many as memory has room for.
        """
        return self

    def thin(self, most: int) -> Split:
        """Takes evenly spaced examples, because a split may be sorted.

        Args:
            most: Maximum number of examples.

        Returns:
            A smaller split.
        """
        return self.take(slice(None, None, max(1, -(-len(self.examples) // most))))

    def take(self, index: Any) -> Split:
        """Selects examples.

        Args:
            index: Indices, a slice or a mask.

        Returns:
            A split of the selected examples.
        """
        return replace(
            self,
            examples=self.examples[index],
            labels=None if self.labels is None else self.labels[index],
            masks=None if self.masks is None else self.masks[index],
            groups=None if self.groups is None else self.groups[index],
            weights=None if self.weights is None else self.weights[index],
        )

    def joined(self, other: Split) -> Split:
        """Appends the examples of another split.

        Args:
            other: A split of examples of the same shape, with labels if this one has some.

        Returns:
            A split of the examples of both.
        """
        both = (self, other)
        masks = None
        if any(part.masks is not None for part in both):
            shape = next(part.masks.shape[1:] for part in both if part.masks is not None)
            unknown = [np.full((len(part.examples), *shape), -1, np.int8) for part in both]
            masks = np.concatenate(
                [
                    blank if part.masks is None else part.masks
                    for part, blank in zip(both, unknown, strict=True)
                ]
            )
        labels = None if self.labels is None else np.concatenate([part.labels for part in both])
        groups = [part.groups for part in both if part.groups is not None]
        weights = [part.weights for part in both if part.weights is not None]
        return replace(
            self,
            examples=self._followed_by(other),
            labels=labels,
            masks=masks,
            groups=np.concatenate(groups) if len(groups) == len(both) else None,
            weights=np.concatenate(weights) if len(weights) == len(both) else None,
        )

    def _followed_by(self, other: Split) -> np.ndarray:
        """The examples followed by those of another split."""
        return np.concatenate([np.asarray(self.examples), np.asarray(other.examples)])
