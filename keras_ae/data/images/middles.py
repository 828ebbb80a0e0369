"""What is said of images that are no squares, or too small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from keras_ae.data.images.listing import counted

__all__ = ["middle_notes", "mirrored_notes"]


def middle_notes(sizes: Sequence[tuple[int, int]], side: int) -> Iterator[str]:
    """Notes on the pixels that the middle squares of images leave out, and on images that are enlarged.

    Args:
        sizes: (width, height) of each file's images.
        side: Pixels per side that the squares are resized to.

    Yields:
        A line about images that are no squares, and one about smaller ones, if there are any.
    """
    short, long = np.min(sizes, axis=1), np.max(sizes, axis=1)
    cut = 1 - short / long
    if (oblong := cut > 0).any():
        which = f"images of {sizes[0][0]} x {sizes[0][1]} pixels" if len(set(sizes)) == 1 else ""
        which = which or f"{oblong.sum():,} of {counted(len(sizes), 'image')}, which are no squares,"
        most_cut = "" if np.ptp(cut[oblong]) < 0.005 else f" on average, {cut.max():.0%} at most"
        yield (
            f"of {which} the middle square is taken, resized to {side} x {side}: it leaves out "
            f"{cut[oblong].mean():.0%} of the pixels{most_cut}"
        )
    if small := int((short < side).sum()):
        yield f"enlarged {counted(small, 'image')} of fewer than {side} pixels a side, {short.min()} at least"


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
