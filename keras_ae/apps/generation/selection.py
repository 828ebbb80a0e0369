"""Selection of samples: the most valid of several, only valid ones, no copies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_ae.apps.generation.generator import Generated, Generator
from keras_ae.errors import InputError

__all__ = ["best_of", "make_valid", "replace_copies", "validity_function"]

MAX_ROUNDS = 40
"""Maximum number of times that invalid examples or copies are resampled."""

SampleGenerated = Callable[[int, int], Generated]
"""(count, seed) -> examples."""


def best_of(generator: Generator, sample: SampleGenerated, count: int, seed: int, samples: int) -> Generated:
    """The most valid of several samples for each of `count` examples, the first of equally valid ones.

    Args:
        generator: The generator.
        sample: (count, seed) -> examples.
        count: Number of examples.
        seed: Random seed.
        samples: Number of samples per example, at least 1.

    Returns:
        The examples.

    Raises:
        InputError: If the validity of examples is unknown.
    """
    validity = validity_function(generator)
    best = sample(count, seed)
    best_validity = validity(best.examples)
    for index in range(1, samples):
        generated = sample(count, seed + index * 1_000_003)
        others = validity(generated.examples)
        better = others > best_validity
        best_validity = np.where(better, others, best_validity)
        best = Generated(
            _where(better, generated.examples, best.examples),
            _where(better, generated.noise, best.noise),
            generated.labels,
        )
    return best


def make_valid(generator: Generator, sample: SampleGenerated, generated: Generated, seed: int) -> Generated:
    """Repairs examples if the format can, and resamples the ones that stay invalid.

    Args:
        generator: The generator.
        sample: (count, seed) -> examples.
        generated: The examples.
        seed: Random seed.

    Returns:
        The examples, with their validity before and after.

    Raises:
        InputError: If the validity of examples is unknown.
    """
    validity, format = validity_function(generator), generator.format
    valid_as_decoded = validity(generated.examples) >= 1.0
    valid = valid_as_decoded.copy()
    generated = Generated(generated.examples.copy(), generated.noise, generated.labels)
    for number in range(MAX_ROUNDS):
        if format.repairs:
            for index in np.flatnonzero(~valid):
                generated.examples[index], valid[index] = format.repair(generated.examples[index])
            valid &= ~generator.is_copy(generated.examples)
        if valid.all():
            break
        generated = _resample(sample, generated, ~valid, seed + (number + 1) * 7_000_003)
        valid[~valid] = validity(generated.examples[~valid]) >= 1.0
    return Generated(generated.examples, generated.noise, generated.labels, valid_as_decoded, valid)


def replace_copies(
    generator: Generator, sample: SampleGenerated, generated: Generated, seed: int
) -> Generated:
    """Resamples examples that are copies of training examples.

    Args:
        generator: The generator.
        sample: (count, seed) -> examples.
        generated: The examples.
        seed: Random seed.

    Returns:
        The examples without copies, unless each of 40 rounds sampled some.
    """
    if generator.format.together:  # rows of few words are often like others, which is told
        return generated
    for number in range(MAX_ROUNDS):
        copies = generator.is_copy(generated.examples)
        if not copies.any():
            break
        generated = _resample(sample, generated, copies, seed + (number + 1) * 3_000_017)
    return generated


def _resample(sample: SampleGenerated, generated: Generated, which: np.ndarray, seed: int) -> Generated:
    """The examples, of which some (n,) bool are sampled from another seed."""
    examples, noise = generated.examples.copy(), generated.noise.copy()
    if generated.labels is None:
        again = sample(int(which.sum()), seed)
        examples[which], noise[which] = again.examples, again.noise
    else:  # the class of each depends on its index
        again = sample(len(which), seed)
        examples[which], noise[which] = again.examples[which], again.noise[which]
    return Generated(examples, noise, generated.labels)


def validity_function(generator: Generator) -> Callable[[np.ndarray], np.ndarray]:
    """The format's validity of examples.

    Args:
        generator: The generator.

    Returns:
        (n, ...) -> (n,) in [0, 1].

    Raises:
        InputError: If the validity of examples is unknown.
    """
    if not generator.format.judges:
        raise InputError(generator.format.unjudged_reason)
    return generator.format.validity


def _where(mask: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.where(mask.reshape((-1,) + (1,) * (first.ndim - 1)), first, second)
