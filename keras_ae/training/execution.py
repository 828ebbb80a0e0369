"""How the steps of a training are executed: how many in a call, and compiled by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from math import ceil, prod
from typing import Any

import keras
import tensorflow as tf

from keras_ae.recipe import Recipe

__all__ = ["Execution", "multiplications", "repeated"]

MOST_STEPS = 16
"""Steps in a call, at most."""

CALL = 10_000_000_000
"""Multiplications of a call, at most: some tenths of a second of two cores, in which Ctrl-C is not heard."""


@dataclass(frozen=True)
class Execution:
    """How the steps of an epoch are executed.

    Attributes:
        steps_per_epoch: Steps in an epoch.
        steps_per_call: Steps in a call of the compiled training function, but the epoch's last, which may be
            shorter.
        xla: Whether XLA compiles a step.
    """

    steps_per_epoch: int
    steps_per_call: int = 1
    xla: bool = False

    @classmethod
    def of(cls, model: keras.Model, recipe: Recipe, examples: int, steps_per_epoch: int) -> Execution:
        """The execution of a recipe's training.

        Args:
            model: The model that is trained.
            recipe: The recipe.
            examples: Training examples.
            steps_per_epoch: Steps in an epoch.

        Returns:
            As many steps in a call as are worth it, about equally many in each.
        """
        step = 3 * min(recipe.batch_size, examples) * multiplications(model)
        affordable = CALL // max(1, step)
        most = max(1, min(MOST_STEPS, affordable, steps_per_epoch))
        return cls(steps_per_epoch, ceil(steps_per_epoch / ceil(steps_per_epoch / most)), recipe.xla)

    def calls(self) -> Iterator[int]:
        """The number of steps of each call, epoch after epoch.

        Returns:
            Endless numbers, at least 1 each.
        """
        whole, rest = divmod(self.steps_per_epoch, self.steps_per_call)
        epoch = (self.steps_per_call,) * whole + ((rest,) if rest else ())
        return chain.from_iterable(repeat(epoch))


def multiplications(model: keras.Model) -> int:
    """About how many multiplications an example takes: those of each kernel at each position of its output.

    Args:
        model: A model whose layers have been built.

    Returns:
        Their number in a forward pass, without those of layers that share or generate their weights.
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += multiplications(layer)
            continue
        shape = keras.tree.flatten(getattr(layer, "output", None))[0].shape[1:-1]
        weights = sum(prod(weight.shape) for weight in layer.weights)
        total += weights * prod(size or 1 for size in shape)
    return total


def repeated(step: Callable, result: Callable[[], dict[str, Any]], xla: bool) -> Callable:
    """A function that takes several steps in one call.

    Args:
        step: Takes one batch, and updates weights and metrics.
        result: Gives the metrics.
        xla: Whether XLA compiles a step.

    Returns:
        (iterator of batches, number of steps) -> the metrics after them.
    """
    one = tf.function(step, reduce_retracing=True, jit_compile=xla, autograph=False)
    metrics = tf.autograph.experimental.do_not_convert(result)

    @tf.function(reduce_retracing=True)
    def several(batches, count):
        for _ in tf.range(count):
            one(next(batches))
        return metrics()

    return several
