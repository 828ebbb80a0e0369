"""The arrays of an .npz by their names: examples, labels, groups or weights, and of which split."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

__all__ = ["EXAMPLES", "GROUPS", "LABELS", "WEIGHTS", "ArrayRoles", "Name", "parsed", "roles_of"]

EXAMPLES = ("x", "images", "imgs", "data", "examples", "features", "inputs", "arr_0")
LABELS = ("y", "labels", "label", "targets", "target", "classes", "arr_1")
GROUPS = ("groups", "group")
WEIGHTS = ("weights", "weight", "sample_weight")
"""Words for examples, labels, groups and weights of examples, in the order of preference."""

SPLITS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""Words for splits, which stand before or after the others: x_train, train_images."""


class Name(NamedTuple):
    """The name of an array, taken apart.

    Attributes:
        word: One of the words above, or any other name.
        split: The split that it belongs to; "" for none.
    """

    word: str
    split: str = ""


class ArrayRoles(NamedTuple):
    """The arrays of a file by split; those without a split of their own stand for "train".

    Attributes:
        examples: The arrays of examples, "train" among them.
        labels: The arrays of labels.
        groups: The arrays of groups.
        weights: The arrays of weights.
    """

    examples: dict[str, str]
    labels: dict[str, str]
    groups: dict[str, str]
    weights: dict[str, str]


def parsed(name: str) -> Name:
    """Takes the name of an array apart.

    Args:
        name: The name.

    Returns:
        Its word and split, in lower case.
    """
    lower = name.lower()
    first, _, last = lower.partition("_")
    for split, words in SPLITS.items():
        if last in words:
            return Name(first, split)
        if first in words and last:
            return Name(last, split)
    return Name(lower)


def first_of(names: Collection[str], words: tuple[str, ...], splits: tuple[str, ...]) -> str | None:
    """The first array that has one of some words and belongs to one of some splits.

    Args:
        names: The names of the arrays.
        words: The words, in the order of preference.
        splits: The splits, in the order of preference.

    Returns:
        The array's name, or None.
    """
    apart = {parsed(name): name for name in reversed(list(names))}
    found = (apart.get(Name(word, split)) for word in words for split in splits)
    return next((name for name in found if name is not None), None)


def roles_of(names: Collection[str], key: str) -> ArrayRoles:
    """Finds what goes with an array of examples.

    Args:
        names: The names of the file's arrays.
        key: That of the examples to train on.

    Returns:
        The layout; splits of its own where the file has more arrays of the same word.
    """
    word, split = parsed(key)
    examples = {"train": key}
    if split in ("", "train"):
        further = {part: first_of(names, (word,), (part,)) for part in ("validation", "test")}
        examples |= {part: name for part, name in further.items() if name is not None and name != key}
    own = (split,) if split else ("", "train")
    beside: list[dict[str, str]] = []
    for words in (LABELS, GROUPS, WEIGHTS):
        found = {part: first_of(names, words, own if part == "train" else (part,)) for part in examples}
        beside.append({part: name for part, name in found.items() if name is not None and name != key})
    return ArrayRoles(examples, *beside)
