"""How much of a piece is copied: the longest run of steps that another holds too."""

from __future__ import annotations

import numpy as np

BASE = np.uint64(0x9E3779B97F4A7C15)


def longest_copied_run(samples: np.ndarray, train: np.ndarray, any_key: bool = False) -> np.ndarray:
    """Steps of the longest run of each sample that is in a training example too, (n,).

    samples: (n, time, voices) and train: (m, time, voices), what sounds, MIDI numbers with -1 for a rest. All
    voices agree at every step of a run, wherever in an example it lies. any_key: or do when transposed.

    Runs are compared by 64-bit hashes, which are rolled (Karp and Rabin 1987): from one length to the next
    only those that were found at the last are looked for.
    """
    ours, theirs = _hashes(samples, any_key), _hashes(train, any_key)
    longest = np.zeros(len(samples), np.int64)
    alive = [np.ones(frames.shape[0] * frames.shape[1], bool).nonzero()[0] for frames, _ in (ours, theirs)]
    for length in range(1, min(samples.shape[1], train.shape[1]) + 1):
        runs = []
        for number, hashes in enumerate((ours, theirs)):
            time = hashes[0].shape[1]
            alive[number] = alive[number][alive[number] % time <= time - length]
            runs.append(_run(hashes, alive[number], length))
        known = np.unique(runs[0])
        found = known[np.isin(known, runs[1])] if len(known) else known
        alive = [places[_among(run, found)] for places, run in zip(alive, runs, strict=True)]
        if not len(alive[0]):
            break
        longest[alive[0] // samples.shape[1]] = length
    return longest


def _among(run, found):
    """Which of the hashes are among sorted ones."""
    if not len(found):
        return np.zeros(len(run), bool)
    places = np.minimum(np.searchsorted(found, run), len(found) - 1)
    return found[places] == run


def _hashes(sounding, any_key):
    """Of each step, a hash of its chord, and the rolled hash of all steps' chords and moves before its end.

    In any key a chord is counted from its highest voice that sounds, and a move is how far that has gone.
    """
    sounding = sounding.astype(np.int64)
    heard = sounding >= 0
    moves = np.zeros(sounding.shape[:2], np.int64)
    if any_key:
        first = np.take_along_axis(sounding, heard.argmax(axis=2)[..., None], axis=2)[..., 0]
        steps = np.arange(sounding.shape[1])
        last = np.maximum.accumulate(np.where(heard.any(axis=2), steps, 0), axis=1)
        first = np.take_along_axis(first, last, axis=1)
        moves[:, 1:] = np.diff(first, axis=1)
        sounding = np.where(heard, sounding - first[..., None], -200)
    chords = np.zeros(sounding.shape[:2], np.uint64)
    for voice in range(sounding.shape[2]):
        chords = _mixed(chords + (sounding[..., voice] + 300).astype(np.uint64))
    tokens = _mixed(chords + (moves + 1000).astype(np.uint64))
    rolled = np.zeros((tokens.shape[0], tokens.shape[1] + 1), np.uint64)
    for step in range(tokens.shape[1]):
        rolled[:, step + 1] = rolled[:, step] * BASE + tokens[:, step]
    return chords, rolled


def _run(hashes, places, length):
    """The hash of the run of a length from each place on: its first chord, then the chords and moves."""
    chords, rolled = hashes
    example, start = np.divmod(places, chords.shape[1])
    power = np.uint64(pow(int(BASE), length - 1, 2**64))
    rest = rolled[example, start + length] - rolled[example, start + 1] * power
    return _mixed(chords[example, start] * BASE + rest)


def _mixed(value):
    """A number's bits stirred (splitmix64, Steele et al. 2014), so that sums of them seldom meet."""
    value = value + BASE
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
