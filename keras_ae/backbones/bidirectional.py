"""Backbone of gated units that read a sequence in both directions (Schuster and Paliwal 1997)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import layers, ops

from keras_ae.backbones.sequence import flat_positions, flat_shape, unflat
from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.errors import check_least, check_widths, check_within
from keras_ae.heads import Backbone
from keras_ae.losses import positions_of

__all__ = ["BidirectionalBackbone"]


@dataclass(frozen=True)
class BidirectionalBackbone(Backbone):
    """GRUs that read a sequence from both ends into their last states, and write it from the code.

    Positions after the end of a sequence are passed over. The decoder takes the code at every position, and
    never its own output.

    Attributes:
        units: Width of each GRU in each direction, from the sequence to the code, each at least 1.
        embedding_dim: Numbers that stand for a position's class, at least 1.
        l1: Factor of the absolute weights of all kernels in the weight decay, at least 0; biases have none.
        l2: Factor of the squared weights of all kernels in the weight decay, at least 0.
    """

    units: tuple[int, ...] = (128,)
    embedding_dim: int = 64
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_widths("units", self.units)
        check_least(self, embedding_dim=1)

    def encode(self, inputs: Any) -> Any:
        """(batch, positions, ..., classes) -> (batch, 2 * units[-1])."""
        inputs = flat_positions(inputs)
        exist = ops.cast(positions_of(inputs), "bool")
        decay = kernel_decay(self.l1, self.l2)
        features = layers.Dense(self.embedding_dim, kernel_regularizer=decay, name="encoder_tokens")(inputs)
        for level, width in enumerate(self.units, start=1):
            sequences = level < len(self.units)
            both = layers.Bidirectional(
                self._gru(width, f"encoder_gru_{level}", sequences), name=f"encoder_both_{level}"
            )
            features = both(features, mask=exist)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, positions, ..., classes), before the output activation."""
        positions, channels = flat_shape(output_shape)
        features = layers.RepeatVector(positions, name="decoder_repeat")(code)
        for level, width in reversed(tuple(enumerate(self.units, start=1))):
            features = self._gru(width, f"decoder_gru_{level}", sequences=True)(features)
        decay = kernel_decay(self.l1, self.l2)
        logits = layers.Dense(channels, kernel_regularizer=decay, name="decoder_logits")(features)
        return unflat(logits, output_shape)

    def _gru(self, width: int, name: str, sequences: bool) -> layers.Layer:
        decay = kernel_decay(self.l1, self.l2)
        return layers.GRU(
            width,
            return_sequences=sequences,
            kernel_regularizer=decay,
            recurrent_regularizer=decay,
            use_cudnn=False,  # its op, exported from a machine with a GPU, runs only on such machines
            name=name,
        )
