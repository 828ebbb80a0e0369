"""The search of files of sequences for whole ones that are unlike the normal ones."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.data.find import examples_like
from keras_ae.data.scaling import Scaler
from keras_ae.domains import SEQUENCE
from keras_ae.files import written_whole
from keras_ae.formats.sequences import Sequences
from keras_ae.heads import batched
from keras_ae.recipe import Recipe

__all__ = ["SequenceSearcher"]

SHOWN = 10
"""Flagged sequences that are told, at most."""


@dataclass(frozen=True)
class SequenceSearcher(Searcher):
    """Searches sequences, each with one score."""

    noun: ClassVar[str] = "files of sequences"
    files: ClassVar[bool] = True

    def takes(self, detector: Detector) -> bool:
        return isinstance(detector.format, Sequences)

    def search(
        self, detector: Detector, request: DetectionRequest, recipe: Recipe, model: Mapping[str, str]
    ) -> Found:
        rows, notes = _scored(detector, request.source)
        rows.sort(key=lambda row: -row[1])
        table = request.folder / "scored.csv"
        with written_whole(table) as (partial,), partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sequence", "score", "p_value", "is_anomaly"])
            writer.writerows([name, f"{score:.6g}", f"{p:.6g}", int(flag)] for name, score, p, flag in rows)
        flagged = [row for row in rows if row[3]]
        lines = [
            f"{len(flagged)} of {len(rows)} sequences are anomalies: scores above {detector.fitted.value:.4g}"
        ]
        lines += [f"{name}  score {score:.4g}, p {p:.3g}" for name, score, p, _ in flagged[:SHOWN]]
        return len(rows), len(flagged), detector.fitted, (*lines, *notes, f"all scores: {table}")

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        rows, _ = _scored(detector, source)
        return np.array([row[1] for row in rows]), np.array([row[3] for row in rows]), 1.0


Row = tuple[str, float, float, bool]
"""A sequence's name, its score, its p-value, and whether it is an anomaly."""


def _scored(detector: Detector, source: Path) -> tuple[list[Row], tuple[str, ...]]:
    """The sequences in their order, and notes on those that are left out."""
    assert detector.format is not None  # of which `takes` has made sure
    found = examples_like([source], detector.format)
    inputs = Scaler(SEQUENCE, detector.offset, detector.scale).transform(found.examples, 0)
    outputs = batched(detector.model, {"inputs": inputs})
    flags = outputs["score"] > detector.fitted.value
    rows = zip(
        found.names, outputs["score"].tolist(), outputs["p_value"].tolist(), flags.tolist(), strict=True
    )
    return list(rows), found.notes
