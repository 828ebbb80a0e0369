"""A recurrent likelihood of sequences of classes: each token by the code and all tokens before it.

p(x | code) = product over positions of p(token | code, previous tokens), by gated units (Cho et al. 2014,
arXiv:1406.1078), as in Bowman et al. (2016, arXiv:1511.06349). The code also reaches the output directly, as
in Dieng et al. (2018, arXiv:1807.04863). Tokens are chosen by noise that is an input, so that the same seed
or request gives the same result.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from keras_ae.blocks.choices import MIN_PROBABILITY, choose_classes
from keras_ae.blocks.sampling import uniform_noise
from keras_ae.losses import LIKELIHOODS

__all__ = ["RecurrentSteps", "sequence_nll"]

AXIS, END = 0, 0
"""The axis of the steps in an example, and the class that ends a sequence."""


@keras.saving.register_keras_serializable("keras_ae")
class RecurrentSteps(layers.Layer):
    """Predicts the class probabilities (batch, steps, classes) of a sequence, one position after another.

    It has two modes, as `StepByStep`: "score" takes features of the code and one-hot classes, and returns the
    probability of each class given the previous ones; "sample" takes features and noise (batch, steps, 1),
    and returns the probabilities of the classes that it chooses itself, zeros after the end.

    Args:
        shape: The shape of an example, (steps, classes).
        features: Numbers that the code is turned into, at least 1.
        units: Units of the recurrent layer.
        dropout: Dropout rate of the recurrent layer's outputs in training, in [0, 1).
        token_dropout: Fraction of the previous tokens that training hides from the decoder, in [0, 1).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        features: int,
        units: int = 512,
        dropout: float = 0.0,
        token_dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.shape, self.features, self.units = tuple(shape), features, units
        self.steps, self.classes = self.shape
        self.dropout, self.token_dropout = dropout, token_dropout
        self.axis, self.positions = AXIS, 1

        def weight(name: str, *shape: int, of: str = "glorot_uniform") -> keras.Variable:
            return self.add_weight(shape, of, name=name)

        # of a token, of the beginning and of a hidden token: what an embedding and a kernel would give
        self.tokens = weight("tokens", self.classes + 2, 3 * units)
        self.recurrent = weight("recurrent", units, 3 * units, of="orthogonal")
        self.bias = weight("bias", 3 * units, of="zeros")
        self.recurrent_bias = weight("recurrent_bias", 3 * units, of="zeros")
        self.first = weight("first", features, units)
        self.each = weight("each", features, 3 * units)
        self.logits = weight("logits", units, self.classes)
        self.direct = weight("direct", features, self.classes)
        self.logits_bias = weight("logits_bias", self.classes, of="zeros")
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
            features: (batch, features).
            inputs: To score, one-hot classes (batch, steps, classes); to sample, noise (batch, steps, 1).
            seeds: (batch, 2); the first row seeds dropout in training.
            mode: "score" or "sample".
            training: Whether to apply dropout.

        Returns:
            Probabilities, (batch, steps, classes).
        """
        if mode == "score":
            return self._score(features, inputs, seeds if training else None)
        return self._sample(features, inputs)

    def _score(self, features, targets, seeds):
        classes = tf.argmax(targets, -1, tf.int32)
        before = tf.pad(classes[:, :-1], ((0, 0), (1, 0)), constant_values=self.classes)
        if seeds is not None and self.token_dropout:
            hidden = self._uniform(tf.shape(before), seeds, 21) < self.token_dropout
            hidden &= before != self.classes
            before = tf.where(hidden, self.classes + 1, before)
        gates = tf.gather(self.tokens, tf.transpose(before)) + self._of_code(features)
        states = tf.scan(self._next, gates, initializer=tf.tanh(tf.matmul(features, self.first)))
        states = tf.transpose(states, (1, 0, 2))
        if seeds is not None and self.dropout:
            keep = self._uniform(tf.shape(states), seeds, 22) >= self.dropout
            states = tf.where(keep, states / (1.0 - self.dropout), 0.0)
        logits = tf.tensordot(states, self.logits, 1) + self._direct(features)[:, None]
        return tf.nn.softmax(logits) + MIN_PROBABILITY

    def _sample(self, features, noise):
        batch = tf.shape(features)[0]
        of_code, direct = self._of_code(features), self._direct(features)

        def step(carry, noise):
            state, before, runs, _ = carry
            state = self._next(state, tf.gather(self.tokens, before) + of_code)
            probabilities = tf.nn.softmax(tf.matmul(state, self.logits) + direct) + MIN_PROBABILITY
            chosen, exchanged = choose_classes(probabilities, noise)
            runs_on = tf.where(tf.equal(chosen, END), 0.0, runs)
            return state, chosen, runs_on, exchanged * runs[:, None]

        first = (
            tf.tanh(tf.matmul(features, self.first)),
            tf.fill((batch,), self.classes),
            tf.ones((batch,)),
            tf.zeros((batch, self.classes)),
        )
        along = tf.transpose(tf.cast(noise, tf.float32)[:, :, 0])
        return tf.transpose(tf.scan(step, along, initializer=first)[3], (1, 0, 2))

    def _next(self, state, gates):
        """The state after a step, from the input's part of the gates: update, reset and candidate."""
        parts = tf.split(gates, 3, axis=-1)
        own = tf.split(tf.matmul(state, self.recurrent) + self.recurrent_bias, 3, axis=-1)
        update, reset = tf.sigmoid(parts[0] + own[0]), tf.sigmoid(parts[1] + own[1])
        candidate = tf.tanh(parts[2] + reset * own[2])
        return update * state + (1.0 - update) * candidate

    def _of_code(self, features):
        return tf.matmul(features, self.each) + self.bias

    def _direct(self, features):
        return tf.matmul(features, self.direct) + self.logits_bias

    def _uniform(self, shape, seeds, stream):
        return uniform_noise(shape, tf.random.experimental.stateless_fold_in(seeds[0], stream))

    def compute_output_spec(self, features, inputs, seeds=None, mode="score", training=False):
        """Probabilities, (batch, steps, classes)."""
        return keras.KerasTensor((features.shape[0], *self.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        names = ("shape", "features", "units", "dropout", "token_dropout")
        return super().get_config() | {name: getattr(self, name) for name in names}


def sequence_nll(targets: Any, probabilities: Any) -> Any:
    """-log p of sequences.

    Args:
        targets: (batch, steps, classes), one-hot, zeros after the end.
        probabilities: (batch, steps, classes).

    Returns:
        (batch,), nats per example.
    """
    return LIKELIHOODS["categorical"](targets, {"reconstruction": probabilities})
