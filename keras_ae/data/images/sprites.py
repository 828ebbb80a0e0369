"""Sprites with known factors: rendered images of every combination of shape, size, rotation and position.

They are like dSprites (Matthey, Higgins, Hassabis and Lerchner 2017), on a smaller grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.splits import assign, digests
from keras_ae.data.types import Data
from keras_ae.domains import UNIT
from keras_ae.errors import check_within

__all__ = ["COUNTS", "Sprites", "grid_of_factors", "render"]

SHAPES = ("square", "ellipse", "heart")
REPEATS = (4, 2, 1)
"""How often each shape looks the same in a full turn."""
FACTORS = ("shape", "size", "rotation", "x", "y")
COUNTS = (3, 4, 10, 12, 12)
"""The number of values of each factor, which make 17,280 combinations."""
RADII = (0.11, 0.22)
"""Radius of the circle around the smallest and the largest sprite, in sides of the image."""
POSITIONS = (0.25, 0.75)
"""First and last position of a sprite's center, in sides of the image; the largest sprite stays inside."""
AT_A_TIME = 2**20
"""Pixels rendered at a time, to bound the memory."""


@dataclass(frozen=True)
class Sprites(Dataset):
    """A white square, ellipse or heart on black: 3 shapes x 4 sizes x 10 rotations x 12 x 12 positions.

    Examples are (size, size, 1) in [0, 1], with antialiased edges; labels are the shapes. Each factor is a
    whole number from 0; rotations are clockwise; positions go from left to right and from top to bottom.
    As in dSprites, a symmetric shape looks the same in several rotations: the square and the ellipse have 5
    different ones, the heart has 10. So only 11,520 of the 17,280 images differ, and no code can tell all
    rotations apart. The split is 80 / 10 / 10 by content, with equal images in one split.

    Attributes:
        size: Side in pixels, from 8 to 128.
    """

    name: ClassVar[str] = "sprites"
    size: int = 32

    def __post_init__(self):
        check_within(self, size="[8, 128]")

    def load(self) -> Data:
        """The whole grid."""
        return _data(self.name, self.size, 1)

    def sample(self) -> Data:
        """A coarser grid: every shape, and every third value of the other factors."""
        return _data(self.name, self.size, 3)


def render(factors: np.ndarray, size: int) -> np.ndarray:
    """Renders sprites.

    Args:
        factors: (n, 5), whole numbers from 0 below `COUNTS`.
        size: Side of an image in pixels.

    Returns:
        (n, size, size, 1), uint8.
    """
    factors = np.asarray(factors)
    images = np.empty((len(factors), size, size, 1), np.uint8)
    step = max(1, AT_A_TIME // size**2)
    for shape, distance in enumerate((_square, _ellipse, _heart)):
        index = np.flatnonzero(factors[:, 0] == shape)
        for start in range(0, len(index), step):
            part = index[start : start + step]
            across, up, radius = _sprite_coordinates(factors[part], size)
            # the covered fraction of a pixel, from the distance of its center to the edge
            covered = np.clip(0.5 - distance(across, up, radius), 0, 1)
            images[part, ..., 0] = np.rint(255 * covered)
    return images


def grid_of_factors(step: int = 1) -> np.ndarray:
    """Combinations of factors.

    Args:
        step: Every step-th value of each factor is used, but every shape.

    Returns:
        (n, 5), int64.
    """
    steps = (1, *[step] * (len(COUNTS) - 1))
    values = [np.arange(0, count, each) for count, each in zip(COUNTS, steps, strict=True)]
    return np.stack(np.meshgrid(*values, indexing="ij"), axis=-1).reshape(-1, len(COUNTS))


def _data(name, size, step):
    """A grid of sprites as data."""
    factors = grid_of_factors(step)
    whole = Split(render(factors, size), factors[:, 0])
    parts = assign(digests(whole.examples))
    return Data(
        name,
        **{part: whole.take(index) for part, index in parts.items()},
        domain=UNIT,
        label_names=SHAPES,
        factors={part: factors[index] for part, index in parts.items()},
        factor_names=FACTORS,
    )


def _sprite_coordinates(factors, size):
    """Coordinates of pixels relative to sprites, (n, size, size) twice, and radii (n, 1, 1), in pixels."""
    shape, scale, rotation, column, row = factors.T
    radius = size * np.linspace(*RADII, COUNTS[1], dtype=np.float32)[scale]
    # integers first, so that rotations that look the same are bit-identical
    repeats = np.array(REPEATS)[shape]
    angle = 2 * np.pi * (rotation * repeats % COUNTS[2]) / (COUNTS[2] * repeats)
    pixels = np.arange(size, dtype=np.float32) + np.float32(0.5)
    right = pixels - size * np.linspace(*POSITIONS, COUNTS[3], dtype=np.float32)[column][:, None]
    down = pixels - size * np.linspace(*POSITIONS, COUNTS[4], dtype=np.float32)[row][:, None]
    cos, sin = (function(angle).astype(np.float32)[:, None] for function in (np.cos, np.sin))
    across = (cos * right)[:, None, :] + (sin * down)[:, :, None]
    up = (sin * right)[:, None, :] - (cos * down)[:, :, None]
    return across, up, radius[:, None, None]


def _square(across, up, radius):
    """Distances to the edge, below 0 inside, of a square with its corners at the radius."""
    return np.maximum(np.abs(across), np.abs(up)) - radius * np.float32(0.5**0.5)


def _ellipse(across, up, radius):
    """The same, to first order, of an ellipse twice as wide as high."""
    scaled = np.hypot(across, 2 * up)
    steepness = np.hypot(across, 4 * up)
    # f / |gradient of f|, with f = |scaled|^2 - radius^2; at the center the gradient is 0
    return (scaled**2 - radius**2) / np.maximum(2 * steepness, np.float32(1e-6))


def _heart(across, up, radius):
    """The same of a square on its tip with half discs on its upper edges, around its center of mass."""
    half = radius / np.float32(2**0.5 * (1 + LIFT))  # of the square's side; the tip is at the radius
    first = (up + across) * np.float32(0.5**0.5) + half * np.float32(LIFT)
    second = (up - across) * np.float32(0.5**0.5) + half * np.float32(LIFT)
    square = np.maximum(np.abs(first), np.abs(second)) - half
    return np.minimum(
        square, np.minimum(np.hypot(first - half, second), np.hypot(first, second - half)) - half
    )


LIFT = (np.pi / 2 + 2 / 3) / (4 + np.pi)
"""How far the heart's center of mass lies above the square's, along each of its sides, in half sides."""
