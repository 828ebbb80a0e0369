"""Anomaly detection: an anomaly score for each example, and the threshold above which it is an anomaly.

Labels of 0 are normal, all others are kinds of anomalies.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.row_scoring import ColumnContributions, MiddleOfNothing
from keras_ae.blocks.samplers import CodeSampler
from keras_ae.blocks.scoring import Calibrated, Contributions
from keras_ae.data.examples import Split
from keras_ae.data.series.resample import spans
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_within
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, batched
from keras_ae.tasks import Task
from keras_ae.tasks.anomaly_scores import Reconstruction, Score, ScoreInputs
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.calibration import with_calibration
from keras_ae.tasks.corruption import Corruption, MissingNowAndThen, Unchanged, corrupted
from keras_ae.tasks.cross_fitting import CrossFitted, content_hashes
from keras_ae.tasks.point_detection import FittedPoints, PointDetection, ScoredPoints, scored_series
from keras_ae.tasks.profiles import profile_of, profiles_to_json
from keras_ae.tasks.thresholds import Conformal, FittedThreshold, Threshold

if TYPE_CHECKING:
    from keras_ae.tasks.anomaly_metrics import Metrics

__all__ = ["OF_FOLDS", "Anomaly"]

OF_WINDOWS = "windows overlap and share points, so no rate of false alarms is guaranteed"
"""The guarantee of a threshold for a series."""

OF_FOLDS = (
    "each of these was scored by a model that did not learn it, so the rate is approximate: proven only for "
    "models that change little when a part of the rows is left out"
)
"""What the guarantee of a threshold from cross-fitted scores rests on."""

EXAMPLES_SERVED = 8
"""Contexts that the exported detector of points is compared on."""

MOST_PROFILED = 50_000
"""At most this many training rows tell how the values of columns are distributed."""

MOST_CODED, MOST_VALUES = 50_000, 2**27
"""At most this many training examples, and values in total, are used to fit scores in code space."""


@dataclass(frozen=True)
class Anomaly(Task):
    """Learns from normal examples and flags examples that differ in their reconstruction or their code.

    Attributes:
        score: The anomaly score.
        threshold: How the threshold is fitted to the anomaly scores of held-out calibration examples, which
            are not used to choose the epoch. An example whose score is above the threshold is an anomaly; of
            a series the examples are whole windows.
        points: How anomalies are found at the points of a series.
        corruption: Corruption of the network's inputs in training, from which it reconstructs the clean
            example (Vincent et al. 2008); examples are scored without corruption.
        missing: Values that are missing in training now and then, for which rows of a table that lack some
            are scored well.
        trim: Fraction of each training batch, with the highest errors, to ignore, in [0, 0.5): the assumed
            fraction of anomalies among the normal examples.
    """

    score: Score = Reconstruction()
    threshold: Threshold = Conformal()
    points: PointDetection = PointDetection()
    corruption: Corruption = Unchanged()
    missing: MissingNowAndThen = MissingNowAndThen()
    trim: float = 0.0

    def __post_init__(self) -> None:
        check_within(self, trim="[0, 0.5)")

    @property
    def fold_scores_take_network(self) -> bool:
        """Whether the anomaly score takes the network."""
        return self.score.takes_network

    @property
    def remedy(self) -> str:
        """Another score, where no training changes this one."""
        if self.score.takes_network:
            return ""
        return 'its score takes no network, so try another, SET="task.score=Reconstruction", or more data'

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, ...) -> (corrupted, examples)."""
        return self.missing(corrupted(self.corruption, examples, seeds, domain), seeds, domain), examples

    def pairs_by_batch(self, domain: str) -> bool:
        """Where the corruption does."""
        return self.corruption.by_batch(domain) or self.missing.by_batch(domain)

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """No baselines that reconstruct; `further_metrics` compares with other anomaly detectors."""
        return {}

    def metrics(self) -> dict[str, Callable]:
        """No metrics of reconstructions, because the test split contains anomalies."""
        return {}

    def prepare(self, data: Data) -> Data:
        """Keeps only normal examples for training and validation, and sets a calibration split aside.

        See `with_calibration`.

        Args:
            data: The data as loaded.

        Returns:
            The data with a calibration split.

        Raises:
            InputError: If there are too few normal examples to train, validate or calibrate on, and for
                settings of points where the examples are none of a series.
        """
        if data.points is None and self.points != PointDetection():
            raise InputError("task.points acts on series alone, these data are none; set task.threshold")
        return with_calibration(data, self.threshold)

    def tested(self, data: Data) -> dict[str, int]:
        """The normal examples and the anomalies among the test examples, or the anomalies of a series."""
        if data.points is not None:
            known = data.points.labels
            return {} if known is None or not known.any() else {"anomalies": len(spans(known))}
        if data.test.labels is None or len(np.unique(data.test.labels > 0)) < 2:
            return {}
        anomalies = int((data.test.labels > 0).sum())
        return {"normal test examples": len(data.test) - anomalies, "anomalies": anomalies}

    def check(self, heads: Heads, data: Data) -> None:
        """Refuses heads that no detector can be built from, before they are trained."""
        train, validation = data.train.thin(8), data.validation.thin(8)
        few = dataclasses.replace(data, train=train, validation=validation, factors=None)
        try:
            self._build(heads, few)
        except InputError:
            raise
        except (KeyError, ValueError, TypeError, tf.errors.OpError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"the score {self.score} does not work with the outputs of these heads ({reason}); use "
                'another score, SET="task.score=Reconstruction", or another variant'
            ) from error

    def detector(self, heads: Heads, data: Data) -> tuple[keras.Model, FittedThreshold]:
        """Builds the anomaly detector of trained heads and fits its threshold.

        Args:
            heads: Trained heads.
            data: The data as returned by `prepare`.

        Returns:
            A model {"inputs"} -> {"score", "p_value", "is_anomaly" (batch,), "contributions"}, where
            contributions are what each feature, step or pixel adds to the mean error, or to another score
            that says so, which then also gives "expected" (batch, features); and its threshold.

        Raises:
            InputError: If the heads lack an output that the score needs, or no threshold can be fitted.
        """
        inputs, explained = self._build(heads, data)
        score = explained.score
        calibration = _calibration(data)
        scorer = keras.Model({"inputs": inputs}, {"score": score})
        reference = _scores_of(scorer, calibration)
        if data.domain.layout is not None:
            middle = float(np.median(reference))
            score = MiddleOfNothing(str(data.domain), middle, name="middle_of_nothing")(inputs, score)
        labels = calibration.labels
        fitted = self.threshold.fit(reference, labels)
        if data.points is not None:
            fitted = dataclasses.replace(fitted, guarantee=OF_WINDOWS)
        elif isinstance(calibration, CrossFitted):
            fitted = dataclasses.replace(fitted, guarantee=f"{fitted.guarantee}; {OF_FOLDS}")
        elif calibration.groups is not None:
            fitted = dataclasses.replace(fitted, guarantee=f"{fitted.guarantee}; {_of_groups(calibration)}")
        normal = reference if labels is None else reference[labels == 0]
        p_value, is_anomaly = Calibrated(len(normal), name="calibrated").fitted(normal, fitted.value)(score)
        detected = {
            "score": score,
            "p_value": p_value,
            "is_anomaly": is_anomaly,
            "contributions": explained.contributions,
        }
        if explained.expected is not None:
            detected["expected"] = explained.expected
        detected |= explained.further
        return keras.Model({"inputs": inputs}, detected, name="detector"), fitted

    def scorer(self, heads: Heads, data: Data) -> keras.Model:
        """Builds the anomaly score of trained heads alone.

        Args:
            heads: Trained heads.
            data: The data as returned by `prepare`.

        Returns:
            A model {"inputs"} -> {"score" (batch,)}.
        """
        inputs, explained = self._build(heads, data)
        return keras.Model({"inputs": inputs}, {"score": explained.score})

    def fold_scores(self, heads: Heads, data: Data) -> np.ndarray:
        """The anomaly scores of the calibration examples."""
        return batched(self.scorer(heads, data), {"inputs": _calibration(data).numbers})["score"]

    def _build(self, heads, data):
        """The inputs of a detector, and the anomaly score with what explains it."""
        input_shape = heads.encoder.get_layer("inputs").output.shape[1:]
        inputs = keras.Input(input_shape, name="inputs")
        # not the end-to-end model, because a layer in two nested models does not survive a Keras file
        encoded = apply(heads.encoder, {"inputs": inputs})
        decoder = heads.teacher_forced or heads.decoder  # for steps, the likelihood given earlier steps
        outputs = {**encoded, **apply(decoder, {"inputs": inputs, "targets": inputs, **encoded})}
        outputs["contributions"] = _contributions(data, inputs, outputs["reconstruction"])
        most = min(MOST_CODED, max(1, MOST_VALUES // prod(data.train.shape)))
        training, held_back = (
            np.asarray(values(split.thin(most).in_memory().examples))
            for split in (data.train, data.validation)
        )
        tensors = ScoreInputs(heads, inputs, outputs, data.domain, training, held_back)
        explained = self.score.explained(tensors)
        if explained.contributions is None:
            explained = explained._replace(contributions=outputs["contributions"])
        return inputs, explained

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The detector; its facts are the anomaly score, the threshold and how it was fitted."""
        detector, fitted = self.detector(trained.heads, trained.data)
        stored = _stored(detector, trained.data)
        facts = {
            "score": str(self.score),
            "threshold": fitted.value,
            "how": fitted.method,
            "promise": fitted.guarantee,
            "count": fitted.count,
            "setting": str(self.threshold),
            "trim": self.trim,
        }
        served = ServedHead("detector", detector, facts, stored=stored)
        points = self.point_detector(trained.data)
        return (served,) if points is None else (served, _served_points(points, trained.data, self.points))

    def point_detector(self, data: Data) -> FittedPoints | None:
        """Fits the detector of the points of a series, which needs no heads.

        Args:
            data: The data as returned by `prepare`.

        Returns:
            The detector; None for data other than series, and where the normal part is too short for it.
        """
        from keras_ae.tasks.window_scores import values_of

        if data.points is None or data.points.normal is None:
            return None
        windows = np.asarray(values(data.test.examples))
        return self.points.fit(values_of(windows, data.points), data.points)

    def metrics_by_kind(self, served_heads: tuple[ServedHead, ...], data: Data) -> Metrics:
        """Test metrics by kind of anomaly; see `kind_metrics`."""
        from keras_ae.tasks.anomaly_metrics import kind_metrics  # scikit-learn, which only evaluation takes

        kinds = data.test.labels if data.points is None else data.points.kinds
        if kinds is None or len(np.unique(kinds[kinds > 0])) < 2:
            return {}
        detector = served_heads[0]
        outputs = _outputs_of(detector.model, data.test)
        scored = self._scored(data)
        flags = None if scored is None else scored.flags
        return kind_metrics(outputs, detector.facts["threshold"], data, flags)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> Metrics:
        """Metrics of the detector and of simpler ones; see `detection_metrics`."""
        if data.test.labels is None or len(np.unique(data.test.labels > 0)) < 2:
            return {}
        detector, fitted = self.detector(heads, data)
        outputs = _outputs_of(detector, data.test)
        return self._detected(outputs, fitted, heads, data, seed)

    def _detected(self, outputs, fitted, heads, data, seed):
        """Metrics of a detector's outputs for the test examples."""
        from keras_ae.tasks.anomaly_metrics import detection_metrics  # as above

        return detection_metrics(outputs, fitted.value, data, heads.latent_dim, seed, self._scored(data))

    def _scored(self, data):
        """The scores of the points of series, one after the other; None without a detector of points."""
        from keras_ae.tasks.window_scores import series_values, values_of

        fitted = self.point_detector(data)
        if fitted is None:
            return None
        known = values_of(np.asarray(values(data.test.examples)), data.points)
        each = [scored_series(fitted, own) for own in series_values(known, data.points)]
        return ScoredPoints.joined(each)

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """Inputs, reconstructions and absolute errors."""
        return {"input": inputs, "reconstruction": reconstruction, "error": abs(targets - reconstruction)}


def _contributions(data, inputs, reconstruction):
    """What each column of a table, or each element, adds to the mean error."""
    if data.domain.layout is None:
        return Contributions(data.domain, name="contributions")(inputs, reconstruction)
    normal = np.asarray(values(data.train.thin(MOST_CODED).examples))
    expected = batched(keras.Model({"inputs": inputs}, {"value": reconstruction}), {"inputs": normal})
    layer = ColumnContributions(str(data.domain), name="contributions")
    return layer.fitted(normal, expected["value"])(inputs, reconstruction)


def _served_points(fitted, data, settings):
    """The detector of points as a head, with its facts and examples."""
    from keras_ae.tasks.window_scores import values_of

    context = fitted.model.inputs[0].shape[1]
    known = values_of(np.asarray(values(data.test.examples)), data.points)
    whole = np.flatnonzero(np.isfinite(known).all(axis=1))
    count = max(1, min(EXAMPLES_SERVED, len(whole) - context))
    examples = np.stack(
        [np.resize(known[whole][first:], (context, known.shape[1])) for first in range(count)]
    )
    facts = {
        "threshold": fitted.threshold.value,
        "how": fitted.threshold.method,
        "promise": fitted.threshold.guarantee,
        "count": fitted.threshold.count,
        "window": fitted.window,
        "alarms": str(settings.alarms),
        "step": fitted.step,
    }
    scaler = data.scaler
    inputs = (examples * scaler.scale + scaler.offset).astype(np.float32)
    return ServedHead("point_detector", fitted.model, facts, {"inputs": inputs})


def _outputs_of(detector, test):
    """What a detector gives for test examples; their contributions where masks say what is anomalous."""
    names = ("score", "is_anomaly", *(("contributions",) if test.masks is not None else ()))
    return batched(detector, {"inputs": test.numbers}, names=names)


def _scores_of(scorer, calibration):
    """The anomaly scores of calibration examples, by models that did not learn them if there are such."""
    examples = calibration.numbers
    if not isinstance(calibration, CrossFitted) or calibration.scores is None:
        return batched(scorer, {"inputs": examples}, names=("score",))["score"]
    reference, unlearned = calibration.scores.copy(), np.isnan(calibration.scores)
    if unlearned.any():
        reference[unlearned] = batched(scorer, {"inputs": examples[unlearned]}, names=("score",))["score"]
    return reference


def _stored(detector, data):
    """What fits another threshold to the same scores, and recognizes rows that were learned from."""
    calibration = _calibration(data)
    scores, labels = _scores_of(detector, calibration), calibration.labels
    stored = {"scores": scores, "labels": np.zeros(len(scores), np.int64) if labels is None else labels}
    if columns := _columns(data):
        profiles = {name: profile_of(column) for name, column in columns.items()}
        stored["profiles"] = np.array(profiles_to_json(profiles))
    if data.raw is None:
        return stored
    train = np.asarray(values(data.train.examples))
    stored["still"] = np.where(np.ptp(train, axis=0) == 0, train[0], np.nan).astype(np.float32)
    if not isinstance(calibration, CrossFitted) or calibration.folds is None:
        return stored | {"learned": np.unique(content_hashes(train))}
    own = calibration.folds >= 0
    hashes, first = np.unique(content_hashes(calibration.examples[own]), return_index=True)
    return stored | {"learned": hashes, "learned_scores": scores[own][first]}


def _of_groups(calibration):
    """What the guarantee of a threshold rests on that is fitted to parts of longer examples."""
    normal = calibration if calibration.labels is None else calibration.take(calibration.labels == 0)
    return (
        f"these are {len(normal):,} parts, such as windows, of {len(np.unique(normal.groups)):,} longer ones "
        "that were not trained on; parts of one are alike, so the rate is approximate"
    )


def _columns(data):
    """The columns of normal rows, or of the normal points of series, standardized; none for other data."""
    if data.preprocessor is not None:
        return data.preprocessor.columns_of(np.asarray(values(data.train.thin(MOST_PROFILED).examples)))
    points = data.points
    if points is None or points.normal is None or not (points.series or points.groups):
        return {}
    from keras_ae.tasks.window_scores import values_of

    known = values_of(np.asarray(values(data.test.examples)), points)[points.normal]
    names = (points.series or points.groups[0].series).names
    return {name: known[:, channel] for channel, name in enumerate(names)}


def _calibration(data: Data) -> Split:
    if data.calibration is None:
        raise ValueError("the data has no calibration split; call the task's `prepare` first")
    return data.calibration
