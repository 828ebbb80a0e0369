"""The events of a MIDI file that notes are made of; all others are passed over, whatever they hold."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

__all__ = ["NOTE_OFF", "NOTE_ON", "PROGRAM", "SEQUENCES", "Track", "read_tracks"]

NOTE_OFF, NOTE_ON, PROGRAM, PRESSURE, BEND = 0x80, 0x90, 0xC0, 0xD0, 0xE0
"""Kinds of messages on a channel, which is in the lower half of the byte."""

SYSEX, ESCAPE, META = 0xF0, 0xF7, 0xFF
SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, **dict.fromkeys((0xF8, 0xFA, 0xFB, 0xFC, 0xFE), 0)}
"""Bytes of data of the other messages, which belong to no file and are in some all the same."""

END_OF_TRACK, TIME_SIGNATURE = 0x2F, 0x58
SEQUENCES = 2
"""The type of a file whose tracks follow each other."""

BEFORE = 1024
"""Bytes at a file's beginning in which its header is looked for: some are wrapped in others."""


@dataclass(eq=False)
class Track:
    """The events of a track, and when it ends.

    Attributes:
        messages: (tick, status, first byte of data, second byte or 0) of each message on a channel.
        meters: Its meters, such as "4/4".
        ticks: Its length.
        is_ended: Whether its end is marked.
    """

    messages: list[tuple[int, int, int, int]] = field(default_factory=list)
    meters: list[str] = field(default_factory=list)
    ticks: int = 0
    is_ended: bool = False


def read_tracks(content: bytes) -> tuple[int, int, list[Track]]:
    """Reads the tracks of a MIDI file.

    Args:
        content: The file's bytes.

    Returns:
        The type, 0 to 2; the ticks of a beat, below 0 where time is counted in frames of film; the tracks.

    Raises:
        ValueError: The file has no header, breaks off, or holds what none does; the text is the reason.
    """
    start = content.find(b"MThd", 0, BEFORE)
    if start < 0:
        raise ValueError("it has no header")
    try:
        size, kind, _, ticks_a_beat = struct.unpack_from(">IHHh", content, start + 4)
        if not ticks_a_beat:
            raise ValueError("it has 0 ticks a beat")
        at, tracks = start + 8 + size, list[Track]()
        while at + 8 <= len(content):
            name, size = struct.unpack_from(">4sI", content, at)
            body = content[at + 8 : at + 8 + size]
            if name == b"MTrk":
                tracks.append(_track(body))
                if len(body) < size and not tracks[-1].is_ended:
                    raise IndexError
            at += 8 + size
    except (IndexError, struct.error) as error:
        raise ValueError("it breaks off") from error
    return kind, ticks_a_beat, tracks


def _track(body: bytes) -> Track:
    """The events of a track's bytes; raises IndexError where they break off, else ValueError."""
    track, at, running = Track(), 0, 0
    while at < len(body) and not track.is_ended:
        delta, at = _number(body, at)
        track.ticks += delta
        status = body[at] if body[at] >= NOTE_OFF else running
        at += body[at] >= NOTE_OFF
        if status == META:
            size, begin = _number(body, at + 1)
            _meta(track, body[at], body[begin : begin + size])
            at = begin + size
        elif status in (SYSEX, ESCAPE):
            size, begin = _number(body, at)
            at = begin + size
        elif NOTE_OFF <= status < SYSEX:
            running, second = status, not PROGRAM <= status < BEND
            data = body[at], body[at + 1] if second else 0
            track.messages.append((track.ticks, status, min(data[0], 127), min(data[1], 127)))
            at += 1 + second
        elif status in SYSTEM:
            at += SYSTEM[status]
        else:
            raise ValueError(f"it holds a byte {status:#04x}, which begins no message")
    if at > len(body):
        raise IndexError
    return track


def _meta(track: Track, kind: int, data: bytes) -> None:
    """Takes what an event without sound says; odd ones say nothing."""
    if kind == END_OF_TRACK:
        track.is_ended = True
    elif kind == TIME_SIGNATURE and len(data) >= 2 and data[0] and data[1] < 8:
        track.meters.append(f"{data[0]}/{2 ** data[1]}")


def _number(body: bytes, at: int) -> tuple[int, int]:
    """A number of one to four bytes, seven bits each, and where it ends."""
    value = 0
    for end in range(at + 1, at + 5):
        value = value << 7 | body[end - 1] & 0x7F
        if body[end - 1] < 0x80:
            return value, end
    raise ValueError("it holds a number of more than four bytes")
