"""Splits of the images in a folder: as its folders say, or by their content, and whole files at a time."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from keras_ae.counts import counted
from keras_ae.data.splits import TEST, VALIDATION, assign
from keras_ae.folder_layout import Layout
from keras_ae.imaging.frames import Frame

__all__ = ["assign_by_folders", "hashes_by_file", "parts_of"]


def assign_by_folders(splits: Sequence[str], content: list[bytes]) -> dict[str, np.ndarray]:
    """The indices of each split, as folders say.

    Args:
        splits: The split of each example, some of them "train".
        content: The hash of each example's content; a validation or test split that no folder stands for
            is taken from the training examples by it.

    Returns:
        Indices of "train", "validation" and "test".

    Raises:
        InputError: For too few training examples to take a split from.
    """
    folder = np.array(splits)
    parts = {name: np.flatnonzero(folder == name) for name in ("train", "validation", "test")}
    missing = {name: len(parts[name]) == 0 for name in ("validation", "test")}
    if any(missing.values()):
        train = parts["train"]
        taken = assign(
            [content[index] for index in train], VALIDATION * missing["validation"], TEST * missing["test"]
        )
        parts |= {name: train[index] for name, index in taken.items() if name == "train" or missing[name]}
    return parts


def parts_of(layout: Layout, hashes: list[bytes]) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Assigns images to splits.

    Args:
        layout: The images.
        hashes: The hash of each image's content.

    Returns:
        The indices of each split, as folders say, or else by the hashes; and notes on splits that no folder
        stands for and on equal images.

    Raises:
        InputError: For too few different images.
    """
    if not layout.splits:
        return assign(hashes), ()
    parts = assign_by_folders(layout.splits, hashes)
    notes = tuple(
        f"no folder of {name} images: {len(parts[name])} of the training images are taken, by their content"
        for name in ("validation", "test")
        if name not in layout.splits
    )
    trained = {hashes[index] for index in parts["train"]}
    equal = sum(hashes[index] in trained for index in parts["test"])
    return parts, (
        *notes,
        *((f"{counted(equal, 'test image')} also among the training images",) if equal else ()),
    )


def hashes_by_file(frames: Sequence[Frame], hashes: Sequence[bytes]) -> tuple[list[bytes], tuple[str, ...]]:
    """The hash of each image's file, so that images of one file are in the same split.

    Args:
        frames: The images.
        hashes: The hash of each image's content.

    Returns:
        The hashes of the files' contents, or of the images' own where there are fewer than three files; and
        notes on it.
    """
    if not any(frame.several for frame in frames):
        return list(hashes), ()
    contents = defaultdict(list)
    for frame, content in zip(frames, hashes, strict=True):
        contents[frame.name].append(content)
    of_file = {
        name: each[0] if len(each) == 1 else hashlib.blake2b(b"".join(each), digest_size=8).digest()
        for name, each in contents.items()
    }
    if len(set(of_file.values())) < 3:
        note = "images of one file are in several splits, because there are fewer than three files"
        return list(hashes), (note,)
    return [of_file[frame.name] for frame in frames], ("all images of a file are in the same split",)
