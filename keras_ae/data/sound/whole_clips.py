"""Sounds of one length, cut at their end or filled up with silence, with their labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.sound.clips import Clips, ClipSet
from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.data.sound.recordings import Recordings
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_within
from keras_ae.formats.sounds.waveforms import Waveforms

__all__ = ["WholeClips"]


@dataclass(frozen=True)
class WholeClips(Dataset):
    """Whole sounds in place of random pieces of them, for tasks that say something of each sound.

    Attributes:
        of: The sounds.
        length: Seconds of an example: longer sounds are cut at their end, shorter ones filled up with
            silence, which the examples can be told from.
    """

    category: ClassVar[str] = "sound"
    wraps: ClassVar[str] = "of"
    of: Recordings = GeneratedSounds()
    length: float = 1.0

    def __post_init__(self) -> None:
        check_within(self, length="[0.1, 60]")

    @property
    def from_path(self) -> bool:
        return self.of.from_path

    def load(self) -> Data:
        """Reads the sounds."""
        return self._data(self.of.clips())

    def sample(self) -> Data:
        """A few generated sounds."""
        return self._data(GeneratedSounds(240).clips())

    def around(self, dataset: Dataset) -> Dataset:
        """The same of other sounds; other data as they are."""
        return replace(self, of=dataset) if isinstance(dataset, Recordings) else dataset

    def _data(self, clips: ClipSet) -> Data:
        samples = round(self.length * clips.rate)
        count = sum(map(len, clips.clips.values()))
        if count * samples * 4 > LARGEST:
            raise InputError(
                f"{count:,} sounds of {self.length:g} s take over {LARGEST / 2**30:.0f} GiB; give fewer, "
                "or a smaller length"
            )
        splits = {part: _split(each, samples, clips, part) for part, each in clips.clips.items()}
        longer = sum(len(clip) > samples for each in clips.clips.values() for clip in each)
        cut = f'{longer:,} of {count:,} sounds cut after {self.length:g} s: SET="data.of.length=..."'
        return Data(
            clips.name,
            splits["train"],
            splits["validation"],
            splits["test"],
            domain=REAL,
            label_names=clips.label_names,
            notes=(*clips.notes, *((cut,) if longer else ())),
            format=Waveforms(clips.rate),
            rule=clips.rule,
            fixed=clips.fixed,
        )


def _split(clips: Clips, samples: int, facts: ClipSet, part: str) -> Split:
    examples = np.zeros((len(clips), samples), np.float32)
    for row, clip in enumerate(clips):
        examples[row, : min(len(clip), samples)] = clip[:samples]
    return Split(examples, None if facts.labels is None else facts.labels[part])
