"""How a file of rows is written, as far as it is known before it is read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from keras_ae.data.tables.records import BLANKS
from keras_ae.errors import InputError, check_choices, check_least

__all__ = ["SEPARATOR_NAMES", "SINGLE", "UNKNOWN", "Writing", "separator_name", "separator_of", "setting_of"]

SINGLE = "\x1f"
"""The separator of a text of a single column."""

SEPARATOR_NAMES = {"tab": "\t", "blanks": BLANKS, "none": SINGLE}
"""Names of separators in settings, of those that are hard to write."""


@dataclass(frozen=True)
class Writing:
    """How a file is written: as its user says, or as an earlier file of the same kind was.

    Attributes:
        separator: Between its cells; "" where it is not known.
        header: The line of its header, from 1; 0 for none, None where it is not known.
        decimal: "." or "," before decimals; "" where it is not known.
        order: Of day, month and year in dates of three numbers, one of `time_form.ORDERS`; "" where it is not
            known.
        counts: What its times count: "epoch" for numbers since 1970, "number" for others; "" where it is not
            known.
        scale: Of an epoch, the nanoseconds that a number counts.
    """

    separator: str = ""
    header: int | None = None
    decimal: str = ""
    order: str = ""
    counts: str = ""
    scale: int = 1

    @classmethod
    def of(cls, dataset: Any) -> Writing:
        """What the settings of a data set say.

        Args:
            dataset: With fields `separator`, `header`, `decimal` and `dayfirst`.

        Returns:
            How its file is written.

        Raises:
            InputError: For a setting of another value.
        """
        check_choices(dataset, decimal=("", ".", ","))
        if dataset.header is not None:
            check_least(dataset, header=0)
        order = "" if dataset.dayfirst is None else "dmy" if dataset.dayfirst else "mdy"
        return cls(separator_of(dataset.separator), dataset.header, dataset.decimal, order)

    def __str__(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Writing:
        """What `str` gave.

        Args:
            text: JSON.

        Returns:
            How a file is written.
        """
        return cls(**json.loads(text))


UNKNOWN = Writing()
"""A file of which nothing is known."""


def separator_of(setting: str) -> str:
    """The separator that a setting names.

    Args:
        setting: "tab", "blanks", "none" for a single column, or a sign; "" to find it.

    Returns:
        The separator; "" to find it.

    Raises:
        InputError: For anything else.
    """
    separator = SEPARATOR_NAMES.get(str(setting), setting)
    if (
        not isinstance(separator, str)
        or len(separator) > 1
        or separator.isalnum()
        or (separator and separator in "\"'\r\n.+-")
    ):
        raise InputError(
            f"expected a separator such as , ; | tab or blanks, received separator={setting!r}; choose one, "
            "or leave it out to find it"
        )
    return separator


def setting_of(separator: str) -> str:
    """A separator as a setting.

    Args:
        separator: The separator.

    Returns:
        What `separator_of` takes.
    """
    return {sign: name for name, sign in SEPARATOR_NAMES.items()}.get(separator, separator)


def separator_name(separator: str) -> str:
    """A separator in words.

    Args:
        separator: The separator.

    Returns:
        "tabs", "blanks", or the sign in quotes.
    """
    return {"\t": "tabs", BLANKS: "blanks"}.get(separator, repr(separator))
