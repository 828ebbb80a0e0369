"""Files of examples as clients have them, such as texts, for heads that take them so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.prediction.inputs import ARRAYS
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.files import files_below
from keras_ae.formats import Format, from_json
from keras_ae.serving.versions import CARD_FILE, find_version

__all__ = ["format_for", "format_of_head", "read_strings", "several_for", "trained_format"]


def format_for(request: PredictionRequest) -> Format | None:
    """The format in which a head takes the files of a request.

    Args:
        request: The request.

    Returns:
        As `format_of_head`; None where a server has the head.
    """
    if request.url is not None:
        return None
    return format_of_head(_folder_of(request), request.inputs)


def several_for(request: PredictionRequest) -> Format | None:
    """The format of the files of a request, where each may hold several examples.

    Args:
        request: The request.

    Returns:
        The format of the head's training data; None for all other files, and where a server has the head.
    """
    if request.url is not None:
        return None
    format = trained_format(_folder_of(request))
    arrays = any(path.suffix.lower() in ARRAYS or not path.exists() for path in request.inputs)
    return format if format is not None and format.holds_several and not arrays else None


def _folder_of(request: PredictionRequest) -> Path:
    return find_version(request.models, request.model, request.head, request.version, request.label)


def format_of_head(folder: Path, inputs: Sequence[Path]) -> Format | None:
    """The format in which an exported head takes some files as strings; TensorFlow is not imported for it.

    Args:
        folder: The head's version.
        inputs: Files and folders.

    Returns:
        The format of the head's training data, where the files have its suffixes and its examples a form of
        their own; None for all other files.
    """
    format = trained_format(folder)
    return format if format is not None and format.served_name and _files(inputs, format) else None


def trained_format(folder: Path) -> Format | None:
    """The format of the data that an exported head was trained on, as its card has it.

    Args:
        folder: The head's version.

    Returns:
        The format; None where the card has none.
    """
    try:
        data = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError):
        return None  # told where the card is needed
    return from_json(json.dumps(data["format"])) if data.get("format") else None


def read_strings(paths: Sequence[Path], format: Format) -> tuple[np.ndarray, list[str]]:
    """Reads the examples in files.

    Args:
        paths: Files of the format, and folders of them.
        format: The format.

    Returns:
        The examples as a head takes them, (n,), and their names.

    Raises:
        InputError: If a file cannot be read, or an example is longer than the head takes.
    """
    examples: list[str] = []
    for path in _files(paths, format):
        own = format.read_all(path)
        format.check_all(own, path)
        examples += own
    return np.array([example.encode() for example in examples], object), examples


def _files(paths: Sequence[Path], format: Format) -> list[Path]:
    """The files of the format among paths and in folders; none if other files are given."""
    files: list[Path] = []
    for path in paths:
        below: list[Any] = [path / name for name in files_below(path).names] if path.is_dir() else [path]
        fitting = [file for file in below if file.suffix.lower() in format.suffixes and file.is_file()]
        if not fitting:
            return []
        files += fitting
    return files
