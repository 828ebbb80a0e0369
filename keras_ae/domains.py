"""Domains: what values may be, and the output activation, the loss and the likelihood that go with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_ae.errors import InputError
from keras_ae.table_layout import TableLayout

__all__ = ["CATEGORICAL", "DOMAINS", "REAL", "SEQUENCE", "UNIT", "Domain", "domain_of", "domain_of_table"]


class Domain(str):
    """The values that targets may take: a string, its name, with what belongs to it.

    A further domain is one more object of this module.

    Attributes:
        activation: Of the reconstruction, by its Keras name; it keeps a reconstruction in the domain.
        loss: (target, output) -> (batch,), the loss that fits the domain; it may be given as its name, one of
            `losses.LOSSES`.
        likelihood: The name of the likelihood that fits it, one of `losses.LIKELIHOODS`.
        range: The lowest and the highest value; None where values have no bounds, or are classes.
        display: The values that are black and white in an image.
        extremes: The values that salt-and-pepper noise sets.
        scaled: Whether values are standardized, and are brought back to their original units.
        one_hot: Whether values are classes, one-hot over the last axis.
        ends: Whether values are sequences that may end before their last position, with a flag of each
            position in the last channel, as in `keras_ae.sequences`.
        layout: Of the columns of a table, where values are its features; None for others.
    """

    activation: str
    likelihood: str
    range: tuple[float, float] | None
    display: tuple[float, float]
    extremes: tuple[float, float]
    scaled: bool
    one_hot: bool
    ends: bool
    layout: TableLayout | None
    _loss: Callable | str

    def __new__(
        cls,
        name: str,
        *,
        activation: str,
        loss: Callable | str,
        likelihood: str,
        range: tuple[float, float] | None = None,
        display: tuple[float, float] = (0.0, 1.0),
        extremes: tuple[float, float] = (0.0, 1.0),
        scaled: bool = False,
        one_hot: bool = False,
        ends: bool = False,
        layout: TableLayout | None = None,
    ) -> Domain:
        domain = super().__new__(cls, name)
        domain.activation, domain._loss, domain.likelihood = activation, loss, likelihood
        domain.range, domain.display, domain.extremes = range, display, extremes
        domain.scaled, domain.one_hot, domain.ends, domain.layout = scaled, one_hot, ends, layout
        return domain

    @property
    def loss(self) -> Callable:
        """(target, output) -> (batch,), the loss that fits the domain."""
        from keras_ae import losses, sequences, table_losses  # Keras and TensorFlow, not needed for domains

        if self.layout is not None:
            return table_losses.row_loss(self.layout)
        if self.ends:
            return sequences.sequence_error
        return losses.LOSSES[self._loss] if isinstance(self._loss, str) else self._loss

    def likelihood_by_name(self, name: str = "auto") -> Any:
        """A likelihood of the domain's values.

        Args:
            name: One of `losses.LIKELIHOODS`, or "auto" for the domain's own.

        Returns:
            The `losses.Likelihood`; of a table's rows that of the values that are known.
        """
        from keras_ae import losses, table_losses  # as above

        name = self.likelihood if name == "auto" else name
        if self.layout is not None:
            return table_losses.row_likelihood(self.layout, name)
        return losses.LIKELIHOODS[name]

    @property
    def kind(self) -> str:
        """The name of the domain; "table" for each table."""
        return str(self) if self.layout is None else "table"

    def matches(self, other: Domain) -> bool:
        """Whether a model of this domain takes the values of another.

        Args:
            other: The domain of the values.

        Returns:
            Whether it is the same; of tables whether their columns are alike.
        """
        if self.layout is None or other.layout is None:
            return self == other
        return self.layout.kinds == other.layout.kinds

    def of_known(self, loss: Callable) -> Callable:
        """A loss of those elements alone that are known.

        Args:
            loss: (target, output) -> (batch,), a mean over elements.

        Returns:
            The loss; of a table one of the known values, of sequences of the positions that exist.
        """
        from keras_ae.sequences import loss_of_positions  # as above
        from keras_ae.table_losses import loss_of_known

        if self.ends:
            return loss_of_positions(loss)
        return loss if self.layout is None else loss_of_known(self.layout, loss)

    @property
    def bounded(self) -> bool:
        """Whether values are numbers with a lowest and a highest one."""
        return self.range is not None

    @property
    def unit_interval(self) -> bool:
        """Whether values lie in [0, 1], as pixels do: a byte of 255 then stands for 1."""
        return self.range == (0.0, 1.0)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (str(self),), {name.lstrip("_"): value for name, value in vars(self).items()}


UNIT = Domain(
    "unit", activation="sigmoid", loss="binary_crossentropy", likelihood="bernoulli", range=(0.0, 1.0)
)
"""Values in [0, 1]."""

REAL = Domain(
    "real",
    activation="linear",
    loss="squared_error",
    likelihood="gaussian",
    display=(-3.0, 3.0),
    extremes=(-2.0, 2.0),
    scaled=True,
)
"""Any finite numbers, standardized."""

CATEGORICAL = Domain(
    "categorical",
    activation="softmax",
    loss="categorical_crossentropy",
    likelihood="categorical",
    one_hot=True,
)
"""One of so many classes, one-hot over the last axis."""

SEQUENCE = Domain(
    "sequence",
    activation="linear",
    loss="squared_error",
    likelihood="sequence",
    display=REAL.display,
    extremes=REAL.extremes,
    scaled=True,
    ends=True,
)
"""Standardized numbers of sequences that may end before their last position."""

DOMAINS: dict[str, Domain] = {value: value for value in list(vars().values()) if isinstance(value, Domain)}
"""Every domain of this module by its name."""


def domain_of(name: str) -> Domain:
    """The domain of a name; a domain itself is returned as it is.

    Args:
        name: "unit", "real", "categorical" or another of `DOMAINS`, or the layout of a table.

    Returns:
        The domain.

    Raises:
        InputError: For a name of no domain.
    """
    if isinstance(name, Domain):
        return name
    if isinstance(name, str) and name.startswith("table("):
        return domain_of_table(TableLayout.parse(name))
    if not isinstance(name, str) or name not in DOMAINS:
        raise InputError(f"domain must be one of {sorted(DOMAINS)}, received {name!r}")
    return DOMAINS[name]


def domain_of_table(layout: TableLayout) -> Domain:
    """The domain of a table's rows, whose name is their layout.

    Args:
        layout: Of the columns.

    Returns:
        The domain: numbers are real, words are classes, and what is missing is known to be missing.
    """
    return Domain(
        str(layout),
        activation="linear",
        loss="squared_error",
        likelihood="gaussian",
        display=REAL.display,
        extremes=REAL.extremes,
        scaled=True,
        layout=layout,
    )
