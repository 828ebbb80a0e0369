"""Detectors of rows to which a person has said which of their alarms are false."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.marked_rows import MarkedRows
from keras_ae.blocks.neighbors import squared_distances
from keras_ae.blocks.scoring import Calibrated
from keras_ae.errors import InputError
from keras_ae.table_layout import TableLayout
from keras_ae.tasks.feature_scale import feature_scale

__all__ = ["lowered", "marked_count", "with_marked_rows", "with_marks_of", "without_marks"]

MOST_MARKED, MOST_OTHERS, MOST_NORMAL = 2000, 4000, 4000
"""Rows that were marked, anomalies that were not, and normal ones for a scale, at most."""

REACH = 0.5
"""A row is like a marked one within this fraction of its distance from normal rows, if no other anomalies are
known that it could be nearer to."""

AT_ONCE = 4096
"""Rows that are compared at once."""

NAME = "marked_rows"


def with_marked_rows(
    detector: keras.Model, marked: np.ndarray, others: np.ndarray, normal: np.ndarray, layout: TableLayout
) -> keras.Model:
    """A detector that gives rows like marked ones no higher score than half of the normal ones have.

    Args:
        detector: {"inputs"} -> {"score", "p_value", "is_anomaly", ...}.
        marked: (m, features), rows that were flagged and are normal, at least one.
        others: (n, features), rows that were flagged and not marked.
        normal: (k, features), rows that were not flagged.
        layout: Of the columns.

    Returns:
        The detector; rows that were marked before stay so.

    Raises:
        InputError: There are only marked rows.
    """
    calibrated, before = detector.get_layer("calibrated"), _layer_of(detector)
    if before is not None:
        marked = np.concatenate([np.asarray(before.normal), marked])
        others = np.concatenate([np.asarray(before.anomalies), others])
    marked = np.unique(np.asarray(marked, np.float32), axis=0)  # the same rows may be marked again
    known = {row.tobytes() for row in marked}
    others = np.unique(np.asarray(others, np.float32), axis=0)
    others = others[[row.tobytes() not in known for row in others]]
    if not len(others) and not len(normal):
        raise InputError(
            "expected rows that are not marked, which tell how far what is like a marked one reaches; search "
            "a file that has normal rows, too, and mark there"
        )
    marked, others, normal = (
        _thinned(marked, MOST_MARKED),
        _thinned(others, MOST_OTHERS),
        _thinned(normal, MOST_NORMAL),
    )
    if before is not None:
        scale = np.asarray(before.scale)
    else:
        scale = feature_scale(normal, layout) if len(normal) else np.ones(marked.shape[1], np.float32)
    reach = np.full(len(marked), np.finfo(np.float32).max ** 0.5 / 2, np.float32)
    if not len(others) and len(normal):
        gaps = np.asarray(squared_distances(marked * scale, normal * scale)).min(axis=1)
        reach = REACH * np.sqrt(np.maximum(gaps, 0)).astype(np.float32)
    level = float(np.median(np.asarray(calibrated.reference)))
    layer = MarkedRows(len(marked), len(others), str(layout), name=NAME)
    layer.fitted(marked, others, scale, reach, level)
    return _rewired(detector, layer)


def with_marks_of(detector: keras.Model, other: keras.Model) -> keras.Model:
    """A detector with what is marked in another one of the same rows, such as one with another score.

    Args:
        detector: A detector.
        other: The other one.

    Returns:
        The detector; the same where nothing is marked.
    """
    own = _layer_of(other)
    if own is None:
        return detector
    level = float(np.median(np.asarray(detector.get_layer("calibrated").reference)))
    layer = MarkedRows(own.marked, own.others, str(own.layout), name=NAME)
    rows, others, scale, reach = map(np.asarray, (own.normal, own.anomalies, own.scale, own.reach))
    layer.fitted(rows, others, scale, reach, level)
    return _rewired(detector, layer)


def without_marks(detector: keras.Model) -> keras.Model:
    """A detector without its marks.

    Args:
        detector: The detector.

    Returns:
        The same without them.
    """
    return detector if _layer_of(detector) is None else _rewired(detector, None)


def lowered(detector: keras.Model, inputs: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Scores of rows that did not come from the detector, lowered as it lowers its own.

    Args:
        detector: A detector.
        inputs: (n, features).
        scores: (n,).

    Returns:
        (n,); the same scores where no rows are marked.
    """
    layer = _layer_of(detector)
    if layer is None:
        return scores
    parts = [slice(first, first + AT_ONCE) for first in range(0, len(scores), AT_ONCE)]
    return np.concatenate(
        [layer(tf.constant(inputs[part]), tf.constant(scores[part], tf.float32)) for part in parts]
    )


def marked_count(detector: keras.Model) -> int:
    """How many rows are marked.

    Args:
        detector: The detector.

    Returns:
        Their number.
    """
    layer = _layer_of(detector)
    return 0 if layer is None else layer.marked


def _layer_of(detector):
    return next((layer for layer in detector.layers if layer.name == NAME), None)


def _rewired(detector, layer):
    """The detector with another layer, or none, between the score and its p-value."""
    before, old = _layer_of(detector), detector.get_layer("calibrated")
    outputs = dict(detector.output)
    score = outputs["score"] if before is None else before.input[1]
    if layer is not None:
        score = layer(detector.input["inputs"], score)
    calibrated = Calibrated(old.count, name="calibrated")
    calibrated.fitted(np.asarray(old.reference), float(old.threshold))
    p_value, is_anomaly = calibrated(score)
    outputs |= {"score": score, "p_value": p_value, "is_anomaly": is_anomaly}
    return keras.Model(detector.input, outputs, name=detector.name)


def _thinned(rows, most):
    """Rows, or as many as there may be, spread evenly over all."""
    rows = np.asarray(rows, np.float32)
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]
