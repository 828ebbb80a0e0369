"""Random crops of photographs of any size, new ones in every epoch; the files stay on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from keras_ae.data.types import Split, values
from keras_ae.errors import check_least

__all__ = ["Album", "Cropping", "Crops", "Photograph", "content_hash", "crops_of", "pieces"]

MOST_IN_MEMORY = 2**30
"""Bytes of a split's decoded photographs up to which they stay in memory; else each is decoded anew."""

MOST_PREVIEWED = 256
"""Pieces of photographs that are shown for all that may be cut from them."""

NEIGHBORS = 4
"""Crops that are taken from a photograph for each time that it is decoded."""


@dataclass(frozen=True)
class Cropping:
    """How photographs are cropped for training.

    Attributes:
        size: Side of a crop in pixels, at least 8.
        count: Crops in an epoch, at least 1; equally many of each photograph, and at least one.
        augment: Whether crops are mirrored and rotated by quarter turns at random.
    """

    size: int = 64
    count: int = 2048
    augment: bool = True

    def __post_init__(self):
        check_least(self, size=8, count=1)


@dataclass(frozen=True, eq=False)
class Photograph:
    """An image that is decoded when it is needed.

    Attributes:
        decode: () -> (height, width, channels) uint8, of any size.
        digest: A hash of its content.
        pixels: Their number.
    """

    decode: Callable[[], np.ndarray]
    digest: bytes
    pixels: int


class Album(Sequence):
    """Photographs (height, width, channels) uint8, of so many channels each, or gray among those in color.

    They stay in memory once decoded where all of them fit; else they are decoded every time.
    """

    def __init__(self, photographs: Sequence[Photograph], channels: int):
        self.photographs, self.channels = tuple(photographs), channels
        self.held = sum(photograph.pixels for photograph in photographs) * channels <= MOST_IN_MEMORY
        self._decoded: dict[int, np.ndarray] = {}

    def __len__(self):
        return len(self.photographs)

    def __getitem__(self, number: int) -> np.ndarray:
        if number in self._decoded:
            return self._decoded[number]
        image = self.photographs[number].decode()
        if self.held:
            self._decoded[number] = image
        return image

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[number] for number in range(len(self)))

    def update_hash(self, digest) -> None:
        """Feeds the hash of every photograph's content to a hash, in their order."""
        for photograph in self.photographs:
            digest.update(photograph.digest)


@dataclass(frozen=True, eq=False)
class Crops(Split):
    """Crops of photographs, each a function of its index and its seed.

    Attributes:
        examples: Pieces of photographs (n, size, size, channels), which are shown for the split.
        album: The photographs.
        cropping: How they are cropped.
    """

    album: Album | None = None
    cropping: Cropping = Cropping()

    @property
    def group(self) -> int:
        return 1 if self.album.held else min(NEIGHBORS, self._of_each)

    @cached_property
    def _of_each(self):
        """Crops of each photograph in an epoch."""
        least = -(-self.cropping.count // len(self.album))
        if self.album.held or least < NEIGHBORS:
            return least
        return -(-least // NEIGHBORS) * NEIGHBORS

    def __len__(self):
        return len(self.album) * self._of_each

    def take(self, index) -> Split:
        """A split of the pieces at an index."""
        return Split(self.examples[index], stream=self.stream)

    def update_hash(self, digest) -> None:
        self.album.update_hash(digest)

    def reader(self):
        def read(index, seeds):
            crops = tf.numpy_function(self._drawn, [index, seeds], tf.uint8, stateful=False)
            return values(tf.ensure_shape(crops, (None, *self.shape)))

        return read

    def _drawn(self, index, seeds):
        """Crops (batch, size, size, channels) uint8; for neighbors in a batch an image is decoded once."""
        crops, size = np.empty((len(index), *self.shape), np.uint8), self.cropping.size
        opened, image = -1, None
        for row, (number, seed) in enumerate(zip(index // self._of_each, seeds, strict=True)):
            if number != opened:
                opened, image = number, padded(self.album[number], size)
            random = np.random.Generator(np.random.Philox(key=seed.view(np.uint64)))
            top, left = (random.integers(side - size + 1) for side in image.shape[:2])
            crop = image[top : top + size, left : left + size]
            if self.cropping.augment:
                crop = np.rot90(crop, random.integers(4))
                crop = crop[:, ::-1] if random.integers(2) else crop
            crops[row] = crop
        return crops


def crops_of(album: Album, cropping: Cropping) -> Crops:
    """The split of crops to train on.

    Args:
        album: The photographs.
        cropping: How they are cropped.

    Returns:
        The split.
    """
    return Crops(pieces(album, cropping.size, MOST_PREVIEWED), album=album, cropping=cropping)


def pieces(album: Album, size: int, most: int) -> np.ndarray:
    """Pieces of photographs that share no pixel, from the middle of each outwards.

    Args:
        album: The photographs.
        size: Side of a piece in pixels.
        most: Pieces, at most; equally many of each photograph, or one each of evenly spaced ones.

    Returns:
        (n, size, size, channels), uint8.
    """
    numbers = range(0, len(album), max(1, -(-len(album) // most)))
    each, found = max(1, most // max(1, len(numbers))), []
    for number in numbers:
        image = padded(album[number], size)
        if image.shape[-1] < album.channels:
            image = image.repeat(album.channels, axis=-1)
        counts = [side // size for side in image.shape[:2]]
        starts = [(side - count * size) // 2 for side, count in zip(image.shape, counts, strict=False)]
        middle = (np.array(counts) - 1) / 2
        places = sorted(np.ndindex(*counts), key=lambda place, middle=middle: np.abs(place - middle).sum())
        for row, column in places[:each]:
            top, left = starts[0] + row * size, starts[1] + column * size
            found.append(image[top : top + size, left : left + size])
    return np.stack(found) if found else np.empty((0, size, size, album.channels), np.uint8)


def padded(image: np.ndarray, size: int) -> np.ndarray:
    """An image extended by mirroring beyond its right and lower edge where a side is below the size."""
    missing = [(0, max(0, size - side)) for side in image.shape[:2]]
    return np.pad(image, [*missing, (0, 0)], mode="symmetric") if any(map(any, missing)) else image


def content_hash(image: np.ndarray) -> bytes:
    """A hash of an image's shape and pixels, the same in every run and every file format.

    Args:
        image: (height, width, channels), uint8.

    Returns:
        8 bytes.
    """
    return hashlib.blake2b(
        f"{image.shape} ".encode() + np.ascontiguousarray(image).tobytes(), digest_size=8
    ).digest()
