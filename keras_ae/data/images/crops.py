"""Random crops of photographs of any size, other ones in every epoch; the files stay on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.errors import check_least

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["Album", "Cropping", "Crops", "Photograph", "content_hash", "crops_of", "pieces"]

MOST_IN_MEMORY = 2**30
"""The most bytes of a split's decoded photographs that stay in memory; with more, none of them stays."""

MOST_PREVIEWED = 256
"""The most pieces of photographs that are shown as examples of a split."""

NEIGHBORS = 4
"""Crops that are cut from a photograph each time it is decoded."""


@dataclass(frozen=True)
class Cropping:
    """How photographs are cropped for training.

    Attributes:
        size: Side of a crop in pixels, at least 8.
        count: Crops in an epoch, at least 1; equally many of each photograph, and at least one.
        augment: Whether crops are mirrored and rotated by quarter turns at random.
        rotate: Whether `augment` rotates too; False where up and down matter, as for the color of the sky.
    """

    size: int = 64
    count: int = 2048
    augment: bool = True
    rotate: bool = True

    def __post_init__(self):
        check_least(self, size=8, count=1)


@dataclass(frozen=True, eq=False)
class Photograph:
    """An image that is decoded when it is needed.

    Attributes:
        decode: () -> (height, width, channels) uint8, of any size.
        digest: A hash of its content.
        pixels: Number of pixels.
    """

    decode: Callable[[], np.ndarray]
    digest: bytes
    pixels: int


class Album:
    """A sequence of photographs (height, width, channels), uint8, of any sizes.

    Decoded photographs stay in memory if all of them fit; else each is decoded every time.

    Args:
        photographs: The photographs.
        channels: Of the crops; gray photographs among color ones have 1 channel.
    """

    def __init__(self, photographs: Sequence[Photograph], channels: int):
        self.photographs, self.channels = tuple(photographs), channels
        self.in_memory = sum(photograph.pixels for photograph in photographs) * channels <= MOST_IN_MEMORY
        self._decoded: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.photographs)

    def __getitem__(self, index: int) -> np.ndarray:
        if index in self._decoded:
            return self._decoded[index]
        image = self.photographs[index].decode()
        if self.in_memory:
            self._decoded[index] = image
        return image

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))

    def update_hash(self, digest: Any) -> None:
        """Updates a hash with the content of all photographs, in order.

        Args:
            digest: A hash of `hashlib`.
        """
        for photograph in self.photographs:
            digest.update(photograph.digest)


@dataclass(frozen=True, eq=False)
class Crops(Split):
    """Random crops of photographs; each is a function of its index and its seed.

    Attributes:
        examples: Pieces of photographs (n, size, size, channels), which are shown as examples.
        album: The photographs.
        cropping: How they are cropped.
    """

    part: ClassVar[str] = "random crop"
    album: Album = field(kw_only=True)
    cropping: Cropping = Cropping()

    @property
    def group(self) -> int:
        return 1 if self.album.in_memory else min(NEIGHBORS, self._of_each)

    @cached_property
    def _of_each(self) -> int:
        """Crops of each photograph in an epoch."""
        least = -(-self.cropping.count // len(self.album))
        if self.album.in_memory or least < NEIGHBORS:
            return least
        return -(-least // NEIGHBORS) * NEIGHBORS

    def __len__(self) -> int:
        return len(self.album) * self._of_each

    def take(self, index: Any) -> Split:
        """Some of the pieces, as a split without random crops."""
        return Split(self.examples[index], stream=self.stream)

    def update_hash(self, digest: Any) -> None:
        self.album.update_hash(digest)

    @property
    def varies(self) -> bool:
        return True

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        import tensorflow as tf

        from keras_ae.data.tensors import values

        def read(index, seeds):
            crops = tf.numpy_function(self._crop, [index, seeds], tf.uint8, stateful=False)
            return values(tf.ensure_shape(crops, (None, *self.shape)))

        return read

    def _crop(self, index, seeds):
        """Crops (batch, size, size, channels) uint8; neighbors in a batch share one decoded image."""
        crops, size = np.empty((len(index), *self.shape), np.uint8), self.cropping.size
        opened, image = -1, None
        for row, (number, seed) in enumerate(zip(index // self._of_each, seeds, strict=True)):
            if number != opened:
                opened, image = number, padded(self.album[number], size)
            random = np.random.Generator(np.random.Philox(key=seed.view(np.uint64)))
            top, left = (random.integers(side - size + 1) for side in image.shape[:2])
            crop = image[top : top + size, left : left + size]
            if self.cropping.augment:
                crop = np.rot90(crop, random.integers(4)) if self.cropping.rotate else crop
                crop = crop[:, ::-1] if random.integers(2) else crop
            crops[row] = crop
        return crops


def crops_of(album: Album, cropping: Cropping) -> Crops:
    """The split of random crops to train on.

    Args:
        album: The photographs.
        cropping: How they are cropped.

    Returns:
        The split.
    """
    previewed = pieces(album, cropping.size, MOST_PREVIEWED)
    return Crops(previewed, images=len(album), album=album, cropping=cropping)


def pieces(album: Album, size: int, most: int) -> np.ndarray:
    """Pieces of photographs that share no pixel, from the middle of each photograph outwards.

    Args:
        album: The photographs.
        size: Side of a piece in pixels.
        most: The most pieces; the same number of each photograph, or one each of evenly spaced photographs.

    Returns:
        (n, size, size, channels), uint8.
    """
    indices = range(0, len(album), max(1, -(-len(album) // most)))
    each, parts = max(1, most // max(1, len(indices))), []
    for index in indices:
        image = padded(album[index], size)
        if image.shape[-1] < album.channels:
            image = image.repeat(album.channels, axis=-1)
        counts = [side // size for side in image.shape[:2]]
        starts = [(side - count * size) // 2 for side, count in zip(image.shape, counts, strict=False)]
        rows, columns = (np.arange(count) - (count - 1) / 2 for count in counts)
        distances = np.abs(rows)[:, None] + np.abs(columns)
        for tile in np.argsort(distances, axis=None, kind="stable")[:each]:
            row, column = divmod(int(tile), counts[1])
            top, left = starts[0] + row * size, starts[1] + column * size
            parts.append(image[top : top + size, left : left + size])
    return np.stack(parts) if parts else np.empty((0, size, size, album.channels), np.uint8)


def padded(image: np.ndarray, size: int) -> np.ndarray:
    """An image mirrored at its right and lower edges where a side is shorter than the size."""
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
