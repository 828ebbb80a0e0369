"""Whether inputs of a head look like the examples that it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["PROFILE", "profile", "unlike"]

PROFILE = "profile"
"""The key of the training examples' profile among what a card says of the data."""

QUANTILES = (0.01, 0.5, 0.99)
MARGIN = 1.0
"""How far beyond these quantiles of the training examples inputs may lie, in distances between them."""

TOLERATED = 0.5
"""Fraction of inputs that may lie beyond them unmentioned."""


def profile(examples: np.ndarray) -> dict[str, list[float]]:
    """The profile of some examples, for a card.

    Args:
        examples: (n, ...), in original units.

    Returns:
        Quantiles (.01, .5 and .99) of the examples' "mean" and standard "deviation".
    """
    return {name: np.quantile(each, QUANTILES).tolist() for name, each in _statistics(examples).items()}


def unlike(data: Mapping[str, Any], inputs: np.ndarray) -> str | None:
    """Compares inputs with the profile of the training examples.

    Args:
        data: What the head's card says of the data.
        inputs: (n, ...), in original units.

    Returns:
        A line about inputs most of which are unlike the training examples; None if they are like them, or
        the card, of an earlier version, has no profile.
    """
    known = data.get(PROFILE)
    if not known or not len(inputs):
        return None
    for name, each in _statistics(inputs).items():
        low, _, high = known[name]
        margin = MARGIN * max(high - low, 1e-3 * max(abs(low), abs(high)), 1e-6)
        beyond = ~((each >= low - margin) & (each <= high + margin))
        if beyond.mean() > TOLERATED:
            return (
                f"{beyond.sum():,} of {len(inputs):,} inputs are unlike the training data: their {name} is "
                f"{np.median(each):.3g}, that of training examples {low:.3g} to {high:.3g}; the outputs may "
                "mean little"
            )
    return None


def _statistics(examples: np.ndarray) -> dict[str, np.ndarray]:
    flat = np.asarray(examples, np.float64).reshape(len(examples), -1)
    if not np.isnan(flat).any():
        return {"mean": flat.mean(axis=1), "deviation": flat.std(axis=1)}
    known = ~np.isnan(flat).all(axis=1)  # of sequences, after whose ends there is nothing
    found = {name: np.full(len(flat), np.nan) for name in ("mean", "deviation")}
    found["mean"][known] = np.nanmean(flat[known], axis=1)
    found["deviation"][known] = np.nanstd(flat[known], axis=1)
    return found
