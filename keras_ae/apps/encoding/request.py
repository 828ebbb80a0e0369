"""The request for an encoding: an exported head and the data to encode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_ae.codec.bits import MOST_BITS
from keras_ae.errors import InputError

if TYPE_CHECKING:
    from keras_ae.apps.encoding.head import Head
    from keras_ae.data.streams.stream import Stream

__all__ = ["OUTPUTS", "EncodingRequest", "check_bits", "check_output", "check_quantization"]

OUTPUTS = (".npy", ".csv", ".parquet", ".tfrecord")
"""Suffixes of the files that codes are written to."""


def check_output(output: Path) -> None:
    """Checks that codes can be written to a file of a name.

    Args:
        output: The file.

    Raises:
        InputError: It has another suffix.
    """
    if output.suffix not in OUTPUTS:
        kinds = " or ".join(f"*{kind}" for kind in OUTPUTS)
        kinds += " (or *.npz with --bits)" if output.suffix == ".npz" else ""
        raise InputError(f"expected --output to be named {kinds}; received {str(output)!r}; add one of these")


def check_bits(bits: int, output: str) -> None:
    """Checks that quantized codes can be written to a file of a name.

    Args:
        bits: Bits of a number.
        output: The file.

    Raises:
        InputError: There are too few bits or too many, or the file is no .npz.
    """
    check_quantization(bits, None)
    if not output.endswith(".npz"):
        raise InputError(
            f"quantized codes go into an .npz, with their steps and offsets; name --output *.npz, received "
            f"{output!r}"
        )


def check_quantization(bits: int | None, tolerance: float | None) -> None:
    """Checks what decides the steps of a quantization.

    Args:
        bits: Bits of a number; None where the tolerance decides.
        tolerance: How much larger the error may become, as a fraction; None where the bits decide.

    Raises:
        InputError: Both are there, or one is out of its range.
    """
    if bits is not None and tolerance is not None:
        raise InputError("--bits gives the steps, and so does --tolerance; leave out one of them")
    if bits is not None and not 2 <= bits <= MOST_BITS:
        raise InputError(f"expected --bits from 2 to {MOST_BITS}, received {bits}")
    if tolerance is not None and not 0 < tolerance < math.inf:
        raise InputError(f"expected --tolerance above 0, such as 0.05, received {tolerance}")


@dataclass(frozen=True)
class EncodingRequest:
    """A head and the data that it encodes.

    Attributes:
        model: The name of an exported model.
        input: A data set's name, a folder of images, an .npy or .npz file, or a table's rows (.csv,
            .xlsx, .parquet, ...).
        models: The folder of all exported models.
        outputs: Names of the head's outputs to write; by default the code alone.
        head: The head's name.
        version: The head's version; None stands for the stable one.
        split: The split of a named data set: "train", "validation" or "test"; None stands for all of it.
        key: The name of the array in an .npz.
    """

    model: str
    input: str
    models: Path
    outputs: tuple[str, ...] = ()
    head: str = "encoder"
    version: int | None = None
    split: str | None = None
    key: str | None = None

    def open(self) -> tuple[Head, Stream]:
        """Opens the head and the data. TensorFlow is imported here.

        Returns:
            The head, which is not loaded yet, and the data as a stream of rows.

        Raises:
            InputError: There is no such head or data, or the head does not take the data.
        """
        from keras_ae.apps.encoding.head import Head
        from keras_ae.serving.versions import find_version

        folder = find_version(self.models, self.model, self.head, self.version)
        head = Head.of(folder, self.outputs)
        return head, head.open_stream(self.input, self.split, self.key)
