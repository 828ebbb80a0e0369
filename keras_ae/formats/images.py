"""The format of images: pixels in [0, 1], read from any common file format and written as PNG or TIFF."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.folder_layout import layout_of
from keras_ae.formats import Format, from_json
from keras_ae.formats.inputs import DEFAULT_SIGNATURE, IMAGES, ExamplesInFiles, HeadInputs
from keras_ae.imaging.decode import highest_value, read_image
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.imaging.encode import encoded
from keras_ae.imaging.fitting import CROP, check_fit
from keras_ae.imaging.frame_scale import dark_note
from keras_ae.imaging.frames import Frame, frames_in, pixels_of
from keras_ae.imaging.grid import is_image_shape, save, shown, to_bytes
from keras_ae.imaging.headers import SUFFIXES, Header, image_header

__all__ = ["Images", "images_of"]

LOOKED_AT = 64
"""Images that are compared with those of the training, at most."""

BYTE = 255
"""The full scale of bytes; arrays of a lower one, such as of 0 and 1, say nothing of files."""


@dataclass(frozen=True)
class Images(Format):
    """Images (height, width, channels) of values in [0, 1].

    Attributes:
        white: The value that stands for 1 in files of more than 8 bits a channel.
        float_white: The same in files of floating-point numbers.
        pages: Which pages or frames of a file are images, "first" or "all"; None for all pages of a TIFF, and
            the first frame of animations.
        fit: How images are brought to a size: "crop" for their middle, "pad" for the whole with a border,
            "stretch" for the whole in other proportions.
    """

    suffixes = (".png", *sorted(SUFFIXES - {".png"}))
    noun = "images"
    white: float = FULL_RANGE.whole
    float_white: float = FULL_RANGE.floats
    pages: str | None = None
    fit: str = CROP

    def __post_init__(self) -> None:
        check_fit(self.fit)

    @property
    def full_scale(self) -> FullScale:
        """The values that stand for white in files of more than 8 bits a channel."""
        return FullScale(self.white, self.float_white)

    def own_files(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == 3 and not is_image_shape(shape)  # which served heads do not decode

    def signature(self, shape: tuple[int, ...]) -> str:
        return DEFAULT_SIGNATURE if self.own_files(shape) else IMAGES

    def takes(self, head: HeadInputs) -> bool:
        arrays = head.names == ["inputs"] and self.own_files(tuple(side or 0 for side in head.shape))
        return arrays or head.names == [IMAGES]

    def find(self, paths: Sequence[Path]) -> ExamplesInFiles:
        """The images in files, of which some hold several, without the masks and hidden files of folders.

        Args:
            paths: Files, which need no suffix of images, and folders.

        Returns:
            The images, a `Frame` each.

        Raises:
            InputError: If there is none in a folder.
        """
        files: list[Path] = []
        notes: tuple[str, ...] = ()
        for path in paths:
            below, passed_over = _images_below(path) if path.is_dir() else ([path], ())
            files += below
            notes += passed_over
        frames, _, several = frames_in("", list(map(str, dict.fromkeys(files))), self.pages)
        return ExamplesInFiles(frames, (*notes, *several))

    def files_in(self, paths: Sequence[Path]) -> list[Path]:
        return list(dict.fromkeys(Path(frame.name) for frame in self.find(paths).examples))

    def input_of(self, example: Frame, head: HeadInputs) -> Any:
        """An image of the size of the training, where that is known: a PNG or JPEG, or values."""
        if IMAGES in head.specs:
            full_scale = None if head.remote else self.full_scale
            return encoded(example, _size_of(head), full_scale, self.fit)
        pixels = np.empty((1, *head.shape), np.uint8)
        [result] = pixels_of("", [example], pixels, self.full_scale, self.fit)
        if isinstance(result, str):
            raise InputError(result)
        return pixels[0] / np.float32(255)

    def notes_on(self, examples: Sequence[Frame], head: HeadInputs) -> tuple[str, ...]:
        return ()  # `find` tells what it leaves out

    def remarks_on(self, examples: Sequence[Frame], shape: Sequence[int]) -> tuple[str, ...]:
        """Whether images have fewer bits than white stands for, or colors that the head does not see."""
        few = list(dict.fromkeys(Path(example.name) for example in examples))[:LOOKED_AT]
        headers = {file: one for file in few if isinstance(one := image_header(file), Header)}
        deep = {file: one for file, one in headers.items() if one.deep}
        highest = max((highest_value(file, one.frames) for file, one in deep.items()), default=0.0)
        colored = sum(one.channels == 3 for one in headers.values())
        in_color = (
            f"{colored} of {len(few)} images are in color, and the head was trained on gray ones: it sees "
            "them without their colors"
        )
        gray = len(shape) == 3 and shape[-1] == 1
        lines = (dark_note(highest, len(deep), self.full_scale), in_color if gray and colored else "")
        return tuple(filter(None, lines))

    def compared(self, examples: Sequence[Frame], inputs: Mapping[str, np.ndarray], head: HeadInputs) -> Any:
        shape = _size_of(head)
        if shape is None:
            return None
        few = examples[:LOOKED_AT]
        pixels = np.empty((len(few), *shape), np.uint8)
        results = pixels_of("", few, pixels, self.full_scale, self.fit)
        return pixels[[isinstance(result, bytes) for result in results]] / 255.0

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads an image at the size of the shape, by default its middle.

        Args:
            path: The file.
            shape: (height, width, channels) of the result.

        Returns:
            Values in [0, 1], float32.

        Raises:
            InputError: If the file is not an image that can be read.
        """
        pixels = np.empty(shape, np.uint8)
        reason = read_image(path, pixels, self.full_scale, self.fit)
        if reason is not None:
            raise InputError(f"{path} cannot be read as an image ({reason}); give a PNG or JPEG")
        return pixels / np.float32(255)

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        header = image_header(path)
        several = isinstance(header, Header) and header.has_more
        return f"of the pages or frames of {path} the first is taken" if several else ""

    def render(self, example: np.ndarray) -> np.ndarray:
        return shown(to_bytes(example, "unit"))

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        levels, channels = to_bytes(example, "unit"), example.shape[-1]
        path = stem.with_name(stem.name + self.suffix_for(example.shape))
        if channels in (1, 3, 4):
            save(levels, path)
        else:
            import tifffile  # where images have other bands

            tifffile.imwrite(path, levels, photometric="minisblack", planarconfig="contig")
        return [path]

    def suffix_for(self, shape: tuple[int, ...]) -> str:
        return ".png" if shape[-1] in (1, 3, 4) else ".tif"


def _size_of(head: HeadInputs) -> tuple[int, ...] | None:
    """The shape of the images that a head takes; None for any size, and where it is not known."""
    shape = head.example_shape
    return shape if is_image_shape(shape) and None not in shape else None


def _images_below(folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    """The images below a folder, and notes on files that are passed over."""
    files = files_below(folder)
    names = [name for name in files.names if os.path.splitext(name)[1].lower() in SUFFIXES]
    if not names:
        note = f" ({files.note})" if files.note else ""
        raise InputError(
            f"expected images ({' '.join(sorted(SUFFIXES))}) below {folder}; found none{note}; check the path"
        )
    layout = layout_of(names, str(folder))
    notes = tuple(note for note in layout.notes if "left out" in note or "masks" in note)
    return [folder / name for name in layout.names], notes + ((files.note,) if files.note else ())


def images_of(data: Mapping[str, Any]) -> Images:
    """How files of images are read for a head.

    Args:
        data: What the head's card says of its data.

    Returns:
        The format of folders of images; for other data one of their full scale, if they have one, or of 16
        bits.
    """
    format = from_json(json.dumps(data["format"])) if data.get("format") else None
    if isinstance(format, Images):
        return format
    full_scale = data.get("full_scale") or 0
    return Images(float(full_scale)) if full_scale > BYTE else Images()
