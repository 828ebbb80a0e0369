"""The last pages of a finished run, in TensorBoard and as images in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import code_sampler
from keras_ae.data.examples import Split
from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.data.tensors import values
from keras_ae.heads import apply, inference_batch
from keras_ae.imaging.grid import save
from keras_ae.recipe import flat
from keras_ae.runs.plan import read_plan
from keras_ae.runs.run import MOST_FITTED, Run
from keras_ae.tensorboard.curves import write_curves
from keras_ae.tensorboard.latent import latent_images
from keras_ae.tensorboard.overview import write_hparams
from keras_ae.tensorboard.projector import MAX_POINTS, write_projector
from keras_ae.tensorboard.render import can_render, render_rows
from keras_ae.tensorboard.texts import write_final_texts

__all__ = ["grid_examples", "write_final_report"]

GRID_COLUMNS = 10
"""Examples in an image grid."""


def write_final_report(run: Run, table: Mapping[str, Mapping[str, float]]) -> None:
    """Writes the last pages of a finished run: test metrics, hyperparameters, projector and images.

    Args:
        run: A finished run.
        table: Its test metrics by row, as `evaluate` returns them.
    """
    plan = read_plan(run.directory)
    planned = {} if plan is None else {"epochs": plan.epochs, "steps_per_epoch": plan.steps_per_epoch}
    write_hparams(run.directory, flat(run.recipe) | planned, table[run.name])
    shape = run.data.test.shape
    test = run.data.test.take(slice(min(MAX_POINTS, 256 * inference_batch(shape))))
    examples = np.asarray(values(test.examples))
    encoded = run.encode(test)
    codes = encoded.get("quantized", encoded["code"]).reshape(len(examples), -1)
    names = run.data.label_names
    labels = None if test.labels is None else [names[i] if names else str(i) for i in test.labels]
    write_projector(run.directory, codes, labels, examples, run.data.domain)
    write_final_texts(run)
    write_curves(run.directory, run.name, run.recipe.task.curves(table, run.data), table)
    if can_render(shape, run.data.format, run.data.domain.one_hot):
        galleries = _galleries(run)
        for name, image in (_images(run) | galleries).items():
            save(image, run.directory / f"{name}.png")
        if galleries:
            writer = tf.summary.create_file_writer(str(run.directory))
            with writer.as_default(step=0):
                for name, image in galleries.items():
                    tf.summary.image(name, image[None])
            writer.close()


def _images(run: Run) -> dict[str, np.ndarray]:
    """Test examples with their reconstructions, and images of the latent space, by name."""
    data, sampler = run.data, run.recipe.variant.sampler
    inputs, targets = grid_examples(data.test, run.paired)
    outputs = apply(run.heads.end_to_end, inputs)["reconstruction"]
    rows = run.recipe.task.rows(inputs["inputs"], targets, outputs)
    images = {"examples": render_rows(rows, data.scaler, data.format, captions=True, side_by_side=True)}
    encoded = run.encode(data.train.thin(MOST_FITTED))
    return images | latent_images(
        run.heads,
        encoded,
        head_inputs(data.train.take(slice(1)), data.classes),
        data.scaler,
        code_sampler(sampler.fit(run.heads, encoded)) if sampler else None,
        data.format,
        data.learned_classes,
        run.recipe.variant.patterns(run.heads),
    )


def _galleries(run: Run) -> dict[str, np.ndarray]:
    """Examples in the groups that the task shows, by name."""
    return {
        name: render_rows(rows, run.data.scaler, run.data.format, captions=True)
        for name, rows in run.recipe.task.galleries(run.served_heads, run.data).items()
    }


def grid_examples(split: Split, paired: PairedData) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Chooses the examples of a split for an image grid: one of each label before a second of any.

    Args:
        split: A split of the data.
        paired: The data as the task pairs them.

    Returns:
        (tensors by name, targets), of 10 examples at most.
    """
    order = np.arange(len(split))
    if split.labels is not None:
        _, first = np.unique(split.labels, return_index=True)
        order = np.concatenate([first, np.setdiff1d(order, first)])
    return paired.held_back_batch(split.take(order[:GRID_COLUMNS]))
