"""The pipeline from examples in memory to batches for training and evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from keras_ae.data.augmentation import Augmentation, augmented
from keras_ae.data.examples import Split
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Spec, inference_batch

__all__ = ["Autoencoding", "PairedData", "Pairing", "head_inputs", "without_names"]

MOST_KEPT = 2**20
"""Values of a validation split, at most, whose batches are kept: 4 MiB, twice or three times."""


# AutoGraph would rewrite all that a batch goes through, a quarter of a training's start; ops need none of it
without_autograph = tf.autograph.experimental.do_not_convert


class Pairing(Protocol):
    """Anything that makes inputs and targets from examples, such as a task."""

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """Makes inputs and targets from examples.

        Args:
            examples: (batch, ...), float32 model inputs.
            seeds: (batch, 2), int64, one seed an example.
            domain: The domain of the examples.

        Returns:
            (inputs, targets), each (batch, ...).
        """

    def pairs_by_batch(self, domain: str) -> bool:
        """Whether an example's pair depends on the other examples of its batch, or on its position there.

        Args:
            domain: The domain of the examples.

        Returns:
            Whether it does.
        """


class Autoencoding:
    """The pairing of each example with itself."""

    def pairs_by_batch(self, domain: str) -> bool:
        """No example's pair depends on others.

        Args:
            domain: Not used.

        Returns:
            False.
        """
        return False

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """Each example twice.

        Args:
            examples: (batch, ...), float32 model inputs.
            seeds: Not used.
            domain: Not used.

        Returns:
            (examples, examples).
        """
        return examples, examples


@dataclass(frozen=True, eq=False)
class PairedData:
    """Data as a task pairs them: the shapes that a network is built for, and its batches.

    A batch is ({"inputs", "targets", "seeds" (batch, 2)}, targets), of which a model takes what it has
    inputs for; where the data has classes also "condition" (batch, classes), the labels one-hot. Where
    examples have weights, those batches that a model is trained and validated on end with them, (batch,),
    1 on average over the split.

    Attributes:
        data: The data, as `task.prepare` gives it.
        task: Makes inputs and targets from examples.
        seed: Random seed of order and noise.
        augment: How the examples of training batches are changed, before the task pairs them.
    """

    data: Data
    task: Pairing
    seed: int = 0
    augment: tuple[Augmentation, ...] = ()

    def pair(self, examples: Any, seeds: Any) -> tuple[Any, Any]:
        """Inputs and targets of examples.

        Args:
            examples: (batch, ...), float32 model inputs.
            seeds: (batch, 2), int64, one seed per example.

        Returns:
            (inputs, targets), each (batch, ...).
        """
        return self.task.pair(examples, seeds, self.data.domain)

    @property
    def spec(self) -> Spec:
        """The shapes, the domain and the numbers of classes and examples that a network is built for."""
        split = self.data.train if len(self.data.train) else self.data.test
        inputs, targets = self.pair(values(split.examples[:1]), tf.zeros((1, 2), tf.int64))
        shapes = tuple(inputs.shape[1:]), tuple(targets.shape[1:])
        return Spec(*shapes, self.data.domain, self.data.classes, len(self.data.train))

    @without_autograph
    def training_batches(
        self, batch_size: int, first_epoch: int = 0, part: tuple[int, int] = (0, 1)
    ) -> tuple[tf.data.Dataset, int]:
        """Endless shuffled batches of the training split.

        Order and noise are functions of (seed, epoch, index) alone: new in every epoch, the same in a repeat,
        and the same in a resumed run as in an uninterrupted one. An epoch skips the few examples that do not
        fill its last batch; they differ between epochs.

        Args:
            batch_size: Examples per batch, limited to the size of the split.
            first_epoch: The epoch to begin with.
            part: (index, count): of each batch only this one of as many equal parts, with the noise that it
                has in the whole batch. The seeds of a part begin with the first of the whole batch.

        Returns:
            The batches, and the number of them in an epoch.
        """
        split = self.data.train
        count, group = len(split), split.group
        batch_size = min(batch_size, count)
        steps = count // batch_size
        load = self._part_loader(self._loader(split, self.augment, weighted=True), batch_size, *part)

        def epoch_of(epoch):
            order_seed = tf.stack([tf.constant(self.seed, tf.int64), epoch])
            groups = tf.range(count // group, dtype=tf.int64)
            order = tf.random.experimental.stateless_shuffle(groups, order_seed)
            order = tf.reshape(order[:, None] * group + tf.range(group, dtype=tf.int64), (-1,))
            batches = tf.reshape(order[: steps * batch_size], (steps, batch_size))
            return tf.data.Dataset.from_tensor_slices(batches).map(lambda index: (epoch, index))

        epochs = tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
        dataset = epochs.flat_map(epoch_of).map(
            lambda epoch, index: load(index, epoch * 2**32 + index), num_parallel_calls=2, deterministic=True
        )
        return dataset.prefetch(4), steps

    def augmented_examples(self, indices: Sequence[int] | np.ndarray, epoch: int) -> tf.Tensor:
        """Training examples as they are augmented in an epoch.

        Args:
            indices: Of the examples, (n,).
            epoch: The epoch, from 0.

        Returns:
            (n, ...), float32, as a task pairs them then.
        """
        split, index = self.data.train, tf.constant(indices, tf.int64)
        seeds = _seeds(self.seed, epoch * 2**32 + index)
        return augmented(self.augment, split.reader()(index, seeds), seeds, self.data.domain)

    @without_autograph
    def held_back_batches(
        self, split: Split, part: tuple[int, int] = (0, 1), weighted: bool = False
    ) -> tf.data.Dataset:
        """Batches of a split in its own order, once, with the same noise in each pass.

        The noise is independent of that of other splits and of training epochs.

        Args:
            split: One of the data's, or a part of one.
            part: (index, count): only every `count`-th batch from this one on.
            weighted: Whether batches end with the weights of their examples, where those have some.

        Returns:
            The batches, as those of training.
        """
        stream, (number, count) = split.stream * 2**32, part
        index = tf.data.Dataset.range(len(split)).batch(inference_batch(split.shape)).shard(count, number)
        load = self._loader(split, weighted=weighted)
        return index.map(lambda index: load(index, -1 - stream - index)).prefetch(4)

    def held_back_batch(self, split: Split) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """All examples of a small split in one batch, with the noise of `held_back_batches`.

        Args:
            split: A part of one of the data's.

        Returns:
            A batch, as those of training.
        """
        index = tf.range(len(split), dtype=tf.int64)
        return self._loader(split)(index, -1 - split.stream * 2**32 - index)

    def validation_batches(self, part: tuple[int, int] = (0, 1)) -> tf.data.Dataset:
        """Batches of the validation split in its own order, made once for all epochs where they are small.

        Args:
            part: (index, count): only every `count`-th batch from this one on, or all where there are too
                few.

        Returns:
            The batches, as `held_back_batches` gives them.
        """
        split, (number, count) = self.data.validation, part
        few = -(-len(split) // inference_batch(split.shape)) < count
        batches = self.held_back_batches(split, (0, 1) if few else (number, count), weighted=True)
        return (
            batches.cache() if len(split) * prod(size or 1 for size in split.shape) <= MOST_KEPT else batches
        )

    def test_batches(self) -> tf.data.Dataset:
        """Batches of the test split in its own order.

        Returns:
            The batches, as `held_back_batches` gives them.
        """
        return self.held_back_batches(self.data.test)

    def whole_batches(self) -> Iterator[tuple[dict[str, tf.Tensor], tf.Tensor]]:
        """The whole test images, each a batch by itself, with the same noise in each pass.

        Yields:
            Batches of one image of any size.
        """
        for number, image in enumerate(self.data.whole or ()):
            seeds = _seeds(self.seed, tf.constant([-1 - self.data.test.stream * 2**32 - number], tf.int64))
            inputs, targets = self.pair(values(image[None]), seeds)
            yield {"inputs": inputs, "targets": targets, "seeds": seeds}, targets

    def _part_loader(self, load, batch_size, number, count):
        """As `_loader` gives it, but it loads one of several equal parts of a batch."""
        if count == 1:
            return load
        rows = batch_size // count
        own = slice(number * rows, (number + 1) * rows)

        def load_part(index, numbers):
            if self.task.pairs_by_batch(self.data.domain):
                tensors, *rest = load(index, numbers)
                tensors = {name: tensor[own] for name, tensor in tensors.items()}
                rest = [each[own] for each in rest]
            else:
                tensors, *rest = load(index[own], numbers[own])
            return tensors | {"seeds": _seeds(self.seed, numbers[:rows])}, *rest

        return load_part

    def _loader(self, split, augment=(), weighted=False):
        """(indices, numbers that make their noise independent) -> a batch."""
        read = split.reader()
        classes, domain = self.data.classes, self.data.domain
        labels = tf.constant(split.labels) if classes else None
        weights = tf.constant(_around_one(split.weights)) if weighted and split.weights is not None else None

        def load(index, number):
            seeds = _seeds(self.seed, number)
            inputs, targets = self.pair(augmented(augment, read(index, seeds), seeds, domain), seeds)
            tensors = {"inputs": inputs, "targets": targets, "seeds": seeds}
            if classes:
                tensors["condition"] = tf.one_hot(tf.gather(labels, index), classes)
            return (tensors, targets) if weights is None else (tensors, targets, tf.gather(weights, index))

        return load


def head_inputs(split: Split, classes: int) -> dict[str, tf.Tensor]:
    """A split's examples as inputs of the heads, uncorrupted.

    Args:
        split: Examples, with labels where there are classes.
        classes: Classes that the labels distinguish; 0 for none.

    Returns:
        "inputs" (n, ...), and "condition" (n, classes) where there are classes.
    """
    condition = {"condition": tf.one_hot(split.labels, classes)} if classes else {}
    return {"inputs": values(split.examples)} | condition


@without_autograph
def without_names(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Batches as (inputs, targets), without seeds and labels.

    Args:
        batches: ({"inputs", ...}, targets), of `PairedData`.

    Returns:
        (inputs, targets), batch by batch.
    """
    return batches.map(lambda tensors, targets, *weights: (tensors["inputs"], targets))


def _around_one(weights):
    """Weights (n,) of which the mean is 1."""
    mean = weights.mean(dtype=np.float64)
    if not mean:
        raise InputError(
            f"expected a weight above 0 in each split to train and to validate on; all {len(weights):,} "
            "examples of one have the weight 0; give more examples a weight"
        )
    return (weights / mean).astype(np.float32)


def _seeds(seed, number):
    """(batch, 2) seeds; numbers are at least 0 in training and negative for held-out data."""
    return tf.stack([tf.fill(tf.shape(number), tf.constant(seed, tf.int64)), number], axis=-1)
