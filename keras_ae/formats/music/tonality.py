"""Keys, pitch classes and melodic intervals of music, and the distance of their frequencies."""

from __future__ import annotations

import numpy as np

__all__ = [
    "degree_frequencies", "find_keys", "interval_frequencies", "pitch_classes", "total_variation",
]  # fmt: skip

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each pitch class from the tonic on fits a key (Krumhansl and Kessler 1982)."""

LEAP = 12
"""Larger intervals count as this many semitones."""


def pitch_classes(sounding: np.ndarray) -> np.ndarray:
    """Counts pitch classes over steps and voices.

    Args:
        sounding: (n, time, voices).

    Returns:
        (n, 12), from C on.
    """
    flat = sounding.reshape(len(sounding), -1)
    cells = np.arange(len(flat))[:, None] * 12 + flat % 12
    counts = np.bincount(cells[flat >= 0], minlength=12 * len(flat))
    return counts.reshape(-1, 12)


def find_keys(sounding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The key whose profile correlates most with the pitch classes (Krumhansl 1990, chapter 4).

    Args:
        sounding: (n, time, voices).

    Returns:
        Tonics from C on, (n,), and whether the key is minor, (n,) bool.
    """
    profiles = np.array([np.roll(mode, tonic) for mode in (MAJOR, MINOR) for tonic in range(12)])
    profiles = (profiles - profiles.mean(1, keepdims=True)) / profiles.std(1, keepdims=True)
    best = (pitch_classes(sounding) @ profiles.T).argmax(axis=1)
    return best % 12, best >= 12


def degree_frequencies(sounding: np.ndarray) -> np.ndarray:
    """Frequencies of the pitch classes counted from each example's tonic: the same in every key.

    Args:
        sounding: (n, time, voices).

    Returns:
        (12,), 1 in sum.
    """
    counts = pitch_classes(sounding)
    degrees = (np.arange(12) + find_keys(sounding)[0][:, None]) % 12
    return _frequencies(np.take_along_axis(counts, degrees, axis=1).sum(axis=0))


def interval_frequencies(sounding: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Frequencies of the intervals from a note to the next of its voice.

    Repeated notes are intervals of 0; notes after a rest are not counted.

    Args:
        sounding: (n, time, voices).
        onsets: (n, time, voices) bool.

    Returns:
        (voices, 25), from -12 to 12 semitones, 1 in sum over intervals.
    """
    follows = onsets[:, 1:] & (sounding[:, :-1] >= 0)
    intervals = np.clip(np.diff(sounding, axis=1), -LEAP, LEAP) + LEAP
    voices = range(sounding.shape[2])
    counts = [np.bincount(intervals[..., v][follows[..., v]], minlength=2 * LEAP + 1) for v in voices]
    return _frequencies(np.array(counts))


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """The total variation distance of frequencies over the last axis, a mean over all others.

    Args:
        first: (..., n), 1 in sum over the last axis.
        second: Likewise.

    Returns:
        A number in [0, 1].
    """
    return float(0.5 * np.abs(first - second).sum(axis=-1).mean())


def _frequencies(counts: np.ndarray) -> np.ndarray:
    return counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
