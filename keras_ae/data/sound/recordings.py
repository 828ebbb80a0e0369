"""The base class of data sets of sounds: random pieces to train on, and whole sounds to evaluate on."""

from __future__ import annotations

from typing import Any, ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.sound.clips import ClipSet, crops_of, pieces
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import check_within
from keras_ae.formats.sounds.waveforms import Waveforms

__all__ = ["Recordings"]

SHORTEST, LONGEST = 0.03, 30.0
"""Seconds of a piece to train on, at least and at most."""


class Recordings(Dataset):
    """Base class of data sets of sounds, which implement `clips`.

    Attributes:
        seconds: Of a piece to train on.
    """

    category: ClassVar[str] = "sound"
    carried_over: ClassVar[tuple[str, ...]] = ("seconds",)
    seconds: float

    def clips(self) -> ClipSet:
        """The whole sounds in their splits.

        Returns:
            The sounds.

        Raises:
            InputError: If they cannot be read.
        """
        raise NotImplementedError

    def load(self) -> Data:
        """Reads the sounds."""
        return self._pieces_of(self.clips())

    def sample(self) -> Data:
        """A few generated sounds."""
        from keras_ae.data.sound.generated import GeneratedSounds  # which inherits from this class

        return GeneratedSounds(12, self.seconds).load()

    def _pieces_of(self, clips: ClipSet) -> Data:
        """The sounds as data."""
        size = round(self.seconds * clips.rate)
        held_back: dict[str, Any] = {
            part: Split(pieces(clips.clips[part], size)) for part in ("validation", "test")
        }
        return Data(
            clips.name,
            crops_of(clips.clips["train"], size),
            **held_back,
            domain=REAL,
            notes=clips.notes,
            whole=clips.clips["test"],
            format=Waveforms(clips.rate),
            rule=clips.rule,
            fixed=clips.fixed,
        )

    def _check_seconds(self) -> None:
        check_within(self, seconds=f"[{SHORTEST}, {LONGEST}]")
