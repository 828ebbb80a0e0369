"""Rules of four-part writing, counted: voices' ranges, crossings, and parallel fifths and octaves.

All take what sounds, (n, time, voices) MIDI numbers with -1 for a rest, and count at each step, (n, time).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

RANGES = ((60, 81), (55, 76), (48, 69), (40, 64))
"""MIDI numbers that sopranos (C4-A5), altos (G3-E5), tenors (C3-A4) and basses (E2-E4) of a choir sing, as in
https://domisol.app/learn/satb-basics/."""

FIFTH, OCTAVE = 7, 0
"""Semitones between two voices, octaves apart from each other or not."""


def out_of_range(sounding: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Notes struck that a choir's voice does not sing; none in music of other than 4 voices."""
    if sounding.shape[-1] != len(RANGES):
        return np.zeros(sounding.shape[:-1], np.int64)
    low, high = np.array(RANGES).T
    return (onsets & ((sounding < low) | (sounding > high))).sum(axis=-1)


def crossings(sounding: np.ndarray) -> np.ndarray:
    """Neighboring voices of which the upper one begins to sound below the lower one."""
    upper, lower = sounding[..., :-1], sounding[..., 1:]
    crossed = (upper >= 0) & (upper < lower)
    crossed[..., 1:, :] &= ~crossed[..., :-1, :].copy()
    return crossed.sum(axis=-1)


def parallels(sounding: np.ndarray) -> np.ndarray:
    """Pairs of voices that move together, both up or both down, from a perfect fifth or octave to another.

    Counted where both change at once; octaves are those of unisons too, fifths those of twelfths.
    """
    count = np.zeros(sounding.shape[:-1], np.int64)
    heard = sounding >= 0
    steps = np.sign(np.diff(sounding.astype(np.int16), axis=-2))
    steps *= heard[..., 1:, :] & heard[..., :-1, :]
    for upper, lower in combinations(range(sounding.shape[-1]), 2):
        apart = np.abs(sounding[..., upper] - sounding[..., lower]) % 12
        perfect = (apart == FIFTH) | (apart == OCTAVE)
        together = (steps[..., upper] != 0) & (steps[..., upper] == steps[..., lower])
        count[..., 1:] += together & perfect[..., 1:] & (apart[..., 1:] == apart[..., :-1])
    return count


def in_bars(counts: np.ndarray, steps_a_bar: int) -> np.ndarray:
    """Counts (n, time) summed over each bar, (n, bars); the last may be an unfinished one."""
    missing = -counts.shape[1] % steps_a_bar
    return np.pad(counts, ((0, 0), (0, missing))).reshape(len(counts), -1, steps_a_bar).sum(axis=-1)


def silences(sounding: np.ndarray, steps_a_bar: int) -> np.ndarray:
    """Voices that rest for a whole bar, (n, bars) rather than at each step."""
    return sum(in_bars(sounding[..., voice] >= 0, steps_a_bar) == 0 for voice in range(sounding.shape[-1]))
