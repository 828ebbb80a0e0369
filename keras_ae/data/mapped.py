"""Examples that stay on disk: rows of an array in a file, read where they are needed."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.data.examples import LARGEST, MOST_AT_ONCE, Split
from keras_ae.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = [
    "MOST_IN_MEMORY",
    "MappedExamples",
    "MappedSplit",
    "MappedValues",
    "blocks_of",
    "converted",
    "left_on_disk",
    "split_of",
]

MOST_IN_MEMORY = 2**29
"""Bytes of examples, as a model takes them; more stay on disk unless the user says otherwise."""

BLOCK = 2**24
"""Bytes of examples that are read at a time where all are looked at."""

Step = Callable[[np.ndarray], np.ndarray]


class MappedArray:
    """An array that a user has mapped, such as `numpy.load(path, mmap_mode="r")`.

    Args:
        array: The map.
    """

    def __init__(self, array: np.ndarray):
        self.array = np.asarray(array)

    def __len__(self) -> int:
        return len(self.array)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Reads rows.

        Args:
            rows: Their indices, in any order.

        Returns:
            A copy of them, in memory.
        """
        return self.array[rows]


class MappedValues(MappedArray):
    """The array of an .npy file in a map: its bytes are read by the system, and kept while there is room.

    Args:
        path: The file, not in Fortran order.
        shape: The shape of the array.
        dtype: Its type.
        offset: Bytes before its first value.
    """

    def __init__(self, path: str, shape: tuple[int, ...], dtype: np.dtype, offset: int):
        self._offset, self._row = offset, dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._path = path
        count = int(np.prod(shape, dtype=np.int64))
        super().__init__(np.frombuffer(self._map, dtype, count, offset).reshape(shape))

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Reads rows.

        Args:
            rows: Their indices, in any order.

        Returns:
            A copy of them, in memory.

        Raises:
            InputError: If the file has become shorter since it was opened.
        """
        if self._map.size() < len(self._map):  # where reading the map would end the process
            raise InputError(f"{self._path} has become shorter since it was opened; start again")
        if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return np.array(self.array[rows[0] : rows[0] + len(rows)])
        self._announce(rows)
        return super().read(rows)

    def _announce(self, rows: np.ndarray) -> None:
        """Lets the system read rows from disk together, where it would read one after the other."""
        if not hasattr(mmap, "MADV_WILLNEED"):  # as on Windows
            return
        starts = self._offset + rows.astype(np.int64) * self._row
        aligned = starts // mmap.PAGESIZE * mmap.PAGESIZE
        for start, size in zip(aligned.tolist(), (starts - aligned + self._row).tolist(), strict=True):
            self._map.madvise(mmap.MADV_WILLNEED, start, size)


class MappedExamples:
    """Examples (n, *shape) of which nothing is in memory; an array of NumPy where they are read.

    Indexing along the first axis gives others that are not read either. Where NumPy or TensorFlow takes an
    array it takes these too, and reads them.

    Args:
        values: Where they are.
        rows: The index of each example in the values; None for all in their order.
        steps: What is made of rows when they are read, each (n, ...) -> (n, ...).
    """

    def __init__(
        self, values: MappedValues | MappedArray, rows: np.ndarray | None = None, steps: Sequence[Step] = ()
    ):
        self.values, self.steps = values, tuple(steps)
        self.rows = np.arange(len(values)) if rows is None else rows
        none = self._read(self.rows[:0])
        self.shape, self.dtype = (len(self.rows), *none.shape[1:]), none.dtype
        self.ndim, self.size = none.ndim, int(np.prod(self.shape, dtype=np.int64))
        self.nbytes = self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """One example, in memory, or some that are not read.

        Args:
            index: Of one, or indices, a slice or a mask.
        """
        if isinstance(index, int | np.integer):
            return self._read(np.array([self.rows[index]]))[0]
        return MappedExamples(self.values, self.rows[index], self.steps)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (example for block in self.blocks() for example in block)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All examples in memory.

        Raises:
            InputError: If they take more than is held in memory.
        """
        if self.nbytes > LARGEST:
            raise InputError(
                f"{len(self):,} examples take {self.nbytes / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} "
                "are held in memory at once; give fewer or smaller ones"
            )
        return self._read(self.rows).astype(dtype or self.dtype, copy=False)

    def read(self, index: np.ndarray) -> np.ndarray:
        """Reads examples.

        Args:
            index: Their indices, in any order.

        Returns:
            (n, *shape), in memory.
        """
        return self._read(self.rows[index])

    def blocks(self) -> Iterator[np.ndarray]:
        """Reads all examples in their order.

        Yields:
            (n, *shape), of few megabytes each.
        """
        step = max(1, BLOCK // max(1, self.nbytes // max(1, len(self))))
        for start in range(0, len(self), step):
            yield self._read(self.rows[start : start + step])

    def map(self, step: Step) -> MappedExamples:
        """Examples of which more is made when they are read.

        Args:
            step: (n, *shape) -> (n, ...), of each example by itself.

        Returns:
            The examples.
        """
        return MappedExamples(self.values, self.rows, (*self.steps, step))

    def joined(self, other: Any) -> Any:
        """These examples followed by others.

        Args:
            other: Examples of the same shape, an array or mapped.

        Returns:
            Both, mapped if they are of the same file and read alike, else in memory.
        """
        if isinstance(other, MappedExamples) and (other.values, other.steps) == (self.values, self.steps):
            return MappedExamples(self.values, np.concatenate([self.rows, other.rows]), self.steps)
        return np.concatenate([np.asarray(self), np.asarray(other)])

    def astype(self, dtype: Any) -> MappedExamples:
        """The examples as another type.

        Args:
            dtype: The type.

        Returns:
            The examples.
        """
        return self.map(lambda block: block.astype(dtype))

    def min(self) -> Any:
        """The lowest value.

        Returns:
            It, as the examples have it.
        """
        return self._ends[0]

    def max(self) -> Any:
        """The highest value.

        Returns:
            It, as the examples have it.
        """
        return self._ends[1]

    def mean(self, axis: Any = 0, dtype: Any = np.float64, out: None = None) -> np.ndarray:
        """The mean over axes, the first among them.

        Args:
            axis: The axes.
            dtype: Of the sums.
            out: Not used.

        Returns:
            The means.
        """
        total = sum(block.sum(axis, dtype=dtype) for block in self.blocks())
        axes = (axis,) if isinstance(axis, int) else axis
        return total / np.prod([self.shape[each] for each in axes], dtype=np.float64)

    def std(self, axis: Any = 0, dtype: Any = np.float64) -> np.ndarray:
        """The standard deviation over axes, the first among them.

        Args:
            axis: The axes.
            dtype: Of the sums.

        Returns:
            The standard deviations.
        """
        middle = self.mean(axis, dtype)
        axes = (axis,) if isinstance(axis, int) else axis
        wide = np.expand_dims(middle, axes)
        return np.sqrt(self.map(lambda block: (block.astype(dtype) - wide) ** 2).mean(axis, dtype))

    @cached_property
    def _ends(self) -> tuple[Any, Any]:
        ends = [(block.min(), block.max()) for block in self.blocks()]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        read = self.values.read(rows)
        for step in self.steps:
            read = step(read)
        return read


class MappedSplit(Split):
    """A split of `MappedExamples`, which training reads in batches."""

    @property
    def numbers(self) -> Any:
        full = np.float32(255 if self.examples.dtype == np.uint8 else 1)
        return self.mapped.map(lambda block: np.divide(block, full, dtype=np.float32))

    @property
    def mapped(self) -> MappedExamples:
        """The examples."""
        return self.examples  # type: ignore[return-value]

    @property
    def on_disk(self) -> bool:
        return True

    def in_memory(self, most: int = MOST_AT_ONCE) -> Split:
        """Evenly spaced examples in memory, as many as methods take that need many at once."""
        few = self.thin(max(1, most // (4 * int(np.prod(self.shape)))))
        names = ("labels", "stream", "masks", "images", "groups", "weights")
        own = {name: getattr(few, name) for name in names}
        return Split(np.asarray(few.examples), **own)

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        import tensorflow as tf

        from keras_ae.data.tensors import values

        def read(index, seeds):
            rows = tf.numpy_function(self.mapped.read, [index], self.examples.dtype, stateful=False)
            # with the number of rows, without which the steps of training would be compiled in another way
            return values(tf.ensure_shape(rows, (index.shape[0], *self.shape)))

        return read

    def blocks(self) -> Iterator[np.ndarray]:
        return self.mapped.blocks()

    def _followed_by(self, other: Split) -> Any:
        return self.mapped.joined(other.examples)


def left_on_disk(array: np.ndarray) -> Any:
    """An array that a user gives, which stays on disk if it is a map of more than is held in memory.

    Args:
        array: (n, ...), any.

    Returns:
        `MappedExamples`, or the array itself.
    """
    large = isinstance(array, np.memmap) and array.nbytes > MOST_IN_MEMORY
    return MappedExamples(MappedArray(array)) if large else array


def split_of(examples: Any, labels: np.ndarray | None = None) -> Split:
    """A split of examples in memory, or on disk.

    Args:
        examples: (n, *shape), an array or `MappedExamples`.
        labels: (n,); None for examples without labels.

    Returns:
        The split.
    """
    kind = MappedSplit if isinstance(examples, MappedExamples) else Split
    return kind(examples, labels)


def converted(examples: Any, step: Step) -> Any:
    """What is made of examples, of those on disk when they are read.

    Args:
        examples: (n, *shape), an array or `MappedExamples`.
        step: (n, *shape) -> (n, ...), of each example by itself.

    Returns:
        (n, ...), an array or `MappedExamples`.
    """
    return examples.map(step) if isinstance(examples, MappedExamples) else step(examples)


def blocks_of(examples: Any) -> Iterator[np.ndarray]:
    """All examples in their order, those on disk some at a time.

    Args:
        examples: (n, *shape), an array or `MappedExamples`.

    Returns:
        Arrays (m, *shape); of an array itself alone.
    """
    return split_of(examples).blocks()
