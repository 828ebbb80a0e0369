"""Sequences of real values that end before their last position, as models have them.

People have sequences as (n, time, channels), NaN after their ends. A model has the values, 0 where there is
no position, and in one more channel the flag of each position: 1 where the sequence goes on, -1 at its last
position, 0 where there is none. A decoder gives flags between -1 and 1, the probability that the sequence
goes on less that it ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from keras import ops

from keras_ae.losses import end_nats, mean_of_positions, positions_of, squared_error

__all__ = ["flagged", "in_values", "length_error", "loss_of_positions", "sequence_error", "unflagged"]

Tensor = Any
"""A NumPy array or a tensor."""

LEAST = 1e-7
"""The least probability that a sequence goes on."""


def flagged(values: Tensor) -> Tensor:
    """Sequences as a model has them.

    Args:
        values: (n, time, channels), standardized, NaN at positions that do not exist.

    Returns:
        (n, time, channels + 1), float32.
    """
    values = ops.convert_to_tensor(values, "float32")
    known = ops.logical_not(ops.isnan(values))
    exist = ops.cast(ops.any(known, axis=-1), "float32")
    following = ops.pad(exist[:, 1:], ((0, 0), (0, 1)))
    flags = exist * (2.0 * following - 1.0)
    return ops.concatenate([ops.where(known, values, 0.0), flags[..., None]], axis=-1)


def unflagged(examples: Tensor) -> Tensor:
    """Sequences as people have them, before they are scaled back.

    A sequence goes on as long as the probability that it has done so up to there is above one half.

    Args:
        examples: (n, time, channels + 1), inputs or outputs of a model.

    Returns:
        (n, time, channels), float32, NaN at positions that do not exist.
    """
    examples = ops.convert_to_tensor(examples, "float32")
    exist = ops.cast(_exist(examples[..., -1]), "float32")[..., None]
    return ops.where(exist > 0, examples[..., :-1], float("nan"))


def in_values(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A mean over elements as the mean over the values of positions that exist.

    Args:
        loss: (target, output) -> (batch,), the mean over elements of what is 0 where both are equal.

    Returns:
        The same of sequences, without their flags; 0 for an example without any position.
    """

    def of_values(target: Tensor, output: Tensor) -> Tensor:
        exist = positions_of(target)
        known = target[..., :-1]
        whole = loss(known, ops.where(exist[..., None] > 0, output[..., :-1], known))
        return whole * exist.shape[1] / ops.maximum(ops.sum(exist, axis=-1), 1.0)

    return of_values


def loss_of_positions(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss of sequences: that of their values, and how surprising their lengths are.

    Args:
        loss: As for `in_values`.

    Returns:
        (target, output) -> (batch,), means over the positions that exist.
    """
    values = in_values(loss)
    return lambda target, output: values(target, output) + mean_of_positions(end_nats(target, output), target)


def sequence_error(target: Tensor, output: Tensor) -> Tensor:
    """(t - y)^2 of the values and -log p of going on or ending, averaged over the positions that exist.

    Args:
        target: (batch, time, channels + 1).
        output: (batch, time, channels + 1).

    Returns:
        (batch,).
    """
    return loss_of_positions(squared_error)(target, output)


def length_error(target: Tensor, output: Tensor) -> Tensor:
    """The difference between the length of a sequence and that of its reconstruction, in positions.

    Args:
        target: (batch, time, channels + 1).
        output: (batch, time, channels + 1).

    Returns:
        (batch,).
    """
    length = ops.sum(ops.cast(_exist(output[..., -1]), "float32"), axis=-1)
    return ops.abs(length - ops.sum(positions_of(target), axis=-1))


def _exist(flags: Tensor) -> Tensor:
    """Which positions exist (n, time), bool, of flags that are known or of a decoder; the first one does."""
    nats = ops.log(ops.maximum(0.5 * (1.0 + flags), LEAST))
    return ops.cumsum(nats, axis=-1) - nats > log(0.5) + 1e-6
