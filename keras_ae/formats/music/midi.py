"""MIDI files: notes read on a grid of time, and pieces written with one track per voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.formats.music.events import SEQUENCES, Track, read_tracks
from keras_ae.formats.music.notes import DRUMS, Notes

__all__ = ["SUFFIXES", "TEMPO", "Score", "note_spans", "read", "write"]

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
"""The suffixes of MIDI files; those with words to sing and those wrapped as RIFF among them."""
MAX_BYTES, MAX_NOTES, MAX_STEPS = 2 * 2**20, 200_000, 200_000
"""A file with more is refused; one of more bytes before it is decoded."""
BEATS_A_BAR = 4
"""Beats of a bar, where a file does not matter."""
CHURCH_ORGAN = 19
"""A program of General MIDI, from 0."""
TICKS_A_BEAT = 480
TEMPO = 84
"""Beats a minute of files that are written."""
VOICE_NAMES = ("soprano", "alto", "tenor", "bass")


@dataclass(frozen=True, eq=False)
class Score:
    """The notes of a MIDI file on a grid.

    Attributes:
        notes: (n, 4) int64 of first step, step past the last, pitch and part, ordered by their first steps.
        parts: Count of notes of every part, which is a track's channel with a note or a program.
        steps: The length of the whole.
        meters: Meters in the file, such as "4/4".
        drums: Count of notes on the channel of drums, which are left out.
    """

    notes: np.ndarray
    parts: tuple[int, ...]
    steps: int
    meters: tuple[str, ...]
    drums: int = 0


def read(path: str | Path, steps_a_beat: int = 4) -> Score:
    """Reads a MIDI file; notes are moved to the nearest steps and last one or more. Tempo does not matter.

    A note that lasts less than a step into the next one of its part, as legato is played, ends where that one
    begins. The tracks of a file of type 2 follow each other, each from a full beat of four on.

    Args:
        path: The file, which may be wrapped as RIFF.
        steps_a_beat: Steps of the grid in a beat.

    Returns:
        The notes.

    Raises:
        InputError: If the file is not a MIDI file, is too large or has no notes.
    """
    kind, ticks_a_beat, tracks = _open(path)
    notes = Notes()
    for number, track in enumerate(tracks):
        if kind == SEQUENCES:
            notes.add(track, 0, notes.ticks + -notes.ticks % (BEATS_A_BAR * ticks_a_beat))
        else:
            notes.add(track, number)
        if notes.count > MAX_NOTES:
            raise InputError(f"{path} holds more than {MAX_NOTES:,} notes; cut it into shorter pieces")
    if not notes.count:
        drums = f" but {notes.drums:,} of drums (channel 10)" if notes.drums else ""
        raise InputError(f"{path} holds no notes{drums}; give a MIDI file of music")
    steps = _steps(notes.ticks, ticks_a_beat, steps_a_beat)
    if steps > MAX_STEPS:
        raise InputError(f"{path} lasts {steps:,} steps, at most {MAX_STEPS:,} are read; cut it")
    spans = notes.spans(ticks_a_beat // steps_a_beat)
    spans[:, :2] = _steps(spans[:, :2], ticks_a_beat, steps_a_beat)
    spans[:, 1] = np.maximum(spans[:, 1], spans[:, 0] + 1)
    spans = spans[np.lexsort((-spans[:, 2], spans[:, 0]))]
    counts = np.bincount(spans[:, 3], minlength=len(notes.parts))
    length = max(int(steps), int(spans[:, 1].max()))
    meters = tuple(dict.fromkeys(meter for track in tracks for meter in track.meters))
    return Score(spans, tuple(map(int, counts)), length, meters or ("4/4",), notes.drums)


def write(
    path: str | Path,
    sounding: np.ndarray,
    onsets: np.ndarray,
    steps_a_beat: int = 4,
    beats_a_bar: int = 4,
    tempo: float = TEMPO,
    program: int = CHURCH_ORGAN,
) -> None:
    """Writes a piece as a MIDI file of type 1, with one track and channel a voice.

    Args:
        path: The file.
        sounding: Sounding pitches, (time, voices), as of a `Piece`.
        onsets: (time, voices) bool.
        steps_a_beat: Steps of the grid in a beat.
        beats_a_bar: Beats in a bar.
        tempo: Beats a minute.
        program: The instrument in General MIDI.

    Raises:
        InputError: If mido is not installed.
    """
    mido = _mido()
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_A_BEAT)
    signature = mido.MetaMessage("time_signature", numerator=beats_a_bar, denominator=4)
    pace = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))
    file.tracks.append(mido.MidiTrack([pace, signature, mido.MetaMessage("end_of_track")]))
    each = TICKS_A_BEAT // steps_a_beat
    voices = sounding.shape[1]
    for voice in range(voices):
        channel = voice % 15
        channel += channel >= DRUMS
        track = mido.MidiTrack()
        name = VOICE_NAMES[voice] if voices == len(VOICE_NAMES) else f"voice {voice + 1}"
        track.append(mido.MetaMessage("track_name", name=name))
        track.append(mido.Message("program_change", channel=channel, program=program))
        now = 0
        for start, end, pitch in note_spans(sounding[:, voice], onsets[:, voice]):
            for kind, step in (("note_on", start), ("note_off", end)):
                track.append(
                    mido.Message(kind, channel=channel, note=pitch, velocity=80, time=(step - now) * each)
                )
                now = step
        track.append(mido.MetaMessage("end_of_track", time=(len(sounding) - now) * each))
        file.tracks.append(track)
    file.save(path)


def note_spans(sounding: np.ndarray, onsets: np.ndarray) -> list[tuple[int, int, int]]:
    """The notes of one voice.

    Args:
        sounding: (time,), MIDI numbers with -1 for a rest.
        onsets: (time,) bool.

    Returns:
        (first step, step past the last, pitch) of each note.
    """
    begins = np.ones(len(sounding), bool)
    begins[1:] = onsets[1:] | (sounding[1:] != sounding[:-1])
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(sounding))
    return [
        (int(start), int(end), int(sounding[start]))
        for start, end in zip(starts, ends, strict=True)
        if sounding[start] >= 0
    ]


def _mido():
    """The package mido, of the extra `music`; raises InputError where it is not installed."""
    try:
        import mido
    except ModuleNotFoundError as error:
        raise InputError(
            f"MIDI files need mido, which is not installed: {install_command('music')}"
        ) from error
    return mido


def _open(path: str | Path) -> tuple[int, int, list[Track]]:
    """The type, the ticks of a beat and the tracks of a MIDI file; raises InputError for what is none."""
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size:,} bytes, at most {MAX_BYTES:,} are read; cut it")
        kind, ticks_a_beat, tracks = read_tracks(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"{path} cannot be read as a MIDI file ({reason}); export it again from a notation program"
        ) from error
    if ticks_a_beat < 0:
        raise InputError(f"{path} counts time in frames of film, not in beats; write it with ticks a beat")
    return kind, ticks_a_beat, tracks


def _steps(ticks: Any, ticks_a_beat: int, steps_a_beat: int) -> Any:
    """The step nearest to ticks, the later of two."""
    return (2 * ticks * steps_a_beat + ticks_a_beat) // (2 * ticks_a_beat)
