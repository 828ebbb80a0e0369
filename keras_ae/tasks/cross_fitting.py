"""Cross-fitting: each of few normal examples is scored by a model that did not learn it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.splits import digests
from keras_ae.data.types import Data

__all__ = [
    "FOLDS",
    "CrossFitted",
    "content_hashes",
    "cross_fitted",
    "fold_data",
    "known_scores",
    "learned_rows",
]

FOLDS = 5
"""Models that are trained to calibrate few examples, each without one part of them."""

VALIDATED = 8
"""One in so many of the other examples is held back from such a model, as the validation split is."""


@dataclass(frozen=True, eq=False)
class CrossFitted(Split):
    """Examples to calibrate a threshold on, the normal ones of which are also learned from.

    Attributes:
        folds: (n,), the part that a normal example is in; -1 for anomalies, which are never learned from.
        scores: (n,), anomaly scores by models that did not learn the example's part; None before they are
            trained.
    """

    folds: np.ndarray | None = None
    scores: np.ndarray | None = None

    @property
    def numbers_of_folds(self) -> list[int]:
        """The numbers of the parts."""
        return [] if self.folds is None else np.unique(self.folds[self.folds >= 0]).tolist()


def cross_fitted(normal: Split, anomalies: Split) -> CrossFitted:
    """Parts normal examples by their content, so that equal ones are in one part.

    Args:
        normal: Normal examples.
        anomalies: Anomalies that a threshold is chosen by as well.

    Returns:
        Examples to calibrate on.
    """
    different, own = np.unique(np.array(digests(normal.examples)), return_inverse=True)
    folds = own % min(FOLDS, max(2, len(different)))
    labels = [np.zeros(len(normal), np.int64)]
    labels += [anomalies.labels] if anomalies.labels is not None else []
    return CrossFitted(
        np.concatenate([normal.examples, anomalies.examples]),
        np.concatenate(labels),
        folds=np.concatenate([folds, np.full(len(anomalies), -1)]),
    )


def fold_data(data: Data) -> Iterator[tuple[np.ndarray, Data]]:
    """The data of the models that calibrate each a part of the examples.

    Args:
        data: Data with a calibration split that is cross-fitted.

    Yields:
        The rows of a part, (n,), bool; and data to train on without it, with the part to calibrate on.
    """
    calibration = data.calibration
    assert isinstance(calibration, CrossFitted)
    assert calibration.folds is not None
    for fold in calibration.numbers_of_folds:
        own = calibration.folds == fold
        others = np.flatnonzero((calibration.folds >= 0) & ~own)
        held_back = np.zeros(len(others), bool)
        held_back[::VALIDATED] = True
        splits = {"train": others[~held_back], "validation": others[held_back], "calibration": own}
        taken = {name: _plain(calibration, rows) for name, rows in splits.items()}
        yield own, replace(data, **taken)


def content_hashes(examples: np.ndarray) -> np.ndarray:
    """Hashes by which rows that were learned from are recognized.

    Args:
        examples: (n, features), as a network takes them; the last digits, which depend on the batch that they
            were computed in, do not count.

    Returns:
        (n,), uint64.
    """
    rounded = np.asarray(examples, np.float32).astype(np.float16) + np.float16(0)  # no -0
    return np.array([int.from_bytes(value, "little") for value in digests(rounded)], np.uint64)


def learned_rows(examples: np.ndarray, stored: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The rows that a detector has learned from.

    Args:
        examples: (n, features), as a network takes them.
        stored: What is stored with the detector: hashes "learned", and "learned_scores" where models that did
            not learn them gave some.

    Returns:
        (n,), bool, whether a row was learned from; and (n,), its score by such a model, else NaN.
    """
    scores, learned = np.full(len(examples), np.nan, np.float32), stored.get("learned")
    if learned is None or not len(learned):
        return np.zeros(len(examples), bool), scores
    hashes = content_hashes(examples)
    at = np.minimum(np.searchsorted(learned, hashes), len(learned) - 1)
    known = learned[at] == hashes
    if "learned_scores" in stored:
        scores[known] = stored["learned_scores"][at[known]]
    return known, scores


def known_scores(calibration: CrossFitted, stored: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The stored scores of calibration examples by models that did not learn them.

    Args:
        calibration: The examples.
        stored: As for `learned_rows`.

    Returns:
        (n,), NaN for anomalies; None if not all normal examples have one, as those of other data.
    """
    assert calibration.folds is not None
    _, scores = learned_rows(calibration.examples, stored)
    normal = calibration.folds >= 0
    return None if np.isnan(scores[normal]).any() else np.where(normal, scores, np.float32(np.nan))


def _plain(split, rows):
    """Some examples of a split as a split without parts."""
    labels, weights = (None if each is None else each[rows] for each in (split.labels, split.weights))
    return Split(split.examples[rows], labels, weights=weights)
