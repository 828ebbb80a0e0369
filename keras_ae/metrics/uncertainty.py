"""Whether metrics rest on too few examples to mean anything, in the test and in the choice of an epoch."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FEWEST", "LEAST_VALIDATION", "caution", "validation_caution"]

FEWEST = 30
"""Examples from which a metric is more than noise.

The standard error of a mean over n examples is the spread between single examples, divided by the square root
of n: 18 % of it at 30, 45 % at 5. With fewer than about 30, the spread itself is hardly known either.
"""

LEAST_VALIDATION = 2
"""Validation examples below which the best epoch is that of one example, and says nothing of others."""


def caution(counts: Mapping[str, int]) -> str:
    """A line about test metrics of few examples.

    Args:
        counts: What the metrics rest on, such as {"test examples": 5}.

    Returns:
        The line; "" if there are enough.
    """
    few = {name: count for name, count in counts.items() if count < FEWEST}
    if not few:
        return ""
    listed, fewest = " and ".join(_counted(count, name) for name, count in few.items()), min(few.values())
    return (
        f"the test metrics rest on {listed}, so few that they are mostly noise: {_uncertain(fewest)}; "
        "test on more"
    )


def validation_caution(count: int, selects: bool = True) -> str:
    """A line about few validation examples.

    Args:
        count: How many there are.
        selects: Whether they select the best epoch.

    Returns:
        The line; "" if there are enough, or none, as in a test set.
    """
    if not 0 < count < FEWEST:
        return ""
    more = "add examples, or a validation split of your own (a folder validation, x_val, validation_data)"
    if not selects:
        listed = _counted(count, "validation examples")
        return f"the validation losses rest on {listed}, so few that they are mostly noise; {more}"
    if count < LEAST_VALIDATION:
        reason = "a single validation example, and may be the best for that one alone"
    else:
        reason = f"{count} validation examples, so few that it is partly chance: {_uncertain(count)}"
    return (
        f"the best epoch is selected by {reason}; {more}, or train with "
        'SET="checkpoint=last" to keep the last epoch'
    )


def _counted(count, name):
    """A number of things, named in the plural."""
    singular = name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
    return f"{count} {singular if count == 1 else name}"


def _uncertain(count):
    return f"a mean over {count} is uncertain by {count**-0.5:.0%} of the spread between single ones"
