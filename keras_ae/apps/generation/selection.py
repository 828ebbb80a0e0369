"""Choosing among draws: the best of several, the valid ones, those that are no copies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_ae.apps.generation.generator import Generator, Made
from keras_ae.errors import InputError

ROUNDS = 40
"""Times that what is not valid is drawn anew before it is given up."""


def best_of(generator: Generator, draw: Callable[[int, int], Made], count: int, seed: int, each: int) -> Made:
    """The most valid of `each` draws for every one of `count`, the first where several are.

    Raises InputError where what is generated has no validity.
    """
    validity = validity_of(generator)
    best, scores = None, None
    for number in range(each):
        made = draw(count, seed + number * 1_000_003)
        found = validity(made.examples)
        if best is None:
            best, scores = made, found
            continue
        better = found > scores
        scores = np.where(better, found, scores)
        best = Made(
            _chosen(better, made.examples, best.examples),
            _chosen(better, made.noise, best.noise),
            made.labels,
        )
    return best


def made_valid(generator: Generator, draw: Callable[[int, int], Made], made: Made, seed: int) -> Made:
    """What was made, repaired where the format can, and drawn anew where it stays invalid.

    Raises InputError where what is generated has no validity.
    """
    validity = validity_of(generator)
    valid = validity(made.examples) >= 1.0
    kept = valid.copy()
    made = Made(made.examples.copy(), made.noise, made.labels)
    for number in range(ROUNDS):
        if generator.format.repairs:
            for place in np.flatnonzero(~kept):
                made.examples[place], kept[place] = generator.format.repair(made.examples[place])
            kept &= ~generator.copies(made.examples)
        if kept.all():
            break
        made = _anew(draw, made, ~kept, seed + (number + 1) * 7_000_003)
        kept[~kept] = validity(made.examples[~kept]) >= 1.0
    return Made(made.examples, made.noise, made.labels, valid, kept)


def without_copies(generator: Generator, draw: Callable[[int, int], Made], made: Made, seed: int) -> Made:
    """What was made, with training examples among it drawn anew."""
    for number in range(ROUNDS):
        copies = generator.copies(made.examples)
        if not copies.any():
            break
        made = _anew(draw, made, copies, seed + (number + 1) * 3_000_017)
    return made


def _anew(draw, made, wanted, seed):
    """What was made, with those that are wanted (n,) drawn from another seed."""
    examples, noise = made.examples.copy(), made.noise.copy()
    if made.labels is None:
        again = draw(int(wanted.sum()), seed)
        examples[wanted], noise[wanted] = again.examples, again.noise
    else:  # the class of each goes by its place
        again = draw(len(wanted), seed)
        examples[wanted], noise[wanted] = again.examples[wanted], again.noise[wanted]
    return Made(examples, noise, made.labels)


def validity_of(generator: Generator) -> Callable[[np.ndarray], np.ndarray]:
    """What scores examples (n, ...) in [0, 1]. Raises InputError where nothing does."""
    if not generator.format.judges:
        raise InputError(generator.format.unjudged_reason)
    return generator.format.validity


def _chosen(better, first, second):
    return np.where(better.reshape((-1,) + (1,) * (first.ndim - 1)), first, second)
