"""Music of the user: any folder of MIDI files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.music.cut import STEPS_A_BEAT, WINDOW, Cut
from keras_ae.data.music.pieces import data_of, sample_data, split_by_melody
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least
from keras_ae.files import files_below
from keras_ae.formats.music import midi
from keras_ae.formats.music.grid import Piece, Vocabulary
from keras_ae.formats.music.voices import separate_voices

__all__ = ["MidiFolder", "midi_files"]

MAX_LISTED = 6
"""Maximum number of reasons listed in a note."""


@dataclass(frozen=True)
class MidiFolder(Dataset):
    """Every MIDI file below a folder, on a grid of sixteenths, in so many voices.

    Events without sound are passed over, and so are drums. The tracks or channels with notes are the voices,
    in their order, of a file that has as many of them as voices; otherwise the first voice is the line of
    highest notes, and so on. Bars have 4 beats from the beginning, whatever the file says. Pieces are split
    by their melodies, 80 / 10 / 10.

    Attributes:
        path: The folder.
        voices: Voices of a piece, from the highest.
        bars: Bars of a window, or of a whole piece at most, 16 steps each.
        stride: Bars from one window to the next.
        transposed: Semitones up and down to which training windows are transposed.
        example: "window", or "piece" for whole pieces, each up to its own end.
        longer: What becomes of pieces of more bars: "leave_out", "cut" or "refuse".
    """

    category: ClassVar[str] = "music"
    carried_over: ClassVar[tuple[str, ...]] = ("bars", "stride", "transposed", "example", "longer")
    holds: ClassVar[str] = "MIDI files, .mid, .midi, .kar or .rmi"
    priority: ClassVar[int] = 40
    path: str
    voices: int = 4
    bars: int = 4
    stride: int = 1
    transposed: int = 3
    example: str = WINDOW
    longer: str = "leave_out"

    def __post_init__(self) -> None:
        check_least(self, voices=1)
        self._cut  # noqa: B018 as it checks the fields

    @property
    def _cut(self) -> Cut:
        return Cut(self.bars, self.stride, self.transposed, False, self.example, self.longer)

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
            suffixes = ", ".join(midi.SUFFIXES)
            raise InputError(f"expected {suffixes} files below {self.path}, found none; check the path")
        pieces: list[Piece] = []
        faults: dict[str, str] = {}
        unassigned, meters, drums = 0, 0, 0
        for file in files:
            try:
                score = midi.read(file, STEPS_A_BEAT)
            except InputError as error:
                faults[file] = str(error)
                continue
            piece, without_voice = self._piece(file, score)
            pieces.append(piece)
            unassigned, drums = unassigned + without_voice, drums + score.drums
            meters += score.meters != ("4/4",)
        if not pieces:
            raise InputError(
                f"none of the {len(files)} MIDI files below {self.path} can be used: {_some(faults)}; give "
                "others"
            )
        notes = (
            f"left out {len(faults)} of {len(files)} MIDI files: {_some(faults)}" if faults else "",
            f"left out {drums:,} notes of drums" if drums else "",
            f"{unassigned:,} notes fit into none of {self.voices} voices" if unassigned else "",
            f"{meters} of {len(pieces)} pieces have other bars than 4/4, all are cut every 4 beats"
            if meters
            else "",
            files_below(self.path).note,
        )
        parts, short = split_by_melody(pieces, self._cut.shortest)
        name = f"folder {Path(self.path).resolve().name}"
        return data_of(name, parts, self._cut, notes=tuple(note for note in (*notes, short) if note))

    def sample(self) -> Data:
        """Generated cadences, which need no folder."""
        return sample_data("sample", self._cut, voices=self.voices)

    def _piece(self, file: str, score: midi.Score) -> tuple[Piece, int]:
        """A file's piece, and the number of notes outside all voices."""
        voices = separate_voices(score, self.voices)
        name = str(Path(file).relative_to(self.path))
        piece = Piece(name, Vocabulary().fold(voices.sounding), voices.onsets)
        return piece, voices.unassigned


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


def _some(faults: Mapping[str, str]) -> str:
    """Of each kind of fault the first file's, and how many more there are; numbers make no other kind."""
    kinds: dict[str, list[str]] = {}
    for file, fault in faults.items():
        kinds.setdefault(re.sub(r"\d+", "", fault.removeprefix(file)), []).append(fault)
    listed = [
        first + (f" ({len(others)} more like it)" if others else "") for first, *others in kinds.values()
    ]
    more = f" and {len(listed) - MAX_LISTED} more reasons" if len(listed) > MAX_LISTED else ""
    return "; ".join(listed[:MAX_LISTED]) + more
