"""Notes as so many voices, of which each sounds one note at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_ae.formats.music.midi import Score

__all__ = ["Voices", "separate_voices"]


Line = list[list[int]]
"""[first step, step past the last, pitch] of each note."""


class Voices(NamedTuple):
    """Notes in voices.

    Attributes:
        sounding: Sounding pitches, (time, voices) int16, as of a `Piece`.
        onsets: (time, voices) bool.
        unassigned: Count of notes that are in no voice.
    """

    sounding: np.ndarray
    onsets: np.ndarray
    unassigned: int


def separate_voices(score: Score, voices: int) -> Voices:
    """Separates a score into voices, the highest first.

    Where just as many parts have notes, or just as many parts there are, they are the voices, in the order of
    the file. Otherwise the first voice is the line of highest notes, the second that of the highest of the
    rest, and so on (the skyline of Uitdenbogerd and Zobel 1998, doi:10.1145/290747.290776).

    Args:
        score: The notes.
        voices: How many voices.

    Returns:
        The voices.
    """
    counts = np.array(score.parts)
    full = np.flatnonzero(counts)
    notes = score.notes
    lines: list[Line] = []
    if voices in (len(full), len(counts)):
        parts = full if len(full) == voices else range(voices)
        separated = [_line(notes[notes[:, 3] == part], skyline=False) for part in parts]
        unassigned = sum(len(rest) for _, rest in separated)
        lines = [line for line, _ in separated]
    else:
        for _ in range(voices):
            line, notes = _line(notes, skyline=True)
            lines.append(line)
        unassigned = len(notes)
    sounding = np.full((score.steps, voices), -1, np.int16)
    onsets = np.zeros((score.steps, voices), bool)
    for voice, line in enumerate(lines):
        for start, end, pitch in line:
            sounding[start:end, voice] = pitch
            onsets[start, voice] = True
    return Voices(sounding, onsets, unassigned)


def _line(notes: np.ndarray, skyline: bool) -> tuple[Line, np.ndarray]:
    """One line of notes (n, 4), as [first step, step past the last, pitch], and the rest of the notes.

    Of notes that begin together the highest is taken, and a note that begins ends the sounding one; in a
    skyline only if it is as high, otherwise it is left.
    """
    line: Line = []
    left: list[int] = []
    for number, (start, end, pitch, _) in enumerate(notes.tolist()):
        sounds = line and line[-1][1] > start
        if sounds and (line[-1][0] == start or (skyline and line[-1][2] > pitch)):
            left.append(number)
            continue
        if sounds:
            line[-1][1] = start
        line.append([start, end, pitch])
    return line, notes[left]
