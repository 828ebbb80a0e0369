"""The search of folders of sounds for those that are unlike the normal ones."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.errors import InputError
from keras_ae.files import files_below, written_whole
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
    format, faults = detector.format, {}
    assert isinstance(format, LogMels)  # of which `takes` has made sure
    names = [source.name] if source.is_file() else files_below(source).names
    names = [name for name in names if name.lower().endswith(format.input_suffixes)]
    if not names:
        raise InputError(f"expected sounds ({' '.join(format.input_suffixes)}) in {source}; found none")
    rows: list[Row] = []
    for batch in _batches(names):
        waves: dict[str, np.ndarray] = {}
        for name in batch:
            try:
                file = source if source.is_file() else source / name
                waves[name] = format.read_input(file, (format.samples,))
            except InputError as error:
                faults[name] = str(error)
        if waves:
            found = batched(detector.model, {"waveform": np.stack([*waves.values()])})
            values = (found[part].tolist() for part in ("score", "p_value", "is_anomaly"))
            rows += zip(waves, *values, strict=True)
    if not rows:
        name, reason = next(iter(faults.items()))
        raise InputError(f"none of {len(faults)} sounds in {source} can be scored: {name} ({reason})")
    return sorted(rows, key=lambda row: -row[1]), faults


def _batches(names: list[str]) -> Iterator[list[str]]:
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
