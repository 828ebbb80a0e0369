"""Chorales: music in several voices, read from and written as MIDI files and drawn as piano rolls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.errors import check_least
from keras_ae.formats import Format, SampleFunction
from keras_ae.formats.music import midi, ngrams, roll, rules, tonality
from keras_ae.formats.music.grid import Vocabulary, onsets_of
from keras_ae.formats.music.metrics import broken, sample_metrics
from keras_ae.formats.music.sound import played
from keras_ae.formats.music.voices import separated
from keras_ae.imaging.grid import save

ALLOWED = {"range_violations": 0, "crossings": 1, "parallels": 0}
"""Breaches that a bar may have and be valid: 97 % and more of the bars of the JSB chorales have no more."""

MOVING, LOW, HIGH = 16.75, 60.2, 62.8
"""Notes a bar, and mean pitches, that a quarter of the JSB chorales' windows of 4 bars is beyond."""


@dataclass(frozen=True)
class Chorales(Format):
    """Classes (time, voices) of a grid of time: held, rest, and the pitches lowest..highest struck.

    lowest, highest: MIDI numbers. steps_a_beat, beats_a_bar: of the grid.
    onsets: whether repeated notes are told from held ones; if not, what is read holds them.
    """

    lowest: int
    highest: int
    steps_a_beat: int = 4
    beats_a_bar: int = 4
    onsets: bool = True

    suffixes = midi.SUFFIXES
    axis = 0
    length_name = "bars"
    judges = True
    has_sound = True

    def __post_init__(self):
        self._vocabulary  # noqa: B018 as it checks the pitches
        check_least(self, steps_a_beat=1, beats_a_bar=1)

    @property
    def _vocabulary(self):
        return Vocabulary(self.lowest, self.highest)

    @property
    def length_step(self) -> int:
        """Steps of a bar."""
        return self._steps_a_bar

    def comparable(self, examples: np.ndarray) -> np.ndarray:
        """What sounds, (n, time, voices)."""
        return self._vocabulary.decoded(examples)[0]

    def join(self, before: np.ndarray, window: np.ndarray, cut: int) -> np.ndarray:
        """What stands before with a window's steps from a cut on; what would hold another note is struck."""
        whole = (self._vocabulary.decoded(part) for part in (before, window))
        sounding, onsets = (
            np.concatenate([first, second[cut:]]) for first, second in zip(*whole, strict=True)
        )
        return self._vocabulary.encoded(sounding, onsets).astype(before.dtype)

    @property
    def _steps_a_bar(self):
        return self.steps_a_beat * self.beats_a_bar

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """The whole of a MIDI file in so many voices; one shorter than the shape's steps ends in a rest.

        Pitches outside the range are moved into it by octaves. Raises InputError for what is no MIDI file
        or holds no notes.
        """
        steps, voices = shape
        sounding, onsets, _ = separated(midi.read(path, self.steps_a_beat), voices)
        sounding = self._vocabulary.folded(sounding)
        missing = ((0, max(0, steps - len(sounding))), (0, 0))
        sounding = np.pad(sounding, missing, constant_values=-1)
        onsets = np.pad(onsets, missing) if self.onsets else onsets_of(sounding)
        return self._vocabulary.encoded(sounding, onsets).astype(np.int64)

    def render(self, example: np.ndarray) -> np.ndarray:
        """A piano roll, a color a voice."""
        meter = self.steps_a_beat, self.beats_a_bar
        return roll.render(*self._vocabulary.decoded(example), self.lowest, self.highest, *meter)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """A MIDI file with a track a voice, and its piano roll as PNG."""
        paths = [stem.with_name(stem.name + suffix) for suffix in (".mid", ".png")]
        midi.write(paths[0], *self._vocabulary.decoded(example), self.steps_a_beat, self.beats_a_bar)
        save(self.render(example), paths[1])
        return paths

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        """Samples (n,) float32 in [-1, 1], and how many there are a second."""
        return played(*self._vocabulary.decoded(example), self.steps_a_beat)

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """The share of bars, (n,), in which every voice sounds and no rule is broken beyond ALLOWED."""
        sounding, onsets = self._vocabulary.decoded(examples)
        bad = rules.silences(sounding, self._steps_a_bar) > 0
        for name, count in broken(sounding, onsets, self._steps_a_bar).items():
            bad |= count > ALLOWED[name]
        return 1 - bad.mean(axis=1)

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        """(n,) bool: minor and major by their pitch classes, moving, low and high as few chorales are."""
        sounding, onsets = self._vocabulary.decoded(examples)
        minor = tonality.keys(sounding)[1]
        heard = sounding >= 0
        pitch = np.where(heard, sounding, 0).sum(axis=(1, 2)) / np.maximum(heard.sum(axis=(1, 2)), 1)
        notes = onsets.sum(axis=(1, 2)) * self._steps_a_bar / sounding.shape[1]
        return {
            "major": ~minor,
            "minor": minor,
            "moving": notes > MOVING,
            "low": pitch < LOW,
            "high": pitch > HIGH,
        }

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Breaches of rules a bar, distances of pitch classes and intervals, and bars copied, of samples."""
        return sample_metrics(samples, train, test, self._vocabulary, self._steps_a_bar)

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """What draws each voice by itself: any class, or one that follows the note before."""
        names = ("unigram", "bigram")
        return {name: ngrams.fitted(train, self._vocabulary, name).sample for name in names}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Nats an example, of each voice by itself; of windows of other lengths than those that train too."""
        return {
            name: float(ngrams.fitted(train, self._vocabulary, name).nll(test).mean())
            for name in ngrams.CONDITIONS
        }
