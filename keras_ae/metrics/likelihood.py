"""The likelihood of examples under a variational autoencoder, by importance sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.losses import gaussian_kl

__all__ = ["importance_sampled_nll"]

MOST_ELEMENTS = 8_000_000
"""Elements of a decoded batch of samples, to limit memory."""


def importance_sampled_nll(
    encoder: Callable, decoder: Callable, likelihood: Callable, batches: Iterable, samples: int, seed: int
) -> dict[str, np.ndarray]:
    """-log p(x) of each example by importance sampling from its posterior.

    Burda et al. 2016, arXiv:1509.00519.

    The log of the mean over the samples of p(x | code) p(code) / q(code | x), in expectation a lower bound
    on log p(x) that tightens with their number; the prior is the standard normal.

    Args:
        encoder: Tensors by name -> {"mean", "log_var"}, (batch, latent_dim) each.
        decoder: Tensors by name with "code" (n, latent_dim), and "targets" (n, ...) for teacher forcing ->
            the outputs that the likelihood reads.
        likelihood: (targets (n, ...), outputs) -> (n,), a negative log-likelihood in nats.
        batches: (tensors by name, targets), batch by batch.
        samples: For each example, at least 1.
        seed: Random seed of the samples.

    Returns:
        "nll", "bound" (the negative evidence lower bound, from the same samples) and "kl" (in closed form),
        (n,) each, in nats.

    Raises:
        InputError: For samples below 1.
    """
    if samples < 1:
        raise InputError(f"samples must be at least 1, received {samples}")
    weights = _log_weights(decoder, likelihood)
    parts: dict[str, list] = {"nll": [], "bound": [], "kl": []}
    for number, (tensors, targets) in enumerate(batches):
        encoded = encoder(tensors)
        mean, log_var = encoded["mean"], encoded["log_var"]
        each = max(1, MOST_ELEMENTS // max(1, int(tf.size(targets))))
        chunks = []
        for start in range(0, samples, each):
            chunk = tf.constant((seed, number * samples + start, min(each, samples - start)), tf.int64)
            chunks.append(weights(tensors, targets, mean, log_var, chunk))
        log_weights = np.concatenate(chunks, axis=1).astype(np.float64)
        highest = log_weights.max(axis=1, keepdims=True)
        parts["nll"].append(-highest[:, 0] - np.log(np.exp(log_weights - highest).mean(axis=1)))
        parts["bound"].append(-log_weights.mean(axis=1))
        kl = tf.reduce_sum(gaussian_kl(mean, log_var), axis=-1)
        parts["kl"].append(np.asarray(kl, np.float64))
    return {name: np.concatenate(values) for name, values in parts.items()}


def _log_weights(decoder, likelihood):
    """A compiled function of the log importance weights (batch, count) of some samples."""

    @tf.function(reduce_retracing=True, autograph=False)
    def weights(tensors, targets, mean, log_var, chunk):
        noise_seed, count = chunk[:2], tf.cast(chunk[2], tf.int32)
        repeated = {name: tf.repeat(value, count, axis=0) for name, value in tensors.items()}
        noise = tf.random.stateless_normal((tf.shape(mean)[0] * count, mean.shape[-1]), noise_seed)
        deviation = tf.exp(0.5 * tf.repeat(log_var, count, axis=0))
        code = tf.repeat(mean, count, axis=0) + deviation * noise
        log_ratio = tf.reduce_sum(
            0.5 * (tf.square(noise) - tf.square(code)) + tf.math.log(deviation), axis=-1
        )
        targets = tf.repeat(targets, count, axis=0)
        nll = likelihood(targets, decoder(repeated | {"code": code, "targets": targets}))
        return tf.reshape(log_ratio - nll, (-1, count))

    return weights
