"""Splits of the images in a folder that the user asks for: by groups in their paths, or by a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from keras_ae.data.groups import by_group, check_apart, group_hashes
from keras_ae.data.images.folder_splits import parts_of
from keras_ae.data.split_rules import by_content, by_list, read_list
from keras_ae.data.splits import Parts
from keras_ae.errors import InputError
from keras_ae.folder_layout import Layout

__all__ = ["check_grouping", "image_groups", "split_images"]

FOLDER = "folder"
"""The word for a group that is the folder of an image."""


def check_grouping(dataset: Any) -> None:
    """Checks how a folder is to be split.

    Args:
        dataset: With a field `group`.

    Raises:
        InputError: For a pattern that is none.
    """
    try:
        pattern = re.compile(dataset.group)
    except (re.error, TypeError) as error:
        raise InputError(
            f"group is {FOLDER!r} or a regular expression, received {dataset.group!r}: {error}"
        ) from error
    if pattern.groups > 1:
        raise InputError(
            "group is a regular expression with one pair of parentheses at most, received "
            f"{dataset.group!r}; write (?:...) for the others"
        )


def image_groups(names: Sequence[str], group: str, noun: str = "image") -> np.ndarray:
    """The group of each image, by its path.

    Args:
        names: Paths of the images, relative to a folder.
        group: "folder" for the folder of each image, or a regular expression that is searched for in the
            path: the group is what its parentheses match, or all that it matches.
        noun: What the files are, in the singular.

    Returns:
        (n,), str.

    Raises:
        InputError: If a path does not match.
    """
    paths = [PurePath(name).as_posix() for name in names]
    if group == FOLDER:
        return np.array([PurePath(path).parent.as_posix() for path in paths])
    pattern = re.compile(group)
    found = [pattern.search(path) for path in paths]
    lacking = [path for path, match in zip(paths, found, strict=True) if match is None]
    if lacking:
        raise InputError(
            f"expected {group!r} in the path of every {noun}, {len(lacking):,} of {len(paths):,} have none, "
            f"such as {lacking[0]!r}; correct data.group, or take them out"
        )
    return np.array([match[pattern.groups] for match in found if match is not None])


def split_images(
    layout: Layout, hashes: list[bytes], dataset: Any, noun: str = "image"
) -> tuple[Parts, tuple[str, ...]]:
    """Assigns images to splits.

    Args:
        layout: The images.
        hashes: The hash of each image's content.
        dataset: With fields `group` and `test_list`.
        noun: What the files are, in the singular.

    Returns:
        The splits; and notes on them.

    Raises:
        InputError: For too few different images or groups, groups in two splits, and a list that does not
            fit.
    """
    groups = image_groups(layout.names, dataset.group, noun) if dataset.group else None
    if dataset.test_list:
        return _listed(layout, hashes, groups, dataset, noun), ()
    name = f"data.group={dataset.group}"
    if not layout.splits:
        return (by_content(hashes) if groups is None else by_group(groups, name)), ()
    if groups is not None:
        splits = np.array(layout.splits)
        check_apart({split: groups[splits == split] for split in dict.fromkeys(layout.splits)}, name)
    indices, notes = parts_of(layout, hashes if groups is None else group_hashes(groups))
    return Parts(indices, "by folders" + ("" if groups is None else f" and {name}")), notes


def _listed(layout, hashes, groups, dataset, noun):
    """The splits of images of which some are listed."""
    if layout.splits:
        raise InputError(
            "folders are the splits already, received data.test_list; leave it out, or read folders as "
            'labels: SET="data.folders=labels"'
        )
    names = [PurePath(name).as_posix() for name in layout.names] if groups is None else groups.tolist()
    what = f"paths of {noun}s in the folder" if groups is None else f"groups of data.group={dataset.group}"

    def rest(rows: np.ndarray) -> Parts:
        if groups is None:
            return by_content([hashes[row] for row in rows], test=0.0)
        return by_group(groups[rows], f"data.group={dataset.group}", test=0.0)

    return by_list(read_list(dataset.test_list, names, what), dataset.test_list, rest)
