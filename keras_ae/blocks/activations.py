"""Activations by their Keras names."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae.errors import InputError

__all__ = ["check_activation"]

COMMON = ("elu", "gelu", "leaky_relu", "linear", "relu", "sigmoid", "silu", "softplus", "swish", "tanh")
"""Names that Keras need not be asked for."""


def check_activation(name: Any) -> None:
    """Checks that Keras has an activation.

    Args:
        name: Its name; None for a linear one.

    Raises:
        InputError: If there is none of that name.
    """
    if name is None or name in COMMON:
        return
    try:
        keras.activations.get(name)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Keras has no activation {name!r}; it has relu, elu, gelu, silu, tanh, sigmoid and others"
        ) from error
