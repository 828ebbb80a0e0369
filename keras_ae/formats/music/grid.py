"""Music in several voices on a grid of time, as whole numbers that tell a held note from one struck anew.

A piece has two arrays (time, voices): what sounds, MIDI numbers with -1 for a rest, and the onsets, whether
a note is struck at a step. A model sees one class a step and voice instead, as in DeepBach (Hadjeres, Pachet
and Nielsen 2017, arXiv:1612.01010), where holding is a class beside the pitches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.errors import InputError

HELD, REST, FIRST = 0, 1, 2
"""Classes: what was before goes on, silence begins, and the lowest pitch is struck."""

LOWEST, HIGHEST = 36, 84
"""MIDI numbers of C2 and C6, between which choirs sing."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of music on a grid.

    sounding: (time, voices) int16, MIDI numbers, -1 for a rest; the first voice is the highest.
    onsets: (time, voices) bool, where a note is struck. first: the step of the first full bar.
    """

    name: str
    sounding: np.ndarray
    onsets: np.ndarray
    first: int = 0

    @property
    def melody(self) -> bytes:
        """Intervals between the notes of its highest line, the same in every key and of every rhythm."""
        line = self.sounding.max(axis=1, initial=-1)
        line = line[line >= 0].astype(np.int16)
        steps = np.diff(line)
        return steps[steps != 0].tobytes()


@dataclass(frozen=True)
class Vocabulary:
    """The classes of a step and voice: held, rest, and the pitches lowest..highest, MIDI numbers."""

    lowest: int = LOWEST
    highest: int = HIGHEST

    def __post_init__(self):
        if not 0 <= self.lowest <= self.highest - 11 <= 116:
            raise ValueError(
                f"expected MIDI numbers from 0 to 127, an octave or more, received {self.lowest} to "
                f"{self.highest}"
            )

    @property
    def classes(self) -> int:
        return FIRST + self.highest - self.lowest + 1

    def encoded(self, sounding: np.ndarray, onsets: np.ndarray) -> np.ndarray:
        """What sounds and where it is struck, (..., time, voices) twice -> classes, uint8.

        The first step is never held, so that every window tells its own notes.
        Raises InputError for a pitch outside the vocabulary.
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
        return np.where(begins, struck, HELD).astype(np.uint8)

    def decoded(self, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Classes (..., time, voices) -> what sounds, int16, and the onsets, bool.

        A first step that is held, which no window of `encoded` has, is a rest.
        """
        classes = np.asarray(classes)
        begun = np.where(classes >= FIRST, classes.astype(np.int16) - FIRST + self.lowest, -1).astype(
            np.int16
        )
        steps = np.arange(classes.shape[-2]).reshape(-1, 1)
        last = np.maximum.accumulate(np.where(classes != HELD, steps, 0), axis=-2)
        return np.take_along_axis(begun, last, axis=-2), classes >= FIRST

    def transposed(self, classes: np.ndarray, semitones: int) -> tuple[np.ndarray, np.ndarray]:
        """Windows (n, time, voices) moved by semitones, and (n,) bool, which of them stay in the range.

        The classes of those that do not are not to be used.
        """
        moved = np.where(classes >= FIRST, classes.astype(np.int16) + semitones, classes)
        off = (classes >= FIRST) & ((moved < FIRST) | (moved >= self.classes))
        return moved.astype(np.uint8), ~off.any(axis=(1, 2))

    def folded(self, sounding: np.ndarray) -> np.ndarray:
        """Pitches outside the range moved into it by octaves: a whole voice at once where that is enough.

        sounding: (time, voices).
        """
        return np.stack([self._folded(voice) for voice in sounding.T], axis=1)

    def _folded(self, sounding):
        heard = sounding[sounding >= 0]
        if len(heard):
            above = -(-max(0, heard.max() - self.highest) // 12) * 12
            below = -(-max(0, self.lowest - heard.min()) // 12) * 12
            moved = heard + below - above
            if moved.min() >= self.lowest and moved.max() <= self.highest:
                return np.where(sounding < 0, -1, sounding + below - above).astype(np.int16)
        below = -(-np.maximum(self.lowest - sounding, 0) // 12) * 12
        above = -(-np.maximum(sounding - self.highest, 0) // 12) * 12
        return np.where(sounding < 0, -1, sounding + below - above).astype(np.int16)


def onsets_of(sounding: np.ndarray) -> np.ndarray:
    """The onsets of music that does not tell a repeated note from a held one: where the pitch changes.

    (..., time, voices) twice.
    """
    onsets = sounding >= 0
    onsets[..., 1:, :] &= sounding[..., 1:, :] != sounding[..., :-1, :]
    return onsets


def windows(pieces: Sequence[Piece], vocabulary: Vocabulary, steps: int, stride: int) -> np.ndarray:
    """Classes (n, steps, voices) of every window of pieces, each piece's from its first full bar on.

    stride: steps from one window to the next. Pieces that are shorter than a window have none.
    """
    starts = [np.arange(piece.first, len(piece.sounding) - steps + 1, stride) for piece in pieces]
    parts = [
        vocabulary.encoded(
            *(part[start[:, None] + np.arange(steps)] for part in (piece.sounding, piece.onsets))
        )
        for piece, start in zip(pieces, starts, strict=True)
        if len(start)
    ]
    voices = pieces[0].sounding.shape[1] if pieces else 0
    return np.concatenate(parts) if parts else np.empty((0, steps, voices), np.uint8)
