"""The callbacks of a training: checkpoint, curves, images, and what is printed of epochs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras

from keras_ae.callbacks.checkpoint import Checkpoint
from keras_ae.callbacks.early_stopping import EarlyStopping
from keras_ae.callbacks.epoch_lines import EpochLines
from keras_ae.callbacks.histograms import WeightHistograms
from keras_ae.callbacks.images import ReconstructionImages
from keras_ae.callbacks.latent import LatentSpace
from keras_ae.callbacks.progress_bar import ProgressBar
from keras_ae.callbacks.sounds import ReconstructionSounds
from keras_ae.callbacks.throughput import Throughput
from keras_ae.callbacks.weights import WeightSparsity
from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.heads import Heads, inference_batch
from keras_ae.recipe import Recipe
from keras_ae.runs.plan import Plan
from keras_ae.tensorboard.final import grid_examples
from keras_ae.tensorboard.render import can_render

__all__ = ["checkpoint_and_curves", "images_and_more", "progress"]


def checkpoint_and_curves(
    log_dir: Path, recipe: Recipe, plan: Plan, checkpoint: Path, is_chief: bool = True
) -> list[keras.callbacks.Callback]:
    """The callbacks of every training, also of a single stage.

    Args:
        log_dir: The folder for TensorBoard.
        recipe: The recipe.
        plan: The plan of the training.
        checkpoint: The folder of the checkpoint.
        is_chief: Whether this process is the one that writes, of several workers.

    Returns:
        The callbacks in their order.
    """
    saving = Checkpoint(checkpoint, saves_weights=is_chief)
    if not is_chief:
        return [saving, EarlyStopping(plan, saving)]
    return [
        saving,  # first, because it stops a run whose losses are not finite
        EarlyStopping(plan, saving),
        keras.callbacks.TensorBoard(log_dir, write_graph=False),
        WeightHistograms(log_dir, _every(plan)),
        Throughput(min(recipe.batch_size, plan.examples), log_dir),
    ]


def images_and_more(
    log_dir: Path, recipe: Recipe, plan: Plan, paired: PairedData, heads: Heads
) -> list[keras.callbacks.Callback]:
    """The callbacks of the whole model: its weights, images of reconstructions and codes, the recipe's own.

    Args:
        log_dir: The run's folder.
        recipe: The recipe.
        plan: The plan of the training.
        paired: The data as the task pairs them.
        heads: The heads that are trained.

    Returns:
        The callbacks in their order.
    """
    data = paired.data
    callbacks: list[keras.callbacks.Callback] = [WeightSparsity(heads.end_to_end, log_dir, _every(plan))]
    if can_render(data.train.shape, data.format, data.domain.one_hot):
        # examples for calibration include anomalies too
        split = data.validation if data.calibration is None else data.calibration
        examples = grid_examples(split, paired)
        callbacks.append(
            ReconstructionImages(
                heads.end_to_end, examples, recipe.task.rows, data.scaler, log_dir, data.format
            )
        )
        if data.format is not None and data.format.plays_examples:
            settings = (examples, recipe.task.rows, data.scaler, log_dir, data.format, _every(plan))
            callbacks.append(ReconstructionSounds(heads.end_to_end, *settings))
    if heads.takes_code_alone:
        few = data.validation.take(slice(inference_batch(data.validation.shape)))
        callbacks.append(
            LatentSpace(
                heads,
                head_inputs(few, data.classes),
                data.scaler,
                recipe.variant.sampler,
                log_dir,
                every=_every(plan),
                format=data.format,
                learned_classes=data.learned_classes,
                patterns=recipe.variant.patterns,
            )
        )
    return callbacks + [make() for make in recipe.callbacks]


def progress(
    verbose: int, report: Callable[[str], None], history: Sequence[Mapping[str, float]]
) -> tuple[int, list[keras.callbacks.Callback]]:
    """How a training shows its epochs.

    Args:
        verbose: 0 for nothing, 1 for a progress bar where it can be drawn, 2 for a line for each epoch.
        report: Called with each line that stands for a progress bar elsewhere, as in a file.
        history: The losses of the epochs before.

    Returns:
        Keras's own `verbose`, and the callback that reports lines, if it is needed.
    """
    # Keras would draw its bar into a file too, with all its backspaces
    if verbose == 1 and not (sys.stdout.isatty() or "ipykernel" in sys.modules):
        return 0, [EpochLines(report, history)]
    return verbose, [ProgressBar()] if verbose == 1 else []


def _every(plan):
    """Epochs from one histogram or map of the codes to the next."""
    return max(1, plan.epochs // 10)
