"""Columns of labels, which say which rows are normal."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from keras_ae.data.tables.columns import Column
from keras_ae.errors import InputError

__all__ = [
    "anomalies_in",
    "change_columns",
    "holds_labels",
    "label_columns",
    "label_note",
    "labels_of_column",
]

LABEL_NAMES = (
    *("is_anomaly", "anomaly", "anomalies", "anomalous", "is_anomalous", "is_outlier", "outlier", "outliers"),
    *("label", "labels", "class", "target", "is_attack", "attack", "normal_attack", "is_fault", "fault"),
    *("faulty", "is_fraud", "fraud", "ground_truth"),
)
"""Usual names of columns of labels, those first that say most clearly what they are."""

SURE_NAMES = (*LABEL_NAMES[:8], "label", "class", "target")
"""Those that are labels whatever they hold."""

_TOPICS = frozenset("anomaly anomalies outlier attack fraud fault intrusion label labels lable".split())
_KINDS = frozenset("is id no normal true binary multi class target type types cat category flag".split())

CHANGE_NAMES = ("changepoint", "changepoints", "change_point", "change_points", "is_changepoint")
"""Names of columns that mark the beginnings and ends of anomalies, which are no labels of these."""

NORMAL_WORDS = (
    *("normal", "0", "good", "benign", "false", "no", "ok", "inlier"),
    *("healthy", "nominal", "regular", "negative", "n", "f"),
)


STATES = frozenset("normal good benign ok healthy nominal".split())
"""Words for normal rows that are no answers to other questions, as "no" and "regular" are."""

MOST_STATES = 10
"""Different words of a column that may tell normal rows, at most."""


def label_columns(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The columns that are called labels.

    Args:
        columns: By name.

    Returns:
        Their names, that of the one to use first. Of less clear names only those that hold labels; beside a
        label also others made of the same words, such as attack_cat, which would tell it; without a header
        the last column of words among which are normal or benign.
    """
    by_name = {_plain(name): name for name in columns}
    called = [name for name in LABEL_NAMES if name in by_name]
    found = [by_name[name] for name in called if name in SURE_NAMES or holds_labels(columns[by_name[name]])]
    others = [name for name in columns if _is_label_name(name) and _plain(name) not in LABEL_NAMES]
    found += [name for name in others if holds_labels(columns[name])]
    found = found or [name for name in columns if _is_nameless_label(name, columns[name])][-1:]
    return tuple(dict.fromkeys(found + others if found else []))


def change_columns(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The columns that are called marks of change points, and hold 0 and 1.

    Args:
        columns: By name.

    Returns:
        Their names.
    """
    return tuple(name for name in columns if _plain(name) in CHANGE_NAMES and holds_labels(columns[name]))


def holds_labels(column: Column) -> bool:
    """Whether a column tells normal rows from anomalies.

    Args:
        column: The column.

    Returns:
        Whether it holds 0 and 1, -1 and 1, mostly 0 and a few of the whole numbers up to 9, or words of
        which one is usual for normal rows.
    """
    if column.kind == "text":
        return any(_is_normal(word) for word in column.words)
    if column.kind != "number" or column.missing.all():
        return False
    present = column.values[~column.missing]
    if np.isin(present, (0, 1)).all() or np.isin(present, (-1, 1)).all():
        return True
    return bool(np.isin(present, np.arange(MOST_STATES)).all() and (present == 0).mean() > 0.5)


def anomalies_in(column: Column) -> tuple[np.ndarray, str]:
    """The rows that a column of labels says are anomalies; a row without a label is none.

    Args:
        column: Numbers, above 0 in anomalies, or a few whole numbers above 0 of which the most frequent one
            is normal; or words, of which one is usual for normal rows.

    Returns:
        (n,), bool; and how anomalies are told, where that is not by numbers above 0.

    Raises:
        InputError: For times, and for words of which none is usual for normal rows.
    """
    if column.kind == "number":
        present = column.values[~column.missing]
        if len(present) and np.isin(present, (-1, 1)).all() and (present < 0).any():
            rarer = -1 if (present < 0).mean() <= 0.5 else 1
            return column.values == rarer, f"{rarer}, the rarer of -1 and 1"
        different, counts = np.unique(present, return_counts=True)
        if 1 < len(different) <= MOST_STATES and different[0] > 0 and (different % 1 == 0).all():
            usual = different[counts.argmax()]
            return (column.values != usual) & ~column.missing, f"all but {usual:g}, the most frequent"
        return np.nan_to_num(column.values) > 0, ""
    normal = [word for word in column.words if _is_normal(word)]
    if column.kind != "text" or not normal:
        words = f"words such as {column.words[0]!r}" if column.words else "times"
        raise InputError(
            f"expected labels in {column.name!r}, numbers above 0 for anomalies or words of which one is "
            f"{', '.join(NORMAL_WORDS[:6])} or the like, received {words}; name another column: "
            'SET="data.label=..."'
        )
    codes = [code for code, word in enumerate(column.words) if not _is_normal(word)]
    return np.isin(column.values, codes), f"all but {normal[0]}"


def _plain(name):
    """A column's name in small letters, with _ between its words."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def _is_label_name(name):
    """Whether a name is made of words of labels alone, but for what it explains in parentheses."""
    words = set(_plain(re.sub(r"\(.*\)", "", name)).split("_"))
    return bool(words & _TOPICS) and words <= _TOPICS | _KINDS


def _is_nameless_label(name, column):
    """Whether a column without a name, as in KDD Cup 1999's file, has a word that only labels have."""
    words = {word.lower().rstrip(".") for word in column.words}
    return bool(column.kind == "text" and re.fullmatch(r"column_\d+", name) and words & {"normal", "benign"})


def _may_tell(column):
    """Whether a column has few words, of which one is for normal rows alone."""
    words = {word.lower().rstrip(".") for word in column.words}
    return column.kind == "text" and 1 < len(words) <= MOST_STATES and bool(words & STATES)


def _is_normal(word):
    """Whether a word is a usual one for normal rows."""
    return word.lower().rstrip(".") in NORMAL_WORDS


def labels_of_column(column: Column, normal: str = "") -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels from a column of words or numbers.

    Args:
        column: The column.
        normal: Its value in normal rows; "" for one of the usual words such as "normal".

    Returns:
        Labels (n,), int64, 0 for normal rows; and the meaning of each label.

    Raises:
        InputError: If no row is normal, and if a row has no label.
    """
    if column.missing.any():
        raise InputError(
            f"expected a label in every row of {column.name!r}, {int(column.missing.sum())} rows have none; "
            "add the labels, or remove the rows"
        )
    if column.kind == "text":
        words, codes = list(column.words), column.values
    else:
        different, codes = np.unique(column.values, return_inverse=True)
        words = [column.words[int(value)] if column.words else f"{value:g}" for value in different]
    if not normal and set(words) == {"1", "-1"}:
        normal = words[int(np.argmax(np.bincount(codes, minlength=2)))]
    choices = [normal] if normal else NORMAL_WORDS
    normal_word = next(
        (word for choice in choices for word in words if word.lower().rstrip(".") == choice.lower()), None
    )
    if normal_word is None:
        raise InputError(
            f"expected {' or '.join(choices)} among the labels of {column.name!r}, received "
            f'{", ".join(words[:20])}; say which is normal: SET="data.normal=..."'
        )
    order = [normal_word] + [word for word in words if word != normal_word]
    return np.array([order.index(word) for word in words])[codes].astype(np.int64), tuple(order)


def label_note(
    label: str | None,
    labels: np.ndarray | None,
    names: tuple[str, ...],
    columns: Mapping[str, Column],
) -> str:
    """The note about the column of labels.

    Args:
        label: Its name, or None.
        labels: (n,), 0 for normal rows; None without a column of labels.
        names: The meaning of each label.
        columns: The columns that are learned, by name.

    Returns:
        The note, for the user; without a column of labels with one that may be meant.
    """
    if labels is None:
        may_be = next((name for name, one in columns.items() if _may_tell(one)), None)
        advice = "" if may_be is None else f'; if {may_be} does: SET="data.label={may_be}"'
        return f"no column says which rows are normal: every row counts as normal{advice}"
    counts = np.bincount(labels, minlength=len(names)).tolist()
    kinds = [f"{name} ({count:,})" for name, count in zip(names[1:], counts[1:], strict=True)]
    more = f" and {len(kinds) - MOST_STATES} more" if len(kinds) > MOST_STATES else ""
    note = f"{label} says which rows are normal: {names[0]} in {counts[0]:,} of {len(labels):,} rows"
    if len(kinds) > 1:
        note += f"; anomalies are {', '.join(kinds[:MOST_STATES])}{more}"
    other = [name for name in names[1:] if _is_normal(name)]
    if other:
        note += f"; if {other[0]} is normal too, write it as {names[0]}"
    return note
