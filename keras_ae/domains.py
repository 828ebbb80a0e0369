"""Domains: what values may be, and the output activation, the loss and the likelihood that go with them."""

from __future__ import annotations

from collections.abc import Callable

from keras_ae import losses

__all__ = ["CATEGORICAL", "DOMAINS", "REAL", "UNIT", "Domain", "domain_of"]


class Domain(str):
    """The values that targets may take: a string, its name, with what belongs to it.

    Attributes:
        activation: Of the reconstruction, by its Keras name; it keeps a reconstruction in the domain.
        loss: (target, output) -> (batch,), the loss that fits the domain.
        likelihood: The name of the likelihood that fits it.
        bounded: Whether values lie in [0, 1], such as the pixels of an image.
        scaled: Whether values are standardized, and are brought back to their original units.
        one_hot: Whether values are classes, one-hot over the last axis.
    """

    activation: str
    loss: Callable
    likelihood: str
    bounded: bool
    scaled: bool
    one_hot: bool

    def __new__(
        cls,
        name: str,
        *,
        activation: str,
        loss: Callable,
        likelihood: str,
        bounded: bool = False,
        scaled: bool = False,
        one_hot: bool = False,
    ) -> Domain:
        domain = super().__new__(cls, name)
        domain.activation, domain.loss, domain.likelihood = activation, loss, likelihood
        domain.bounded, domain.scaled, domain.one_hot = bounded, scaled, one_hot
        return domain

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (str(self),), dict(vars(self))


UNIT = Domain(
    "unit", activation="sigmoid", loss=losses.binary_crossentropy, likelihood="bernoulli", bounded=True
)
"""Values in [0, 1]."""

REAL = Domain("real", activation="linear", loss=losses.squared_error, likelihood="gaussian", scaled=True)
"""Any finite numbers, standardized."""

CATEGORICAL = Domain(
    "categorical",
    activation="softmax",
    loss=losses.categorical_crossentropy,
    likelihood="categorical",
    one_hot=True,
)
"""One of so many classes, one-hot over the last axis."""

DOMAINS = {domain: domain for domain in (UNIT, REAL, CATEGORICAL)}
"""Every domain by its name."""


def domain_of(name: str) -> Domain:
    """The domain of a name; a domain is given back as it is.

    Args:
        name: "unit", "real" or "categorical".

    Returns:
        The domain.

    Raises:
        ValueError: For a name of no domain.
    """
    if isinstance(name, Domain):
        return name
    if name not in DOMAINS:
        raise ValueError(f"domain is one of {sorted(DOMAINS)}, received {name!r}")
    return DOMAINS[name]
