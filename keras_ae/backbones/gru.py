"""Gated recurrent units (Cho et al. 2014, arXiv:1406.1078), and a decoder of them, for several backbones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import layers

from keras_ae.backbones.weight_decay import kernel_decay

__all__ = ["decode_steps", "gru_layer"]


def gru_layer(
    width: int, name: str, sequences: bool, l1: float, l2: float, activation: str = "tanh"
) -> layers.GRU:
    """A layer of gated units, which every runtime has.

    Args:
        width: Its width.
        name: Its name.
        sequences: Whether it gives its state after each step, and not the last one alone.
        l1: Factor of the absolute weights of its kernels in the weight decay.
        l2: Factor of the squared weights of its kernels in the weight decay.
        activation: Activation of the candidate states, by its Keras name.

    Returns:
        The layer.
    """
    decay = kernel_decay(l1, l2)
    return layers.GRU(
        width,
        activation,
        return_sequences=sequences,
        kernel_regularizer=decay,
        recurrent_regularizer=decay,
        use_cudnn=False,  # its op, exported from a machine with a GPU, runs only on such machines
        name=name,
    )


def decode_steps(
    code: Any,
    shape: tuple[int, int],
    units: Sequence[int],
    l1: float,
    l2: float,
    activation: str = "tanh",
) -> Any:
    """Writes a sequence from the code, which is taken at every step.

    Args:
        code: (batch, latent_dim).
        shape: (steps, features) of the sequence.
        units: Width of each layer, in the order of the encoder; they follow in the reverse one.
        l1: As for `gru_layer`.
        l2: As for `gru_layer`.
        activation: As for `gru_layer`.

    Returns:
        (batch, steps, features), before the output activation.
    """
    steps, width_out = shape
    features = layers.RepeatVector(steps, name="decoder_repeat")(code)
    for level, width in reversed(tuple(enumerate(units, start=1))):
        features = gru_layer(width, f"decoder_gru_{level}", True, l1, l2, activation)(features)
    decay = kernel_decay(l1, l2)
    return layers.Dense(width_out, kernel_regularizer=decay, name="decoder_logits")(features)
