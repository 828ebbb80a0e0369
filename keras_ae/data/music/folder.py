"""One's own music: any folder of MIDI files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.music.pieces import STEPS_A_BEAT, Cut, data_of, sample_data, split_by_melody
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least
from keras_ae.formats.music import midi
from keras_ae.formats.music.grid import Piece, Vocabulary
from keras_ae.formats.music.voices import separate_voices

TOLD = 4
"""Files that a note names."""


@dataclass(frozen=True)
class MidiFolder(Dataset):
    """Every MIDI file below a folder, on a grid of sixteenths, in so many voices.

    A file with as many tracks or channels with notes as voices has these as its voices, in their order; of
    all others the first voice is the line of highest notes, and so on. Bars are of 4 beats from the
    beginning, whatever the file says. Pieces are split by their melodies, 80 / 10 / 10.

    path: the folder. voices: of a piece, from the highest. bars: of a window, 16 steps each. stride: bars
    from one window to the next. transposed: semitones up and down to which windows that train are transposed.
    """

    category: ClassVar[str] = "music"
    carried_over: ClassVar[tuple[str, ...]] = ("bars", "stride", "transposed")
    holds: ClassVar[str] = "MIDI files, .mid or .midi"
    priority: ClassVar[int] = 40
    path: str
    voices: int = 4
    bars: int = 4
    stride: int = 1
    transposed: int = 3

    def __post_init__(self):
        check_least(self, voices=1)
        self._cut  # noqa: B018 as it checks the fields

    @property
    def _cut(self):
        return Cut(self.bars, self.stride, self.transposed)

    @classmethod
    def accepts(cls, text: str) -> MidiFolder | None:
        return cls(text) if Path(text).is_dir() and next(midi_files(text), None) else None

    def load(self) -> Data:
        """Raises InputError for a folder without MIDI files, or with too few of use."""
        files = sorted(midi_files(self.path))
        if not files:
            raise InputError(f"expected .mid or .midi files below {self.path}, found none; check the path")
        pieces, faults, lost, meters = [], [], 0, 0
        for file in files:
            try:
                piece, left_out, meter = self._piece(file)
            except InputError as error:
                faults.append(str(error))
                continue
            pieces.append(piece)
            lost, meters = lost + left_out, meters + (meter != ("4/4",))
        if not pieces:
            raise InputError(
                f"none of the {len(files)} MIDI files below {self.path} is of use: {_some(faults)}"
            )
        notes = (
            f"left out {len(faults)} of {len(files)} MIDI files: {_some(faults)}" if faults else "",
            f"{lost:,} notes found no place in {self.voices} voices" if lost else "",
            f"{meters} of {len(pieces)} pieces have other bars than 4/4, all are cut every 4 beats"
            if meters
            else "",
        )
        parts, short = split_by_melody(pieces, self.bars)
        name = f"folder {Path(self.path).resolve().name}"
        return data_of(name, parts, self._cut, notes=tuple(note for note in (*notes, short) if note))

    def sample(self) -> Data:
        """Cadences of our own harmonizing: a stand-in that needs no folder."""
        return sample_data("sample", self._cut, voices=self.voices)

    def _piece(self, file):
        """A file's piece, the count of notes left out of it, and its meters. Raises InputError."""
        score = midi.read(file, STEPS_A_BEAT)
        found = separate_voices(score, self.voices)
        name = str(Path(file).relative_to(self.path))
        return Piece(name, Vocabulary().fold(found.sounding), found.onsets), found.unassigned, score.meters


def midi_files(folder: str | Path) -> Iterator[str]:
    """Paths of the MIDI files below a folder, hidden ones left out."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in midi.SUFFIXES and not name.startswith("."):
                yield os.path.join(parent, name)


def _some(faults):
    more = f" and {len(faults) - TOLD} more" if len(faults) > TOLD else ""
    return "; ".join(faults[:TOLD]) + more
