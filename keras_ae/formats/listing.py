"""The formats there are, and which one a data set has."""

from __future__ import annotations

import keras_ae.formats as folder
from keras_ae.domains import domain_of
from keras_ae.files import classes_below
from keras_ae.formats.format import Format
from keras_ae.imaging.grid import is_image_shape

__all__ = ["format_of", "formats"]


def formats() -> dict[str, type[Format]]:
    """Every format that the modules of this folder define.

    Returns:
        The classes by their names.
    """
    return {kind.__name__: kind for kind in classes_below(folder, Format, named=True)}


def format_of(own: Format | None, domain: str, shape: tuple[int, ...]) -> Format:
    """The format of a data set.

    Args:
        own: The data set's own format, or None.
        domain: The domain of its examples.
        shape: The shape of an example.

    Returns:
        Its own format, or else the one for its domain and shape.
    """
    if own is not None:
        return own
    pixels = domain_of(domain).unit_interval
    if pixels and len(shape) == 4:
        return formats()["Clips"]()
    return formats()["Images" if pixels and is_image_shape(shape) else "Numbers"]()
