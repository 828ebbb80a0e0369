"""Rows of a matrix that stay in their file: read in pieces to split them, and in batches to train on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.npy import checked, headers_of, read_header, readable
from keras_ae.data.precision import as_float32, standardized
from keras_ae.data.splits import digests
from keras_ae.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["Matrix", "StoredRows"]

PIECE = 2**24
"""Bytes of a matrix that are read at a time."""

FAR_APART = 2**32
"""Bytes of a matrix from which on neighboring rows are read together, because disks are faster so."""

NEIGHBORS = 8
"""Rows that are then read together."""


class Matrix(NamedTuple):
    """The matrix (n, d) of an .npy file, which is opened anew for each reading.

    A map that stays open would hold every page that it has read in memory.

    Attributes:
        path: The file.
        shape: (n, d).
        dtype: Of its values.
        fortran: Whether it is stored column by column.
        offset: Bytes before its first value.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    offset: int

    @classmethod
    def of(cls, path: str) -> Matrix:
        """The matrix of a file, of which the header is read.

        Args:
            path: An .npy file.

        Returns:
            The matrix.

        Raises:
            InputError: If the file is truncated or no NumPy file, or holds no matrix of numbers.
        """
        [(shape, dtype, fortran)] = headers_of(path).values()
        if len(shape) != 2:
            raise InputError(
                f"expected a matrix (n, features) in {path}, received shape {shape}; for examples of more "
                "axes x.reshape(len(x), -1)"
            )
        checked(np.zeros((min(shape[0], 1), shape[1]), dtype), path)
        with readable(path), open(path, "rb") as file:
            read_header(file)
            matrix = cls(path, shape, dtype, fortran, file.tell())
            size = Path(path).stat().st_size - matrix.offset
        if size < shape[0] * shape[1] * dtype.itemsize:
            raise InputError(
                f"{path} ends before its {shape[0]:,} rows: it holds {size:,} of "
                f"{shape[0] * shape[1] * dtype.itemsize:,} bytes; write or copy it anew"
            )
        if fortran and shape[1] > 1 and shape[0] > 1 and size > PIECE:
            raise InputError(
                f"{path} is stored column by column, which cannot be read row by row; save it with "
                "numpy.save(path, numpy.ascontiguousarray(x))"
            )
        return matrix

    def rows(self, index: Any) -> np.ndarray:
        """Reads rows.

        Args:
            index: Indices in any order, or a slice.

        Returns:
            (n, d), as they are stored.
        """
        with readable(self.path):
            whole: Any = np.memmap(
                self.path, self.dtype, "r", self.offset, self.shape, "F" if self.fortran else "C"
            )
            return np.array(whole[index])

    def pieces(self) -> Iterator[np.ndarray]:
        """Reads all rows in their order.

        Yields:
            (n, d) each, finite.

        Raises:
            InputError: For values that are not finite, with the first row of them.
        """
        step = max(1, PIECE // (self.shape[1] * self.dtype.itemsize))
        for start in range(0, self.shape[0], step):
            piece = self.rows(slice(start, start + step))
            as_float32(piece, self.path, start)
            yield piece

    def hashes(self) -> np.ndarray:
        """The hash of each row, for which all rows are read once.

        Returns:
            (n,), whole numbers of 64 bits.

        Raises:
            InputError: As `pieces` does.
        """
        return np.concatenate([np.frombuffer(b"".join(digests(piece)), ">u8") for piece in self.pieces()])


@dataclass(frozen=True, eq=False)
class StoredRows(Split):
    """Rows of a matrix that stay in its file, and are read and standardized in batches.

    Attributes:
        examples: Some of the rows (m, d), standardized, which stand for all where all are not needed.
        matrix: The matrix.
        index: (n,), the rows of the split, ascending.
        offset: (d,) or (), subtracted from rows.
        scale: (d,) or (), that they are then divided by.
        content: A hash of all rows of the split.
    """

    matrix: Matrix = field(kw_only=True)
    index: np.ndarray = field(kw_only=True)
    offset: Any = field(kw_only=True)
    scale: Any = field(kw_only=True)
    content: bytes = field(kw_only=True)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def group(self) -> int:
        return NEIGHBORS if len(self) * self.shape[0] * self.matrix.dtype.itemsize > FAR_APART else 1

    def take(self, index: Any) -> Split:
        """Some of the rows, in memory."""
        labels = None if self.labels is None else self.labels[index]
        return Split(self._read(self.index[index]), labels, self.stream)

    def thin(self, most: int) -> Split:
        return self.take(slice(None, None, max(1, -(-len(self) // most))))

    def update_hash(self, digest: Any) -> None:
        digest.update(self.content)

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        import tensorflow as tf

        def read(index, seeds):
            rows = tf.numpy_function(lambda rows: self._read(self.index[rows]), [index], tf.float32, False)
            return tf.ensure_shape(rows, (None, *self.shape))

        return read

    def _read(self, rows: np.ndarray) -> np.ndarray:
        return standardized(self.matrix.rows(rows), self.offset, self.scale)
