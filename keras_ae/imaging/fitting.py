"""How images are brought to a size: their middle, a border around them, or other proportions."""

from __future__ import annotations

from PIL import Image, ImageOps

from keras_ae.errors import InputError

__all__ = ["CROP", "FITS", "PAD", "STRETCH", "check_fit", "fitted_image", "fitted_size"]

CROP, PAD, STRETCH = "crop", "pad", "stretch"
"""The middle of an image; the whole with a black border; the whole in other proportions."""

FITS = (CROP, PAD, STRETCH)


def check_fit(how: str) -> None:
    """Checks how images are to be brought to a size.

    Args:
        how: "crop", "pad" or "stretch".

    Raises:
        InputError: For anything else.
    """
    if how not in FITS:
        raise InputError(f"fit is {', '.join(FITS[:-1])} or {FITS[-1]}, received {how!r}")


def fitted_size(size: tuple[int, int], target: tuple[int, int], how: str) -> tuple[int, int]:
    """The size that an image is resized to, before a border is added.

    Args:
        size: (width, height) of the image.
        target: (width, height) to bring it to.
        how: "pad", which keeps its proportions, or another.

    Returns:
        (width, height); the target but for "pad".
    """
    if how != PAD:
        return target
    by_width = target[0] * size[1] <= target[1] * size[0]
    across, along = (size[0], target[0]) if by_width else (size[1], target[1])
    # whole numbers, so that a served graph finds the same
    own = [max((2 * side * along + across) // (2 * across), 1) for side in size]
    return min(own[0], target[0]), min(own[1], target[1])


def fitted_image(image: Image.Image, target: tuple[int, int], how: str = CROP) -> Image.Image:
    """An image at a size, resized with Lanczos' kernel.

    Args:
        image: The image.
        target: (width, height).
        how: "crop" for its middle, "pad" for the whole with a black border, "stretch" for the whole in the
            proportions of the target.

    Returns:
        The image of that size.
    """
    if how == CROP:
        return ImageOps.fit(image, target, Image.Resampling.LANCZOS)
    resized = image.resize(fitted_size(image.size, target, how), Image.Resampling.LANCZOS)
    if resized.size == target:
        return resized
    framed = Image.new(image.mode, target)
    framed.paste(resized, ((target[0] - resized.width) // 2, (target[1] - resized.height) // 2))
    return framed
