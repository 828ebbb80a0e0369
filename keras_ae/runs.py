"""A trained recipe: reopened from its folder, scored beside its baselines, shown in TensorBoard."""

from __future__ import annotations

import importlib
import json
import pkgutil
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae import blocks
from keras_ae.blocks.colour import in_colour
from keras_ae.board import MOST_POINTS, write_hparams, write_projector
from keras_ae.callbacks import read_state
from keras_ae.data.dataset import (
    Data,
    Dataset,
    Split,
    Units,
    held_back_batches,
    inference_batch,
    values,
    whole_batches,
)
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec, apply
from keras_ae.latent import pictures
from keras_ae.metrics import active_units
from keras_ae.metrics import evaluate as mean_scores
from keras_ae.pictures import drawable, grid, save
from keras_ae.recipe import Recipe, flat
from keras_ae.samplers import drawing

MODEL_FILE = "autoencoder.keras"
RECIPE_FILE = "recipe.json"
PRIOR_FILE = "prior.keras"
RESTORER_FILE = "restorer.keras"
OF_RESTORER = "restorer_"
"""What the names of the arrays begin with that are kept for the restorer."""
SAMPLER_FILE = "sampler.keras"
"""Of a variant that generates, its sampler as the export serves it."""
WEIGHTS_FILE = "trained.weights.h5"
STAGED_FILE = "staged.keras"
"""The end-to-end model of a run of several stages as it was before the last one."""
DATA_FILE = "data.npz"
MOST_FITTED = 10_000
"""Training examples whose codes a sampler is fitted to."""
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
        """Numbers in a code."""
        return self.heads.latent_dim

    @property
    def stages(self) -> dict[str, list[dict[str, float]]]:
        """The histories of what was trained before the whole, by the stage's name."""
        files = sorted((self.directory / "checkpoint").glob("*/state.json"))
        return {file.parent.name: read_state(file.parent)["history"] for file in files}

    def sampler(self) -> keras.Model | None:
        """The variant's sampler, fitted to training codes; None where it does not generate."""
        sampler = getattr(self.recipe.variant, "sampler", None)
        if sampler is None:
            return None
        return sampler.fit(self.heads, self.encode(self.data.train.thin(MOST_FITTED)))

    def restorer(self) -> keras.Model | None:
        """The task's head that takes and gives pictures of any size, or None."""
        fits = hasattr(self.recipe.task, "restorer") and hasattr(self.recipe.variant, "reach")
        return self.recipe.task.restorer(self.heads) if fits else None

    def encode(self, split: Split) -> dict[str, np.ndarray]:
        """What the encoder gives of a split's examples, uncorrupted, by output name.

        Of a network with skips, the mean code over all places of what the task makes of the examples.
        """
        if self.heads.takes_code_alone:
            return outputs_of(self.heads.encoder, split, self.data.classes)
        batches = held_back_batches(split, partial(self.recipe.task.pair, domain=self.data.domain), 0)
        codes = [apply(self.heads.encoder, named)["code"] for named, _ in batches]
        return {"code": np.concatenate([np.mean(code, axis=(1, 2)) for code in codes])}


def reopen(
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
    kept = saved(directory)
    for name, (was, now) in differences(recipe, directory).items():
        report(f"other than in training: {name} was {was}, is {now}")
    data = load_data(recipe, report).in_units(kept.units)
    trained = tuple(kept.heads.encoder.get_layer("inputs").output.shape[1:])
    pair = partial(recipe.task.pair, domain=data.domain)
    spec = spec_of(data, pair)
    if measured_on is not None:
        data, spec = _measured_on(measured_on, data, pair, trained, report)
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


def _measured_on(dataset, data, pair, trained, report):
    """The data with a published set in the place of its test split, and what the network then sees."""
    tested = dataset.load()
    if not fits(trained, spec_of(tested, pair).input_shape):
        tested = replace(dataset, channels=data.train.shape[-1]).load()  # grey for a network of grey
    for note in tested.notes:
        report(note)
    data = replace(data, name=tested.name, test=tested.test, whole=tested.whole)
    return data, spec_of(tested, pair)


def fits(taken: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    """Whether a model that takes a shape, with None for any length, takes examples of another."""
    return len(taken) == len(shape) and all(
        wanted in (None, given) for wanted, given in zip(taken, shape, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Saved:
    """What a finished run's folder holds to serve.

    examples: a few of the test split, as the heads take them, by name: "inputs" (n, ...), and
        "condition" (n, classes) where they are labelled.
    sampler: {"noise"} -> {"code"}, of a variant that generates.
    restorer: {"inputs" and what else it takes} -> {"reconstruction"}, of a task that restores pictures.
    pictures: what the restorer takes, by name, of the same examples.
    """

    heads: Heads
    units: Units
    examples: dict[str, np.ndarray]
    sampler: keras.Model | None
    restorer: keras.Model | None = None
    pictures: dict[str, np.ndarray] = field(default_factory=dict)


def saved(directory: Path) -> Saved:
    """What a finished run's folder holds to serve.

    Raises InputError when the run is not finished.
    """
    if not (directory / MODEL_FILE).exists():
        raise InputError(f"{directory} holds no trained model yet; finish it with RESUME=1 (--resume)")
    try:
        heads = Heads.of(_loaded(directory / MODEL_FILE), _loaded(directory / PRIOR_FILE))
        with np.load(directory / DATA_FILE, allow_pickle=False) as facts:
            units = Units(str(facts["domain"]), facts["offset"], facts["scale"])
            named = {name: facts[name] for name in ("inputs", "condition") if name in facts}
            shown = {
                name.removeprefix(OF_RESTORER): facts[name] for name in facts if name.startswith(OF_RESTORER)
            }
            sampler = _loaded(directory / SAMPLER_FILE) or heads.prior
            return Saved(heads, units, named, sampler, _loaded(directory / RESTORER_FILE), shown)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{directory} cannot be read ({error}); train anew") from error


def save_heads(run: Run) -> None:
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
    heads.end_to_end.save(run.directory / MODEL_FILE)


def _loaded(file):
    for info in pkgutil.iter_modules(blocks.__path__):
        importlib.import_module(f"{blocks.__name__}.{info.name}")  # where Keras finds our layers by name
    return keras.models.load_model(file, compile=False, safe_mode=True) if file.exists() else None


def save_data_facts(run: Run) -> None:
    """Keeps in the run's folder what serving needs of the data: units, hash, and examples to check with."""
    data, task, directory = run.data, run.recipe.task, run.directory
    few = data.test.take(slice(min(64, inference_batch(data.test.shape))))
    named = named_examples(few, data.classes)
    seeds = tf.stack([tf.zeros(len(few), tf.int64), tf.range(len(few), dtype=tf.int64)], axis=1)
    shown = {}
    if run.restorer() is not None:
        shown = {"inputs": in_colour(named["inputs"])}
        if hasattr(task, "restorer_mask"):
            shown["mask"] = task.restorer_mask(shown["inputs"], seeds)
    if not fits(tuple(run.heads.encoder.get_layer("inputs").output.shape[1:]), few.shape):
        named["inputs"] = task.pair(named["inputs"], seeds, data.domain)[0]
    np.savez(
        directory / DATA_FILE,
        sha256=data.sha256,
        domain=data.domain,
        offset=data.units.offset,
        scale=data.units.scale,
        **{name: np.asarray(value) for name, value in named.items()},
        **{OF_RESTORER + name: np.asarray(value) for name, value in shown.items()},
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

    The same test examples and the same noise for each row; the model's row is the last. Where the
    run had stages, a row before it is of the model as it was before the last one. A measure that
    is not defined for a row is missing from it.
    """
    task, seed = run.recipe.task, run.recipe.seed
    pair = partial(task.pair, domain=run.data.domain)
    held_back = held_back_batches(run.data.test, pair, seed, run.data.classes)
    measures = task.measures() if hasattr(task, "measures") else None
    predictors = {
        name: lambda named, predict=predict: predict(named["inputs"])
        for name, predict in task.baselines(run.data, seed, run.latent_dim).items()
    }
    staged = _loaded(run.directory / STAGED_FILE)
    if staged is not None:
        predictors["before fine-tuning"] = reconstructor(staged)
    predictors[run.name] = reconstructor(run.heads.end_to_end)
    table = {}
    for name, predict in predictors.items():
        batches = held_back if run.data.whole is None else whole_batches(run.data, pair, seed)
        table[name] = mean_scores(predict, batches, run.data.domain, measures)
    table[run.name] |= _terms(run, held_back)
    if hasattr(task, "figures"):
        sampler = run.sampler()
        found = task.figures(run.heads, run.data, seed, sampler and drawing(sampler))
        for row, figures in found.items():
            table[run.name if row == "model" else row] |= figures
    return table


def _terms(run, batches):
    """Test means of the variant's terms, as the end of training weighs them, and how much of a code is used.

    That is the number of active units of a posterior, and of codes where they are whole numbers.
    """
    forward = tf.function(partial(apply, run.heads.trained))
    terms, counts, means, numbers = run.recipe.variant.terms(), [], [], set()
    found: dict[str, list] = {term.name: [] for term in terms}
    for named, targets in batches:
        outputs = forward(named) | {"progress": tf.ones(())}
        counts.append(len(targets))
        if "mean" in outputs:
            means.append(outputs["mean"])
        if outputs["code"].dtype.is_integer:
            numbers |= set(np.unique(outputs["code"]))
        for term in terms:
            found[term.name].append(float(tf.reduce_mean(term.value(outputs))))
    scores = {name: float(np.average(values, weights=counts)) for name, values in found.items()}
    scores |= {"active_units": active_units(np.concatenate(means))} if means else {}
    return scores | ({"codes_used": len(numbers)} if numbers else {})


def restoration(run: Run) -> dict[str, int] | None:
    """What is to be known of a run's restorer to restore a picture in tiles; None where it has none.

    scale: how much larger pictures become. coloured: whether grey ones become coloured. reach: pixels
    around a pixel that its restoration may depend on. multiple: tiles that begin at multiples of it are
    restored as the whole is.
    """
    if run.restorer() is None:
        return None
    variant = run.recipe.variant
    return {
        "scale": getattr(run.recipe.task, "scale", 1),
        "coloured": getattr(run.recipe.task, "coloured", False),
        "reach": variant.reach,
        "multiple": variant.multiple,
    }


def show(run: Run, table: dict[str, dict[str, float]]) -> None:
    """Writes what TensorBoard shows of a finished run: scores, hyperparameters, projector, last pictures."""
    write_hparams(run.directory, flat(run.recipe), table[run.name])
    shape = run.data.test.shape
    test = run.data.test.take(slice(min(MOST_POINTS, 256 * inference_batch(shape))))
    examples = np.asarray(values(test.examples))
    encoded = run.encode(test)
    codes = encoded.get("quantized", encoded["code"]).reshape(len(examples), -1)
    names = run.data.label_names
    labels = None if test.labels is None else [names[i] if names else str(i) for i in test.labels]
    write_projector(run.directory, codes, labels, examples, run.data.domain)
    if drawable(shape):
        named, targets = grid_examples(run.data.test, run.recipe, run.data)
        outputs = apply(run.heads.end_to_end, named)["reconstruction"]
        rows = run.recipe.task.rows(named["inputs"], targets, outputs)
        save(grid(rows, run.data.domain), run.directory / "examples.png")
        encoded = run.encode(run.data.train.thin(MOST_FITTED))
        shown = pictures(
            run.heads,
            encoded,
            named_examples(run.data.train.take(slice(1)), run.data.classes),
            run.data.domain,
            getattr(run.recipe.variant, "sampler", None),
        )
        for name, picture in shown.items():
            save(picture, run.directory / f"{name}.png")


def grid_examples(split: Split, recipe: Recipe, data: Data) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """(tensors by name, targets) of a split's examples for a grid: one of each label before a second."""
    order = np.arange(len(split))
    if split.labels is not None:
        _, first = np.unique(split.labels, return_index=True)
        order = np.concatenate([first, np.setdiff1d(order, first)])
    pair = partial(recipe.task.pair, domain=data.domain)
    batches = list(held_back_batches(split.take(order[:SHOWN]), pair, recipe.seed, data.classes))
    named = {name: tf.concat([part[name] for part, _ in batches], 0) for name in batches[0][0]}
    return named, tf.concat([targets for _, targets in batches], 0)


def load_data(recipe: Recipe, report: Callable[[str], None] = print) -> Data:
    """The recipe's data, its notes reported."""
    data = recipe.data.load()
    for note in data.notes:
        report(note)
    return data


def spec_of(data: Data, pair: Callable) -> Spec:
    """The shapes and the domain that the data has once the task has paired it."""
    examples = data.train.examples if len(data.train) else data.test.examples
    inputs, targets = pair(values(examples[:1]), tf.zeros((1, 2), tf.int64))
    return Spec(tuple(inputs.shape[1:]), tuple(targets.shape[1:]), data.domain, data.classes)


def named_examples(split: Split, classes: int) -> dict[str, tf.Tensor]:
    """A split's examples as heads take them: "inputs", and "condition" where there are classes."""
    condition = {"condition": tf.one_hot(split.labels, classes)} if classes else {}
    return {"inputs": values(split.examples)} | condition


def outputs_of(model: keras.Model, split: Split, classes: int) -> dict[str, np.ndarray]:
    """Every output of a model for a split's examples, uncorrupted, by name: (n, ...) each."""
    size = inference_batch(split.shape)
    parts = [
        apply(model, named_examples(split.take(slice(start, start + size)), classes))
        for start in range(0, len(split), size)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def reconstructor(end_to_end: keras.Model) -> Callable[[dict], tf.Tensor]:
    """A predictor (tensors by name) -> reconstruction."""
    taken = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in end_to_end.inputs}
    run = tf.function(lambda named: apply(end_to_end, named)["reconstruction"], input_signature=[taken])
    return lambda named: run({name: named[name] for name in taken})
