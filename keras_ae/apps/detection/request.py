"""What a caller asks of detection: a file of rows and a folder for the results, checked before any work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["DetectionRequest"]

RESULT_FILES = ("scored.csv", "spans.csv", "plot.png")


@dataclass(frozen=True)
class DetectionRequest:
    """A file of rows in which to look for anomalies, and where the results go.

    Attributes:
        source: A file of rows: a series with a time, or a table.
        folder: The folder that the results are written to.
    """

    source: Path
    folder: Path

    @classmethod
    def of(cls, source: str, folder: Path | None = None, force: bool = False) -> DetectionRequest:
        """Checks a request before any work is done for it.

        Args:
            source: The path of the file of rows.
            folder: Where the results go; otherwise `detected/<name of the file>`.
            force: Whether existing results are replaced.

        Returns:
            The request.

        Raises:
            InputError: Results are there already, or the source is no file.
        """
        file = Path(source)
        folder = folder or Path("detected", file.stem)
        existing = [folder / name for name in RESULT_FILES if (folder / name).exists()]
        if existing and not force:
            raise InputError(f"{existing[0]} exists; name another folder, OUTPUT=, or replace it, FORCE=1")
        if not file.is_file():
            raise InputError(f"expected a file of rows, {source} is not a file; check the path")
        return cls(file, folder)
