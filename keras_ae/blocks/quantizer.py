"""A codebook that follows what it quantizes, and a small prior over the codes that come of it."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers, ops

DEAD = 0.01
"""Share of the use that an even one would give a code, below which it is given up for a new one."""


@keras.saving.register_keras_serializable("keras_ae")
class Lookup(layers.Layer):
    """The vectors of codes, for a decoder: numbers (batch, positions) -> (batch, positions, width)."""

    def __init__(self, codes: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.codes, self.width = codes, width
        self.entries = self.add_weight((codes, width), "zeros", trainable=False, name="entries")
        self.built = True

    def call(self, numbers):
        return ops.take(self.entries, numbers, axis=0)

    def compute_output_spec(self, numbers):
        return keras.KerasTensor((*numbers.shape, self.width), "float32")

    def get_config(self):
        return super().get_config() | {"codes": self.codes, "width": self.width}


@keras.saving.register_keras_serializable("keras_ae")
class Codebook(layers.Layer):
    """Vectors that stand for others near them (van den Oord et al. 2017, arXiv:1711.00937).

    Each code moves to the running mean of the vectors that it stands for (their appendix A.1); a
    code that stands for next to none is put where a vector of the batch is. One layer in three
    modes, so that all three share its weights:

    "nearest": vectors (batch, positions, width) -> numbers of codes (batch, positions) int32.
    "lookup": numbers of codes -> their vectors.
    "quantize": vectors, seeds -> the vectors of their codes, through which gradients pass as if
        they were the vectors themselves; in training the codes follow.

    codes: at least 2. width: of each. decay: of the running means, in (0, 1).
    lookup: a decoder's copy of the entries, kept equal to them; a layer that two models shared
        would not survive being saved.
    """

    def __init__(self, codes: int, width: int, decay: float = 0.99, lookup: Lookup | None = None, **kwargs):
        super().__init__(**kwargs)
        self.codes, self.width, self.decay = codes, width, decay
        self.entries = self.add_weight((codes, width), "random_normal", trainable=False, name="entries")
        self.counts = self.add_weight((codes,), "zeros", trainable=False, name="counts")
        self.sums = self.add_weight((codes, width), "zeros", trainable=False, name="sums")
        self.copies = lambda: () if lookup is None else (lookup.entries,)  # not a part of this layer
        for copy in self.copies():
            copy.assign(self.entries)
        self.built = True

    def call(self, values, seeds=None, mode: str = "nearest", training: bool = False):
        if mode == "lookup":
            return ops.take(self.entries, values, axis=0)
        numbers = self._nearest(values)
        if mode == "nearest":
            return numbers
        found = ops.take(self.entries, numbers, axis=0)
        if training:
            self._follow(ops.reshape(values, (-1, self.width)), ops.reshape(numbers, (-1,)), seeds)
        return values + ops.stop_gradient(found - values)

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

    def get_config(self):
        return super().get_config() | {"codes": self.codes, "width": self.width, "decay": self.decay}


@keras.saving.register_keras_serializable("keras_ae")
class CodePrior(layers.Layer):
    """p(codes) = product over positions of p(code | those before it): all by a gated recurrent unit, or the
    last few.

    "score": numbers of codes (batch, positions) -> logits (batch, positions, codes).
    "draw": standard normal noise (batch, positions, codes) -> numbers of codes drawn from it, the
        same for the same noise.

    codes: of the codebook. positions: of a code. width: of the unit.
    memory: codes before a position that it depends on, through two dense layers; 0 takes the recurrent
        unit, which knows all of them. Both know the position.
    """

    def __init__(self, codes: int, positions: int, width: int = 128, memory: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.codes, self.positions, self.width, self.memory = codes, positions, width, memory
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

    def call(self, values, mode: str = "score"):
        return self._score(values) if mode == "score" else self._draw(values)

    def _score(self, codes):
        codes = ops.cast(codes, "int32")
        if self.memory:
            padded = ops.pad(codes, ((0, 0), (self.memory, 0)), constant_values=self.codes)
            before = [padded[:, back : back + self.positions] for back in range(self.memory)]
            places = ops.broadcast_to(ops.arange(self.positions), ops.shape(codes))
            return self._after(ops.stack(before, axis=-1), places)
        state, given = self._start(codes), []
        for position in range(self.positions):
            logits, state = self._step(position, state)
            state = self._seen(state, codes[:, position])
            given.append(logits)
        return ops.stack(given, axis=1)

    def _draw(self, noise):
        def draw(carry, at):
            position, noise = at
            state, _ = carry
            logits, state = self._step(position, state)
            share = ops.clip(0.5 * (1.0 + ops.erf(noise / 2.0**0.5)), 1e-6, 1 - 1e-6)
            drawn = tf.argmax(logits - ops.log(-ops.log(share)), axis=-1, output_type=tf.int32)
            return self._seen(state, drawn), drawn

        along = (tf.range(self.positions), ops.transpose(noise, (1, 0, 2)))
        nothing = ops.zeros(ops.shape(noise)[:1], dtype="int32")
        _, drawn = tf.scan(draw, along, initializer=(self._start(noise), nothing))
        return ops.transpose(drawn)

    def _start(self, values):
        """What is known before the first code: the unit and the code before, or the last few codes."""
        batch = ops.shape(values)[0]
        if self.memory:
            return ops.full((batch, self.memory), self.codes, dtype="int32")
        return ops.zeros((batch, self.width)), ops.full((batch,), self.codes, dtype="int32")

    def _step(self, position, state):
        """Logits (batch, codes) at a position, and what is known once they are."""
        if self.memory:
            return self._after(state, ops.broadcast_to(position, ops.shape(state)[:1])), state
        unit, before = state
        place = ops.broadcast_to(position, ops.shape(before))
        seen = ops.concatenate([self.embedding(before), self.place(place)], axis=-1)
        output, [unit] = self.cell(seen, [unit])
        return self.logits(output), (unit, before)

    def _seen(self, state, code):
        """What is known after a code (batch,)."""
        if self.memory:
            return ops.concatenate([state[:, 1:], code[:, None]], axis=1)
        return state[0], code

    def _after(self, before, places):
        """Logits (..., codes) after the last few codes (..., memory), at places (...)."""
        embedded = self.embedding(before)
        flat = ops.reshape(embedded, (*ops.shape(embedded)[:-2], 32 * self.memory))
        seen = ops.concatenate([flat, self.place(places)], axis=-1)
        return self.logits(self.second(self.first(seen)))

    def compute_output_spec(self, values, mode="score"):
        shape = (values.shape[0], self.positions)
        if mode == "score":
            return keras.KerasTensor((*shape, self.codes), "float32")
        return keras.KerasTensor(shape, "int32")

    def get_config(self):
        return super().get_config() | {
            "codes": self.codes,
            "positions": self.positions,
            "width": self.width,
            "memory": self.memory,
        }
