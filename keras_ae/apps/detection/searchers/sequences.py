"""The search of files of sequences for whole ones that are unlike the normal ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.example_scores import ExampleScore, write_scores
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.data.find import examples_like
from keras_ae.data.scaling import Scaler
from keras_ae.domains import SEQUENCE
from keras_ae.formats.sequences import Sequences
from keras_ae.heads import batched
from keras_ae.recipe import Recipe

__all__ = ["SequenceSearcher"]


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
        scores, notes = _scored(detector, request.source)
        value = detector.fitted.value
        flagged, lines = write_scores(scores, "sequence", request.folder, value, notes)
        return len(scores), flagged, detector.fitted, lines

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        scores, _ = _scored(detector, source)
        flags = np.array([each.flagged for each in scores])
        return np.array([each.score for each in scores]), flags, 1.0


def _scored(detector: Detector, source: Path) -> tuple[list[ExampleScore], tuple[str, ...]]:
    """The sequences in their order, and notes on those that are left out."""
    assert detector.format is not None  # of which `takes` has made sure
    found = examples_like([source], detector.format)
    inputs = Scaler(SEQUENCE, detector.offset, detector.scale).transform(found.examples, 0)
    outputs = batched(detector.model, {"inputs": inputs})
    flags = outputs["score"] > detector.fitted.value
    values = (outputs["score"].tolist(), outputs["p_value"].tolist(), flags.tolist())
    return [*map(ExampleScore, found.names, *values)], found.notes
