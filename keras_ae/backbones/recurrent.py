"""Recurrent backbone for series: gated units read the series into one state and write it from the code.

The unit is that of Cho et al. (2014, arXiv:1406.1078); reading a sequence into a vector and writing
it back is the sequence autoencoder of Dai and Le (2015, arXiv:1511.01432) and Srivastava et al.
(2015, arXiv:1502.04681). The decoder takes the code at every step, and never its own output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_ae.backbones.gru import decode_steps, gru_layer
from keras_ae.blocks.activations import check_activation
from keras_ae.errors import InputError, check_widths, check_within
from keras_ae.heads import Backbone

__all__ = ["RecurrentBackbone"]


@dataclass(frozen=True)
class RecurrentBackbone(Backbone):
    """Stacked GRUs from the series to their last state, and in reverse order from the repeated code back.

    Attributes:
        units: Width of each GRU, from the series to the code; one or more, each at least 1.
        activation: Activation of the candidate states, by its Keras name.
        l1: Factor of the absolute weights of all kernels, also the recurrent ones, in the weight decay, at
            least 0; biases have none.
        l2: Factor of the squared weights of all kernels in the weight decay, at least 0.
    """

    units: tuple[int, ...] = (64,)
    activation: str = "tanh"
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_widths("units", self.units)

    def encode(self, inputs: Any) -> Any:
        """(batch, time, features) -> (batch, units[-1])."""
        _check(tuple(inputs.shape[1:]))
        features = inputs
        for level, width in enumerate(self.units, start=1):
            sequences = level < len(self.units)
            name = f"encoder_gru_{level}"
            features = gru_layer(width, name, sequences, self.l1, self.l2, self.activation)(features)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, time, features), before the output activation."""
        _check(output_shape)
        time, width = output_shape
        return decode_steps(code, (time, width), self.units, self.l1, self.l2, self.activation)


def _check(shape: tuple[int | None, ...]) -> None:
    if len(shape) != 2:
        raise InputError(
            f"a recurrent backbone takes (time, features), received shape {shape}; "
            'take a dense one: SET="variant.backbone=DenseBackbone"'
        )
