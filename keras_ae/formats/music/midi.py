"""MIDI files: notes read on a grid of time, and pieces written with one track per voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.extras import install_command

if TYPE_CHECKING:
    import mido

__all__ = ["SUFFIXES", "TEMPO", "Score", "note_spans", "read", "write"]

SUFFIXES = (".mid", ".midi")
MAX_BYTES, MAX_NOTES, MAX_STEPS = 2 * 2**20, 200_000, 200_000
"""A file with more is refused; one of more bytes before it is decoded."""
DRUMS = 9
"""The channel whose notes are not pitches."""
CHURCH_ORGAN = 19
"""A program of General MIDI, from 0."""
TICKS_A_BEAT = 480
TEMPO = 84
"""Beats a minute of files that are written."""
VOICE_NAMES = ("soprano", "alto", "tenor", "bass")


Span = tuple[int, int, int, int]
"""(first tick, tick past the last, pitch, part)."""


@dataclass(frozen=True, eq=False)
class Score:
    """The notes of a MIDI file on a grid.

    Attributes:
        notes: (n, 4) int64 of first step, step past the last, pitch and part, ordered by their first steps.
        parts: Count of notes of every part, which is a track's channel with a note or a program.
        steps: The length of the whole.
        meters: Meters in the file, such as "4/4".
    """

    notes: np.ndarray
    parts: tuple[int, ...]
    steps: int
    meters: tuple[str, ...]


def read(path: str | Path, steps_a_beat: int = 4) -> Score:
    """Reads a MIDI file; notes are moved to the nearest steps and last one or more. Tempo does not matter.

    Args:
        path: The file.
        steps_a_beat: Steps of the grid in a beat.

    Returns:
        The notes.

    Raises:
        InputError: If the file is not a MIDI file, is too large or has no notes; or if mido is not installed.
    """
    file = _open(path)
    spans: list[Span] = []
    meters: list[str] = []
    ticks = 0
    parts: dict[tuple[int, int], int] = {}
    for number, track in enumerate(file.tracks):
        notes_of_track, end = _notes(track, number, parts, meters)
        spans += notes_of_track
        ticks = max(ticks, end)
        if len(spans) > MAX_NOTES:
            raise InputError(f"{path} holds more than {MAX_NOTES:,} notes; cut it into shorter pieces")
    if not spans:
        raise InputError(f"{path} holds no notes; give a MIDI file of music")
    steps = _steps(ticks, file.ticks_per_beat, steps_a_beat)
    if steps > MAX_STEPS:
        raise InputError(f"{path} lasts {steps:,} steps, at most {MAX_STEPS:,} are read; cut it")
    notes = np.array(spans, np.int64)
    notes[:, :2] = _steps(notes[:, :2], file.ticks_per_beat, steps_a_beat)
    notes[:, 1] = np.maximum(notes[:, 1], notes[:, 0] + 1)
    notes = notes[np.lexsort((-notes[:, 2], notes[:, 0]))]
    counts = np.bincount(notes[:, 3], minlength=len(parts))
    length = max(int(steps), int(notes[:, 1].max()))
    return Score(notes, tuple(map(int, counts)), length, tuple(dict.fromkeys(meters)) or ("4/4",))


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


def _open(path: str | Path) -> mido.MidiFile:
    """A MIDI file; raises InputError for a file that is too large or not one."""
    mido = _mido()
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size:,} bytes, at most {MAX_BYTES:,} are read; cut it")
        file = mido.MidiFile(path, clip=True)
    except InputError:
        raise
    except Exception as error:  # mido raises errors of many kinds for a broken file
        reason = " ".join(str(error).split()) or "it breaks off"
        raise InputError(
            f"{path} cannot be read as a MIDI file ({reason}); export it again from a notation program"
        ) from error
    if file.ticks_per_beat <= 0:
        raise InputError(f"{path} counts time in frames of film, not in beats; write it with ticks a beat")
    return file


def _notes(
    track: mido.MidiTrack, number: int, parts: dict[tuple[int, int], int], meters: list[str]
) -> tuple[list[Span], int]:
    """(first tick, tick past the last, pitch, part) of a track's notes, and the tick at which it ends.

    A note whose end is missing lasts to the end of the track.
    """
    spans: list[Span] = []
    open_notes: dict[tuple[int, int], int] = {}
    now = 0
    for message in track:
        now += message.time
        if message.type == "time_signature":
            meters.append(f"{message.numerator}/{message.denominator}")
        if message.type not in ("note_on", "note_off", "program_change") or message.channel == DRUMS:
            continue
        part = parts.setdefault((number, message.channel), len(parts))
        if message.type == "program_change":
            continue
        key = part, message.note
        if key in open_notes:
            spans.append((open_notes.pop(key), now, message.note, part))
        if message.type == "note_on" and message.velocity:
            open_notes[key] = now
    spans += [(start, now, pitch, part) for (part, pitch), start in open_notes.items()]
    return spans, now


def _steps(ticks: Any, ticks_a_beat: int, steps_a_beat: int) -> Any:
    """The step nearest to ticks, the later of two."""
    return (2 * ticks * steps_a_beat + ticks_a_beat) // (2 * ticks_a_beat)
