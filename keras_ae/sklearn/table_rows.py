"""What rows of numbers and words, some of them missing, are to a network, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from keras_ae.data.examples import Split
from keras_ae.data.precision import clipped
from keras_ae.data.scaling import Scaler
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.fitting import fit_columns, number_precision
from keras_ae.data.tables.frame_columns import frame_columns
from keras_ae.data.tables.preprocessing import Preprocessor, preprocessor_of
from keras_ae.data.tables.words import MOST_WORDS, words_of
from keras_ae.data.types import Data
from keras_ae.domains import Domain, domain_of, domain_of_table
from keras_ae.errors import InputError

__all__ = ["TableRows", "frame_of_words", "is_table", "table_as_data"]


@dataclass(frozen=True, eq=False)
class TableRows:
    """Rows of a table.

    Attributes:
        scaler: Between the rows and what the network takes, with the preprocessor of the columns.
        complete: The columns of which no value was missing in fit, so that no mask was learned for them.
        framed: Whether the rows of fit were a data frame.
    """

    scaler: Scaler
    complete: tuple[str, ...]
    framed: bool

    @property
    def domain(self) -> Domain:
        """The domain of what the network takes."""
        return self.scaler.domain

    @property
    def preprocessor(self) -> Preprocessor:
        """The preprocessor of the columns."""
        assert self.scaler.preprocessor is not None  # as `table_as_data` makes it
        return self.scaler.preprocessor

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an example in the network."""
        return (len(self.preprocessor.groups),)

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Rows as the network takes them.

        Args:
            X: (n, columns), of the columns of fit in their order.

        Returns:
            (n, features), float32.

        Raises:
            InputError: For missing values of a column that had none in fit, and for values of another kind.
        """
        words = self.preprocessor.words
        numbers = tuple(name for name in self.preprocessor.columns if name not in words)
        columns = read_columns(X, numbers, words)
        for name in self.complete:
            if columns[name].missing.any():
                row = int(np.flatnonzero(columns[name].missing)[0])
                raise InputError(
                    f"expected a value in column {name!r}, of which none was missing in fit, so that no mask "
                    f"was learned for it; row {row} has none (NaN): fill it, or fit on rows that lack some"
                )
        return self.preprocessor.numbers_of(_values(columns))

    def inverse_transform(self, features: np.ndarray) -> Any:
        """Reconstructions as rows.

        Args:
            features: (n, features), float32.

        Returns:
            A data frame of the columns of fit, with NaN where a value is likelier missing; an array (n,
            columns) where fit took one of numbers.
        """
        frame = pd.DataFrame(self.preprocessor.columns_of(features))
        return frame if self.framed or self.preprocessor.words else frame.to_numpy(np.float64)

    def facts(self) -> dict[str, Any]:
        """What `from_facts` takes.

        Returns:
            Facts, as JSON has them; the preprocessor's model has a file of its own.
        """
        return {
            "domain": str(self.domain),
            "signature": self.preprocessor.signature,
            "groups": np.asarray(self.preprocessor.groups).tolist(),
            "complete": list(self.complete),
            "framed": self.framed,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], preprocessor: Any) -> TableRows:
        """The rows of a saved estimator.

        Args:
            facts: What `facts` gave.
            preprocessor: The model of the columns' preprocessor.

        Returns:
            The rows.
        """
        own = Preprocessor(preprocessor, dict(facts["signature"]), np.asarray(facts["groups"]))
        scaler = Scaler(domain_of(facts["domain"]), np.float32(0), np.float32(1), own)
        return cls(scaler, tuple(facts["complete"]), bool(facts["framed"]))


def is_table(frame: pd.DataFrame) -> bool:
    """Whether a data frame has other than numbers, or lacks some.

    Args:
        frame: The data frame.

    Returns:
        Whether it does.
    """
    plain = (pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes)
    return not all(plain) or bool(frame.isna().any(axis=None))


def frame_of_words(X: Any) -> pd.DataFrame | None:
    """Rows of numbers and words as a data frame.

    Args:
        X: Anything.

    Returns:
        The data frame; None for what is no array of objects with words among them.
    """
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind not in "OUS":
        return None
    if X.dtype.kind == "O" and not any(isinstance(value, str) for value in X.flat):
        return None
    return pd.DataFrame(X.astype(object)).rename(columns="x{}".format).infer_objects()


def read_columns(
    frame: pd.DataFrame, numbers: tuple[str, ...] = (), words: tuple[str, ...] = ()
) -> dict[str, Column]:
    """The columns of a data frame.

    Args:
        frame: The data frame.
        numbers: Columns to read as numbers.
        words: Columns to read as words.

    Returns:
        Columns by name, of numbers or words.

    Raises:
        InputError: For infinite numbers, and for columns of other kinds.
    """
    columns = frame_columns(frame, numbers, words)
    for name, column in columns.items():
        if column.kind == "time":
            raise InputError(
                f"expected numbers and words, received times in column {name!r}; give them as numbers, such "
                "as hours, or leave the column out"
            )
        if column.kind == "number" and np.isinf(column.values).any():
            raise InputError(
                f"expected finite numbers or NaN, received infinity (inf) in column {name!r}; replace it"
            )
    return columns


def table_as_data(
    frame: pd.DataFrame, parts: Mapping[str, np.ndarray], weights: np.ndarray | None, framed: bool
) -> tuple[Data, TableRows]:
    """Rows of a table as data.

    Args:
        frame: The rows.
        parts: Indices of the rows of "train", "validation" and "test".
        weights: (n,), above 0; None for all alike. The scaling of the columns is that of all rows alike.
        framed: Whether the rows are the user's data frame.

    Returns:
        The data, and how rows become examples.

    Raises:
        InputError: For columns that cannot be learned.
    """
    columns = read_columns(frame)
    for name, column in columns.items():
        if column.kind == "text" and len(column.words) > MOST_WORDS:
            raise InputError(
                f"expected at most {MOST_WORDS:,} different words in a column, received "
                f"{len(column.words):,} in {name!r}; leave it out"
            )
        fault = number_precision(column.values[~column.missing]).fault if column.kind == "number" else ""
        if fault:
            raise InputError(f"{name} {fault}")
    fitted = fit_columns(columns, parts["train"])
    preprocessor = preprocessor_of(fitted)
    examples = preprocessor.numbers_of(_values(columns))
    splits: dict[str, Any] = {
        name: Split(examples[rows], weights=None if weights is None else weights[rows])
        for name, rows in parts.items()
    }
    domain = domain_of_table(fitted.layout)
    data = Data("the rows of fit", **splits, domain=domain, preprocessor=preprocessor)
    learned = parts["train"]
    complete = tuple(name for name, column in columns.items() if not column.missing[learned].any())
    scaler = replace(data.scaler, preprocessor=preprocessor)
    return data, TableRows(scaler, complete, framed)


def _values(columns):
    """Columns as a preprocessor takes them."""
    return {
        name: words_of(column) if column.kind == "text" else clipped(column.values)
        for name, column in columns.items()
    }
