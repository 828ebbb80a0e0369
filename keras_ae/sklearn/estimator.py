"""What the estimators have in common: their parameters, how they are fitted, and their files."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from keras_ae.errors import InputError
from keras_ae.sklearn.parameters import BASES, as_object, fields_of, with_field
from keras_ae.sklearn.versions import validated

if TYPE_CHECKING:
    from keras_ae.data.types import Data
    from keras_ae.recipe import Recipe
    from keras_ae.tasks import Task

__all__ = ["Estimator"]


class Estimator(BaseEstimator):
    """Base class of estimators that hold a trained network; their parameters are fields of a recipe."""

    _recipe_fields: ClassVar[tuple[str, ...]] = (
        "epochs",
        "batch_size",
        "optimizer",
        "learning_rate",
        "schedule",
        "loss",
    )
    _masks_all: ClassVar[bool] = False
    """Whether training takes values from all columns of a table, so that a mask is learned for each."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters.

        Args:
            deep: Whether the fields of the variant and of other objects are among them, such as
                "variant__latent_dim" and "variant__backbone__units".

        Returns:
            Values by name.
        """
        values = super().get_params(deep=False)
        if deep:
            for name in [name for name in values if name in BASES]:
                values |= fields_of(name, values[name])
        return values

    def set_params(self, **params: Any) -> Self:
        """Sets parameters.

        Args:
            **params: Values by the names that `get_params` gives.

        Returns:
            The estimator.

        Raises:
            InputError: For a parameter that there is not, or a field that cannot take its value.
        """
        nested = {name: value for name, value in params.items() if name.partition("__")[0] in BASES}
        super().set_params(**{name: value for name, value in params.items() if "__" not in name})
        for name in sorted(nested, key=lambda name: name.count("__")):
            owner, _, path = name.partition("__")
            if path:
                setattr(self, owner, with_field(owner, getattr(self, owner), path, nested[name]))
        unknown = [name for name in params if "__" in name and name not in nested]
        if unknown:
            super().set_params(**{unknown[0]: params[unknown[0]]})  # which refuses it
        return self

    def _task(self) -> Task:
        """The task that the network is trained for."""
        raise NotImplementedError

    def _recipe(self, seed: int) -> Recipe:
        """The parameters as a recipe."""
        from keras_ae.recipe import Recipe
        from keras_ae.runs.rebuild import Unavailable

        fields = {name: getattr(self, name) for name in self._recipe_fields}
        return Recipe(
            Unavailable(type(self).__name__),
            as_object("variant", self.variant),
            self._task(),
            **fields,
            checkpoint="best" if self.validation_fraction else "last",
            seed=seed,
            name=type(self).__name__.lower(),
        )

    def _train(self, X: Any, sample_weight: Any) -> tuple[Any, dict[str, np.ndarray]]:
        """Trains the network on rows; gives them as it takes them, and the indices of each split."""
        from keras_ae.data.weights import checked_weights
        from keras_ae.sklearn.network import Network
        from keras_ae.training.in_memory import train_in_memory
        from keras_ae.training.words import words_of_python

        with words_of_python():
            self._check()
            X = self._rows_of_fit(X)
            weights = None
            if sample_weight is not None:
                weights = checked_weights(sample_weight, len(X), "sample_weight")
                X, weights = X[weights > 0], weights[weights > 0]
                weights = None if weights.min() == weights.max() else weights
            seed = int(check_random_state(self.random_state).randint(2**31 - 1))
            recipe = self._recipe(seed)
            parts = self._parts(X, seed)
            data, rows = self._as_data(X, weights, parts)
            heads, history = train_in_memory(recipe, data, self.verbose)
            if "condition" in {tensor.name for tensor in (*heads.encoder.inputs, *heads.decoder.inputs)}:
                raise InputError(
                    f"{type(recipe.variant).__name__} takes labels, which an estimator has none of; choose "
                    "another variant, such as variant='variational'"
                )
            self.network_ = Network(recipe, heads, rows, self._scorer(recipe, heads, data))
            names = dict.fromkeys(name for epoch in history for name in epoch)
            self.history_ = {name: [epoch[name] for epoch in history] for name in names}
            self.n_iter_ = len(history)
            return X, parts

    def _check(self) -> None:
        fraction = self.validation_fraction
        if not isinstance(fraction, int | float) or not 0 <= fraction < 1:
            raise InputError(f"validation_fraction must be at least 0 and below 1, received {fraction!r}")
        if self.verbose not in (0, 1, 2):
            raise InputError(f"verbose must be 0, 1 or 2, received {self.verbose!r}")

    def _scorer(self, recipe: Recipe, heads: Any, data: Data) -> Any:
        """What computes the anomaly scores of a detector; None for others."""

    def _parts(self, X: Any, seed: int) -> dict[str, np.ndarray]:
        """The rows to train and to validate on: equal ones are in one split, whatever their order."""
        everything = dict.fromkeys(("train", "validation", "test"), np.arange(len(X)))
        if not self.validation_fraction:
            return everything
        from keras_ae.data.splits import digests

        content = X if isinstance(X, np.ndarray) else _hashes_of_rows(X)
        keys = [hashlib.sha256(b"%d " % seed + one).digest() for one in digests(content)]
        different = sorted(set(keys))
        count = min(max(1, round(self.validation_fraction * len(different))), len(different) - 1)
        if not count:
            return everything
        held_back = np.array([key < different[count] for key in keys])
        train, validation = np.flatnonzero(~held_back), np.flatnonzero(held_back)
        return {"train": train, "validation": validation, "test": validation}

    def _as_data(self, X, weights, parts):
        from keras_ae.data.memory import is_data_frame
        from keras_ae.sklearn.rows import rows_as_data
        from keras_ae.sklearn.table_rows import table_as_data

        if not is_data_frame(X):
            return rows_as_data(X, parts, weights, self.domain, self.image_shape)
        used = {"domain": self.domain, "image_shape": self.image_shape}
        for name, value in used.items():
            if value is not None:
                raise InputError(
                    f"{name} is for numbers alone, received {name}={value!r} with words or missing values in "
                    "X; leave it out"
                )
        data, rows = table_as_data(X, parts, weights, hasattr(self, "feature_names_in_"))
        return data, replace(rows, complete=()) if self._masks_all else rows

    def _rows_of_fit(self, X):
        """The rows of fit: an array of numbers, or a data frame where there are words or values missing."""
        from keras_ae.data.memory import is_data_frame
        from keras_ae.sklearn.table_rows import frame_of_words, is_table

        frame = frame_of_words(X)
        if frame is not None or (is_data_frame(X) and is_table(X)):
            validated(self, X, reset=True, convert=False)
            frame = X if frame is None else frame
            if not len(frame):
                raise InputError("expected rows to fit on, received none; check what selects them")
            return frame
        _refuse_axes(X)
        array = validated(self, X, reset=True)
        return self._framed(array) if array.dtype.kind == "f" and np.isnan(array).any() else array

    def _rows(self, X):
        """Rows as the fitted network takes them."""
        check_is_fitted(self)
        from keras_ae.data.memory import is_data_frame
        from keras_ae.sklearn.table_rows import TableRows, frame_of_words

        if isinstance(self.network_.rows, TableRows):
            frame = frame_of_words(X)
            if frame is not None or is_data_frame(X):
                validated(self, X, reset=False, convert=False)
                frame = self._framed(X if frame is None else frame)
                if not len(frame):
                    raise InputError("expected rows, received none; check what selects them")
                return frame
            return self._framed(validated(self, X, reset=False))
        _refuse_axes(X)
        array = validated(self, X, reset=False)
        if array.dtype.kind == "f" and np.isnan(array).any():
            self.network_.rows.refuse_missing()
        return array

    def _framed(self, values):
        """Values as a data frame of the columns of fit."""
        import pandas as pd

        names = getattr(self, "feature_names_in_", [f"x{number}" for number in range(self.n_features_in_)])
        return pd.DataFrame(values).set_axis(list(map(str, names)), axis=1)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the fitted estimator into one file, which `load` reads without running code of it.

        Keras loads the file as the autoencoder alone, on values as the network takes them.

        Args:
            path: A `.keras` file, new or to be replaced.

        Raises:
            InputError: If the estimator's parts are not all of this package, or the file cannot be written.
            NotFittedError: If it is not fitted.
        """
        check_is_fitted(self)
        from keras_ae.sklearn.stored import save_estimator

        save_estimator(self, Path(path))

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """The estimator in a file that `save` wrote.

        Args:
            path: The file.

        Returns:
            The fitted estimator.

        Raises:
            InputError: For any other file.
        """
        from keras_ae.sklearn.stored import load_estimator

        return load_estimator(cls, Path(path))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # where the rows of fit lack some
        return tags

    def _more_tags(self) -> dict[str, Any]:
        """The tags for scikit-learn 1.5."""
        return {"allow_nan": True, "preserves_dtype": [], "requires_y": False}


def _hashes_of_rows(frame):
    """A hash of each row of a data frame, (n, 1), that does not depend on the others."""
    import pandas as pd

    return pd.util.hash_pandas_object(frame.astype(str), index=False).to_numpy()[:, None]


def _refuse_axes(X):
    """Refuses images as they are."""
    if isinstance(X, np.ndarray) and X.ndim > 2:
        raise InputError(
            f"expected rows (n, features), received an array of shape {X.shape}; give X.reshape(len(X), -1), "
            f"and image_shape={X.shape[1:]} if they are images"
        )
