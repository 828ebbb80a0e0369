"""The missing pixels of an image: white in a mask's file, otherwise those that are fully transparent."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from keras_ae.apps.restoration.files import listing
from keras_ae.apps.restoration.images import DecodedImage, read_image
from keras_ae.errors import InputError

__all__ = ["mask_files", "missing_pixels"]


def mask_files(mask: Path, source: Path, names: list[str]) -> tuple[dict[str, Path], dict[str, str]]:
    """Finds the masks of images.

    Args:
        mask: A file, for one image; or a folder, in which a mask lies where its image lies in the
            source, with the same name or one that differs in its suffix.
        source: The image's file, or the folder of the images.
        names: The images' names below the folder.

    Returns:
        The masks by the images' names, and the reason for each image that has none.

    Raises:
        InputError: The mask does not exist, or there is one file for a folder of images.
    """
    if mask.is_file():
        if source.is_dir():
            raise InputError(f"expected a folder of masks for the images below {source}; received {mask}")
        return dict.fromkeys(names, mask), {}
    masks = listing(mask, "masks").names
    stems: dict[str, list[str]] = {}
    for name in masks:
        stems.setdefault(os.path.splitext(name)[0], []).append(name)
    files, failures = {}, {}
    for name in names:
        stem = os.path.splitext(name)[0]
        matching = [name] if name in masks else stems.get(stem, [])
        if len(matching) == 1:
            files[name] = mask / matching[0]
        else:
            received = " and ".join(matching) or "none"
            failures[name] = f"expected one mask {mask / stem} of any image's suffix, received {received}"
    return files, failures


def missing_pixels(image: DecodedImage, mask: Path | None, most_pixels: int) -> np.ndarray:
    """The missing pixels of an image: white in its mask, or without a mask fully transparent.

    Args:
        image: The image.
        mask: The mask's file, or None.
        most_pixels: Pixels of a mask, at most.

    Returns:
        (height, width) bool.

    Raises:
        InputError: The mask has another size, does not decode or has nothing white; or there is no mask
            and nothing transparent. The text is the reason alone.
    """
    if mask is None:
        if image.alpha is None or image.alpha.all():
            raise InputError(
                "nothing of it is fully transparent; mark missing pixels: --mask FILE, white where they are"
            )
        return image.alpha == 0
    try:
        decoded = read_image(mask, most_pixels)
    except InputError as error:
        raise InputError(f"its mask {mask}: {error}") from error
    if decoded.size != image.size:
        raise InputError(
            f"expected a mask of {image.size} pixels, received {decoded.size} in {mask}; resize it"
        )
    full = np.iinfo(decoded.levels.dtype).max
    white = decoded.levels.mean(axis=-1) >= full / 2
    if decoded.alpha is not None:
        white &= decoded.alpha >= 128
    if not white.any():
        raise InputError(
            f"nothing of its mask {mask} is white, as missing pixels should be; its levels run to "
            f"{decoded.levels.max()} of {full}"
        )
    return white
