"""Whether test metrics rest on too few examples to mean anything."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FEWEST", "caution"]

FEWEST = 30
"""Examples from which a metric is more than noise.

The standard error of a mean over n examples is the spread between single examples, divided by the square root
of n: 18 % of it at 30, 45 % at 5. With fewer than about 30, the spread itself is hardly known either.
"""


def caution(counts: Mapping[str, int]) -> str:
    """A line about metrics of few examples.

    Args:
        counts: What the metrics rest on, such as {"test examples": 5}.

    Returns:
        The line; "" if there are enough.
    """
    few = {name: count for name, count in counts.items() if count < FEWEST}
    if not few:
        return ""
    listed, fewest = " and ".join(f"{count} {name}" for name, count in few.items()), min(few.values())
    return (
        f"these metrics rest on {listed}, so few that they are mostly noise: a mean over {fewest} is "
        f"uncertain by {fewest**-0.5:.0%} of the spread between single ones; test on more"
    )
