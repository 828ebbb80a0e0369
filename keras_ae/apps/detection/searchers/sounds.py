"""The search of folders of sounds for those that are unlike the normal ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.example_scores import ExampleScore, write_scores
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.errors import InputError
from keras_ae.formats.inputs import HeadInputs, read_inputs
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.heads import batched
from keras_ae.recipe import Recipe

__all__ = ["SoundSearcher"]

AT_ONCE = 64
"""Sounds that are read and scored at a time."""


@dataclass(frozen=True)
class SoundSearcher(Searcher):
    """Searches sounds, each with one score."""

    noun: ClassVar[str] = "sounds"
    files: ClassVar[bool] = True

    def takes(self, detector: Detector) -> bool:
        return isinstance(detector.format, LogMels)

    def search(
        self, detector: Detector, request: DetectionRequest, recipe: Recipe, model: Mapping[str, str]
    ) -> Found:
        scores, faults = _scored(detector, request.source)
        notes = [f"left out {name}: {reason}" for name, reason in faults.items()]
        value = detector.fitted.value
        flagged, lines = write_scores(scores, "sound", request.folder, value, notes)
        return len(scores), flagged, detector.fitted, lines

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        scores, _ = _scored(detector, source)
        flags = np.array([each.flagged for each in scores])
        return np.array([each.score for each in scores]), flags, 1.0


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
