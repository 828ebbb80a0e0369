"""Detection of copies: the longest run of steps that also occurs in another piece."""

from __future__ import annotations

import numpy as np

__all__ = ["longest_copied_run"]

BASE = np.uint64(0x9E3779B97F4A7C15)


def longest_copied_run(
    samples: np.ndarray, train: np.ndarray, any_key: bool = False, lengths: np.ndarray | None = None
) -> np.ndarray:
    """The longest run of each sample that also occurs in a training example.

    All voices agree at every step of a run, wherever in an example it lies. Runs are compared by rolling
    64-bit hashes (Karp and Rabin 1987): of each length only runs whose beginnings were found are looked for.

    Args:
        samples: Sounding pitches, MIDI numbers with -1 for a rest, (n, time, voices).
        train: Those of training examples, (m, time, voices).
        any_key: Whether runs that agree when transposed count too.
        lengths: (n,), the steps of each sample before its end; None for all.

    Returns:
        Steps, (n,).
    """
    ours, theirs = _hashes(samples, any_key), _hashes(train, any_key)
    longest = np.zeros(len(samples), np.int64)
    ends = [np.full(len(part), part.shape[1]) for part in (samples, train)]
    ends[0] = ends[0] if lengths is None else lengths  # so that no rests after an end are found
    alive = [np.ones(frames.shape[0] * frames.shape[1], bool).nonzero()[0] for frames, _ in (ours, theirs)]
    for length in range(1, min(samples.shape[1], train.shape[1]) + 1):
        runs = []
        for number, hashes in enumerate((ours, theirs)):
            example, start = np.divmod(alive[number], hashes[0].shape[1])
            alive[number] = alive[number][start <= ends[number][example] - length]
            runs.append(_run(hashes, alive[number], length))
        known = np.unique(runs[0])
        common = known[np.isin(known, runs[1])] if len(known) else known
        alive = [starts[_among(run, common)] for starts, run in zip(alive, runs, strict=True)]
        if not len(alive[0]):
            break
        longest[alive[0] // samples.shape[1]] = length
    return longest


def _among(run: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which of the hashes are among sorted ones, bool."""
    if not len(known):
        return np.zeros(len(run), bool)
    nearest = np.minimum(np.searchsorted(known, run), len(known) - 1)
    return known[nearest] == run


def _hashes(sounding: np.ndarray, any_key: bool) -> tuple[np.ndarray, np.ndarray]:
    """Of each step, a hash of its chord, and the rolling hash of all chords and moves up to its end.

    In any key a chord is counted from its highest voice that sounds, and a move is how far that has gone.
    """
    sounding = sounding.astype(np.int64)
    sounds = sounding >= 0
    moves = np.zeros(sounding.shape[:2], np.int64)
    if any_key:
        first = np.take_along_axis(sounding, sounds.argmax(axis=2)[..., None], axis=2)[..., 0]
        steps = np.arange(sounding.shape[1])
        last = np.maximum.accumulate(np.where(sounds.any(axis=2), steps, 0), axis=1)
        first = np.take_along_axis(first, last, axis=1)
        moves[:, 1:] = np.diff(first, axis=1)
        sounding = np.where(sounds, sounding - first[..., None], -200)
    chords = np.zeros(sounding.shape[:2], np.uint64)
    for voice in range(sounding.shape[2]):
        chords = _mixed(chords + (sounding[..., voice] + 300).astype(np.uint64))
    tokens = _mixed(chords + (moves + 1000).astype(np.uint64))
    rolled = np.zeros((tokens.shape[0], tokens.shape[1] + 1), np.uint64)
    for step in range(tokens.shape[1]):
        rolled[:, step + 1] = rolled[:, step] * BASE + tokens[:, step]
    return chords, rolled


def _run(hashes: tuple[np.ndarray, np.ndarray], starts: np.ndarray, length: int) -> np.ndarray:
    """The hash of the run of a length from each start on: its first chord, then the chords and moves."""
    chords, rolled = hashes
    example, start = np.divmod(starts, chords.shape[1])
    power = np.uint64(pow(int(BASE), length - 1, 2**64))
    rest = rolled[example, start + length] - rolled[example, start + 1] * power
    return _mixed(chords[example, start] * BASE + rest)


def _mixed(value: np.ndarray) -> np.ndarray:
    """Numbers with their bits mixed (splitmix64, Steele et al. 2014), so that sums seldom collide."""
    value = value + BASE
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
