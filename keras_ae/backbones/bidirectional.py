"""Backbone of gated units that read a sequence in both directions (Schuster and Paliwal 1997)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import layers, ops

from keras_ae.backbones.gru import decode_steps, gru_layer
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
            unit = gru_layer(width, f"encoder_gru_{level}", sequences, self.l1, self.l2)
            features = layers.Bidirectional(unit, name=f"encoder_both_{level}")(features, mask=exist)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, positions, ..., classes), before the output activation."""
        logits = decode_steps(code, flat_shape(output_shape), self.units, self.l1, self.l2)
        return unflat(logits, output_shape)
