"""Detection with a finished run: scores and reports the rows of a file, and measures drift of the scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from keras_ae.apps.detection import report
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.scoring import Detector, drift, scored_file
from keras_ae.recipe import Recipe

__all__ = ["detect", "monitor"]


def detect(request: DetectionRequest, directory: Path, recipe: Recipe) -> Iterator[str]:
    """Scores the rows of a file with a run's detector and writes scored.csv, plot.png and spans.csv.

    spans.csv is written only for a series.

    Args:
        request: The file and the folder of the results, which is created if it does not exist.
        directory: The folder of a finished run.
        recipe: The recipe of the run.

    Yields:
        Lines about what was detected and where it was written.

    Raises:
        InputError: The run has no detector of files, or the file lacks a column that it was trained on.
    """
    detector = Detector.of(directory, recipe)
    scored, series = scored_file(detector, str(request.source))
    request.folder.mkdir(parents=True, exist_ok=True)
    yield from report.write(detector, scored, series, request.source, request.folder)


def monitor(source: str, directory: Path, recipe: Recipe) -> Iterator[str]:
    """Compares the scores of a file's rows with those of the normal examples that calibrated the detector.

    Args:
        source: The path of a file of rows, such as those that the run was trained on.
        directory: The folder of a finished run.
        recipe: The recipe of the run.

    Yields:
        Lines with the statistics of the change and what to do.

    Raises:
        InputError: The run has no detector of files, or the file lacks a column that it was trained on.
    """
    detector = Detector.of(directory, recipe)
    scored, _ = scored_file(detector, source)
    change = drift(detector.reference, scored.example_scores)
    yield f"population stability index {change.psi:.3f}  (below .1: no change, from .25: much change)"
    yield f"Kolmogorov-Smirnov         {change.ks:.3f}"
    yield f"flagged                    {scored.flags.mean():.1%} of {len(scored.flags):,}"
    yield change.verdict
