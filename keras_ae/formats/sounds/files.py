"""Files of sound: their headers, and their samples at one rate, mixed down to one channel."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.files import written_whole

__all__ = [
    "LONGEST_INPUT",
    "SUFFIXES",
    "SoundHeader",
    "blocks_of",
    "read_sound",
    "resampled",
    "sound_header",
    "write_sound",
]

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".mp3")
"""Suffixes of files that are read as sound."""

RATES = (1000, 384_000)
"""The lowest and the highest sampling rate in Hz that is believed."""

MOST_CHANNELS = 64
"""The most channels of a file."""

LONGEST_INPUT = 600.0
"""Seconds of the longest sound that is read as one input of a head."""

UNKNOWN_SIZE = 2**32 - 1
"""The size in the header of a file that was written to a pipe."""


@dataclass(frozen=True)
class SoundHeader:
    """What the beginning of a file says of its sound.

    Attributes:
        rate: Samples per second.
        channels: Number of channels.
        samples: Samples of each channel.
    """

    rate: int
    channels: int
    samples: int

    @property
    def seconds(self) -> float:
        """The length of the sound."""
        return self.samples / self.rate

    def notes(self, rate: int) -> tuple[str, ...]:
        """What reading changes.

        Args:
            rate: Samples per second to read it at.

        Returns:
            A note on each change.
        """
        mixed = (f"{self.channels} channels mixed into one",) if self.channels > 1 else ()
        return mixed + ((f"resampled from {self.rate:,} to {rate:,} Hz",) if self.rate != rate else ())


def sound_header(file: Path | io.BytesIO) -> SoundHeader:
    """Reads the header of a file, and none of its samples.

    Args:
        file: The file, or its content.

    Returns:
        The header.

    Raises:
        InputError: It is no sound, or holds none; the text is the reason alone.
    """
    import soundfile  # where sound is read alone

    try:
        if isinstance(file, Path) and not file.stat().st_size:
            raise InputError("its file is empty")
        info = soundfile.info(file if isinstance(file, io.BytesIO) else str(file))
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(_reason(error)) from error
    header = SoundHeader(info.samplerate, info.channels, info.frames)
    if isinstance(file, Path) and (missing := _missing_bytes(file)):
        raise InputError(f"it was cut off: {missing:,} bytes are missing at its end")
    if header.samples < 1:
        raise InputError("it holds 0 samples")
    if not RATES[0] <= header.rate <= RATES[1] or not 1 <= header.channels <= MOST_CHANNELS:
        raise InputError(
            f"expected {RATES[0]:,} to {RATES[1]:,} Hz and at most {MOST_CHANNELS} channels, received "
            f"{header.rate:,} Hz and {header.channels}"
        )
    return header


def read_sound(file: Path | io.BytesIO, rate: int, most_seconds: float) -> np.ndarray:
    """Reads a whole file.

    Args:
        file: The file, or its content.
        rate: Samples per second of the result.
        most_seconds: The longest sound that is decoded.

    Returns:
        (samples,), float32, full scale at -1 and 1, the mean of the channels.

    Raises:
        InputError: It is longer, is no sound, or cannot be decoded; the text is the reason alone.
    """
    header = sound_header(file)
    if header.seconds > most_seconds:
        raise InputError(
            f"it is {header.seconds:,.1f} s long, and at most {most_seconds:g} s are read; cut it"
        )
    if isinstance(file, io.BytesIO):
        file.seek(0)
    parts = list(blocks_of(file, header.samples))
    return resampled(np.concatenate(parts), header.rate, rate)


def blocks_of(file: Path | io.BytesIO, block: int) -> Iterator[np.ndarray]:
    """The samples of a file at its own rate, one block after the other.

    Args:
        file: The file, or its content.
        block: Samples of a block.

    Yields:
        (samples,), float32, the mean of the channels; the last one may be shorter.

    Raises:
        InputError: It cannot be decoded; the text is the reason alone.
    """
    import soundfile  # as above

    try:
        with soundfile.SoundFile(file if isinstance(file, io.BytesIO) else str(file)) as sound:
            expected, received = sound.frames, 0
            while len(part := sound.read(block, dtype="float32", always_2d=True)):
                received += len(part)
                if not np.isfinite(part).all():
                    raise InputError("it holds values that are NaN or infinite")
                yield part.mean(axis=1, dtype=np.float32)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(_reason(error)) from error
    if received < expected:
        raise InputError(f"it ends after {received:,} of {expected:,} samples")


def resampled(waveform: np.ndarray, rate: int, to: int) -> np.ndarray:
    """A waveform at another rate, by a polyphase filter, which cuts off what the rate cannot hold.

    Args:
        waveform: (samples,), float32.
        rate: Its samples per second.
        to: Samples per second of the result.

    Returns:
        (ceil(samples * to / rate),), float32.
    """
    if rate == to:
        return waveform
    from scipy.signal import resample_poly

    common = gcd(rate, to)
    return resample_poly(waveform, to // common, rate // common).astype(np.float32)


def write_sound(path: Path, waveform: np.ndarray, rate: int) -> None:
    """Writes a WAV file of 16 bits, whole or not at all.

    Args:
        path: The file, new or to be replaced.
        waveform: (samples,), full scale at -1 and 1; clipped to it.
        rate: Samples per second.
    """
    import soundfile  # as above

    # whole numbers, for soundfile 0.14 rounds floats down in a WAV
    levels = np.clip(np.rint(32768.0 * waveform), -32768, 32767).astype(np.int16)
    with written_whole(path) as (partial,):
        soundfile.write(partial, levels, rate, subtype="PCM_16", format="WAV")


def _missing_bytes(file: Path) -> int:
    """How much shorter a RIFF or AIFF file is than it says; libsndfile does not tell."""
    with file.open("rb") as stream:
        start = stream.read(8)
    said = int.from_bytes(start[4:], "little" if start[:4] == b"RIFF" else "big")
    streamed = said in (0, UNKNOWN_SIZE)  # by a program that could not go back to write the size
    if start[:4] not in (b"RIFF", b"FORM") or streamed:
        return 0
    return max(0, said + 8 - file.stat().st_size - 1)  # some leave out a byte of padding


def _reason(error: Any) -> str:
    """Why a file cannot be read, in few words."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read ({error.strerror})"
    text = str(getattr(error, "error_string", "") or error)
    if "not recognised" in text or "unknown format" in text.lower():
        return f"not a sound of a known kind ({' '.join(SUFFIXES)})"
    return f"it cannot be decoded ({' '.join(text.split())[:120]})"
