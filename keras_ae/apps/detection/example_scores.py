"""The scores of examples that have one each, such as sounds: their file, and what is told of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import Found, Searcher
from keras_ae.files import written_whole
from keras_ae.formats import Format
from keras_ae.recipe import Recipe

__all__ = ["ExampleScore", "ExampleSearcher", "write_scores"]

SHOWN = 10
"""Flagged examples that are told, at most."""


class ExampleScore(NamedTuple):
    """The score of an example.

    Attributes:
        name: Of the example.
        score: The anomaly score.
        p_value: Its p-value.
        flagged: Whether it is an anomaly.
    """

    name: str
    score: float
    p_value: float
    flagged: bool


def write_scores(
    scores: Sequence[ExampleScore], noun: str, folder: Path, threshold: float, notes: Sequence[str] = ()
) -> tuple[int, tuple[str, ...]]:
    """Writes the scores of examples, the highest first, into `scored.csv`.

    Args:
        scores: One or more.
        noun: What an example is, in the singular.
        folder: The folder of the results, which exists.
        threshold: Above which a score is an anomaly.
        notes: Lines on examples that are left out.

    Returns:
        How many are anomalies, and lines for the user.
    """
    ordered, table = sorted(scores, key=lambda each: -each.score), folder / "scored.csv"
    with written_whole(table) as (partial,), partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([noun, "score", "p_value", "is_anomaly"])
        writer.writerows(
            [each.name, f"{each.score:.6g}", f"{each.p_value:.6g}", int(each.flagged)] for each in ordered
        )
    flagged = [each for each in ordered if each.flagged]
    lines = [f"{len(flagged)} of {len(ordered)} {noun}s are anomalies: scores above {threshold:.4g}"]
    lines += [f"{each.name}  score {each.score:.4g}, p {each.p_value:.3g}" for each in flagged[:SHOWN]]
    return len(flagged), (*lines, *notes, f"all scores: {table}")


class ExampleSearcher(Searcher):
    """Base class of what searches files whose examples have one score each.

    Attributes:
        formats: The formats of the examples.
        example: What an example is, in the singular.
    """

    files: ClassVar[bool] = True
    formats: ClassVar[tuple[type[Format], ...]] = ()
    example: ClassVar[str] = ""

    def scored(self, detector: Detector, source: Path) -> tuple[list[ExampleScore], Sequence[str]]:
        """Scores the examples of a file or folder.

        Args:
            detector: The detector.
            source: The file or folder.

        Returns:
            The scores, one or more, and notes on what is left out.

        Raises:
            InputError: If nothing there can be scored.
        """
        raise NotImplementedError

    def takes(self, detector: Detector) -> bool:
        return isinstance(detector.format, self.formats)

    def search(
        self, detector: Detector, request: DetectionRequest, recipe: Recipe, model: Mapping[str, str]
    ) -> Found:
        scores, notes = self.scored(detector, request.source)
        value = detector.fitted.value
        flagged, lines = write_scores(scores, self.example, request.folder, value, notes)
        return len(scores), flagged, detector.fitted, lines

    def scores(
        self, detector: Detector, source: Path, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray, float]:
        scores, _ = self.scored(detector, source)
        flags = np.array([each.flagged for each in scores])
        return np.array([each.score for each in scores]), flags, 1.0
