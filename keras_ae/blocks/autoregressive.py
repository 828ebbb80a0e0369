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
from keras import layers, ops
from scipy.special import erfcinv

EMBEDDED = 16
"""Numbers that a class of a place is embedded as."""
SPAN = 24
"""Moves of a place from class to class are told apart up to here; beyond they count as this."""
ROUND = 12
"""Distances of two places are told apart round an octave of so many classes."""
FASTER = 10.0
"""The tables of two places learn so many times as fast as other weights: what they rule out is rare."""
BELOW, ABOVE = 12, 36
"""And as they are, from so many that the later place lies above the earlier to so many below."""


@keras.saving.register_keras_serializable("keras_ae")
class Likeliest(layers.Layer):
    """Noise of 0, (batch, *shape), for the codes of a batch: every choice is the likeliest."""

    def __init__(self, shape: tuple[int, ...], **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def call(self, code):
        return ops.zeros((ops.shape(code)[0], *self.shape))

    def compute_output_spec(self, code):
        return keras.KerasTensor((code.shape[0], *self.shape), "float32")

    def get_config(self):
        return super().get_config() | {"shape": self.shape}


@keras.saving.register_keras_serializable("keras_ae")
class StepByStep(layers.Layer):
    """Probabilities (batch, *shape) of the classes of an example, of each step one place after another.

    "score": features (batch, steps, n), and classes one-hot (batch, *shape) -> the probability of each class
        given those that come before it. Seeds (batch, 2) decide what is dropped.
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
    rate: share of what is known that training leaves out (Srivastava et al. 2014), in [0, 1).
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

        self.embedding = weight(
            "embedding", self.tracks * places * (classes + 1), EMBEDDED, of="random_normal"
        )
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
        places = [
            self._logits(place, hidden[:, place], flat(going), flat(last)) for place in range(self.places)
        ]
        shape = (-1, self.steps, self.places, self.classes)
        return tf.nn.softmax(tf.reshape(tf.stack(places, axis=1), shape))

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
        classes = goes = tf.fill(tf.shape(last), self.classes)
        shown = []
        for place in range(self.places):
            hidden = self._hidden(known, classes, goes)[:, place]
            shares = tf.nn.softmax(self._logits(place, hidden, goes, last))
            chosen, share = choose(shares, noise[:, place])
            here = tf.one_hot(place, self.places, on_value=True, off_value=False)
            went = tf.where(chosen == 0, last[:, place], chosen) if self.held else chosen
            classes = tf.where(here, chosen[:, None], classes)
            goes = tf.where(here, went[:, None], goes)
            shown.append(share)
        return classes, goes, tf.stack(shown, axis=1)

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
        earlier = np.triu(
            np.ones((self.places, self.places), np.float32), 1
        )  # [one, another that it precedes]
        earlier = np.repeat(np.tile(earlier, (self.tracks, 1)), EMBEDDED, axis=0).repeat(self.width, axis=1)
        present = tf.matmul(self._embedded(classes, going), self.present * earlier) + self.present_bias
        mixed = tf.nn.relu(tf.matmul(known, self.mixed))
        return tf.nn.relu(tf.reshape(present, (-1, self.places, self.width)) + mixed[:, None])

    def _logits(self, place, hidden, going, last):
        """(n, classes) at a place. going: (n, places) of this step, last: of the one before."""
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
        was, others_was, now = last[:, place, None], last[:, other, None], going[:, other, None]
        known = self._on_scale(now) & self._on_scale(reached)
        before = self._on_scale(was) & self._on_scale(others_was)
        before = tf.where(before, tf.math.floormod(others_was - was, ROUND), ROUND)
        after = tf.where(known, tf.math.floormod(now - reached, ROUND), ROUND)
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


def forced(decoder: keras.Model) -> keras.Model:
    """{"code", "targets"} -> {"reconstruction"} of a decoder of steps: how likely it finds the targets."""
    chosen = decoder.get_layer("decoder_steps")
    targets = keras.Input(chosen.shape, name="targets")
    named = {"code": decoder.get_layer("code").output, "targets": targets}
    score = chosen(decoder.get_layer("decoder_features").output, targets, mode="score")
    return keras.Model(named, {"reconstruction": score}, name="forced")


def choices_of(shares: np.ndarray, targets: np.ndarray, spread: float) -> np.ndarray:
    """The noise (n, steps, places) by which `choose` takes the classes that are.

    shares, targets: (n, steps, places, classes), probabilities and one-hot classes. spread: what the noise is
    multiplied with before.
    """
    order = np.argsort(-shares, axis=-1, kind="stable")
    sorted_shares = np.take_along_axis(shares, order, axis=-1).astype(np.float64)
    rank = np.take_along_axis(targets, order, axis=-1).argmax(axis=-1)[..., None]
    upto = np.flip(np.flip(sorted_shares, axis=-1).cumsum(axis=-1), axis=-1)  # of it and what is less likely
    middle = np.take_along_axis(upto - 0.5 * sorted_shares, rank, axis=-1)
    farther = np.where(rank == 0, 1.0, middle)[..., 0]
    return (2.0**0.5 * erfcinv(farther) / spread).astype(np.float32)


def choose(shares, noise):
    """Classes (n,) drawn from probabilities (n, classes) by normal noise (n,), and what to show of them.

    The likelier come first: the class is that at which their sum passes the share of normal draws that are
    nearer to 0 than the noise. Shown are the probabilities, the chosen one's and the largest exchanged.
    """
    sorted_shares, order = tf.math.top_k(shares, shares.shape[-1])
    farther = tf.math.erfc(tf.abs(noise) / 2.0**0.5)[:, None]  # exact to the least of probabilities
    less_likely = tf.cumsum(sorted_shares, axis=-1, exclusive=True, reverse=True)
    passed = less_likely >= farther
    rank = tf.minimum(tf.reduce_sum(tf.cast(passed, tf.int32), axis=-1), shares.shape[-1] - 1)
    chosen = tf.gather(order, rank, batch_dims=1)
    gap = sorted_shares[:, 0] - tf.gather(sorted_shares, rank, batch_dims=1)
    exchanged = tf.one_hot(chosen, shares.shape[-1]) - tf.one_hot(order[:, 0], shares.shape[-1])
    return chosen, shares + gap[:, None] * exchanged
