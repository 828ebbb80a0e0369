"""Generation of windows or joined windows, the most valid of several, repaired on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_ae.apps.generation.generator import Generated, Generator
from keras_ae.apps.generation.inputs import example_file
from keras_ae.apps.generation.request import MAX_COUNT, GenerationRequest
from keras_ae.apps.generation.selection import best_of, make_valid, replace_copies
from keras_ae.apps.generation.stitching import stitch
from keras_ae.errors import InputError

__all__ = ["ORIGINS_FILE", "Plan", "generate", "origins", "report_lines"]

ORIGINS_FILE = "made_from.npz"
"""The file of inputs with which the served decoder's `sample` signature gives the same examples."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A generation request, checked against a generator.

    Attributes:
        count: Number of examples.
        seed: Random seed.
        temperature: Factor on the noise.
        label: The index of the class of all examples, or None.
        length: Steps that windows are joined to, or None for windows.
        opening: The example that they begin with, or None.
        best_of: Number of samples from which the most valid is chosen.
        valid: Whether examples are repaired, or resampled, until they are valid.
    """

    count: int
    seed: int
    temperature: float = 1.0
    label: int | None = None
    length: int | None = None
    opening: np.ndarray | None = None
    best_of: int = 1
    valid: bool = False

    @classmethod
    def of(cls, request: GenerationRequest, generator: Generator) -> Plan:
        """Checks a request against a generator, and reads its opening.

        Args:
            request: The request.
            generator: The generator.

        Returns:
            The plan.

        Raises:
            InputError: If the generator's examples have no length, the opening cannot be read or is not valid
                although it must be, or the class does not exist.
        """
        format, length = generator.format, request.length
        if request.count > MAX_COUNT and not format.together:
            raise InputError(
                f"expected a count from 1 to {MAX_COUNT:,}, received {request.count}; set --count"
            )
        if length is not None:
            if format.axis is None:
                raise InputError(
                    f"{type(format).__name__} of this run are whole, not windows of something longer; "
                    "leave the length out"
                )
            length *= format.length_step
        opening = None
        if request.opening and format.axis is not None:
            shape = list(generator.element_shape)
            shape[format.axis] = 1
            opening = format.read(example_file(request.opening, generator), tuple(shape))
            if request.valid:
                _check_opening(opening, request.opening, generator)
        label = None if request.label is None else generator.label_index(request.label)
        label = generator.condition_index(request.condition) if request.condition else label
        return cls(
            request.count, request.seed, request.temperature, label, length, opening, request.best_of,
            request.valid,
        )  # fmt: skip


def _check_opening(opening: np.ndarray, name: str, generator: Generator) -> None:
    """Raises InputError for an invalid opening if the format cannot repair examples."""
    format = generator.format
    if format.repairs or not format.judges or format.axis is None:
        return
    end = opening.shape[format.axis] // format.length_step * format.length_step
    whole = opening.take(range(end), axis=format.axis)
    validity = float(format.validity(whole[None])[0]) if whole.size else 1.0
    if validity < 1:
        raise InputError(
            f"{name} is not valid itself ({validity:.0%} of its {format.length_name} are), so that nothing "
            "that begins with it is; leave PLAYABLE= (--playable) out, or repair it"
        )


def generate(generator: Generator, plan: Plan) -> Generated:
    """Generates examples; no window of whole numbers is a copy of a training example.

    Args:
        generator: The generator.
        plan: The generation request.

    Returns:
        The examples and what they were decoded from.
    """
    sample = _sample_function(generator, plan)

    def sample_new(count: int, seed: int) -> Generated:
        return replace_copies(generator, sample, sample(count, seed), seed)

    if plan.best_of > 1 and plan.length is None:
        generated = best_of(generator, sample_new, plan.count, plan.seed, plan.best_of)
    else:
        generated = sample_new(plan.count, plan.seed)
    if plan.valid:
        return make_valid(generator, sample_new, generated, plan.seed)
    if generator.format.judges:
        valid = generator.format.validity(generated.examples) >= 1.0
        return Generated(generated.examples, generated.noise, generated.labels, valid, valid)
    return generated


def _sample_function(generator: Generator, plan: Plan) -> Callable[[int, int], Generated]:
    """A function (count, seed) -> examples, which are windows or joined windows."""

    def windows(count: int, seed: int) -> Generated:
        return generator.generate(count, seed, plan.temperature, plan.label)

    length = plan.length
    if length is None:
        return windows

    def candidates(count: int, seed: int) -> np.ndarray:
        """Windows to join, the most valid of several if requested."""
        if plan.best_of > 1:
            generated = best_of(generator, windows, count, seed, plan.best_of)
        else:
            generated = windows(count, seed)
        if plan.valid and not generator.format.repairs:
            generated = make_valid(generator, windows, generated, seed)
        return generated.examples

    def joined(count: int, seed: int) -> Generated:
        examples = [
            stitch(candidates, length, generator.format, seed + 1009 * index, plan.opening)
            for index in range(count)
        ]
        return Generated(np.stack(examples), np.zeros((count, 0), np.float32), None)

    return joined


def origins(generated: Generated) -> dict[str, dict[str, np.ndarray]]:
    """The noise and the classes that the examples were decoded from, before any repair.

    Args:
        generated: The examples.

    Returns:
        Arrays by name, by the name of their file; none for joined windows, which no noise gives.
    """
    if not generated.noise.size:
        return {}
    labels = {} if generated.labels is None else {"condition": generated.labels.astype(np.int64)}
    return {ORIGINS_FILE: {"noise": generated.noise} | labels}


def report_lines(generator: Generator, generated: Generated, seconds: float) -> list[str]:
    """A report on generated examples.

    Args:
        generator: What they were generated by.
        generated: The examples.
        seconds: Duration in seconds.

    Returns:
        Lines of text.
    """
    examples = generated.examples
    lines = [f"generated in {seconds:.1f} s"]
    if len(examples) > 1 and (examples == examples[0]).all():
        lines.append("all examples are the same: train longer, on more data, or raise the temperature")
    if generator.format.together and generator.training_hashes is not None:
        copies = int(generator.is_copy(examples).sum())
        what = f"{copies:,} of {len(examples):,} rows" if copies else "no row"
        lines.append(f"{what} {'are' if copies > 1 else 'is'} exactly as in the training data")
    if generated.valid_as_decoded is not None and generated.valid is not None:
        lines.append(
            f"valid as decoded: {generated.valid_as_decoded.mean():.1%} of "
            f"{len(generated.valid_as_decoded):,}"
        )
        if generated.valid is not generated.valid_as_decoded:
            lines.append(f"valid as written: {generated.valid.mean():.1%}")
    return lines
