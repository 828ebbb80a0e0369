"""The search of folders of clips for spans of odd frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.clip_report import write_clips
from keras_ae.apps.detection.clip_scoring import ScoredClip, scored_clips
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.errors import InputError
from keras_ae.formats.clips import Clips
from keras_ae.recipe import Recipe

__all__ = ["ClipSearcher"]


@dataclass(frozen=True)
class ClipSearcher(Searcher):
    """Searches clips, each frame with a score of its own."""

    noun: ClassVar[str] = "clips"
    files: ClassVar[bool] = True

    def takes(self, detector: Detector) -> bool:
        return isinstance(detector.format, Clips)

    def search(
        self, detector: Detector, request: DetectionRequest, recipe: Recipe, model: Mapping[str, str]
    ) -> Found:
        found, faults = _scored(detector, request.source)
        lines = tuple(write_clips(detector, found, faults, request, model))
        scores = np.concatenate([clip.scores for clip in found])
        flagged = int((scores > detector.fitted.value).sum())
        return len(scores), flagged, detector.fitted, lines

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        found, _ = _scored(detector, source)
        scores = np.concatenate([clip.window_scores for clip in found])
        return scores, scores > detector.fitted.value, 2.0


def _scored(detector: Detector, source: Path) -> tuple[list[ScoredClip], dict[str, str]]:
    """The clips of a folder with their scores, and why others have none, by name."""
    assert isinstance(detector.format, Clips)  # of which `takes` has made sure
    files = detector.format.files_in([source])
    each = list(scored_clips(detector, detector.format, files, source))
    found = [one for one in each if isinstance(one, ScoredClip)]
    faults = dict(one for one in each if isinstance(one, tuple))
    if not found:
        name, reason = next(iter(faults.items()))
        raise InputError(f"none of {len(faults)} clips in {source} can be scored: {name} ({reason})")
    return found, faults
