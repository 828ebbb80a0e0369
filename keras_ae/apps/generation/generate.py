"""What `generate` makes: windows or lengths of them, the best of several, mended where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae.apps.generation.generator import Generator, Made
from keras_ae.apps.generation.inputs import file_of
from keras_ae.apps.generation.selection import best_of, made_valid, without_copies
from keras_ae.apps.generation.stitching import stitched
from keras_ae.errors import InputError

ORIGINS = "made_from.npz"
"""What the served decoder's `sample` signature takes to give the same."""

LONGEST = 10_000
"""Columns, or bars, that windows are joined to at most."""


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be generated.

    count: of examples, from a seed on. label: the class of all, or None. length: steps of what windows are
    joined to, or None for windows. opening: what that begins with. best: draws of which the most valid is
    kept. valid: whether to mend.
    """

    count: int
    seed: int
    temperature: float = 1.0
    label: int | None = None
    length: int | None = None
    opening: np.ndarray | None = None
    best: int = 1
    valid: bool = False

    @classmethod
    def of(cls, options: Any, generator: Generator) -> Wish:
        """Raises InputError for a length of what is whole already, and an opening that cannot be read."""
        length = options.length
        if length is not None and not 1 <= length <= LONGEST:
            raise InputError(f"expected a length from 1 to {LONGEST:,}, received {length}")
        format = generator.format
        if length is not None:
            if format.axis is None:
                raise InputError(
                    f"{type(format).__name__} of this run are whole, not windows of something longer; "
                    "leave the length out"
                )
            length *= format.length_step
        opening = None
        if options.after:
            shape = list(generator.element_shape)
            shape[format.axis] = 1
            opening = format.read(file_of(options.after, generator), tuple(shape))
            if options.valid:
                _check_opening(opening, options.after, generator)
        label = None if options.label is None else generator.label_of(options.label)
        return cls(
            options.count, options.seed, options.temperature, label, length, opening, options.best_of,
            options.valid,
        )  # fmt: skip


def _check_opening(opening, name, generator):
    """Raises InputError for an opening that leaves nothing valid to draw, of a format that mends nothing."""
    format, unit = generator.format, generator.format.length_step
    if format.repairs or not format.judges:
        return
    whole = opening.take(range(opening.shape[format.axis] // unit * unit), axis=format.axis)
    share = float(format.validity(whole[None])[0]) if whole.size else 1.0
    if share < 1:
        raise InputError(
            f"{name} is not valid itself ({share:.0%} of its {format.length_name} are), so "
            "that nothing that begins with it is; leave PLAYABLE= (--playable) out, or mend it"
        )


def generated(generator: Generator, wish: Wish) -> Made:
    """What a wish is for; no window of whole numbers is one that was learned from."""
    any_made = _drawing(generator, wish)

    def draw(count, seed):
        return without_copies(generator, any_made, any_made(count, seed), seed)

    if wish.best > 1 and wish.length is None:
        made = best_of(generator, draw, wish.count, wish.seed, wish.best)
    else:
        made = draw(wish.count, wish.seed)
    if wish.valid:
        return made_valid(generator, draw, made, wish.seed)
    if generator.format.judges:
        valid = generator.format.validity(made.examples) >= 1.0
        return Made(made.examples, made.noise, made.labels, valid, valid)
    return made


def _drawing(generator, wish):
    """(count, seed) -> what is made, of windows or of lengths."""

    def windows(count, seed):
        return generator.draw(count, seed, wish.temperature, wish.label)

    if wish.length is None:
        return windows

    def lengths(count, seed):
        def of_seed(number, seed):
            """Windows to join, of which the best are taken too where that is asked for."""
            if wish.best > 1:
                drawn = best_of(generator, windows, number, seed, wish.best)
            else:
                drawn = windows(number, seed)
            if wish.valid and not generator.format.repairs:
                drawn = made_valid(generator, windows, drawn, seed)
            return drawn.examples

        joined = [
            stitched(of_seed, wish.length, generator.format, seed + 1009 * number, wish.opening)
            for number in range(count)
        ]
        return Made(np.stack(joined), np.zeros((count, 0), np.float32), None)

    return lengths


def origins(made: Made) -> dict[str, dict[str, np.ndarray]]:
    """By a file's name the noise and the classes that examples were decoded from, before any was mended.

    Nothing of what was joined, whose noise has no numbers.
    """
    if not made.noise.size:
        return {}
    labels = {} if made.labels is None else {"condition": made.labels.astype(np.int64)}
    return {ORIGINS: {"noise": made.noise} | labels}


def told(made: Made, seconds: float) -> list[str]:
    """Lines about what was made."""
    lines = [f"made in {seconds:.1f} s"]
    if len(made.examples) > 1 and (made.examples == made.examples[0]).all():
        lines.append("all of them are the same: train longer, on more data, or raise the temperature")
    if made.valid is not None:
        lines.append(f"valid as decoded: {made.valid.mean():.1%} of {len(made.valid):,}")
        if made.kept is not made.valid:
            lines.append(f"valid as written: {made.kept.mean():.1%}")
    return lines
