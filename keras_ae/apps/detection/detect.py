"""Detection with a finished run: scores and reports a file or a folder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from keras_ae.apps.detection import report
from keras_ae.apps.detection.cautions import by_chance
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.scoring import scored_file
from keras_ae.apps.detection.searchers import searcher_for
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import MODEL_FILE

__all__ = ["Detection", "check_kind", "detect"]


@dataclass(frozen=True)
class Detection:
    """What was detected in a file.

    Attributes:
        folder: The folder of the results.
        rows: Rows, points of a series, or images, that have a score.
        flagged: Those of them that are anomalies.
        threshold: The score above which a row is an anomaly.
        method: How the threshold was fitted.
        lines: The same for the user, with the flagged spans of a series.
    """

    folder: Path
    rows: int
    flagged: int
    threshold: float
    method: str
    lines: tuple[str, ...]


def detect(
    request: DetectionRequest, directory: Path, recipe: Recipe, changed: Sequence[str] = ()
) -> Detection:
    """Scores a file of rows or a folder of images or clips with a run's detector, and writes what was found.

    That is scored.csv, plot.png and report.html, with spans.csv of a series or of clips, top.csv of a table
    or of images, and a contact sheet of images or clips, of images also maps.

    Args:
        request: The file or folder, and the folder of the results, which is created if it does not exist.
        directory: The folder of a finished run.
        recipe: The recipe of the run.
        changed: The names of its settings that are other than in training.

    Returns:
        What was detected and where it was written.

    Raises:
        InputError: The run has no detector of files, or the file lacks a column that it was trained on.
    """
    detector = Detector.of(directory, recipe, changed)
    check_kind(detector, request.source, recipe)
    logging.getLogger(__name__).info("scoring %s", request.source)
    model = _known(directory, recipe)
    if (searcher := searcher_for(detector)) is not None:
        request.folder.mkdir(parents=True, exist_ok=True)
        count, flagged, threshold, told = searcher.search(detector, request, recipe, model)
        return Detection(request.folder, count, flagged, threshold.value, threshold.method, told)
    scored, each = scored_file(detector, str(request.source))
    request.folder.mkdir(parents=True, exist_ok=True)
    fitted = scored.fitted or detector.fitted
    detector = replace(detector, fitted=fitted)
    rows = np.isfinite(scored.scores)
    chance = () if each else by_chance(detector, scored.flags[rows])
    remarks = (*chance, *scored.remarks, *_remarks_on_learned(detector, scored))
    lines = tuple(report.write(detector, scored, each, request.source, request.folder, model, remarks))
    return Detection(
        request.folder, int(rows.sum()), int(scored.flags[rows].sum()), fitted.value, fitted.method, lines
    )


def check_kind(detector: Detector, source: Path, recipe: Recipe) -> None:
    """Checks that a detector is one of what it is to search.

    Args:
        detector: The detector.
        source: A file of rows, or a folder.
        recipe: The recipe of its run.

    Raises:
        InputError: It is not.
    """
    searcher = searcher_for(detector)
    if source.is_dir() and searcher is None:
        raise InputError(
            f"{recipe.name} looks for anomalies in files of rows, {source} is a folder; for images use "
            f"image_anomaly, for clips video_anomaly: keras-ae detect image_anomaly {source}"
        )
    if not source.is_dir() and searcher is not None and not searcher.files:
        raise InputError(
            f"{recipe.name} looks for anomalies in a folder of {searcher.noun}, {source} is a file; for rows "
            f"use table_anomaly or series_anomaly: keras-ae detect table_anomaly {source}"
        )


def _known(directory: Path, recipe: Recipe) -> dict[str, str]:
    """What is known of a run's model, by name."""
    written = datetime.fromtimestamp((directory / MODEL_FILE).stat().st_mtime, UTC)
    return {"model": f"{recipe.name}, {directory}", "trained": f"{written:%Y-%m-%d %H:%M} UTC"}


def _remarks_on_learned(detector, scored):
    """What to know of the anomaly scores of rows that were learned from; nothing where there are none."""
    count = 0 if scored.learned is None else int(scored.learned.sum())
    if not count:
        return ()
    own = "learned_scores" in detector.stored
    effect = (
        "each has the score of a model that did not learn it"
        if own
        else "their scores may be lower than those of new rows, so that anomalies among them are missed"
    )
    return (f"{count:,} rows were learned from, as normal ones; {effect}",)
