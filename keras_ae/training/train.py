"""train: the one verb that sees a recipe's data, variant, task and callbacks together."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae import losses
from keras_ae.callbacks.checkpoint import Checkpoint
from keras_ae.callbacks.images import ReconstructionImages
from keras_ae.callbacks.latent import Latent
from keras_ae.callbacks.throughput import Throughput
from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import inference_batch
from keras_ae.recipe import Recipe, flat
from keras_ae.runs.artifacts import STAGED_FILE, save_artifacts, save_model
from keras_ae.runs.checkpoint import completed_epochs, read_state
from keras_ae.runs.data_facts import check_same_data, save_data_facts
from keras_ae.runs.run import Run, load_data
from keras_ae.runs.settings import differences, save_settings
from keras_ae.tensorboard.final import grid_examples
from keras_ae.tensorboard.overview import write_overview
from keras_ae.tensorboard.render import can_draw
from keras_ae.training.trainer import AdversarialTrainer, Trainer

FEW_STEPS = 500
"""Steps below which a run is told to be short; a model of these sizes then hardly begins to learn."""


def train(
    recipe: Recipe, directory: Path, resume: bool = False, report: Callable[[str], None] = print
) -> Run:
    """Trains a recipe into a run's folder and gives the heads of the epoch that it keeps.

    directory: made when it is not there. With `resume`, training goes on from the last whole
    epoch in it, with the same order and noise that an unbroken run would have seen; the recipe
    must then be the same but for its epochs.
    Raises InputError for data that the recipe cannot train on, a folder that cannot be written,
    and a recipe or data other than those to resume.
    """
    claim(recipe, directory, resume)
    checkpoint = directory / "checkpoint"
    data = load_data(recipe, report)
    if not len(data.train):
        raise InputError(
            f"{data.name} is a test set: it is there to measure on, with make evaluate DATA={data.name}, and "
            "not to train on; take other data"
        )
    loss = loss_for(recipe, data)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(recipe.seed)
    paired = PairedData(data, recipe.task, recipe.seed)
    heads = _built(recipe, paired.spec)
    if recipe.variant.sampler is not None:
        recipe.variant.sampler.check(heads)
    recipe.task.check(heads, data)
    state = read_state(checkpoint)
    stages = recipe.variant.stages(heads)
    if state["last"] or any(read_state(checkpoint / stage.name)["last"] for stage in stages):
        check_same_data(data, directory)
    save_data_facts(Run(recipe, directory, data, heads))
    if not state["last"]:
        write_overview(directory, flat(recipe), heads)
    steps = steps_in_epoch(recipe, data)
    report(
        f"training {heads.end_to_end.count_params():,} parameters on {len(data.train):,} examples of shape "
        f"{'x'.join(map(str, data.train.shape))}, {len(data.validation):,} to validate, "
        f"{len(data.test):,} to test"
    )
    if passes(recipe, data) > 1:
        report(f"little data: an epoch goes through it {passes(recipe, data)} times, {steps} steps")
    if steps * recipe.epochs < FEW_STEPS:
        report(
            f"only {steps * recipe.epochs} steps of training in all, which is few: "
            'take more epochs or smaller batches, such as SET="min_steps_per_epoch=100 batch_size=8"'
        )
    if state["epochs"] >= recipe.epochs:
        report('every epoch is done; for more: RESUME=1 SET="epochs=..."')
    if stages and not state["last"]:
        for stage in stages:
            report(f"stage {stage.name}: {stage.epochs} epochs")
            _pretrain(stage, loss, recipe, paired, directory, report)
        save_model(heads.end_to_end, directory / STAGED_FILE)
    trainer = _trainer(recipe, heads, loss, steps * recipe.epochs)
    watching = _watching(directory, recipe, data, checkpoint)
    watching += _showing(directory, recipe, paired, heads)
    history = _fit(trainer, recipe, paired, checkpoint, watching, report)
    (directory / "card.json").unlink(missing_ok=True)  # it spoke of an earlier model
    run = Run(recipe, directory, data, heads, history)
    save_artifacts(run)
    return run


def _trainer(recipe, heads, loss, steps):
    terms, trim = recipe.variant.terms(), recipe.task.trim
    if heads.critic is None:
        return Trainer(heads.trained, loss, terms, steps, heads.samples, trim)
    opposing = recipe.variant.critic_terms()
    return AdversarialTrainer(heads.trained, loss, terms, steps, heads.samples, heads.critic, opposing, trim)


def _pretrain(stage, loss, recipe, paired, directory, report):
    """Trains a stage's own layers, with curves and a checkpoint of its own."""
    recipe = dataclasses.replace(recipe, epochs=stage.epochs)
    checkpoint = directory / "checkpoint" / stage.name
    own = {stage.model.get_layer(name) for name in stage.layers}
    for layer in stage.model.layers:
        layer.trainable = layer in own
    data = paired.data
    trainer = Trainer(
        stage.model,
        loss if "reconstruction" in stage.model.output else None,
        stage.terms,
        stage.epochs * steps_in_epoch(recipe, data),
    )
    _fit(
        trainer,
        recipe,
        paired,
        checkpoint,
        _watching(directory / stage.name, recipe, data, checkpoint),
        report,
    )
    for layer in stage.model.layers:
        layer.trainable = True


def passes(recipe: Recipe, data: Data) -> int:
    """How often an epoch goes through the training examples, for the recipe's least steps of one."""
    once = len(data.train) // min(recipe.batch_size, len(data.train))
    return max(1, -(-recipe.min_steps_per_epoch // once))


def steps_in_epoch(recipe: Recipe, data: Data) -> int:
    """Steps of the optimizer in an epoch."""
    return passes(recipe, data) * (len(data.train) // min(recipe.batch_size, len(data.train)))


def _fit(trainer, recipe, paired, checkpoint, callbacks, report):
    """Trains up to the recipe's epochs from where the checkpoint stands; leaves the weights that it keeps.

    Returns the history of all epochs.
    """
    checkpoint.mkdir(exist_ok=True)
    state = read_state(checkpoint)
    often = passes(recipe, paired.data)
    batches, steps = paired.training_batches(recipe.batch_size, state["epochs"] * often)
    steps *= often
    trainer.prepare(optimizer_for(recipe, steps))
    if state["last"]:
        trainer.load_weights(checkpoint / state["last"])
    if state["epochs"] < recipe.epochs:
        if state["last"]:
            report(f"going on after epoch {state['epochs']} of {recipe.epochs}")
        trainer.fit(
            batches,
            epochs=recipe.epochs,
            initial_epoch=state["epochs"],
            steps_per_epoch=steps,
            validation_data=paired.validation_batches(),
            callbacks=callbacks,
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,
        )
    state = read_state(checkpoint)
    trainer.load_weights(checkpoint / state[recipe.checkpoint])
    return state["history"]


def claim(recipe: Recipe, directory: Path, resume: bool) -> None:
    """Makes a run's folder, or finds it fit to go on in; writes there what recipe it is of.

    Raises InputError when it cannot be written, when it holds a run that is not to be resumed,
    and when what it holds was trained with another recipe.
    """
    changed = differences(recipe, directory) if resume else {}
    changed.pop("epochs", None)
    if changed:
        listing = ", ".join(f"{name} (was {was}, is {now})" for name, (was, now) in changed.items())
        raise InputError(
            f"{directory} was trained with another recipe: {listing}; start anew without RESUME=1"
        )
    checkpoint = directory / "checkpoint"
    try:
        checkpoint.mkdir(parents=True, exist_ok=True)
        if not resume and completed_epochs(checkpoint):
            raise InputError(
                f"{directory} holds a run already; go on with RESUME=1 (--resume), or name another"
            )
        save_settings(recipe, directory)
    except OSError as error:
        raise InputError(f"the run's folder {directory} cannot be written ({error}); name another") from error


def epochs_done(directory: Path) -> int:
    """Whole epochs that a run's folder keeps, those of stages among them."""
    return completed_epochs(directory / "checkpoint")


def loss_for(recipe: Recipe, data: Data) -> Callable:
    """The reconstruction loss, once it is known to agree with the data.

    Raises InputError, with the range found, for values outside [0, 1] that are called of the
    unit interval, and for cross-entropy on real values.
    """
    lowest, highest = _range(data)
    low, high = data.domain.range or (-np.inf, np.inf)
    if not (lowest >= low and highest <= high):
        raise InputError(
            f"a {data.domain.activation} output needs data in [{low:g}, {high:g}]; found {lowest:g} to "
            f"{highest:g}; scale the data into [{low:g}, {high:g}], or call it real: "
            'SET="data.domain=real"'
        )
    if recipe.loss != "auto" and data.domain.one_hot != (recipe.loss == "categorical_crossentropy"):
        raise InputError(
            f"categorical cross-entropy is for classes and classes are for it; received loss={recipe.loss} "
            f'and {data.domain} values; leave the loss at auto: SET="loss=auto"'
        )
    if not data.domain.unit_interval and recipe.loss == "binary_crossentropy":
        raise InputError(
            f"cross-entropy needs data in [0, 1]; found real values, standardized from {lowest:g} to "
            f'{highest:g}; scale the data into [0, 1], or take the other loss: SET="loss=squared_error"'
        )
    likelihood = recipe.variant.likelihood
    if likelihood is not None:
        if recipe.loss != "auto":
            raise InputError(
                f"{type(recipe.variant).__name__} trains on a likelihood, received loss={recipe.loss}; "
                'leave the loss at auto and choose another one with SET="variant.likelihood=..."'
            )
        return losses.LIKELIHOODS[data.domain.likelihood if likelihood == "auto" else likelihood]
    loss = data.domain.loss if recipe.loss == "auto" else losses.LOSSES[recipe.loss]
    return losses.on_reconstruction(loss)


def optimizer_for(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer with its learning-rate schedule, for `steps` steps in an epoch.

    Raises InputError for a name that Keras does not know.
    """
    total = recipe.epochs * steps
    warmup = min(recipe.lr_warmup_steps, total // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else recipe.learning_rate,
        max(1, total - warmup),
        alpha=1.0 if recipe.schedule == "constant" else 0.0,
        warmup_target=recipe.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    try:
        return keras.optimizers.get({"class_name": recipe.optimizer, "config": {"learning_rate": rate}})
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Keras knows no optimizer {recipe.optimizer!r}; adam, adamw and sgd are among them"
        ) from error


def _built(recipe, spec):
    try:
        return recipe.variant.build(spec)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{recipe.variant} cannot be built for {spec}: {error}") from error


def _watching(log_dir, recipe, data, checkpoint):
    """What every training does: keeps its epochs and writes its curves."""
    histogram_every = max(1, recipe.epochs // 20)
    return [
        Checkpoint(checkpoint),  # first, for it stops a run whose losses are not finite
        keras.callbacks.TensorBoard(log_dir, histogram_freq=histogram_every, write_graph=False),
        Throughput(min(recipe.batch_size, len(data.train)), log_dir),
    ]


def _showing(directory, recipe, paired, heads):
    """What the training of the whole shows besides: images, and what the recipe adds."""
    data = paired.data
    # what calibrates holds anomalies too
    shown = data.validation if data.calibration is None else data.calibration
    examples = grid_examples(shown, paired)
    images = [
        ReconstructionImages(
            heads.end_to_end, examples, recipe.task.rows, data.scaler, directory, data.format
        )
    ]
    few = data.validation.take(slice(inference_batch(data.validation.shape)))
    latent = [
        Latent(
            heads,
            head_inputs(few, data.classes),
            data.scaler,
            recipe.variant.sampler,
            directory,
            every=max(1, recipe.epochs // 20),
            format=data.format,
        )
    ]
    return [
        *(images if can_draw(data.train.shape, data.format) else []),
        *(latent if heads.takes_code_alone else []),
        *(make() for make in recipe.callbacks),
    ]


def _range(data):
    """Lowest and highest value over all splits, as a model sees them."""
    ends = [end for split in data.splits.values() for end in (split.examples.min(), split.examples.max())]
    full = 255.0 if data.train.examples.dtype == np.uint8 else 1.0
    return min(ends) / full, max(ends) / full
