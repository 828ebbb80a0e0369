"""A dictionary of unit vectors, and the layer that lets few of many units be active."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.table_output import output_layer
from keras_ae.errors import InputError
from keras_ae.heads import Backbone, Heads, Spec, batched
from keras_ae.replicas import replicas

__all__ = ["Dictionary", "TopUnits", "dictionary_heads", "initialize_dictionary", "patterns_of"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

DECAY = 0.95
"""Decay of the running mean of thresholds."""


@keras.saving.register_keras_serializable("keras_ae")
class Dictionary(layers.Layer):
    """Sums of unit vectors, one a unit of the code: (batch, units) -> code @ vectors + offset.

    The vectors have length 1 after each step, and gradients have no part along them (Gao et al. 2024,
    arXiv:2406.04093, appendix A), so that no penalty on the code can be evaded by longer vectors.

    Args:
        units: Vectors.
        width: Numbers in a vector.
    """

    def __init__(self, units: int, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units, self.width = units, width
        self.kernel = self.add_weight(
            (units, width), "random_normal", constraint=keras.constraints.UnitNorm(axis=1), name="kernel"
        )
        self.kernel.assign(self.kernel.constraint(self.kernel))
        self.offset = self.add_weight((width,), "zeros", name="offset")
        self.built = True

    def call(self, code: Tensor, centered: bool = False, training: bool = False) -> Tensor:
        """Sums the vectors.

        Args:
            code: (batch, units).
            centered: Whether the offset is left out.
            training: Whether gradients are taken.

        Returns:
            (batch, width).
        """
        kernel = ops.normalize(self.kernel, axis=1) if training else self.kernel
        product = ops.matmul(code, kernel)
        return product if centered else product + self.offset

    def compute_output_spec(self, code, centered=False, training=False):
        return keras.KerasTensor((*code.shape[:-1], self.width), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"units": self.units, "width": self.width}


@keras.saving.register_keras_serializable("keras_ae")
class TopUnits(layers.Layer):
    """Sets all but the most active units of a code to 0.

    One layer in two modes, so that both share its state:

    - "select": activities (batch, units), at least 0 -> the same, of which only the `k` highest of an example
      are not 0; with `per_batch` the k * batch highest of a batch in training, and else those above a
      threshold, the running mean of the lowest activity that was selected in training (Bussmann et al. 2024,
      arXiv:2412.06410).
    - "revive": activities -> those of the `revived` most active units of each example among the dead ones,
      which have not been selected in the last `dead_after` examples.

    Args:
        units: Units of the code.
        k: Active units of an example.
        per_batch: Whether units of a batch are selected together.
        dead_after: Examples without a selection after which a unit is dead.
        revived: Dead units of an example that "revive" returns, at most.
    """

    def __init__(
        self,
        units: int,
        k: int,
        per_batch: bool = False,
        dead_after: int = 0,
        revived: int = 1,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units, self.k, self.per_batch = units, k, per_batch
        self.dead_after, self.revived = dead_after, revived
        self.unused = self.add_weight((units,), "zeros", trainable=False, name="unused")
        self.threshold = self.add_weight((), "zeros", trainable=False, name="threshold")
        self.built = True

    def call(self, activity: Tensor, mode: str = "select", training: bool = False) -> Tensor:
        """Selects units, or those to revive.

        Args:
            activity: (batch, units), at least 0.
            mode: "select" or "revive".
            training: Whether a batch is trained on.

        Returns:
            (batch, units).
        """
        if mode == "revive":
            dead = ops.cast(self.unused >= self.dead_after, activity.dtype)
            return _highest(activity * dead, self.revived)
        if not self.per_batch:
            code = _highest(activity, self.k)
        elif training:
            whole = replicas().gathered(ops.stop_gradient(activity))
            lowest = ops.top_k(ops.reshape(whole, (-1,)), self.k * ops.shape(whole)[0])[0][-1]
            code = ops.where(activity >= lowest, activity, 0.0)
            self._follow(ops.where(whole >= lowest, whole, 0.0))
        else:
            code = ops.where(activity > self.threshold, activity, 0.0)
        if training:
            used = ops.any(code > 0, axis=0)
            if replicas().count > 1:
                used = replicas().summed([ops.cast(used, "float32")])[0] > 0
            count = ops.cast(ops.shape(code)[0] * replicas().count, "float32")
            # float32 counts to 16 million; beyond its own limit a count need not grow
            self.unused.assign(
                ops.where(used, 0.0, ops.minimum(self.unused + count, self.dead_after + count))
            )
        return code

    def _follow(self, code):
        """Moves the threshold towards the lowest activity that was selected."""
        lowest = ops.min(ops.where(code > 0, code, ops.max(code)))
        followed = DECAY * self.threshold + (1.0 - DECAY) * ops.stop_gradient(lowest)
        self.threshold.assign(ops.where(self.threshold > 0, followed, lowest))

    def compute_output_spec(self, activity, mode="select", training=False):
        return keras.KerasTensor(activity.shape, activity.dtype)

    def get_config(self) -> dict[str, Any]:
        names = ("units", "k", "per_batch", "dead_after", "revived")
        return super().get_config() | {name: getattr(self, name) for name in names}


def _highest(activity, count):
    """Activities (n, units) of which only the highest of a row are not 0."""
    lowest = ops.top_k(activity, count)[0][:, -1:]
    return ops.where(activity >= lowest, activity, 0.0)


def dictionary_heads(
    spec: Spec,
    backbone: Backbone | None,
    latent_dim: int,
    activation: str = "relu",
    select: TopUnits | None = None,
) -> Heads:
    """An encoder of one dense layer and a decoder that sums vectors of a dictionary.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the data and the features that are encoded and decoded; None for the data
            themselves.
        latent_dim: Units of the code.
        activation: Of the units, by its Keras name.
        select: Selects the active units; None keeps all activities.

    Returns:
        The heads. With `select` the trained model also gives "residual", the features less what was decoded,
        and "revived", what the dead units make of it, (batch, features) each.

    Raises:
        InputError: For data that a sum of vectors cannot be, without a backbone.
    """
    if backbone is None and (spec.domain.activation != "linear" or spec.domain.layout is not None):
        raise InputError(
            f"without a backbone sums of vectors are real values; received {spec.domain.kind} ones; "
            'SET="variant.backbone=DenseBackbone" puts layers between, and arrays are read as real ones by '
            'SET="data.domain=real"'
        )
    if backbone is None and spec.input_shape != spec.target_shape:
        raise InputError(
            f"without a backbone inputs and targets have one shape; received {spec.input_shape} and "
            f'{spec.target_shape}; SET="variant.backbone=DenseBackbone" puts layers between'
        )
    inputs = keras.Input(spec.input_shape, name="inputs")
    flatten = layers.Flatten(name="encoder_flatten")
    features = flatten(inputs) if backbone is None else backbone.encode(inputs)
    activity = layers.Dense(latent_dim, activation, name="encoder_units")(features)
    code = activity if select is None else select(activity)
    encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")

    dictionary = Dictionary(latent_dim, features.shape[-1], name="decoder_dictionary")
    taken = keras.Input((latent_dim,), name="code")
    decoded = dictionary(taken)
    if backbone is None:
        logits = layers.Reshape(spec.target_shape, name="decoder_reshape")(decoded)
    else:
        logits = backbone.decode(decoded, spec.target_shape)
    decoder = keras.Model({"code": taken}, {"reconstruction": output_layer(spec)(logits)}, name="decoder")

    heads = Heads.join(encoder, decoder)
    if select is None:
        return heads
    outputs = {
        "code": code,
        "residual": features - dictionary(code),
        "revived": dictionary(select(activity, mode="revive"), centered=True),
    }
    trained = keras.Model({"inputs": inputs}, outputs | decoder({"code": code}), name="trained")
    return Heads(encoder, decoder, heads.end_to_end, trained)


def initialize_dictionary(heads: Heads, examples: Callable[[], np.ndarray]) -> None:
    """Ties the encoder to the dictionary, around the mean of the features, for the first step.

    A unit's weights are its vector, and its bias is what subtracting the offset from the features first, as
    papers do, comes to; both are trained freely afterwards.

    Args:
        heads: As `dictionary_heads` gives them.
        examples: Gives clean training examples (n, ...).
    """
    units, dictionary = (
        heads.encoder.get_layer("encoder_units"),
        heads.decoder.get_layer("decoder_dictionary"),
    )
    features = keras.Model(heads.encoder.inputs, {"features": units.input})
    offset = batched(features, {"inputs": examples()})["features"].mean(axis=0, dtype=np.float64)
    vectors = np.asarray(dictionary.kernel)
    dictionary.offset.assign(offset.astype(np.float32))
    units.kernel.assign(vectors.T)
    units.bias.assign((-vectors @ offset).astype(np.float32))


def patterns_of(heads: Heads) -> np.ndarray:
    """What each unit of the code adds to a reconstruction, of heads without a backbone.

    Args:
        heads: As `dictionary_heads` gives them.

    Returns:
        (units, *target_shape).
    """
    shape = heads.decoder.output["reconstruction"].shape[1:]
    kernel = np.asarray(heads.decoder.get_layer("decoder_dictionary").kernel)
    assert kernel.shape[1] == prod(shape)
    return kernel.reshape(-1, *shape)
