"""What is said of images of other proportions than the examples, or too small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from keras_ae.counts import counted
from keras_ae.imaging.fitting import CROP, PAD, STRETCH

__all__ = ["mirrored_notes", "size_notes"]


def size_notes(sizes: Sequence[tuple[int, int]], target: tuple[int, int], how: str = CROP) -> Iterator[str]:
    """Notes on what becomes of images of other proportions than the examples, and on those enlarged.

    Args:
        sizes: (width, height) of each file's images.
        target: The height and the width of the examples.
        how: How images are brought to it: "crop", "pad" or "stretch".

    Yields:
        A line about images of other proportions, and one about smaller ones, if there are any.
    """
    height, width = target
    across, down = np.transpose(sizes)
    ratio = across * height / (down * width)
    lost = 1 - np.minimum(ratio, 1 / ratio)
    if (other := lost > 0).any():
        size, square = f"{width} x {height}", height == width
        what = "which are no squares," if square else f"of other proportions than {size},"
        which = f"images of {sizes[0][0]} x {sizes[0][1]} pixels" if len(set(sizes)) == 1 else ""
        which = which or f"{other.sum():,} of {counted(len(sizes), 'image')}, {what}"
        mean = f"{lost[other].mean():.0%} of the"
        most = "" if np.ptp(lost[other]) < 0.005 else f" on average, {lost.max():.0%} at most"
        yield {
            CROP: f"of {which} the middle {'square ' if square else ''}is taken, resized to {size}: it "
            f"leaves out {mean} pixels{most}",
            PAD: f"{which} are whole in {size}, with a black border: it takes {mean} pixels{most}",
            STRETCH: f"{which} are stretched to {size}: one side {1 / (1 - lost.max()):.2f} times at most",
        }[how]
    small = int(((across < width) | (down < height)).sum())
    if small and height == width:
        least = np.minimum(across, down).min()
        yield f"enlarged {counted(small, 'image')} of fewer than {width} pixels a side, {least} at least"
    elif small:
        yield f"enlarged {counted(small, 'image')} of fewer than {width} x {height} pixels"


def mirrored_notes(sizes: Sequence[tuple[int, int]], side: int) -> Iterator[str]:
    """Notes on images that are smaller than the crops of them.

    Args:
        sizes: (width, height) of each image.
        side: Pixels per side of a crop.

    Yields:
        A line, if there are any.
    """
    if small := sum(min(size) < side for size in sizes):
        yield (
            f"mirrored {counted(small, 'image')} of fewer than {side} pixels a side, a crop's, at the edges"
        )
