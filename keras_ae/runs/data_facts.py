"""What a run's folder holds of its data: scaler, hash, classes, and examples to check exports on."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from keras_ae.data.pipeline import head_inputs
from keras_ae.data.scaling import in_original_units
from keras_ae.data.splits import hashes
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.files import FORMAT, check_format, written_whole
from keras_ae.formats import to_json
from keras_ae.heads import inference_batch
from keras_ae.runs.series_facts import SeriesFacts

if TYPE_CHECKING:
    from keras_ae.runs.run import Run

__all__ = [
    "COLUMN_PREFIX",
    "DATA_FILE",
    "PREPROCESSOR_FILE",
    "check_same_data",
    "fits",
    "folder_format",
    "is_same_data",
    "save_data_facts",
]

DATA_FILE = "data.npz"
PREPROCESSOR_FILE = "preprocessor.keras"

COLUMN_PREFIX = "column_"
"""The beginning of the names of those arrays that hold a table's columns."""

EXAMPLES = 64
"""Examples to check exports on, at most."""


def fits(input_shape: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    """Whether a model takes examples of a shape.

    Args:
        input_shape: The shape of the model's input, None for an axis of any length.
        shape: The shape of an example.

    Returns:
        Whether every axis fits.
    """
    return len(input_shape) == len(shape) and all(
        expected in (None, size) for expected, size in zip(input_shape, shape, strict=True)
    )


def folder_format(directory: Path) -> int:
    """The format that a run's folder was written in.

    Args:
        directory: The run's folder.

    Returns:
        The number; 0 for a folder that states none, as those before 2027 do, or has no data's facts yet.

    Raises:
        InputError: If a newer version of keras_ae wrote the folder, or its facts cannot be read.
    """
    file = directory / DATA_FILE
    if not file.exists():
        return 0
    try:
        with np.load(file, allow_pickle=False) as facts:
            number = facts["format"].item() if "format" in facts else 0
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{file} cannot be read ({error}); train again") from error
    check_format(number, directory)
    return number


def save_data_facts(run: Run) -> None:
    """Writes into a run's folder what serving its heads takes of the data.

    Args:
        run: A run whose heads are built, trained or not.
    """
    data, task, directory = run.data, run.recipe.task, run.directory
    known = len(data.test) if data.raw is None else len(next(iter(data.raw.values())))
    few = data.test.take(slice(min(EXAMPLES, known, inference_batch(data.test.shape))))
    examples = head_inputs(few, data.classes)
    if not fits(tuple(run.heads.encoder.get_layer("inputs").output.shape[1:]), few.shape):
        seeds = tf.stack([tf.zeros(len(few), tf.int64), tf.range(len(few), dtype=tf.int64)], axis=1)
        examples["inputs"] = task.pair(examples["inputs"], seeds, data.domain)[0]
    facts: dict[str, Any] = {}
    if data.preprocessor is not None and data.raw is not None:
        with written_whole(directory / PREPROCESSOR_FILE) as (partial,):
            data.preprocessor.model.save(partial)
        facts = {
            "columns": np.array(data.preprocessor.columns),
            "groups": data.preprocessor.groups,
            "written": str(data.preprocessor.written),
        } | {
            COLUMN_PREFIX + name: _plain(data.raw[column][: len(few)])
            for name, column in data.preprocessor.signature.items()
        }
    if (series := SeriesFacts.of(data.points)) is not None:
        facts = series.arrays()
    if data.format is not None:
        facts["example_format"] = to_json(data.format)
    if data.domain.one_hot and run.recipe.variant.sampler is not None:
        facts["learned"] = np.unique(hashes(in_original_units(data.train, data.scaler)))
    if data.scaler.is_of_rows and data.format is not None and run.recipe.variant.sampler is not None:
        facts["learned"] = np.unique(data.format.keys(in_original_units(data.train, data.scaler)))
    if data.full_scale is not None:
        facts["full_scale"] = data.full_scale
    if data.classes:
        facts["learned_classes"] = data.learned_classes
        facts["learned_counts"] = np.unique(np.asarray(data.train.labels), return_counts=True)[1]
    facts |= {name: np.asarray(value) for name, value in examples.items()}
    with written_whole(directory / DATA_FILE) as (partial,):
        np.savez(
            partial,
            **facts,
            format=FORMAT,
            label_names=np.array(data.label_names, dtype=str),
            sha256=data.sha256,
            domain=data.domain,
            offset=data.scaler.offset,
            scale=data.scaler.scale,
        )


def _plain(values):
    """Words as an array that needs no pickle; numbers in the precision that they are served in."""
    return values.astype(str if values.dtype == object else np.float32)


def check_same_data(data: Data, directory: Path) -> None:
    """Refuses to resume a run with other data.

    Args:
        data: The data to go on with.
        directory: The run's folder.

    Raises:
        InputError: If the run was begun with other data.
    """
    before = _learned_sha256(directory)
    if before != data.sha256:
        raise InputError(
            f"the data has changed since {directory} was begun: it had sha256 {before}, "
            f"received {data.sha256}; bring the old data back, or start a new run without RESUME=1"
        )


def is_same_data(data: Data, directory: Path) -> bool:
    """Whether a run learned from these data.

    Args:
        data: The data, as the run's task prepares them.
        directory: The run's folder.

    Returns:
        Whether it did.
    """
    return _learned_sha256(directory) == data.sha256


def _learned_sha256(directory: Path) -> str:
    """The hash of the data that a run was begun with; "" if its folder does not say."""
    with np.load(directory / DATA_FILE, allow_pickle=False) as facts:
        return str(facts["sha256"]) if "sha256" in facts else ""
