"""Our training of a work, ready in the present process."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import tensorflow as tf

from keras_ae.data.pipeline import PairedData
from keras_ae.experiments.speed.peers.ours import recipe_of
from keras_ae.experiments.speed.work import Work
from keras_ae.runs.plan import plan_for
from keras_ae.training.execution import Execution
from keras_ae.training.monitoring import checkpoint_and_curves, images_and_more
from keras_ae.training.schedule import optimizer_for
from keras_ae.training.train import load_and_build, trainer_for
from keras_ae.training.trainer import Trainer

__all__ = ["PreparedTraining"]


@dataclass(frozen=True)
class PreparedTraining:
    """What a training fits.

    Attributes:
        trainer: The model, prepared for training.
        paired: The data as the task pairs them.
        batches: Those to train on, without end.
        steps: Steps of an epoch.
        callbacks: All that `train` gives to `fit`, which write below the work's folder.
        xla: Whether XLA compiles the step.
    """

    trainer: Trainer
    paired: PairedData
    batches: tf.data.Dataset
    steps: int
    callbacks: list[keras.callbacks.Callback]
    xla: bool

    @classmethod
    def of(cls, work: Work, epochs: int) -> PreparedTraining:
        """Prepares a training.

        Args:
            work: The network, the batch size and the data.
            epochs: Number of epochs, from which follows how often callbacks write.

        Returns:
            The training.
        """
        recipe = recipe_of(work, work.settings, epochs=epochs)
        paired, heads = load_and_build(recipe, lambda line: None)
        plan = plan_for(recipe, len(paired.data.train))
        trainer = trainer_for(recipe, heads, paired.data.train.shape, paired.data.scaler, plan.steps)
        execution = Execution.of(trainer.model, recipe, plan.examples, plan.steps_per_epoch)
        trainer.prepare(optimizer_for(recipe, plan.steps), execution)
        batches, steps = paired.training_batches(recipe.batch_size)
        folder = work.path / f"callbacks-{epochs}"
        (folder / "checkpoint").mkdir(parents=True, exist_ok=True)
        callbacks = checkpoint_and_curves(folder, recipe, plan, folder / "checkpoint")
        callbacks += images_and_more(folder, recipe, plan, paired, heads)
        return cls(trainer, paired, batches, steps, callbacks, recipe.xla)
