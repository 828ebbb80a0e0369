"""Embeddings and activations of other networks: matrices of one vector an example, of any number of rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.counts import size_in_words
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset
from keras_ae.data.embeddings.stored import Matrix, StoredRows
from keras_ae.data.examples import Split
from keras_ae.data.precision import standardized
from keras_ae.data.scaling import Scaler
from keras_ae.data.splits import TEST, VALIDATION, assign_hashes, split_by_content
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_choices

__all__ = ["Embeddings"]

MOST_AT_ONCE_BACK = 20_000
"""Rows of the validation split, and of the test split, at most about; they are held in memory."""

MOST_VALUES = 2**24
"""Values that the mean and the scale are computed from, at most."""

MOST_SHOWN = 1000
"""Rows of the training split that stand for all of them where a few will do."""


@dataclass(frozen=True)
class Embeddings(Dataset):
    """A NumPy file of vectors (n, features), such as another network's activations, of any number of rows.

    An .npy stays on disk: it is read once in pieces, to split its rows by their content and to check them,
    and then in batches. Of n rows 10 % validate and 10 % test, but not many more than 20,000 each.

    Attributes:
        path: The file.
        key: The name of the matrix in an .npz, as for `ArrayFile`.
        standardize: "overall" subtracts the mean of each feature and divides all by one scale, so that
            features keep their sizes relative to each other, "columns" divides each by its own deviation,
            "none" leaves values as they are.
    """

    category: ClassVar[str] = "embeddings"
    priority: ClassVar[int] = 80
    path: str
    key: str | None = None
    standardize: str = "overall"

    def __post_init__(self):
        check_choices(self, standardize=("overall", "columns", "none"))

    @classmethod
    def accepts(cls, text: str) -> Embeddings | None:
        file = ArrayFile.accepts(text)
        if file is None:
            return None
        try:
            headers = file.headers()
            shape = headers[file.choose(headers)].shape
        except InputError:  # told where the file is read
            return None
        return cls(text) if len(shape) == 2 else None

    def load(self) -> Data:
        """Splits the rows, and finds their mean and scale.

        Raises:
            InputError: For a file that holds no matrix of finite numbers, is truncated, or cannot be read.
        """
        return self._load()

    def load_like(self, scaler: Scaler) -> Data:
        return self._load(scaler if scaler.domain == REAL else None)

    def sample(self) -> Data:
        """80 vectors of 12 features, sums of few of 20 random ones."""
        random = np.random.default_rng(0)
        amounts = random.exponential(size=(80, 20)) * (random.uniform(size=(80, 20)) < 0.15)
        vectors = (amounts @ random.normal(size=(20, 12)) + 5).astype(np.float32)
        splits = {name: part.examples for name, part in split_by_content(vectors).items()}
        offset, scale = self._scaling(splits["train"])
        parts: dict[str, Any] = {
            name: Split(standardized(rows, offset, scale)) for name, rows in splits.items()
        }
        return Data("sample", **parts, domain=REAL, offset=offset, scale=scale)

    def _load(self, learned: Scaler | None = None) -> Data:
        if Path(self.path).suffix.lower() != ".npy":
            return self._of_archive(learned)
        if self.key is not None:
            raise InputError(f"{self.path} holds one array without a name; leave data.key={self.key} out")
        matrix = Matrix.of(self.path)
        content, count = matrix.hashes(), matrix.shape[0]
        fraction = min(1.0, MOST_AT_ONCE_BACK / (TEST * count))
        index = assign_hashes(content, VALIDATION * fraction, TEST * fraction)
        if learned is None:
            most = max(2, MOST_VALUES // matrix.shape[1])
            offset, scale = self._scaling(matrix.rows(_thinned(index["train"], most)))
        else:
            offset, scale = learned.offset, learned.scale
        held_back: dict[str, Any] = {
            name: Split(standardized(matrix.rows(index[name]), offset, scale))
            for name in ("validation", "test")
        }
        shown = matrix.rows(_thinned(index["train"], MOST_SHOWN))
        train = StoredRows(
            standardized(shown, offset, scale),
            matrix=matrix,
            index=index["train"],
            offset=offset,
            scale=scale,
            content=hashlib.blake2b(content[index["train"]].tobytes()).digest(),
        )
        size = count * matrix.shape[1] * matrix.dtype.itemsize
        rule = "by content: equal rows are in one split"
        notes = (f"{count:,} rows of {matrix.dtype}, {size_in_words(size)}, read in batches", f"split {rule}")
        return Data(
            Path(self.path).name, train, **held_back, domain=REAL, offset=offset, scale=scale, notes=notes,
            rule=rule,
        )  # fmt: skip

    def _of_archive(self, learned: Scaler | None) -> Data:
        """The arrays of an .npz, which are in memory, with their labels and splits."""
        data = ArrayFile(self.path, self.key, domain="real").load()
        if learned is None:
            rows = data.scaler.inverse_transform(
                data.train.thin(max(2, MOST_VALUES // data.train.shape[0])).numbers
            )
            learned = Scaler(REAL, *self._scaling(rows))
        return data.rescaled(learned)

    def _scaling(self, rows: np.ndarray) -> tuple[Any, Any]:
        """The offset and the scale of rows, float32."""
        if self.standardize == "none":
            return np.float32(0), np.float32(1)
        mean = rows.mean(axis=0, dtype=np.float64)
        spread = np.sqrt(np.square(rows - mean).mean(axis=0))
        if not spread.any():
            raise InputError(f"all rows of {self.path} are equal; give rows that differ")
        if self.standardize == "overall":
            return mean.astype(np.float32), np.float32(np.sqrt(np.square(spread).mean()))
        return mean.astype(np.float32), np.where(spread > 0, spread, 1.0).astype(np.float32)


def _thinned(index: np.ndarray, most: int) -> Any:
    """Evenly spaced ones of some indices."""
    return index[:: max(1, -(-len(index) // most))]
