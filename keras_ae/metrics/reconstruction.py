"""Figures of merit: one value an example, so that means, spreads and worst cases are all to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf
from keras import ops
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import normalized_mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_ae.domains import domain_of
from keras_ae.losses import (
    absolute_error,
    binary_crossentropy,
    categorical_crossentropy,
    gaussian_kl,
    mean_of_elements,
    squared_error,
)

SMALLEST_ERROR = 1e-10
"""Mean squared error below which a reconstruction counts as perfect: a PSNR of 100 dB."""


def psnr(target, output):
    """Peak signal-to-noise ratio, 10 log10(1 / MSE), in dB, for values in [0, 1].

    (batch, ...) twice -> (batch,), at most 100. The mean over a set is the mean of the
    examples' own ratios, as the denoising literature reports it.
    """
    error = ops.maximum(squared_error(target, output), SMALLEST_ERROR)
    return -10.0 * ops.log(error) / np.log(10.0).astype("float32")


def ssim(target, output):
    """Structural similarity (Wang et al. 2004) of images in [0, 1], with its 11-pixel Gaussian window.

    (batch, height, width, channels) twice -> (batch,) in [-1, 1], a mean over channels. An image of
    fewer than 11 pixels a side takes a window of its own smaller side.
    """
    window = min(11, *target.shape[1:3])
    return tf.image.ssim(target, output, max_val=1.0, filter_size=window)


def accuracy(target, output):
    """Share of an example's positions whose likeliest class is the right one.

    (batch, ..., classes) twice, one-hot and probabilities -> (batch,) in [0, 1].
    """
    hits = ops.equal(ops.argmax(target, axis=-1), ops.argmax(output, axis=-1))
    return mean_of_elements(ops.cast(hits, "float32"))


def excess_crossentropy(target, output):
    """Cross-entropy above its floor, that of the target with itself: 0 for a perfect reconstruction.

    (batch, ...) twice, in [0, 1] -> (batch,). Equal to the mean of KL(target || output).
    """
    return binary_crossentropy(target, output) - binary_crossentropy(target, target)


def domain_metrics(domain: str, shape: tuple[int, ...]) -> dict[str, Callable]:
    """The figures that make sense for a domain and an element shape, by their names in tables."""
    domain = domain_of(domain)
    if domain.one_hot:
        return {"accuracy": accuracy, "crossentropy": categorical_crossentropy}
    if not domain.unit_interval:
        return {"mse": squared_error, "mae": absolute_error}
    images = {"ssim": ssim} if len(shape) == 3 and min(shape[:2]) > 1 else {}
    return {
        "psnr": psnr,
        **images,
        "mse": squared_error,
        "crossentropy": binary_crossentropy,
        "excess_crossentropy": excess_crossentropy,
    }


def published_metrics(border: int = 0) -> dict[str, Callable]:
    """PSNR, SSIM and MSE as restoration is published: of whole levels of 255, without a border of pixels."""

    def of_levels(measure):
        def measured(target, output):
            sides = slice(border, -border or None)
            target, output = (ops.round(255.0 * side[:, sides, sides]) / 255.0 for side in (target, output))
            return measure(target, output)

        return measured

    return {
        name: of_levels(measure) for name, measure in (("psnr", psnr), ("ssim", ssim), ("mse", squared_error))
    }


def color_error(target, output):
    """Mean distance in the plane of a and b of Lab, of colors (batch, h, w, 2) in [0, 1] -> (batch,).

    In units of Lab, where [0, 1] stands for -128 to 128.
    """
    return mean_of_elements(ops.sqrt(ops.sum(ops.square(256.0 * (target - output)), axis=-1) + 1e-12))


def colorfulness(colors):
    """How colorful images look: spread of a and b of Lab + 0.37 * mean chroma (Hasler, Suesstrunk 2003).

    Colors (batch, h, w, 2) in [0, 1], as those of `color_error` -> (batch,), in units of Lab.
    """
    plane = ops.reshape(256.0 * (colors - 0.5), (ops.shape(colors)[0], -1, 2))
    spread = ops.sqrt(ops.sum(ops.var(plane, axis=1), axis=-1))
    return spread + 0.37 * ops.mean(ops.sqrt(ops.sum(ops.square(plane), axis=-1)), axis=-1)


def mean_metrics(
    predict: Callable, batches: Iterable, domain: str, chosen: dict[str, Callable] | None = None
) -> dict[str, float]:
    """Means over all examples of every measure of the domain, or of those chosen.

    predict: what a batch holds beside its targets -> outputs (batch, ...), as arrays or tensors.
    batches: of (whatever predict takes, targets). chosen: (targets, outputs) -> (batch,), by name.
    """
    collected: dict[str, list] = {}
    for inputs, targets in batches:
        outputs = tf.convert_to_tensor(predict(inputs), tf.float32)
        asked = domain_metrics(domain, tuple(targets.shape[1:])) if chosen is None else chosen
        for name, measure in asked.items():
            collected.setdefault(name, []).append(np.asarray(measure(targets, outputs)))
    return {name: float(np.concatenate(parts).mean(dtype=np.float64)) for name, parts in collected.items()}


def importance_sampled_nll(
    encoder: Callable, decoder: Callable, likelihood: Callable, batches: Iterable, samples: int, seed: int
) -> dict[str, np.ndarray]:
    """-log p(x) of each example by importance sampling from its posterior (Burda et al. 2016).

    log mean over the draws of p(x | code) p(code) / q(code | x), a lower bound on log p(x) in
    expectation that tightens with their number; the prior is the standard normal one.

    encoder: named tensors -> {"mean", "log_var"} (batch, latent_dim).
    decoder: named tensors with "code" (n, latent_dim), and "targets" (n, ...) for one that goes step by step
        -> outputs that the likelihood reads.
    likelihood: (targets (n, ...), outputs) -> (n,), a negative log-likelihood in nats.
    batches: of (named tensors, targets). samples: draws for each example, at least 1.
    Returns, of each example, "nll", "bound" (the negative evidence lower bound, from the same
    draws) and "kl" (closed form), (n,) each, in nats.
    Raises ValueError for samples below 1.
    """
    if samples < 1:
        raise ValueError(f"samples is at least 1, received {samples}")

    @tf.function(reduce_retracing=True)
    def weights(named, targets, mean, log_var, draw):
        """log importance weights (batch, count)."""
        noise_seed, count = draw[:2], tf.cast(draw[2], tf.int32)
        wide = {name: tf.repeat(value, count, axis=0) for name, value in named.items()}
        noise = tf.random.stateless_normal((tf.shape(mean)[0] * count, mean.shape[-1]), noise_seed)
        spread = tf.exp(0.5 * tf.repeat(log_var, count, axis=0))
        code = tf.repeat(mean, count, axis=0) + spread * noise
        log_ratio = tf.reduce_sum(0.5 * (tf.square(noise) - tf.square(code)) + tf.math.log(spread), axis=-1)
        targets = tf.repeat(targets, count, axis=0)
        nll = likelihood(targets, decoder(wide | {"code": code, "targets": targets}))
        return tf.reshape(log_ratio - nll, (-1, count))

    parts: dict[str, list] = {"nll": [], "bound": [], "kl": []}
    for number, (named, targets) in enumerate(batches):
        encoded = encoder(named)
        mean, log_var = encoded["mean"], encoded["log_var"]
        each = max(1, MOST_ELEMENTS // max(1, int(tf.size(targets))))
        chunks = [
            weights(
                named,
                targets,
                mean,
                log_var,
                tf.constant((seed, number * samples + start, min(each, samples - start)), tf.int64),
            )
            for start in range(0, samples, each)
        ]
        log_weights = np.concatenate(chunks, axis=1).astype(np.float64)
        highest = log_weights.max(axis=1, keepdims=True)
        parts["nll"].append(-highest[:, 0] - np.log(np.exp(log_weights - highest).mean(axis=1)))
        parts["bound"].append(-log_weights.mean(axis=1))
        kl = tf.reduce_sum(gaussian_kl(mean, log_var), axis=-1)
        parts["kl"].append(np.asarray(kl, np.float64))
    return {name: np.concatenate(values) for name, values in parts.items()}


MOST_ELEMENTS = 8_000_000
"""Elements of a decoded batch of draws, which bounds the memory that it takes."""


def active_units(means: np.ndarray, threshold: float = 0.01) -> int:
    """Units of the code that tell examples apart: the variance of their means exceeds the threshold.

    means: (n, latent_dim), of the posteriors of n examples (Burda et al. 2016, arXiv:1509.00519).
    """
    return int((np.var(means, axis=0) > threshold).sum())


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Distance of two sets of features as if both were normal (Dowson and Landau 1982; Heusel et al. 2017).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). first, second: (n, features), of at least 2 rows each.
    Comparable only within the features of one network: what features, belongs in the figure's name.
    Raises ValueError for fewer rows or features of other widths.
    """
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise ValueError(
            f"expected two sets of 2 or more features of one width, received {first.shape} and {second.shape}"
        )
    first, second = first.astype(np.float64), second.astype(np.float64)
    gap = first.mean(axis=0) - second.mean(axis=0)
    covariances = [np.atleast_2d(np.cov(part, rowvar=False)) for part in (first, second)]
    root = _square_root(covariances[0])
    crossed = np.linalg.eigvalsh(root @ covariances[1] @ root)
    return float(gap @ gap + sum(np.trace(c) for c in covariances) - 2 * np.sqrt(crossed.clip(min=0)).sum())


def _square_root(matrix):
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def linear_probe(train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> float:
    """Test accuracy of logistic regression from codes to labels, on codes standardized by those of training.

    train, test: (codes (n, latent_dim), labels (n,)).
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return float(model.fit(*train).score(*test))


def cluster_agreement(codes: np.ndarray, labels: np.ndarray, seed: int = 0) -> float:
    """Normalized mutual information, in [0, 1], of k-means clusters of codes with their labels.

    codes: (n, latent_dim), labels: (n,); as many clusters as there are labels, the best of 10 starts.
    """
    clusters = KMeans(len(np.unique(labels)), n_init=10, random_state=seed).fit_predict(codes)
    return float(normalized_mutual_info_score(labels, clusters))
