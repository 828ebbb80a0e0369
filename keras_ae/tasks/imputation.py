"""Imputation: values of a table's rows that are missing are filled in from those that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.choices import Likeliest
from keras_ae.blocks.imputing import FilledRows, ValueIntervals
from keras_ae.blocks.row_neighbors import RowNeighbors
from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.augmentation.random_numbers import by_seed
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.domains import domain_of
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.formats.rows import Rows
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, batched
from keras_ae.tasks import Task
from keras_ae.tasks.conformal_values import HiddenValues, conformal_widths, deviations_of, hidden_values
from keras_ae.tasks.corruption import without_values
from keras_ae.tasks.imputation_metrics import imputation_table

__all__ = ["Imputation"]

HIDINGS, MOST_ROWS = 8, 2000
"""How often the values of validation rows are hidden anew for intervals, and how many rows, at most."""

FRACTIONS, MOST_NEIGHBORS = (0.0, 0.25, 0.5, 0.75), 5000
"""Fractions of the nearest training rows in what is expected, to choose from, and how many rows, at most."""


@dataclass(frozen=True)
class Imputation(Task):
    """Hides known values at random in training, which the network tells from the others.

    The loss is of the hidden values alone, so that the best epoch is that of hidden validation values.

    Attributes:
        lowest: The least fraction of a row's values to hide, at least 0.
        highest: The largest one, above `lowest` and below 1; a row's is uniform between the two.
        passes: How often a filled row may be filled again from its filled values, at least 1. How often it
            is, validation tells.
        level: The probability of an interval, and of a prediction set of words, in (0, 1).
    """

    lowest: float = 0.1
    highest: float = 0.5
    passes: int = 3
    level: float = 0.9

    def __post_init__(self) -> None:
        check_within(self, lowest="[0, 1)", highest="(0, 1)", level="(0, 1)")
        check_least(self, passes=1)
        if not self.lowest < self.highest:
            raise InputError(
                f"lowest must be at least 0 and below highest, received {self.lowest} and {self.highest}"
            )

    @property
    def compared(self) -> tuple[str, ...]:
        """The error of hidden numbers; of a table of words alone, how many are right."""
        return ("rmse", "words_right")

    def prepare(self, data: Data) -> Data:
        """The data themselves.

        Raises:
            InputError: For data that are no rows of a table, or have a condition.
        """
        if not isinstance(data.format, Rows) or data.domain.layout is None:
            raise InputError(
                f"expected rows of a table to fill in, received {data.name}; wrap it, "
                'SET="data=WholeRows(...)", or take another task: SET="task=Reconstruction"'
            )
        if data.domain.layout.condition is not None:
            raise InputError(
                f"{data.format.condition} is a condition, which is always known, so it could not be filled "
                'in; leave it out: SET="data.condition="'
            )
        return data

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, features) -> (rows without the hidden values, rows of the hidden values alone)."""
        layout = domain_of(domain).layout
        if layout is None:
            raise InputError(f"expected rows of a table to fill in, received {domain} values")
        count = len(layout.columns)
        uniform = by_seed(lambda seed: tf.random.stateless_uniform((1 + count,), seed), seeds)
        uniform = tf.ensure_shape(uniform, (None, 1 + count))
        rate = self.lowest + (self.highest - self.lowest) * uniform[:, :1]
        hidden = uniform[:, 1:] < rate
        return without_values(examples, hidden, layout), without_values(examples, ~hidden, layout)

    def metrics(self) -> dict[str, Callable]:
        """No metrics of what is known; `further_metrics` has those of hidden values."""
        return {}

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """What is known, what was hidden, and what the network says."""
        return {"known": inputs, "hidden": targets, "reconstruction": reconstruction}

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Metrics of hidden test values, and those of scikit-learn's imputers; see `imputation_table`."""
        return imputation_table(self.imputer(heads, data), data, seed)

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The imputer; its facts are the level, the passes, and from which probability a word is in a set."""
        model, facts = self._fitted(trained.heads, trained.data)
        return (ServedHead("imputer", model, facts),)

    def imputer(self, heads: Heads, data: Data) -> keras.Model:
        """Builds the imputer of trained heads and fits its intervals to hidden validation values.

        Args:
            heads: Trained heads.
            data: The data as returned by `prepare`.

        Returns:
            {"inputs" (batch, features)} -> "reconstruction" (batch, features), the rows filled in; "lower"
            and "upper" (batch, columns), in original units; "probability", "is_filled" (batch, columns), and
            "known" (batch,), how many values are known.
        """
        return self._fitted(heads, data)[0]

    def _fitted(self, heads: Heads, data: Data) -> tuple[keras.Model, dict[str, Any]]:
        """The imputer and its facts."""
        from keras_ae.data.tables.original_numbers import OriginalNumbers

        assert data.domain.layout is not None  # as `prepare` makes sure
        assert data.preprocessor is not None
        layout, text = data.domain.layout, str(data.domain)
        split = data.validation if len(data.validation) else data.train
        rows = np.asarray(values(split.thin(MOST_ROWS).examples), np.float32)
        hidden = hidden_values(rows, layout, (self.lowest, self.highest), HIDINGS)
        passes, fraction = self._best(heads, data, hidden)
        filler = _filler(heads, text, passes, _neighbors(heads, data, fraction))
        widths, least = conformal_widths(filler, hidden, layout, self.level)

        inputs = keras.Input(data.train.shape, name="inputs")
        filled = apply(filler, {"inputs": inputs})
        intervals = ValueIntervals(text, self.level, name="intervals").fitted(widths)
        lower, upper, probability, gone = intervals(inputs, filled["filled"], filled["deviation"])
        originals = OriginalNumbers.of(data.preprocessor, "original_numbers")
        outputs = {
            "reconstruction": filled["filled"],
            "lower": originals(lower),
            "upper": originals(upper),
            "probability": probability,
            "is_filled": gone,
            "known": keras.ops.sum(1.0 - gone, axis=-1),
        }
        facts = {
            "level": self.level,
            "passes": passes,
            "neighbors": fraction,
            "calibrated_on": len(rows),
            "least_probability": [float(each) for each in least],
        }
        return keras.Model({"inputs": inputs}, outputs, name="imputer"), facts

    def _best(self, heads: Heads, data: Data, hidden: HiddenValues) -> tuple[int, float]:
        """How often rows are filled, and the fraction of their neighbors, by hidden validation values."""

        def loss(passes: int, fraction: float) -> float:
            model = _filler(heads, str(data.domain), passes, _neighbors(heads, data, fraction))
            found = batched(model, {"inputs": hidden.inputs}, names=("expected",))["expected"]
            return float(np.mean(data.domain.loss(hidden.targets, found)))

        passes = min(range(1, self.passes + 1), key=lambda number: loss(number, 0.0))
        return passes, min(FRACTIONS, key=lambda fraction: loss(passes, fraction))


def _neighbors(heads: Heads, data: Data, fraction: float) -> RowNeighbors | None:
    """The training rows that expectations are mixed with; None without them."""
    if not fraction:
        return None
    rows = np.asarray(values(data.train.thin(MOST_NEIGHBORS).examples), np.float32)
    found = batched(_filler(heads, str(data.domain), 1), {"inputs": rows}, names=("expected", "filled"))
    layer = RowNeighbors(len(rows), fraction, name="neighbors")
    return layer.fitted(found["expected"], found["filled"])


def _filler(heads: Heads, layout: str, passes: int, neighbors: RowNeighbors | None = None) -> keras.Model:
    """{"inputs"} -> rows filled so often, what was expected of all their values, and deviations."""
    inputs = keras.Input(heads.encoder.get_layer("inputs").output.shape[1:], name="inputs")
    rows, deviation = inputs, None
    for number in range(1, passes + 1):
        # not the end-to-end model, because a layer in two nested models does not survive a Keras file
        encoded = apply(heads.encoder, {"inputs": rows})
        further = {"inputs": rows}
        if heads.choices_shape:
            further["choices"] = Likeliest(heads.choices_shape, name=f"likeliest_{number}")(encoded["code"])
        expected = apply(heads.decoder, {**encoded, **further})["reconstruction"]
        deviation = deviations_of(encoded, expected) if deviation is None else deviation
        expected = expected if neighbors is None else neighbors(expected)
        rows = FilledRows(layout, name=f"pass_{number}")(inputs, expected)
    return keras.Model(
        {"inputs": inputs}, {"filled": rows, "expected": expected, "deviation": deviation}, name="filler"
    )
