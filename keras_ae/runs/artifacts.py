"""What a run leaves in its folder, and how it is opened again."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae import backbones, blocks
from keras_ae.blocks.color import to_rgb
from keras_ae.data.dataset import Dataset
from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.data.series.windows import step_of_time
from keras_ae.data.splits import hashes
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.types import Data, Scaler
from keras_ae.errors import InputError
from keras_ae.files import modules_below
from keras_ae.formats import Format, format_of, from_json, to_json
from keras_ae.heads import Heads, inference_batch
from keras_ae.recipe import Recipe, flat
from keras_ae.runs.checkpoint import read_state
from keras_ae.runs.run import Run, fits, load_data

MODEL_FILE = "autoencoder.keras"
RECIPE_FILE = "recipe.json"
PRIOR_FILE = "prior.keras"
RESTORER_FILE = "restorer.keras"
DETECTOR_FILE = "detector.keras"
PREPROCESSOR_FILE = "preprocessor.keras"
OF_COLUMNS = "column_"
"""What the names of the arrays begin with that are kept of a table's columns."""
OF_RESTORER = "restorer_"
"""What the names of the arrays begin with that are kept for the restorer."""
TRIED, TRIED_SIDE = 8, 64
"""Images that an exported restorer is tried on, and pixels a side: it may enlarge them, at some cost."""
SAMPLER_FILE = "sampler.keras"
"""Of a variant that generates, its sampler as the export serves it."""
WEIGHTS_FILE = "trained.weights.h5"
STAGED_FILE = "staged.keras"
"""The end-to-end model of a run of several stages as it was before the last one."""
DATA_FILE = "data.npz"


def load_run(
    recipe: Recipe,
    directory: Path,
    report: Callable[[str], None] = print,
    measured_on: Dataset | None = None,
) -> Run:
    """A finished run from its folder, with the data that the recipe names in the units it was trained in.

    measured_on: a published test set in the place of the data's own test split.
    What differs from the recipe and the data that the run was trained with is reported.
    Raises InputError when the run is not finished, and when the data's shape or domain is not
    the model's.
    """
    kept = load_artifacts(directory)
    for name, (was, now) in differences(recipe, directory).items():
        report(f"other than in training: {name} was {was}, is {now}")
    data = load_data(recipe, report).rescaled(kept.scaler)
    trained = tuple(kept.heads.encoder.get_layer("inputs").output.shape[1:])
    paired = PairedData(data, recipe.task, recipe.seed)
    spec = paired.spec
    if measured_on is not None:
        data, spec = _measured_on(measured_on, paired, trained, report)
    if not fits(trained, spec.input_shape):
        raise InputError(f"the model was trained on examples of shape {trained}, received {spec.input_shape}")
    heads = recipe.variant.build(spec)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of what it leaves
            heads.trained.load_weights(directory / WEIGHTS_FILE)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise InputError(
            f"{recipe.variant}, built for this data, does not fit the weights kept in {directory}; take the "
            "settings and the classes of data that it was trained with, or train anew"
        ) from error
    return Run(recipe, directory, data, heads, read_state(directory / "checkpoint")["history"])


def _measured_on(dataset, paired, trained, report):
    """The data with a published set in the place of its test split, and what the network then sees."""
    data = paired.data
    tested, channels = dataset.load(), data.train.shape[-1]
    if data.domain != tested.domain:
        raise InputError(
            f"{tested.name} holds images, the model was trained on {data.domain} values; name other data"
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
    """Whether the network takes what the task makes of every test image."""
    seeds = tf.zeros((1, 2), tf.int64)
    pieces = {tested.test.shape} | {(*tested.test.shape[:2], image.shape[-1]) for image in tested.whole}
    return all(fits(trained, tuple(pair(tf.zeros((1, *piece)), seeds)[0].shape[1:])) for piece in pieces)


@dataclass(frozen=True, eq=False)
class Artifacts:
    """What a finished run's folder holds to serve.

    examples: a few of the test split, as the heads take them, by name: "inputs" (n, ...), and
        "condition" (n, classes) where they are labeled.
    sampler: {"noise"} -> {"code"}, of a variant that generates.
    restorer: {"inputs" and what else it takes} -> {"reconstruction"}, of a task that restores images.
    images: what the restorer takes, by name, of the same examples.
    detector: {"inputs"} -> {"score", "p_value", "is_anomaly", "contributions"}, of one that detects.
    columns: of a table's examples as they were, by the names of the signature.
    format: what examples are to people. label_names: of the classes of a condition, where they have names.
    learned: hashes of the training examples of what generates, in ascending order, to know a copy by.
    channels: of a single series. step: from one of its points to the next, in nanoseconds; 0 without times.
    """

    heads: Heads
    scaler: Scaler
    examples: dict[str, np.ndarray]
    sampler: keras.Model | None
    restorer: keras.Model | None = None
    images: dict[str, np.ndarray] = field(default_factory=dict)
    detector: keras.Model | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    format: Format | None = None
    label_names: tuple[str, ...] = ()
    learned: np.ndarray | None = None
    channels: tuple[str, ...] = ()
    step: int = 0


def load_artifacts(directory: Path) -> Artifacts:
    """What a finished run's folder holds to serve.

    Raises InputError when the run is not finished.
    """
    if not (directory / MODEL_FILE).exists():
        raise InputError(f"{directory} holds no trained model yet; finish it with RESUME=1 (--resume)")
    try:
        heads = Heads.of(load_model(directory / MODEL_FILE), load_model(directory / PRIOR_FILE))
        with np.load(directory / DATA_FILE, allow_pickle=False) as facts:
            scaler = Scaler(
                str(facts["domain"]), facts["offset"], facts["scale"], _preprocessor(directory, facts)
            )
            columns = {
                name.removeprefix(OF_COLUMNS): facts[name] for name in facts if name.startswith(OF_COLUMNS)
            }
            named = {name: facts[name] for name in ("inputs", "condition") if name in facts}
            shown = {
                name.removeprefix(OF_RESTORER): facts[name] for name in facts if name.startswith(OF_RESTORER)
            }
            sampler = load_model(directory / SAMPLER_FILE) or heads.prior
            restorer, detector = load_model(directory / RESTORER_FILE), load_model(directory / DETECTOR_FILE)
            told = from_json(str(facts["format"])) if "format" in facts else None
            format = format_of(told, scaler.domain, named["inputs"].shape[1:])
            names = tuple(facts["label_names"].tolist()) if "label_names" in facts else ()
            learned = facts.get("learned")
            series = (tuple(facts["channels"].tolist()), int(facts["step"])) if "channels" in facts else ()
            return Artifacts(
                heads,
                scaler,
                named,
                sampler,
                restorer,
                shown,
                detector,
                columns,
                format,
                names,
                learned,
                *series,
            )
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{directory} cannot be read ({reason}); train anew") from error


def _preprocessor(directory, facts):
    """What takes a table's columns in, or None."""
    model = load_model(directory / PREPROCESSOR_FILE)
    if model is None:
        return None
    return Preprocessor(model, tuple(facts["columns"].tolist()), facts["groups"])


def save_artifacts(run: Run) -> None:
    """Keeps the heads in the run's folder, which is thereby a finished one's.

    The weights of what was trained are kept too, for they may be more than the heads': a critic's.
    """
    heads, sampler, restorer = run.heads, run.sampler(), run.restorer()
    heads.trained.save_weights(run.directory / WEIGHTS_FILE)
    if heads.prior is not None:
        heads.prior.save(run.directory / PRIOR_FILE)
    if sampler not in (None, heads.prior):
        sampler.save(run.directory / SAMPLER_FILE)
    if restorer is not None:
        restorer.save(run.directory / RESTORER_FILE)
    if run.detector is not None:
        run.detector[0].save(run.directory / DETECTOR_FILE)
    heads.end_to_end.save(run.directory / MODEL_FILE)


def load_model(file: Path) -> keras.Model | None:
    """A model from its file, or None where there is no such file."""
    for folder in (blocks, backbones):
        modules_below(folder)  # where Keras finds our layers by name
    return keras.models.load_model(file, compile=False, safe_mode=True) if file.exists() else None


def save_data_facts(run: Run) -> None:
    """Keeps in the run's folder what serving needs of the data: scaler, hash, and examples to check with."""
    data, task, directory = run.data, run.recipe.task, run.directory
    few = data.test.take(slice(min(64, inference_batch(data.test.shape))))
    named = head_inputs(few, data.classes)
    seeds = tf.stack([tf.zeros(len(few), tf.int64), tf.range(len(few), dtype=tf.int64)], axis=1)
    shown = {}
    if run.restorer() is not None:
        shown = {"inputs": to_rgb(named["inputs"][:TRIED, :TRIED_SIDE, :TRIED_SIDE])}
        if hasattr(task, "restorer_mask"):
            shown["mask"] = task.restorer_mask(shown["inputs"], seeds[:TRIED])
    if not fits(tuple(run.heads.encoder.get_layer("inputs").output.shape[1:]), few.shape):
        named["inputs"] = run.paired.pair(named["inputs"], seeds)[0]
    told = {}
    if data.preprocessor is not None:
        data.preprocessor.model.save(directory / PREPROCESSOR_FILE)
        told = {"columns": np.array(data.preprocessor.columns), "groups": data.preprocessor.groups} | {
            OF_COLUMNS + served: _plain(data.raw[column][: len(few)])
            for served, column in data.preprocessor.signature.items()
        }
    if data.points is not None and data.points.series is not None:
        series = data.points.series
        told = {"channels": np.array(series.names), "step": step_of_time(series)}
    if data.format is not None:
        told["format"] = to_json(data.format)
    if data.domain.one_hot and run.recipe.variant.sampler is not None:
        told["learned"] = np.unique(hashes(data.train.examples.argmax(axis=-1)))
    np.savez(
        directory / DATA_FILE,
        **told,
        label_names=np.array(data.label_names, dtype=str),
        sha256=data.sha256,
        domain=data.domain,
        offset=data.scaler.offset,
        scale=data.scaler.scale,
        **{name: np.asarray(value) for name, value in named.items()},
        **{OF_RESTORER + name: np.asarray(value) for name, value in shown.items()},
    )


def _plain(values):
    """Words as an array that needs no pickle; numbers in the precision that they are served in."""
    return values.astype(str if values.dtype == object else np.float32)


def check_same_data(data: Data, directory: Path) -> None:
    """Raises InputError when a run was begun with other data."""
    with np.load(directory / DATA_FILE, allow_pickle=False) as facts:
        before = str(facts["sha256"])
    if before != data.sha256:
        raise InputError(
            f"the data has changed since {directory} was begun: it had sha256 {before}, "
            f"received {data.sha256}; bring the old data back, or start anew without RESUME=1"
        )


def described(recipe: Recipe) -> dict[str, str]:
    """Every field of a recipe as text, as a run's folder keeps it."""
    return {name: str(value) for name, value in flat(recipe).items()}


def differences(recipe: Recipe, directory: Path) -> dict[str, tuple[str | None, str | None]]:
    """Fields of a recipe that differ from the one a run's folder keeps: (what it was, what it is)."""
    file = directory / RECIPE_FILE
    if not file.exists():
        return {}
    before, now = json.loads(file.read_text()), described(recipe)
    return {
        name: (before.get(name), now.get(name))
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name) and not (name not in before and _is_default(recipe, name))
    }


def _is_default(recipe, path):
    """Whether a field has its default, so that a recipe kept before there was the field is the same."""
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, recipe)
    return any(entry.name == name and entry.default == getattr(owner, name) for entry in fields(owner))
