"""What stands for white in images of more than 8 bits a channel."""

from __future__ import annotations

from pathlib import Path

from keras_ae.counts import counted
from keras_ae.imaging.decode import highest_value
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.imaging.frames import Frames, in_parallel

__all__ = ["dark_note", "full_scale_of", "recorded"]

DARK = 0.25
"""Fraction of white below which the highest value of a model's inputs is told of as nearly black."""


def full_scale_of(
    folder: str, frames: Frames, chosen: float | None = None, learned: FullScale | None = None
) -> tuple[FullScale, tuple[str, ...]]:
    """What stands for white in images of more than 8 bits a channel.

    Args:
        folder: The folder.
        frames: Its images.
        chosen: The full scale that the user has set; None for that of the fewest bits that hold all values.
        learned: That of a trained model, which then takes its place; None to train.

    Returns:
        The full scale, and notes.
    """
    deep = [name for name, header in frames.headers.items() if header.deep]
    if chosen is not None:
        return FullScale(float(chosen), float(chosen)), ()
    files, pages = [Path(folder, name) for name in deep], [frames.headers[name].frames for name in deep]
    highest = max(in_parallel(highest_value, files, pages), default=0.0)
    if learned is not None:
        note = dark_note(highest, len(deep), learned)
        return learned, (note,) if note else ()
    if not highest:
        return FULL_RANGE, ()
    full_scale = FullScale.holding(highest)
    note = (
        f"values up to {highest:,.0f} in {counted(len(deep), 'image')} of more than 8 bits: white is "
        f'{full_scale.whole:,.0f}; another value: SET="data.full_scale=65535"'
    )
    return full_scale, (note,)


def dark_note(highest: float, count: int, full_scale: FullScale) -> str:
    """A line about images of fewer bits than those that a model was trained on, which are nearly black to it.

    Args:
        highest: The highest of all values of images of more than 8 bits; 0 if there are none.
        count: How many such images there are.
        full_scale: The values that stand for white to the model.

    Returns:
        The line; empty where the values reach a fourth of white.
    """
    if not 0 < highest < DARK * full_scale.whole:
        return ""
    own = FullScale.holding(highest).whole
    return (
        f"values up to {highest:,.0f} in {counted(count, 'image')} of more than 8 bits are nearly black to "
        f"the model, whose white is {full_scale.whole:,.0f}; if theirs is {own:,.0f}, multiply the values by "
        f"{full_scale.whole / own:.4g}"
    )


def recorded(full_scale: FullScale, frames: Frames) -> int | None:
    """The full scale as data and models have it.

    Args:
        full_scale: The values that stand for white.
        frames: The images.

    Returns:
        That of whole numbers; None where no image has more than 8 bits, and for a fraction.
    """
    deep = any(header.deep for header in frames.headers.values())
    return int(full_scale.whole) if deep and full_scale.whole.is_integer() else None
