"""Inputs of a head from files that a format reads, such as sounds, and outputs in such files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.formats import Format, formats, from_json

__all__ = ["files_of_formats", "format_of_card", "read_examples"]


def files_of_formats(paths: Sequence[Path]) -> list[Path]:
    """The files that some format reads as inputs of heads.

    Args:
        paths: Files and folders, which exist.

    Returns:
        The files, those below folders among them; none if some of them are others.
    """
    suffixes = {suffix for kind in formats().values() for suffix in kind.input_suffixes}
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            return []  # which is told where inputs of other kinds are looked for
        names = [path / name for name in files_below(path).names] if path.is_dir() else [path]
        chosen = [name for name in names if name.suffix.lower() in suffixes]
        if len(chosen) <= len(names) / 2:
            return []
        found += chosen
    return list(dict.fromkeys(found))


def format_of_card(data: Mapping[str, Any], files: Sequence[Path]) -> Format:
    """The format that files are read in for a head.

    Args:
        data: What the head's card says of its data; empty on a server.
        files: The files.

    Returns:
        The format of the data that the head was trained on.

    Raises:
        InputError: If it reads no such files, or is not known.
    """
    if not data:
        raise InputError(
            f"a server takes arrays, and {files[0]} is read by the exported head here; leave out --url"
        )
    format = from_json(json.dumps(data["format"])) if data.get("format") else None
    if format is None or not set(format.input_suffixes) & {file.suffix.lower() for file in files}:
        suffixes = "" if format is None else f" ({' '.join(format.input_suffixes)})"
        raise InputError(
            f"expected files of the kind that this model was trained on{suffixes}, received {files[0]}; give "
            "those"
        )
    return format


def read_examples(
    format: Format, files: Sequence[Path], specs: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, np.ndarray], list[int], dict[str, str]]:
    """Reads files as inputs of a signature.

    Args:
        format: The format.
        files: The files.
        specs: The signature's inputs, {"shape", "dtype"} by name.

    Returns:
        The inputs by name, the indices of the files that they are of, and the reason for each that is left
        out.

    Raises:
        InputError: If the signature takes no examples, or not examples of different sizes.
    """
    [name, *others] = [one for one in specs if one != "lengths"]
    if others or specs[name]["dtype"] != "float32":
        raise InputError(f"this head takes {', '.join(specs)}, received files such as {files[0]}")
    shape = tuple(specs[name]["shape"][1:])
    examples: list[np.ndarray] = []
    failures: dict[str, str] = {}
    rows: list[int] = []
    for row, file in enumerate(files):
        try:
            examples.append(format.read_input(file, shape))
            rows.append(row)
        except InputError as error:
            failures[str(file)] = str(error)
    sizes = {len(example) for example in examples}
    if len(sizes) > 1 and "lengths" not in specs:
        raise InputError(
            f"this head takes examples of one length at a time, received {min(sizes):,} to {max(sizes):,}; "
            "give one file, or take a head that takes lengths too, such as --head restorer"
        )
    inputs = np.zeros((len(examples), max(sizes, default=0), *shape[1:]), np.float32)
    for row, example in enumerate(examples):
        inputs[row, : len(example)] = example
    lengths = np.array([len(example) for example in examples], np.int32)
    return {name: inputs} | ({"lengths": lengths} if "lengths" in specs else {}), rows, failures
