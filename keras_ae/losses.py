"""Reconstruction losses and likelihoods: pure functions that return one value per example.

The same function trains a model (averaged over a batch) and scores an example (left as it is).
Losses are means over an example's elements; likelihoods are sums over them, in nats per example.
A further loss is one more function, and a further likelihood one more object, of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log, pi, prod
from typing import Any

import tensorflow as tf
from keras import ops

__all__ = [
    "LIKELIHOODS",
    "LOSSES",
    "Likelihood",
    "absolute_error",
    "binary_crossentropy",
    "categorical_crossentropy",
    "color_distance",
    "end_nats",
    "gaussian_kl",
    "huber",
    "likelihood_of",
    "likelihoods_for",
    "mean_of_elements",
    "mean_of_positions",
    "negative_sdr",
    "on_reconstruction",
    "positions_of",
    "squared_error",
    "ssim",
    "structural_similarity",
]

Tensor = Any
"""A NumPy array or a tensor."""

Domain = Any
"""A `keras_ae.domains.Domain`, which names losses of this module and so cannot be imported here."""


def binary_crossentropy(target: Tensor, output: Tensor) -> Tensor:
    """-t log(y) - (1 - t) log(1 - y), in nats, averaged over the elements of an example.

    Its minimum for gray targets is not 0 but the targets' own entropy.

    Args:
        target: (batch, ...) in [0, 1].
        output: (batch, ...) in [0, 1]; clipped to [1e-7, 1 - 1e-7].

    Returns:
        (batch,).
    """
    return mean_of_elements(ops.binary_crossentropy(target, output))


def squared_error(target: Tensor, output: Tensor) -> Tensor:
    """(t - y)^2, averaged over the elements of an example.

    Args:
        target: (batch, ...), any finite values.
        output: (batch, ...).

    Returns:
        (batch,).
    """
    return mean_of_elements(ops.square(target - output))


def absolute_error(target: Tensor, output: Tensor) -> Tensor:
    """|t - y|, averaged over the elements of an example; large errors weigh less than when squared.

    Args:
        target: (batch, ...), any finite values.
        output: (batch, ...).

    Returns:
        (batch,).
    """
    return mean_of_elements(ops.abs(target - output))


def huber(target: Tensor, output: Tensor, delta: float = 1.0) -> Tensor:
    """e^2 / 2 of errors e up to delta, delta (|e| - delta / 2) of larger ones, averaged over an example.

    Near 0 it is half the squared error, far away it grows as the absolute one (Huber 1964).

    Args:
        target: (batch, ...), any finite values.
        output: (batch, ...).
        delta: The error from which it grows linearly, above 0.

    Returns:
        (batch,).
    """
    error = ops.abs(target - output)
    near = ops.minimum(error, delta)
    return mean_of_elements(near * (error - 0.5 * near))


def ssim(target: Tensor, output: Tensor) -> Tensor:
    """1 - the structural similarity of images in [0, 1], 0 for equal ones.

    Args:
        target: (batch, height, width, channels), in [0, 1].
        output: (batch, height, width, channels).

    Returns:
        (batch,), in [0, 2].
    """
    return 1.0 - structural_similarity(target, output)


def color_distance(target: Tensor, output: Tensor) -> Tensor:
    """The distance of colors in the plane of a and b of Lab, averaged over the pixels of an image.

    Its best answer is the median of the colors that a pixel may have; where most are gray, that is gray.

    Args:
        target: (batch, ..., 2), a and b in [0, 1], which stands for -128 to 128.
        output: (batch, ..., 2).

    Returns:
        (batch,), in units of Lab.
    """
    squares = ops.sum(ops.square(256.0 * (target - output)), axis=-1)
    return mean_of_elements(ops.sqrt(squares + 1e-12))


def negative_sdr(target: Tensor, output: Tensor) -> Tensor:
    """10 log10(|t - y|^2 / |t|^2), in dB: minus the signal-to-distortion ratio of a sound.

    It weighs quiet sounds as much as loud ones (Le Roux et al. 2019, arXiv:1811.02508, without their scale).

    Args:
        target: (batch, ...), full scale at -1 and 1; silence counts as a sound of -80 dB.
        output: (batch, ...).

    Returns:
        (batch,), below 0 where the distortion is weaker than the sound.
    """
    distortion = mean_of_elements(ops.square(target - output))
    signal = mean_of_elements(ops.square(target))
    return 10.0 / log(10.0) * (ops.log(distortion + 1e-8) - ops.log(signal + 1e-8))


def categorical_crossentropy(target: Tensor, output: Tensor) -> Tensor:
    """-log(y) of the true class, in nats, averaged over the positions of an example.

    A position of zeros does not exist, such as those after the end of a text, and does not count.

    Args:
        target: (batch, ..., classes), one-hot, or all zeros at positions that do not exist.
        output: (batch, ..., classes), probabilities.

    Returns:
        (batch,).
    """
    return mean_of_positions(_nats(target, output), target)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    name: value for name, value in list(vars().items()) if name in __all__ and callable(value)
}
"""Losses (target, output) -> (batch,) by name: each public function above."""


def structural_similarity(target: Tensor, output: Tensor) -> Tensor:
    """Structural similarity (SSIM) of images in [0, 1] (Wang et al. 2004), differentiable.

    The window is Gaussian, of 11 pixels with a standard deviation of 1.5; the constants are .01^2 and .03^2.
    scikit-image computes the same with gaussian_weights=True, sigma=1.5 and use_sample_covariance=False.

    Args:
        target: (batch, height, width, channels), in [0, 1]; where a side is below 11 pixels, so is the
            window's.
        output: (batch, height, width, channels).

    Returns:
        (batch,), in [-1, 1], the mean over positions and channels.
    """
    window = min(11, *(side or 11 for side in target.shape[1:3]))
    return tf.image.ssim(target, output, max_val=1.0, filter_size=window)


@dataclass(frozen=True)
class Likelihood:
    """A likelihood of targets under what a decoder gives.

    Attributes:
        negative_log: (target, outputs by name) -> (batch,), -log p(target) in nats per example.
        fits: Whether it is a likelihood of the values of a domain.
        log_var: Whether the decoder gives "reconstruction_log_var" too.
        density: Whether it is a density, whose negative logarithm may be below 0.
    """

    negative_log: Callable[[Tensor, Mapping[str, Tensor]], Tensor]
    fits: Callable[[Domain], bool]
    log_var: bool = False
    density: bool = False

    def __call__(self, target: Tensor, outputs: Mapping[str, Tensor]) -> Tensor:
        """-log p(target).

        Args:
            target: (batch, ...).
            outputs: "reconstruction" of the same shape and, with `log_var`, "reconstruction_log_var".

        Returns:
            (batch,), nats per example.
        """
        return self.negative_log(target, outputs)


def _bernoulli(target, outputs):
    """-log p(t) of independent Bernoulli elements whose probabilities are the reconstruction.

    Gray values in [0, 1] count as the expectation over binary ones.
    """
    return _summed(binary_crossentropy, target, outputs["reconstruction"])


def _gaussian(target, outputs):
    """-log N(t; reconstruction, exp(log variance)), one variance an element.

    A density, so it may be below 0.
    """
    log_var = outputs["reconstruction_log_var"]
    square = ops.square(target - outputs["reconstruction"]) * ops.exp(-log_var)
    elements = 0.5 * (square + log_var + log(2 * pi))
    return ops.sum(ops.reshape(elements, (ops.shape(target)[0], -1)), axis=-1)


def _unit_gaussian(target, outputs):
    """-log N(t; reconstruction, 1), of squared errors alone."""
    square = ops.square(target - outputs["reconstruction"])
    return ops.sum(ops.reshape(0.5 * (square + log(2 * pi)), (ops.shape(target)[0], -1)), axis=-1)


def _categorical(target, outputs):
    """-log p(t) of independent positions, each one of so many classes; the target is one-hot.

    Positions of zeros do not exist, and add nothing.
    """
    nats = _nats(target, outputs["reconstruction"])
    return ops.sum(nats, axis=tuple(range(1, len(nats.shape))))


def _sequence(target, outputs):
    """-log p(t) of sequences: of values under N(reconstruction, 1), and of going on or ending."""
    output = outputs["reconstruction"]
    square = ops.sum(ops.square((target - output)[..., :-1]) + log(2 * pi), axis=-1)
    return ops.sum(positions_of(target) * (0.5 * square + end_nats(target, output)), axis=-1)


def _nats(target, output):
    """-log(y) of the true class at each position, (batch, ...); 0 at positions that do not exist."""
    output = ops.maximum(output, 1e-7)  # a position of zeros has no probabilities to normalize
    return ops.categorical_crossentropy(target, output)


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(_bernoulli, fits=lambda domain: domain.unit_interval),
    "gaussian": Likelihood(
        _gaussian, fits=lambda domain: not domain.one_hot and not domain.ends, log_var=True, density=True
    ),
    "unit_gaussian": Likelihood(
        _unit_gaussian,
        fits=lambda domain: not (domain.one_hot or domain.unit_interval or domain.ends),
        density=True,
    ),
    "categorical": Likelihood(_categorical, fits=lambda domain: domain.one_hot),
    "sequence": Likelihood(_sequence, fits=lambda domain: domain.ends, density=True),
}
"""Likelihoods by name."""


def likelihoods_for(domain: Domain) -> tuple[str, ...]:
    """The likelihoods of the values of a domain.

    Args:
        domain: Domain of the targets.

    Returns:
        Their names; the domain's own one first.
    """
    names = [name for name, likelihood in LIKELIHOODS.items() if likelihood.fits(domain)]
    return tuple(sorted(names, key=lambda name: name != domain.likelihood))


def likelihood_of(outputs: Mapping[str, Tensor], domain: Domain) -> str:
    """The likelihood that a decoder gives, known by its outputs.

    Args:
        outputs: Of the decoder, by name.
        domain: Domain of the targets.

    Returns:
        The likelihood's name.
    """
    log_var = "reconstruction_log_var" in outputs
    return next(name for name in likelihoods_for(domain) if LIKELIHOODS[name].log_var == log_var)


def on_reconstruction(loss: Callable) -> Callable:
    """A loss (target, output) as one of (target, outputs by name).

    Args:
        loss: One of `LOSSES`.

    Returns:
        The loss of the output "reconstruction".
    """
    return lambda target, outputs: loss(target, outputs["reconstruction"])


def gaussian_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, 1)) of each dimension of a code (Kingma and Welling 2014, appendix B).

    Args:
        mean: (..., n).
        log_var: (..., n), the logarithm of the variance.

    Returns:
        Nats, (..., n).
    """
    return 0.5 * (ops.exp(log_var) + ops.square(mean) - 1.0 - log_var)


def mean_of_elements(values: Tensor) -> Tensor:
    """The mean over all axes but the batch's.

    Args:
        values: (batch, ...).

    Returns:
        (batch,).
    """
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)


def end_nats(target: Tensor, output: Tensor) -> Tensor:
    """-log p of what the flag of each position of sequences says, that they go on or that they end.

    Args:
        target: (batch, time, channels + 1), in the last channel 1 where a sequence goes on, -1 at its last
            position, and 0 where there is none.
        output: (batch, time, channels + 1), in the last channel the probability that it goes on less that
            it ends.

    Returns:
        (batch, time), nats; of positions that do not exist, nothing that counts.
    """
    return -ops.log(ops.maximum(0.5 * (1.0 + target[..., -1] * output[..., -1]), 1e-7))


def positions_of(classes: Tensor) -> Tensor:
    """Which positions of sequences exist, of classes or of values with their flags.

    Args:
        classes: (batch, ..., classes), one-hot, or all zeros at positions that do not exist.

    Returns:
        (batch, ...), float32, 1 where a position exists and 0 where it does not.
    """
    return ops.cast(ops.any(ops.not_equal(classes, 0), axis=-1), "float32")


def mean_of_positions(values: Tensor, classes: Tensor) -> Tensor:
    """The mean over the positions of each example that exist.

    Args:
        values: (batch, ...), a value for each position.
        classes: (batch, ..., classes), one-hot, or all zeros at positions that do not exist.

    Returns:
        (batch,); 0 for an example without any position.
    """
    exist, axes = positions_of(classes), tuple(range(1, len(values.shape)))
    total = ops.sum(exist * values, axis=axes)
    return total / ops.maximum(ops.sum(exist, axis=axes), 1.0)


def _summed(mean, target, output):
    """A mean over elements as their sum."""
    return prod(target.shape[1:]) * mean(target, output)
