"""Generated sounds: tones, chirps, plucked strings and syllables, data that need no download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.sound.clips import Clips, ClipSet
from keras_ae.data.sound.recordings import Recordings
from keras_ae.errors import check_least

__all__ = ["GeneratedSounds", "generate_sounds"]

RATE = 8000
"""Samples per second."""

VOWELS = np.array(
    [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)], float
)
"""The first three formants of a, i, u, e and o in Hz (Peterson and Barney 1952)."""

BANDWIDTHS = (60.0, 90.0, 150.0)
"""Of the formants, in Hz."""


@dataclass(frozen=True)
class GeneratedSounds(Recordings, Dataset):
    """Sounds of 0.4 to 1.4 s at 8 kHz: harmonic tones, chirps, plucked strings and syllables.

    They are generated, not recorded: a model of them is a demonstration. Each holds one to three events of
    one kind, with attack and decay and pauses between them.

    Attributes:
        count: Number of sounds, at least 12.
        seconds: Of a piece to train on.
        seed: Random seed.
    """

    name: ClassVar[str] = "made_sounds"
    count: int = 480
    seconds: float = 0.512
    seed: int = 0

    def __post_init__(self) -> None:
        check_least(self, count=12, seed=0)
        self._check_seconds()

    def clips(self) -> ClipSet:
        waveforms, labels = generate_sounds(self.count, self.seed)
        where = np.arange(self.count) // len(KINDS) % 10  # every kind in every split
        splits = {"train": where < 8, "validation": where == 8, "test": where == 9}
        if self.count < 10 * len(KINDS):
            third = np.arange(self.count) // len(KINDS) % 3
            splits = {part: third == number for number, part in enumerate(splits)}
        chosen = {part: np.flatnonzero(mask) for part, mask in splits.items()}
        note = f"{self.count} generated sounds, no recordings: metrics on them are a demonstration"
        return ClipSet(
            self.name,
            RATE,
            {part: Clips([waveforms[index] for index in rows]) for part, rows in chosen.items()},
            {part: labels[rows] for part, rows in chosen.items()},
            tuple(KINDS),
            (note,),
        )


def generate_sounds(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Generates sounds.

    Args:
        count: Number of sounds, of each kind in turn.
        seed: Random seed.

    Returns:
        The sounds (samples,), float32, and the number of each one's kind.
    """
    labels = np.arange(count) % len(KINDS)
    events = list(KINDS.values())
    return [
        _sound(events[label], np.random.default_rng((seed, number))) for number, label in enumerate(labels)
    ], labels


def _sound(event, random):
    """One to three events of a kind, with pauses, at a random level."""
    parts = []
    for _ in range(int(random.integers(1, 4))):
        length = int(random.uniform(0.2, 0.45) * RATE)
        wave = event(length, random)
        parts += [wave / np.abs(wave).max() * random.uniform(0.5, 1), np.zeros(random.integers(200, 600))]
    whole = np.concatenate([np.zeros(random.integers(0, 400)), *parts])
    return (whole * random.uniform(0.1, 0.8)).astype(np.float32)


def _envelope(length, attack, decay):
    """(length,), a rise of so many seconds and a fall of such a time constant, down to 0 at the end."""
    time = np.arange(length) / RATE
    end = np.minimum(1, (length - np.arange(length)) / (0.02 * RATE))
    return np.minimum(1, time / attack) * np.exp(-time / decay) * end


def _tone(length, random):
    """A note of harmonics, with vibrato."""
    time = np.arange(length) / RATE
    pitch = random.uniform(110, 660) * (1 + 0.006 * np.sin(2 * np.pi * random.uniform(4, 7) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    strengths = random.uniform(0.3, 1, 8) / np.arange(1, 9) ** random.uniform(0.6, 1.6)
    audible = np.arange(1, 9) * pitch.max() < RATE / 2
    wave = (strengths * audible) @ np.sin(np.arange(1, 9)[:, None] * phase)
    return wave * _envelope(length, 0.03, random.uniform(0.2, 1))


def _chirp(length, random):
    """A tone that glides upwards or downwards, as of a bird."""
    low, high = random.uniform(300, 1200), random.uniform(1400, 3400)
    ends = (low, high) if random.integers(2) else (high, low)
    pitch = np.geomspace(*ends, length)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return np.sin(phase) * _envelope(length, 0.02, random.uniform(0.15, 0.6))


def _pluck(length, random):
    """A plucked string (Karplus and Strong 1983): noise in a loop that damps its high frequencies."""
    period = int(RATE / random.uniform(90, 500))
    loss = random.uniform(0.985, 0.998)
    burst = np.zeros(length)
    burst[:period] = random.uniform(-1, 1, period)
    burst[:period] -= burst[:period].mean()
    feedback = np.zeros(period + 2)
    feedback[0], feedback[period], feedback[period + 1] = 1, -loss / 2, -loss / 2
    return _filtered([1.0], feedback, burst) * _envelope(length, 0.002, 2)


def _syllable(length, random):
    """A vowel between others, of pulses through formants, and a hiss before it now and then."""
    time = np.arange(length) / RATE
    pitch = random.uniform(85, 240) * np.linspace(1, random.uniform(0.8, 1.15), length)
    pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0)
    source = _filtered([1.0], [1, -0.95], pulses) + 0.01 * random.standard_normal(length)
    first, second = VOWELS[random.choice(len(VOWELS), 2)] * random.uniform(0.9, 1.2)
    glide = np.clip(4 * (time / time[-1] - 0.4), 0, 1)
    wave = (1 - glide) * _formants(source, first) + glide * _formants(source, second)
    wave = wave / np.abs(wave).max() * _envelope(length, 0.03, random.uniform(0.2, 0.6))
    if random.random() < 0.5:
        hiss = _filtered([1, -0.9], [1.0], random.standard_normal(length // 4))
        hiss *= 0.2 * np.hanning(len(hiss)) / np.abs(hiss).max()
        wave = np.concatenate([hiss, wave])
    return wave


def _formants(source, frequencies):
    """A source through one resonator after the other."""
    for frequency, bandwidth in zip(frequencies, BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        source = _filtered([1.0], [1, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius**2], source)
    return source


KINDS = {"tone": _tone, "chirp": _chirp, "pluck": _pluck, "syllable": _syllable}
"""(length, random numbers) -> an event (samples,), by the name of its kind."""


def _filtered(numerator, denominator, values):
    """A recursive filter's outputs."""
    from scipy.signal import lfilter  # half a second, which a look at other data would wait for

    return lfilter(numerator, denominator, values)
