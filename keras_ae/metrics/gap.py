"""Whether a model is far better on the examples that it learned from than on the validation examples."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FACTOR", "NATS", "Losses", "density_gap", "gap"]

FACTOR = 2.0
"""A validation loss in units of the training loss, both above the least possible, from which there is a gap.

The epochs that recipes keep on their own data have digits 1.56, table_anomaly 1.28, denoising 1.10 and
series_anomaly 0.98; of sixty digits it is 2.3, of two hundred faces 4.2.
"""

NATS = 0.5
"""The same for the negative logarithm of a density, which may be 0 or below, in nats a value.

So much dearer is a value whose squared error is twice its variance, 1/2 (2 - 1).
"""

MANY = 100


@dataclass(frozen=True)
class Losses:
    """A loss of an epoch in training and in validation.

    Attributes:
        name: Its name in the history.
        training: On the training examples.
        validation: On the validation examples.
    """

    name: str
    training: float
    validation: float


def gap(
    losses: Losses, floors: tuple[float, float] = (0.0, 0.0), errors: tuple[float, float] = (0.0, 0.0)
) -> str:
    """What is told of a loss that is far higher in validation than in training.

    Args:
        losses: The losses.
        floors: The least that is possible on the training and on the validation examples, 0 for most losses;
            the cross-entropy of gray values is at least their own entropy.
        errors: The standard errors of the floors, where they were computed on other examples.

    Returns:
        The comparison in words; "" if the validation loss is at most twice the training loss, both above
        their floors.
    """
    training, validation = losses.training - floors[0], losses.validation - floors[1]
    if not validation - 2 * errors[1] > FACTOR * (max(training, 0.0) + 2 * errors[0]) or losses.training <= 0:
        return ""
    times = f"{validation / training:.1f}" if validation < MANY * training else f"over {MANY}"
    if not any(floors):
        return (
            f"val_{losses.name} {losses.validation:.4g} is {times} times {losses.name} {losses.training:.4g}"
        )
    return (
        f"val_{losses.name} {losses.validation:.4g} is {times} times as far above the least possible "
        f"({floors[1]:.4g}) as {losses.name} {losses.training:.4g} ({floors[0]:.4g})"
    )


def density_gap(losses: Losses, values: int) -> str:
    """What is told of a negative log-density that is far higher in validation than in training.

    Args:
        losses: The losses, in nats.
        values: Values of an example.

    Returns:
        The comparison in words; "" if they are half a nat a value apart or less.
    """
    nats = (losses.validation - losses.training) / values
    if not nats > NATS:
        return ""
    return (
        f"val_{losses.name} {losses.validation:.4g} is {nats:.1f} nats a value above {losses.name} "
        f"{losses.training:.4g}"
    )
