"""A codebook that follows the vectors it quantizes, and a small prior over its codes."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from keras_ae.blocks.choices import normal_cdf
from keras_ae.replicas import replicas

__all__ = ["CodePrior", "Codebook", "Lookup"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

DEAD = 0.01
"""A code that is used less than this fraction of an even use is replaced by a vector of the batch."""


@keras.saving.register_keras_serializable("keras_ae")
class Lookup(layers.Layer):
    """The vectors of a codebook's codes, for a decoder.

    Args:
        codes: Vectors in the codebook.
        width: Numbers in a vector.
    """

    def __init__(self, codes: int, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.codes, self.width = codes, width
        self.entries = self.add_weight((codes, width), "zeros", trainable=False, name="entries")
        self.built = True

    def call(self, numbers: Tensor) -> Tensor:
        """The vectors of codes.

        Args:
            numbers: Codes, (batch, positions), integers.

        Returns:
            (batch, positions, width).
        """
        return ops.take(self.entries, numbers, axis=0)

    def compute_output_spec(self, numbers):
        return keras.KerasTensor((*numbers.shape, self.width), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"codes": self.codes, "width": self.width}


@keras.saving.register_keras_serializable("keras_ae")
class Codebook(layers.Layer):
    """Vectors that represent others near them (van den Oord et al. 2017, arXiv:1711.00937).

    Each code's vector moves to the running mean of the vectors that it represents (their appendix A.1);
    one that represents next to none is replaced by a vector of the batch. One layer in three modes, so
    that all three share its weights:

    - "nearest": vectors (batch, positions, width) -> codes (batch, positions), int32.
    - "lookup": codes -> their vectors.
    - "quantize": vectors, seeds -> the vectors of their codes, through which gradients pass as if
      they were the vectors themselves; in training the codebook follows.

    Args:
        codes: Vectors in the codebook, at least 2.
        width: Numbers in a vector.
        decay: Decay of the running means, in (0, 1).
        lookup: A decoder's copy of the vectors, which is updated with them; a layer that two models shared
            would not survive being saved.
    """

    def __init__(
        self, codes: int, width: int, decay: float = 0.99, lookup: Lookup | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.codes, self.width, self.decay = codes, width, decay
        self.entries = self.add_weight((codes, width), "random_normal", trainable=False, name="entries")
        self.counts = self.add_weight((codes,), "zeros", trainable=False, name="counts")
        self.sums = self.add_weight((codes, width), "zeros", trainable=False, name="sums")
        self.copies = lambda: () if lookup is None else (lookup.entries,)  # not a part of this layer
        for copy in self.copies():
            copy.assign(self.entries)
        self.built = True

    def call(
        self, values: Tensor, seeds: Tensor = None, mode: str = "nearest", training: bool = False
    ) -> Tensor:
        """Finds codes, looks them up, or does both, as the mode says.

        Args:
            values: Vectors, or codes for "lookup".
            seeds: (batch, 2), int64, for "quantize".
            mode: "nearest", "lookup" or "quantize".
            training: Whether the codebook follows the vectors.

        Returns:
            Codes, or vectors.
        """
        if mode == "lookup":
            return ops.take(self.entries, values, axis=0)
        numbers = self._nearest(values)
        if mode == "nearest":
            return numbers
        quantized = ops.take(self.entries, numbers, axis=0)
        if training:
            whole = [replicas().gathered(rows) for rows in (ops.stop_gradient(values), numbers)]
            self._follow(ops.reshape(whole[0], (-1, self.width)), ops.reshape(whole[1], (-1,)), seeds)
        return values + ops.stop_gradient(quantized - values)

    def _nearest(self, values):
        crossed = ops.matmul(values, ops.transpose(self.entries))
        distance = ops.sum(ops.square(self.entries), axis=-1) - 2.0 * crossed
        return tf.argmin(distance, axis=-1, output_type=tf.int32)  # whose Keras form other runtimes lack

    def _follow(self, vectors, numbers, seeds):
        vectors = ops.stop_gradient(vectors)
        chosen = ops.one_hot(numbers, self.codes)
        counts = self.decay * self.counts + (1 - self.decay) * ops.sum(chosen, axis=0)
        sums = self.decay * self.sums + (1 - self.decay) * ops.matmul(ops.transpose(chosen), vectors)
        even = ops.cast(ops.shape(vectors)[0], "float32") / self.codes
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 5)
        picked = tf.random.stateless_uniform((self.codes,), seed, 0, tf.shape(vectors)[0], tf.int32)
        dead = counts < DEAD * even
        counts = ops.where(dead, even, counts)
        sums = ops.where(dead[:, None], counts[:, None] * ops.take(vectors, picked, axis=0), sums)
        self.counts.assign(counts)
        self.sums.assign(sums)
        for entries in (self.entries, *self.copies()):
            entries.assign(sums / counts[:, None])

    def compute_output_shape(self, values_shape, seeds_shape=None, mode="nearest"):
        return (*values_shape, self.width) if mode == "lookup" else values_shape[: 2 + (mode == "quantize")]

    def compute_output_spec(self, values, seeds=None, mode="nearest", training=False):
        shape = self.compute_output_shape(tuple(values.shape), mode=mode)
        return keras.KerasTensor(shape, "int32" if mode == "nearest" else "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"codes": self.codes, "width": self.width, "decay": self.decay}


@keras.saving.register_keras_serializable("keras_ae")
class CodePrior(layers.Layer):
    """p(codes) as a product over positions of p(code | the codes before it).

    The codes before are all of them, by a gated recurrent unit, or the last few, by dense layers; both know
    the position. One layer in two modes:

    - "score": codes (batch, positions) -> logits (batch, positions, codes).
    - any other, such as "sample": standard normal noise (batch, positions, codes) -> codes sampled by it,
      the same for the same noise.

    Args:
        codes: Vectors in the codebook.
        positions: Positions of a code.
        width: Of the recurrent unit, or of the dense layers.
        memory: Codes before a position that it depends on; 0 for all of them.
    """

    def __init__(self, codes: int, positions: int, width: int = 128, memory: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.codes, self.positions, self.width, self.memory = codes, positions, width, memory
        # the paths of weights in a saved model have the names of these attributes
        self.embedding = layers.Embedding(codes + 1, 32)
        self.place = layers.Embedding(positions, 32)
        self.logits = layers.Dense(codes)
        if memory:
            self.first = layers.Dense(2 * width, "relu")
            self.second = layers.Dense(width, "relu")
        else:
            self.cell = layers.GRUCell(width)

    def build(self, values_shape):
        self.embedding.build((None,))
        self.place.build((None,))
        if self.memory:
            self.first.build((None, 32 * (self.memory + 1)))
            self.second.build((None, 2 * self.width))
        else:
            self.cell.build((None, 64))
        self.logits.build((None, self.width))
        self.built = True

    def call(self, values: Tensor, mode: str = "score") -> Tensor:
        """Scores codes, or samples them.

        Args:
            values: Codes, or noise.
            mode: "score", or another to sample.

        Returns:
            Logits, or codes.
        """
        return self._score(values) if mode == "score" else self._sample(values)

    def _score(self, codes):
        codes = ops.cast(codes, "int32")
        if self.memory:
            padded = ops.pad(codes, ((0, 0), (self.memory, 0)), constant_values=self.codes)
            before = [padded[:, back : back + self.positions] for back in range(self.memory)]
            positions = ops.broadcast_to(ops.arange(self.positions), ops.shape(codes))
            return self._logits_after(ops.stack(before, axis=-1), positions)
        state, each = self._start(codes), []
        for position in range(self.positions):
            logits, state = self._step(position, state)
            state = self._update(state, codes[:, position])
            each.append(logits)
        return ops.stack(each, axis=1)

    def _sample(self, noise):
        def sample_position(carry, element):
            position, noise = element
            state, _ = carry
            logits, state = self._step(position, state)
            cdf = ops.clip(normal_cdf(noise), 1e-6, 1 - 1e-6)
            code = tf.argmax(logits - ops.log(-ops.log(cdf)), axis=-1, output_type=tf.int32)
            return self._update(state, code), code

        elements = (tf.range(self.positions), ops.transpose(noise, (1, 0, 2)))
        no_code = ops.zeros(ops.shape(noise)[:1], dtype="int32")
        _, codes = tf.scan(sample_position, elements, initializer=(self._start(noise), no_code))
        return ops.transpose(codes)

    def _start(self, values):
        """The state before the first code: that of the unit and the last code, or the last few codes."""
        batch = ops.shape(values)[0]
        if self.memory:
            return ops.full((batch, self.memory), self.codes, dtype="int32")
        return ops.zeros((batch, self.width)), ops.full((batch,), self.codes, dtype="int32")

    def _step(self, position, state):
        """Logits (batch, codes) at a position, and the next state without its code."""
        if self.memory:
            return self._logits_after(state, ops.broadcast_to(position, ops.shape(state)[:1])), state
        unit, before = state
        positions = ops.broadcast_to(position, ops.shape(before))
        inputs = ops.concatenate([self.embedding(before), self.place(positions)], axis=-1)
        output, [unit] = self.cell(inputs, [unit])
        return self.logits(output), (unit, before)

    def _update(self, state, code):
        """The state after a code (batch,)."""
        if self.memory:
            return ops.concatenate([state[:, 1:], code[:, None]], axis=1)
        return state[0], code

    def _logits_after(self, before, positions):
        """Logits (..., codes) after the last few codes (..., memory), at positions (...)."""
        embedded = self.embedding(before)
        flat = ops.reshape(embedded, (*ops.shape(embedded)[:-2], 32 * self.memory))
        inputs = ops.concatenate([flat, self.place(positions)], axis=-1)
        return self.logits(self.second(self.first(inputs)))

    def compute_output_spec(self, values, mode="score"):
        shape = (values.shape[0], self.positions)
        if mode == "score":
            return keras.KerasTensor((*shape, self.codes), "float32")
        return keras.KerasTensor(shape, "int32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "codes": self.codes,
            "positions": self.positions,
            "width": self.width,
            "memory": self.memory,
        }
