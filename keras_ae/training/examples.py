"""Bare examples of those who train by hand: how they are checked, paired and completed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.data.full_scale import normalized
from keras_ae.data.tensors import values
from keras_ae.data.weights import checked_weights
from keras_ae.domains import Domain
from keras_ae.errors import InputError
from keras_ae.runs.data_facts import fits

__all__ = ["Examples", "completed", "with_weights"]

WEIGHTS = "sample_weight"
"""The name that weights have among inputs: Keras drops those of examples without targets."""


@dataclass(frozen=True, eq=False)
class Examples:
    """What `fit` needs to know of a recipe to take examples alone.

    Attributes:
        pair: (examples, seeds) -> (inputs, targets), as the recipe's task makes them.
        shape: The shape of an example.
        input_shape: The shape of an input of the network, as the task makes it.
        domain: The domain of the examples.
        seed: The recipe's seed.
        full_scale: The whole number that stands for 1 in whole numbers; None for that of their type.
        augment: (examples, seeds) -> examples to train on, as the recipe augments them.
    """

    pair: Callable[[Any, Any], tuple[Any, Any]]
    shape: tuple[int | None, ...]
    input_shape: tuple[int | None, ...]
    domain: Domain
    seed: int = 0
    full_scale: int | None = None
    augment: Callable[[Any, Any], Any] = lambda examples, seeds: examples

    def checked(self, x: Any, paired: bool, names: set[str]) -> Any:
        """Checks what `fit` is called with.

        Args:
            x: Examples, or inputs by name; batches are not looked at.
            paired: Whether targets are given, so that `x` are inputs.
            names: The inputs of the model.

        Returns:
            The same as arrays, with the axis of a single channel.

        Raises:
            InputError: For arrays of another shape or domain, with values that are not finite, or without an
                input that the model needs.
        """
        if not isinstance(x, dict | list | np.ndarray):
            return x
        tensors = x if isinstance(x, dict) else {"inputs": np.asarray(x)}
        tensors = {name: value for name, value in tensors.items() if name != WEIGHTS}
        lacking = sorted(names - tensors.keys() - {"targets", "seeds"})
        if lacking:
            raise InputError(
                f"the model also takes {lacking[0]!r}; give it by name, "
                f'fit({{"inputs": x, "{lacking[0]}": ...}})'
            )
        shape = self.input_shape if paired else self.shape
        inputs = np.asarray(tensors["inputs"])
        if inputs.ndim == len(shape) and shape[-1] == 1:
            inputs = inputs[..., None]
        if self.full_scale is not None and self.domain.unit_interval and inputs.dtype.kind in "bui":
            inputs = normalized(inputs, self.full_scale, "x")
        self._check_values(inputs, shape)
        return {**x, "inputs": inputs} if isinstance(x, dict) else inputs

    def _check_values(self, array, shape):
        if not fits(shape, array.shape[1:]) or not len(array):
            expected = ", ".join("any" if size is None else str(size) for size in shape)
            raise InputError(
                f"expected examples of shape (n, {expected}), received {array.shape}; bring them to this "
                "shape, or build a trainer for theirs: build_trainer(recipe, data=x)"
            )
        if array.dtype.kind not in "buif":
            raise InputError(
                f"expected numbers to train on, received {array.dtype}; convert them with "
                "numpy.asarray(x, float)"
            )
        if not np.isfinite(array).all():
            raise InputError(
                f"expected finite numbers to train on, received {array.dtype} with NaN or infinite ones; "
                "replace or drop them"
            )
        low, high = self.domain.range or (-np.inf, np.inf)
        full = 255 if array.dtype == np.uint8 and self.domain.unit_interval else 1
        if array.min() < low or array.max() > high * full:
            raise InputError(
                f"expected values in [{low:g}, {high:g}], as the network takes them; received "
                f"{array.min():g} to {array.max():g}; scale them first"
            )


def with_weights(x: Any, weights: Any) -> Any:
    """Examples with what each of them counts, in the form that reaches `completed` without targets.

    Args:
        x: Examples (n, ...), or inputs by name.
        weights: (n,), numbers of at least 0.

    Returns:
        Inputs by name, the weights among them.

    Raises:
        InputError: For weights of another number, or that are no such numbers.
    """
    tensors = x if isinstance(x, dict) else {"inputs": np.asarray(x)}
    return {**tensors, WEIGHTS: checked_weights(weights, len(tensors["inputs"]), WEIGHTS)}


def completed(data: Any, names: set[str], examples: Examples | None, step: Any = None) -> Any:
    """A batch with the inputs and the targets that it lacks.

    Args:
        data: A batch, as Keras passes it: examples, inputs by name, or either with targets.
        names: The inputs of the model.
        examples: Pairs examples without targets; None to take them as their own targets.
        step: The optimizer's step, on which the noise depends; None in validation, whose noise is always the
            same.

    Returns:
        (inputs by name, targets), and the weights of the examples if there are some; a batch that lacks
        nothing as it is.
    """
    x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
    tensors = dict(x) if isinstance(x, dict) else {"inputs": x}
    weights = tensors.pop(WEIGHTS, weights)
    if y is not None and names <= tensors.keys():
        return (tensors, y) if weights is None else (tensors, y, weights)
    inputs = values(tensors["inputs"])
    rows = tf.range(tf.shape(inputs)[0], dtype=tf.int64)
    numbers = -1 - rows if step is None else tf.cast(step, tf.int64) * 2**32 + rows
    seed = tf.constant(0 if examples is None else examples.seed, tf.int64)
    seeds = tf.stack([tf.fill(tf.shape(rows), seed), numbers], axis=-1)
    if y is None and examples is not None and step is not None:
        inputs = examples.augment(inputs, seeds)
    if y is None:
        inputs, y = (inputs, inputs) if examples is None else examples.pair(inputs, seeds)
    whole = {"seeds": seeds, "targets": y, **tensors, "inputs": inputs}
    return (whole, y) if weights is None else (whole, y, weights)
