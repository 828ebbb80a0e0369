"""Pieces as sound: every note a sum of decaying harmonics, as of a small organ."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.music.midi import TEMPO, note_spans

__all__ = ["synthesize"]

RATE = 16_000
"""Samples per second."""
HARMONICS = (1.0, 0.5, 0.25, 0.2, 0.08, 0.06)
"""Amplitudes of the fundamental and those above it."""
ATTACK, RELEASE = 0.015, 0.06
"""Seconds in which a note comes and goes."""
MAX_AMPLITUDE = 0.9


def synthesize(
    sounding: np.ndarray, onsets: np.ndarray, steps_a_beat: int = 4, tempo: float = TEMPO
) -> tuple[np.ndarray, int]:
    """Synthesizes a piece in equal temperament, with an A of 440 Hz.

    Args:
        sounding: Sounding pitches, (time, voices), as of `Piece`.
        onsets: (time, voices) bool.
        steps_a_beat: Steps of the grid in a beat.
        tempo: Beats a minute.

    Returns:
        Samples (n,), float32 in [-0.9, 0.9], and how many there are a second.
    """
    seconds = 60 / tempo / steps_a_beat
    release = int(RELEASE * RATE)
    sound = np.zeros(round(len(sounding) * seconds * RATE) + release, np.float32)
    for voice in range(sounding.shape[1]):
        for start, end, pitch in note_spans(sounding[:, voice], onsets[:, voice]):
            first, last = round(start * seconds * RATE), round(end * seconds * RATE)
            sound[first : last + release] += _note(pitch, last - first, release)
    return sound * np.float32(MAX_AMPLITUDE / max(np.abs(sound).max(initial=0), MAX_AMPLITUDE)), RATE


def _note(pitch: int, length: int, release: int) -> np.ndarray:
    """A note of so many samples, and its release."""
    time = np.arange(length + release, dtype=np.float32) / RATE
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    harmonics = [
        amplitude * np.sin(2 * np.pi * frequency * number * time)
        for number, amplitude in enumerate(HARMONICS, 1)
        if frequency * number < RATE / 2
    ]
    tone = np.sum(harmonics, axis=0) if harmonics else np.zeros_like(time)
    rises = np.minimum(time * np.float32(1 / ATTACK), 1)
    falls = np.clip((length + release - np.arange(length + release)) / release, 0, 1)
    return (0.25 * tone * rises * falls * np.exp(-0.5 * time)).astype(np.float32)
