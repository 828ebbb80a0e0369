"""What rows of numbers are to a network: scaled, reshaped to images, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.full_scale import full_scale_in, normalized
from keras_ae.data.precision import precisions_of, standardized
from keras_ae.data.scaling import Scaler
from keras_ae.data.types import Data
from keras_ae.data.values import data_in_domain
from keras_ae.domains import REAL, Domain, domain_of
from keras_ae.errors import InputError

__all__ = ["Rows", "image_shape_of", "rows_as_data"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of numbers, (n, features).

    Attributes:
        scaler: Between the rows and what the network takes.
        shape: The shape of an example in the network: (features,), or an image's.
        full: What stood for 1 in the rows of fit where the network takes values in [0, 1]; else 1.
    """

    scaler: Scaler
    shape: tuple[int, ...]
    full: int = 1

    @property
    def domain(self) -> Domain:
        """The domain of what the network takes."""
        return self.scaler.domain

    def refuse_missing(self) -> None:
        """Refuses rows with missing values, which no mask was learned for.

        Raises:
            InputError: Always.
        """
        raise InputError(
            "expected numbers, received NaN, of which the rows of fit had none, so that no mask for missing "
            "values was learned; fill them first, such as with sklearn.impute, or fit on rows with some"
        )

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Rows as the network takes them.

        Args:
            X: (n, features), finite numbers.

        Returns:
            (n, *shape), float32.

        Raises:
            InputError: For values outside [0, 1] where the network takes such alone.
        """
        examples = X.reshape(len(X), *self.shape)
        if self.domain.scaled:
            return standardized(examples, self.scaler.offset, self.scaler.scale)
        full = full_scale_in(examples.dtype, self.scaler.full_scale)
        if full != 1 or not len(X) or examples.min() < 0 or examples.max() > 1:
            return normalized(examples, self.scaler.full_scale, "X")
        return examples.astype(np.float32, copy=False)

    def inverse_transform(self, features: np.ndarray) -> np.ndarray:
        """Reconstructions as rows.

        Args:
            features: (n, *shape), float32.

        Returns:
            (n, features), float32, as large as the rows of fit: those of bytes up to 255.
        """
        values = np.asarray(self.scaler.inverse_transform(features), np.float32)
        return values.reshape(len(values), -1) * np.float32(self.full)

    def facts(self) -> dict[str, Any]:
        """What `from_facts` takes.

        Returns:
            Facts, as JSON has them.
        """
        return {
            "domain": str(self.domain),
            "shape": list(self.shape),
            "offset": np.asarray(self.scaler.offset).tolist(),
            "scale": np.asarray(self.scaler.scale).tolist(),
            "full_scale": self.scaler.full_scale,
            "full": self.full,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Rows:
        """The rows of a saved estimator.

        Args:
            facts: What `facts` gave.

        Returns:
            The rows.
        """
        offset, scale = (np.asarray(facts[name], np.float32) for name in ("offset", "scale"))
        scaler = Scaler(domain_of(facts["domain"]), offset, scale, full_scale=facts["full_scale"])
        return cls(scaler, tuple(facts["shape"]), facts["full"])


def image_shape_of(image_shape: Any, features: int) -> tuple[int, ...]:
    """The shape of an example in the network.

    Args:
        image_shape: (height, width) or (height, width, channels); None for rows that are no images.
        features: Numbers in a row.

    Returns:
        (height, width, channels), or (features,).

    Raises:
        InputError: For another shape, or one of another number of pixels.
    """
    if image_shape is None:
        return (features,)
    try:
        shape = tuple(int(side) for side in image_shape)
    except (TypeError, ValueError):
        shape = ()
    if len(shape) not in (2, 3) or min(shape) < 1 or prod(shape) != features:
        raise InputError(
            f"expected image_shape as (height, width) or (height, width, channels) of {features} numbers, as "
            f"many as a row of X has; received {image_shape!r}; leave it out for rows that are no images"
        )
    return shape if len(shape) == 3 else (*shape, 1)


def rows_as_data(
    X: np.ndarray, parts: Mapping[str, np.ndarray], weights: np.ndarray | None, domain: Any, image_shape: Any
) -> tuple[Data, Rows]:
    """Rows of numbers as data.

    Args:
        X: (n, features), finite numbers.
        parts: Indices of the rows of "train", "validation" and "test".
        weights: (n,), above 0; None for all alike.
        domain: "unit", "real", or None to detect it: whole numbers by the rules of `Arrays`, and so the
            values of images; other floats are real.
        image_shape: See `image_shape_of`.

    Returns:
        The data, and how rows become examples.

    Raises:
        InputError: For another domain or shape, and for values that float32 cannot tell apart.
    """
    if domain not in (None, "unit", "real"):
        raise InputError(f"domain must be 'unit', 'real' or None, received {domain!r}")
    shape = image_shape_of(image_shape, X.shape[1])
    examples = X.reshape(len(X), *shape)
    if domain is None and image_shape is None and X.dtype.kind == "f":
        domain = "real"
    splits = {
        name: Split(examples[rows], weights=None if weights is None else weights[rows])
        for name, rows in parts.items()
    }
    weighted = (
        None if weights is None else _weighted_scaler(splits["train"].examples, weights[parts["train"]])
    )
    chosen = None if domain is None else domain_of(domain)
    if chosen is not None and chosen.unit_interval and X.dtype.kind == "f" and (X.min() < 0 or X.max() > 1):
        raise InputError(
            f"domain='unit' is of values in [0, 1], received {X.min():g} to {X.max():g}; scale them first, "
            "or leave domain out"
        )
    data = data_in_domain("the rows of fit", splits, chosen, learned=weighted)
    full = 1 if data.domain.scaled else full_scale_in(X.dtype, data.full_scale)
    return data, Rows(data.scaler, shape, full)


def _weighted_scaler(train: np.ndarray, weights: np.ndarray) -> Scaler:
    """The scaler of examples (n, ..., channels) that count as much as their weights say."""
    examples = train.reshape(-1, train.shape[-1]).astype(np.float64)
    each = np.repeat(weights, len(examples) // len(train))
    offset = np.average(examples, axis=0, weights=each)
    spread = np.sqrt(np.average((examples - offset) ** 2, axis=0, weights=each))
    constant = np.array([one.constant for one in precisions_of(train, "leave those rows out")])
    return Scaler(REAL, offset.astype(np.float32), np.where(constant, 1, spread).astype(np.float32))
