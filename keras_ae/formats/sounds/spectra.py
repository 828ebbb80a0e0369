"""The format of log-mel spectra of sounds of one length, rendered as images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError, check_least
from keras_ae.formats import Format
from keras_ae.formats.inputs import HeadInputs
from keras_ae.formats.sounds import files

__all__ = ["LogMels"]

SCALE = 3
"""Pixels of a band and of a frame."""


@dataclass(frozen=True)
class LogMels(Format):
    """Log-mel spectra (frames, bands), of the waveforms that the detector takes.

    Attributes:
        rate: Samples per second of the waveforms.
        samples: Samples of a waveform; files are cut at their end or filled up with silence.
        frame: Samples of a frame.
        hop: Samples from one frame to the next.
    """

    suffixes = files.SUFFIXES
    noun = "sounds"
    rate: int = 8000
    samples: int = 8000
    frame: int = 256
    hop: int = 128

    def __post_init__(self) -> None:
        check_least(self, rate=1, samples=1, frame=4, hop=1)

    @property
    def client_facts(self) -> dict[str, Any]:
        """The rate and the length of the waveforms that the detector takes."""
        return {"rate": self.rate, "full_scale": 1.0, "samples": self.samples}

    def takes(self, head: HeadInputs) -> bool:
        return head.names == ["waveform"]

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        raise InputError(f"{path} is a sound; this head takes log-mel spectra, and --head detector sounds")

    def read_input(self, path: Path, shape: tuple[Any, ...]) -> np.ndarray:
        """Reads a sound for a head that takes waveforms."""
        if shape != (self.samples,):
            return self.read(path, shape)
        waveform = files.read_sound(path, self.rate, files.LONGEST_INPUT)
        return np.pad(waveform[: self.samples], (0, max(0, self.samples - len(waveform))))

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        header = files.sound_header(path)
        cut = header.seconds * self.rate > self.samples
        notes = (*header.notes(self.rate), *((f"the first {self.samples / self.rate:g} s",) if cut else ()))
        return f"{path}: {', '.join(notes)}" if notes else ""

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders spectra, time to the right and frequency upwards.

        Args:
            example: (frames, bands).

        Returns:
            (3 * bands, 3 * frames, 3), uint8.
        """
        from matplotlib import colormaps

        shown = np.clip((example.T[::-1] + 2.5) / 5, 0, 1)
        colors = (255 * colormaps["magma"](shown)[..., :3]).astype(np.uint8)
        return colors.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
