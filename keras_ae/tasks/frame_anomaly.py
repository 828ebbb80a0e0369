"""Anomalies in clips: an anomaly score for each frame, and for a clip that of its most unusual frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
from keras import ops

from keras_ae.blocks.frame_scoring import FrameScores
from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Heads, batched
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import Explained, Score, ScoreInputs
from keras_ae.tasks.thresholds import Conformal, Threshold

__all__ = ["FRAME_SCORES", "FrameAnomaly", "LargestFrame", "frame_errors"]

FRAME_SCORES = "frame_scores"
"""The output of a detector that holds the scores of an example's frames."""

FLOOR = 0.2
"""The part of the usual distance from the mean normal frame that is added to each frame's own."""

BASELINE = "previous frame"
"""The row of the frame before as the reconstruction of each frame."""


@dataclass(frozen=True)
class LargestFrame(Score):
    """The largest error of a frame, as a fraction of how far it is from the mean normal frame.

    So a frame of which there is much to see may have a larger error than one that is nearly empty.
    """

    logarithm: ClassVar[bool] = False

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        return self.explained(inputs).score

    def explained(self, inputs: ScoreInputs) -> Explained:
        """The score, and those of the frames as a further output of the detector."""
        contributions = inputs.outputs["contributions"]
        if len(contributions.shape) != 5:
            raise InputError(
                'LargestFrame acts on clips alone; for other data set SET="task.score=Reconstruction"'
            )
        mean = inputs.training.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        usual = float(np.square(inputs.held_back - mean).mean(dtype=np.float64))
        layer = FrameScores(max(FLOOR * usual, 1e-12), name=FRAME_SCORES).fitted(mean)
        frames = layer(contributions, inputs.inputs)
        return Explained(ops.max(frames, axis=1), further={FRAME_SCORES: frames})


@dataclass(frozen=True)
class FrameAnomaly(Anomaly):
    """Learns from normal clips and flags clips, and the frames in them, that differ.

    Attributes:
        score: The anomaly score of a clip; `LargestFrame` also gives one for each frame.
        threshold: How the threshold is fitted, to the scores of windows.
    """

    score: Score = LargestFrame()
    threshold: Threshold = Conformal()

    @property
    def compared(self) -> tuple[str, ...]:
        """How well frames are ranked, where it is known which are odd; else the error of a frame."""
        return ("frame_auroc", "frame_mse")

    def prepare(self, data: Data) -> Data:
        if len(data.test.shape) != 4:
            shape = " x ".join(map(str, data.test.shape))
            raise InputError(
                f"expected clips (frames, height, width, channels), received examples of {shape}; for images "
                "use image_anomaly, for series series_anomaly"
            )
        return super().prepare(data)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Metrics of the detector and of simpler ones, and those of frames beside the frame before."""
        rows = super().further_metrics(heads, data, seed, sample_codes)
        detector, _ = self.detector(heads, data)
        outputs = batched(detector, {"inputs": np.asarray(values(data.test.examples))})
        for name, row in frame_metrics(outputs, data).items():
            rows[name] = row | rows.get(name, {})
        return rows


def frame_errors(contributions: np.ndarray) -> np.ndarray:
    """The mean squared error of each frame.

    Args:
        contributions: (n, frames, height, width, channels), what each value adds to its clip's mean error.

    Returns:
        (n, frames).
    """
    return contributions.shape[1] * contributions.sum(axis=(2, 3, 4))


def frame_metrics(outputs: dict[str, np.ndarray], data: Data) -> dict[str, dict[str, float]]:
    """Metrics of single frames, of all but the first of a clip, which has no frame before it.

    Args:
        outputs: The detector's outputs for the test clips.
        data: The data; masks (n, frames) of its test split mark odd frames.

    Returns:
        For "model" and for the frame before: "frame_mse" of normal clips, "frame_mse_unseen" of those of them
        that have a value of a factor that no training clip has, and "frame_auroc", where odd ones are known.
    """
    from keras_ae.tasks.anomaly_metrics import ranking_metrics  # scikit-learn, which only evaluation takes

    clips, odd = data.test.numbers, data.test.masks
    errors = {
        "model": frame_errors(outputs["contributions"])[:, 1:],
        BASELINE: np.square(clips[:, 1:] - clips[:, :-1]).mean(axis=(2, 3, 4)),
    }
    scores = errors | ({"model": outputs[FRAME_SCORES][:, 1:]} if FRAME_SCORES in outputs else {})
    normal = np.ones(len(clips), bool) if data.test.labels is None else data.test.labels == 0
    unseen, rows = normal & _unseen(data), {}
    for name, own in errors.items():
        rows[name] = {"frame_mse": float(own[normal].mean())} if normal.any() else {}
        if unseen.any() and not unseen[normal].all():
            rows[name]["frame_mse_unseen"] = float(own[unseen].mean())
        if odd is not None and (odd[:, 1:] >= 0).all() and len(np.unique(odd[:, 1:])) == 2:
            rows[name]["frame_auroc"] = ranking_metrics(scores[name].ravel(), odd[:, 1:].ravel() > 0)["auroc"]
    return rows


def _unseen(data: Data) -> np.ndarray:
    """Which test examples have a value of a factor that no training example has."""
    factors = data.factors or {}
    if not factors:
        return np.zeros(len(data.test), bool)
    known = [np.unique(column) for column in factors["train"].T]
    tested = zip(factors["test"].T, known, strict=True)
    return np.any([~np.isin(column, values) for column, values in tested], axis=0)
