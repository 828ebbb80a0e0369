"""Chorales: music in several voices, read from and written as MIDI files and drawn as piano rolls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.errors import check_least
from keras_ae.music import midi, roll
from keras_ae.music.grid import Vocabulary, onsets_of
from keras_ae.music.sound import played
from keras_ae.music.voices import separated
from keras_ae.pictures import save


@dataclass(frozen=True)
class Chorales:
    """Classes (time, voices) of a grid of time: held, rest, and the pitches lowest..highest struck.

    lowest, highest: MIDI numbers. steps_a_beat, beats_a_bar: of the grid.
    onsets: whether repeated notes are told from held ones; if not, what is read holds them.
    """

    lowest: int
    highest: int
    steps_a_beat: int = 4
    beats_a_bar: int = 4
    onsets: bool = True

    suffixes = midi.SUFFIXES
    axis = 0

    def __post_init__(self):
        self._vocabulary  # noqa: B018 as it checks the pitches
        check_least(self, steps_a_beat=1, beats_a_bar=1)

    @property
    def _vocabulary(self):
        return Vocabulary(self.lowest, self.highest)

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """The whole of a MIDI file in so many voices; one shorter than the shape's steps ends in a rest.

        Pitches outside the range are moved into it by octaves. Raises InputError for what is no MIDI file
        or holds no notes.
        """
        steps, voices = shape
        sounding, onsets, _ = separated(midi.read(path, self.steps_a_beat), voices)
        sounding = self._vocabulary.folded(sounding)
        missing = ((0, max(0, steps - len(sounding))), (0, 0))
        sounding = np.pad(sounding, missing, constant_values=-1)
        onsets = np.pad(onsets, missing) if self.onsets else onsets_of(sounding)
        return self._vocabulary.encoded(sounding, onsets).astype(np.int64)

    def drawn(self, example: np.ndarray) -> np.ndarray:
        """A piano roll, a colour a voice."""
        metre = self.steps_a_beat, self.beats_a_bar
        return roll.drawn(*self._vocabulary.decoded(example), self.lowest, self.highest, *metre)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """A MIDI file with a track a voice, and its piano roll as PNG."""
        paths = [stem.with_name(stem.name + suffix) for suffix in (".mid", ".png")]
        midi.write(paths[0], *self._vocabulary.decoded(example), self.steps_a_beat, self.beats_a_bar)
        save(self.drawn(example), paths[1])
        return paths

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        """Samples (n,) float32 in [-1, 1], and how many there are a second."""
        return played(*self._vocabulary.decoded(example), self.steps_a_beat)
