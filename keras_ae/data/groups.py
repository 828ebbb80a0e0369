"""Groups of examples, such as the images of one patient, that stay together when examples are split."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from keras_ae.data.splits import TEST, VALIDATION, Parts, assign, digests
from keras_ae.errors import InputError

__all__ = ["by_group", "check_apart", "checked_groups", "group_hashes"]

VERBS = ("train", "validate", "test")


def by_group(groups: np.ndarray, name: str, validation: float = VALIDATION, test: float = TEST) -> Parts:
    """Splits examples by their groups, so that no group is in two splits.

    A group's split depends on its own name only: adding others does not move it.

    Args:
        groups: (n,), whole numbers or words, such as the patient of each image.
        name: What the groups are called.
        validation: Fraction of the groups for the validation split.
        test: Fraction of the groups for the test split; 0 for an empty one.

    Returns:
        The splits.

    Raises:
        InputError: For fewer than 3 groups.
    """
    different, row = np.unique(groups.astype(str), return_inverse=True)
    if len(different) < 3:
        raise InputError(
            f"expected at least 3 groups in {name}, one each to train, validate and test on; received "
            f"{', '.join(different)}; group by something else"
        )
    index = assign(group_hashes(groups), validation, test)
    sizes = {verb: len(np.unique(row[rows])) for verb, rows in zip(VERBS, index.values(), strict=True)}
    counts = ", ".join(f"{size:,} to {verb}" for verb, size in sizes.items() if size)
    return Parts(index, f"by {name}: none of its {len(different):,} groups is in two splits ({counts})")


def group_hashes(groups: np.ndarray) -> list[bytes]:
    """The hash of each example's group, to take the place of that of its content.

    Args:
        groups: (n,), whole numbers or words.

    Returns:
        8 bytes for each.
    """
    return digests(np.frombuffer(group.encode(), np.uint8) for group in groups.astype(str).tolist())


def check_apart(groups: Mapping[str, np.ndarray], by: str) -> None:
    """Refuses splits that have a group in common.

    Args:
        groups: The groups of the examples of some splits, by what the splits are called.
        by: What the groups are called.

    Raises:
        InputError: If a group is in two of the splits.
    """
    for (first, one), (second, other) in combinations(groups.items(), 2):
        common = np.intersect1d(one.astype(str), other.astype(str))
        if len(common):
            raise InputError(
                f"expected each of {by} in one split alone; {len(common):,} of them are in {first} and in "
                f"{second}, such as {str(common[0])!r}; take them out of one"
            )


def checked_groups(values: Any, count: int, name: str) -> np.ndarray:
    """The group of each example.

    Args:
        values: (n,) or (n, 1), whole numbers or words.
        count: The number of examples.
        name: What the groups are called.

    Returns:
        (n,).

    Raises:
        InputError: For another number of groups, and for values that name none.
    """
    try:
        groups = np.asarray(values)
    except ValueError:  # of lists of different lengths
        groups = np.array([*values, None], object)[:-1]
    if groups.dtype == object and all(isinstance(group, str) for group in groups.ravel()):
        groups = groups.astype(str)
    if groups.shape not in ((count,), (count, 1)) or groups.dtype.kind not in "buiUS":
        raise InputError(
            f"expected {name} of shape ({count},), the group of each example, whole numbers or words; "
            f"received {groups.dtype} of shape {groups.shape}"
        )
    return groups.reshape(-1)
