"""Notes as so many voices, of which each sounds one note at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_ae.formats.music.midi import Score


class Voices(NamedTuple):
    """What sounds and the onsets, as of a `Piece`; left_out: the count of notes that found no voice."""

    sounding: np.ndarray
    onsets: np.ndarray
    left_out: int


def separated(score: Score, voices: int) -> Voices:
    """A score in so many voices, from the highest.

    Where exactly so many parts hold notes, or exactly so many there are, they are the voices, in the order
    of the file. Else the first voice is the line of highest notes, the second that of the highest that are
    left, and so on (the skyline of Uitdenbogerd and Zobel 1998, doi:10.1145/290747.290776).
    """
    counts = np.array(score.parts)
    full = np.flatnonzero(counts)
    notes = score.notes
    if voices in (len(full), len(counts)):
        parts = full if len(full) == voices else range(voices)
        lines = [_line(notes[notes[:, 3] == part], skyline=False) for part in parts]
        left_out = sum(len(rest) for _, rest in lines)
        lines = [line for line, _ in lines]
    else:
        lines, left = [], notes
        for _ in range(voices):
            line, left = _line(left, skyline=True)
            lines.append(line)
        left_out = len(left)
    sounding = np.full((score.steps, voices), -1, np.int16)
    onsets = np.zeros((score.steps, voices), bool)
    for voice, line in enumerate(lines):
        for start, end, pitch in line:
            sounding[start:end, voice] = pitch
            onsets[start, voice] = True
    return Voices(sounding, onsets, left_out)


def _line(notes, skyline):
    """One line of notes (n, 4), as [first step, step past the last, pitch], and the notes that are left.

    Of notes that begin together the highest is taken, and one that begins ends that which sounds; of a
    skyline only if it is as high, else it is left.
    """
    line, left = [], []
    for number, (start, end, pitch, _) in enumerate(notes.tolist()):
        sounds = line and line[-1][1] > start
        if sounds and (line[-1][0] == start or (skyline and line[-1][2] > pitch)):
            left.append(number)
            continue
        if sounds:
            line[-1][1] = start
        line.append([start, end, pitch])
    return line, notes[left]
