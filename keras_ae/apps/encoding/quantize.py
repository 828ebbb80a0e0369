"""The quantization of codes, by bits or by what it may cost, and files of quantized codes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.encoding.collect import Collected, collect
from keras_ae.apps.encoding.decoder import Decoder
from keras_ae.apps.encoding.encode import Encoded, summary
from keras_ae.apps.encoding.head import Head
from keras_ae.apps.encoding.loss import Comparison
from keras_ae.apps.encoding.request import check_quantization
from keras_ae.codec.grid import Grid, are_whole, quantized_names
from keras_ae.codec.steps import grid_within
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import written_whole

__all__ = ["TOLERANCE", "Quantization", "encode_quantized", "write_quantized"]

TOLERANCE = 0.05
"""How much larger the mean squared error may become, as a fraction of it, where nothing else is said."""


@dataclass(frozen=True)
class Quantization:
    """How codes are quantized.

    Attributes:
        bits: Levels of each dimension from its smallest to its largest code, as a power of 2, from 2 to 16;
            None where the tolerance decides.
        tolerance: How much larger the mean squared error of reconstructions may become, as a fraction of it,
            above 0; None for `TOLERANCE` where there are no bits. Without a decoder of numbers, the mean
            squared error of codes, as a fraction of their variance.

    Raises:
        InputError: Both are there, or one is out of its range.
    """

    bits: int | None = None
    tolerance: float | None = None

    def __post_init__(self) -> None:
        check_quantization(self.bits, self.tolerance)

    def grid(self, codes: np.ndarray, comparison: Comparison) -> Grid | None:
        """The grid for some codes.

        Args:
            codes: (n, dimensions), of all examples.
            comparison: Some of the examples beside their reconstructions.

        Returns:
            The grid; None for codes that are whole numbers, which are stored as they are.

        Raises:
            InputError: They are whole numbers, and a number of bits or a tolerance was given.
        """
        if are_whole(codes):
            if self.bits is not None or self.tolerance is not None:
                raise InputError(
                    "the codes are whole numbers already, which are stored as they are; leave out "
                    f"{'--tolerance' if self.bits is None else '--bits'}"
                )
            return None
        if not np.isfinite(codes).all():
            raise InputError("expected finite codes, and some are not; check the model: keras-ae evaluate")
        if self.bits is not None:
            return Grid.over_range(codes.min(axis=0), codes.max(axis=0), self.bits)
        tolerance = TOLERANCE if self.tolerance is None else self.tolerance
        if comparison.before is None:
            return _of_variance(codes, tolerance)
        most = float(comparison.before.mean()) * (1 + tolerance)
        few = comparison.codes.reshape(len(comparison.codes), -1)
        return grid_within(few, comparison.decode_flat, comparison.mean_error, most)


def _of_variance(codes: np.ndarray, fraction: float) -> Grid:
    """The grid whose squared error is a fraction of each dimension's variance."""
    deviation = codes.std(axis=0)
    step = np.where(deviation > 0, deviation * np.sqrt(12 * fraction), 1.0)
    return Grid(step.astype(np.float32), codes.mean(axis=0).astype(np.float32))


def encode_quantized(
    head: Head,
    stream: Stream,
    output: Path,
    bits: int,
    batch: int | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> tuple[Encoded, list[str]]:
    """Writes the quantized outputs of a head for every example to an .npz.

    Args:
        head: The head.
        stream: The examples.
        output: The file.
        bits: Bits of a number, from 2 to 16.
        batch: Examples at a time; None chooses by their size.
        progress: Called with the number of examples done.

    Returns:
        The result, and lines about it: its size, and what the quantization costs.

    Raises:
        InputError: An output is no real number, or the head does not take the input.
    """
    started = time.perf_counter()
    collected = collect(head, stream, batch, progress)
    again = write_quantized(collected, bits, output)
    seconds = time.perf_counter() - started
    encoded = Encoded(collected.count, collected.failures, seconds, collected.remark)
    first, *notes = summary(encoded, head, stream, output)
    lines = [f"{first.replace('float32', f'of {bits} bits')}; {output.stat().st_size:,} bytes"]
    for name, values in again.items():
        errors = np.square(values - collected.outputs[name]).mean(axis=0)
        spread = collected.outputs[name].var(axis=0)
        fraction = float(np.mean(errors / np.maximum(spread, np.finfo(np.float32).tiny)))
        lines.append(f"{name}: quantization adds {fraction:.3g} of a dimension's variance, on average")
    if "code" in again:
        comparison = Comparison(collected, Decoder.beside(head.folder))
        loss = comparison.loss(again["code"][collected.rows], head.input_spec.domain.unit_interval)
        lines += [loss.line] if loss.line else []
    return encoded, [*lines, *notes]


def write_quantized(collected: Collected, bits: int, output: Path) -> dict[str, np.ndarray]:
    """Writes quantized outputs of a head to an .npz, with their steps and offsets.

    It holds for each output NAME the arrays `NAME_level`, `NAME_step` and `NAME_offset`, with
    `NAME = NAME_level * NAME_step + NAME_offset`; and `files` and `labels`, where examples have them.

    Args:
        collected: The outputs.
        bits: From 2 to 16.
        output: The file.

    Returns:
        The outputs as they are read back, by name.

    Raises:
        InputError: An output is no real number.
    """
    arrays: dict[str, Any] = {}
    again = {}
    for name, values in collected.outputs.items():
        flat = values.reshape(len(values), prod(values.shape[1:]))
        if values.dtype.kind != "f" or are_whole(flat):
            raise InputError(
                f"{name} is whole numbers already, which need no quantization; leave out --bits, or name "
                "others with --outputs"
            )
        grid = Grid.over_range(flat.min(axis=0), flat.max(axis=0), bits)
        level, step, offset = quantized_names(name)
        levels = grid.levels(flat)
        arrays[level] = levels.astype(np.uint8 if bits <= 8 else np.uint16).reshape(values.shape)
        arrays[step], arrays[offset] = (array.reshape(values.shape[1:]) for array in (grid.step, grid.offset))
        again[name] = grid.codes(levels).reshape(values.shape)
    if collected.names is not None:
        arrays["files"] = np.array(collected.names)
    if collected.labels is not None:
        arrays["labels"] = collected.labels
    output.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(output) as (partial,):
        np.savez_compressed(partial, **arrays)
    return again
