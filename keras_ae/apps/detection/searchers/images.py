"""The search of folders of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.cautions import of_unlabeled
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.image_folder import FolderOfImages
from keras_ae.apps.detection.image_scoring import scored_images
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.formats.images import images_of
from keras_ae.imaging.frames import Frame
from keras_ae.recipe import Recipe

__all__ = ["ImageSearcher"]


@dataclass(frozen=True)
class ImageSearcher(Searcher):
    """Searches images, each with a map of what its score comes from."""

    noun: ClassVar[str] = "images"

    def takes(self, detector: Detector) -> bool:
        return detector.images is not None

    def search(
        self, detector: Detector, request: DetectionRequest, recipe: Recipe, model: Mapping[str, str]
    ) -> Found:
        # scikit-learn, which only metrics take
        from keras_ae.apps.detection.image_report import write_images

        images = _folder(detector, request.source, recipe)
        scored = scored_images(detector, images)
        detector = replace(detector, fitted=scored.fitted)
        frames = [Frame(str(request.source / frame.name)) for frame in images.frames]
        finite = np.isfinite(scored.scores)
        format = images_of(detector.data)
        remarks = [*of_unlabeled(detector, images, scored)]
        remarks += format.remarks_on(frames, detector.data.get("shape") or ())
        lines = tuple(write_images(detector, images, scored, request.folder, model, remarks))
        return int(finite.sum()), int(scored.flags[finite].sum()), scored.fitted, lines

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        found = scored_images(detector, _folder(detector, source, recipe))
        finite = np.isfinite(found.scores)
        return found.scores[finite], found.flags[finite], 1.0


def _folder(detector: Detector, source: Path, recipe: Recipe) -> FolderOfImages:
    assert detector.images is not None  # of which `takes` has made sure
    return FolderOfImages.of(source, detector.images.pages, recipe.data, detector.images.fit)
