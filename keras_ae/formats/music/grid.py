"""Music in several voices on a grid of time, as integers that distinguish held notes from repeated ones.

A piece has two arrays (time, voices): the sounding pitches, MIDI numbers with -1 for a rest, and the onsets,
whether a note begins at a step. A model sees one class a step and voice instead, as in DeepBach (Hadjeres,
Pachet and Nielsen 2017, arXiv:1612.01010), where hold is a class beside the pitches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.errors import InputError

__all__ = ["FIRST", "HOLD", "REST", "Piece", "Vocabulary", "onsets_of", "whole_pieces", "windows"]

HOLD, REST, FIRST = 0, 1, 2
"""Classes: hold of the previous class, rest, and onset of the lowest pitch."""

LOWEST, HIGHEST = 36, 84
"""MIDI numbers of C2 and C6, between which choirs sing."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of music on a grid.

    Attributes:
        name: The piece's name.
        sounding: Sounding pitches, (time, voices) int16, MIDI numbers, -1 for a rest; the first voice is the
            highest.
        onsets: Where notes begin, (time, voices) bool.
        first: The step of the first full bar.
    """

    name: str
    sounding: np.ndarray
    onsets: np.ndarray
    first: int = 0

    @property
    def melody(self) -> bytes:
        """The intervals of the highest line as bytes, independent of key and rhythm."""
        line = self.sounding.max(axis=1, initial=-1)
        line = line[line >= 0].astype(np.int16)
        steps = np.diff(line)
        return steps[steps != 0].tobytes()


@dataclass(frozen=True)
class Vocabulary:
    """The classes of a step and voice: hold, rest, and onsets of the pitches lowest..highest.

    Attributes:
        lowest: MIDI number of the lowest pitch.
        highest: MIDI number of the highest pitch, at least 11 above.
    """

    lowest: int = LOWEST
    highest: int = HIGHEST

    def __post_init__(self) -> None:
        if not 0 <= self.lowest <= self.highest - 11 <= 116:
            raise InputError(
                f"expected MIDI numbers from 0 to 127, an octave or more, received {self.lowest} to "
                f"{self.highest}"
            )

    @property
    def classes(self) -> int:
        """The number of classes."""
        return FIRST + self.highest - self.lowest + 1

    @property
    def end(self) -> int:
        """The class of the step after the last one of a whole piece, in all voices; beyond the others."""
        return self.classes

    def encode(self, sounding: np.ndarray, onsets: np.ndarray) -> np.ndarray:
        """Encodes music as classes; the first step is never a hold, so that a window has all its notes.

        Args:
            sounding: Sounding pitches, (..., time, voices).
            onsets: (..., time, voices) bool.

        Returns:
            Classes, (..., time, voices) uint8.

        Raises:
            InputError: If a pitch is outside the range.
        """
        notes = sounding >= 0
        outside = notes & ((sounding < self.lowest) | (sounding > self.highest))
        if outside.any():
            raise InputError(
                f"expected pitches from {self.lowest} to {self.highest}, received {sounding[outside][0]}; "
                "transpose the music or widen the range"
            )
        begins = onsets & notes
        begins[..., 0, :] = True
        begins[..., 1:, :] |= sounding[..., 1:, :] != sounding[..., :-1, :]
        struck = np.where(notes, sounding - self.lowest + FIRST, REST)
        return np.where(begins, struck, HOLD).astype(np.uint8)

    def decode(self, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decodes classes; a hold at the first step, which no window of `encode` has, is a rest.

        Args:
            classes: (..., time, voices).

        Returns:
            Sounding pitches, int16, and onsets, bool, each (..., time, voices).
        """
        classes = np.asarray(classes)
        begun = np.where(classes >= FIRST, classes.astype(np.int16) - FIRST + self.lowest, -1).astype(
            np.int16
        )
        steps = np.arange(classes.shape[-2]).reshape(-1, 1)
        last = np.maximum.accumulate(np.where(classes != HOLD, steps, 0), axis=-2)
        return np.take_along_axis(begun, last, axis=-2), classes >= FIRST

    def transpose(self, classes: np.ndarray, semitones: int) -> tuple[np.ndarray, np.ndarray]:
        """Transposes windows.

        Args:
            classes: (n, time, voices).
            semitones: Number of semitones, upwards.

        Returns:
            Classes (n, time, voices), and which windows stay in the range, (n,) bool; the classes of the
            others are invalid.
        """
        moved = np.where(classes >= FIRST, classes.astype(np.int16) + semitones, classes)
        off = (classes >= FIRST) & ((moved < FIRST) | (moved >= self.classes))
        return moved.astype(np.uint8), np.logical_not(off.any(axis=(1, 2)))

    def fold(self, sounding: np.ndarray) -> np.ndarray:
        """Moves pitches into the range by octaves, a whole voice together if that suffices.

        Args:
            sounding: (time, voices).

        Returns:
            (time, voices), int16.
        """
        return np.stack([self._fold_voice(voice) for voice in sounding.T], axis=1)

    def _fold_voice(self, sounding: np.ndarray) -> np.ndarray:
        pitches = sounding[sounding >= 0]
        if len(pitches):
            above = -(-max(0, pitches.max() - self.highest) // 12) * 12
            below = -(-max(0, self.lowest - pitches.min()) // 12) * 12
            moved = pitches + below - above
            if moved.min() >= self.lowest and moved.max() <= self.highest:
                return np.where(sounding < 0, -1, sounding + below - above).astype(np.int16)
        below = -(-np.maximum(self.lowest - sounding, 0) // 12) * 12
        above = -(-np.maximum(sounding - self.highest, 0) // 12) * 12
        return np.where(sounding < 0, -1, sounding + below - above).astype(np.int16)


def onsets_of(sounding: np.ndarray) -> np.ndarray:
    """The onsets of music without marked repetitions: the steps at which the pitch changes.

    Args:
        sounding: (..., time, voices).

    Returns:
        (..., time, voices) bool.
    """
    onsets = sounding >= 0
    onsets[..., 1:, :] &= sounding[..., 1:, :] != sounding[..., :-1, :]
    return onsets


def windows(pieces: Sequence[Piece], vocabulary: Vocabulary, steps: int, stride: int) -> np.ndarray:
    """The windows of pieces, each piece's from its first full bar on.

    Args:
        pieces: The pieces; those shorter than a window have none.
        vocabulary: The classes.
        steps: Steps of a window.
        stride: Steps from one window to the next.

    Returns:
        Classes, (n, steps, voices) uint8.
    """
    starts = [np.arange(piece.first, len(piece.sounding) - steps + 1, stride) for piece in pieces]
    parts = [
        vocabulary.encode(
            *(part[start[:, None] + np.arange(steps)] for part in (piece.sounding, piece.onsets))
        )
        for piece, start in zip(pieces, starts, strict=True)
        if len(start)
    ]
    voices = pieces[0].sounding.shape[1] if pieces else 0
    return np.concatenate(parts) if parts else np.empty((0, steps, voices), np.uint8)


def whole_pieces(pieces: Sequence[Piece], vocabulary: Vocabulary, steps: int) -> np.ndarray:
    """Whole pieces, each with an end after its last step, and -1 after that.

    Args:
        pieces: The pieces, of at most `steps` - 1 steps.
        vocabulary: The classes.
        steps: Steps of an example.

    Returns:
        Classes, (n, steps, voices) int16.
    """
    voices = pieces[0].sounding.shape[1] if pieces else 0
    whole = np.full((len(pieces), steps, voices), -1, np.int16)
    for row, piece in zip(whole, pieces, strict=True):
        length = len(piece.sounding)
        row[:length] = vocabulary.encode(piece.sounding, piece.onsets)
        row[length] = vocabulary.end
    return whole
