"""Examples to calibrate a threshold on, held back from those to train and validate on; without TensorFlow."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.tasks.cross_fitting import FOLDS, cross_fitted
from keras_ae.tasks.thresholds import Threshold

__all__ = ["with_calibration"]

FEW = 100
"""With fewer normal rows to calibrate on, all normal rows do, by models that did not learn them."""


def with_calibration(data: Data, threshold: Threshold) -> Data:
    """Keeps only normal examples to train and validate on, and sets a calibration split aside.

    Unless the data has a calibration split, it consists of every other normal example of the validation split
    and of the validation split's anomalies. Windows of clips are set aside by whole clips, so that none of a
    clip calibrates what was learned from another window of it. Of few rows of a table all normal ones to
    train and validate on calibrate, each by a model that did not learn it. If there are too few others for
    the threshold, some training examples are added, at most half of them. Anomalies of a table that calibrate
    nothing are tested.

    Args:
        data: The data as loaded.
        threshold: What is fitted on the calibration split.

    Returns:
        The data with a calibration split.

    Raises:
        InputError: If there are too few normal examples to train, validate or calibrate on; the message says
            which settings would do.
    """
    train, validation = (_normal(split) for split in (data.train, data.validation))
    if data.calibration is not None:
        _check(data.calibration, threshold, len(_normal(data.calibration)), data)
        return dataclasses.replace(data, train=train, validation=validation)
    if not len(train) or len(validation) < 2:
        enough = f", about {2 * max(10, threshold.min_examples):,} in all" if data.raw is not None else ""
        raise InputError(
            f"expected normal examples to train on, and 2 or more to validate and calibrate on; received "
            f"{len(train)} and {len(validation)}; add more{enough}"
        )
    movable = data.raw is not None and not data.fixed
    if movable and len(validation) < 2 * FEW:
        return _of_few(data, train, validation, threshold)
    own = _every_other(validation)
    normal, notes = validation.take(own), data.notes
    lacking, spare = threshold.min_examples - len(normal), _spare(train)
    suffices = spare >= lacking
    if lacking > 0 and suffices.any():
        moved = _ranks(train) <= suffices.argmax()
        normal, train = _bare(normal).joined(_bare(train.take(moved))), train.take(~moved)
        notes = (
            *notes,
            f"few normal examples: {moved.sum()} training examples are used to calibrate the threshold",
        )
    calibration = _with_anomalies(normal, _calibrating(data, threshold))
    _check(calibration, threshold, len(normal) + (0 if suffices.any() else int(spare.max(initial=0))), data)
    validation = validation.take(~own)
    prepared = dataclasses.replace(data, train=train, validation=validation, calibration=calibration)
    return _with_all_tested(dataclasses.replace(prepared, notes=notes), data, threshold)


def _every_other(split: Split) -> np.ndarray:
    """Whether examples are every other one, (n,); those of several groups by whole groups."""
    ranks = _ranks(split)
    return (ranks if ranks.any() else np.arange(len(split))) % 2 == 1


def _spare(train: Split) -> np.ndarray:
    """How many examples the first groups have, 1, 2 and so on of them, but at most half of all."""
    counts = np.cumsum(np.bincount(_ranks(train)))
    return counts[counts <= len(train) // 2]


def _ranks(split: Split) -> np.ndarray:
    """The number of each example's group, in the order of their first examples, (n,); or its own."""
    if split.groups is None:
        return np.arange(len(split))
    _, first, row = np.unique(split.groups, return_index=True, return_inverse=True)
    return first.argsort().argsort()[row]


def _bare(split: Split) -> Split:
    return dataclasses.replace(split, labels=None, masks=None)


def _of_few(data, train, validation, threshold):
    """The data with a calibration split of all normal examples to train and validate on."""
    normal = train.joined(validation)
    anomalies = _anomalies(_calibrating(data, threshold))
    calibration = cross_fitted(normal, anomalies)
    _check(calibration, threshold, len(normal), data)
    note = (
        f"few normal rows: all {len(normal):,} to train and validate on calibrate, each scored by one of "
        f"{FOLDS} further models, which did not learn it"
    )
    prepared = dataclasses.replace(data, train=train, validation=validation, calibration=calibration)
    return _with_all_tested(dataclasses.replace(prepared, notes=(*data.notes, note)), data, threshold)


def _calibrating(data, threshold):
    """The validation examples whose anomalies calibrate: of a table none, unless the threshold takes them."""
    tested = _tests_all(data) and not threshold.takes_anomalies
    return _normal(data.validation) if tested else data.validation


def _tests_all(data):
    """Whether anomalies may be moved to the test split: of a table that is split by its content."""
    return data.raw is not None and bool(data.rule) and not data.fixed


def _with_all_tested(prepared, data, threshold):
    """Prepared data with all anomalies in the test split that are neither learned from nor calibrate."""
    parts = [data.train] if threshold.takes_anomalies else [data.train, data.validation]
    moved = [anomalies for part in parts if len(anomalies := _anomalies(part))]
    if not moved or not _tests_all(data):
        return prepared
    test = functools.reduce(Split.joined, moved, data.test)
    note = (
        f"{sum(map(len, moved)):,} anomalies among the rows to train and validate on are tested too: none is "
        "learned from"
    )
    return dataclasses.replace(prepared, test=test, notes=(*prepared.notes, note))


def _check(split: Split, threshold: Threshold, normal: int, data: Data) -> None:
    """Fits a threshold to dummy scores of a split, so that too few examples are refused before training.

    Args:
        split: The calibration split.
        threshold: The threshold.
        normal: How many normal examples there are at most to calibrate on.
        data: The data that the split is of.
    """
    fewest = threshold.min_examples
    if normal < fewest:
        more = () if data.more_calibration is None else data.more_calibration(fewest)
        remedies = [*more, *threshold.remedies(normal)]
        raise InputError(
            f"{threshold.purpose} takes at least {fewest:,} normal examples to calibrate on, received "
            f"{normal:,}; use {' or '.join(remedies) or 'more examples'}"
        )
    scores = -np.log1p(-(np.arange(len(split)) + 0.5) / len(split)) if len(split) else np.zeros(0)
    threshold.fit(scores, split.labels)


def _normal(split: Split) -> Split:
    return split if split.labels is None else split.take(np.flatnonzero(split.labels == 0))


def _anomalies(split: Split) -> Split:
    labels = split.labels
    return split.take(np.zeros(0, int) if labels is None else np.flatnonzero(labels > 0))


def _with_anomalies(normal: Split, validation: Split) -> Split:
    """Normal examples followed by the anomalies of the validation split."""
    anomalies = _anomalies(validation)
    labels = anomalies.labels if len(anomalies) else np.zeros(0, np.int64)
    both = _bare(normal).joined(_bare(anomalies))
    return dataclasses.replace(both, labels=np.concatenate([np.zeros(len(normal), np.int64), labels]))
