"""A folder of images to search: its images, what their folders say of them, and their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.folder_splits import hashes_by_file
from keras_ae.data.images.grouping import split_images
from keras_ae.data.images.listing import image_files, none_readable, passed_over
from keras_ae.data.images.one_class import NORMAL_NAMES, OneClass
from keras_ae.folder_layout import Layout, check_one, layout_of
from keras_ae.imaging.fitting import CROP
from keras_ae.imaging.frames import Frame, find_frames
from keras_ae.imaging.headers import Header

__all__ = ["FolderOfImages"]

BARE = "."
"""The label of images that lie in no folder."""


@dataclass(frozen=True, eq=False)
class FolderOfImages:
    """The images below a folder.

    Attributes:
        path: The folder.
        frames: The images.
        layout: What their folders stand for, image by image.
        headers: The header of each file, by its name.
        faults: The reason for each file that cannot be read, by its name.
        notes: Lines for the user.
        learned_from: The data that the model was trained on, if they are of this folder; else None.
        normal: The label that the user has named the normal one; "" for good or the like.
        fit: How they are brought to the size of the model's inputs: "crop", "pad" or "stretch".
    """

    path: Path
    frames: tuple[Frame, ...]
    layout: Layout
    headers: dict[str, Header]
    faults: dict[str, str]
    notes: tuple[str, ...]
    learned_from: ImageFolder | None = None
    normal: str = ""
    fit: str = CROP

    @classmethod
    def of(cls, path: Path, pages: str | None, data: Dataset, fit: str = CROP) -> FolderOfImages:
        """Finds the images below a folder, and reads their headers.

        Args:
            path: The folder.
            pages: Which frames of a file are images, as the model's images were.
            data: The data that the model was trained on.
            fit: How the model's images were brought to their size.

        Returns:
            The images.

        Raises:
            InputError: There is no image that can be read, or the folder holds several data sets.
        """
        inner = data.of if isinstance(data, OneClass) else data
        same = isinstance(inner, ImageFolder) and Path(inner.path).resolve() == path.resolve()
        learned_from = inner if isinstance(inner, ImageFolder) and same else None
        folders = None if learned_from is None else learned_from.folders
        names, others = image_files(path)
        if folders is None:
            check_one(names, str(path))
        layout = layout_of(names, str(path), folders, to_train=learned_from is not None)
        images = find_frames(str(path), layout.names, pages)
        if not images.frames:
            raise none_readable(path, images.faults)
        return cls(
            path,
            images.frames,
            layout.take(images.rows),
            images.headers,
            images.faults,
            (*layout.notes, *images.notes, *passed_over(others)),
            learned_from,
            data.normal if isinstance(data, OneClass) else "",
            fit,
        )

    @property
    def labels(self) -> list[str]:
        """The label of each image; "" for none."""
        return ["" if label == BARE else label for label in self.layout.labels]

    def anomalous(self) -> np.ndarray:
        """Which images their folders call anomalies.

        Returns:
            (n,), int8: 1 for anomalies, 0 for normal ones, -1 where it is not known.
        """
        labels = np.array(self.layout.labels)
        choices = [choice.lower() for choice in ([self.normal] if self.normal else NORMAL_NAMES)]
        trained = (
            np.array(self.layout.splits) == "train" if self.layout.splits else np.zeros(len(labels), bool)
        )
        normal = {label for label in labels.tolist() if label.lower() in choices}
        if not normal and not self.normal and len(set(labels[trained].tolist())) == 1:
            normal = set(labels[trained].tolist())
        if not normal:
            return np.full(len(labels), -1, np.int8)
        known = np.where(np.isin(labels, list(normal)), 0, 1)
        return np.where(labels == BARE, np.where(trained, 0, -1), known).astype(np.int8)

    def unseen(self, contents: Sequence[bytes | str]) -> np.ndarray:
        """Which images the model was not trained, validated or calibrated on.

        Args:
            contents: The hash of each image's content, or why it cannot be read.

        Returns:
            (n,), bool; none of those that cannot be read.
        """
        readable = np.array([isinstance(content, bytes) for content in contents])
        if self.learned_from is None:
            return readable
        rows = np.flatnonzero(readable).tolist()
        by_file, _ = hashes_by_file(
            [self.frames[row] for row in rows], [one for one in contents if isinstance(one, bytes)]
        )
        (parts, _), _ = split_images(self.layout.take(rows), by_file, self.learned_from)
        unseen = np.zeros(len(self.frames), bool)
        unseen[np.array(rows)[parts["test"]]] = True
        train = np.array(rows)[parts["train"]]
        unseen[train[self.anomalous()[train] == 1]] = True  # only normal ones are learned
        return unseen
