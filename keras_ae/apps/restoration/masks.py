"""Which pixels of an image are missing: white in a mask's file, else those that are fully transparent."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from keras_ae.apps.restoration.files import listing
from keras_ae.apps.restoration.images import DecodedImage, read_image
from keras_ae.errors import InputError


def mask_files(mask: Path, source: Path, names: list[str]) -> tuple[dict[str, Path], dict[str, str]]:
    """The masks of images by their names, and by name what is wrong for those that have none.

    mask: a file, for one image; or a folder, in which a mask lies where its image lies in the
        source, of the same name or of one that differs in its suffix.
    Raises InputError for a mask that is not there, and for a single one of a folder of images.
    """
    if mask.is_file():
        if source.is_dir():
            raise InputError(f"expected a folder of masks for the images below {source}; received {mask}")
        return dict.fromkeys(names, mask), {}
    there = listing(mask, "masks").images
    stems = {}
    for name in there:
        stems.setdefault(os.path.splitext(name)[0], []).append(name)
    found, faults = {}, {}
    for name in names:
        stem = os.path.splitext(name)[0]
        alike = [name] if name in there else stems.get(stem, [])
        if len(alike) == 1:
            found[name] = mask / alike[0]
        else:
            received = " and ".join(alike) or "none"
            faults[name] = f"expected one mask {mask / stem} of any image's suffix, received {received}"
    return found, faults


def missing_pixels(image: DecodedImage, mask: Path | None, most_pixels: int) -> np.ndarray:
    """(height, width) bool: white in the mask's file, or without one where the image is fully transparent.

    Raises InputError, whose text is the reason alone, for a mask of another size, that does not decode
    or has nothing white, and without a mask for an image of which nothing is transparent.
    """
    if mask is None:
        if image.alpha is None or image.alpha.all():
            raise InputError(
                "nothing of it is fully transparent; say what is missing: --mask FILE, white where it is"
            )
        return image.alpha == 0
    try:
        given = read_image(mask, most_pixels)
    except InputError as error:
        raise InputError(f"its mask {mask}: {error}") from error
    if given.size != image.size:
        raise InputError(f"expected a mask of {image.size} pixels, received {given.size} in {mask}")
    full = np.iinfo(given.levels.dtype).max
    white = given.levels.mean(axis=-1) >= full / 2
    if given.alpha is not None:
        white &= given.alpha >= 128
    if not white.any():
        raise InputError(
            f"nothing of its mask {mask} is white, which is what is missing; its levels run to "
            f"{given.levels.max()} of {full}"
        )
    return white
