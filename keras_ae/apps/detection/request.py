"""The request for a detection: what to search and a folder for the results, checked beforehand."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.catalog import names_beside
from keras_ae.declared import declared_value
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.names import nearby

__all__ = ["DetectionRequest", "check_acting", "check_category", "source_file", "source_of"]

OF_ROWS = ("series", "table")
"""The categories of data that are files of rows."""

READING = ("time", "label", "left_out", "separator", "header", "decimal", "dayfirst")
ACTING = ("task.threshold", "task.score", "task.points.alarms", *(f"data.{field}" for field in READING))
"""Settings that act on a trained model: its threshold, its anomaly score, and how a file is read."""

RESULTS = ("scored.csv", "top.csv", "spans.csv", "plot.png", "report.html", "contact_sheet.png", "maps")


@dataclass(frozen=True)
class DetectionRequest:
    """A file of rows or a folder of images to search for anomalies, and the folder for the results.

    Attributes:
        source: A file of rows, a series with a time or a table, or a folder of images.
        folder: The folder that the results are written to.
    """

    source: Path
    folder: Path

    @classmethod
    def of(cls, source: str, model: str, folder: Path | None = None, force: bool = False) -> DetectionRequest:
        """Checks a request before any work is done.

        Args:
            source: The path of the file of rows, or of the folder of images.
            model: The name of the model that detects, or of the recipe that is trained.
            folder: The folder for the results; by default `detected/<model>/<name of the source>`.
            force: Whether to replace existing results.

        Returns:
            The request.

        Raises:
            InputError: There is no such source, or the results already exist or cannot be written.
        """
        file = source_of(source)
        folder = folder or Path("detected", model, file.resolve().name if file.is_dir() else file.stem)
        existing = [folder / name for name in RESULTS if (folder / name).exists()]
        if existing and not force:
            raise InputError(f"{existing[0]} already exists; name another --output, or add --force")
        check_folder(folder, "--output")
        return cls(file, folder)


def source_of(source: str) -> Path:
    """The file of rows, or the folder of images, that a path names.

    Args:
        source: The path.

    Returns:
        The file or folder.

    Raises:
        InputError: For anything else.
    """
    if not os.path.isfile(source) and not os.path.isdir(source):
        near = nearby(source, names_beside(source))
        raise InputError(
            f"expected a file of rows or a folder of images, {source} is not a file or folder{near}; check "
            "the path"
        )
    return Path(source)


def source_file(source: str) -> Path:
    """The file of rows that a path names.

    Args:
        source: The path.

    Returns:
        The file.

    Raises:
        InputError: For anything else.
    """
    path = source_of(source)
    if path.is_dir():
        raise InputError(
            f"expected a file of rows, {source} is a folder; for images: "
            f"keras-ae detect image_anomaly {shlex.quote(source)}"
        )
    return path


def check_category(recipe: str, source: Path) -> None:
    """Refuses a folder for a recipe of rows, and a file for one of images, before it is trained.

    Args:
        recipe: The name of a recipe, or its file.
        source: What to learn from, or to search; what is no path is not looked at.

    Raises:
        InputError: The recipe is none for it.
    """
    try:
        data = declared_value(recipe, "data")
    except LookupError:  # told where the recipe is loaded
        return
    if source.is_dir() and data.category in OF_ROWS:
        raise InputError(
            f"{recipe} looks for anomalies in files of rows, {source} is a folder; for images: "
            f"keras-ae detect image_anomaly {shlex.quote(str(source))}"
        )
    from keras_ae.data.images.one_class import OneClass  # which imports NumPy

    if source.is_file() and isinstance(data, OneClass):
        raise InputError(
            f"{recipe} looks for anomalies in folders of images, {source} is a file; for rows: "
            f"keras-ae detect table_anomaly {shlex.quote(str(source))}"
        )


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
