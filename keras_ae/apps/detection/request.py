"""The request for a detection: a file of rows and a folder for the results, checked beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["DetectionRequest", "check_rows"]

RESULT_FILES = ("scored.csv", "spans.csv", "plot.png")


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
    def of(cls, source: str, folder: Path | None = None, force: bool = False) -> DetectionRequest:
        """Checks a request before any work is done.

        Args:
            source: The path of the file of rows.
            folder: The folder for the results; by default `detected/<name of the file>`.
            force: Whether to replace existing results.

        Returns:
            The request.

        Raises:
            InputError: If results already exist, or the source is not a file.
        """
        file = Path(source)
        folder = folder or Path("detected", file.stem)
        existing = [folder / name for name in RESULT_FILES if (folder / name).exists()]
        if existing and not force:
            raise InputError(f"{existing[0]} exists; name another folder, OUTPUT=, or replace it, FORCE=1")
        check_rows(source)
        return cls(file, folder)


def check_rows(source: str) -> None:
    """Checks that there is a file to look for anomalies in.

    Args:
        source: The path.

    Raises:
        InputError: For anything else, of a folder with the verbs that take one.
    """
    if Path(source).is_dir():
        raise InputError(
            f"expected a file of rows, {source} is a folder; of images, train image_anomaly --data {source} "
            "tells how well anomalies and the regions of their masks are found, and predict MODEL "
            f"{source} --head detector --output scores.csv scores each"
        )
    if not Path(source).is_file():
        raise InputError(f"expected a file of rows, {source} is not a file; check the path")
