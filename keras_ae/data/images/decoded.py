"""The images of a folder, decoded and of one size: in memory, or in a cache on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from keras_ae.counts import size_in_words
from keras_ae.data.mapped import BLOCK
from keras_ae.data.npy import headers_of, mapped_array
from keras_ae.errors import InputError
from keras_ae.files import check_folder, written_whole
from keras_ae.imaging.deep import FullScale
from keras_ae.imaging.frames import Frame, Frames, pixels_of
from keras_ae.imaging.headers import Header

__all__ = ["DecodedImages", "PixelCache", "in_memory"]

LOG = logging.getLogger(__name__)

FORMAT = 1
"""The form of the cache's files; those of another form are made anew."""

ABANDONED = 3600
"""Seconds after which a file that was not written to its end counts as left by a process that was killed."""


@dataclass(frozen=True, eq=False)
class DecodedImages:
    """The images of a folder, decoded and of one size.

    Attributes:
        images: What their headers say.
        full_scale: What stands for white in those of more than 8 bits a channel.
        notes: On the full scale, and on where the pixels are.
        contents: For each image the hash of its content, or the reason why it cannot be read.
        pixels: (n, height, width, channels), uint8, an array or `MappedExamples`.
    """

    images: Frames
    full_scale: FullScale
    notes: tuple[str, ...]
    contents: list[bytes | str]
    pixels: Any


def in_memory(
    folder: str,
    images: Frames,
    full_scale: tuple[FullScale, tuple[str, ...]],
    shape: tuple[int, ...],
    how: str,
) -> DecodedImages:
    """Decodes the images of a folder into memory.

    Args:
        folder: The folder.
        images: Its images.
        full_scale: What stands for white in them, and notes on it.
        shape: (height, width, channels) that they are brought to.
        how: How: "crop", "pad" or "stretch".

    Returns:
        The decoded images.
    """
    pixels = np.empty((len(images.frames), *shape), np.uint8)
    contents = pixels_of(folder, images.frames, pixels, full_scale[0], how)
    return DecodedImages(images, *full_scale, contents, pixels)


class PixelCache:
    """The decoded images of a folder in a file, below the folder of Keras's cache, for later runs too.

    Its name tells from which files and by which settings it was made: after a change of either it is another
    one, and the one before is removed. Its pixels are an .npy, of which a .json beside it says what they are
    of; the .json is written last, so that what was not written to its end is never believed.

    Args:
        folder: The folder of the images.
        names: Their files, relative to it.
        settings: All else that the pixels depend on.
    """

    def __init__(self, folder: str, names: Sequence[str], settings: str):
        where = os.path.realpath(folder)
        made = hashlib.blake2b(f"{FORMAT} {PIL.__version__} {settings}".encode(), digest_size=8)
        self.key = hashlib.blake2b(f"{where} {settings}".encode(), digest_size=4).hexdigest()
        for name in names:
            made.update(f"{name} {_state_of(os.path.join(folder, name))}\n".encode(errors="surrogateescape"))
        keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        self.folder, self.images = keras_home / "datasets" / "decoded_images", folder
        self.stem = f"{Path(where).name}-{self.key}-{made.hexdigest()}"
        self.pixels, self.facts = (self.folder / f"{self.stem}{suffix}" for suffix in (".npy", ".json"))

    def read(self) -> DecodedImages | None:
        """The decoded images of an earlier run.

        Returns:
            The images; None if there are none of just these files and settings.
        """
        try:
            facts = json.loads(self.facts.read_text(encoding="utf-8"))
            if facts["shape"] != list(headers_of(str(self.pixels))["array"].shape):
                return None
            return self._with_note(_from_facts(facts, mapped_array(str(self.pixels))))
        except (OSError, ValueError, KeyError, TypeError, IndexError):  # InputError is a ValueError
            return None

    def write(
        self,
        images: Frames,
        full_scale: tuple[FullScale, tuple[str, ...]],
        shape: tuple[int, ...],
        how: str,
    ) -> DecodedImages:
        """Decodes the images into the cache.

        Args:
            images: The folder's.
            full_scale: What stands for white in them, and notes on it.
            shape: (height, width, channels) that they are brought to.
            how: How: "crop", "pad" or "stretch".

        Returns:
            The decoded images.

        Raises:
            InputError: If the disk lacks the room, or the folder of the cache cannot be written.
        """
        check_folder(self.folder, "one by KERAS_HOME")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_former()
        count = len(images.frames)
        size, free = count * int(np.prod(shape)), shutil.disk_usage(self.folder).free
        told = f"the pixels of {count:,} images take {size_in_words(size)} on disk"
        if size > free:
            raise self._no_room(f"{told}, {size_in_words(free)} are free in {self.folder}")
        LOG.info("%s: decoding them into %s", told, self.pixels)
        try:
            with written_whole(self.pixels, self.facts) as (pixels, facts):
                contents = self._decode(pixels, images.frames, full_scale[0], shape, how)
                decoded = DecodedImages(images, *full_scale, contents, None)
                facts.write_text(json.dumps(_facts_of(decoded, (count, *shape))), encoding="utf-8")
        except OSError as error:
            raise self._no_room(f"{told}; {self.folder} cannot be written ({error.strerror})") from error
        return self._with_note(replace(decoded, pixels=mapped_array(str(self.pixels))))

    def _decode(self, path, frames, full_scale, shape, how):
        """Writes the pixels of images; returns the hash of each, or the reason why it cannot be read."""
        step = max(1, BLOCK // int(np.prod(shape)))
        contents: list[bytes | str] = []
        with open(path, "wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": (len(frames), *shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, len(frames), step):
                part = frames[start : start + step]
                pixels = np.zeros((len(part), *shape), np.uint8)
                contents += pixels_of(self.images, part, pixels, full_scale, how)
                file.write(pixels)  # not by way of a map, which ends the process where a disk is full
        return contents

    def _with_note(self, decoded: DecodedImages) -> DecodedImages:
        """Decoded images with a note on where they are."""
        note = f"read in batches from a cache of {size_in_words(decoded.pixels.nbytes)}, {self.pixels}"
        return replace(decoded, notes=(*decoded.notes, note))

    def _remove_former(self) -> None:
        """Removes what was made of the folder before it changed, and what killed processes have left."""
        for path in self.folder.glob(f"*-{self.key}-*"):
            path.unlink(missing_ok=True)
        for path in self.folder.glob(".*"):
            if path.stat().st_mtime < time.time() - ABANDONED:
                path.unlink(missing_ok=True)

    def _no_room(self, what: str) -> InputError:
        return InputError(
            f"{what}; make room there, choose another disk with the environment variable KERAS_HOME, or take "
            'smaller images: SET="data.size=..."'
        )


def _state_of(file: str) -> str:
    """What changes when the content of a file does, or whether it can be read."""
    try:
        facts = os.stat(file)
    except OSError as error:  # told where the file is read
        return str(error.errno)
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}"


def _facts_of(decoded: DecodedImages, shape: tuple[int, ...]) -> dict[str, Any]:
    """What is known of decoded images but for their pixels, as JSON has it."""
    images = decoded.images
    kinds = list(dict.fromkeys(images.headers.values()))
    number = {kind: index for index, kind in enumerate(kinds)}
    return {
        "shape": shape,
        "frames": [(frame.name, frame.index, frame.several) for frame in images.frames],
        "rows": images.rows,
        "kinds": [asdict(kind) for kind in kinds],
        "headers": {name: number[header] for name, header in images.headers.items()},
        "faults": images.faults,
        "image_notes": images.notes,
        "full_scale": asdict(decoded.full_scale),
        "notes": decoded.notes,
        "contents": [each.hex() if isinstance(each, bytes) else [each] for each in decoded.contents],
    }


def _from_facts(facts: dict[str, Any], pixels: Any) -> DecodedImages:
    """The decoded images that facts are of."""
    kinds = [
        Header(**kind | {"size": tuple(kind["size"]), "frames": tuple(kind["frames"])})
        for kind in facts["kinds"]
    ]
    images = Frames(
        tuple(Frame(*frame) for frame in facts["frames"]),
        tuple(facts["rows"]),
        {name: kinds[number] for name, number in facts["headers"].items()},
        facts["faults"],
        tuple(facts["image_notes"]),
    )
    contents = [bytes.fromhex(each) if isinstance(each, str) else each[0] for each in facts["contents"]]
    return DecodedImages(images, FullScale(**facts["full_scale"]), tuple(facts["notes"]), contents, pixels)
