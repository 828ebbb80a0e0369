"""NumPy files: their headers, read without their content, and what arrays of examples must be."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from keras_ae.data.examples import LARGEST
from keras_ae.domains import Domain
from keras_ae.errors import InputError

__all__ = ["Header", "check_sizes", "checked", "headers_of", "read_header", "readable", "with_channels"]


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


def check_sizes(path: str, headers: Iterable[Header]) -> None:
    """Refuses arrays that would not fit in memory as float32, before they are decoded.

    Args:
        path: The file.
        headers: Of the arrays that are to be read.

    Raises:
        InputError: If they take more than is held in memory.
    """
    size = sum(
        int(np.prod(header.shape, dtype=np.float64))
        * (1 if header.dtype == np.uint8 else max(4, header.dtype.itemsize))
        for header in headers
    )
    if size > LARGEST:
        raise InputError(
            f"{path} takes {size / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} are held in memory; "
            "train on a part of it"
        )


def checked(array: np.ndarray, where: str) -> np.ndarray:
    """An array whose rank, dtype and values are those of examples.

    Args:
        array: Any array.
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
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))
        raise InputError(
            f"expected finite numbers in {where}; {len(bad)} are NaN or infinite, the first at index "
            f"{tuple(int(i) for i in bad[0])}; replace or drop them"
        )
    return array


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


def with_channels(array: np.ndarray, series: bool, domain: Domain | None, where: str) -> np.ndarray:
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
    return array[..., None] if array.ndim == (2 if series else 3) and not one_hot else array
