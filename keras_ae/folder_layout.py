"""What the folders of examples stand for: labels, splits with labels below them, and masks of anomalies."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np

from keras_ae.counts import counted
from keras_ae.errors import InputError

__all__ = ["LABELS", "SPLITS", "Layout", "check_folders", "check_one", "layout_of"]

LABELS, SPLITS = "labels", "splits"
"""What the folders directly below a data set's may stand for."""

SPLIT_OF = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test", "test_public": "test",
}  # fmt: skip
"""The split that a folder stands for, by its name in lower case."""

MASK_FOLDERS = frozenset({"ground_truth", "groundtruth", "ground-truth"})
"""Folders of masks, one or several for an image, as MVTec AD and its relatives have them."""


@dataclass(frozen=True)
class Layout:
    """The images of a folder by what their folders stand for.

    Attributes:
        names: Paths of the images, relative to the folder.
        labels: The name of each image's label: the path of its folder, "." for none.
        splits: The split of each image; () if no folder stands for a split.
        masks: Paths of the masks of an image's anomalies, by its path.
        notes: For the user.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    splits: tuple[str, ...] = ()
    masks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of all labels in alphabetical order; () if no image has one."""
        names = tuple(sorted(set(self.labels)))
        return () if names == (".",) else names

    def index(self, names: Sequence[str]) -> np.ndarray | None:
        """The index of each image's label.

        Args:
            names: The names of the labels.

        Returns:
            (n,), int64; None without names.
        """
        known = {name: position for position, name in enumerate(names)}
        return np.array([known[label] for label in self.labels], np.int64) if names else None

    def without(self, names: Container[str]) -> Layout:
        """Leaves images out.

        Args:
            names: Their paths.

        Returns:
            The layout of the others.
        """
        return self.take([row for row, name in enumerate(self.names) if name not in names])

    def take(self, rows: Sequence[int]) -> Layout:
        """Selects images.

        Args:
            rows: Their indices; one whose file holds several images may occur several times.

        Returns:
            The layout of these.
        """
        return replace(
            self,
            names=tuple(self.names[row] for row in rows),
            labels=tuple(self.labels[row] for row in rows),
            splits=tuple(self.splits[row] for row in rows) if self.splits else (),
        )


def layout_of(
    names: Sequence[str],
    where: str,
    folders: str | None = None,
    to_train: bool = True,
    noun: str = "image",
) -> Layout:
    """Finds out what the folders of images, or of sounds or clips, stand for.

    Folders `train` beside `test` or `validation` (`val`, `valid`) are splits, with the folders of labels
    below them. All other folders are labels, but for `ground_truth`, if it holds masks of images: of
    `scratch/1.png` they are `ground_truth/scratch/1_mask.png`, `1.png`, or all images in `1/`.

    Args:
        names: Paths of the images, relative to a folder.
        where: The folder, for messages.
        folders: "splits" or "labels" if the user has said what folders stand for; None to find out.
        to_train: Whether there are splits only with a folder `train`; else `test` alone is one.
        noun: What the files are, in the singular.

    Returns:
        The layout.

    Raises:
        InputError: If there are no such splits although the user says so.
    """
    depth = _common_depth(names)
    parts = {name: PurePath(name).parts[depth:] for name in names}
    candidates = [name for name in names if not MASK_FOLDERS.isdisjoint(map(str.lower, parts[name][:-1]))]
    may_be_masks = set(candidates)
    images = [name for name in names if name not in may_be_masks]
    tops = {parts[name][0].lower() for name in images if len(parts[name]) > 1}
    has_splits = folders == SPLITS or (folders is None and _are_splits(tops, to_train))
    if has_splits and to_train and "train" not in {SPLIT_OF.get(top) for top in tops}:
        raise InputError(
            f"expected a folder train beside test or validation below {where}; found "
            f'{", ".join(sorted(tops)) or "none"}; read folders as labels: SET="data.folders=labels"'
        )
    splits = {name: _split(parts[name]) if has_splits else "" for name in names}
    masks = _masks(parts, images, candidates, splits)
    if not masks:  # folders that are only called so, such as one of clean images beside noisy ones
        images = [name for name in names if name not in may_be_masks or splits[name] or not has_splits]
    chosen = [name for name in images if splits[name] or not has_splits]
    inside = [parts[name][has_splits:-1] for name in chosen]
    return Layout(
        tuple(chosen),
        tuple(os.path.join(*folders) if folders else "." for folders in inside),
        tuple(splits[name] for name in chosen) if has_splits else (),
        masks,
        tuple(_notes(set(names) - {*chosen}, chosen, masks, splits, has_splits, noun)),
    )


def check_folders(folders: str | None) -> None:
    """Checks what folders are said to stand for.

    Args:
        folders: "labels", "splits", or None.

    Raises:
        InputError: For anything else.
    """
    if folders not in (None, LABELS, SPLITS):
        raise InputError(f"folders must be {LABELS} or {SPLITS}, received {folders!r}")


def check_one(names: Sequence[str], where: str) -> None:
    """Refuses a folder of several data sets, such as all categories of MVTec AD.

    Args:
        names: Paths of the images, relative to the folder.
        where: The folder.

    Raises:
        InputError: If several folders directly below it have folders of splits of their own.
    """
    depth = _common_depth(names)
    below: dict[str, set[str]] = defaultdict(set)
    for parts in (PurePath(name).parts[depth:] for name in names):
        if len(parts) > 2 and parts[1].lower() not in MASK_FOLDERS:
            below[parts[0]].add(parts[1].lower())
    several = sorted(top for top, inner in below.items() if _are_splits(inner))
    if len(several) > 1:
        raise InputError(
            f"{where} holds {len(several)} data sets, each with folders of splits: "
            f"{', '.join(several[:8])}; give one of them, such as {os.path.join(where, several[0])}, or read "
            'every folder as a label: SET="data.folders=labels"'
        )


def _common_depth(names):
    """How many folders all images lie in, one around the other; the innermost may be a label."""
    folders = {os.path.dirname(name) for name in names}
    common = PurePath(os.path.commonpath(folders)).parts
    return len(common) - (len(folders) == 1 and common != ())


def _split(parts):
    return SPLIT_OF.get(parts[0].lower(), "") if len(parts) > 1 else ""


def _are_splits(tops, to_train=True):
    """Whether folders of these names, in lower case, are splits and nothing else."""
    splits = {SPLIT_OF.get(top) for top in tops}
    whole = "train" in splits and len(splits) > 1
    return None not in splits and (whole or (not to_train and bool(splits)))


def _masks(parts, images, candidates, splits):
    """The masks of each image that has some."""
    by_key = defaultdict(list)
    for name in candidates:
        for key in _keys(parts[name]):
            by_key[key].append(name)
    keys = {name: (*parts[name][bool(splits[name]) : -1], PurePath(name).stem) for name in images}
    return {
        name: tuple(by_key[key]) for name, key in keys.items() if key in by_key and splits[name] != "train"
    }


def _notes(left_out, chosen, masks, splits, has_splits, noun):
    """Lines about splits by folders, masks, and files that are neither examples nor masks."""
    if has_splits:
        counts = Counter(splits[name] for name in chosen)
        listing = ", ".join(
            f"{counts[split]} {split}" for split in dict.fromkeys(SPLIT_OF.values()) if counts[split]
        )
        yield f"splits by folders: {listing}"
    if masks:
        yield f"masks of the anomalies in {counted(len(masks), noun)}, from folders called ground_truth"
    left_out = sorted(left_out - {mask for each in masks.values() for mask in each})
    if left_out:
        yield (
            f"left out {counted(len(left_out), noun)}, masks of none or beside the folders of splits: "
            f"{', '.join(left_out[:3])}{', ...' if len(left_out) > 3 else ''}"
        )


def _keys(parts):
    """The folders and the stem of the images that a file in a folder of masks may belong to."""
    parts = [part for part in parts if part.lower() not in MASK_FOLDERS]
    parts = parts[1:] if parts[0].lower() in SPLIT_OF and len(parts) > 1 else parts
    *folders, file = parts
    stem = os.path.splitext(file)[0]
    yield (*folders, stem)
    if stem.endswith("_mask"):
        yield (*folders, stem.removesuffix("_mask"))
    if folders:
        yield tuple(folders)
