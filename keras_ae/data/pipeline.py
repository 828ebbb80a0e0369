"""The pipeline from examples in memory to the batches that a model trains on and is evaluated on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from keras_ae.data.types import Data, Split, values
from keras_ae.heads import inference_batch

Pair = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""(examples (batch, ...), seeds (batch, 2)) -> (inputs, targets): what a task makes of examples."""


def training_batches(
    split: Split, pair: Pair, batch_size: int, seed: int, first_epoch: int = 0, classes: int = 0
) -> tuple[tf.data.Dataset, int]:
    """Endless shuffled batches from the given epoch on, and the number of them in an epoch.

    A batch is ({"inputs", "targets", "seeds" (batch, 2)}, targets), of which a model takes what it
    has inputs for; with classes above 0 also "condition" (batch, classes), the labels one-hot.

    Order and noise are functions of (seed, epoch, index) alone: new in every epoch, the same in
    a repeat, and a run resumed at an epoch sees what an unbroken one sees. An epoch leaves out
    the few examples, other ones each time, that do not fill its last batch.
    """
    count, group = len(split), split.group
    batch_size = min(batch_size, count)
    steps = count // batch_size
    load = _loader(split, pair, seed, classes)

    def epoch_of(epoch):
        order_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
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


def held_back_batches(split: Split, pair: Pair, seed: int, classes: int = 0) -> tf.data.Dataset:
    """The split in its own order, once, with the same noise each time it is asked for.

    The noise is the split's own: that of no other split, and of no epoch of training. Batches are
    as those of training.
    """
    stream = split.stream * 2**32
    index = tf.data.Dataset.range(len(split)).batch(inference_batch(split.shape))
    load = _loader(split, pair, seed, classes)
    return index.map(lambda index: load(index, -1 - stream - index)).prefetch(4)


def whole_batches(data: Data, pair: Pair, seed: int) -> Iterator[tuple[dict, tf.Tensor]]:
    """The whole test images, each a batch by itself, with the same noise each time they are asked for."""
    for number, image in enumerate(data.whole):
        seeds = _seeds(seed, tf.constant([-1 - data.test.stream * 2**32 - number], tf.int64))
        inputs, targets = pair(values(image[None]), seeds)
        yield {"inputs": inputs, "targets": targets, "seeds": seeds}, targets


def _loader(split, pair, seed, classes):
    """(indices, the numbers that tell their noise apart) -> a batch."""
    read = split.reader()
    labels = tf.constant(split.labels) if classes else None

    def load(index, number):
        seeds = _seeds(seed, number)
        inputs, targets = pair(read(index, seeds), seeds)
        named = {"inputs": inputs, "targets": targets, "seeds": seeds}
        if classes:
            named["condition"] = tf.one_hot(tf.gather(labels, index), classes)
        return named, targets

    return load


def _seeds(seed, number):
    """(batch, 2) seeds; the numbers of training are at least 0, those of data held back below."""
    return tf.stack([tf.fill(tf.shape(number), tf.constant(seed, tf.int64)), number], axis=-1)


def pairs(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Batches as (inputs, targets), for what knows neither seeds nor labels."""
    return batches.map(lambda named, targets: (named["inputs"], targets))
