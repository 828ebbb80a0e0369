"""Anomaly detection: how unlike normal examples one is, and from which anomaly score on it is an anomaly.

Labels of 0 are normal, all others are kinds of anomalies.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler
from keras_ae.blocks.scoring import Calibrated, Contributions
from keras_ae.data.types import Data, Split, values
from keras_ae.errors import InputError
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, batched
from keras_ae.tasks import Task
from keras_ae.tasks.anomaly_metrics import Metrics, detection_metrics, kind_metrics
from keras_ae.tasks.anomaly_scores import Reconstruction, Score, ScoreInputs
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.corruption import Corruption, Unchanged
from keras_ae.tasks.thresholds import Conformal, FittedThreshold, Threshold

__all__ = ["Anomaly"]

OF_WINDOWS = "windows overlap and share points, so no rate of false alarms is guaranteed"
"""The guarantee of a threshold for a series."""

MOST_CODED, MOST_VALUES = 50_000, 2**27
"""Training examples, and values in all, that scores in code space are fitted to, at most."""


@dataclass(frozen=True)
class Anomaly(Task):
    """Learns normal examples and flags those that it reconstructs, or encodes, unlike them.

    Attributes:
        score: The anomaly score.
        threshold: What is fitted to the scores of held-back examples, on which no epoch was chosen: an
            example whose score lies above it is an anomaly.
        corruption: Of the network's inputs in training, from which it reconstructs the example itself
            (Vincent et al. 2008); nothing is corrupted when examples are scored.
        trim: Fraction of each training batch, of the highest errors, that does not count, in [0, 0.5): the
            anomalies that are assumed to be among the normal examples.
    """

    score: Score = Reconstruction()
    threshold: Threshold = Conformal()
    corruption: Corruption = Unchanged()
    trim: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.trim < 0.5:
            raise ValueError(f"trim lies in [0, 0.5), received {self.trim:g}")

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, ...) -> (corrupted, examples)."""
        return self.corruption(examples, seeds, domain), examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """None that reconstructs: other detectors of anomalies are compared in `further_metrics`."""
        return {}

    def metrics(self) -> dict[str, Callable]:
        """None of reconstructions: the test split holds anomalies."""
        return {}

    def prepare(self, data: Data) -> Data:
        """The data with normal examples alone to train on and to choose an epoch by.

        Every other normal example of the validation split, and its anomalies, calibrate, unless the data
        has examples of its own to calibrate on. Where those are too few for the threshold, some of training
        join them.

        Args:
            data: The data as loaded.

        Returns:
            The data with a calibration split.

        Raises:
            InputError: If there are too few normal examples to train, validate or calibrate on.
        """
        train, validation = (_normal(split) for split in (data.train, data.validation))
        if data.calibration is not None:
            self._check_calibration(data.calibration)
            return dataclasses.replace(data, train=train, validation=validation)
        if not len(train) or len(validation) < 2:
            raise InputError(
                f"expected normal examples, of label 0, to train on and 2 or more to validate and calibrate "
                f"on; received {len(train)} and {len(validation)}; add more"
            )
        normal, notes = validation.take(slice(1, None, 2)), data.notes
        lacking = self.threshold.min_examples - len(normal)
        if 0 < lacking <= len(train) / 2:
            more, train = train.take(slice(None, lacking)), train.take(slice(lacking, None))
            examples = np.concatenate([normal.examples, more.examples])
            normal = dataclasses.replace(normal, examples=examples, labels=None)
            notes = (*notes, f"few normal examples: {lacking} of those to train on calibrate the threshold")
        calibration = _with_anomalies(normal, data.validation)
        self._check_calibration(calibration)
        return dataclasses.replace(
            data,
            train=train,
            validation=validation.take(slice(0, None, 2)),
            calibration=calibration,
            notes=notes,
        )

    def _check_calibration(self, split):
        """Fits the threshold to made-up scores, so that too few examples are refused before training."""
        scores = -np.log1p(-(np.arange(len(split)) + 0.5) / len(split)) if len(split) else np.zeros(0)
        self.threshold.fit(scores, split.labels)

    def check(self, heads: Heads, data: Data) -> None:
        """Refuses heads of which no detector can be made, before they are trained."""
        few = dataclasses.replace(data, train=data.train.thin(8), validation=data.validation.thin(8))
        try:
            self._build(heads, few)
        except InputError:
            raise
        except (KeyError, ValueError, TypeError, tf.errors.OpError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"the score {self.score} does not go with what these heads give ({reason}); take "
                'another score, SET="task.score=Reconstruction", or another variant'
            ) from error

    def detector(self, heads: Heads, data: Data) -> tuple[keras.Model, FittedThreshold]:
        """The detector that the heads make.

        Args:
            heads: Trained heads.
            data: The data as `prepare` gives it.

        Returns:
            A model {"inputs"} -> {"score", "p_value", "is_anomaly" (batch,), "contributions"}, what each
            feature, step or pixel adds to the mean error; and its threshold.

        Raises:
            InputError: If the heads lack what the score needs, or no threshold can be fitted.
        """
        inputs, outputs, score = self._build(heads, data)
        calibration = _calibration(data)
        scorer = keras.Model({"inputs": inputs}, {"score": score})
        reference = batched(scorer, {"inputs": np.asarray(values(calibration.examples))})["score"]
        labels = calibration.labels
        fitted = self.threshold.fit(reference, labels)
        if data.points is not None:
            fitted = dataclasses.replace(fitted, guarantee=OF_WINDOWS)
        normal = reference if labels is None else reference[labels == 0]
        p_value, is_anomaly = Calibrated(len(normal), name="calibrated").fitted(normal, fitted.value)(score)
        detected = {
            "score": score,
            "p_value": p_value,
            "is_anomaly": is_anomaly,
            "contributions": outputs["contributions"],
        }
        return keras.Model({"inputs": inputs}, detected, name="detector"), fitted

    def _build(self, heads, data):
        """The inputs of a detector, the outputs of the heads by name, and the anomaly score."""
        input_shape = heads.encoder.get_layer("inputs").output.shape[1:]
        inputs = keras.Input(input_shape, name="inputs")
        # not by the end-to-end model, for a layer in two nested models does not survive a Keras file
        encoded = apply(heads.encoder, {"inputs": inputs})
        decoder = heads.teacher_forced or heads.decoder  # of steps how likely each is after those before it
        outputs = {**encoded, **apply(decoder, {"inputs": inputs, "targets": inputs, **encoded})}
        groups = None if data.preprocessor is None else data.preprocessor.groups.tolist()
        outputs["contributions"] = Contributions(data.domain, groups, name="contributions")(
            inputs, outputs["reconstruction"]
        )
        most = min(MOST_CODED, max(1, MOST_VALUES // prod(data.train.shape)))
        training, held_back = (
            np.asarray(values(split.thin(most).examples)) for split in (data.train, data.validation)
        )
        tensors = ScoreInputs(heads, inputs, outputs, data.domain, training, held_back)
        return inputs, outputs, self.score.build(tensors)

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The detector; its facts are the anomaly score, the threshold and how that was fitted."""
        detector, fitted = self.detector(trained.heads, trained.data)
        facts = {
            "score": str(self.score),
            "threshold": fitted.value,
            "how": fitted.method,
            "promise": fitted.guarantee,
            "count": fitted.count,
            "trim": self.trim,
        }
        return (ServedHead("detector", detector, facts),)

    def metrics_by_kind(self, served_heads: tuple[ServedHead, ...], data: Data) -> Metrics:
        """Test metrics of each kind of anomaly, as `kind_metrics` describes them."""
        [detector] = served_heads
        outputs = batched(detector.model, {"inputs": np.asarray(values(data.test.examples))})
        return kind_metrics(outputs, detector.facts["threshold"], data)

    def further_metrics(self, heads: Heads, data: Data, seed: int, draw: CodeSampler | None) -> Metrics:
        """Metrics of the detector beside those of simpler ones, as `detection_metrics` describes them."""
        if data.test.labels is None or len(np.unique(data.test.labels > 0)) < 2:
            return {}
        detector, fitted = self.detector(heads, data)
        outputs = batched(detector, {"inputs": np.asarray(values(data.test.examples))})
        return detection_metrics(outputs, fitted.value, data, heads.latent_dim, seed)

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """Inputs, reconstructions and the absolute errors."""
        return {"input": inputs, "reconstruction": reconstruction, "error": abs(targets - reconstruction)}


def _normal(split: Split) -> Split:
    return split if split.labels is None else split.take(np.flatnonzero(split.labels == 0))


def _with_anomalies(normal: Split, validation: Split) -> Split:
    """Normal examples followed by the anomalies of the validation split."""
    labels = validation.labels
    anomalies = validation.take(np.zeros(0, int) if labels is None else np.flatnonzero(labels > 0))
    kinds = anomalies.labels if len(anomalies) else np.zeros(0, np.int64)
    examples = np.concatenate([normal.examples, anomalies.examples])
    return Split(examples, np.concatenate([np.zeros(len(normal), np.int64), kinds]))


def _calibration(data: Data) -> Split:
    if data.calibration is None:
        raise ValueError("the data has no examples to calibrate on; a task's `prepare` sets them aside")
    return data.calibration
