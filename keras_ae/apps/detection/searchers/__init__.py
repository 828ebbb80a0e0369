"""Searchers: how each kind of folder is searched for anomalies, one a file, found by listing this folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.checked import Checked
from keras_ae.files import classes_below
from keras_ae.recipe import Recipe
from keras_ae.tasks.thresholds import FittedThreshold

__all__ = ["Found", "Searcher", "searcher_for"]

Found = tuple[int, int, FittedThreshold, tuple[str, ...]]
"""How many have a score, how many of them are anomalies, the threshold, and lines for the user."""


class Searcher(metaclass=Checked):
    """Base class of what searches folders of one kind; files of rows need none.

    Attributes:
        noun: What a folder of this kind holds, in the plural.
        files: Whether one of these may be searched by itself.
    """

    noun: ClassVar[str] = ""
    files: ClassVar[bool] = False

    def takes(self, detector: Detector) -> bool:
        """Whether a detector is one of this kind.

        Args:
            detector: The detector.

        Returns:
            Whether it is.
        """
        raise NotImplementedError

    def search(
        self, detector: Detector, request: DetectionRequest, recipe: Recipe, model: Mapping[str, str]
    ) -> Found:
        """Scores what is in a folder and writes what was found.

        Args:
            detector: The detector.
            request: The folder, and that of the results, which exists.
            recipe: The recipe of the run.
            model: What is known of the model, by name.

        Returns:
            The counts, the threshold and lines for the user.

        Raises:
            InputError: If nothing in the folder can be read.
        """
        raise NotImplementedError

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """The scores of what is in a folder, as of the examples of the training.

        Args:
            detector: The detector.
            source: The folder.
            recipe: The recipe of the run.

        Returns:
            Scores (n,), flags (n,), and how many of these hold a point of time, 1 where they do not overlap.
        """
        raise NotImplementedError


def searcher_for(detector: Detector) -> Searcher | None:
    """What searches with a detector.

    Args:
        detector: The detector.

    Returns:
        The searcher; None for a detector of rows.
    """
    kinds = classes_below(sys.modules[__name__], Searcher)
    return next((kind() for kind in kinds if kind.__module__ != __name__ and kind().takes(detector)), None)
