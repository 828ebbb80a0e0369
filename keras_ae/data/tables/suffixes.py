"""The suffixes of files of rows."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["COMPRESSED", "FRAMES", "RECORDS", "SHEETS", "TEXTS", "holds_rows", "row_suffix"]

TEXTS = (".csv", ".tsv", ".txt", ".data", ".dat", ".lvm")
SHEETS, FRAMES = (".xlsx", ".xlsm"), (".parquet", ".feather")
RECORDS = (".arff", ".json", ".jsonl", ".ndjson")
"""Files of rows: texts, workbooks of Excel, typed columns, and others that are read as texts."""

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
"""What may follow the suffix of a text that is compressed."""


def row_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix that says how a file holds rows.

    Args:
        path: A path.

    Returns:
        One of `TEXTS`, also of a compressed text, `SHEETS`, `FRAMES` or `RECORDS`; "" for any other file.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix in COMPRESSED:
        inner = Path(file.stem).suffix.lower()
        return inner if inner in TEXTS else ""
    return suffix if suffix in (*TEXTS, *SHEETS, *FRAMES, *RECORDS) else ""


def holds_rows(path: str | os.PathLike[str]) -> bool:
    """Whether a path is one of a file of rows, by its suffix.

    Args:
        path: A path.

    Returns:
        Whether it is.
    """
    return bool(row_suffix(path))
