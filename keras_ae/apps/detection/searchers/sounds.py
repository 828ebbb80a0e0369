"""The search of folders of sounds for those that are unlike the normal ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.example_scores import ExampleScore, ExampleSearcher
from keras_ae.errors import InputError
from keras_ae.formats.inputs import HeadInputs, read_inputs
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.heads import batched

__all__ = ["SoundSearcher"]

AT_ONCE = 64
"""Sounds that are read and scored at a time."""


@dataclass(frozen=True)
class SoundSearcher(ExampleSearcher):
    """Searches sounds, each with one score."""

    noun = "sounds"
    formats = (LogMels,)
    example = "sound"

    def scored(self, detector: Detector, source: Path) -> tuple[list[ExampleScore], Sequence[str]]:
        """The sounds in their order."""
        scores, faults = _scored(detector, source)
        return scores, [f"left out {name}: {reason}" for name, reason in faults.items()]


def _scored(detector: Detector, source: Path) -> tuple[list[ExampleScore], dict[str, str]]:
    """The scores of sounds, and the reason for each that is left out."""
    format = detector.format
    faults: dict[str, str] = {}
    assert isinstance(format, LogMels)  # of which `takes` has made sure
    files = format.find([source]).examples
    head = HeadInputs({"waveform": {"shape": [None, format.samples], "dtype": "float32"}})
    scores: list[ExampleScore] = []
    for start in range(0, len(files), AT_ONCE):
        read = read_inputs(format, files[start : start + AT_ONCE], head)
        faults |= {_below(file, source): reason for file, reason in read.failures.items()}
        if read.rows:
            found = batched(detector.model, read.inputs)
            names = [_below(files[start + row], source) for row in read.rows]
            values = (found[part].tolist() for part in ("score", "p_value", "is_anomaly"))
            scores += map(ExampleScore, names, *values)
    if not scores:
        name, reason = next(iter(faults.items()))
        raise InputError(f"none of {len(faults)} sounds in {source} can be scored: {name} ({reason})")
    return scores, faults


def _below(file: str | Path, source: Path) -> str:
    """The name of a file below what is searched, or of that file itself."""
    return source.name if source.is_file() else os.path.relpath(file, source)
