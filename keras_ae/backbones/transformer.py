"""Backbone of attention between those positions of a sequence that exist.

Vaswani et al. 2017, arXiv:1706.03762.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from keras_ae.backbones.sequence import flat_positions, flat_shape, unflat
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Backbone
from keras_ae.losses import positions_of

__all__ = ["LearnedPositions", "TransformerBackbone"]


@keras.saving.register_keras_serializable("keras_ae")
class LearnedPositions(layers.Layer):
    """Adds a learned vector to each position, (batch, positions, n) -> the same."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Adds the vectors.

        Args:
            shape: (batch, positions, n).
        """
        self.vectors = self.add_weight((shape[1], shape[2]), "random_normal", name="vectors")

    def call(self, inputs: Any) -> Any:
        """The inputs with their positions.

        Args:
            inputs: (batch, positions, n).

        Returns:
            (batch, positions, n).
        """
        return inputs + self.vectors

    def compute_output_shape(self, input_shape):
        return input_shape


@dataclass(frozen=True)
class TransformerBackbone(Backbone):
    """Layers of attention and dense layers, normalized before each; the code is of the mean position.

    Attention does not see positions after the end of a sequence, and the mean does not count them. The
    decoder adds the code to each position, and gives all of them at once.

    Attributes:
        width: Numbers of a position, at least 1, a multiple of `heads`.
        depth: Layers in each direction, at least 1.
        heads: Heads of attention, at least 1.
    """

    width: int = 128
    depth: int = 2
    heads: int = 4

    def __post_init__(self) -> None:
        check_least(self, width=1, depth=1, heads=1)
        if self.width % self.heads:
            raise InputError(
                f"width must be a multiple of heads, {self.heads}, received {self.width}; change one of them"
            )

    def encode(self, inputs: Any) -> Any:
        """(batch, positions, ..., classes) -> (batch, width)."""
        inputs = flat_positions(inputs)
        exist = positions_of(inputs)
        features = layers.Dense(self.width, name="encoder_tokens")(inputs)
        features = LearnedPositions(name="encoder_order")(features)
        for level in range(1, self.depth + 1):
            features = self._layer(features, f"encoder_{level}", ops.cast(exist, "bool")[:, None, :])
        features = layers.LayerNormalization(name="encoder_norm")(features) * exist[..., None]
        return ops.sum(features, axis=1) / ops.maximum(ops.sum(exist, axis=1, keepdims=True), 1.0)

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, positions, ..., classes), before the output activation."""
        positions, channels = flat_shape(output_shape)
        features = layers.Dense(positions * self.width, name="decoder_unflatten")(code)
        features = layers.Reshape((positions, self.width), name="decoder_reshape")(features)
        features = LearnedPositions(name="decoder_order")(features)
        for level in range(1, self.depth + 1):
            features = self._layer(features, f"decoder_{level}")
        features = layers.LayerNormalization(name="decoder_norm")(features)
        return unflat(layers.Dense(channels, name="decoder_logits")(features), output_shape)

    def _layer(self, features: Any, name: str, exist: Any = None) -> Any:
        """Attention and two dense layers, each beside a path around it."""
        normal = layers.LayerNormalization(name=f"{name}_attention_norm")(features)
        attention = layers.MultiHeadAttention(self.heads, self.width // self.heads, name=f"{name}_attention")
        features = features + attention(normal, normal, attention_mask=exist)
        normal = layers.LayerNormalization(name=f"{name}_dense_norm")(features)
        hidden = layers.Dense(4 * self.width, "gelu", name=f"{name}_hidden")(normal)
        return features + layers.Dense(self.width, name=f"{name}_dense")(hidden)
