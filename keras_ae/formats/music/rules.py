"""Violations of rules of four-part writing: voices' ranges, crossings, and parallel fifths and octaves.

All take sounding pitches, (n, time, voices) MIDI numbers with -1 for a rest, and count at each step.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

__all__ = [
    "RANGES", "parallel_motion", "range_violations", "silent_voices", "sum_over_bars", "voice_crossings",
]  # fmt: skip

RANGES = ((60, 81), (55, 76), (48, 69), (40, 64))
"""MIDI numbers that sopranos (C4-A5), altos (G3-E5), tenors (C3-A4) and basses (E2-E4) of a choir sing, as in
https://domisol.app/learn/satb-basics/."""

FIFTH, OCTAVE = 7, 0
"""Semitones between two voices, octaves apart from each other or not."""


def range_violations(sounding: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Notes outside the range of a choir's voice; none in music of other than 4 voices.

    Args:
        sounding: (n, time, voices).
        onsets: (n, time, voices) bool.

    Returns:
        Counts, (n, time), where the notes begin.
    """
    if sounding.shape[-1] != len(RANGES):
        return np.zeros(sounding.shape[:-1], np.int64)
    low, high = np.array(RANGES).T
    return (onsets & ((sounding < low) | (sounding > high))).sum(axis=-1)


def voice_crossings(sounding: np.ndarray) -> np.ndarray:
    """Neighboring voices of which the upper one begins to sound below the lower one.

    Args:
        sounding: (n, time, voices).

    Returns:
        Counts, (n, time).
    """
    upper, lower = sounding[..., :-1], sounding[..., 1:]
    crossed = (upper >= 0) & (upper < lower)
    crossed[..., 1:, :] &= ~crossed[..., :-1, :].copy()
    return crossed.sum(axis=-1)


def parallel_motion(sounding: np.ndarray) -> np.ndarray:
    """Pairs of voices that move together, both up or both down, from a perfect fifth or octave to another.

    Counted where both change at once; octaves include unisons, fifths twelfths.

    Args:
        sounding: (n, time, voices).

    Returns:
        Counts, (n, time).
    """
    count = np.zeros(sounding.shape[:-1], np.int64)
    sounds = sounding >= 0
    steps = np.sign(np.diff(sounding.astype(np.int16), axis=-2))
    steps *= sounds[..., 1:, :] & sounds[..., :-1, :]
    for upper, lower in combinations(range(sounding.shape[-1]), 2):
        apart = np.abs(sounding[..., upper] - sounding[..., lower]) % 12
        perfect = (apart == FIFTH) | (apart == OCTAVE)
        together = (steps[..., upper] != 0) & (steps[..., upper] == steps[..., lower])
        count[..., 1:] += together & perfect[..., 1:] & (apart[..., 1:] == apart[..., :-1])
    return count


def sum_over_bars(counts: np.ndarray, steps_a_bar: int) -> np.ndarray:
    """Sums counts over each bar, of which the last may be unfinished.

    Args:
        counts: (n, time).
        steps_a_bar: Steps of a bar.

    Returns:
        (n, bars).
    """
    missing = -counts.shape[1] % steps_a_bar
    return np.pad(counts, ((0, 0), (0, missing))).reshape(len(counts), -1, steps_a_bar).sum(axis=-1)


def silent_voices(sounding: np.ndarray, steps_a_bar: int) -> np.ndarray:
    """Voices that rest for a whole bar.

    Args:
        sounding: (n, time, voices).
        steps_a_bar: Steps of a bar.

    Returns:
        Counts, (n, bars).
    """
    bars = [sum_over_bars(sounding[..., voice] >= 0, steps_a_bar) for voice in range(sounding.shape[-1])]
    return (np.array(bars) == 0).sum(axis=0)
