"""The search of folders of sounds for those that are unlike the normal ones."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.formats.inputs import HeadInputs, read_inputs
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.heads import batched
from keras_ae.recipe import Recipe

__all__ = ["SoundSearcher"]

AT_ONCE = 64
"""Sounds that are read and scored at a time."""

SHOWN = 10
"""Flagged sounds that are told, at most."""


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
        rows, faults = _scored(detector, request.source)
        table = request.folder / "scored.csv"
        with written_whole(table) as (partial,), partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sound", "score", "p_value", "is_anomaly"])
            writer.writerows([name, f"{score:.6g}", f"{p:.6g}", int(flag)] for name, score, p, flag in rows)
        flagged = [row for row in rows if row[3]]
        lines = [
            f"{len(flagged)} of {len(rows)} sounds are anomalies: scores above {detector.fitted.value:.4g}"
        ]
        lines += [f"{name}  score {score:.4g}, p {p:.3g}" for name, score, p, _ in flagged[:SHOWN]]
        lines += [f"left out {name}: {reason}" for name, reason in faults.items()]
        return len(rows), len(flagged), detector.fitted, (*lines, f"all scores: {table}")

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        rows, _ = _scored(detector, source)
        return np.array([row[1] for row in rows]), np.array([bool(row[3]) for row in rows]), 1.0


Row = tuple[str, float, float, bool]
"""A sound's name, its score, its p-value, and whether it is an anomaly."""


def _scored(detector: Detector, source: Path) -> tuple[list[Row], dict[str, str]]:
    """The sounds, the highest score first, and the reason for each that is left out."""
    format = detector.format
    faults: dict[str, str] = {}
    assert isinstance(format, LogMels)  # of which `takes` has made sure
    files = format.find([source]).examples
    head = HeadInputs({"waveform": {"shape": [None, format.samples], "dtype": "float32"}})
    rows: list[Row] = []
    for start in range(0, len(files), AT_ONCE):
        read = read_inputs(format, files[start : start + AT_ONCE], head)
        faults |= {_below(file, source): reason for file, reason in read.failures.items()}
        if read.rows:
            found = batched(detector.model, read.inputs)
            names = [_below(files[start + row], source) for row in read.rows]
            values = (found[part].tolist() for part in ("score", "p_value", "is_anomaly"))
            rows += zip(names, *values, strict=True)
    if not rows:
        name, reason = next(iter(faults.items()))
        raise InputError(f"none of {len(faults)} sounds in {source} can be scored: {name} ({reason})")
    return sorted(rows, key=lambda row: -row[1]), faults


def _below(file: str | Path, source: Path) -> str:
    """The name of a file below what is searched, or of that file itself."""
    return source.name if source.is_file() else os.path.relpath(file, source)
