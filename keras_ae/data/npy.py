"""NumPy files: their headers, read without their content, and what arrays of examples must be."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from keras_ae.data.examples import LARGEST
from keras_ae.data.mapped import MappedExamples, MappedValues, blocks_of, converted
from keras_ae.domains import Domain
from keras_ae.errors import InputError

__all__ = [
    "Header",
    "bytes_in_memory",
    "check_sizes",
    "checked",
    "headers_of",
    "mapped_array",
    "read_header",
    "readable",
    "with_channels",
]


class Header(NamedTuple):
    """The header of an array.

    Attributes:
        shape: Shape of the array.
        dtype: Type of its values.
        fortran: Whether the array is stored in Fortran order.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turns the errors of reading a NumPy file into an InputError.

    Args:
        path: The file.

    Yields:
        Nothing, for the body of a `with` that reads the file.

    Raises:
        InputError: If the body raises an error of reading.
    """
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path} cannot be read as a NumPy file of plain numbers "
            f"({' '.join(str(error).split())}); write it with numpy.save or numpy.savez"
        ) from error


def headers_of(path: str) -> dict[str, Header]:
    """Reads the headers of a file's arrays, but not their content.

    Args:
        path: An .npy or .npz file.

    Returns:
        Headers by name; that of an .npy is called "array".

    Raises:
        InputError: If the file is not a NumPy file.
    """
    with readable(path):
        if Path(path).suffix.lower() == ".npy":
            with open(path, "rb") as file:
                return {"array": read_header(file)}
        headers = {}
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith(".npy"):
                    with archive.open(member) as file:
                        headers[member.removesuffix(".npy")] = read_header(file)
        return headers


def read_header(file: IO[bytes]) -> Header:
    """Reads the header of an .npy file, up to the first byte of the array.

    Args:
        file: The file, at its beginning.

    Returns:
        The header.
    """
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    return Header(shape, dtype, fortran)


def check_sizes(path: str, headers: Iterable[Header], advice: str = "") -> None:
    """Refuses arrays that would not fit in memory as float32, before they are decoded.

    Args:
        path: The file.
        headers: Of the arrays that are to be read.
        advice: What to do, for the message; "" to train on less.

    Raises:
        InputError: If they take more than is held in memory.
    """
    size = sum(map(bytes_in_memory, headers))
    if size > LARGEST:
        raise InputError(
            f"{path} takes {size / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} are held in memory; "
            f"{advice or 'train on a part of it'}"
        )


def bytes_in_memory(header: Header) -> int:
    """The bytes that an array takes in memory as a model takes it: float32, or bytes.

    Args:
        header: The array's.

    Returns:
        Their number.
    """
    each = 1 if header.dtype == np.uint8 else max(4, header.dtype.itemsize)
    return int(np.prod(header.shape, dtype=np.float64)) * each


def mapped_array(path: str) -> MappedExamples:
    """The array of an .npy file, which stays there until examples are read.

    Args:
        path: The file, not in Fortran order.

    Returns:
        Its examples.

    Raises:
        InputError: If the file is truncated, or no NumPy file.
    """
    with readable(path), open(path, "rb") as file:
        header = read_header(file)
        offset, size = file.tell(), Path(path).stat().st_size
    expected = int(np.prod(header.shape, dtype=np.float64)) * header.dtype.itemsize
    if size - offset < expected:
        raise InputError(
            f"{path} ends before its {header.shape[0]:,} examples: it holds {size - offset:,} of "
            f"{expected:,} bytes; write or copy it anew"
        )
    return MappedExamples(MappedValues(path, header.shape, header.dtype, offset))


def checked(array: Any, where: str) -> Any:
    """An array whose rank, dtype and values are those of examples.

    Args:
        array: Any array, also a mapped one, which is read once.
        where: What the array is called in a message.

    Returns:
        The array.

    Raises:
        InputError: For another rank, no rows, text or objects, channels first, and values that are not
            finite.
    """
    if array.dtype.names:
        raise InputError(
            f"expected numbers in {where}; received records of {', '.join(array.dtype.names)}; join the "
            "fields with numpy.lib.recfunctions.structured_to_unstructured(x)"
        )
    if array.ndim not in (2, 3, 4, 5) or 0 in array.shape:
        raise InputError(
            f"expected (n, features), (n, height, width) or (n, height, width, channels), or clips (n, "
            f"frames, height, width, channels), in {where}; received shape {array.shape}; "
            f"{_reshaping(array.shape)}"
        )
    if array.dtype.kind not in "buif":
        advice = DTYPES.get(array.dtype.kind, "convert them with x.astype('float32')")
        raise InputError(f"expected numbers in {where}; received dtype {array.dtype}; {advice}")
    if array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] > 4:
        raise InputError(
            f"expected channels last in {where}; received shape {array.shape}, which looks like channels "
            "first; move the axis with numpy.moveaxis(x, 1, -1)"
        )
    if array.dtype.kind == "f":
        _check_finite(array, where)
    return array


def _check_finite(array: Any, where: str) -> None:
    """Refuses numbers that are not finite."""
    count, start, first = 0, 0, None
    for block in blocks_of(array):
        finite = np.isfinite(block)
        if not finite.all():
            bad = np.argwhere(~finite)
            first = first or (start + int(bad[0][0]), *map(int, bad[0][1:]))
            count += len(bad)
        start += len(block)
    if first is not None:
        raise InputError(
            f"expected finite numbers in {where}; {count} are NaN or infinite, the first at index {first}; "
            "replace or drop them"
        )


DTYPES = {
    "U": "words are learned as columns of a table: give a data frame, or a .csv",
    "S": "words are learned as columns of a table: give a data frame, or a .csv",
    "c": "stack x.real and x.imag as channels",
    "M": "subtract a date and divide by a duration, such as (x - x.min()) / numpy.timedelta64(1, 'h')",
    "m": "divide them by a duration, such as x / numpy.timedelta64(1, 'h')",
}
"""How values of other types become numbers, by the letter of their type."""


def _reshaping(shape: tuple[int, ...]) -> str:
    """How an array of another rank becomes one of examples."""
    if 0 in shape:
        return "give one that holds examples"
    if len(shape) < 2:
        return "for one feature of each example: x.reshape(-1, 1)"
    return f"for examples of {len(shape) - 1} axes flatten some: x.reshape(len(x), -1)"


def with_channels(array: Any, series: bool, domain: Domain | None, where: str) -> Any:
    """Adds the axis of a single channel to images and series, except to numbers of classes.

    Args:
        array: As `checked` returns it.
        series: Whether the second axis is time.
        domain: The domain, if it is set.
        where: What the array is called in a message.

    Returns:
        The array, with one more axis where it lacks channels.

    Raises:
        InputError: For series of too many axes.
    """
    if series and array.ndim > 3:
        raise InputError(
            f"expected series (n, time) or (n, time, channels) in {where}; received {array.shape}; "
            f"{_reshaping(array.shape)}"
        )
    one_hot = domain is not None and domain.one_hot
    lacking = array.ndim == (2 if series else 3) and not one_hot
    return converted(array, lambda block: block[..., None]) if lacking else array
