"""A bare loop of TensorFlow: an epoch in one `tf.function`, with the fused kernel of Adam, without Keras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.devices import tensorflow_device
from keras_ae.experiments.speed.layers import (
    ConvLayer,
    DenseLayer,
    FlattenLayer,
    ReshapeLayer,
    SubpixelLayer,
)
from keras_ae.experiments.speed.peers import Peer
from keras_ae.experiments.speed.work import LEARNING_RATE, SHOWN_BATCH, Work

__all__ = ["ORDER", "PEERS", "BareLoop"]

ORDER = 3

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Keras's own settings of Adam."""


@dataclass(frozen=True)
class BareLoop(Peer):
    """The same operations with nothing around them.

    Attributes:
        xla: Whether XLA compiles the step.
    """

    xla: bool = False

    def train(self, work: Work, clock: Clock) -> None:
        """Runs the epochs."""
        import tensorflow as tf

        clock.imported(tensorflow_device)
        examples, validation = work.splits()
        weights = {name: tf.Variable(value, name=name) for name, value in work.weights().items()}
        variables = list(weights.values())
        slots = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
        powers = tf.Variable(1.0), tf.Variable(1.0)
        data, held_back = tf.constant(examples), tf.constant(validation)
        fixed = work.noise()
        network, batch_size = work.net, work.batch_size

        @tf.autograph.experimental.do_not_convert
        def objective(batch, seed):
            batch = tf.cast(batch, tf.float32) / 255.0 if batch.dtype == tf.uint8 else batch
            features = _through(network.encoder, weights, batch)
            mean, log_var = (_through((layer,), weights, features) for layer in network.posterior)
            noise = tf.random.stateless_normal(tf.shape(mean), seed) if fixed is None else fixed
            logits = _through(network.decoder, weights, mean + tf.exp(0.5 * log_var) * noise)
            nats = tf.nn.sigmoid_cross_entropy_with_logits(batch, logits)
            kl = 0.5 * tf.reduce_sum(tf.exp(log_var) + tf.square(mean) - 1.0 - log_var, 1)
            return tf.reduce_mean(tf.reduce_sum(tf.reshape(nats, (tf.shape(nats)[0], -1)), 1) + kl)

        @tf.function(jit_compile=self.xla)
        def step(index, seed):
            with tf.GradientTape() as tape:
                loss = objective(tf.gather(data, index), seed)
            first, second = (
                power.assign(power * beta) for power, beta in zip(powers, (BETA_1, BETA_2), strict=True)
            )
            for variable, gradient, (m, v) in zip(
                variables, tape.gradient(loss, variables), slots, strict=True
            ):
                tf.raw_ops.ResourceApplyAdam(
                    var=variable.handle, m=m.handle, v=v.handle, beta1_power=first, beta2_power=second,
                    lr=LEARNING_RATE, beta1=BETA_1, beta2=BETA_2, epsilon=EPSILON, grad=gradient,
                )  # fmt: skip
            return loss

        @tf.function
        def epoch(order, number):
            total = tf.zeros(())
            for i in tf.range(len(order)):
                total += step(order[i], tf.stack([number, i]))
            return total / len(order)

        @tf.function
        def validate(size):
            total = tf.zeros(())
            for start in tf.range(0, len(held_back), size):
                batch = held_back[start : start + size]
                total += objective(batch, tf.stack([-1, start])) * tf.cast(len(batch), tf.float32)
            return total / len(held_back)

        random = np.random.default_rng(0)
        for number in range(work.epochs):
            clock.begin_epoch()
            order = np.arange(len(examples)) if work.exact else random.permutation(len(examples))
            batches = tf.constant(order.reshape(-1, batch_size), tf.int32)
            loss = float(epoch(batches, number))
            clock.trained_epoch()
            value = float(validate(batch_size if work.exact else SHOWN_BATCH))
            clock.validated_epoch()
            clock.end_epoch(len(examples), loss, value)


def _through(layers, weights, features):
    """Features through layers, as TensorFlow's own operations."""
    import tensorflow as tf

    for layer in layers:
        match layer:
            case DenseLayer():
                features = tf.matmul(features, weights[f"{layer.name}/kernel"])
            case ConvLayer():
                convolve = tf.nn.conv1d if len(features.shape) == 3 else tf.nn.conv2d
                features = convolve(features, weights[f"{layer.name}/kernel"], layer.strides, "SAME")
            case FlattenLayer():
                features = tf.reshape(features, (tf.shape(features)[0], int(np.prod(features.shape[1:]))))
            case ReshapeLayer():
                features = tf.reshape(features, (tf.shape(features)[0], *layer.shape))
            case SubpixelLayer() if len(features.shape) == 3:
                features = tf.reshape(
                    features, (tf.shape(features)[0], *layer.shapes(tuple(features.shape[1:]))[1])
                )
            case SubpixelLayer():
                features = tf.nn.depth_to_space(features, 2)
        if isinstance(layer, DenseLayer | ConvLayer):
            features = tf.nn.bias_add(features, weights[f"{layer.name}/bias"])
            features = tf.nn.relu(features) if layer.relu else features
    return features


PEERS = (
    BareLoop("bare", "bare tf.function loop"),
    BareLoop("bare_xla", "bare tf.function loop, XLA", xla=True),
)
