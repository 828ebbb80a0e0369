"""Pieces as sound: every note a sum of decaying harmonics, as of a small organ."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.music.midi import TEMPO, spans_of

RATE = 16_000
"""Samples a second."""
HARMONICS = (1.0, 0.5, 0.25, 0.2, 0.08, 0.06)
"""Amplitudes of the fundamental and those above it."""
ATTACK, RELEASE = 0.015, 0.06
"""Seconds in which a note comes and goes."""
LOUDEST = 0.9


def played(
    sounding: np.ndarray, onsets: np.ndarray, steps_a_beat: int = 4, tempo: float = TEMPO
) -> tuple[np.ndarray, int]:
    """A piece (time, voices), as of `Piece` -> (samples (n,) float32 within [-0.9, 0.9], samples a second).

    tempo: beats a minute. Notes are tempered equally, with an A of 440 Hz; silence stays silence.
    """
    seconds = 60 / tempo / steps_a_beat
    release = int(RELEASE * RATE)
    sound = np.zeros(round(len(sounding) * seconds * RATE) + release, np.float32)
    for voice in range(sounding.shape[1]):
        for start, end, pitch in spans_of(sounding[:, voice], onsets[:, voice]):
            first, last = round(start * seconds * RATE), round(end * seconds * RATE)
            sound[first : last + release] += _note(pitch, last - first, release)
    return sound * np.float32(LOUDEST / max(np.abs(sound).max(initial=0), LOUDEST)), RATE


def _note(pitch, held, release):
    """A note held for so many samples, and its release."""
    time = np.arange(held + release, dtype=np.float32) / RATE
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    tone = sum(
        amplitude * np.sin(2 * np.pi * frequency * number * time)
        for number, amplitude in enumerate(HARMONICS, 1)
        if frequency * number < RATE / 2
    )
    rises = np.minimum(time * np.float32(1 / ATTACK), 1)
    falls = np.clip((held + release - np.arange(held + release)) / release, 0, 1)
    return (0.25 * tone * rises * falls * np.exp(-0.5 * time)).astype(np.float32)
