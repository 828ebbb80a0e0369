"""Music of the user: any folder of MIDI files."""

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
from keras_ae.files import files_below
from keras_ae.formats.music import midi
from keras_ae.formats.music.grid import Piece, Vocabulary
from keras_ae.formats.music.voices import separate_voices

__all__ = ["MidiFolder", "midi_files"]

MAX_LISTED = 4
"""Maximum number of files listed in a note."""


@dataclass(frozen=True)
class MidiFolder(Dataset):
    """Every MIDI file below a folder, on a grid of sixteenths, in so many voices.

    The tracks or channels with notes are the voices, in their order, of a file that has as many of them as
    voices; otherwise the first voice is the line of highest notes, and so on. Bars have 4 beats from the
    beginning, whatever the file says. Pieces are split by their melodies, 80 / 10 / 10.

    Attributes:
        path: The folder.
        voices: Voices of a piece, from the highest.
        bars: Bars of a window, 16 steps each.
        stride: Bars from one window to the next.
        transposed: Semitones up and down to which training windows are transposed.
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

    def __post_init__(self) -> None:
        check_least(self, voices=1)
        self._cut  # noqa: B018 as it checks the fields

    @property
    def _cut(self) -> Cut:
        return Cut(self.bars, self.stride, self.transposed)

    @classmethod
    def accepts(cls, text: str) -> MidiFolder | None:
        """The data set of a folder, or None for anything but a folder with MIDI files."""
        return cls(text) if Path(text).is_dir() and next(midi_files(text), None) else None

    def load(self) -> Data:
        """Reads the files and cuts them into windows.

        Raises:
            InputError: If there are no MIDI files, or too few that can be used.
        """
        files = sorted(midi_files(self.path))
        if not files:
            raise InputError(f"expected .mid or .midi files below {self.path}, found none; check the path")
        pieces: list[Piece] = []
        faults: list[str] = []
        unassigned, meters = 0, 0
        for file in files:
            try:
                piece, without_voice, meter = self._piece(file)
            except InputError as error:
                faults.append(str(error))
                continue
            pieces.append(piece)
            unassigned, meters = unassigned + without_voice, meters + (meter != ("4/4",))
        if not pieces:
            raise InputError(
                f"none of the {len(files)} MIDI files below {self.path} can be used: {_some(faults)}"
            )
        notes = (
            f"left out {len(faults)} of {len(files)} MIDI files: {_some(faults)}" if faults else "",
            f"{unassigned:,} notes fit into none of {self.voices} voices" if unassigned else "",
            f"{meters} of {len(pieces)} pieces have other bars than 4/4, all are cut every 4 beats"
            if meters
            else "",
            files_below(self.path).note,
        )
        parts, short = split_by_melody(pieces, self.bars)
        name = f"folder {Path(self.path).resolve().name}"
        return data_of(name, parts, self._cut, notes=tuple(note for note in (*notes, short) if note))

    def sample(self) -> Data:
        """Generated cadences, which need no folder."""
        return sample_data("sample", self._cut, voices=self.voices)

    def _piece(self, file: str) -> tuple[Piece, int, tuple[str, ...]]:
        """A file's piece, the number of notes outside all voices, and its meters; may raise InputError."""
        score = midi.read(file, STEPS_A_BEAT)
        voices = separate_voices(score, self.voices)
        name = str(Path(file).relative_to(self.path))
        piece = Piece(name, Vocabulary().fold(voices.sounding), voices.onsets)
        return piece, voices.unassigned, score.meters


def midi_files(folder: str | Path) -> Iterator[str]:
    """The MIDI files below a folder, without hidden ones.

    Args:
        folder: The folder.

    Yields:
        Their paths.
    """
    for name in files_below(folder).names:
        if Path(name).suffix.lower() in midi.SUFFIXES:
            yield os.path.join(folder, name)


def _some(faults: list[str]) -> str:
    more = f" and {len(faults) - MAX_LISTED} more" if len(faults) > MAX_LISTED else ""
    return "; ".join(faults[:MAX_LISTED]) + more
