"""Whether a model is far better on the examples that it learned from than on the validation examples."""

from __future__ import annotations

__all__ = ["FACTOR", "NATS", "gap"]

FACTOR = 2.0
"""`val_loss` in units of `loss`, above which there is a gap."""

NATS = 0.5
"""The same for the negative logarithm of a density, which may be 0 or below, in nats a value.

So much dearer is a value whose squared error is twice its variance (1/2 (2 - 1)), as with the other losses.
"""


def gap(loss: float, val_loss: float, examples: int, values: int | None = None) -> str:
    """A line about a loss that is far higher in validation than in training.

    Args:
        loss: The training loss of an epoch.
        val_loss: Its validation loss, the same sum.
        examples: How many examples were trained on.
        values: Values of an example, where the loss is the negative logarithm of their density; else None.

    Returns:
        The line; "" if there is no gap.
    """
    if values is None:
        if not val_loss > FACTOR * loss > 0:
            return ""
        much = f"{val_loss / loss:.1f} times"
    else:
        if not val_loss - loss > NATS * values:
            return ""
        much = f"{(val_loss - loss) / values:.1f} nats a value above"
    return (
        f"val_loss {val_loss:.4g} is {much} loss {loss:.4g} at the epoch that is kept: the validation "
        "examples may be unlike those of the training, such as of another time, device or group, or "
        f"{examples:,} training examples may be too few; compare the splits, or train on more"
    )
