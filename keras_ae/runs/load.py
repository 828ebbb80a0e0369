"""A finished run from its folder, with its data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import tensorflow as tf

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.pipeline import PairedData
from keras_ae.data.sources.local import local
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import WEIGHTS_FILE, load_artifacts
from keras_ae.runs.checkpoint import read_state
from keras_ae.runs.data_facts import fits
from keras_ae.runs.plan import read_plan
from keras_ae.runs.run import Run, load_data
from keras_ae.runs.settings import differences
from keras_ae.tasks.cross_fitting import CrossFitted, known_scores

__all__ = ["load_run"]


def load_run(
    recipe: Recipe,
    directory: Path,
    report: Callable[[str], None] = print,
    test_set: Dataset | None = None,
) -> Run:
    """A finished run from its folder, with the data that the recipe names, scaled as they were in training.

    Settings that differ from those that the run was trained with are reported.

    Args:
        recipe: The recipe, with the data to evaluate on.
        directory: The run's folder.
        report: Called with each line about the data and about what differs.
        test_set: A published test set in place of the data's own test split.

    Returns:
        The run.

    Raises:
        InputError: If the run is not finished, or the data's shape or domain is not the model's.
    """
    artifacts = load_artifacts(directory)
    for name, (was, now) in differences(recipe, directory).items():
        report(f"other than in training: {name} was {was}, is {now}")
    data = load_data(recipe, report, artifacts.scaler).rescaled(artifacts.scaler)
    data = _with_stored_scores(data, recipe, artifacts)
    trained = tuple(artifacts.heads.encoder.get_layer("inputs").output.shape[1:])
    paired = PairedData(data, recipe.task, recipe.seed)
    spec = paired.spec
    if test_set is not None:
        data, spec = _on_test_set(test_set, paired, trained, report)
    if not fits(trained, spec.input_shape):
        raise InputError(
            f"the model was trained on examples of shape {trained}, received {spec.input_shape}; "
            "bring the data to that shape, or train again"
        )
    plan = read_plan(directory)
    spec = replace(spec, train_examples=0 if plan is None else plan.examples)
    heads = recipe.task.extend(recipe.variant.build(spec), spec)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of what it leaves
            heads.trained.load_weights(directory / WEIGHTS_FILE)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise InputError(
            f"{recipe.variant}, built for this data, does not fit the weights in {directory}; take the "
            "settings and the classes of data that it was trained with, or train again"
        ) from error
    return Run(recipe, directory, data, heads, read_state(directory / "checkpoint")["history"])


def _with_stored_scores(data, recipe, artifacts):
    """The data with the scores of calibration examples by models that are not kept.

    Other data were not learned from, so that the model itself scores them; another score takes such models
    anew.
    """
    calibration, detector = data.calibration, artifacts.served_head("detector")
    if not isinstance(calibration, CrossFitted):
        return data
    stored = {} if detector is None else detector.stored
    scores = known_scores(calibration, stored)
    if scores is None:
        return replace(data, calibration=Split(calibration.examples, calibration.labels))
    same = detector is not None and detector.facts.get("score") == str(recipe.task.score)
    return replace(data, calibration=replace(calibration, scores=scores)) if same else data


def _on_test_set(dataset, paired, trained, report):
    """The data with a published set in place of its test split, and the spec of that set."""
    data = paired.data
    tested, channels = local(dataset).load(), data.train.shape[-1]
    if data.domain != tested.domain:
        raise InputError(
            f"{tested.name} holds images, the model was trained on {data.domain.kind} values; name other data"
        )
    if not _all_fit(trained, tested, paired.pair):
        if channels == 3 and tested.test.shape[-1] == 1:
            raise InputError(
                f"{tested.name} is gray, and to a network of color another problem than the published one; "
                'train one of gray: SET="data.channels=1"'
            )
        if channels in (1, 3):
            tested = replace(dataset, channels=channels).load()
    for note in tested.notes:
        report(note)
    data = replace(data, name=tested.name, test=tested.test, whole=tested.whole)
    return data, replace(paired, data=tested).spec


def _all_fit(trained, tested, pair):
    """Whether the network takes every test image as the task pairs it."""
    seeds = tf.zeros((1, 2), tf.int64)
    pieces = {tested.test.shape} | {(*tested.test.shape[:2], image.shape[-1]) for image in tested.whole}
    return all(fits(trained, tuple(pair(tf.zeros((1, *piece)), seeds)[0].shape[1:])) for piece in pieces)
