"""Conformal intervals of numbers and prediction sets of words, from values that were hidden on purpose.

Split conformal prediction (Papadopoulos et al. 2002; Lei et al. 2018): the error of a hidden value, in units
of how far it may be, is as that of validation values, so a quantile of theirs holds so many. Of a word it is
1 minus its probability (Sadinle, Lei and Wasserman 2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae.heads import batched
from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import known_columns

__all__ = ["HiddenValues", "conformal_widths", "deviations_of", "hidden_values", "without"]

FEWEST = 30
"""Values of a column below which those of all columns of its kind count with them."""


@dataclass(frozen=True, eq=False)
class HiddenValues:
    """Rows some of whose known values were hidden.

    Attributes:
        inputs: (n, features), without them.
        targets: (n, features), with them alone.
        hidden: (n, columns), bool, which are hidden.
        different: (columns,), how many different ones of each column may have been.
    """

    inputs: np.ndarray
    targets: np.ndarray
    hidden: np.ndarray
    different: np.ndarray


def hidden_values(
    rows: np.ndarray, layout: TableLayout, rates: tuple[float, float], times: int = 1, seed: int = 0
) -> HiddenValues:
    """Hides known values of rows at random.

    Args:
        rows: (n, features).
        layout: Of the columns.
        rates: The least and the largest fraction of a row's values; it is uniform between the two.
        times: How often each row is hidden anew.
        seed: Random seed.

    Returns:
        The rows, so many times.
    """
    known = np.asarray(known_columns(layout, rows)) > 0.5
    random, all_known = np.random.default_rng(seed), np.tile(known, (times, 1))
    rate = random.uniform(*rates, (len(all_known), 1))
    hidden = all_known & (random.random(all_known.shape) < rate)
    repeated = np.tile(rows, (times, 1))
    inputs, targets = without(repeated, hidden, layout), without(repeated, ~hidden, layout)
    return HiddenValues(inputs, targets, hidden, known.sum(axis=0))


def without(rows: np.ndarray, gone: np.ndarray, layout: TableLayout) -> np.ndarray:
    """Rows without some values.

    Args:
        rows: (n, features).
        gone: (n, columns), bool.
        layout: Of the columns.

    Returns:
        (n, features).
    """
    return np.where(gone[:, layout.groups], layout.nothing, rows).astype(np.float32)


def deviations_of(encoded: Mapping[str, Any], expected: Any) -> Any:
    """How far values may be from what is expected, as far as an encoder tells it; else 1 for all.

    Args:
        encoded: The outputs of an encoder, "deviation" among them or not.
        expected: (batch, features).

    Returns:
        (batch, features), above 0.
    """
    told = encoded.get("deviation")
    return ops.ones_like(expected) if told is None else ops.maximum(told, 1e-6)


def conformal_widths(
    filler: keras.Model, values: HiddenValues, layout: TableLayout, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Half of each column's interval in deviations, and from which probability words are in a set.

    Args:
        filler: {"inputs"} -> "expected" and "deviation", (n, features) each.
        values: Hidden values, which the filler did not learn.
        layout: Of the columns.
        level: The probability of an interval and of a set.

    Returns:
        (columns,) each; the widths of words are 0, and the least probabilities of numbers.
    """
    found = batched(filler, {"inputs": values.inputs}, names=("expected", "deviation"))
    starts, targets = layout.starts, values.targets
    errors = np.abs(targets - found["expected"])[:, starts] / found["deviation"][:, starts]
    of_truth = (targets * layout.classes * found["expected"]) @ layout.of_column
    errors = np.where(layout.is_number, errors, 1.0 - of_truth)
    quantiles = np.zeros(len(layout.columns))
    for number, is_number in enumerate(layout.is_number):
        alike, count = np.array([number]), int(values.different[number])
        if count < FEWEST:
            alike = np.flatnonzero(layout.is_number == is_number)
            count = int(values.different[alike].sum())
        own = errors[:, alike][values.hidden[:, alike]]
        quantiles[number] = _quantile(own, level, count)
    widths = np.where(layout.is_number, quantiles, 0.0).astype(np.float32)
    return widths, np.where(layout.is_number, 0.0, 1.0 - quantiles).astype(np.float32)


def _quantile(errors: np.ndarray, level: float, count: int) -> float:
    """The error that a further one is below with a probability, where so many different ones are known."""
    if not len(errors):
        return 1.0
    return float(np.quantile(errors, min(1.0, level * (count + 1) / max(count, 1))))
