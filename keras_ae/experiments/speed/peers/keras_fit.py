"""Keras as its guides have it: `fit(x, x)` on arrays in memory, on TensorFlow and on JAX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.devices import jax_device, tensorflow_device
from keras_ae.experiments.speed.layers import (
    ConvLayer,
    DenseLayer,
    FlattenLayer,
    ReshapeLayer,
    SubpixelLayer,
)
from keras_ae.experiments.speed.networks import Network
from keras_ae.experiments.speed.peers import Peer
from keras_ae.experiments.speed.work import LEARNING_RATE, SHOWN_BATCH, Work

__all__ = ["ORDER", "PEERS", "KerasFit", "build_model"]

ORDER = 1


@dataclass(frozen=True)
class KerasFit(Peer):
    """A functional model with a sampling layer that adds the divergence, compiled with Adam and fitted."""

    def train(self, work: Work, clock: Clock) -> None:
        """Fits the model."""
        import keras

        clock.imported(jax_device if keras.backend.backend() == "jax" else tensorflow_device)
        from keras import ops

        from keras_ae.experiments.speed.keras_clock import EpochClock

        def nats(target, logits):
            each = ops.binary_crossentropy(target, logits, from_logits=True)
            return ops.sum(each, axis=tuple(range(1, len(each.shape))))

        train, validation = work.float_splits()
        model = build_model(work.net, work.weights(), work.noise())
        model.compile(keras.optimizers.Adam(LEARNING_RATE), loss=nats)
        model.fit(
            train,
            train,
            batch_size=work.batch_size,
            epochs=work.epochs,
            shuffle=not work.exact,
            validation_data=(validation, validation),
            validation_batch_size=work.batch_size if work.exact else SHOWN_BATCH,
            callbacks=[EpochClock(clock, len(train))],
            verbose=0,
        )


def build_model(network: Network, weights: dict[str, np.ndarray], noise: np.ndarray | None) -> Any:
    """Builds a variational autoencoder in Keras.

    Args:
        network: Its layers.
        weights: The weights to begin with.
        noise: (batch, latent_dim), the noise of each batch; None for random noise.

    Returns:
        (batch, *shape) -> logits of that shape, a model with the divergence as its own loss.
    """
    import keras
    from keras import ops

    class Sampling(keras.layers.Layer):
        """Layer that samples a code, and adds the divergence to the losses."""

        def __init__(self, **options: Any):
            super().__init__(**options)
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, posterior):
            mean, log_var = posterior
            kl = 0.5 * ops.sum(ops.exp(log_var) + ops.square(mean) - 1.0 - log_var, axis=1)
            self.add_loss(ops.mean(kl))
            sampled = (
                keras.random.normal(ops.shape(mean), seed=self.seed_generator) if noise is None else noise
            )
            return mean + ops.exp(0.5 * log_var) * sampled

        def compute_output_shape(self, posterior_shape):
            return posterior_shape[0]

    inputs = keras.Input(network.shape, name="inputs")
    features = _through(network.encoder, inputs)
    code = Sampling(name="sampling")([_layer(layer)(features) for layer in network.posterior])
    model = keras.Model(inputs, _through(network.decoder, code))
    for layer, _, _, _ in network.weighted_layers():
        own = [weights[f"{layer.name}/{part}"] for part in ("kernel", "bias")]
        model.get_layer(layer.name).set_weights(own)
    return model


def _through(layers, features):
    for layer in layers:
        features = _layer(layer, features)(features)
    return features


def _layer(layer, features=None):
    """A layer of Keras; that of the sub-pixel step depends on what it takes."""
    from keras import layers, ops

    match layer:
        case DenseLayer():
            return layers.Dense(layer.units, "relu" if layer.relu else None, name=layer.name)
        case ConvLayer():
            kind = layers.Conv1D if len(features.shape) == 3 else layers.Conv2D
            settings = {"padding": "same", "activation": "relu" if layer.relu else None, "name": layer.name}
            return kind(layer.filters, layer.kernel_size, layer.strides, **settings)
        case FlattenLayer():
            return layers.Flatten()
        case ReshapeLayer():
            return layers.Reshape(layer.shape)
        case SubpixelLayer() if len(features.shape) == 3:
            return layers.Reshape(layer.shapes(tuple(features.shape[1:]))[1])
        case SubpixelLayer():
            return lambda tensor: ops.depth_to_space(tensor, 2)
    raise TypeError(layer)


PEERS = (
    KerasFit("keras", "Keras, fit(x, x)", environment={"KERAS_BACKEND": "tensorflow"}),
    KerasFit("keras_jax", "Keras on JAX, fit(x, x)", ("jax",), {"KERAS_BACKEND": "jax"}),
)
