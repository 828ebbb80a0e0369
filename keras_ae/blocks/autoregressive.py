"""An autoregressive likelihood of steps: at each step one position after another, given all before.

p(x | features) = product over steps and positions of p(class | features of the step, classes before), as in
PixelVAE (Gulrajani et al. 2017, arXiv:1611.05013), by a convolution over the last few steps and dense layers.
The classes that are chosen follow from noise, so that a random seed, or a request, gives the same again.
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

__all__ = ["StepByStep", "teacher_forced"]

EMBEDDING_DIM = 16
"""Numbers that a class of a position is embedded as."""
TABLE_RATE = 10.0
"""Factor on the learning rate of the tables of two positions: what they rule out is rare."""
CONFIG_KEYS = {
    "context": "memory", "units": "width", "hold_class": "held", "first_ordered_class": "ordered",
    "dropout": "rate",
}  # fmt: skip
"""Keys of the arguments in a layer's config, where they differ."""
FORMER_INTERVALS = {"max_move": 24, "period": 12, "max_above": 12, "max_below": 36}
"""Those of layers that were saved before intervals were part of their config."""


@keras.saving.register_keras_serializable("keras_ae")
class StepByStep(layers.Layer):
    """Probabilities (batch, *shape) of the classes of an example, one position of a step after another.

    It has two modes:

    * "score" takes features (batch, steps, n) and one-hot classes (batch, *shape), and gives the probability
      of each class given those before it: teacher forcing. In training the first of the seeds (batch, 2) says
      what is dropped.
    * "sample" takes features and noise (batch, steps, positions), and gives the probabilities of classes that
      it chooses itself. The largest is that of the chosen class: where that is not the likeliest one, the two
      have changed places. Models that were saved before call this mode "draw".

    Standard normal noise samples exactly; noise of 0 chooses the likeliest class, and noise near 0 one of the
    likelier classes.

    Args:
        shape: The shape of an example, its last axis the classes.
        features: Features of each step, at least 1.
        axis: The axis of its steps; all others but the last are positions.
        context: Steps before that a choice depends on, at least 1.
        units: Units of the hidden layers.
        hold_class: Whether class 0 says that the class before goes on; that class is then known beside it.
        first_ordered_class: The first of the classes that are points on a scale, such as pitches;
            probabilities then depend on the distance from the class before too, and on how positions stand
            and move to each other. 0 where there are none.
        dropout: Fraction of the numbers of embedded steps, and of two hidden layers, that training leaves
            out, in [0, 1) (Srivastava et al. 2014).
        intervals: The distances on that scale that are told apart.
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
        self.tracks = 2 if hold_class else 1  # classes, and which one goes on
        embedded = self.tracks * positions * EMBEDDING_DIM

        def weight(name: str, *shape: int, of: str = "glorot_uniform") -> keras.Variable:
            return self.add_weight(shape, of, name=name)

        # a saved layer has its weights in this order
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
            seeds: (batch, 2), of which the first says what is dropped in training.
            mode: "score" or "sample".
            training: Whether numbers are dropped.

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
        """The order of axes in which steps come first, which is the way back too."""
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
        """Probabilities (batch, steps, positions, classes) of classes that the noise chooses."""
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
        """Classes chosen at a step, and which go on, (batch, positions) each, and their probabilities."""
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
        """(n, units) of one position, by the classes (n,) of those before: a part of `_hidden`."""
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
        """The class that goes on, (batch, steps, positions): for a 0 the last before it that is not 0."""
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
        """Embedded classes (..., positions) as (..., tracks * positions * EMBEDDING_DIM)."""
        known = tf.concat([classes, sustained], -1) if self.hold_class else classes
        indices = known + np.arange(self.tracks * self.positions) * (self.classes + 1)
        rows = tf.gather(self.embedding, indices)
        return tf.reshape(rows, tf.concat([tf.shape(classes)[:-1], [self.past.shape[1]]], 0))

    def _hidden(self, past, classes, sustained):
        """(n, positions, units) of the steps before, (n, units), and of the positions before."""
        earlier = np.triu(np.ones((self.positions, self.positions), np.float32), 1)  # [one, a later one]
        earlier = np.repeat(np.tile(earlier, (self.tracks, 1)), EMBEDDING_DIM, axis=0)
        kernel = self.present * earlier.repeat(self.units, axis=1)
        present = tf.matmul(self._embedded(classes, sustained), kernel) + self.present_bias
        mixed = tf.nn.relu(tf.matmul(past, self.mixed))
        return tf.nn.relu(tf.reshape(present, (-1, self.positions, self.units)) + mixed[:, None])

    def _logits(self, position, hidden, now, last):
        """(n, classes) at a position, by (n,) of each one before it now, and (n, positions) a step ago."""
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
        """(n, classes) by how a position stands and moves to an earlier one; (before, after) of either."""
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
        mask = tf.random.stateless_uniform(tf.shape(values), seed) >= self.dropout
        return tf.where(mask, values / (1.0 - self.dropout), 0.0)

    def compute_output_spec(self, features, inputs, seeds=None, mode="score", training=False):
        """Probabilities, (batch, *shape)."""
        return keras.KerasTensor((features.shape[0], *self.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments, under the keys that saved models have."""
        names = ("shape", "features", "axis", *CONFIG_KEYS)
        config = {CONFIG_KEYS.get(name, name): getattr(self, name) for name in names}
        return super().get_config() | config | {"intervals": dataclasses.asdict(self.intervals)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> StepByStep:
        """The layer of a config; one that was saved without intervals has those it was trained with."""
        config = dict(config)
        intervals = Intervals(**config.pop("intervals", FORMER_INTERVALS))
        renamed = {name: config.pop(key) for name, key in CONFIG_KEYS.items() if key in config}
        return cls(**config, **renamed, intervals=intervals)


def _probabilities(logits):
    return tf.nn.softmax(logits) + MIN_PROBABILITY


def teacher_forced(decoder: keras.Model) -> keras.Model:
    """A model of how likely an autoregressive decoder finds given targets.

    Args:
        decoder: A decoder with the layer "decoder_steps".

    Returns:
        {"code", "targets"} -> {"reconstruction"}, the probability of each class given the targets before it.
    """
    steps = decoder.get_layer("decoder_steps")
    targets = keras.Input(steps.shape, name="targets")
    inputs = {"code": decoder.get_layer("code").output, "targets": targets}
    probabilities = steps(decoder.get_layer("decoder_features").output, targets, mode="score")
    return keras.Model(inputs, {"reconstruction": probabilities}, name="teacher_forced")
