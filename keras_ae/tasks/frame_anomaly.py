"""Anomalies in clips: an anomaly score for each frame, and for a clip that of its most unusual frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ae.blocks.frame_scoring import FrameScores, coarse
from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.augmentation.random_numbers import uniform
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Heads, batched
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import Explained, Score, ScoreInputs
from keras_ae.tasks.corruption import Corruption
from keras_ae.tasks.thresholds import Conformal, Threshold

__all__ = ["FRAME_SCORES", "CoarseFrames", "FrameAnomaly", "LargestFrame"]

FRAME_SCORES = "frame_scores"
"""The output of a detector that holds the scores of an example's frames."""

FLOOR = 0.2
"""The part of the usual distance from the mean normal frame that is added to each frame's own."""

BASELINE = "previous frame"
"""The row of the frame before as the reconstruction of each frame."""


@dataclass(frozen=True)
class CoarseFrames(Corruption):
    """Takes the detail from neighboring frames of clips, so that a network takes it from the other frames.

    What is left are the means over a grid of 4 x 4 cells: where things are, but hardly what they are.

    Attributes:
        longest: How many frames at most, of all numbers from 1 equally often; at least 1.
        rate: Fraction of the clips, in [0, 1].
    """

    longest: int = 6
    rate: float = 0.75

    def __post_init__(self) -> None:
        check_least(self, longest=1)
        check_within(self, rate="[0, 1]")

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        if len(examples.shape) != 5:
            raise InputError(
                'CoarseFrames is for clips alone; for other data SET="task.corruption=Unchanged"'
            )
        chance, frames = (uniform(seeds, 3) + 1) / 2, examples.shape[1]
        count = 1 + tf.floor(chance[:, :1] * min(self.longest, frames))
        start = tf.floor(chance[:, 1:2] * (frames - count + 1))
        frame = tf.range(frames, dtype=tf.float32)
        own = (frame >= start) & (frame < start + count) & (chance[:, 2:] < self.rate)
        return tf.where(own[:, :, None, None, None], coarse(examples), examples)


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
        corruption: See `Anomaly`; by default frames lack detail now and then, which others have.
    """

    score: Score = LargestFrame()
    threshold: Threshold = Conformal()
    corruption: Corruption = CoarseFrames()

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
        if data.test.on_disk:
            data = replace(data, test=data.test.in_memory())
        clips = np.asarray(values(data.test.examples))
        reconstruction = batched(heads.end_to_end, {"inputs": clips})["reconstruction"]
        errors = np.square(clips - reconstruction).mean(axis=(2, 3, 4))
        if data.test.labels is None:
            return frame_metrics(errors, {}, data)
        detector, fitted = self.detector(heads, data)
        outputs = batched(detector, {"inputs": clips})
        rows = self._detected(outputs, fitted, heads, data, seed)
        for name, row in frame_metrics(errors, outputs, data).items():
            rows[name] = row | rows.get(name, {})
        return rows


def frame_metrics(
    errors: np.ndarray, outputs: Mapping[str, np.ndarray], data: Data
) -> dict[str, dict[str, float]]:
    """Metrics of single frames, of all but the first of a clip, which has no frame before it.

    Args:
        errors: (n, frames), the mean squared error of each frame of the reconstructed test clips.
        outputs: The detector's outputs for them; {} without a detector.
        data: The data; masks (n, frames) of its test split mark odd frames.

    Returns:
        For "model" and for the frame before: "frame_mse" of normal clips, "frame_mse_unseen" of those of them
        that have a value of a factor that no clip to train or to calibrate on has, and "frame_auroc", where
        odd ones are known; and for "model" also "false_alarms_unseen", the fraction of such normal clips
        that is flagged.
    """
    from keras_ae.tasks.anomaly_metrics import ranking_metrics  # scikit-learn, which only evaluation takes

    clips, odd = data.test.numbers, data.test.masks
    of_frames = {
        "model": errors[:, 1:],
        BASELINE: np.square(clips[:, 1:] - clips[:, :-1]).mean(axis=(2, 3, 4)),
    }
    scores = of_frames | ({"model": outputs[FRAME_SCORES][:, 1:]} if FRAME_SCORES in outputs else {})
    normal = np.ones(len(clips), bool) if data.test.labels is None else data.test.labels == 0
    unseen, rows = normal & _unseen(data), {}
    for name, own in of_frames.items():
        rows[name] = {"frame_mse": float(own[normal].mean())} if normal.any() else {}
        if unseen.any() and not unseen[normal].all():
            rows[name]["frame_mse_unseen"] = float(own[unseen].mean())
        if odd is not None and (odd[:, 1:] >= 0).all() and len(np.unique(odd[:, 1:])) == 2:
            rows[name]["frame_auroc"] = ranking_metrics(scores[name].ravel(), odd[:, 1:].ravel() > 0)["auroc"]
    if unseen.any() and "is_anomaly" in outputs:
        rows["model"]["false_alarms_unseen"] = float(np.mean(outputs["is_anomaly"][unseen]))
    return rows


def _unseen(data: Data) -> np.ndarray:
    """Which test examples have a value of a factor that none to train or to calibrate on has."""
    factors = data.factors or {}
    if not factors:
        return np.zeros(len(data.test), bool)
    learned = [factors[part] for part in ("train", "calibration") if part in factors]
    known = [np.unique(column) for column in np.concatenate(learned).T]
    tested = zip(factors["test"].T, known, strict=True)
    return np.any([~np.isin(column, values) for column, values in tested], axis=0)
