"""train: the one verb that sees a recipe's data, variant, task and callbacks together."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae import losses
from keras_ae.board import MOST_POINTS, write_hparams, write_overview, write_projector
from keras_ae.callbacks import Checkpoint, Pictures, Throughput, read_state
from keras_ae.data.dataset import Data, held_back_batches, training_batches, values
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec
from keras_ae.metrics import evaluate as mean_scores
from keras_ae.pictures import drawable, grid, save
from keras_ae.recipe import Recipe, flat
from keras_ae.trainees import Trainee

MODEL_FILE = "autoencoder.keras"
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


def train(
    recipe: Recipe, directory: Path, resume: bool = False, report: Callable[[str], None] = print
) -> Run:
    """Trains a recipe into a run's folder and gives the heads of its best validation epoch.

    directory: made when it is not there. With `resume`, training goes on from the last whole
    epoch in it, with the same order and noise that an unbroken run would have seen; the recipe
    must then be the same but for its epochs.
    Raises InputError for data that the recipe cannot train on, a folder that cannot be written,
    and a recipe other than the one to resume.
    """
    checkpoint = _prepare(directory, recipe, resume)
    data = load_data(recipe, report)
    loss = loss_for(recipe, data)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(recipe.seed)
    pair = partial(recipe.task.pair, domain=data.domain)
    heads = recipe.variant.build(spec_of(data, pair))
    state = read_state(checkpoint)
    batches, steps = training_batches(data.train, pair, recipe.batch_size, recipe.seed, state["epochs"])
    validation = held_back_batches(data.validation, pair, max(recipe.batch_size, 128), recipe.seed)
    trainee = Trainee(heads, loss, recipe.variant.terms())
    trainee.compile(optimizer=optimizer_for(recipe, steps))
    if state["last"]:
        trainee.optimizer.build(trainee.trainable_variables)
        trainee.load_weights(checkpoint / state["last"])
        report(f"going on after epoch {state['epochs']} of {recipe.epochs}")
    else:
        write_overview(directory, flat(recipe), heads)
    report(
        f"training {heads.end_to_end.count_params():,} parameters on {len(data.train):,} examples of shape "
        f"{'x'.join(map(str, data.train.shape))}, {len(data.validation):,} to validate, "
        f"{len(data.test):,} to test"
    )
    if state["epochs"] < recipe.epochs:
        trainee.fit(
            batches,
            epochs=recipe.epochs,
            initial_epoch=state["epochs"],
            steps_per_epoch=steps,
            validation_data=validation,
            callbacks=_callbacks(recipe, directory, data, pair, checkpoint),
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,
        )
    state = read_state(checkpoint)
    trainee.load_weights(checkpoint / state["best"])
    heads.end_to_end.save(directory / MODEL_FILE)
    return Run(recipe, directory, data, heads, state["history"])


def reopen(recipe: Recipe, directory: Path, report: Callable[[str], None] = print) -> Run:
    """A finished run from its folder, with the data its recipe names.

    Raises InputError when the run is not finished, and when the data's shape is not the model's.
    """
    file = directory / MODEL_FILE
    if not file.exists():
        raise InputError(f"{directory} holds no trained model yet; finish it with RESUME=1 (--resume)")
    heads = Heads.of(keras.models.load_model(file, compile=False, safe_mode=True))
    data = load_data(recipe, report)
    spec = spec_of(data, partial(recipe.task.pair, domain=data.domain))
    trained = tuple(heads.encoder.inputs[0].shape[1:])
    if trained != spec.input_shape:
        raise InputError(f"the model was trained on examples of shape {trained}, received {spec.input_shape}")
    return Run(recipe, directory, data, heads, read_state(directory / "checkpoint")["history"])


def evaluate(run: Run) -> dict[str, dict[str, float]]:
    """Test scores of the run's model and of the task's baselines, by row and measure.

    The same test examples and the same noise for each row; the model's row is the last.
    """
    pair = partial(run.recipe.task.pair, domain=run.data.domain)
    batches = held_back_batches(run.data.test, pair, 256, run.recipe.seed)
    predictors = run.recipe.task.baselines(run.data, run.recipe.seed, run.latent_dim)
    predictors[run.name] = partial(_reconstruct, tf.function(run.heads.end_to_end))
    return {name: mean_scores(predict, batches, run.data.domain) for name, predict in predictors.items()}


def show(run: Run, table: dict[str, dict[str, float]]) -> None:
    """Writes what TensorBoard shows of a finished run: scores, hyperparameters, projector, last pictures."""
    write_hparams(run.directory, flat(run.recipe), table[run.name])
    test = run.data.test.take(slice(MOST_POINTS))
    examples = np.asarray(values(test.examples))
    encode = tf.function(run.heads.encoder)
    chunks = np.array_split(examples, -(-len(examples) // 256))
    codes = np.concatenate(
        [encode({"inputs": tf.constant(chunk)}, training=False)["code"] for chunk in chunks]
    )
    names = run.data.label_names
    labels = None if test.labels is None else [names[i] if names else str(i) for i in test.labels]
    write_projector(run.directory, codes, labels, examples, run.data.domain)
    if drawable(run.data.test.shape):
        inputs, targets = _shown(run.data.test, run.recipe, run.data.domain)
        outputs = run.heads.end_to_end({"inputs": inputs}, training=False)["reconstruction"]
        save(
            grid(run.recipe.task.rows(inputs, targets, outputs), run.data.domain),
            run.directory / "examples.png",
        )


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


def loss_for(recipe: Recipe, data: Data) -> Callable:
    """The reconstruction loss, once it is known to agree with the data.

    Raises InputError, with the range found, for values outside [0, 1] that are called of the
    unit interval, and for cross-entropy on real values.
    """
    lowest, highest = _range(data)
    if data.domain == "unit" and not (lowest >= 0 and highest <= 1):
        raise InputError(
            f"a sigmoid output needs data in [0, 1]; found {lowest:g} to {highest:g}; "
            'scale the data into [0, 1], or call it real: SET="data.domain=real"'
        )
    if data.domain != "unit" and recipe.loss == "binary_crossentropy":
        raise InputError(
            f"cross-entropy needs data in [0, 1]; found real values, standardised from {lowest:g} to "
            f'{highest:g}; scale the data into [0, 1], or take the other loss: SET="loss=squared_error"'
        )
    return losses.for_domain(data.domain) if recipe.loss == "auto" else getattr(losses, recipe.loss)


def optimizer_for(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer with its learning-rate schedule, for `steps` steps in an epoch.

    Raises InputError for a name that Keras does not know.
    """
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        warmup = min(recipe.warmup, recipe.epochs * steps // 2)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate,
            max(1, recipe.epochs * steps - warmup),
            warmup_target=rate if warmup else None,
            warmup_steps=warmup,
        )
    try:
        return keras.optimizers.get({"class_name": recipe.optimizer, "config": {"learning_rate": rate}})
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Keras knows no optimizer {recipe.optimizer!r}; adam, adamw and sgd are among them"
        ) from error


def _prepare(directory, recipe, resume):
    """Makes the run's folder and its checkpoint folder; refuses to resume another recipe."""
    described = {name: str(value) for name, value in flat(recipe).items()}
    file = directory / "recipe.json"
    if resume and file.exists():
        before = json.loads(file.read_text())
        changed = sorted(
            name
            for name in described.keys() | before.keys()
            if name != "epochs" and described.get(name) != before.get(name)
        )
        if changed:
            listing = ", ".join(
                f"{name} (was {before.get(name)}, is {described.get(name)})" for name in changed
            )
            raise InputError(
                f"{directory} was trained with another recipe: {listing}; start anew without RESUME=1"
            )
    checkpoint = directory / "checkpoint"
    try:
        checkpoint.mkdir(parents=True, exist_ok=True)
        if not resume and read_state(checkpoint)["epochs"]:
            raise InputError(
                f"{directory} holds a run already; go on with RESUME=1 (--resume), or name another"
            )
        file.write_text(json.dumps(described, indent=1))
    except OSError as error:
        raise InputError(
            f"the run's folder {directory} cannot be written ({error.strerror}); name another"
        ) from error
    return checkpoint


def _callbacks(recipe, directory, data, pair, checkpoint):
    histogram_every = max(1, recipe.epochs // 20)
    shown = [Pictures(_shown(data.validation, recipe, data.domain), recipe.task.rows, data.domain, directory)]
    return [
        keras.callbacks.TensorBoard(directory, histogram_freq=histogram_every, write_graph=False),
        Throughput(min(recipe.batch_size, len(data.train)), directory),
        *(shown if drawable(data.train.shape) else []),
        Checkpoint(checkpoint),
        *(make() for make in recipe.callbacks),
    ]


def _shown(split, recipe, domain):
    """The pairs of the first examples, one of each label before a second where there are labels."""
    order = np.arange(len(split))
    if split.labels is not None:
        _, first = np.unique(split.labels, return_index=True)
        order = np.concatenate([first, np.setdiff1d(order, first)])
    pair = partial(recipe.task.pair, domain=domain)
    return next(iter(held_back_batches(split.take(order[:SHOWN]), pair, SHOWN, recipe.seed)))


def _reconstruct(end_to_end, inputs):
    return end_to_end({"inputs": inputs}, training=False)["reconstruction"]


def _range(data):
    """Lowest and highest value over all splits, as a model sees them."""
    ends = [end for split in data.splits.values() for end in (split.examples.min(), split.examples.max())]
    full = 255.0 if data.train.examples.dtype == np.uint8 else 1.0
    return min(ends) / full, max(ends) / full


def epochs_done(directory: Path) -> int:
    """Whole epochs that a run's folder keeps."""
    return read_state(directory / "checkpoint")["epochs"]
