"""A trained recipe: reopened from its folder, scored beside its baselines, shown in TensorBoard."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae.board import MOST_POINTS, write_hparams, write_projector
from keras_ae.callbacks import read_state
from keras_ae.data.dataset import Data, Split, Units, held_back_batches, inference_batch, values
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec
from keras_ae.metrics import evaluate as mean_scores
from keras_ae.pictures import drawable, grid, save
from keras_ae.recipe import Recipe, flat

MODEL_FILE = "autoencoder.keras"
RECIPE_FILE = "recipe.json"
DATA_FILE = "data.npz"
SHOWN = 10
"""Examples in a picture grid."""


@dataclass(frozen=True, eq=False)
class Run:
    """A trained recipe.

    directory: where its checkpoint, its TensorBoard events and `autoencoder.keras` lie.
    history: the logs of each epoch, and the seconds it took.
    """

    recipe: Recipe
    directory: Path
    data: Data
    heads: Heads
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the model is called in tables."""
        return self.recipe.name or "model"

    @property
    def latent_dim(self) -> int:
        return int(self.heads.decoder.inputs[0].shape[-1])


def reopen(recipe: Recipe, directory: Path, report: Callable[[str], None] = print) -> Run:
    """A finished run from its folder, with the data that the recipe names in the units it was trained in.

    What differs from the recipe and the data that the run was trained with is reported.
    Raises InputError when the run is not finished, and when the data's shape or domain is not
    the model's.
    """
    heads, units, _ = saved_heads(directory)
    for name, (was, now) in differences(recipe, directory).items():
        report(f"other than in training: {name} was {was}, is {now}")
    data = load_data(recipe, report).in_units(units)
    spec = spec_of(data, partial(recipe.task.pair, domain=data.domain))
    trained = tuple(heads.encoder.inputs[0].shape[1:])
    if trained != spec.input_shape:
        raise InputError(f"the model was trained on examples of shape {trained}, received {spec.input_shape}")
    return Run(recipe, directory, data, heads, read_state(directory / "checkpoint")["history"])


def saved_heads(directory: Path) -> tuple[Heads, Units, np.ndarray]:
    """The heads of a finished run, the units it was trained in, and a few test examples (n, ...).

    Raises InputError when the run is not finished.
    """
    if not (directory / MODEL_FILE).exists():
        raise InputError(f"{directory} holds no trained model yet; finish it with RESUME=1 (--resume)")
    try:
        heads = Heads.of(keras.models.load_model(directory / MODEL_FILE, compile=False, safe_mode=True))
        with np.load(directory / DATA_FILE, allow_pickle=False) as facts:
            units = Units(str(facts["domain"]), facts["offset"], facts["scale"])
            return heads, units, facts["examples"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{directory} cannot be read ({error}); train anew") from error


def save_data_facts(data: Data, directory: Path) -> None:
    """Keeps in the run's folder what serving needs of the data: units, hash, and examples to check with."""
    np.savez(
        directory / DATA_FILE,
        sha256=data.sha256,
        domain=data.domain,
        offset=data.units.offset,
        scale=data.units.scale,
        examples=np.asarray(values(data.test.examples[: min(32, inference_batch(data.test.shape))])),
    )


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
        if before.get(name) != now.get(name)
    }


def evaluate(run: Run) -> dict[str, dict[str, float]]:
    """Test scores of the run's model and of the task's baselines, by row and measure.

    The same test examples and the same noise for each row; the model's row is the last.
    """
    pair = partial(run.recipe.task.pair, domain=run.data.domain)
    batches = held_back_batches(run.data.test, pair, run.recipe.seed)
    predictors = run.recipe.task.baselines(run.data, run.recipe.seed, run.latent_dim)
    predictors[run.name] = partial(_reconstruct, tf.function(run.heads.end_to_end))
    return {name: mean_scores(predict, batches, run.data.domain) for name, predict in predictors.items()}


def show(run: Run, table: dict[str, dict[str, float]]) -> None:
    """Writes what TensorBoard shows of a finished run: scores, hyperparameters, projector, last pictures."""
    write_hparams(run.directory, flat(run.recipe), table[run.name])
    shape = run.data.test.shape
    test = run.data.test.take(slice(min(MOST_POINTS, 256 * inference_batch(shape))))
    examples = np.asarray(values(test.examples))
    encode = tf.function(run.heads.encoder)
    chunks = np.array_split(examples, -(-len(examples) // inference_batch(shape)))
    codes = np.concatenate(
        [encode({"inputs": tf.constant(chunk)}, training=False)["code"] for chunk in chunks]
    )
    names = run.data.label_names
    labels = None if test.labels is None else [names[i] if names else str(i) for i in test.labels]
    write_projector(run.directory, codes, labels, examples, run.data.domain)
    if drawable(shape):
        inputs, targets = grid_examples(run.data.test, run.recipe, run.data.domain)
        outputs = run.heads.end_to_end({"inputs": inputs}, training=False)["reconstruction"]
        save(
            grid(run.recipe.task.rows(inputs, targets, outputs), run.data.domain),
            run.directory / "examples.png",
        )


def grid_examples(split: Split, recipe: Recipe, domain: str) -> tuple[tf.Tensor, tf.Tensor]:
    """(inputs, targets) of the examples in a picture grid: one of each label before a second."""
    order = np.arange(len(split))
    if split.labels is not None:
        _, first = np.unique(split.labels, return_index=True)
        order = np.concatenate([first, np.setdiff1d(order, first)])
    pair = partial(recipe.task.pair, domain=domain)
    parts = zip(*held_back_batches(split.take(order[:SHOWN]), pair, recipe.seed), strict=True)
    inputs, targets = (tf.concat(part, 0) for part in parts)
    return inputs, targets


def load_data(recipe: Recipe, report: Callable[[str], None] = print) -> Data:
    """The recipe's data, its notes reported."""
    data = recipe.data.load()
    for note in data.notes:
        report(note)
    return data


def spec_of(data: Data, pair: Callable) -> Spec:
    """The shapes and the domain that the data has once the task has paired it."""
    inputs, targets = pair(values(data.train.examples[:1]), tf.zeros((1, 2), tf.int64))
    return Spec(tuple(inputs.shape[1:]), tuple(targets.shape[1:]), data.domain)


def _reconstruct(end_to_end, inputs):
    return end_to_end({"inputs": inputs}, training=False)["reconstruction"]
