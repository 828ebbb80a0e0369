"""The format of chorales: MIDI files, piano rolls, sound, and validity by rules of counterpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError, check_least
from keras_ae.formats import Format, SampleFunction
from keras_ae.formats.music import midi, ngrams, roll, rules, tonality
from keras_ae.formats.music.grid import FIRST, HOLD, REST, Piece, Vocabulary, onsets_of, whole_pieces
from keras_ae.formats.music.metrics import Music, rule_violations, sample_metrics
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
        ends: Whether examples are whole pieces: one more class says that a piece has ended, in all voices of
            the step after its last, and -1 follows.
    """

    lowest: int
    highest: int
    steps_a_beat: int = 4
    beats_a_bar: int = 4
    onsets: bool = True
    ends: bool = False

    suffixes = midi.SUFFIXES
    noun = "pieces"
    length_name = "bars"
    has_sound = True

    def __post_init__(self) -> None:
        self._vocabulary  # noqa: B018 as it checks the pitches
        check_least(self, steps_a_beat=1, beats_a_bar=1)

    @property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.lowest, self.highest)

    @property
    def client_facts(self) -> dict[str, Any]:
        """The classes of a step and voice, and the steps of a beat."""
        onsets = {pitch: FIRST + pitch - self.lowest for pitch in range(self.lowest, self.highest + 1)}
        end = {"end": self._vocabulary.end} if self.ends else {}
        return {"hold": HOLD, "rest": REST, "onsets": onsets, **end, "steps_a_beat": self.steps_a_beat}

    @property
    def axis(self) -> int | None:
        """Time; None for whole pieces, which end by themselves."""
        return None if self.ends else 0

    @property
    def judges(self) -> bool:
        """Whether validity can be determined."""
        return True

    @property
    def has_ends(self) -> bool:
        return self.ends

    def ended(self, classes: Any, in_graph: bool = False) -> Any:
        """Pieces without what a decoder gives after the first step in which a voice ends.

        Args:
            classes: (n, time, voices), whole numbers of classes, a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            (n, time, voices): the end in all voices of that step, and -1 after it.
        """
        if not self.ends:
            return classes
        end = self._vocabulary.end
        if in_graph:
            from keras_ae.formats.music.graph import until_end

            return until_end(classes, end)
        classes = np.asarray(classes)
        ending = (classes == end).any(axis=-1, keepdims=True)
        before = np.cumsum(ending, axis=-2) - ending
        ended = np.where(ending & (before == 0), end, classes)
        return np.where(before > 0, -1, ended)

    def steps(self, examples: np.ndarray) -> float | None:
        if not self.ends:
            return super().steps(examples)
        return _mean_steps(examples)

    def _music(self, example: np.ndarray) -> np.ndarray:
        """The steps of an example before its end, at least one."""
        if not self.ends:
            return example
        known = np.asarray(example)
        going = ((known >= 0) & (known != self._vocabulary.end)).all(axis=-1)
        length = int(going.argmin()) if not going.all() else len(going)
        return known[:length] if length else np.full((1, known.shape[1]), REST, known.dtype)

    def _decoded(self, examples: np.ndarray) -> Music:
        """Classes (n, time, voices) as music, with rests after the ends of whole pieces."""
        lengths = np.full(len(examples), examples.shape[1])
        if self.ends:
            ended = self.ended(examples)
            known = ((ended >= 0) & (ended != self._vocabulary.end)).all(axis=-1)
            examples, lengths = np.where(known[..., None], ended, REST), known.sum(axis=1)
        return Music(*self._vocabulary.decode(examples), lengths)

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

        Pitches outside the range are moved into it by octaves. A whole piece ends, and may not be longer.
        """
        steps, voices = shape
        sounding, onsets, _ = separate_voices(midi.read(path, self.steps_a_beat), voices)
        sounding = self._vocabulary.fold(sounding)
        if self.ends:
            if len(sounding) >= steps:
                raise InputError(
                    f"{path} has {len(sounding) / self._steps_a_bar:g} bars, pieces of the training at most "
                    f"{(steps - 1) / self._steps_a_bar:g}; cut it"
                )
            piece = Piece(path.name, sounding, onsets if self.onsets else onsets_of(sounding))
            return whole_pieces([piece], self._vocabulary, steps)[0].astype(np.int64)
        missing = ((0, max(0, steps - len(sounding))), (0, 0))
        sounding = np.pad(sounding, missing, constant_values=-1)
        onsets = np.pad(onsets, missing) if self.onsets else onsets_of(sounding)
        return self._vocabulary.encode(sounding, onsets).astype(np.int64)

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a piano roll with one color per voice, as wide for a shorter piece."""
        return self._roll(self._music(example), len(example))

    def _roll(self, music: np.ndarray, steps: int) -> np.ndarray:
        """The piano roll of classes (time, voices), with room for so many steps."""
        missing = ((0, steps - len(music)), (0, 0))
        sounding, onsets = self._vocabulary.decode(music)
        parts = np.pad(sounding, missing, constant_values=-1), np.pad(onsets, missing)
        return roll.render(*parts, self.lowest, self.highest, self.steps_a_beat, self.beats_a_bar)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """Writes a MIDI file with one track per voice, and a piano roll as PNG."""
        paths = [stem.with_name(stem.name + suffix) for suffix in (".mid", ".png")]
        music = self._music(example)
        midi.write(paths[0], *self._vocabulary.decode(music), self.steps_a_beat, self.beats_a_bar)
        save(self._roll(music, len(music)), paths[1])
        return paths

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        """Synthesizes the chorale with the sound of a small organ."""
        return synthesize(*self._vocabulary.decode(self._music(example)), self.steps_a_beat)

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """The fraction of bars in which every voice sounds and violations do not exceed ALLOWED."""
        music = self._decoded(examples)
        valid = rules.silent_voices(music.sounding, self._steps_a_bar) == 0
        for name, count in rule_violations(music, self._steps_a_bar).items():
            valid &= count <= ALLOWED[name]
        bars = music.has_bar(self._steps_a_bar)
        return (valid & bars).sum(axis=1) / np.maximum(bars.sum(axis=1), 1)  # 0 for one that ends at once

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        """Major and minor from pitch classes; moving, low and high by thresholds."""
        music = self._decoded(examples)
        sounding, steps = music.sounding, np.maximum(music.lengths, 1)
        minor = tonality.find_keys(sounding)[1]
        sounds = sounding >= 0
        pitch = np.where(sounds, sounding, 0).sum(axis=(1, 2)) / np.maximum(sounds.sum(axis=(1, 2)), 1)
        notes = music.onsets.sum(axis=(1, 2)) * self._steps_a_bar / steps
        return {
            "major": ~minor,
            "minor": minor,
            "moving": notes > MOVING,
            "low": pitch < LOW,
            "high": pitch > HIGH,
        }

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Rule violations per bar, distances of pitch classes and intervals, and copied bars.

        Of whole pieces also their mean number of bars.
        """
        ours, known, real = (self._decoded(part) for part in (samples, train, test))
        bars = {"bars": float(ours.lengths.mean()) / self._steps_a_bar} if self.ends else {}
        return sample_metrics(ours, known, real, self._steps_a_bar) | bars

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """Unigram and bigram models of each voice by itself; none of whole pieces, which end at once."""
        if self.ends:
            return {}
        names = ("unigram", "bigram")
        return {name: ngrams.fit_chain(train, self._vocabulary, name).sample for name in names}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Nats per example under n-gram models of each voice by itself; windows may have any length."""
        return {
            name: float(ngrams.fit_chain(train, self._vocabulary, name).nll(test).mean())
            for name in ngrams.CONDITIONS
        }


def _mean_steps(examples: np.ndarray) -> float:
    """The mean number of steps of whole pieces (n, time, voices), with their ends."""
    return float((np.asarray(examples)[..., 0] >= 0).sum() / len(examples))
