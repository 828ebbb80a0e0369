"""Distances of a batch of codes from a prior: kernel discrepancy, total correlation, covariances."""

from __future__ import annotations

from math import log
from typing import Any

from keras import ops

from keras_ae.blocks.sampling import log_normal

__all__ = ["covariance", "decomposed_kl", "mmd"]

Tensor = Any
"""A tensor of Keras, symbolic or not."""

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Scales of the kernels, relative to the prior's expected squared distance."""

LOG_2PI = log(6.283185307179586)


def mmd(first: Tensor, second: Tensor) -> Tensor:
    """The maximum mean discrepancy with inverse multiquadratic kernels (Tolstikhin et al. 2018).

    The estimate is unbiased: 0 in expectation for two samples of one distribution, so a little below or
    above 0 for a batch of them.

    Args:
        first: (batch, n); a single example says nothing of its spread.
        second: (batch, n).

    Returns:
        A scalar.
    """
    count = ops.cast(ops.shape(first)[0], "float32")
    others = 1.0 - ops.eye(ops.shape(first)[0])
    within = ops.sum((_kernel(first, first) + _kernel(second, second)) * others) / ops.maximum(
        count * (count - 1.0), 1.0
    )
    return within - 2.0 * ops.mean(_kernel(first, second))


def _kernel(first, second):
    """Mean over scales of C / (C + |x - y|^2): (n, d), (m, d) -> (n, m)."""
    squares = ops.sum(ops.square(first), axis=1)[:, None] + ops.sum(ops.square(second), axis=1)[None]
    distance = ops.maximum(squares - 2.0 * ops.matmul(first, ops.transpose(second)), 0.0)
    base = 2.0 * first.shape[-1]
    return sum(scale * base / (scale * base + distance) for scale in SCALES) / len(SCALES)


def decomposed_kl(
    code: Tensor, mean: Tensor, log_var: Tensor, population: int | None = None
) -> dict[str, Tensor]:
    """The divergence in three parts, by minibatch-weighted sampling (Chen et al. 2018, arXiv:1802.04942).

    Args:
        code: (batch, n), sampled from N(mean, exp(log_var)).
        mean: (batch, n).
        log_var: (batch, n).
        population: Examples that the batch was sampled from, N of the paper's estimator, which divides the
            batch's sum by N too; None takes the batch's mean. The two differ by constants and have the
            same gradients.

    Returns:
        "mutual_information" (of example and code), "total_correlation" (of the dimensions) and
        "marginal_kl" (of each dimension's marginal to N(0, 1), summed): scalars in nats, whose sum
        estimates the divergence.
    """
    batch = ops.shape(code)[0]
    count = ops.cast(batch, "float32")
    weight = ops.log(count if population is None else count * float(population))
    square = ops.square(code[:, None] - mean[None]) * ops.exp(-log_var)[None]
    each = -0.5 * (square + log_var[None] + LOG_2PI)
    joint = ops.logsumexp(ops.sum(each, axis=-1), axis=1) - weight
    marginals = ops.sum(ops.logsumexp(each, axis=1) - weight, axis=-1)
    posterior = log_normal(code, mean, log_var)
    prior = log_normal(code, 0.0, ops.zeros_like(log_var))
    return {
        "mutual_information": ops.mean(posterior - joint),
        "total_correlation": ops.mean(joint - marginals),
        "marginal_kl": ops.mean(marginals - prior),
    }


def covariance(values: Tensor) -> Tensor:
    """The covariance matrix of a batch.

    Args:
        values: (batch, n).

    Returns:
        (n, n).
    """
    centered = values - ops.mean(values, axis=0)
    return ops.matmul(ops.transpose(centered), centered) / ops.cast(ops.shape(values)[0], "float32")
