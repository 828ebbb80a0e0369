"""Piano rolls: time to the right, pitch upwards, one color per voice, the beginning of every note marked."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from keras_ae.formats.music.midi import note_spans

__all__ = ["render"]

COLORS = ((204, 51, 63), (230, 145, 30), (52, 140, 88), (40, 98, 175), (130, 80, 160), (90, 90, 90))
"""Those of the voices, from the first on and over again."""
GROUND, BLACK_KEYS, OCTAVE, BEAT, BAR = (
    (255, 255, 255), (243, 243, 246), (208, 208, 216), (230, 230, 235), (120, 120, 130),
)  # fmt: skip
PITCH = 5
"""Height of a semitone, in pixels."""
MAX_WIDTH = 2048
"""Pixels of an image's width up to which a step has more than 2 of them."""


def render(
    sounding: np.ndarray, onsets: np.ndarray, lowest: int, highest: int, steps_a_beat: int, beats_a_bar: int
) -> np.ndarray:
    """Renders a piece; where voices meet on a pitch, the first of them is visible.

    Args:
        sounding: Sounding pitches, (time, voices), as of `Piece`.
        onsets: (time, voices) bool.
        lowest: MIDI number of the lowest pitch shown.
        highest: MIDI number of the highest pitch shown.
        steps_a_beat: Steps of the grid in a beat.
        beats_a_bar: Beats in a bar.

    Returns:
        (height, width, 3), uint8.
    """
    time = len(sounding)
    step = int(np.clip(MAX_WIDTH // max(time, 1), 2, 6))
    height = (highest - lowest + 1) * PITCH
    image = Image.new("RGB", (time * step + 1, height + 1), GROUND)
    pen = ImageDraw.Draw(image)
    _lines(pen, image.size, lowest, highest, time, step, (steps_a_beat, beats_a_bar))
    for voice in reversed(range(sounding.shape[1])):
        color = COLORS[voice % len(COLORS)]
        dark = tuple(part * 6 // 10 for part in color)
        for start, end, pitch in note_spans(sounding[:, voice], onsets[:, voice]):
            top = (highest - pitch) * PITCH + 1
            if not 0 < top < height:
                continue
            pen.rectangle((start * step + 1, top, end * step - 1, top + PITCH - 2), fill=color)
            pen.line(
                [(start * step + 1, top), (start * step + 1, top + PITCH - 2)], fill=dark, width=min(2, step)
            )
    return np.asarray(image)


def _lines(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    lowest: int,
    highest: int,
    time: int,
    step: int,
    meter: tuple[int, int],
) -> None:
    """Draws the ground: black keys shaded, a line below every C, and lines of beats and bars."""
    width, height = size
    steps_a_beat, beats_a_bar = meter
    for pitch in range(lowest, highest + 1):
        top = (highest - pitch) * PITCH
        if pitch % 12 in (1, 3, 6, 8, 10):
            pen.rectangle((0, top, width, top + PITCH - 1), fill=BLACK_KEYS)
    for pitch in range(lowest, highest + 1):
        if pitch % 12 == 0:
            low = (highest - pitch + 1) * PITCH
            pen.line([(0, low), (width, low)], fill=OCTAVE)
    for now in range(0, time + 1, steps_a_beat):
        bar = now % (steps_a_beat * beats_a_bar) == 0
        pen.line([(now * step, 0), (now * step, height)], fill=BAR if bar else BEAT)
