"""Anomaly detection: how unlike normal examples one is, and from where on that is too much.

Labels of 0 are normal, all others are kinds of anomalies. Nothing here knows what the examples are.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from math import prod

import keras
import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

from keras_ae.blocks.samplers import CodeSampler
from keras_ae.blocks.scoring import Calibrated, Contributions
from keras_ae.data.series.resample import spans
from keras_ae.data.types import Data, Split, values
from keras_ae.errors import InputError
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, batched
from keras_ae.tasks import Task
from keras_ae.tasks.anomaly_scores import Graph, Reconstruction, Score
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.corruption import Corruption, Unchanged
from keras_ae.tasks.thresholds import Conformal, FittedThreshold, Threshold
from keras_ae.tasks.window_scores import USUAL, point_metrics, scores_of, subsequence_pca

MOST_FITTED = 5000
"""Training examples that baselines are fitted to."""

OF_WINDOWS = "of windows that overlap, and of points that many share, no share of alarms is promised"
"""What holds of a threshold for a series."""

MOST_CODED, MOST_VALUES = 50_000, 2**27
"""Training examples, and values in all, that scores in code space are fitted to; the slowest baseline takes
no more values either."""


@dataclass(frozen=True)
class Anomaly(Task):
    """Learns normal examples and flags those that it reconstructs, or codes, unlike them.

    score: how unlike one is. threshold: from where on it is an anomaly, fitted on normal examples held back,
        that no epoch was chosen on.
    corruption: of what the network sees in training, which is then to give the example itself (Vincent et al.
        2008); nothing is corrupted where it scores.
    trim: share of each training batch, of the highest errors, that does not count, in [0, 0.5): what is
        assumed to be anomalies among the examples that pass for normal.
    """

    score: Score = Reconstruction()
    threshold: Threshold = Conformal()
    corruption: Corruption = Unchanged()
    trim: float = 0.0

    def __post_init__(self):
        if not 0 <= self.trim < 0.5:
            raise ValueError(f"trim lies in [0, 0.5), received {self.trim:g}")

    def pair(self, examples, seeds, domain: str):
        """examples (batch, ...) -> (corrupted, examples)."""
        return self.corruption(examples, seeds, domain), examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """None that reconstructs: what detects anomalies otherwise stands in `figures`."""
        return {}

    def metrics(self) -> dict:
        """None of a reconstruction's: the test split holds anomalies."""
        return {}

    def prepare(self, data: Data) -> Data:
        """The data with normal examples alone to train on and to choose an epoch by.

        Every other normal example of the validation split, and its anomalies, calibrate, but where the data
        tells by itself what calibrates. Where those are too few for the threshold, some of training join.
        Raises InputError where there are too few normal ones, or too few for the threshold.
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
        labels = data.validation.labels
        anomalies = data.validation.take(np.zeros(0, int) if labels is None else np.flatnonzero(labels > 0))
        held, notes = validation.take(slice(1, None, 2)), data.notes
        lacking = self.threshold.min_examples - len(held)
        if 0 < lacking <= len(train) / 2:
            more, train = train.take(slice(None, lacking)), train.take(slice(lacking, None))
            held = dataclasses.replace(
                held, examples=np.concatenate([held.examples, more.examples]), labels=None
            )
            notes = (*notes, f"few normal examples: {lacking} of those to train on calibrate the threshold")
        examples = np.concatenate([held.examples, anomalies.examples])
        kinds = anomalies.labels if len(anomalies) else np.zeros(0, np.int64)
        calibration = Split(examples, np.concatenate([np.zeros(len(held), np.int64), kinds]))
        self._check_calibration(calibration)
        held_out = validation.take(slice(0, None, 2))
        parts = {"train": train, "validation": held_out, "calibration": calibration}
        return dataclasses.replace(data, **parts, notes=notes)

    def _check_calibration(self, split):
        """Raises what the threshold would raise once all is trained, where the examples are too few."""
        scores = -np.log1p(-(np.arange(len(split)) + 0.5) / len(split)) if len(split) else np.zeros(0)
        self.threshold.fit(scores, split.labels)

    def check(self, heads: Heads, data: Data) -> None:
        """Raises InputError where no detector can be made of such heads, before they are trained."""
        few = {name: getattr(data, name).thin(8) for name in ("train", "validation")}
        try:
            self._scored(heads, dataclasses.replace(data, **few))
        except InputError:
            raise
        except (KeyError, ValueError, TypeError, tf.errors.OpError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"the score {self.score} does not go with what these heads give ({reason}); take "
                'another score, SET="task.score=Reconstruction", or another variant'
            ) from error

    def detector(self, heads: Heads, data: Data) -> tuple[keras.Model, FittedThreshold]:
        """The model {"inputs"} -> {"score", "p_value", "is_anomaly", "contributions"}, and its threshold.

        data: as `prepared` gives it. All but the last are (batch,). contributions: what each feature, step
            or pixel adds to the mean error.
        Raises InputError for a score that the heads do not admit, and where no threshold can be fitted.
        """
        inputs, outputs, score = self._scored(heads, data)
        alone = keras.Model({"inputs": inputs}, {"score": score})
        reference = batched(alone, {"inputs": np.asarray(values(data.calibration.examples))})["score"]
        labels = data.calibration.labels
        fitted = self.threshold.fit(reference, labels)
        if data.points is not None:
            fitted = dataclasses.replace(fitted, guarantee=OF_WINDOWS)
        normal = reference if labels is None else reference[labels == 0]
        p_value, is_anomaly = Calibrated(len(normal), name="calibrated").fitted(normal, fitted.value)(score)
        named = {
            "score": score,
            "p_value": p_value,
            "is_anomaly": is_anomaly,
            "contributions": outputs["shares"],
        }
        return keras.Model({"inputs": inputs}, named, name="detector"), fitted

    def _scored(self, heads, data):
        """The inputs of a detector, the outputs of the heads by name, and the score."""
        raw = heads.encoder.get_layer("inputs").output
        inputs = keras.Input(raw.shape[1:], name="inputs")
        # not by the end-to-end model, for a layer in two nested models does not survive a Keras file
        encoded = apply(heads.encoder, {"inputs": inputs})
        decoder = heads.teacher_forced or heads.decoder  # of steps how likely each is after those before it
        outputs = {**encoded, **apply(decoder, {"inputs": inputs, "targets": inputs, **encoded})}
        groups = None if data.preprocessor is None else data.preprocessor.groups.tolist()
        outputs["shares"] = Contributions(data.domain, groups, name="contributions")(
            inputs, outputs["reconstruction"]
        )
        most = min(MOST_CODED, max(1, MOST_VALUES // prod(data.train.shape)))
        training, held = (
            np.asarray(values(split.thin(most).examples)) for split in (data.train, data.validation)
        )
        graph = Graph(heads, inputs, outputs, data.domain, training, held)
        return inputs, outputs, self.score.scored(graph)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, draw: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Of the test split: areas under the curves, and F1 and both error rates at the threshold.

        Beside the model PCA's reconstruction error and an isolation forest. Nothing where no anomalies are
        known in the test split.
        """
        if data.test.labels is None or len(np.unique(data.test.labels > 0)) < 2:
            return {}
        detector, fitted = self.detector(heads, data)
        if data.points is not None:
            return self._of_points(detector, fitted.value, heads, data, seed)
        test, labels = np.asarray(values(data.test.examples)), data.test.labels > 0
        found = batched(detector, {"inputs": test})
        flagged = found["is_anomaly"]
        missed = float(np.mean(~flagged[labels]))
        false = float(np.mean(flagged[~labels]))
        hits = int((flagged & labels).sum())
        rows = {
            "model": ranking(found["score"], labels)
            | {
                "f1": 2 * hits / max(1, int(flagged.sum()) + int(labels.sum())),
                "false_alarms": false,
                "missed": missed,
            }
        }
        training = np.asarray(values(data.train.thin(MOST_FITTED).examples)).reshape(-1, test[0].size)
        flat = test.reshape(len(test), -1)
        for name, scores in _otherwise(training, flat, heads.latent_dim, seed).items():
            rows[name] = ranking(scores, labels)
        return rows

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

    def metrics_by_kind(
        self, served_heads: tuple[ServedHead, ...], data: Data
    ) -> dict[str, dict[str, float]]:
        """Test metrics of each kind of anomaly, where the test split has several.

        Args:
            served_heads: The detector.
            data: The data as `prepare` gives it.

        Returns:
            By kind: "count", its examples, or ranges of points; "auroc", beside the normal examples alone;
            "missed", the fraction that is not flagged, where a range counts as flagged if any of its points is.
        """
        [detector] = served_heads
        points, test = data.points, np.asarray(values(data.test.examples))
        kinds = data.test.labels if points is None else points.kinds
        if kinds is None or len(np.unique(kinds[kinds > 0])) < 2:
            return {}
        names = data.label_names if points is None else points.names
        found = batched(detector.model, {"inputs": test})
        scores, flags = found["score"], found["is_anomaly"]
        if points is not None:
            scores = scores_of(scores, points, data.test.shape[0])
            flags = np.nan_to_num(scores, nan=-np.inf) > detector.facts["threshold"]
        there, rows = np.isfinite(scores), {}
        for kind in np.unique(kinds[kinds > 0]):
            own = kinds == kind
            met = flags[own] if points is None else [flags[slice(*span)].any() for span in spans(own)]
            beside = there & (own | (kinds == 0))
            rows[names[kind] if len(names) > kind else str(kind)] = {
                "count": len(met),
                "auroc": float(roc_auc_score(own[beside], scores[beside])),
                "missed": 1 - float(np.mean(met)),
            }
        return rows

    def _of_points(self, detector, threshold, heads, data, seed):
        """Figures of the points that the test examples are windows of."""
        points, size = data.points, data.test.shape[0]
        if points.labels is None:
            return {}
        windows = np.asarray(values(data.test.examples))
        found = batched(detector, {"inputs": windows})
        scores = scores_of(found["score"], points, size)
        flags = np.nan_to_num(scores, nan=-np.inf) > threshold
        rows = {"model": point_metrics(scores, windows, points, flags)}
        normal = (data.test.labels == 0) & (True if points.fresh is None else points.fresh)
        if normal.any():
            rows["model"]["false_alarms"] = float(found["is_anomaly"][normal].mean())
        training = np.asarray(values(data.train.thin(MOST_FITTED).examples)).reshape(-1, windows[0].size)
        flat = windows.reshape(len(windows), -1)
        for name, other in _otherwise(training, flat, heads.latent_dim, seed).items():
            rows[name] = point_metrics(scores_of(other, points, size), windows, points)
        if points.count * USUAL * windows.shape[2] <= MOST_VALUES:
            rows["subsequence PCA"] = point_metrics(subsequence_pca(windows, points), windows, points)
        return rows

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction, "error": abs(targets - reconstruction)}


def ranking(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Areas under the receiver operating characteristic and under the curve of precision and recall."""
    return {
        "auroc": float(roc_auc_score(labels, scores)),
        "auprc": float(average_precision_score(labels, scores)),
    }


def _normal(split):
    return split if split.labels is None else split.take(np.flatnonzero(split.labels == 0))


def _otherwise(training, test, latent_dim, seed):
    """Scores of the test vectors by what is not an autoencoder, fitted to the same training vectors."""
    components = min(latent_dim, *training.shape)
    pca = PCA(components, random_state=seed).fit(training)
    back = pca.inverse_transform(pca.transform(test))
    forest = IsolationForest(random_state=seed).fit(training)
    return {
        f"PCA, {components} components": np.mean((test - back) ** 2, axis=1),
        "isolation forest": -forest.score_samples(test),
    }
