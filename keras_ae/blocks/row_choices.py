"""The distribution of a table's rows that a decoder gives, and rows chosen from it by noise."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_ae.blocks.choices import choose_classes
from keras_ae.table_layout import TableLayout

__all__ = ["ConditionWords", "MissingNats", "OfRows", "RowChoices", "RowDistribution"]

LEAST = 1e-7
"""The least probability, so that no logarithm is infinite."""

Tensor = Any
"""A tensor of Keras or TensorFlow."""


class OfRows(layers.Layer):
    """A layer for the features of rows.

    Args:
        layout: Of the columns, as text.
    """

    def __init__(self, layout: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.layout = TableLayout.parse(layout)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layout": str(self.layout)}


@keras.saving.register_keras_serializable("keras_ae")
class ConditionWords(OfRows):
    """The words of the column that is a condition: (batch, features) -> (batch, words), one-hot."""

    def call(self, features: Tensor) -> Tensor:
        """Takes the words out of the features of rows.

        Args:
            features: (batch, features).

        Returns:
            (batch, words).
        """
        return features[:, self.layout.condition]

    def compute_output_shape(self, input_shape):
        words = self.layout.condition
        return (input_shape[0], words.stop - words.start)


@keras.saving.register_keras_serializable("keras_ae")
class RowDistribution(OfRows):
    """The means, probabilities and log-variances of a row's columns, from logits.

    Of a number the features are its mean and the probability that it is missing. Of words they are the
    probabilities of an unknown one, 0, of a missing one, and of each known one, which sum to 1. A complete
    column is never missing. The words of a condition are certain.

    Args:
        layout: Of the columns, as text.
        least_deviation: The least standard deviation of a scaled number, above 0.
        most_deviation: The greatest one.
    """

    def __init__(self, layout: str, least_deviation: float, most_deviation: float, **settings: Any) -> None:
        super().__init__(layout, **settings)
        self.least_deviation, self.most_deviation = least_deviation, most_deviation

    def call(self, logits: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The parameters of the distribution.

        Args:
            logits: (batch, 2 * features).
            condition: (batch, words), one-hot, where a column is a condition.

        Returns:
            The means and probabilities, and the log-variances, (batch, features) each.
        """
        count = len(self.layout.groups)
        middles, spreads = logits[:, :count], logits[:, count:]
        zeros, parts = ops.zeros_like(middles[:, :1]), []
        for start, column in zip(self.layout.starts.tolist(), self.layout.columns, strict=True):
            own = middles[:, start : start + column.width]
            if column.words is None:
                parts += [own[:, :1], zeros if column.complete else ops.sigmoid(own[:, 1:])]
            elif column.conditional and condition is not None:
                parts += [zeros, zeros, condition]
            elif column.complete and column.words == 1:
                parts += [zeros, zeros, zeros + 1.0]
            elif column.complete:
                parts += [zeros, zeros, ops.softmax(own[:, 2:], axis=-1)]
            else:
                parts += [zeros, ops.softmax(own[:, 1:], axis=-1)]
        low, high = (2.0 * ops.log(each) for each in (self.least_deviation, self.most_deviation))
        log_var = low + (high - low) * ops.sigmoid(spreads)
        return ops.concatenate(parts, axis=-1), log_var

    def compute_output_shape(self, logits_shape, condition_shape=None):
        shape = (logits_shape[0], len(self.layout.groups))
        return shape, shape

    def get_config(self) -> dict[str, Any]:
        own = {"least_deviation": self.least_deviation, "most_deviation": self.most_deviation}
        return super().get_config() | own


@keras.saving.register_keras_serializable("keras_ae")
class RowChoices(OfRows):
    """Rows chosen from their distribution with standard normal noise; noise of 0 chooses the likeliest.

    A number moves from its mean by its standard deviation times the noise. Of words, and of whether a number
    is missing, the chosen one gets the largest probability.
    """

    def call(self, middles: Tensor, log_var: Tensor, choices: Tensor) -> Tensor:
        """Chooses rows.

        Args:
            middles: (batch, features), means and probabilities, as `RowDistribution` gives them.
            log_var: (batch, features).
            choices: (batch, 2, columns), the noise of values, and of whether numbers are missing.

        Returns:
            (batch, features).
        """
        parts = []
        for number, (start, column) in enumerate(
            zip(self.layout.starts.tolist(), self.layout.columns, strict=True)
        ):
            own, noise = middles[:, start : start + column.width], choices[:, :, number]
            if column.words is None:
                deviation = ops.exp(0.5 * log_var[:, start : start + 1])
                parts.append(own[:, :1] + deviation * noise[:, :1])
                parts.append(own[:, 1:] if column.complete else _chosen_flag(own[:, 1:], noise[:, 1]))
            elif column.conditional:
                parts.append(own)
            else:
                _, chosen = choose_classes(own[:, 1:], noise[:, 0])
                parts += [own[:, :1], chosen]
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, middles_shape, log_var_shape, choices_shape):
        return middles_shape


def _chosen_flag(probability, noise):
    """The probability that a number is missing, above one half where that is chosen."""
    _, chosen = choose_classes(ops.concatenate([1.0 - probability, probability], axis=-1), noise)
    return chosen[:, 1:]


@keras.saving.register_keras_serializable("keras_ae")
class MissingNats(OfRows):
    """-log p of which values of rows are missing, as far as the likelihood of known values leaves it out.

    The probability of a known word says already that it is not missing.
    """

    def call(self, target: Tensor, middles: Tensor) -> Tensor:
        """The nats of rows.

        Args:
            target: (batch, features).
            middles: (batch, features), as `RowDistribution` gives them.

        Returns:
            (batch,).
        """
        layout = self.layout
        flags = (1.0 - layout.numbers - layout.classes).astype("float32")
        incomplete = flags * [not layout.columns[group].complete for group in layout.groups.tolist()]
        incomplete = incomplete.astype("float32")
        of_numbers = (incomplete * layout.is_number[layout.groups]).astype("float32")
        missing = incomplete * target * ops.log(ops.maximum(middles, LEAST))
        present = of_numbers * (1.0 - target) * ops.log(ops.maximum(1.0 - middles, LEAST))
        return -ops.sum(missing + present, axis=-1)

    def compute_output_shape(self, target_shape, middles_shape):
        return (target_shape[0],)
