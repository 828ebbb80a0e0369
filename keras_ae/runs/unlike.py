"""Whether inputs of a head look like the examples that it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.imaging.decode import highest_value
from keras_ae.imaging.frames import dark_note
from keras_ae.imaging.headers import Header, image_header

__all__ = ["PROFILE", "in_color", "of_fewer_bits", "profile", "unlike"]

PROFILE = "profile"
"""The key of the training examples' profile among what a card says of the data."""

QUANTILES = (0.01, 0.5, 0.99)
MARGIN = 1.0
"""How far beyond these quantiles of the training examples inputs may lie, in distances between them."""

TOLERATED = 0.5
"""Fraction of inputs that may lie beyond them unmentioned."""

LOOKED_AT = 64
"""Image files whose headers are read, at most."""


def profile(examples: np.ndarray) -> dict[str, list[float]]:
    """The profile of some examples, for a card.

    Args:
        examples: (n, ...), in original units.

    Returns:
        Quantiles (.01, .5 and .99) of the examples' "mean" and standard "deviation".
    """
    return {name: np.quantile(each, QUANTILES).tolist() for name, each in _statistics(examples).items()}


def unlike(data: Mapping[str, Any], inputs: np.ndarray) -> str | None:
    """Compares inputs with the profile of the training examples.

    Args:
        data: What the head's card says of the data.
        inputs: (n, ...), in original units.

    Returns:
        A line about inputs most of which are unlike the training examples; None if they are like them, or
        the card, of an earlier version, has no profile.
    """
    known = data.get(PROFILE)
    if not known or not len(inputs):
        return None
    for name, each in _statistics(inputs).items():
        low, _, high = known[name]
        margin = MARGIN * max(high - low, 1e-3 * max(abs(low), abs(high)), 1e-6)
        beyond = ~((each >= low - margin) & (each <= high + margin))
        if beyond.mean() > TOLERATED:
            return (
                f"{beyond.sum():,} of {len(inputs):,} inputs are unlike the training data: their {name} is "
                f"{np.median(each):.3g}, that of training examples {low:.3g} to {high:.3g}; the outputs may "
                "mean little"
            )
    return None


def in_color(data: Mapping[str, Any], files: Iterable[Path]) -> str | None:
    """Finds image files in color among the inputs of a head that was trained on gray images.

    Args:
        data: What the head's card says of the data.
        files: The image files.

    Returns:
        A line about them; None if there are none, or the head was trained on color.
    """
    shape = data.get("shape") or [0]
    looked_at = list(files)[:LOOKED_AT]
    if len(shape) != 3 or shape[-1] != 1 or not (colored := sum(map(_is_color, looked_at))):
        return None
    return (
        f"{colored} of {len(looked_at)} images are in color, and the head was trained on gray ones: it sees "
        "them without their colors"
    )


def of_fewer_bits(data: Mapping[str, Any], files: Iterable[Path]) -> str | None:
    """Finds image files of fewer bits than those that a head's white stands for, such as 12 of 16.

    Args:
        data: What the head's card says of the data.
        files: The image files.

    Returns:
        A line about them; None if there are none.
    """
    from keras_ae.formats.images import images_of  # imports Keras, which a client does not need

    headers = {file: image_header(file) for file in list(files)[:LOOKED_AT]}
    deep = {file: one for file, one in headers.items() if isinstance(one, Header) and one.deep}
    highest = max((highest_value(file, one.frames) for file, one in deep.items()), default=0.0)
    return dark_note(highest, len(deep), images_of(data).full_scale) or None


def _is_color(file: Path) -> bool:
    header = image_header(file)
    return not isinstance(header, str) and header.channels == 3


def _statistics(examples: np.ndarray) -> dict[str, np.ndarray]:
    flat = np.asarray(examples, np.float64).reshape(len(examples), -1)
    if not np.isnan(flat).any():
        return {"mean": flat.mean(axis=1), "deviation": flat.std(axis=1)}
    known = flat[~np.isnan(flat).all(axis=1)]  # of sequences, after whose ends there is nothing
    return {"mean": np.nanmean(known, axis=1), "deviation": np.nanstd(known, axis=1)}
