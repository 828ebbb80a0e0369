"""MIDI files: the notes of one on a grid of time, and a piece written as one with a track a voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

from keras_ae.errors import InputError

SUFFIXES = (".mid", ".midi")
MOST_BYTES, MOST_NOTES, MOST_STEPS = 2 * 2**20, 200_000, 200_000
"""A file of more is refused; the first before it is decoded."""
DRUMS = 9
"""The channel whose notes are no pitches."""
CHURCH_ORGAN = 19
"""A program of General MIDI, from 0."""
TICKS_A_BEAT = 480
TEMPO = 84
"""Beats a minute of what is written."""
NAMES = ("soprano", "alto", "tenor", "bass")


@dataclass(frozen=True, eq=False)
class Score:
    """The notes of a MIDI file on a grid.

    notes: (n, 4) int64 of first step, step past the last, pitch and part, in the order of their first steps.
    parts: of every part, a track's channel that holds a note or sets a program, its count of notes.
    steps: the length of the whole. meters: bars as the file has them, such as "4/4".
    """

    notes: np.ndarray
    parts: tuple[int, ...]
    steps: int
    meters: tuple[str, ...]


def read(path: str | Path, steps_a_beat: int = 4) -> Score:
    """The notes of a MIDI file, each moved to the nearest steps, of one step or more; tempo does not matter.

    Raises InputError for what is no MIDI file, is too large or holds no notes.
    """
    file = _opened(path)
    spans, meters, ticks = [], [], 0
    parts: dict[tuple[int, int], int] = {}
    for number, track in enumerate(file.tracks):
        found, end = _notes(track, number, parts, meters)
        spans += found
        ticks = max(ticks, end)
        if len(spans) > MOST_NOTES:
            raise InputError(f"{path} holds more than {MOST_NOTES:,} notes; cut it into shorter pieces")
    if not spans:
        raise InputError(f"{path} holds no notes; give a MIDI file of music")
    steps = _steps(ticks, file.ticks_per_beat, steps_a_beat)
    if steps > MOST_STEPS:
        raise InputError(f"{path} lasts {steps:,} steps, at most {MOST_STEPS:,} are read; cut it")
    notes = np.array(spans, np.int64)
    notes[:, :2] = _steps(notes[:, :2], file.ticks_per_beat, steps_a_beat)
    notes[:, 1] = np.maximum(notes[:, 1], notes[:, 0] + 1)
    notes = notes[np.lexsort((-notes[:, 2], notes[:, 0]))]
    counts = np.bincount(notes[:, 3], minlength=len(parts))
    meters = tuple(dict.fromkeys(meters)) or ("4/4",)
    return Score(notes, tuple(map(int, counts)), max(int(steps), int(notes[:, 1].max())), meters)


def write(
    path: str | Path,
    sounding: np.ndarray,
    onsets: np.ndarray,
    steps_a_beat: int = 4,
    beats_a_bar: int = 4,
    tempo: float = TEMPO,
    program: int = CHURCH_ORGAN,
) -> None:
    """A piece as a MIDI file of type 1, with a track and a channel a voice.

    sounding, onsets: (time, voices), as of a `Piece`. tempo: beats a minute. program: in General MIDI.
    """
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
        name = NAMES[voice] if voices == len(NAMES) else f"voice {voice + 1}"
        track.append(mido.MetaMessage("track_name", name=name))
        track.append(mido.Message("program_change", channel=channel, program=program))
        now = 0
        for start, end, pitch in spans_of(sounding[:, voice], onsets[:, voice]):
            for kind, step in (("note_on", start), ("note_off", end)):
                track.append(
                    mido.Message(kind, channel=channel, note=pitch, velocity=80, time=(step - now) * each)
                )
                now = step
        track.append(mido.MetaMessage("end_of_track", time=(len(sounding) - now) * each))
        file.tracks.append(track)
    file.save(path)


def spans_of(sounding: np.ndarray, onsets: np.ndarray) -> list[tuple[int, int, int]]:
    """The notes of one voice, (time,) twice, as (first step, step past the last, pitch)."""
    begins = np.ones(len(sounding), bool)
    begins[1:] = onsets[1:] | (sounding[1:] != sounding[:-1])
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(sounding))
    return [
        (int(start), int(end), int(sounding[start]))
        for start, end in zip(starts, ends, strict=True)
        if sounding[start] >= 0
    ]


def _opened(path):
    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise InputError(f"{path} has {size:,} bytes, at most {MOST_BYTES:,} are read; cut it")
        file = mido.MidiFile(path, clip=True)
    except InputError:
        raise
    except Exception as error:  # mido raises whatever it likes for a broken file
        reason = " ".join(str(error).split()) or "it breaks off"
        raise InputError(
            f"{path} cannot be read as a MIDI file ({reason}); write it anew from a notation program"
        ) from error
    if file.ticks_per_beat <= 0:
        raise InputError(f"{path} counts time in frames of film, not in beats; write it with ticks a beat")
    return file


def _notes(track, number, parts, meters):
    """(first tick, tick past the last, pitch, part) of a track's notes, and the tick at which it ends.

    A note whose end is missing lasts to the end of the track.
    """
    spans, open_notes, now = [], {}, 0
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


def _steps(ticks, ticks_a_beat, steps_a_beat):
    """The nearest step of ticks; of two the later."""
    return (2 * ticks * steps_a_beat + ticks_a_beat) // (2 * ticks_a_beat)
