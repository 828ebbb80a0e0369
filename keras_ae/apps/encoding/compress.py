"""Compression: encodes an input, quantizes its codes, and stores them in few bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.encoding.collect import Collected, collect
from keras_ae.apps.encoding.decoder import Decoder, fingerprint
from keras_ae.apps.encoding.head import Head
from keras_ae.apps.encoding.loss import Comparison, Loss
from keras_ae.apps.encoding.quantize import Quantization
from keras_ae.codec.codes_file import DTYPES, CodesFile, Sizes, written
from keras_ae.counts import counted
from keras_ae.data.images.listing import fault_note
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import files_below, written_whole

__all__ = ["Compressed", "compress", "report", "stored_bytes"]


@dataclass(frozen=True)
class Compressed:
    """The result of a compression.

    Attributes:
        count: Examples.
        dimensions: Numbers of a code.
        whole: Whether the codes are whole numbers, which are stored as they are.
        sizes: The bytes of the file by what they are for.
        loss: What the quantization costs.
        input_bytes: What the input takes on disk; None where that is not known.
        decoder_bytes: What the decoder takes on disk; None if there is none.
        failures: The reason for each image that was left out, by its name.
        remark: A line about examples that are unlike the training data; empty if they are like them.
    """

    count: int
    dimensions: int
    whole: bool
    sizes: Sizes
    loss: Loss
    input_bytes: int | None
    decoder_bytes: int | None
    failures: dict[str, str]
    remark: str

    @property
    def bytes_an_example(self) -> float:
        """The file's bytes over the number of examples."""
        return self.sizes.total / self.count

    @property
    def pays_from(self) -> int | None:
        """The number of examples from which file and decoder take less than the input; None for never.

        Nor is there one where it is not known what the codes lose.
        """
        if self.input_bytes is None or self.decoder_bytes is None or self.loss.mse is None:
            return None
        saved = (self.input_bytes - self.sizes.total) / self.count
        return None if saved <= 0 else int(-(-self.decoder_bytes // saved))


def compress(
    head: Head,
    stream: Stream,
    output: Path,
    quantization: Quantization,
    batch: int | None = None,
    input_bytes: int | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> Compressed:
    """Writes the codes of every example of an input to a .kae.

    Args:
        head: The encoder, with the output `code` alone.
        stream: The input.
        output: The file, which appears when it is complete.
        quantization: How codes are quantized, unless they are whole numbers.
        batch: Examples at a time; None chooses by their size.
        input_bytes: What the input takes on disk, to compare with.
        progress: Called with the number of examples done.

    Returns:
        What was written.

    Raises:
        InputError: The head does not take the input, or its codes cannot be stored.
    """
    decoder = Decoder.beside(head.folder)
    collected = collect(head, stream, batch, progress)
    comparison = Comparison(collected, decoder)
    codes = collected.outputs["code"]
    if str(codes.dtype) not in DTYPES:
        raise InputError(f"expected codes of one of {', '.join(DTYPES)}, the encoder gives {codes.dtype}")
    flat = codes.reshape(len(codes), -1)
    grid = quantization.grid(flat, comparison)
    file = CodesFile(
        flat.astype(np.int32) if grid is None else grid.levels(flat),
        grid, codes.shape[1:], str(codes.dtype), head.folder.parent.parent.name,
        fingerprint(head.folder if decoder is None else decoder.folder),
        collected.names, _labels(collected, decoder),
    )  # fmt: skip
    content, sizes = written(file)
    loss = comparison.loss(file.codes[collected.rows], head.input_spec.domain.unit_interval)
    output.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(output) as (partial,):
        partial.write_bytes(content)
    return Compressed(
        len(flat), flat.shape[1], grid is None, sizes, loss, input_bytes,
        None if decoder is None else decoder.size, collected.failures, collected.remark,
    )  # fmt: skip


def _labels(collected: Collected, decoder: Decoder | None) -> np.ndarray | None:
    """The class of each example, where the decoder takes it."""
    return collected.labels if decoder is not None and decoder.takes_labels else None


def stored_bytes(path: str) -> int | None:
    """What an input takes on disk.

    Args:
        path: The argument that names it.

    Returns:
        The bytes of a file, or of all files below a folder; None for what is no path.
    """
    if os.path.isdir(path):
        return sum(os.path.getsize(os.path.join(path, name)) for name in files_below(path).names)
    return os.path.getsize(path) if os.path.isfile(path) else None


def report(compressed: Compressed, stream: Stream, output: Path) -> list[str]:
    """Lines about a compression: its size and its parts, what it costs, and from when it pays.

    Args:
        compressed: The result.
        stream: The input.
        output: The file.

    Returns:
        The lines.
    """
    sizes, count = compressed.sizes, compressed.count
    names = f", names {sizes.names:,}" if sizes.names else ""
    lines = [
        f"{output}: {counted(count, 'example')} in {sizes.total:,} bytes, {compressed.bytes_an_example:.2f} "
        f"an example; codes {sizes.codes:,}, tables {sizes.tables:,}{names}, the rest {sizes.rest:,}",
    ]
    lines.append(
        f"codes of {counted(compressed.dimensions, 'whole number')}, stored without a loss"
        if compressed.whole
        else f"codes of {counted(compressed.dimensions, 'number')}, quantized; as float32 they take "
        f"{4 * compressed.dimensions * count:,} bytes"
    )
    lines += [compressed.loss.line] if compressed.loss.line else []
    lines += [_payment(compressed)] if _payment(compressed) else []
    if compressed.failures:
        lines.append(fault_note(compressed.failures, stream.count, stream.noun))
    return [*lines, *stream.notes]


def _payment(compressed: Compressed) -> str:
    """From how many examples on the file and the decoder take less than the input."""
    if compressed.decoder_bytes is None:
        return "the model has no decoder of codes alone, so only the codes can be decompressed (--codes)"
    decoder = f"the decoder takes {compressed.decoder_bytes:,} bytes"
    if compressed.loss.mse is None:
        return f"{decoder}; how far its outputs are from the input is not compared for examples of this kind"
    if compressed.input_bytes is None:
        return decoder
    own = compressed.input_bytes / compressed.count
    if compressed.pays_from is None:
        return f"{decoder}; the input takes {own:.2f} an example, so this does not pay"
    return (
        f"{decoder}; the input takes {own:.2f} an example, so file and decoder together take less from "
        f"{counted(compressed.pays_from, 'example')} on"
    )
