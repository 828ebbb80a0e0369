"""The quantile transform of numbers: to a standard normal distribution and back, with atoms and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

__all__ = ["QuantileScaling", "fit_quantiles"]

MOST_KNOTS = 256
"""Knots between which a distribution function is linear, at most, besides those of atoms."""

ATOM = 0.02
"""Fraction of the numbers from which on equal ones are an atom, which a whole range of scores stands for."""

BESIDE = 0.01
"""Where beside an atom its range of scores ends, as a fraction of the distance to the next number."""


@dataclass(frozen=True)
class QuantileScaling:
    """How the numbers of a column become normal scores: by linear interpolation between knots.

    An atom, such as the 0 of those who earned nothing, has one score on the way in, the middle of its range,
    and the whole range on the way back, so that samples hit it as often as the training rows do. Scores
    beyond the ends are the least and the greatest number.

    Attributes:
        numbers: (k,), ascending, of the way in.
        scores: (k,), of those numbers.
        back_scores: (m,), ascending, of the way back; two equal ones are a jump.
        back_numbers: (m,), ascending, of those scores.
        usual: The score in the place of a missing number.
        spread: The standard deviation of scores.
        logarithm: Whether a logarithm is taken; never, as quantiles need none.
    """

    numbers: tuple[float, ...]
    scores: tuple[float, ...]
    back_scores: tuple[float, ...]
    back_numbers: tuple[float, ...]
    usual: float = 0.0
    spread: float = 1.0
    logarithm: bool = False


def fit_quantiles(values: np.ndarray) -> QuantileScaling:
    """Fits a quantile transform to the training values of a column.

    Args:
        values: (n,), NaN where missing.

    Returns:
        The transform; of no value at all one that gives 0 for everything, and 0 back.
    """
    present = values[np.isfinite(values)].astype(np.float64)
    if not len(present):
        return QuantileScaling((0.0,), (0.0,), (0.0,), (0.0,))
    different, counts = np.unique(present, return_counts=True)
    high = np.cumsum(counts) / len(present)
    low = high - counts / len(present)
    atoms = (counts > 1) & (counts >= ATOM * len(present))
    rest = np.flatnonzero(~atoms)
    picked = np.unique(np.linspace(0, len(rest) - 1, min(MOST_KNOTS, len(rest))).round().astype(int))
    kept = (
        np.sort(np.concatenate([np.flatnonzero(atoms), rest[picked]])) if len(rest) else np.arange(len(high))
    )
    ends = 0.5 / len(present)
    way_in, way_back = [], []
    for place, index in enumerate(kept.tolist()):
        number, edges = float(different[index]), (low[index], high[index])
        cdfs = edges if atoms[index] else (np.mean(edges),)
        if atoms[index] and place:
            way_in.append((_beside(number, different[kept[place - 1]]), _score(low[index], ends)))
        way_in.append((number, _score(np.mean(edges), ends)))
        if atoms[index] and place < len(kept) - 1:
            way_in.append((_beside(number, different[kept[place + 1]]), _score(high[index], ends)))
        way_back += [(_score(cdf, ends), number) for cdf in cdfs]
    numbers, scores = zip(*way_in, strict=True)
    back_scores, back_numbers = zip(*way_back, strict=True)
    return QuantileScaling(numbers, scores, back_scores, back_numbers)


def _beside(atom, other):
    """A number so near to an atom, on the side of another one, that hardly any lies between."""
    return float(atom + BESIDE * (other - atom))


def _score(cdf, ends):
    """The standard normal number of a cumulative probability, not beyond the outermost half of a value."""
    return NormalDist().inv_cdf(float(np.clip(cdf, ends, 1 - ends)))
