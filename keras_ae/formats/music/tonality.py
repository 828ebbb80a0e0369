"""What music is made of: its keys, its pitch classes and its melodic steps, and how far two are apart."""

from __future__ import annotations

import numpy as np

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each pitch class from the tonic on fits a key (Krumhansl and Kessler 1982)."""

LEAP = 12
"""Steps of more semitones count as so many."""


def pitch_classes(sounding: np.ndarray) -> np.ndarray:
    """What sounds, (n, time, voices) -> steps and voices of each pitch class, (n, 12), from C on."""
    flat = sounding.reshape(len(sounding), -1)
    places = np.arange(len(flat))[:, None] * 12 + flat % 12
    counts = np.bincount(places[flat >= 0], minlength=12 * len(flat))
    return counts.reshape(-1, 12)


def keys(sounding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The key that fits each example best, from its pitch classes: (n,) tonics from C on, (n,) bool, minor.

    The key whose profile correlates most with the pitch classes (Krumhansl 1990, chapter 4).
    """
    profiles = np.array([np.roll(mode, tonic) for mode in (MAJOR, MINOR) for tonic in range(12)])
    profiles = (profiles - profiles.mean(1, keepdims=True)) / profiles.std(1, keepdims=True)
    best = (pitch_classes(sounding) @ profiles.T).argmax(axis=1)
    return best % 12, best >= 12


def degrees(sounding: np.ndarray) -> np.ndarray:
    """Shares of the pitch classes counted from each example's tonic, (12,): the same in every key."""
    counts = pitch_classes(sounding)
    places = (np.arange(12) + keys(sounding)[0][:, None]) % 12
    return _shares(np.take_along_axis(counts, places, axis=1).sum(axis=0))


def steps(sounding: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Shares of the intervals from a note to the next of its voice, (voices, 25), from -12 to 12 semitones.

    Repeated notes are intervals of 0; notes after a rest are not counted.
    """
    follows = onsets[:, 1:] & (sounding[:, :-1] >= 0)
    intervals = np.clip(np.diff(sounding, axis=1), -LEAP, LEAP) + LEAP
    voices = range(sounding.shape[2])
    counts = [np.bincount(intervals[..., v][follows[..., v]], minlength=2 * LEAP + 1) for v in voices]
    return _shares(np.array(counts))


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Half the summed difference of shares over the last axis, in [0, 1]; a mean over all others."""
    return float(0.5 * np.abs(first - second).sum(axis=-1).mean())


def _shares(counts):
    return counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
