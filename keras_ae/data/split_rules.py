"""Rules that split examples: by content, time or a list, or around splits that the data comes with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.groups import by_group, check_apart
from keras_ae.data.splits import TEST, VALIDATION, Parts, assign, digests
from keras_ae.errors import InputError

__all__ = ["FOLDS", "around_own", "by_content", "by_list", "by_time", "fold_parts", "read_list"]

FOLDS = 5
"""Parts of a partition for repeated cross-validation."""


def by_content(content: list[bytes], validation: float = VALIDATION, test: float = TEST) -> Parts:
    """Splits examples by the hash of their content, so that equal ones are in one split.

    Args:
        content: The hash of each example, as `digests` gives it.
        validation: Fraction of the examples for the validation split.
        test: Fraction of the examples for the test split; 0 for an empty one.

    Returns:
        The splits.

    Raises:
        InputError: For fewer than 3 different examples.
    """
    return Parts(assign(content, validation, test), "by content: equal examples are in one split")


def fold_parts(content: list[bytes], fold: int) -> Parts:
    """The splits of a fold of repeated cross-validation, by content: equal examples are in one split.

    Args:
        content: The hash of each example, as `digests` gives it.
        fold: Which fifth is the test split, and the next one validates: 0 to 4 of one partition, 5 to 9 of
            another one, and so on.

    Returns:
        The splits.
    """
    repeat, tested = divmod(fold, FOLDS)
    keys = [hashlib.sha256(b"%d " % repeat + one).digest() for one in content]
    part = np.array([int.from_bytes(key[:8], "little") % FOLDS for key in keys])
    validated = (tested + 1) % FOLDS
    index = {
        "train": np.flatnonzero((part != tested) & (part != validated)),
        "validation": np.flatnonzero(part == validated),
        "test": np.flatnonzero(part == tested),
    }
    return Parts(index, f"by content: fold {tested + 1} of {FOLDS}, partition {repeat + 1}")


def by_time(times: np.ndarray, name: str, validation: float = VALIDATION, test: float = TEST) -> Parts:
    """Splits examples by time: the last ones are the test split, those before them validate.

    Args:
        times: (n,), numbers that ascend with time; equal ones stay together.
        name: What they are called.
        validation: Fraction of the examples for the validation split.
        test: Fraction of the examples for the test split.

    Returns:
        The splits.

    Raises:
        InputError: If a split would be empty, because too few times differ.
    """
    ordered = np.sort(times)
    cuts = [
        ordered[min(round(len(times) * fraction), len(times) - 1)]
        for fraction in (1 - validation - test, 1 - test)
    ]
    where = np.searchsorted(cuts, times, side="right")
    index = {
        part: np.flatnonzero(where == number) for number, part in enumerate(("train", "validation", "test"))
    }
    if not all(map(len, index.values())):
        raise InputError(
            f"expected times in {name} of which some are later than others, to train, validate and test on; "
            f"received {len(np.unique(times))} different ones in {len(times)} rows; split by content"
        )
    return Parts(index, f"by time ({name}): the last {len(index['test']):,} examples are the test split")


def by_list(tested: np.ndarray, path: str, rest: Callable[[np.ndarray], Parts]) -> Parts:
    """Splits examples by a list of those to test on.

    Args:
        tested: (n,), bool, whether an example is listed.
        path: The file of the list.
        rest: Indices of all others -> their splits, of which the test split is empty.

    Returns:
        The splits.

    Raises:
        InputError: If too few others are left.
    """
    others = np.flatnonzero(~tested)
    parts = rest(others)
    index = {part: others[chosen] for part, chosen in parts.indices.items()} | {
        "test": np.flatnonzero(tested)
    }
    return Parts(
        index, f"{path} lists the test split, {int(tested.sum()):,} examples; the others {parts.rule}"
    )


def read_list(path: str, names: Sequence[str], what: str) -> np.ndarray:
    """Reads which examples a file lists, one a line; blank lines and those that begin with # do not count.

    Args:
        path: A text file.
        names: The name of each example; several may have the same.
        what: What the names are, for messages.

    Returns:
        (n,), bool, whether an example is listed.

    Raises:
        InputError: If the file cannot be read, lists nothing, or lists what there is not.
    """
    try:
        lines = [line.strip() for line in Path(path).read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as a list of {what}, one a line ({error}); check the path"
        ) from error
    listed = {line for line in lines if line and not line.startswith("#")}
    unknown = sorted(listed - set(names))
    if unknown or not listed:
        received = f"{len(unknown):,} that do not exist, such as {unknown[0]!r}" if unknown else "none"
        raise InputError(f"expected {what} in {path}, one a line, such as {names[0]!r}; received {received}")
    return np.array([name in listed for name in names])


def around_own(
    own: Mapping[str, Split], names: Mapping[str, str], groups: Mapping[str, np.ndarray], by: str
) -> tuple[dict[str, Split], str]:
    """Completes the splits that arrays come with.

    Args:
        own: Splits by name, "train" among them, of which the missing ones are made.
        names: What each is called.
        groups: The groups of the examples of splits; without those of "train" it is split by content.
        by: What the groups are called.

    Returns:
        The three splits, and the rule that made them, in words.

    Raises:
        InputError: If there are too few examples or groups.
    """
    check_apart({names[part]: each for part, each in groups.items()}, by)
    kept = {part: split for part, split in own.items() if part != "train"}
    told = [f"{names[part]} is the {part} split" for part in kept]
    if len(kept) == 2:
        return dict(own), "; ".join(told)
    fractions = {"validation": VALIDATION, "test": TEST} | dict.fromkeys(kept, 0.0)
    if "train" in groups:
        parts = by_group(groups["train"], by, **fractions)
    else:
        parts = by_content(digests(own["train"].examples), **fractions)
    splits = {part: own["train"].take(index) for part, index in parts.indices.items()} | kept
    return splits, "; ".join([*told, f"{'the others ' if told else ''}{parts.rule}"])
