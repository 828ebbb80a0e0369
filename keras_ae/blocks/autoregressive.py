"""A likelihood of steps that goes by what came before: of each place of a step one class after another.

p(x | features) = product over steps and places of p(class | features of the step, what came before), as of
PixelVAE (Gulrajani et al. 2017, arXiv:1611.05013), by a convolution over the last few steps and dense layers.
What is chosen follows from noise, so that a seed, or a request, gives the same again.
"""

from __future__ import annotations

from math import prod

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.choices import LEAST, choose

EMBEDDED = 16
"""Numbers that a class of a place is embedded as."""
SPAN = 24
"""Moves of a place from class to class are told apart up to here; beyond they count as this."""
ROUND = 12
"""Distances of two places are told apart round an octave of so many classes."""
BELOW, ABOVE = 12, 36
"""And as they are, from so many that the later place lies above the earlier to so many below."""
FASTER = 10.0
"""The tables of two places learn so many times as fast as other weights: what they rule out is rare."""


@keras.saving.register_keras_serializable("keras_ae")
class StepByStep(layers.Layer):
    """Probabilities (batch, *shape) of the classes of an example, of each step one place after another.

    "score": features (batch, steps, n), and classes one-hot (batch, *shape) -> the probability of each class
        given those that come before it. In training the first of the seeds (batch, 2) says what is dropped.
    "draw": features, and noise (batch, steps, places) -> the same of classes that it chooses itself. The
        largest is the chosen one's: where that is not the likeliest, the two have changed places.

    Standard normal noise makes an exact draw; noise of 0 chooses the likeliest, and noise near to 0 one of
    the likelier classes.

    shape: of an example, the last axis its classes. axis: along which its steps are; all else are places.
    features: of each step, at least 1.
    memory: steps that a choice goes by, at least 1. width: of the hidden layers.
    held: whether class 0 says that the class before goes on; which one that is is then known beside it.
    ordered: the first of the classes that are points on a scale, such as pitches in semitones: probabilities
        then go by the distance from the class before too, and by how places stand and move to each other; 0
        where there are none.
    rate: share of the numbers of embedded steps, and of two hidden layers, that training leaves out, in
        [0, 1) (Srivastava et al. 2014).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        features: int,
        axis: int = 0,
        memory: int = 8,
        width: int = 256,
        held: bool = False,
        ordered: int = 0,
        rate: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape, self.features, self.axis = tuple(shape), features, axis
        self.steps, self.classes = shape[axis], shape[-1]
        self.places = places = prod(shape[:-1]) // self.steps
        classes = self.classes
        self.memory, self.width, self.held, self.ordered, self.rate = memory, width, held, ordered, rate
        self.tracks = 2 if held else 1  # classes, and which one goes on
        known = self.tracks * places * EMBEDDED

        def weight(name, *shape, of="glorot_uniform"):
            return self.add_weight(shape, of, name=name)

        rows = self.tracks * places * (classes + 1)
        self.embedding = weight("embedding", rows, EMBEDDED, of="random_normal")
        self.past = weight("past", memory, known, width)
        self.feature = weight("feature", features, width)
        self.feature_bias = weight("feature_bias", width, of="zeros")
        self.mixed = weight("mixed", width, width)
        self.present = weight("present", known, places * width)
        self.present_bias = weight("present_bias", places * width, of="zeros")
        self.hidden = weight("hidden", places, width, width)
        self.logits = weight("logits", places, width, classes)
        self.logits_bias = weight("logits_bias", places, classes, of="zeros")
        if ordered:
            self.moves = weight("moves", places, width, 2 * SPAN + 1)
            self.leading = weight("leading", places, places, 3 * (ROUND + 1) ** 2, of="zeros")
            self.apart = weight("apart", places, places, BELOW + ABOVE + 2, of="zeros")
        self.built = True

    def call(self, features, given, seeds=None, mode: str = "score", training: bool = False):
        if mode == "draw":
            found = self._draw(features, given)
        else:
            ahead = tf.transpose(given, self._to_steps)
            classes = tf.argmax(tf.reshape(ahead, (-1, self.steps, self.places, self.classes)), -1, tf.int32)
            found = self._score(features, classes, seeds if training else None)
        turned = [self.shape[place - 1] for place in self._to_steps[1:]]
        return tf.transpose(tf.reshape(found, (-1, *turned)), self._to_steps)

    @property
    def _to_steps(self):
        """The order of axes in which steps come first, which also is the way back."""
        order = list(range(1 + len(self.shape)))
        order[1], order[1 + self.axis] = order[1 + self.axis], order[1]
        return order

    def _score(self, features, classes, seeds):
        going = self._going(classes)
        before = [
            tf.pad(part, ((0, 0), (self.memory, 0), (0, 0)), constant_values=self.classes)
            for part in (classes, going)
        ]
        embedded = self._dropped(self._embedded(*before)[:, :-1], seeds, 11)
        known = tf.nn.conv1d(embedded, self.past, 1, "VALID") + self._of_features(features)
        known = self._dropped(tf.nn.relu(known), seeds, 12)

        def flat(part):
            return tf.reshape(part, (-1, part.shape[-1]))

        last = before[1][:, self.memory - 1 : -1]
        hidden = self._hidden(flat(known), flat(classes), flat(going))
        hidden = self._dropped(hidden, seeds, 13)
        goes = tf.unstack(flat(going), axis=1)
        places = [self._logits(place, hidden[:, place], goes, flat(last)) for place in range(self.places)]
        shape = (-1, self.steps, self.places, self.classes)
        return _shares(tf.reshape(tf.stack(places, axis=1), shape))

    def _draw(self, features, noise):
        batch = tf.shape(features)[0]
        nothing = tf.fill((batch, self.memory, self.places), self.classes)
        past = tf.reshape(self.past, (-1, self.width))

        def step(carry, at):
            (classes, going), _ = carry
            features, noise = at
            embedded = tf.reshape(self._embedded(classes, going), (batch, past.shape[0]))
            known = tf.nn.relu(tf.matmul(embedded, past) + features)
            chosen, goes, shown = self._chosen(known, going[:, -1], noise)
            joined = [
                tf.concat([part[:, 1:], new[:, None]], axis=1)
                for part, new in ((classes, chosen), (going, goes))
            ]
            return tuple(joined), shown

        along = (
            tf.transpose(self._of_features(features), (1, 0, 2)),
            tf.transpose(tf.cast(noise, tf.float32), (1, 0, 2)),
        )
        shown = tf.zeros((batch, self.places, self.classes))
        _, drawn = tf.scan(step, along, initializer=((nothing, nothing), shown))
        return tf.transpose(drawn, (1, 0, 2, 3))

    def _chosen(self, known, last, noise):
        """Classes chosen at a step, and which go on, (batch, places) each, and their probabilities."""
        classes, goes, shown = [], [], []
        mixed = tf.nn.relu(tf.matmul(known, self.mixed))
        for place in range(self.places):
            hidden = self._hidden_at(place, mixed, classes, goes)
            shares = _shares(self._logits(place, hidden, goes, last))
            chosen, share = choose(shares, noise[:, place])
            classes.append(chosen)
            goes.append(tf.where(chosen == 0, last[:, place], chosen) if self.held else chosen)
            shown.append(share)
        return tf.stack(classes, axis=1), tf.stack(goes, axis=1), tf.stack(shown, axis=1)

    def _hidden_at(self, place, mixed, classes, goes):
        """(n, width) of one place, by the classes (n,) of those before: a part of what `_hidden` gives."""
        bias = self.present_bias[place * self.width : (place + 1) * self.width]
        if not place:
            return tf.nn.relu(mixed + bias)
        shape = (self.tracks, self.places, EMBEDDED, self.places, self.width)
        kernel = tf.reshape(self.present, shape)[:, :place, :, place]
        first = np.arange(self.tracks)[:, None] * self.places + np.arange(place)
        known = tf.stack(classes + (goes if self.held else []), axis=-1)
        rows = tf.gather(self.embedding, known + first.reshape(-1) * (self.classes + 1))
        flat = tf.reshape(rows, (-1, self.tracks * place * EMBEDDED))
        return tf.nn.relu(tf.matmul(flat, tf.reshape(kernel, (-1, self.width))) + mixed + bias)

    def _going(self, classes):
        """Which class goes on, (batch, steps, places): where one is 0, the last before it that is not."""
        if not self.held:
            return classes
        steps = tf.range(1, self.steps + 1)[None, :, None]
        begun = tf.where(classes != 0, steps, 0)
        last = tf.transpose(begun, (1, 0, 2))
        last = tf.transpose(tf.scan(tf.maximum, last), (1, 0, 2))
        padded = tf.pad(classes, ((0, 0), (1, 0), (0, 0)), constant_values=self.classes)
        found = tf.gather(tf.transpose(padded, (0, 2, 1)), tf.transpose(last, (0, 2, 1)), batch_dims=2)
        return tf.transpose(found, (0, 2, 1))

    def _of_features(self, features):
        return tf.tensordot(features, self.feature, 1) + self.feature_bias

    def _embedded(self, classes, going):
        """Classes (..., places) as numbers (..., tracks * places * EMBEDDED); one past the last is none."""
        known = tf.concat([classes, going], -1) if self.held else classes
        numbers = known + np.arange(self.tracks * self.places) * (self.classes + 1)
        rows = tf.gather(self.embedding, numbers)
        return tf.reshape(rows, tf.concat([tf.shape(classes)[:-1], [self.past.shape[1]]], 0))

    def _hidden(self, known, classes, going):
        """(n, places, width) of what is known of the steps before, (n, width), and of the places before."""
        earlier = np.triu(np.ones((self.places, self.places), np.float32), 1)  # [one, a later one]
        earlier = np.repeat(np.tile(earlier, (self.tracks, 1)), EMBEDDED, axis=0).repeat(self.width, axis=1)
        present = tf.matmul(self._embedded(classes, going), self.present * earlier) + self.present_bias
        mixed = tf.nn.relu(tf.matmul(known, self.mixed))
        return tf.nn.relu(tf.reshape(present, (-1, self.places, self.width)) + mixed[:, None])

    def _logits(self, place, hidden, going, last):
        """(n, classes) at a place. going: (n,) of each place of the step; last: (n, places) before it."""
        hidden = tf.nn.relu(tf.matmul(hidden, self.hidden[place]))
        logits = tf.matmul(hidden, self.logits[place]) + self.logits_bias[place]
        if not self.ordered:
            return logits
        reached = np.arange(self.classes)[None]
        if self.held:
            reached = tf.where(reached == 0, last[:, place, None], reached)
        away = tf.clip_by_value(reached - last[:, place, None], -SPAN, SPAN) + SPAN
        moved = tf.gather(tf.matmul(hidden, self.moves[place]), away, batch_dims=1)
        scaled = self._on_scale(last[:, place, None]) & (np.arange(self.classes) >= self.ordered)
        logits += tf.where(scaled, moved, 0.0)
        for other in range(place):
            logits += self._beside(place, other, reached, going, last)
        return logits

    def _beside(self, place, other, reached, going, last):
        """What (n, classes) of a place gain by how they stand to another, and how both get there (n, places).

        Of each pair of places tables: by their distance before, their distance after, and whether one stays
        or both move alike or apart; and by the distance after alone.
        """
        was, others_was, now = last[:, place, None], last[:, other, None], going[other][:, None]
        known = self._on_scale(now) & self._on_scale(reached)
        above = ROUND * self.classes  # for of what is below 0 other runtimes give a rest below 0
        before = self._on_scale(was) & self._on_scale(others_was)
        before = tf.where(before, tf.math.floormod(others_was - was + above, ROUND), ROUND)
        after = tf.where(known, tf.math.floormod(now - reached + above, ROUND), ROUND)
        moves = tf.sign(now - others_was), tf.sign(reached - was)
        kind = tf.where(moves[0] == moves[1], 1, 2) * tf.abs(moves[0] * moves[1])
        distance = tf.clip_by_value(now - reached, -BELOW, ABOVE) + BELOW
        distance = tf.where(known, distance, BELOW + ABOVE + 1)
        kind += (before * (ROUND + 1) + after) * 3
        gained = tf.gather(self.leading[place, other], kind) + tf.gather(self.apart[place, other], distance)
        return FASTER * gained

    def _on_scale(self, classes):
        return (classes >= self.ordered) & (classes < self.classes)

    def _dropped(self, values, seeds, stream):
        if seeds is None or not self.rate:
            return values
        seed = tf.random.experimental.stateless_fold_in(seeds[0], stream)
        kept = tf.random.stateless_uniform(tf.shape(values), seed) >= self.rate
        return tf.where(kept, values / (1.0 - self.rate), 0.0)

    def compute_output_spec(self, features, given, seeds=None, mode="score", training=False):
        return keras.KerasTensor((features.shape[0], *self.shape), "float32")

    def get_config(self):
        names = ("shape", "features", "axis", "memory", "width", "held", "ordered", "rate")
        return super().get_config() | {name: getattr(self, name) for name in names}


def _shares(logits):
    return tf.nn.softmax(logits) + LEAST


def teacher_forced(decoder: keras.Model) -> keras.Model:
    """{"code", "targets"} -> {"reconstruction"} of a decoder of steps: how likely it finds the targets."""
    chosen = decoder.get_layer("decoder_steps")
    targets = keras.Input(chosen.shape, name="targets")
    named = {"code": decoder.get_layer("code").output, "targets": targets}
    score = chosen(decoder.get_layer("decoder_features").output, targets, mode="score")
    return keras.Model(named, {"reconstruction": score}, name="forced")
