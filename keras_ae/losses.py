"""Reconstruction losses: pure functions (target, output) -> (batch,).

The same function trains a model (averaged over a batch) and scores an example (left as it is).
Losses are means over an example's elements; likelihoods are sums over them, in nats an example.
"""

from collections.abc import Callable
from math import log, pi, prod

from keras import ops


def binary_crossentropy(target, output):
    """-t log(y) - (1 - t) log(1 - y), in nats an element.

    target, output: (batch, ...) in [0, 1]; the output is clipped to [1e-7, 1 - 1e-7].
    Returns (batch,). Its floor for gray targets is not 0 but the targets' own entropy.
    """
    return mean_of_elements(ops.binary_crossentropy(target, output))


def squared_error(target, output):
    """(t - y)^2, averaged over the elements of an example.

    target, output: (batch, ...) of any finite values. Returns (batch,).
    """
    return mean_of_elements(ops.square(target - output))


def absolute_error(target, output):
    """|t - y|, averaged over the elements of an example; large errors weigh less than when squared.

    target, output: (batch, ...) of any finite values. Returns (batch,).
    """
    return mean_of_elements(ops.abs(target - output))


def vivid_squared_error(target, output):
    """(t - y)^2 of colors, weighed by 1 + their chroma / 30, averaged over an example.

    The mean of what the color may be is grayish; vivid colors, which are rare, count for more than
    gray ones, as the rebalancing of Zhang et al. 2016 (arXiv:1603.08511) has it.
    target, output: (batch, ..., 2), a and b of Lab in [0, 1], where 0.5 is gray. Returns (batch,).
    """
    chroma = 256.0 * ops.sqrt(ops.sum(ops.square(target - 0.5), axis=-1, keepdims=True))
    return mean_of_elements((1.0 + chroma / 30.0) * ops.square(target - output))


def categorical_crossentropy(target, output):
    """-log(y of the class that is), in nats, averaged over the positions of an example.

    target: (batch, ..., classes) one-hot; output: probabilities of the same shape. Returns (batch,).
    """
    output = ops.maximum(output, 1e-7)  # a position of zeros has no probabilities to normalize
    return mean_of_elements(ops.categorical_crossentropy(target, output))


def bernoulli(target, outputs):
    """-log p(t) of independent Bernoulli elements whose probabilities are the reconstruction.

    target: (batch, ...) in [0, 1]; gray values count as the expectation over binary ones.
    outputs: {"reconstruction"} of the same shape. Returns (batch,), nats an example.
    """
    return _summed(binary_crossentropy, target, outputs["reconstruction"])


def gaussian(target, outputs):
    """-log N(t; reconstruction, exp(log variance)), a variance an element, as the decoder gives it.

    target: (batch, ...); outputs: {"reconstruction", "reconstruction_log_var"} of the same shape.
    Returns (batch,), nats an example; a density, so it may be below 0.
    """
    log_var = outputs["reconstruction_log_var"]
    square = ops.square(target - outputs["reconstruction"]) * ops.exp(-log_var)
    elements = 0.5 * (square + log_var + log(2 * pi))
    return ops.sum(ops.reshape(elements, (ops.shape(target)[0], -1)), axis=-1)


def unit_gaussian(target, outputs):
    """-log N(t; reconstruction, 1), of squared errors alone.

    target: (batch, ...); outputs: {"reconstruction"} of the same shape. Returns (batch,), nats an example.
    """
    square = ops.square(target - outputs["reconstruction"])
    return ops.sum(ops.reshape(0.5 * (square + log(2 * pi)), (ops.shape(target)[0], -1)), axis=-1)


def categorical(target, outputs):
    """-log p(t) of independent positions, each one of so many classes.

    target: (batch, ..., classes) one-hot; outputs: {"reconstruction"}, probabilities of that shape.
    Returns (batch,), nats an example.
    """
    return _summed(categorical_crossentropy, target, outputs["reconstruction"], skipped=1)


LIKELIHOODS: dict[str, Callable] = {
    "bernoulli": bernoulli,
    "gaussian": gaussian,
    "unit_gaussian": unit_gaussian,
    "categorical": categorical,
}
"""Negative log-likelihoods (target, outputs by name) -> (batch,), by name."""


def likelihood_of(outputs, domain) -> str:
    """The name of the likelihood that a decoder of such outputs, by name, gives of data of a domain."""
    if "reconstruction_log_var" in outputs:
        return "gaussian"
    return "unit_gaussian" if domain.scaled else domain.likelihood


def on_reconstruction(loss: Callable) -> Callable:
    """A loss (target, output) as one of (target, outputs by name)."""
    return lambda target, outputs: loss(target, outputs["reconstruction"])


def gaussian_kl(mean, log_var):
    """KL(N(mean, exp(log_var)) || N(0, 1)) of each dimension of a code (Kingma and Welling 2014, appendix B).

    Args:
        mean: (..., n).
        log_var: (..., n), the logarithm of the variance.

    Returns:
        Nats, (..., n).
    """
    return 0.5 * (ops.exp(log_var) + ops.square(mean) - 1.0 - log_var)


def mean_of_elements(values):
    """(batch, ...) -> (batch,)."""
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)


def _summed(mean, target, output, skipped=0):
    """A mean over elements as their sum; `skipped` axes at the end are not counted."""
    return prod(target.shape[1 : len(target.shape) - skipped]) * mean(target, output)
