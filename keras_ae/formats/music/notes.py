"""Notes of MIDI files: which release ends which note."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from keras_ae.formats.music.events import NOTE_OFF, NOTE_ON, PROGRAM, Track

__all__ = ["DRUMS", "Notes"]

DRUMS = 9
"""The channel whose notes are not pitches."""


class Notes:
    """The notes of tracks, in ticks.

    Attributes:
        parts: Numbers of the parts by track and channel.
        ticks: When the last track ends.
        count: How many notes begin.
        drums: How many on the channel of drums.
    """

    def __init__(self) -> None:
        self.parts: dict[tuple[int, int], int] = {}
        self.ticks = self.count = self.drums = 0
        self._ends: dict[tuple[int, int], int] = {}
        self._struck: dict[tuple[int, int], list[int]] = {}
        self._released: dict[tuple[int, int], list[int]] = {}

    def add(self, track: Track, number: int, start: int = 0) -> None:
        """Adds the notes of a track.

        Args:
            track: The track.
            number: Its number; the channels of tracks of one number are the same parts.
            start: The tick at which it begins.
        """
        for tick, status, pitch, velocity in track.messages:
            kind, channel = status & 0xF0, status & 0x0F
            is_struck = kind == NOTE_ON and velocity > 0
            if channel == DRUMS:
                self.drums += is_struck
            elif kind in (NOTE_ON, NOTE_OFF, PROGRAM):
                key = self.parts.setdefault((number, channel), len(self.parts)), pitch
                if kind != PROGRAM:
                    self.count += is_struck
                    self._ends[key] = start + track.ticks
                    (self._struck if is_struck else self._released).setdefault(key, []).append(start + tick)
        self.ticks = max(self.ticks, start + track.ticks)

    def spans(self, step: int) -> np.ndarray:
        """The notes; overlaps of successive ones that are shorter than a step are cut.

        Args:
            step: Ticks of a step.

        Returns:
            First tick, tick past the last, pitch and part, (n, 4) int64.
        """
        by_part: dict[int, list[list[int]]] = {}
        for key, struck in self._struck.items():
            part, pitch = key
            spans = _note_ends(struck, self._released.get(key, []), self._ends[key])
            by_part.setdefault(part, []).extend([start, end, pitch, part] for start, end in spans)
        for spans_of_part in by_part.values():
            _cut_legato(spans_of_part, step)
        return np.array([span for spans in by_part.values() for span in spans], np.int64)


def _note_ends(struck: list[int], released: list[int], last: int) -> list[tuple[int, int]]:
    """(first tick, tick past the last) of the notes of one pitch in one part; no two of them overlap.

    Each note is ended by the release in its turn: at one tick, a note may stand before the release of the one
    before. Where there are more or fewer releases than notes, each note is ended by the next release; without
    any it lasts to the end of the track.
    """
    struck, released = sorted(struck), sorted(released)
    starts = sorted(set(struck))
    if len(struck) == len(released) and all(map(int.__le__, struck, released)):
        ends = dict(zip(struck, released, strict=True))
    else:
        following = [bisect_right(released, start) for start in starts]
        ends = {
            start: released[at] if at < len(released) else last
            for start, at in zip(starts, following, strict=True)
        }
    return [
        (start, min(ends[start], later)) for start, later in zip(starts, [*starts[1:], last], strict=True)
    ]


def _cut_legato(spans: list[list[int]], step: int) -> None:
    """Ends notes of a part where the next one begins, if they last less than a step into it."""
    starts = sorted({start for start, *_ in spans})
    for span in spans:
        start, end, *_ = span
        at = bisect_right(starts, max(start, end - step))
        if at < len(starts) and starts[at] < end and end - starts[at] <= starts[at] - start:
            span[1] = starts[at]
