"""Sounds of any lengths in memory, and random pieces of them, other ones in every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_ae.data.examples import Split

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["ClipCrops", "ClipSet", "Clips", "crops_of", "pieces"]

MOST_PIECES = 512
"""The most pieces of sounds that are shown as examples of a split, or validate."""

LOUDER = 6.0
"""Decibels by which a piece becomes louder or quieter at random in training, at most."""


class Clips:
    """A sequence of sounds (samples,), float32, of any lengths.

    Args:
        waveforms: The sounds.
    """

    def __init__(self, waveforms: Sequence[np.ndarray]):
        self.waveforms = tuple(waveforms)

    def __len__(self) -> int:
        return len(self.waveforms)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.waveforms[index]

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.waveforms)

    def update_hash(self, digest: Any) -> None:
        """Updates a hash with all samples, in order.

        Args:
            digest: A hash of `hashlib`.
        """
        for waveform in self.waveforms:
            digest.update(f"{len(waveform)} ".encode() + np.ascontiguousarray(waveform).tobytes())


@dataclass(frozen=True, eq=False)
class ClipSet:
    """Sounds in their splits.

    Attributes:
        name: The name in a model card.
        rate: Samples per second.
        clips: The sounds of each split: "train", "validation" and "test".
        labels: (n,) whole numbers of the sounds of each split; None without labels.
        label_names: The meaning of the labels.
        notes: For the user.
        rule: How they were split, in words; "" where the set has splits of its own.
        fixed: Whether the user has said what belongs to which split.
    """

    name: str
    rate: int
    clips: dict[str, Clips]
    labels: dict[str, np.ndarray] | None = None
    label_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rule: str = ""
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class ClipCrops(Split):
    """Random pieces of sounds; each is a function of its index and its seed.

    Attributes:
        examples: Pieces of sounds (n, samples), which are shown as examples.
        clips: The sounds.
        augment: Whether pieces become louder or quieter at random.
    """

    part: ClassVar[str] = "random piece"
    clips: Clips = field(kw_only=True)
    augment: bool = True

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def in_words(self) -> str:
        return f"{len(self):,} random piece{'s' * (len(self) != 1)} of {len(self.clips):,} sounds"

    @property
    def described(self) -> str:
        return self.in_words

    @property
    def _ends(self) -> np.ndarray:
        """The sound of each piece of an epoch: as many of each as it has lengths of a piece."""
        counts = [max(1, round(len(clip) / self.shape[0])) for clip in self.clips]
        return np.repeat(np.arange(len(counts)), counts)

    def take(self, index: Any) -> Split:
        """Some of the shown pieces, as a split without random ones."""
        return Split(self.examples[index], stream=self.stream)

    def update_hash(self, digest: Any) -> None:
        self.clips.update_hash(digest)

    @property
    def varies(self) -> bool:
        return True

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        import tensorflow as tf

        which = self._ends

        def crop(index, seeds):
            return np.stack(
                [self._piece(self.clips[clip], seed) for clip, seed in zip(which[index], seeds, strict=True)]
            )

        def read(index, seeds):
            found = tf.numpy_function(crop, [index, seeds], tf.float32, stateful=False)
            return tf.ensure_shape(found, (None, *self.shape))

        return read

    def _piece(self, clip, seed):
        """(samples,), float32; a shorter sound lies at a random position in silence."""
        random = np.random.Generator(np.random.Philox(key=seed.view(np.uint64)))
        size, piece = self.shape[0], np.zeros(self.shape, np.float32)
        start = int(random.integers(abs(len(clip) - size) + 1))
        if len(clip) > size:
            piece[:] = clip[start : start + size]
        else:
            piece[start : start + len(clip)] = clip
        if self.augment:
            piece *= np.float32(10 ** (random.uniform(-LOUDER, LOUDER) / 20))
        return piece


def crops_of(clips: Clips, size: int) -> ClipCrops:
    """The split of random pieces to train on.

    Args:
        clips: The sounds.
        size: Samples of a piece.

    Returns:
        The split.
    """
    return ClipCrops(pieces(clips, size), clips=clips)


def pieces(clips: Clips, size: int) -> np.ndarray:
    """Pieces that share no sample, the beginnings of all sounds before any further ones.

    Args:
        clips: The sounds.
        size: Samples of a piece; the last one of a sound is filled up with silence.

    Returns:
        (n, size), float32.
    """
    chosen = sorted(
        (start, index)
        for index, clip in enumerate(clips)
        for start in range(0, len(clip), size)
        if start == 0 or len(clip) - start > size // 2
    )
    chosen = sorted(chosen[:: max(1, -(-len(chosen) // MOST_PIECES))], key=lambda one: (one[1], one[0]))
    found = np.zeros((len(chosen), size), np.float32)
    for row, (start, index) in enumerate(chosen):
        part = clips[index][start : start + size]
        found[row, : len(part)] = part
    return found
