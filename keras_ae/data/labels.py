"""Labels of arrays: whole numbers, words or one-hot rows, as the numbers of classes and their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_ae.data.types import MOST_CLASSES
from keras_ae.errors import InputError

__all__ = [
    "ClassLabels",
    "Unusable",
    "are_numbers",
    "in_classes",
    "labels_beside",
    "numbered",
    "plain_labels",
]

UNNAMED = "arr_1"
"""The name of an array that may as well hold something else than labels."""


class Unusable(ValueError):
    """Why an array does not hold labels, as a part of a sentence."""


class ClassLabels(NamedTuple):
    """The labels beside examples.

    Attributes:
        numbers: The number of each example's class, (n,) int64, by split; {} without labels.
        names: The names of the classes; () if they are numbers from 0.
        notes: Which labels are used, or why they are not.
    """

    numbers: dict[str, np.ndarray]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def labels_beside(
    found: Mapping[str, tuple[str, np.ndarray]], examples: Mapping[str, tuple[str, int]]
) -> ClassLabels:
    """The labels in the arrays beside examples.

    Args:
        found: Name and content of the array of labels, by split.
        examples: Name and number of the examples of each split.

    Returns:
        The labels of all splits, or none.

    Raises:
        InputError: For labels of another number than examples.
    """
    if not found:
        return ClassLabels({})
    plain = {}
    for part, (own, count) in examples.items():
        name, array = found.get(part, ("", np.empty(0)))
        try:
            if not name:
                raise Unusable(f"has none for {own}")
            if array.shape[:1] != (count,) and array.ndim and name != UNNAMED:
                raise InputError(
                    f"expected a label for each of the {count:,} examples in {own}; received {len(array):,} "
                    f"in {name}; correct them, or rename {name} if it holds no labels"
                )
            plain[part] = plain_labels(array)
            if len(plain[part]) != count:
                raise Unusable(f"holds {_text(array)}, not one label for each of {count:,} examples")
        except Unusable as reason:
            return ClassLabels({}, (), (f"labels are not used: {name or 'the file'} {reason}",))
    try:
        numbers, names = numbered(plain)
    except Unusable as reason:
        return ClassLabels({}, (), (f"labels are not used: {found['train'][0]} {reason}",))
    count = len(np.unique(np.concatenate(list(numbers.values()))))
    text = f"labels from {', '.join(name for name, _ in found.values())}: "
    if count > MOST_CLASSES:
        return ClassLabels(numbers, names, (f"{text}{count:,} different ones, too many to be classes",))
    listed = f" ({', '.join(names[:10])}{', ...' if len(names) > 10 else ''})" if names else ""
    return ClassLabels(numbers, names, (f"{text}{count} class{'es' if count > 1 else ''}{listed}",))


def plain_labels(values: Any) -> np.ndarray:
    """Labels as whole numbers or words.

    Args:
        values: One label an example, (n,) or (n, 1): whole numbers of any type, truth values or words; or
            one-hot rows, (n, classes).

    Returns:
        (n,), int64 or str.

    Raises:
        Unusable: For anything else.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise Unusable("holds rows of different lengths") from error
    if array.dtype == object and all(isinstance(word, str) for word in array.ravel()):
        array = array.astype(str)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind not in "buifU" or array.ndim not in (1, 2):
        raise Unusable(f"holds {_text(array)}, not one label for each example")
    if array.ndim == 2:
        if (
            array.dtype.kind == "U"
            or not ((array == 0) | (array == 1)).all()
            or (array.sum(axis=1) != 1).any()
        ):
            raise Unusable(f"holds {_text(array)}, neither one label for each example nor one-hot rows")
        array = array.argmax(axis=1)
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
        if bad.any():
            raise Unusable(f"lacks the labels of {int(bad.sum()):,} of {len(array):,} examples")
        fractions = array[array % 1 != 0]
        if len(fractions):
            raise Unusable(f"holds numbers such as {fractions[0]:g}, which are no classes")
    return array.astype(np.int64)


def numbered(parts: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The classes of labels, numbered 0, 1, ... without a gap, so that every class is somebody's.

    Args:
        parts: The labels of each split, as `plain_labels` returns them; {} without labels.

    Returns:
        The numbers of the classes, (n,) int64, by split; and the classes' names, () for labels that are those
        numbers already, or too many to be classes.

    Raises:
        Unusable: If some are words and some are numbers.
    """
    if not parts:
        return {}, ()
    if len({part.dtype.kind for part in parts.values()}) > 1:
        kinds = ", ".join(f"{name} {_text(part)}" for name, part in parts.items())
        raise Unusable(f"holds words and numbers ({kinds})")
    different = np.unique(np.concatenate(list(parts.values())))
    if different.dtype.kind != "U" and (
        len(different) > MOST_CLASSES or np.array_equal(different, np.arange(len(different)))
    ):
        return dict(parts), ()
    return (
        {name: np.searchsorted(different, part) for name, part in parts.items()},
        tuple(map(str, different.tolist())),
    )


def in_classes(labels: np.ndarray, names: Sequence[str], classes: int) -> np.ndarray:
    """Labels as the numbers of the classes that a model was trained with.

    Args:
        labels: As `plain_labels` returns them.
        names: The classes' names; () if they are numbers from 0.
        classes: How many there are; 0 to let any number pass.

    Returns:
        (n,), int64.

    Raises:
        Unusable: For a label that is no class.
    """
    number = {name: index for index, name in enumerate(names)}
    if names and (labels.dtype.kind == "U" or are_numbers(names)):
        texts = labels.astype(str)
        unknown = sorted(set(texts.tolist()) - number.keys())
        if unknown:
            raise Unusable(
                f"holds {unknown[0]!r}, which is no class of the training: {', '.join(names[:20])}"
            )
        return np.array([number[text] for text in texts.tolist()], np.int64)
    if labels.dtype.kind == "U":
        raise Unusable(f"holds words such as {str(labels[0])!r}; the classes of the training are numbers")
    bad = (labels < 0) | (labels >= classes) if classes else np.zeros(len(labels), bool)
    if bad.any():
        raise Unusable(
            f"holds {labels[bad][0]}; the classes of the training are numbered from 0 to {classes - 1}"
        )
    return labels


def are_numbers(names: Sequence[str]) -> bool:
    """Whether the names of classes are whole numbers, so that a number is a name and no index of a class.

    Args:
        names: The names.

    Returns:
        Whether they are; False for none.
    """
    return len(names) > 0 and all(name.removeprefix("-").isdecimal() for name in names)


def _text(array: np.ndarray) -> str:
    kind = {"U": "words", "O": "objects"}.get(array.dtype.kind, str(array.dtype))
    return f"{kind} of shape {array.shape}"
