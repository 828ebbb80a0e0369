"""Losses and likelihoods of a table's rows: each column by its own likelihood, of the values that are known.

A word costs -log of its probability, a number its squared deviation in units of the column's spread. What is
missing costs nothing: losses are means over the known columns of a row, likelihoods sums over them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log, pi
from typing import Any

from keras import ops

from keras_ae.losses import LIKELIHOODS, Likelihood
from keras_ae.table_layout import TableLayout

__all__ = [
    "column_nats",
    "columns_by_known",
    "known_columns",
    "known_mean",
    "loss_of_known",
    "row_likelihood",
    "row_loss",
    "surprises",
]

Tensor = Any
"""A NumPy array or a tensor."""

LEAST = 1e-7
"""The least probability of a word."""


def known_columns(layout: TableLayout, examples: Tensor) -> Tensor:
    """Which values of rows are known.

    Args:
        layout: Of the columns.
        examples: (batch, features).

    Returns:
        (batch, columns), 1 for a value that is known and 0 for a missing one.
    """
    flags = layout.of_column * (1 - layout.numbers - layout.classes)[:, None]
    return 1.0 - ops.clip(ops.matmul(ops.convert_to_tensor(examples, "float32"), flags), 0.0, 1.0)


def columns_by_known(layout: TableLayout, examples: Tensor) -> Tensor:
    """How many columns there are for each known value of a row.

    Args:
        layout: Of the columns.
        examples: (batch, features).

    Returns:
        (batch,), all columns by the known ones; all of them where nothing is known.
    """
    known = ops.sum(known_columns(layout, examples), axis=-1)
    return len(layout.columns) / ops.maximum(known, 1.0)


def column_nats(layout: TableLayout, target: Tensor, output: Tensor, number_nats: Tensor) -> Tensor:
    """-log p of the known values of rows, column by column.

    Args:
        layout: Of the columns.
        target: (batch, features).
        output: (batch, features), whose words are probabilities.
        number_nats: (batch, features), -log p of scaled numbers; other features are not used.

    Returns:
        (batch, columns), 0 for a missing value.
    """
    words = -target * ops.log(ops.maximum(output, LEAST))
    nats = words * layout.classes + number_nats * layout.numbers
    return known_columns(layout, target) * ops.matmul(nats, layout.of_column)


def surprises(layout: TableLayout, target: Tensor, output: Tensor) -> Tensor:
    """-log p of the known values of rows above that of a perfect reconstruction, column by column.

    Args:
        layout: Of the columns.
        target: (batch, features).
        output: (batch, features).

    Returns:
        (batch, columns), in nats: of numbers those of a normal distribution with the column's spread.
    """
    return column_nats(layout, target, output, _deviations(layout, target, output))


def row_loss(layout: TableLayout) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of rows: nats above those of a perfect reconstruction, averaged over the known columns.

    Args:
        layout: Of the columns.

    Returns:
        (target (batch, features), output) -> (batch,); 0 for a row of which nothing is known.
    """

    def loss(target, output):
        nats = surprises(layout, target, output)
        count = ops.sum(known_columns(layout, target), axis=-1)
        return ops.sum(nats, axis=-1) / ops.maximum(count, 1.0)

    return loss


def loss_of_known(layout: TableLayout, loss: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """A loss that is a mean over elements as one over those features that are known, without flags.

    Args:
        layout: Of the columns.
        loss: (target, output) -> (batch,), 0 where both are equal.

    Returns:
        The loss of known features; 0 for a row of which nothing is known.
    """
    kept = layout.numbers + layout.classes

    def of_known(target, output):
        known = ops.matmul(known_columns(layout, target), layout.of_column.T) * kept
        count = ops.maximum(ops.sum(known, axis=-1), 1.0)
        target = ops.convert_to_tensor(target, "float32")
        return loss(target, ops.where(known > 0, output, target)) * len(kept) / count

    return of_known


def known_mean(layout: TableLayout, kept: Any, error: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """A mean over the known values of some columns.

    Args:
        layout: Of the columns.
        kept: (features,), 1 for the features of those columns.
        error: (target, output) -> (batch, features), summed over the features of a column.

    Returns:
        (target (batch, features), output) -> (batch,); 0 for a row without such a value.
    """
    columns = (layout.of_column * kept[:, None]).max(axis=0)

    def mean(target, output):
        known = known_columns(layout, target) * columns
        errors = known * ops.matmul(error(target, output) * kept, layout.of_column)
        return ops.sum(errors, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1.0)

    return mean


def row_likelihood(layout: TableLayout, name: str) -> Likelihood:
    """A likelihood of rows: of their numbers the named one, of their words the categorical one.

    Args:
        layout: Of the columns.
        name: "gaussian", whose variances the decoder gives, or "unit_gaussian", whose standard deviations
            are the columns' spreads.

    Returns:
        The likelihood, summed over the known columns.
    """
    log_spreads = ops.log(layout.spreads)

    def negative_log(target: Tensor, outputs: Mapping[str, Tensor]) -> Tensor:
        output = outputs["reconstruction"]
        if LIKELIHOODS[name].log_var:
            log_var = outputs["reconstruction_log_var"]
            each = 0.5 * (ops.square(target - output) * ops.exp(-log_var) + log_var + log(2 * pi))
        else:
            each = _deviations(layout, target, output) + log_spreads + 0.5 * log(2 * pi)
        return ops.sum(column_nats(layout, target, output, each), axis=-1)

    return Likelihood(negative_log, LIKELIHOODS[name].fits, LIKELIHOODS[name].log_var, density=True)


def _deviations(layout, target, output):
    """Half of the squared deviations in units of the columns' spreads."""
    return 0.5 * ops.square((target - output) / layout.spreads)
