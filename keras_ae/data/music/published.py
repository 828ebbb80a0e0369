"""Published chorales of Johann Sebastian Bach in four voices."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download, read_manifest
from keras_ae.data.music.cache import load_pieces, save_pieces
from keras_ae.data.music.cut import STEPS_A_BEAT, WINDOW, Cut
from keras_ae.data.music.pieces import data_of, sample_data, split_by_melody
from keras_ae.data.types import Data
from keras_ae.errors import check_least
from keras_ae.formats.music import corpus
from keras_ae.formats.music.grid import Piece, onsets_of

__all__ = ["Chorales", "JsbChorales", "manifest"]

MANIFEST = Path(__file__).with_name("published.sha256")
"""Lines of a file's sha256 and its path below the cache's folder of data sets."""


@dataclass(frozen=True)
class JsbChorales(Dataset):
    """The JSB chorales (Boulanger-Lewandowski et al. 2012, arXiv:1206.6392) on a grid of sixteenths.

    382 chorales, in the given splits of 229, 76 and 77. They mark neither repeated notes nor the beginnings
    of bars: windows start every bar's length from the piece's beginning. Some chorales are in two splits: 1.3
    % of the windows that validate are in training pieces in some key.

    Attributes:
        bars: Bars of a window, or of a whole piece at most, 16 steps each.
        stride: Bars from one window to the next.
        transposed: Semitones up and down to which training windows are transposed too, as far as the ranges
            of a choir's voices allow.
        example: "window", or "piece" for whole pieces, each up to its own end.
        longer: What becomes of pieces of more bars: "leave_out", "cut" or "refuse".
    """

    category: ClassVar[str] = "music"
    carried_over: ClassVar[tuple[str, ...]] = ("bars", "stride", "transposed", "example", "longer")
    name: ClassVar[str] = "jsb"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/"
        "9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/"
    )
    file: ClassVar[str] = "Jsb16thSeparated.json"
    bars: int = 4
    stride: int = 1
    transposed: int = 3
    example: str = WINDOW
    longer: str = "leave_out"

    def __post_init__(self) -> None:
        self._cut  # noqa: B018 as it checks the fields

    @property
    def _cut(self) -> Cut:
        return Cut(self.bars, self.stride, self.transposed, True, self.example, self.longer)

    def load(self) -> Data:
        """Downloads the chorales and cuts them into windows."""
        sha256 = manifest()[f"jsb/{self.file}"]
        read = json.loads(download(self.file, self.origin, "jsb", sha256).read_text(encoding="ascii"))
        pieces = {
            part: [_piece(f"{key} {number}", steps) for number, steps in enumerate(read[key])]
            for part, key in (("train", "train"), ("validation", "valid"), ("test", "test"))
        }
        note = "repeated notes are taken as held, for the set does not tell them apart"
        return data_of(self.name, pieces, self._cut, onsets=False, notes=(note,))

    def sample(self) -> Data:
        """Generated cadences."""
        return sample_data(self.name, self._cut, onsets=False)


@dataclass(frozen=True)
class Chorales(Dataset):
    """The chorales of the music21 corpus in four voices and 4/4, with repeated notes marked.

    328 of the corpus's 433 pieces by Bach in music21 10.5.1. Windows start at bar lines. A tune's settings
    and transpositions share a split, by content, 80 / 10 / 10. Needs the extra `music` and no download; the
    first time takes a minute and more (81 and 94 s measured), and leaves the pieces in the Keras cache.

    Attributes:
        bars: Bars of a window, or of a whole piece at most, 16 steps each.
        stride: Bars from one window to the next.
        transposed: Semitones up and down to which training windows are transposed too, as far as the ranges
            of a choir's voices allow.
        pieces: How many pieces at most, in the corpus's order; fewer take less time.
        example: "window", or "piece" for whole pieces, each up to its own end.
        longer: What becomes of pieces of more bars: "leave_out", "cut" or "refuse".
    """

    category: ClassVar[str] = "music"
    carried_over: ClassVar[tuple[str, ...]] = ("bars", "stride", "transposed", "example", "longer")
    name: ClassVar[str] = "chorales"
    bars: int = 4
    stride: int = 1
    transposed: int = 3
    pieces: int = 400
    example: str = WINDOW
    longer: str = "leave_out"

    def __post_init__(self) -> None:
        check_least(self, pieces=3)
        self._cut  # noqa: B018 as it checks the fields

    @property
    def _cut(self) -> Cut:
        return Cut(self.bars, self.stride, self.transposed, True, self.example, self.longer)

    def load(self) -> Data:
        """Reads the corpus, or the cache of it, and cuts it into windows.

        Raises:
            InputError: If music21 is not installed.
        """
        cache_folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / self.name
        file = cache_folder / f"music21-{corpus.corpus_version()}-{self.pieces}.npz"
        cached = load_pieces(file)
        notes: tuple[str, ...] = ()
        if cached is None:
            cached = corpus.read_chorales(self.pieces, STEPS_A_BEAT)
            if not save_pieces(file, *cached):
                notes = (f"could not save the chorales in {file}, so they are parsed again each time",)
        parts, short = split_by_melody(cached[0], self._cut.shortest)
        notes = tuple(note for note in (cached[1], short, *notes) if note)
        return data_of(self.name, parts, self._cut, notes=notes)

    def sample(self) -> Data:
        """Generated cadences."""
        return sample_data(self.name, self._cut)


def manifest() -> dict[str, str]:
    """The files of all published music.

    Returns:
        The sha256 of each file, by its path below the cache's folder of data sets.
    """
    return read_manifest(MANIFEST)


def _piece(name: str, steps: list[list[int]]) -> Piece:
    sounding = np.array(steps, np.int16)
    return Piece(name, sounding, onsets_of(sounding))
