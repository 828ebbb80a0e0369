"""Files of sequences in the form of the UCR archive (.ts), as sktime and aeon write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras_ae.data.sequences.collection import OneSequence, SequencesRead
from keras_ae.errors import InputError
from keras_ae.formats.sequences import Sequences

__all__ = ["SUFFIX", "read_ts"]

SUFFIX = ".ts"
LARGEST_FILE = 2**30
"""Bytes of a file, at most."""

PAIR = ("_TRAIN", "_TEST")
"""Endings of the names of two files of which one is to train on and the other to test on."""


def read_ts(path: Path) -> SequencesRead:
    """Reads a file; beside one to train on also the one to test on.

    Args:
        path: The file, a line for each sequence: channels with ":" between them, values with ",", and last a
            class where the header says so. A sequence ends with its line or at its missing values ("?").

    Returns:
        The sequences.

    Raises:
        InputError: If it cannot be read, or has times, which are not read.
    """
    sequences, channels = _sequences(path, False)
    notes: tuple[str, ...] = ()
    stem = path.stem
    test = path.with_name(stem.removesuffix(PAIR[0]) + PAIR[1] + path.suffix)
    if stem.endswith(PAIR[0]) and test.exists():
        more, others = _sequences(test, True)
        if others != channels:
            raise InputError(f"expected {channels} channels in {test}, as in {path}; received {others}")
        sequences, notes = sequences + more, (f"{test.name} is the test split",)
    names = tuple(f"channel_{number}" for number in range(channels)) if channels > 1 else ("value",)
    return SequencesRead(path.name, sequences, Sequences(names, 1), notes)


def _sequences(path: Path, tested: bool) -> tuple[list[OneSequence], int]:
    """The sequences of a file, and how many channels they have."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} has more than {LARGEST_FILE / 2**30:g} GiB; cut it into parts")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a file of sequences ({error}); check it") from error
    header: dict[str, str] = {}
    found: list[OneSequence] = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            header[key.lower()] = value.strip().lower()
            continue
        if "data" not in header:
            raise InputError(f"expected @data before the first sequence in {path}, line {number}; add it")
        if header.get("timestamps", "false") == "true":
            raise InputError(f"{path} gives a time for each value; write it without: @timeStamps false")
        labeled = header.get("classlabel", "").startswith("true")
        *channels, label = line.split(":") if labeled else [*line.split(":"), ""]
        found.append(OneSequence(f"{path.stem} {len(found)}", _values(path, number, channels), label, tested))
    sizes = {one.values.shape[1] for one in found}
    if len(sizes) != 1:
        received = f"some of {min(sizes)} and some of {max(sizes)} channels" if sizes else "none"
        raise InputError(
            f"expected sequences of as many channels each in {path}, received {received}; check it"
        )
    return found, sizes.pop()


def _values(path: Path, number: int, channels: list[str]) -> np.ndarray:
    """The values (steps, channels) of a line, without missing ones at its end."""
    try:
        rows = [
            [float("nan" if cell.strip() == "?" else cell) for cell in each.split(",")] for each in channels
        ]
    except ValueError as error:
        raise InputError(f"expected numbers in {path}, line {number}: {error}; correct them") from error
    longest = max(map(len, rows), default=0)
    values = np.full((longest, len(rows)), np.nan)
    for channel, row in enumerate(rows):
        values[: len(row), channel] = row
    known = np.isfinite(values)
    steps = int(known.any(axis=1).nonzero()[0].max(initial=-1)) + 1
    if not steps or not known[:steps].all():
        raise InputError(
            f"expected values up to the end of each channel in {path}, line {number}, received gaps; fill "
            "them, or leave the sequence out"
        )
    return values[:steps]


def _number(cell: str) -> float:
    return float("nan") if cell.strip() == "?" else float(cell)
