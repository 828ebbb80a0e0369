"""A small harmonizer: cadences in close four-part writing, for data that needs no download."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.music.grid import Piece

__all__ = ["harmonize"]

MAJOR = (0, 2, 4, 5, 7, 9, 11)
PROGRESSIONS = ((0, 3, 4, 0), (0, 5, 3, 4), (0, 1, 4, 0), (5, 3, 4, 0), (0, 4, 5, 3))
"""Roots of the chords of a bar, as degrees of the major scale from 0."""


def harmonize(count: int, bars: int, seed: int = 0, steps_a_beat: int = 4) -> list[Piece]:
    """Generates pieces of 4 voices in various major keys: a chord a beat, repeated chords at times held.

    The upper three voices are the position of the chord closest to the one before.

    Args:
        count: How many pieces.
        bars: Bars of each.
        seed: Random seed.
        steps_a_beat: Steps of the grid in a beat.

    Returns:
        The pieces.
    """
    random = np.random.default_rng(seed)
    pieces = []
    for number in range(count):
        key = int(random.integers(-4, 5))
        degrees = [degree for _ in range(bars) for degree in PROGRESSIONS[random.integers(len(PROGRESSIONS))]]
        upper = np.array([72, 67, 64]) + key
        chords = []
        for degree in degrees:
            bass, triad = _chord(degree, key)
            upper = _nearest(triad, upper)
            chords.append([*upper, bass])
        sounding = np.repeat(np.array(chords, np.int16), steps_a_beat, axis=0)
        onsets = np.zeros(sounding.shape, bool)
        onsets[::steps_a_beat] = True
        onsets[1:] &= (np.diff(sounding, axis=0) != 0) | (random.random((len(sounding) - 1, 1)) < 0.5)
        pieces.append(Piece(f"piece {number}", sounding, onsets))
    return pieces


def _chord(degree: int, key: int) -> tuple[int, list[int]]:
    """The bass note of a triad, and its pitch classes."""
    root = 48 + key + MAJOR[degree]
    triad = [(key + MAJOR[(degree + third) % 7]) % 12 for third in (0, 2, 4)]
    return root - 12 if root > 55 else root, triad


def _nearest(triad: list[int], before: np.ndarray) -> np.ndarray:
    """The close position of a triad, from the top, whose notes lie nearest to those before."""
    positions = []
    for top in range(64, 80):
        if top % 12 in triad:
            below = [pitch for pitch in range(top - 1, top - 12, -1) if pitch % 12 in triad]
            positions.append(np.array([top, *below[:2]]))
    return min(positions, key=lambda position: (np.abs(position - before).sum(), abs(position[0] - 70)))
