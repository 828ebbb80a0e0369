"""The images below a folder, read in batches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae.data.images.listing import image_files, passed_over
from keras_ae.data.streams.rows import Batch, InputSpec, conform
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import FolderFiles
from keras_ae.folder_layout import layout_of
from keras_ae.imaging.frames import frames_in, pixels_of

__all__ = ["FolderStream"]


class FolderStream(Stream):
    """The images below a folder, in the order of their paths, with the size and the channels of the head.

    Args:
        path: The folder, or one image.
        spec: Of the head's inputs.
        split: "train", "validation" or "test", if folders stand for splits; None for all images.

    Raises:
        InputError: If the head takes no images, and for a folder without images, without such a split or with
            unknown labels.
    """

    has_names = True

    def __init__(self, path: str, spec: InputSpec, split: str | None = None):
        if not spec.domain.unit_interval or len(spec.shape) != 3 or spec.shape[-1] not in (1, 3):
            raise InputError(
                f"expected examples of shape {spec.shape} of the {spec.domain.kind} domain, as the model was "
                f"trained on; received {path}, a folder of images; encode an .npy or .npz"
            )
        self.spec = replace(spec, full_scale=None)
        if os.path.isfile(path):
            self.where, (names, others) = (
                os.path.dirname(path) or ".",
                ([os.path.basename(path)], FolderFiles()),
            )
        else:
            self.where, (names, others) = path, image_files(path)
        layout = layout_of(names, path)
        if split is not None:
            if split not in layout.splits:
                has = f"has {', '.join(sorted(set(layout.splits)))}" if layout.splits else "has none"
                raise InputError(
                    f"{path} {has} of the splits train, validation and test; leave out --split, received "
                    f"{split!r}"
                )
            others_of = zip(layout.names, layout.splits, strict=True)
            layout = layout.without({name for name, part in others_of if part != split})
        self.frames, rows, notes = frames_in(path, layout.names, spec.images.pages)
        self.notes = (*layout.notes, *notes, *passed_over(others))
        self.names, self.count = tuple(map(str, self.frames)), len(self.frames)
        self.labels = self._labels(layout.take(rows))
        self.labeled = self.labels is not None

    def _labels(self, layout):
        """The index of each image's folder among the head's classes, or in the order of their names."""
        known = self.spec.label_names
        if not known:
            names = layout.label_names
            return layout.index(names) if len(names) > 1 else None
        unknown = sorted(set(layout.labels) - set(known))
        if unknown:
            raise InputError(
                f"expected folders named {', '.join(known)} below {self.where}, the classes that the model "
                f"was trained on; found {', '.join(unknown[:8])}"
            )
        return layout.index(known)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            frames = self.frames[first : min(first + size, stop)]
            pixels = np.empty((len(frames), *self.spec.shape), np.uint8)
            results = pixels_of(self.where, frames, pixels, self.spec.images.full_scale, self.spec.images.fit)
            good = np.array([isinstance(result, bytes) for result in results])
            positions = first + np.flatnonzero(good)
            yield Batch(
                positions,
                conform(pixels[good], self.spec, self.where, first),
                self.labels[positions] if self.labeled else None,
                [self.names[position] for position in positions],
                {
                    str(frame): result
                    for frame, result in zip(frames, results, strict=True)
                    if isinstance(result, str)
                },
            )

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for name in dict.fromkeys(frame.name for frame in self.frames):
            content = Path(self.where, name).read_bytes()
            digest.update(f"{name!a} {len(content)} ".encode())
            digest.update(content)
        return digest.hexdigest()
