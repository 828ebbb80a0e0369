"""Published chorales of Johann Sebastian Bach in four voices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Data, Named
from keras_ae.data.download import download
from keras_ae.data.pieces import Cut, data_of, sampled
from keras_ae.music.grid import Piece, onsets_of

MANIFEST = Path(__file__).with_name("music.sha256")
"""Lines of a file's sha256 and its path below the cache's folder of data sets."""


@dataclass(frozen=True)
class JsbChorales(Named):
    """The JSB chorales (Boulanger-Lewandowski et al. 2012, arXiv:1206.6392) on a grid of sixteenths.

    382 chorales, in the given splits of 229, 76 and 77. They do not tell a repeated note from a held one, nor
    where bars begin: windows start every bar's length from the piece's beginning.

    bars: of a window, 16 steps each. stride: bars from one window to the next. transposed: semitones up and
    down to which windows that train are transposed as well.
    """

    alike: ClassVar[str] = "music"
    name: ClassVar[str] = "jsb"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/"
        "9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/"
    )
    file: ClassVar[str] = "Jsb16thSeparated.json"
    bars: int = 4
    stride: int = 1
    transposed: int = 3

    def __post_init__(self):
        self._cut  # noqa: B018 as it checks the fields

    @property
    def _cut(self):
        return Cut(self.bars, self.stride, self.transposed)

    def load(self) -> Data:
        sha256 = manifest()[f"jsb/{self.file}"]
        read = json.loads(download(self.file, self.origin, "jsb", sha256).read_text(encoding="ascii"))
        pieces = {
            part: [_piece(f"{given} {number}", steps) for number, steps in enumerate(read[given])]
            for part, given in (("train", "train"), ("validation", "valid"), ("test", "test"))
        }
        note = "repeated notes are taken as held, for the set does not tell them apart"
        return data_of(self.name, pieces, self._cut, onsets=False, notes=(note,))

    def sample(self) -> Data:
        """Cadences of our own harmonising."""
        return sampled(self.name, self._cut, onsets=False)


@cache
def manifest() -> dict[str, str]:
    """The sha256 of every published file of music, by its path below the cache's folder of data sets."""
    lines = MANIFEST.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def _piece(name, steps):
    sounding = np.array(steps, np.int16)
    return Piece(name, sounding, onsets_of(sounding))
