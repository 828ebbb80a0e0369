"""A finished run's detector, with everything needed to score a file."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_ae.apps.detection.without_one import without_each
from keras_ae.blocks.scoring import Calibrated
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.tables.dialect import Dialect, detect_dialect
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.images import Images
from keras_ae.heads import Heads, ServedHead, batched
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import CARD_FILE, read_card
from keras_ae.runs.data_facts import is_same_data
from keras_ae.runs.load import load_run
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.table_layout import TableLayout
from keras_ae.tasks.anomaly import OF_FOLDS
from keras_ae.tasks.marked_rows import with_marks_of
from keras_ae.tasks.point_detection import FittedPoints
from keras_ae.tasks.thresholds import Conformal, FittedThreshold, Threshold
from keras_ae.training.refitting import refitted

__all__ = ["Detector", "settings_of"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why some rows of a table have their scores.

    Attributes:
        expected: For each row the expected values by column; empty if they are unknown.
        falls: (rows, columns), by how much each row's score falls without a value; None if unknown.
    """

    expected: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    falls: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Detector:
    """A finished run's detector with everything needed to score a file, read from the run's folder.

    The run's training data is not needed.

    Attributes:
        model: The head `detector` as `tasks.anomaly` builds it.
        fitted: Its threshold.
        reference: Anomaly scores of the normal examples that calibrated it, in ascending order.
        preprocessor: The preprocessor of a table's columns; None for a series.
        offset: Subtracted from the values of a series.
        scale: The values of a series are divided by it.
        series: The series that the run learned from; None for a table.
        settings: The columns that the user named in training.
        known: How files are written, as far as the user said it in training.
        points: The detector of points of a series; None for a table, and in runs of earlier versions.
        reconstruct: What is expected in examples: {"inputs"} -> {"reconstruction"}; None if unknown.
        layout: Of the columns of a table that knows missing values; None for others.
        rule: What the threshold was fitted by.
        stored: What is stored with the head: the rows of a table that were learned from.
        images: How image files are read; None for other data.
        format: How files of further kinds of examples are read, such as clips; None for other data.
        data: What the card says of the data.
    """

    model: keras.Model
    fitted: FittedThreshold
    reference: np.ndarray
    preprocessor: Preprocessor | None
    offset: np.ndarray
    scale: np.ndarray
    series: SeriesFacts | None = None
    settings: SeriesRoles = SeriesRoles()
    known: Writing = UNKNOWN
    points: FittedPoints | None = None
    reconstruct: keras.Model | None = None
    layout: TableLayout | None = None
    rule: Threshold = Conformal()
    stored: Mapping[str, np.ndarray] = field(default_factory=dict)
    images: Images | None = None
    format: Format | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def before(self) -> Writing:
        """How the file of the training was written."""
        if self.preprocessor is not None:
            return self.preprocessor.written
        return UNKNOWN if self.series is None else self.series.roles.written

    def scaling_of(self, group: str = "") -> tuple[np.ndarray, np.ndarray]:
        """The scaling of a series.

        Args:
            group: Its name, where the detector was trained on several.

        Returns:
            Offset and scale, (channels,) each.
        """
        if self.series is not None and group:
            return self.series.scaling_of(group)
        return self.offset, self.scale

    def dialect(self, path: str | Path) -> Dialect:
        """How a file is written, which is read as that of the training where it does not tell.

        Args:
            path: The file.

        Returns:
            Its dialect.
        """
        return detect_dialect(path, self.known, self.before)

    @classmethod
    def of(cls, directory: Path, recipe: Recipe, changed: Sequence[str] = ()) -> Detector:
        """Reads the detector of a run.

        Args:
            directory: The run's folder.
            recipe: The run's recipe.
            changed: The names of settings of the recipe that are other than in training, such as
                "task.threshold", which is then fitted anew.

        Returns:
            The detector.

        Raises:
            InputError: The run is not finished, or does not detect anomalies in files.
        """
        artifacts = load_artifacts(directory)
        head = artifacts.served_head("detector")
        scaler, shape = artifacts.scaler, artifacts.examples["inputs"].shape[1:]
        images = scaler.images if len(shape) == 3 and scaler.domain.unit_interval else None
        own = artifacts.format
        own = None if own is None or images is not None or not own.own_files(shape) else own
        known = scaler.preprocessor or artifacts.series or images or own
        card = read_card(directory) if (directory / CARD_FILE).exists() else {}
        if head is None or not head.facts or not known:
            name = card.get("data", {}).get("name", "its data")
            raise InputError(
                f"{recipe.name}, trained on {name}, does not detect "
                "anomalies in files; use series_anomaly or table_anomaly, on one series or table, or "
                "image_anomaly or video_anomaly, on a folder of images or clips"
            )
        task: Any = recipe.task
        points = _point_detector(artifacts.served_head("point_detector"), task)
        _check_acting(changed, points is not None)
        if _is_among("task.score", changed):
            other = _rescored(directory, recipe)
            head = replace(other, model=with_marks_of(other.model, head.model))
        facts: Any = head.facts
        layers = head.model._flatten_layers()  # also of a detector inside one that takes waveforms
        reference = np.asarray(next(each for each in layers if isinstance(each, Calibrated)).reference)
        fitted = FittedThreshold(facts["threshold"], facts["how"], facts["promise"], facts["count"])
        rule = task.threshold if facts.get("setting") == str(task.threshold) else Conformal()
        if _is_among("task.threshold", changed):
            rule = task.threshold
            fitted = rule.fit(head.stored.get("scores", reference), head.stored.get("labels"))
            if "learned_scores" in head.stored:
                fitted = replace(fitted, guarantee=f"{fitted.guarantee}; {OF_FOLDS}")
        return cls(
            head.model,
            fitted if points is None else points.threshold,
            reference,
            scaler.preprocessor,
            scaler.offset,
            scaler.scale,
            artifacts.series,
            settings_of(recipe),
            recipe.data.writing,
            points,
            _reconstruction(artifacts.heads),
            artifacts.scaler.domain.layout,
            rule,
            head.stored,
            images,
            own,
            card.get("data", {}),
        )

    def explain(self, columns: Mapping[str, np.ndarray], rows: Sequence[int]) -> Explanation:
        """What is expected in some rows of a table, and what each of their values adds to the score.

        Args:
            columns: (n,) numbers or words of each column, by its name.
            rows: The rows.

        Returns:
            The explanation; empty if what is expected is unknown.
        """
        if self.preprocessor is None or self.reconstruct is None or not len(rows):
            return Explanation()
        own = {name: column[np.asarray(rows)] for name, column in columns.items()}
        inputs, falls = self.preprocessor.numbers_of(own), None
        if self.layout is None:
            features = batched(self.reconstruct, {"inputs": inputs})["reconstruction"]
        else:
            falls, features = without_each(self.model, self.reconstruct, inputs, self.layout)
        expected = self.preprocessor.columns_of(features)
        by_row = {row: {name: expected[name][at] for name in expected} for at, row in enumerate(rows)}
        return Explanation(by_row, falls)


def settings_of(recipe: Recipe) -> SeriesRoles:
    """The columns of a series that the user named.

    Args:
        recipe: The recipe.

    Returns:
        Their roles.
    """
    data = recipe.data
    return SeriesRoles(data.time_column, label=data.label_column, left_out=data.left_out_columns)


def _reconstruction(heads: Heads) -> keras.Model | None:
    """The end-to-end model, if it takes examples alone and reconstructs them."""
    model = heads.end_to_end
    takes_examples = [tensor.name for tensor in model.inputs] == ["inputs"]
    return model if takes_examples and "reconstruction" in model.output else None


def _point_detector(head: ServedHead | None, task: Any) -> FittedPoints | None:
    """The detector of points of a run, with the threshold that its task has now."""
    if head is None:
        return None
    facts: dict[str, Any] = dict(head.facts)
    threshold = FittedThreshold(facts["threshold"], facts["how"], facts["promise"], facts["count"])
    points = FittedPoints(head.model, threshold, facts["window"], facts["step"])
    same = facts["alarms"] == str(task.points.alarms)
    return points if same else points.refitted(task.points.alarms)


def _is_among(field: str, changed: Sequence[str]) -> bool:
    """Whether a field, or one below it, is among those changed."""
    return any(name == field or name.startswith(f"{field}.") for name in changed)


def _check_acting(changed: Sequence[str], by_points: bool) -> None:
    """Refuses settings that do not act on this detector."""
    if not by_points and _is_among("task.points", changed):
        raise InputError(
            "task.points acts on series with a detector of points, which this model lacks; set task.threshold"
        )
    whole = [name for name in ("task.score", "task.threshold") if _is_among(name, changed)]
    if by_points and whole:
        raise InputError(
            f"{whole[0]} is that of whole windows and does not act on the points of a series; say in how "
            'much time you allow a false alarm: SET="task.points.alarms.per=90d"'
        )


def _rescored(directory: Path, recipe: Recipe) -> ServedHead:
    """The detector of a run with another score, which is fitted to the data that it learned from."""
    try:
        run = load_run(recipe, directory, report=lambda line: None)
    except InputError as error:
        raise InputError(
            f"task.score acts on a trained model where its data are at hand ({error}); bring them back, or "
            "leave out --trained"
        ) from error
    if not is_same_data(run.data, directory):
        raise InputError(
            f"task.score acts on a trained model where its data are at hand, {run.data.name} has changed "
            "since; bring the former rows back, or leave out --trained"
        )
    logging.getLogger(__name__).info("calibrating the other score")
    return refitted(run).served_heads[0]
