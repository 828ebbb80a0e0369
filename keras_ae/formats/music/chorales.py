"""The format of chorales: MIDI files, piano rolls, sound, and validity by rules of counterpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.errors import check_least
from keras_ae.formats import Format, SampleFunction
from keras_ae.formats.music import midi, ngrams, roll, rules, tonality
from keras_ae.formats.music.grid import Vocabulary, onsets_of
from keras_ae.formats.music.metrics import rule_violations, sample_metrics
from keras_ae.formats.music.sound import synthesize
from keras_ae.formats.music.voices import separate_voices
from keras_ae.imaging.grid import save

__all__ = ["Chorales"]

ALLOWED = {"range_violations": 0, "crossings": 1, "parallels": 0}
"""Violations that a valid bar may have: at least 97 % of the bars of the JSB chorales have no more."""

MOVING, LOW, HIGH = 16.75, 60.2, 62.8
"""Thresholds of notes per bar and of mean pitch that a quarter of the JSB chorales' 4-bar windows pass."""


@dataclass(frozen=True)
class Chorales(Format):
    """The format of chorales: classes (time, voices), which are hold, rest and onsets of lowest..highest.

    Attributes:
        lowest: MIDI number of the lowest pitch.
        highest: MIDI number of the highest pitch.
        steps_a_beat: Steps of the grid in a beat.
        beats_a_bar: Beats in a bar.
        onsets: Whether repeated notes are distinguished from held ones; if not, they are read as held.
    """

    lowest: int
    highest: int
    steps_a_beat: int = 4
    beats_a_bar: int = 4
    onsets: bool = True

    suffixes = midi.SUFFIXES
    noun = "pieces"
    axis = 0
    length_name = "bars"
    judges = True
    has_sound = True

    def __post_init__(self) -> None:
        self._vocabulary  # noqa: B018 as it checks the pitches
        check_least(self, steps_a_beat=1, beats_a_bar=1)

    @property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.lowest, self.highest)

    @property
    def length_step(self) -> int:
        """The number of steps in a bar."""
        return self._steps_a_bar

    def comparable(self, examples: np.ndarray) -> np.ndarray:
        """The sounding pitches, (n, time, voices)."""
        return self._vocabulary.decode(examples)[0]

    def join(self, before: np.ndarray, window: np.ndarray, cut: int) -> np.ndarray:
        """Joins windows by pitch: a hold that would sustain a different note becomes an onset."""
        whole = (self._vocabulary.decode(part) for part in (before, window))
        sounding, onsets = (
            np.concatenate([first, second[cut:]]) for first, second in zip(*whole, strict=True)
        )
        return self._vocabulary.encode(sounding, onsets).astype(before.dtype)

    @property
    def _steps_a_bar(self) -> int:
        return self.steps_a_beat * self.beats_a_bar

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads a whole MIDI file and pads it with rests if it is shorter than the shape.

        Pitches outside the range are moved into it by octaves.
        """
        steps, voices = shape
        sounding, onsets, _ = separate_voices(midi.read(path, self.steps_a_beat), voices)
        sounding = self._vocabulary.fold(sounding)
        missing = ((0, max(0, steps - len(sounding))), (0, 0))
        sounding = np.pad(sounding, missing, constant_values=-1)
        onsets = np.pad(onsets, missing) if self.onsets else onsets_of(sounding)
        return self._vocabulary.encode(sounding, onsets).astype(np.int64)

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a piano roll with one color per voice."""
        meter = self.steps_a_beat, self.beats_a_bar
        return roll.render(*self._vocabulary.decode(example), self.lowest, self.highest, *meter)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """Writes a MIDI file with one track per voice, and a piano roll as PNG."""
        paths = [stem.with_name(stem.name + suffix) for suffix in (".mid", ".png")]
        midi.write(paths[0], *self._vocabulary.decode(example), self.steps_a_beat, self.beats_a_bar)
        save(self.render(example), paths[1])
        return paths

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        """Synthesizes the chorale with the sound of a small organ."""
        return synthesize(*self._vocabulary.decode(example), self.steps_a_beat)

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """The fraction of bars in which every voice sounds and violations do not exceed ALLOWED."""
        sounding, onsets = self._vocabulary.decode(examples)
        invalid = rules.silent_voices(sounding, self._steps_a_bar) > 0
        for name, count in rule_violations(sounding, onsets, self._steps_a_bar).items():
            invalid |= count > ALLOWED[name]
        return 1 - invalid.mean(axis=1)

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        """Major and minor from pitch classes; moving, low and high by the thresholds above."""
        sounding, onsets = self._vocabulary.decode(examples)
        minor = tonality.find_keys(sounding)[1]
        sounds = sounding >= 0
        pitch = np.where(sounds, sounding, 0).sum(axis=(1, 2)) / np.maximum(sounds.sum(axis=(1, 2)), 1)
        notes = onsets.sum(axis=(1, 2)) * self._steps_a_bar / sounding.shape[1]
        return {
            "major": ~minor,
            "minor": minor,
            "moving": notes > MOVING,
            "low": pitch < LOW,
            "high": pitch > HIGH,
        }

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Rule violations per bar, distances of pitch classes and intervals, and copied bars."""
        return sample_metrics(samples, train, test, self._vocabulary, self._steps_a_bar)

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """Unigram and bigram models of each voice by itself."""
        names = ("unigram", "bigram")
        return {name: ngrams.fit_chain(train, self._vocabulary, name).sample for name in names}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Nats per example under n-gram models of each voice by itself; windows may have any length."""
        return {
            name: float(ngrams.fit_chain(train, self._vocabulary, name).nll(test).mean())
            for name in ngrams.CONDITIONS
        }
