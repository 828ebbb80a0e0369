"""Layers of a decoder that are the transposes of an encoder's: tied weights.

Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006, begin
with them; Vincent et al., JMLR 2010, tie those of a denoising autoencoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from keras_ae.errors import InputError

__all__ = ["TiedConvTranspose", "TiedDense", "check_tied", "code_layer", "tied_conv", "tied_dense"]

Tensor = Any
"""A tensor of Keras, symbolic or not."""

UNTIED = 'take weights of their own: SET="variant.backbone.tied=false"'


class _Tied(layers.Layer):
    """A layer with the kernel of another layer, and a bias of its own.

    While heads are built, that layer's very variable is the kernel, so that the two are trained as one. In a
    file the layer has a copy of it, and needs no other layer to be loaded.

    Args:
        kernel_shape: The kernel's shape.
        outputs: Size of the last axis of the output.
        activation: By its Keras name; None is linear.
        source: The built layer whose kernel it has; None for a kernel of its own.
    """

    def __init__(
        self,
        kernel_shape: Sequence[int],
        outputs: int,
        activation: str | None = None,
        source: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_shape, self.outputs = tuple(kernel_shape), outputs
        self.activation = keras.activations.get(activation)
        self.source = lambda: source  # not a part of this layer

    def build(self, input_shape: Any) -> None:
        """Takes the kernel, which Keras then counts as a weight of both layers, and creates the bias."""
        source: Any = self.source()
        own = source is None
        self.kernel = self.add_weight(self.kernel_shape, name="kernel") if own else source.kernel
        self.bias = self.add_weight((self.outputs,), "zeros", name="bias")

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as JSON takes them."""
        return super().get_config() | {
            "kernel_shape": self.kernel_shape,
            "outputs": self.outputs,
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_ae")
class TiedDense(_Tied):
    """The transpose of a dense layer: activation(x K^T + b), where that layer has x K."""

    def call(self, inputs: Tensor) -> Tensor:
        """(batch, n) -> (batch, outputs)."""
        return self.activation(ops.matmul(inputs, ops.transpose(self.kernel)) + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """The shape of the output, as Keras asks for it."""
        return (*input_shape[:-1], self.outputs)


@keras.saving.register_keras_serializable("keras_ae")
class TiedConvTranspose(_Tied):
    """The transpose of a strided convolution, along one axis or more, with all that it reaches.

    Args:
        kernel_shape: See `TiedDense`.
        outputs: See `TiedDense`.
        activation: See `TiedDense`.
        source: See `TiedDense`.
        strides: Of the convolution, along every axis.
    """

    def __init__(
        self,
        kernel_shape: Sequence[int],
        outputs: int,
        activation: str | None = None,
        source: keras.Layer | None = None,
        strides: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(kernel_shape, outputs, activation, source, **kwargs)
        self.strides = strides

    def call(self, inputs: Tensor) -> Tensor:
        """(batch, *sides, n) -> (batch, *large, outputs); large is (side - 1) * strides + the kernel's."""
        raised = ops.conv_transpose(inputs, self.kernel, self.strides, "valid", data_format="channels_last")
        return self.activation(raised + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """The shape of the output, as Keras asks for it."""
        batch, *sides, _ = input_shape
        sizes = zip(sides, self.kernel_shape, strict=False)
        return (batch, *((side - 1) * self.strides + size for side, size in sizes), self.outputs)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as JSON takes them."""
        return super().get_config() | {"strides": self.strides}


def check_tied(tied: bool, encoder: keras.Model | None) -> keras.Model | None:
    """Checks that there is an encoder where weights are tied.

    Args:
        tied: Whether weights are tied.
        encoder: The encoder whose codes are decoded, if it is known.

    Returns:
        The encoder if weights are tied, else None.

    Raises:
        InputError: If weights are tied and the encoder is not known.
    """
    if tied and encoder is None:
        raise InputError(
            f"tied weights need a variant whose decoder gives back what its encoder takes; {UNTIED}"
        )
    return encoder if tied else None


def code_layer(encoder: keras.Model, features: str) -> layers.Dense:
    """The dense layer from the features of a backbone to the code.

    Args:
        encoder: The encoder.
        features: The name of the last layer of the backbone in it.

    Returns:
        The layer; of several, such as those of a mean and a variance, the one whose output is the code.

    Raises:
        InputError: If there is none.
    """
    last, code = encoder.get_layer(features).output, encoder.output["code"]
    after = [layer for layer in encoder.layers if isinstance(layer, layers.Dense) and layer.input is last]
    if not after:
        raise InputError(
            f"tied weights need an encoder with a dense layer from its features to the code, and none takes "
            f"those of {features}; {UNTIED}"
        )
    return next((layer for layer in after if layer.output is code), after[0])


def tied_dense(
    source: layers.Dense, features: Tensor, units: int, activation: str | None, name: str
) -> Tensor:
    """Passes features through the transpose of a dense layer.

    Args:
        source: The encoder's layer.
        features: (batch, n).
        units: Numbers in the output.
        activation: By its Keras name; None is linear.
        name: Name of the layer.

    Returns:
        (batch, units).

    Raises:
        InputError: If the layer does not have as many numbers on both sides.
    """
    shape = tuple(source.kernel.shape)
    _check_same(source.name, shape, (units, features.shape[-1]), "numbers")
    return TiedDense(shape, units, activation, source, name=name)(features)


def tied_conv(
    source: keras.Layer, features: Tensor, width: int, strides: int, activation: str | None, name: str
) -> Tensor:
    """Passes features through the transpose of a strided convolution.

    Args:
        source: The encoder's layer.
        features: (batch, *sides, channels).
        width: Channels of the output.
        strides: Of the convolution.
        activation: By its Keras name; None is linear.
        name: Name of the layer.

    Returns:
        (batch, *large, width).

    Raises:
        InputError: If the layer does not have as many channels on both sides.
    """
    shape = tuple(source.kernel.shape)
    _check_same(source.name, shape[-2:], (width, features.shape[-1]), "channels")
    return TiedConvTranspose(shape, width, activation, source, strides, name=name)(features)


def _check_same(name: str, both: tuple[int, ...], needed: tuple[int, ...], of: str) -> None:
    """Refuses a layer whose transpose is not what the decoder needs."""
    if tuple(both) != tuple(needed):
        raise InputError(
            f"tied weights give back what the encoder takes, in the same sizes; {name} makes {both[1]} {of} "
            f"of {both[0]}, and the decoder has to make {needed[0]} of {needed[1]} there; {UNTIED}"
        )
