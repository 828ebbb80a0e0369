"""The request for a detection: a file of rows and a folder for the results, checked beforehand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.catalog import names_beside
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.names import nearby

__all__ = ["DetectionRequest", "check_acting", "source_file"]

READING = ("time", "label", "left_out", "separator", "header", "decimal", "dayfirst")
ACTING = ("task.threshold", "task.score", "task.points.alarms", *(f"data.{field}" for field in READING))
"""Settings that act on a trained model: its threshold, its anomaly score, and how a file is read."""

RESULT_FILES = ("scored.csv", "top.csv", "spans.csv", "plot.png", "report.html")


@dataclass(frozen=True)
class DetectionRequest:
    """A file of rows to search for anomalies, and the folder for the results.

    Attributes:
        source: A file of rows: a series with a time, or a table.
        folder: The folder that the results are written to.
    """

    source: Path
    folder: Path

    @classmethod
    def of(cls, source: str, model: str, folder: Path | None = None, force: bool = False) -> DetectionRequest:
        """Checks a request before any work is done.

        Args:
            source: The path of the file of rows.
            model: The name of the model that detects, or of the recipe that is trained.
            folder: The folder for the results; by default `detected/<model>/<name of the file>`.
            force: Whether to replace existing results.

        Returns:
            The request.

        Raises:
            InputError: The source is not a file, or the results already exist or cannot be written.
        """
        file = source_file(source)
        folder = folder or Path("detected", model, file.stem)
        existing = [folder / name for name in RESULT_FILES if (folder / name).exists()]
        if existing and not force:
            raise InputError(f"{existing[0]} already exists; name another --output, or add --force")
        check_folder(folder, "--output")
        return cls(file, folder)


def source_file(source: str) -> Path:
    """The file of rows that a path names.

    Args:
        source: The path.

    Returns:
        The file.

    Raises:
        InputError: For anything else, of a folder with the verbs that take one.
    """
    if os.path.isdir(source):
        raise InputError(
            f"expected a file of rows, {source} is a folder; of images, train image_anomaly --data {source} "
            "tells how well anomalies and the regions of their masks are found, and predict MODEL "
            f"{source} --head detector --output scores.csv scores each"
        )
    if not os.path.isfile(source):
        near = nearby(source, names_beside(source))
        raise InputError(f"expected a file of rows, {source} is not a file{near}; check the path")
    return Path(source)


def check_acting(settings: Sequence[str], advice: str = "leave out --trained to train with it, or ") -> None:
    """Checks that settings can act on a model that is trained.

    Args:
        settings: Such as "task.threshold=Conformal(alpha=0.01)".
        advice: What else to do than to set another field, for the message.

    Raises:
        InputError: For a setting that only training takes.
    """
    for setting in settings:
        name = setting.partition("=")[0]
        if not any(name == acting or name.startswith(f"{acting}.") for acting in ACTING):
            raise InputError(
                f"{name} does not act on a trained model; {advice}set one of {', '.join(ACTING)}"
            )
