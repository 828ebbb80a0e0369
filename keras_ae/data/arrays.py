"""Arrays of the user's own: an .npy file, or an .npz with names."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar, NamedTuple

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.splits import assign, digests, split_by_content
from keras_ae.data.types import LARGEST, Data, Split
from keras_ae.domains import REAL, UNIT, Domain, domain_of
from keras_ae.errors import InputError

__all__ = [
    "LABELS",
    "ArrayFile",
    "Header",
    "checked",
    "data_in_domain",
    "read_header",
    "readable",
    "sample_blobs",
    "whole_labels",
    "with_channels",
]

EXAMPLES = ("x", "x_train", "images", "data", "examples", "arr_0")
LABELS = ("y", "y_train", "labels", "targets", "arr_1")
"""Names that arrays of examples and arrays of labels may have in an .npz, in the order of preference."""


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


@dataclass(frozen=True)
class ArrayFile(Dataset):
    """A NumPy file of vectors (n, features) or images (n, height, width) or (n, height, width, channels).

    With `series`, it holds series (n, time) or (n, time, channels). In the categorical domain, it holds the
    numbers of classes, from 0, in any of these shapes; the model takes them one-hot, (..., classes).

    Arrays of uint8, uint16 and bool, and floats within [0, 1], are values in [0, 1]. All others are real, and
    are standardized by the mean and the standard deviation of the training split, per feature of vectors and
    per channel of images. Examples are split 80 / 10 / 10 by content; an .npz with `x_train` and `x_test`
    keeps its own test split.

    Attributes:
        path: The file.
        key: The name of the array in an .npz; None for the first of x, x_train, images, data, examples and
            arr_0, or for the only array.
        domain: "unit", "real" or "categorical"; None to detect it.
        series: Whether the second axis is time.
    """

    priority: ClassVar[int] = 10
    path: str
    key: str | None = None
    domain: str | None = None
    series: bool = False

    def __post_init__(self):
        if self.domain is not None:
            domain_of(self.domain)

    @classmethod
    def accepts(cls, text: str) -> ArrayFile | None:
        return cls(text) if Path(text).suffix.lower() in (".npy", ".npz") and Path(text).is_file() else None

    def load(self) -> Data:
        """Reads the file.

        Raises:
            InputError: For pickled objects, a wrong rank or dtype, and values that are not finite.
        """
        arrays, key = self._read()
        where = f"{self.path}:{key}"
        examples = with_channels(checked(arrays[key], where), self.series, self._domain, where)
        labels = self._labels(arrays, len(examples))
        if key == "x_train" and "x_test" in arrays:
            splits = self._own_splits(arrays, examples, labels)
        else:
            splits = split_by_content(examples, labels)
        return data_in_domain(Path(self.path).name, splits, self._domain)

    def sample(self) -> Data:
        """Blobs of 12 x 12 pixels, with their rows as series, or bright and dark as classes."""
        return sample_blobs(self.series, self._domain)

    @property
    def _domain(self) -> Domain | None:
        return None if self.domain is None else domain_of(self.domain)

    def headers(self) -> dict[str, Header]:
        """Reads the headers of the file's arrays, but not their content.

        Returns:
            Headers by name; that of an .npy is called "array".

        Raises:
            InputError: If the file is not a NumPy file.
        """
        with readable(self.path):
            if Path(self.path).suffix.lower() == ".npy":
                with open(self.path, "rb") as file:
                    return {"array": read_header(file)}
            headers = {}
            with zipfile.ZipFile(self.path) as archive:
                for member in archive.namelist():
                    if member.endswith(".npy"):
                        with archive.open(member) as file:
                            headers[member.removesuffix(".npy")] = read_header(file)
            return headers

    def choose(self, headers: dict[str, Header]) -> str:
        """Chooses the examples among a file's arrays.

        Args:
            headers: Headers of the arrays by name.

        Returns:
            The name of the examples.

        Raises:
            InputError: If the key is unknown, or no array has a known name.
        """
        if self.key is not None and self.key not in headers:
            raise InputError(f"{self.path} holds {', '.join(sorted(headers))}; received data.key={self.key}")
        known = [name for name in (self.key, *EXAMPLES) if name in headers]
        if known or len(headers) == 1:
            return known[0] if known else next(iter(headers))
        raise InputError(
            f"{self.path} holds {', '.join(sorted(headers)) or 'nothing'}, none of them named "
            f'{", ".join(EXAMPLES)}; say which with SET="data.key=..." (to encode: --key)'
        )

    def _read(self):
        """The arrays of examples and labels, by name, and the name of the examples."""
        headers = self.headers()
        key = self.choose(headers)
        names = dict.fromkeys(name for name in (key, "x_test", "y_test", *LABELS) if name in headers)
        _check_sizes(self.path, [headers[name] for name in names])
        with readable(self.path):
            if Path(self.path).suffix.lower() == ".npy":
                return {key: np.load(self.path, allow_pickle=False)}, key
            with np.load(self.path, allow_pickle=False) as archive:
                return {name: archive[name] for name in names}, key

    def _labels(self, arrays, count, names=LABELS):
        """The first array of these names that holds one whole number per example, or None."""
        labels = (whole_labels(arrays[name], count) for name in names if name in arrays)
        return next((found for found in labels if found is not None), None)

    def _own_splits(self, arrays, examples, labels):
        """The splits of a file that has a test split."""
        where = f"{self.path}:x_test"
        test = with_channels(checked(arrays["x_test"], where), self.series, self._domain, where)
        if test.shape[1:] != examples.shape[1:] or test.dtype != examples.dtype or not len(test):
            raise InputError(
                f"x_train and x_test of {self.path} differ: {examples.shape} {examples.dtype} and "
                f"{test.shape} {test.dtype}"
            )
        parts = assign(digests(examples), test=0)
        test_labels = self._labels(arrays, len(test), ("y_test",))
        whole = Split(examples, None if test_labels is None else labels)
        return {
            "train": whole.take(parts["train"]),
            "validation": whole.take(parts["validation"]),
            "test": Split(test, None if labels is None else test_labels),
        }


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


def _check_sizes(path, headers):
    """Refuses arrays that would not fit in memory as float32, before they are decoded."""
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
    if array.ndim not in (2, 3, 4) or 0 in array.shape:
        raise InputError(
            f"expected (n, features), (n, height, width) or (n, height, width, channels) in {where}; "
            f"received shape {array.shape}"
        )
    if array.dtype.kind not in "buif":
        raise InputError(f"expected numbers in {where}; received dtype {array.dtype}")
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
            f"expected series (n, time) or (n, time, channels) in {where}; received {array.shape}"
        )
    one_hot = domain is not None and domain.one_hot
    return array[..., None] if array.ndim == (2 if series else 3) and not one_hot else array


def whole_labels(labels: np.ndarray, count: int) -> np.ndarray | None:
    """Labels, where an array holds one whole number per example.

    Args:
        labels: Any array.
        count: The number of examples.

    Returns:
        (n,), int64; None if the array does not hold labels.
    """
    if labels.shape in ((count,), (count, 1)) and np.issubdtype(labels.dtype, np.integer):
        return labels.reshape(-1).astype(np.int64)
    return None


def sample_blobs(series: bool, domain: Domain | None) -> Data:
    """Blobs of 12 x 12 pixels, with their rows as series, or bright and dark as classes.

    Args:
        series: Whether the second axis is time.
        domain: The domain; None to detect it.

    Returns:
        60 examples in splits.
    """
    rows, columns = np.mgrid[0:12, 0:12]
    centers = np.random.default_rng(0).uniform(2, 9, (60, 2, 1, 1))
    blobs = np.exp(-((rows - centers[:, 0]) ** 2 + (columns - centers[:, 1]) ** 2) / 6)
    examples = blobs.astype(np.float32) if series else blobs[..., None].astype(np.float32)
    if domain is not None and domain.one_hot:
        examples = (blobs > 0.5).astype(np.int64)
    return data_in_domain("sample", split_by_content(examples), domain)


def data_in_domain(name: str, splits: dict[str, Split], domain: Domain | None) -> Data:
    """Splits as data: one-hot, in [0, 1] or standardized, whichever the domain or the values call for.

    Args:
        name: The data's name.
        splits: "train", "validation" and "test", of examples as `with_channels` returns them.
        domain: The domain; None to detect it from the values.

    Returns:
        The data.

    Raises:
        InputError: For classes that are not whole numbers from 0.
    """
    train = splits["train"].examples
    dtype = train.dtype
    if domain is not None and domain.one_hot:
        return Data(name, **_one_hot(name, splits), domain=domain)
    if (domain is None or domain.unit_interval) and dtype in (np.uint8, np.bool_, np.uint16):
        full = {"uint8": None, "bool": 1, "uint16": 65535}[dtype.name]
        convert = (lambda x: x) if full is None else (lambda x: x.astype(np.float32) / np.float32(full))
        notes: tuple[str, ...] = ()
        if dtype == np.uint16 and train.max() < 2**14:
            notes = (
                f"uint16 values count as parts of 65535, the largest here is {train.max()}: nearly black; "
                'scale them, or call them real: SET="data.domain=real"',
            )
        return Data(name, **_map(splits, convert), domain=UNIT, notes=notes)
    spans = [(split.examples.min(), split.examples.max()) for split in splits.values()]
    within = min(low for low, _ in spans) >= 0 and max(high for _, high in spans) <= 1
    if (domain is None and within) or (domain is not None and not domain.scaled):
        return Data(name, **_map(splits, lambda x: x.astype(np.float32)), domain=domain or UNIT)
    axes = tuple(range(train.ndim - 1))
    offset = train.mean(axes, dtype=np.float64)
    constant = train.max(axes) == train.min(axes)
    scale = np.where(constant, 1.0, train.std(axes, dtype=np.float64))
    standardized = _map(splits, lambda x: ((x - offset) / scale).astype(np.float32))
    return Data(
        name, **standardized, domain=REAL, offset=offset.astype(np.float32), scale=scale.astype(np.float32)
    )


def _one_hot(name, splits):
    """Splits of the numbers of classes as one-hot splits of bool (n, ..., classes)."""
    values = [split.examples for split in splits.values()]
    if values[0].dtype.kind not in "bui" or min(part.min() for part in values) < 0:
        raise InputError(
            f"expected whole numbers from 0, each the number of a class, in {name}; received "
            f"{values[0].dtype} from {min(part.min() for part in values)}; count the classes from 0"
        )
    classes = int(max(part.max() for part in values)) + 1
    size = sum(part.size for part in values) * classes
    if size > LARGEST:
        raise InputError(
            f"{name} takes {size / 2**30:.1f} GiB with {classes:,} classes one-hot, at most "
            f"{LARGEST / 2**30:.0f} are held in memory; number the classes 0, 1, 2, ..."
        )
    return _map(splits, lambda part: np.arange(classes) == part[..., None])


def _map(splits, convert):
    """Splits with converted examples."""
    return {name: Split(convert(split.examples), split.labels) for name, split in splits.items()}
