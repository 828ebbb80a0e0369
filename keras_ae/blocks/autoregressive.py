"""An autoregressive likelihood over steps and the positions in each step.

p(x | features) = product over steps and positions of p(class | features of the step, previous classes), as
in PixelVAE (Gulrajani et al. 2017, arXiv:1611.05013), with a convolution over the last few steps and dense
layers. Classes are chosen by noise that is an input, so that the same seed or request gives the same result.
"""

from __future__ import annotations

import dataclasses
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.choices import MIN_PROBABILITY, choose_classes
from keras_ae.blocks.intervals import Intervals
from keras_ae.blocks.sampling import uniform_noise

__all__ = ["StepByStep"]

EMBEDDING_DIM = 16
"""Size of the embedding of a class at a position."""
TABLE_RATE = 10.0
"""Factor on the learning rate of the tables of pairs of positions: the pairs that they rule out are rare."""
CONFIG_KEYS = {
    "context": "memory", "units": "width", "hold_class": "held", "first_ordered_class": "ordered",
    "dropout": "rate",
}  # fmt: skip
"""Config keys of the arguments whose key differs from their name."""
FORMER_INTERVALS = {"max_move": 24, "period": 12, "max_above": 12, "max_below": 36}
"""Intervals of layers that were saved before intervals were part of the config."""


@keras.saving.register_keras_serializable("keras_ae")
class StepByStep(layers.Layer):
    """Predicts the class probabilities (batch, *shape) of an example, one position of a step after another.

    It has two modes:

    * "score" takes features (batch, steps, n) and one-hot classes (batch, *shape), and returns the
      probability of each class given the previous ones: teacher forcing. In training the first of the seeds
      (batch, 2) seeds dropout.
    * "sample" takes features and noise (batch, steps, positions), and returns the probabilities of classes
      that it chooses itself. The chosen class has the largest probability: if it is not the likeliest class,
      the two probabilities are swapped. Earlier saved models call this mode "draw".

    Standard normal noise samples exactly; noise of 0 chooses the likeliest class, and noise near 0 one of the
    likelier classes.

    Args:
        shape: The shape of an example, with classes along the last axis.
        features: Number of features per step, at least 1.
        axis: The axis of the steps; all other axes but the last are positions.
        context: Number of previous steps that a choice depends on, at least 1.
        units: Units of the hidden layers.
        hold_class: Whether class 0 means that the previous class is sustained; the layer then also sees
            the sustained class.
        first_ordered_class: The first of the classes that are points on a scale, such as pitches;
            probabilities then also depend on the distance from the previous class and on the distances and
            movements between positions. 0 if there are no such classes.
        dropout: Dropout rate of embedded steps and of two hidden layers in training, in [0, 1) (Srivastava
            et al. 2014).
        intervals: The distances on that scale that are distinguished.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        features: int,
        axis: int = 0,
        context: int = 8,
        units: int = 256,
        hold_class: bool = False,
        first_ordered_class: int = 0,
        dropout: float = 0.0,
        intervals: Intervals | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.shape, self.features, self.axis = tuple(shape), features, axis
        self.steps, self.classes = shape[axis], shape[-1]
        self.positions = positions = prod(shape[:-1]) // self.steps
        self.context, self.units, self.dropout = context, units, dropout
        self.hold_class, self.first_ordered_class = hold_class, first_ordered_class
        self.intervals = intervals or Intervals()
        self.tracks = 2 if hold_class else 1  # classes, and sustained classes
        embedded = self.tracks * positions * EMBEDDING_DIM

        def weight(name: str, *shape: int, of: str = "glorot_uniform") -> keras.Variable:
            return self.add_weight(shape, of, name=name)

        # saved layers store their weights in this order
        rows = self.tracks * positions * (self.classes + 1)
        self.embedding = weight("embedding", rows, EMBEDDING_DIM, of="random_normal")
        self.past = weight("past", context, embedded, units)
        self.feature = weight("feature", features, units)
        self.feature_bias = weight("feature_bias", units, of="zeros")
        self.mixed = weight("mixed", units, units)
        self.present = weight("present", embedded, positions * units)
        self.present_bias = weight("present_bias", positions * units, of="zeros")
        self.hidden = weight("hidden", positions, units, units)
        self.logits = weight("logits", positions, units, self.classes)
        self.logits_bias = weight("logits_bias", positions, self.classes, of="zeros")
        if first_ordered_class:
            tables = positions, positions
            self.moves = weight("moves", positions, units, self.intervals.move_rows)
            self.leading = weight("leading", *tables, self.intervals.leading_rows, of="zeros")
            self.apart = weight("apart", *tables, self.intervals.distance_rows, of="zeros")
        self.built = True

    def call(
        self,
        features: tf.Tensor,
        inputs: tf.Tensor,
        seeds: tf.Tensor | None = None,
        mode: str = "score",
        training: bool = False,
    ) -> tf.Tensor:
        """Scores or samples classes.

        Args:
            features: (batch, steps, features).
            inputs: To score, one-hot classes (batch, *shape); to sample, noise (batch, steps, positions).
            seeds: (batch, 2); the first row seeds dropout in training.
            mode: "score" or "sample".
            training: Whether to apply dropout.

        Returns:
            Probabilities, (batch, *shape).
        """
        if mode == "score":
            turned = tf.transpose(inputs, self._steps_first)
            flat = tf.reshape(turned, (-1, self.steps, self.positions, self.classes))
            outputs = self._score(features, tf.argmax(flat, -1, tf.int32), seeds if training else None)
        else:
            outputs = self._sample(features, inputs)
        shape = [self.shape[axis - 1] for axis in self._steps_first[1:]]
        return tf.transpose(tf.reshape(outputs, (-1, *shape)), self._steps_first)

    @property
    def _steps_first(self) -> list[int]:
        """The permutation of axes that puts steps first; it is its own inverse."""
        order = list(range(1 + len(self.shape)))
        order[1], order[1 + self.axis] = order[1 + self.axis], order[1]
        return order

    def _score(self, features, classes, seeds):
        """Probabilities (batch, steps, positions, classes) given the classes (batch, steps, positions)."""
        sustained = self._sustained(classes)
        before = [
            tf.pad(part, ((0, 0), (self.context, 0), (0, 0)), constant_values=self.classes)
            for part in (classes, sustained)
        ]
        embedded = self._dropped(self._embedded(*before)[:, :-1], seeds, 11)
        past = tf.nn.conv1d(embedded, self.past, 1, "VALID") + self._of_features(features)
        past = self._dropped(tf.nn.relu(past), seeds, 12)

        def flat(part):
            return tf.reshape(part, (-1, part.shape[-1]))

        last = flat(before[1][:, self.context - 1 : -1])
        hidden = self._hidden(flat(past), flat(classes), flat(sustained))
        hidden = self._dropped(hidden, seeds, 13)
        now = tf.unstack(flat(sustained), axis=1)
        logits = [
            self._logits(position, hidden[:, position], now, last) for position in range(self.positions)
        ]
        shape = (-1, self.steps, self.positions, self.classes)
        return _probabilities(tf.reshape(tf.stack(logits, axis=1), shape))

    def _sample(self, features, noise):
        """Probabilities (batch, steps, positions, classes) of classes chosen by the noise."""
        batch = tf.shape(features)[0]
        nothing = tf.fill((batch, self.context, self.positions), self.classes)
        kernel = tf.reshape(self.past, (-1, self.units))

        def step(carry, inputs):
            (classes, sustained), _ = carry
            features, noise = inputs
            embedded = tf.reshape(self._embedded(classes, sustained), (batch, kernel.shape[0]))
            past = tf.nn.relu(tf.matmul(embedded, kernel) + features)
            chosen, going_on, probabilities = self._chosen(past, sustained[:, -1], noise)
            window = [
                tf.concat([part[:, 1:], new[:, None]], axis=1)
                for part, new in ((classes, chosen), (sustained, going_on))
            ]
            return tuple(window), probabilities

        along = (
            tf.transpose(self._of_features(features), (1, 0, 2)),
            tf.transpose(tf.cast(noise, tf.float32), (1, 0, 2)),
        )
        first = tf.zeros((batch, self.positions, self.classes))
        _, probabilities = tf.scan(step, along, initializer=((nothing, nothing), first))
        return tf.transpose(probabilities, (1, 0, 2, 3))

    def _chosen(self, past, last, noise):
        """The chosen and the sustained classes of a step, (batch, positions), and their probabilities."""
        classes, sustained, shown = [], [], []
        mixed = tf.nn.relu(tf.matmul(past, self.mixed))
        for position in range(self.positions):
            hidden = self._hidden_at(position, mixed, classes, sustained)
            probabilities = _probabilities(self._logits(position, hidden, sustained, last))
            chosen, exchanged = choose_classes(probabilities, noise[:, position])
            classes.append(chosen)
            goes_on = tf.where(chosen == 0, last[:, position], chosen) if self.hold_class else chosen
            sustained.append(goes_on)
            shown.append(exchanged)
        return tf.stack(classes, axis=1), tf.stack(sustained, axis=1), tf.stack(shown, axis=1)

    def _hidden_at(self, position, mixed, classes, sustained):
        """`_hidden` at one position, (n, units), from the classes (n,) at the previous positions."""
        bias = self.present_bias[position * self.units : (position + 1) * self.units]
        if not position:
            return tf.nn.relu(mixed + bias)
        shape = (self.tracks, self.positions, EMBEDDING_DIM, self.positions, self.units)
        kernel = tf.reshape(self.present, shape)[:, :position, :, position]
        first = np.arange(self.tracks)[:, None] * self.positions + np.arange(position)
        known = tf.stack(classes + (sustained if self.hold_class else []), axis=-1)
        rows = tf.gather(self.embedding, known + first.reshape(-1) * (self.classes + 1))
        flat = tf.reshape(rows, (-1, self.tracks * position * EMBEDDING_DIM))
        return tf.nn.relu(tf.matmul(flat, tf.reshape(kernel, (-1, self.units))) + mixed + bias)

    def _sustained(self, classes):
        """The sustained class, (batch, steps, positions): for class 0 the last earlier class but 0."""
        if not self.hold_class:
            return classes
        steps = tf.range(1, self.steps + 1)[None, :, None]
        begun = tf.where(classes != 0, steps, 0)
        last = tf.transpose(begun, (1, 0, 2))
        last = tf.transpose(tf.scan(tf.maximum, last), (1, 0, 2))
        padded = tf.pad(classes, ((0, 0), (1, 0), (0, 0)), constant_values=self.classes)
        sustained = tf.gather(tf.transpose(padded, (0, 2, 1)), tf.transpose(last, (0, 2, 1)), batch_dims=2)
        return tf.transpose(sustained, (0, 2, 1))

    def _of_features(self, features):
        return tf.tensordot(features, self.feature, 1) + self.feature_bias

    def _embedded(self, classes, sustained):
        """Embeds classes (..., positions) as (..., tracks * positions * EMBEDDING_DIM)."""
        known = tf.concat([classes, sustained], -1) if self.hold_class else classes
        indices = known + np.arange(self.tracks * self.positions) * (self.classes + 1)
        rows = tf.gather(self.embedding, indices)
        return tf.reshape(rows, tf.concat([tf.shape(classes)[:-1], [self.past.shape[1]]], 0))

    def _hidden(self, past, classes, sustained):
        """Hidden features (n, positions, units) from previous steps, (n, units), and previous positions."""
        earlier = np.triu(np.ones((self.positions, self.positions), np.float32), 1)  # [one, a later one]
        earlier = np.repeat(np.tile(earlier, (self.tracks, 1)), EMBEDDING_DIM, axis=0)
        kernel = self.present * earlier.repeat(self.units, axis=1)
        present = tf.matmul(self._embedded(classes, sustained), kernel) + self.present_bias
        mixed = tf.nn.relu(tf.matmul(past, self.mixed))
        return tf.nn.relu(tf.reshape(present, (-1, self.positions, self.units)) + mixed[:, None])

    def _logits(self, position, hidden, now, last):
        """Logits (n, classes) at a position, from earlier positions (n,) and the last step (n, positions)."""
        hidden = tf.nn.relu(tf.matmul(hidden, self.hidden[position]))
        logits = tf.matmul(hidden, self.logits[position]) + self.logits_bias[position]
        if not self.first_ordered_class:
            return logits
        before = last[:, position, None]
        after = np.arange(self.classes)[None]
        if self.hold_class:
            after = tf.where(after == 0, before, after)
        moves = tf.matmul(hidden, self.moves[position])
        by_move = tf.gather(moves, self.intervals.move_row(before, after), batch_dims=1)
        ordered = self._on_scale(before) & (np.arange(self.classes) >= self.first_ordered_class)
        logits += tf.where(ordered, by_move, 0.0)
        for other in range(position):
            earlier = last[:, other, None], now[other][:, None]
            logits += self._pair_logits(position, other, earlier, (before, after))
        return logits

    def _pair_logits(self, position, other, earlier, later):
        """Logits (n, classes) from the distance and movement of two positions, each (before, after)."""
        on_scale = [self._on_scale(a) & self._on_scale(b) for a, b in zip(earlier, later, strict=True)]
        leading = self.intervals.leading_row(earlier, later, on_scale)
        distance = self.intervals.distance_row(earlier[1], later[1], on_scale[1])
        by_move = tf.gather(self.leading[position, other], leading)
        return TABLE_RATE * (by_move + tf.gather(self.apart[position, other], distance))

    def _on_scale(self, classes):
        return (classes >= self.first_ordered_class) & (classes < self.classes)

    def _dropped(self, values, seeds, stream):
        if seeds is None or not self.dropout:
            return values
        seed = tf.random.experimental.stateless_fold_in(seeds[0], stream)
        mask = uniform_noise(tf.shape(values), seed) >= self.dropout
        return tf.where(mask, values / (1.0 - self.dropout), 0.0)

    def compute_output_spec(self, features, inputs, seeds=None, mode="score", training=False):
        """Probabilities, (batch, *shape)."""
        return keras.KerasTensor((features.shape[0], *self.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments under the keys of saved models."""
        names = ("shape", "features", "axis", *CONFIG_KEYS)
        config = {CONFIG_KEYS.get(name, name): getattr(self, name) for name in names}
        return super().get_config() | config | {"intervals": dataclasses.asdict(self.intervals)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> StepByStep:
        """Restores a layer; a config saved without intervals gets the intervals that were then fixed."""
        config = dict(config)
        intervals = Intervals(**config.pop("intervals", FORMER_INTERVALS))
        renamed = {name: config.pop(key) for name, key in CONFIG_KEYS.items() if key in config}
        return cls(**config, **renamed, intervals=intervals)


def _probabilities(logits):
    return tf.nn.softmax(logits) + MIN_PROBABILITY
