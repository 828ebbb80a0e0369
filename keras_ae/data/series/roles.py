"""What is said about the columns of a series, which settings, runs and model cards hold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from keras_ae.data.tables.writing import UNKNOWN, Writing

__all__ = ["SeriesRoles", "names_in"]


@dataclass(frozen=True)
class SeriesRoles:
    """What a user, or a finished run, says about the columns of a series.

    Attributes:
        time: The column of times, or several with commas between them; "" to find it.
        values: The columns of values, or the entries of `variable`; () for all other columns of numbers that
            vary.
        label: The column that tells anomalies; "" to find it.
        left_out: Columns to leave out.
        group: The column whose different entries are series of their own; "" to find it.
        variable: The column that names the channel of each row, and the column of values, with a comma
            between them; "" to find them.
        learning: Whether the series is for training, so that columns that never change are left out.
        written: How the file is written; of a finished run, how that of its training was.
    """

    time: str = ""
    values: tuple[str, ...] = ()
    label: str = ""
    left_out: tuple[str, ...] = ()
    group: str = ""
    variable: str = ""
    learning: bool = True
    written: Writing = UNKNOWN


def names_in(text: str, columns: Collection[str]) -> tuple[str, ...]:
    """The names of columns in a setting.

    Args:
        text: A name, or several with commas between them.
        columns: The names that there are, some of which may hold commas.

    Returns:
        The names.
    """
    return (text,) if text in columns else tuple(name.strip() for name in text.split(",") if name.strip())
