"""Training of a recipe: the only function that brings data, variant, task and callbacks together."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import takes_condition
from keras_ae.data.augmentation import augmented, check_augmentations, doubts_about
from keras_ae.data.pipeline import PairedData
from keras_ae.data.scaling import Scaler
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.heads import Heads, Spec, Stage
from keras_ae.recipe import Recipe, flat
from keras_ae.replicas import Replicas
from keras_ae.runs.artifacts import STAGED_FILE, save_artifacts, save_model
from keras_ae.runs.checkpoint import best_epoch, completed_epochs, read_state
from keras_ae.runs.data_facts import check_same_data, save_data_facts
from keras_ae.runs.folders import check_unused
from keras_ae.runs.plan import Plan, continued, plan_for, read_plan, save_plan
from keras_ae.runs.run import MOST_FITTED, Run, load_data
from keras_ae.runs.saveable import check_saveable
from keras_ae.runs.settings import as_begun, save_settings
from keras_ae.tensorboard.augmented import write_augmented
from keras_ae.tensorboard.overview import write_overview
from keras_ae.training.adversarial import AdversarialTrainer
from keras_ae.training.cluster import VARIABLE, cluster_in
from keras_ae.training.cross_fitting import with_fold_scores
from keras_ae.training.examples import Examples
from keras_ae.training.execution import Execution
from keras_ae.training.freezing import check_freezing, frozen, thawing
from keras_ae.training.monitoring import checkpoint_and_curves, images_and_more, progress
from keras_ae.training.objective import loss_for, loss_in
from keras_ae.training.schedule import optimizer_for
from keras_ae.training.trainer import Trainer
from keras_ae.training.warm_start import warm_start

__all__ = [
    "build",
    "claim",
    "claimable",
    "epochs_done",
    "load_and_build",
    "take_part",
    "train",
    "trainer_for",
]

MOST_INITIAL = 2**29
"""Bytes of examples from disk, as float32, that weights are initialized by."""


def train(
    recipe: Recipe,
    directory: Path,
    resume: bool = False,
    report: Callable[[str], None] = print,
    verbose: int = 1,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    loaded: tuple[PairedData, Heads] | None = None,
    shared: Replicas | None = None,
) -> Run:
    """Trains a recipe into a run's folder, of which nothing is written where the data are refused.

    Args:
        recipe: The recipe.
        directory: The run's folder, created if it is missing.
        resume: Whether to resume after the last complete epoch in the folder, with the same order and noise
            as an uninterrupted run; the recipe may then differ only in its epochs.
        report: Called with each line about progress.
        verbose: 0 prints nothing of epochs, 1 a progress bar on a terminal and in a notebook, and elsewhere
            about thirty lines, 2 a line for each epoch.
        callbacks: Keras callbacks in addition to the recipe's own.
        loaded: What `load_and_build` gave for the recipe just before; None loads it here.
        shared: The workers that share the training, of which this is the chief; None for one process.

    Returns:
        The run, with the weights of the epoch that `recipe.checkpoint` selects.

    Raises:
        InputError: If the recipe cannot train on the data, its layers cannot be saved, the folder cannot be
            written, or the recipe or the data differ from those of the run to resume.
    """
    shared = shared or alone()
    recipe = claimable(recipe, directory, resume)
    paired, heads = loaded or load_and_build(recipe, report)
    data = paired.data
    check_saveable(heads.end_to_end, lambda: paired.held_back_batch(data.validation.take(slice(2)))[0])
    if heads.prior is not None:
        check_saveable(heads.prior)
    checkpoint = claim(recipe, directory)
    loss = loss_in(recipe, data.domain)
    state = read_state(checkpoint)
    stages = recipe.variant.stages(heads)
    begun = bool(state["last"]) or any(read_state(checkpoint / stage.name)["last"] for stage in stages)
    if begun:
        check_same_data(data, directory)
    plan = _planned(recipe, data, directory, begun)
    run = Run(recipe, directory, data, heads)
    save_data_facts(run)
    if not state["last"]:
        write_overview(directory, flat(recipe), heads)
        write_augmented(directory, paired)
    _report_plan(plan, data, heads, report)
    states = {stage.name: read_state(checkpoint / stage.name) for stage in stages} | {"": state}
    shared.exchanged({"plan": dataclasses.asdict(plan), "states": states}, last=True)
    for doubt in doubts_about(recipe.augment, data):
        report(doubt)
    if run.validation_caution:
        report(run.validation_caution)
    if recipe.warm_start and not begun:
        report(str(warm_start(heads, recipe.warm_start, recipe.freeze)))
    if plan.stops_after(state["history"]):
        report('all epochs are done; to train for more: RESUME=1 SET="epochs=..."')
    initial = heads.trained.get_weights()
    if stages and not state["last"]:
        for stage in stages:
            report(f"stage {stage.name}: {stage.epochs} epochs")
            _train_stage(stage, loss, recipe, plan, paired, directory, report, verbose, shared)
        save_model(heads.end_to_end, directory / STAGED_FILE)
    trainer = trainer_for(recipe, heads, data.train.shape, data.scaler, plan.steps, shared)
    own = checkpoint_and_curves(directory, recipe, plan, checkpoint)
    own += images_and_more(directory, recipe, plan, paired, heads)
    with frozen(recipe, heads):
        history = _fit(trainer, recipe, plan, paired, checkpoint, [*own, *callbacks], report, verbose)
    trainer.replicas = Replicas()
    shared.leave()  # the others end here
    data = with_fold_scores(trainer, heads, recipe, data, plan, history, initial)
    (directory / "card.json").unlink(missing_ok=True)  # it described an earlier model
    run = Run(recipe, directory, data, heads, history)
    save_artifacts(run)
    return run


def take_part(
    recipe: Recipe, loaded: tuple[PairedData, Heads], shared: Replicas, report: Callable[[str], None] = print
) -> None:
    """Trains a recipe along with the chief of several workers, and writes nothing that lasts.

    Args:
        recipe: The recipe.
        loaded: What `load_and_build` gave for the recipe.
        shared: The workers that share the training.
        report: Called with each line about progress.
    """
    paired, heads = loaded
    start = shared.exchanged({}, last=True)[0]
    plan, state = Plan(**start["plan"]), start["states"][""]
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        for name, known in start["states"].items():
            (directory / "checkpoint" / name).mkdir(parents=True, exist_ok=True)
            replace_text(directory / "checkpoint" / name / "state.json", json.dumps(known))
        loss = loss_in(recipe, paired.data.domain)
        for stage in () if state["last"] else recipe.variant.stages(heads):
            _train_stage(stage, loss, recipe, plan, paired, directory, report, 1, shared)
        trainer = trainer_for(recipe, heads, paired.data.train.shape, paired.data.scaler, plan.steps, shared)
        checkpoint = directory / "checkpoint"
        callbacks = checkpoint_and_curves(directory, recipe, plan, checkpoint, is_chief=False)
        callbacks += [make() for make in recipe.callbacks]
        with frozen(recipe, heads):
            _fit(trainer, recipe, plan, paired, checkpoint, callbacks, report, 1)


def alone() -> Replicas:
    """The replicas of a training that no others were started for.

    Returns:
        One.

    Raises:
        InputError: If TF_CONFIG names several workers.
    """
    if (cluster := cluster_in(os.environ)) is not None:
        raise InputError(
            f"{VARIABLE} names {len(cluster.addresses)} workers, and only keras-ae train shares a training "
            f"among them; unset {VARIABLE}"
        )
    return Replicas()


def load_and_build(recipe: Recipe, report: Callable[[str], None] = print) -> tuple[PairedData, Heads]:
    """Loads a recipe's data, builds and initializes its heads, and checks that they agree.

    Args:
        recipe: The recipe.
        report: Called with each note about the data.

    Returns:
        The data as the task pairs them, and the untrained heads.

    Raises:
        InputError: If the recipe cannot train on the data.
    """
    return build(recipe, load_data(recipe, report))


def build(recipe: Recipe, data: Data) -> tuple[PairedData, Heads]:
    """Builds and initializes a recipe's heads for data, and checks that they agree.

    Args:
        recipe: The recipe.
        data: As the recipe's task prepares them.

    Returns:
        The data as the task pairs them, and the untrained heads.

    Raises:
        InputError: If the recipe cannot train on the data.
    """
    if not len(data.train):
        raise InputError(
            f"{data.name} is a test set, for evaluation with make evaluate DATA={data.name} only; "
            "train on other data"
        )
    loss_for(recipe, data)
    check_augmentations(recipe.augment, data)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(recipe.seed)
    paired = PairedData(data, recipe.task, recipe.seed, recipe.augment)
    heads = _heads(recipe, paired.spec)
    if recipe.variant.sampler is not None:
        recipe.variant.sampler.check(heads)
    recipe.task.check(heads, data)
    check_freezing(recipe, heads)
    recipe.variant.initialize(heads, lambda: _initial_examples(data))
    return paired, heads


def _initial_examples(data: Data) -> np.ndarray:
    """Training examples (n, ...) that weights are set from."""
    return np.asarray(values(data.train.thin(MOST_FITTED).in_memory(MOST_INITIAL).examples))


def claimable(recipe: Recipe, directory: Path, resume: bool) -> Recipe:
    """Checks that a recipe can be trained into a folder, before anything is loaded or written.

    Args:
        recipe: The recipe to train.
        directory: The run's folder, which need not exist.
        resume: Whether to resume its run.

    Returns:
        The recipe to train.

    Raises:
        InputError: If the folder is none, contains a run although `resume` is false, or contains a run of
            another recipe.
    """
    if not resume:
        check_unused(directory)
    return as_begun(recipe, directory) if resume else recipe


def claim(recipe: Recipe, directory: Path) -> Path:
    """Creates a run's folder and writes the recipe into it.

    Args:
        recipe: The recipe to train, as `claimable` gave it.
        directory: The run's folder.

    Returns:
        The folder of its checkpoint.

    Raises:
        InputError: If the folder cannot be written.
    """
    checkpoint = directory / "checkpoint"
    try:
        checkpoint.mkdir(parents=True, exist_ok=True)
        save_settings(recipe, directory)
    except OSError as error:
        raise InputError(
            f"the run's folder {directory} cannot be written ({error}); name another folder"
        ) from error
    return checkpoint


def epochs_done(directory: Path) -> int:
    """The number of complete epochs in a run's folder, including those of stages.

    Args:
        directory: The run's folder.

    Returns:
        The number of epochs; 0 for a folder without a run.
    """
    return completed_epochs(directory / "checkpoint")


def _heads(recipe: Recipe, spec: Spec) -> Heads:
    try:
        return recipe.task.extend(recipe.variant.build(spec), spec)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            f"{recipe.variant} cannot be built for {spec}: {error}; "
            "choose sizes that fit the data, or another backbone or variant"
        ) from error


def _planned(recipe: Recipe, data: Data, directory: Path, begun: bool) -> Plan:
    """The plan of a training, which is written into the run's folder."""
    before = read_plan(directory) if begun else None
    plan = plan_for(recipe, len(data.train)) if before is None else continued(before, recipe)
    save_plan(plan, directory)
    return plan


def _report_plan(plan: Plan, data: Data, heads: Heads, report: Callable[[str], None]) -> None:
    """Reports the size of the model and the data, and the length of the training."""
    report(
        f"training {heads.end_to_end.count_params():,} parameters on {data.train.described} of "
        f"shape {'x'.join(map(str, data.train.shape))}, {data.validation.in_words} to validate, "
        f"{data.test.in_words} to test"
    )
    unlearned = np.setdiff1d(np.arange(data.classes), data.learned_classes)
    if len(unlearned) and takes_condition(heads):
        names = [data.label_names[index] if data.label_names else str(index) for index in unlearned]
        report(f"no training example of {', '.join(names[:10])}, which is not sampled: use another split")
    report(str(plan))


def trainer_for(
    recipe: Recipe,
    heads: Heads,
    shape: tuple[int | None, ...],
    scaler: Scaler,
    steps: int,
    shared: Replicas | None = None,
) -> Trainer:
    """The Keras model that trains all heads on the whole objective of a recipe.

    Args:
        recipe: The recipe.
        heads: The heads to train.
        shape: The shape of an example.
        scaler: The scaler of the examples.
        steps: Steps of the whole run, for the terms' schedules.
        shared: The workers that share the training; None for one process.

    Returns:
        The trainer, not compiled.
    """
    assert heads.trained is not None  # guaranteed by Heads
    inputs, domain = heads.encoder.get_layer("inputs").output, scaler.domain
    examples = Examples(
        lambda batch, seeds: recipe.task.pair(batch, seeds, domain),
        shape,
        tuple(inputs.shape[1:]),
        domain,
        recipe.seed,
        scaler.full_scale,
        lambda batch, seeds: augmented(recipe.augment, batch, seeds, domain),
    )
    loss, terms = recipe.task.objective(loss_in(recipe, domain), recipe.variant.terms())
    settings: dict[str, Any] = {
        "terms": terms,
        "steps": steps,
        "samples": heads.samples,
        "trim": recipe.task.trim,
        "split_metrics": recipe.variant.split_metrics(heads),
        "heads": heads,
        "examples": examples,
        "replicas": shared,
    }
    if heads.critic is None:
        return Trainer(heads.trained, loss, **settings)
    critics: dict[str, Any] = {"critic": heads.critic, "critic_terms": recipe.variant.critic_terms()}
    return AdversarialTrainer(heads.trained, loss, **settings, **critics)


def _train_stage(
    stage: Stage,
    loss: Callable,
    recipe: Recipe,
    plan: Plan,
    paired: PairedData,
    directory: Path,
    report: Callable[[str], None],
    verbose: int,
    shared: Replicas,
) -> None:
    """Trains a stage's layers, with its own curves and checkpoint."""
    plan = dataclasses.replace(plan, epochs=stage.epochs, patience=None)
    checkpoint = directory / "checkpoint" / stage.name
    trained = {stage.model.get_layer(name) for name in stage.layers}
    for layer in stage.model.layers:
        layer.trainable = layer in trained
    trainer = Trainer(
        stage.model,
        loss if "reconstruction" in stage.model.output else None,
        stage.terms,
        plan.steps,
        replicas=shared,
    )
    callbacks = checkpoint_and_curves(
        directory / stage.name, recipe, plan, checkpoint, is_chief=shared.index == 0
    )
    _fit(trainer, recipe, plan, paired, checkpoint, callbacks, report, verbose)
    for layer in stage.model.layers:
        layer.trainable = True
    if stage.finish is not None:
        stage.finish(lambda: _initial_examples(paired.data))


def _fit(
    trainer: Trainer,
    recipe: Recipe,
    plan: Plan,
    paired: PairedData,
    checkpoint: Path,
    callbacks: Sequence[keras.callbacks.Callback],
    report: Callable[[str], None],
    verbose: int,
) -> list[dict[str, float]]:
    """Trains from the checkpoint to the plan's end and loads the best or last weights.

    Returns the history of all epochs.
    """
    checkpoint.mkdir(exist_ok=True)
    state, shared = read_state(checkpoint), trainer.replicas
    part = (shared.index, shared.count)
    batches, _ = paired.training_batches(recipe.batch_size, state["epochs"] * plan.passes_per_epoch, part)
    execution: Execution | None = Execution.of(trainer.model, recipe, plan.examples, plan.steps_per_epoch)
    if shared.count > 1:
        execution = None  # one step in a call, as Keras does it
    optimizer = optimizer_for(recipe, plan.steps)
    trainer.prepare(thawing(optimizer, recipe, trainer.heads, plan.steps_per_epoch), execution)
    if state["last"] and shared.index == 0:
        trainer.load_weights(checkpoint / state["last"])
    trainer.take_weights_of_chief()
    if not plan.stops_after(state["history"]):
        if state["last"]:
            report(f"resuming after epoch {state['epochs']} of {plan.epochs}")
        keras_verbose, lines = progress(verbose, report, state["history"])
        trainer.fit(
            batches,
            epochs=plan.epochs,
            initial_epoch=state["epochs"],
            steps_per_epoch=plan.steps_per_epoch,
            validation_data=paired.validation_batches(part),
            callbacks=[*callbacks, *lines],
            shuffle=False,
            verbose=keras_verbose,
        )
        _report_end(plan, read_state(checkpoint)["history"], report)
        if shared.count > 1:
            _report_communication(trainer, plan, read_state(checkpoint)["history"][-1]["seconds"], report)
    state = read_state(checkpoint)
    if shared.index:
        return state["history"]
    trainer.load_weights(checkpoint / state[recipe.checkpoint])
    return state["history"]


def _report_communication(trainer, plan, seconds, report):
    """Reports the part of an epoch that the sums of the gradients take."""
    size = sum(prod(weight.shape) for weight in trainer.trainable_variables)
    each = trainer.replicas.seconds_of(size)
    report(
        f"communication: {1000 * each:.1f} ms for the gradients of a step, {size:,} numbers; "
        f"{min(1.0, plan.steps_per_epoch * each / seconds):.0%} of an epoch"
    )


def _report_end(plan, history, report):
    """Reports an end before the last epoch."""
    if len(history) < plan.epochs:
        best = best_epoch(history)
        report(f"stopped after epoch {len(history)} of {plan.epochs}: the best one is epoch {best}")
