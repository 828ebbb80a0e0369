"""The format of sounds: waveforms of one rate, rendered as spectrograms, played, and written as WAV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError, check_least
from keras_ae.formats import Format
from keras_ae.formats.sounds import files

__all__ = ["Waveforms", "spectrogram"]

HEIGHT, WIDTH = 96, 160
"""Sides of a rendered spectrogram in pixels."""

RANGE = 70.0
"""Decibels below the loudest that are black in a spectrogram."""


@dataclass(frozen=True)
class Waveforms(Format):
    """Sounds (samples,), full scale at -1 and 1.

    Attributes:
        rate: Samples per second.
        frame: Samples of a frame of a spectrogram.
        hop: Samples from one frame to the next.
    """

    suffixes = files.SUFFIXES
    noun = "sounds"
    has_sound = True
    plays_examples = True
    rate: int = 8000
    frame: int = 256
    hop: int = 64

    def __post_init__(self) -> None:
        check_least(self, rate=1, frame=4, hop=1)

    @property
    def client_facts(self) -> dict[str, Any]:
        """The rate of waveforms."""
        return {"rate": self.rate, "full_scale": 1.0}

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads a sound at the format's rate, cut at its end or filled up with silence.

        Args:
            path: The file.
            shape: (samples,).

        Returns:
            (samples,), float32.

        Raises:
            InputError: If the file is not a sound that can be read.
        """
        try:
            waveform = files.read_sound(path, self.rate, max(60.0, 10 * shape[0] / self.rate))
        except InputError as error:
            raise InputError(f"{path} cannot be read as a sound: {error}") from error
        whole = np.zeros(shape, np.float32)
        whole[: len(waveform)] = waveform[: shape[0]]
        return whole

    def read_input(self, path: Path, shape: tuple[Any, ...]) -> np.ndarray:
        """Reads a sound for a head of sounds of any length, or of one; cut or filled up to that one."""
        waveform = files.read_sound(path, self.rate, files.LONGEST_INPUT)
        if shape[0] is None:
            return waveform
        return np.pad(waveform[: shape[0]], (0, max(0, shape[0] - len(waveform))))

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        notes = files.sound_header(path).notes(self.rate)
        return f"{path}: {', '.join(notes)}" if notes else ""

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a sound as its spectrogram, time to the right and frequency upwards.

        Args:
            example: (samples,).

        Returns:
            (96, 160, 3), uint8.
        """
        from matplotlib import colormaps
        from PIL import Image

        levels = spectrogram(example, self.frame, self.hop)
        shown = np.clip(1 + levels / RANGE, 0, 1)[::-1]
        colors = (255 * colormaps["magma"](shown)[..., :3]).astype(np.uint8)
        return np.asarray(Image.fromarray(colors).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".wav")
        files.write_sound(path, example, self.rate)
        return [path]

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        return example.astype(np.float32), self.rate


def spectrogram(waveform: np.ndarray, frame: int, hop: int) -> np.ndarray:
    """The level of each frequency at each time.

    Args:
        waveform: (samples,), of at least one sample.
        frame: Samples of a frame, which Hann's window weighs.
        hop: Samples from one frame to the next.

    Returns:
        (frame // 2 + 1, frames), decibels, 0 for a sine at full scale.
    """
    padded = np.pad(waveform, (frame // 2, frame))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    magnitudes = np.abs(np.fft.rfft(frames * window, axis=-1)).T / (window.sum() / 2)
    return 20 * np.log10(np.maximum(magnitudes, 1e-6))
