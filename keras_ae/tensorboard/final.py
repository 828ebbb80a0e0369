"""What TensorBoard and the run's folder show of a finished run."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import code_sampler
from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.data.types import Split, values
from keras_ae.heads import apply, inference_batch
from keras_ae.imaging.grid import save
from keras_ae.recipe import flat
from keras_ae.runs.run import MOST_FITTED, Run
from keras_ae.tensorboard.latent import images
from keras_ae.tensorboard.overview import write_hparams
from keras_ae.tensorboard.projector import MOST_POINTS, write_projector
from keras_ae.tensorboard.render import can_draw, rows_drawn

SHOWN = 10
"""Examples in an image grid."""


def show(run: Run, table: dict[str, dict[str, float]]) -> None:
    """Writes what TensorBoard shows of a finished run: scores, hyperparameters, projector, last images."""
    write_hparams(run.directory, flat(run.recipe), table[run.name])
    shape = run.data.test.shape
    test = run.data.test.take(slice(min(MOST_POINTS, 256 * inference_batch(shape))))
    examples = np.asarray(values(test.examples))
    encoded = run.encode(test)
    codes = encoded.get("quantized", encoded["code"]).reshape(len(examples), -1)
    names = run.data.label_names
    labels = None if test.labels is None else [names[i] if names else str(i) for i in test.labels]
    write_projector(run.directory, codes, labels, examples, run.data.domain)
    if can_draw(shape, run.data.format):
        named, targets = grid_examples(run.data.test, run.paired)
        outputs = apply(run.heads.end_to_end, named)["reconstruction"]
        rows = run.recipe.task.rows(named["inputs"], targets, outputs)
        save(rows_drawn(rows, run.data.scaler, run.data.format), run.directory / "examples.png")
        encoded = run.encode(run.data.train.thin(MOST_FITTED))
        sampler = run.recipe.variant.sampler
        shown = images(
            run.heads,
            encoded,
            head_inputs(run.data.train.take(slice(1)), run.data.classes),
            run.data.scaler,
            code_sampler(sampler.fit(run.heads, encoded)) if sampler else None,
            run.data.format,
        )
        for name, image in shown.items():
            save(image, run.directory / f"{name}.png")


def grid_examples(split: Split, paired: PairedData) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """(tensors by name, targets) of a split's examples for a grid: one of each label before a second."""
    order = np.arange(len(split))
    if split.labels is not None:
        _, first = np.unique(split.labels, return_index=True)
        order = np.concatenate([first, np.setdiff1d(order, first)])
    batches = list(paired.held_back_batches(split.take(order[:SHOWN])))
    named = {name: tf.concat([part[name] for part, _ in batches], 0) for name in batches[0][0]}
    return named, tf.concat([targets for _, targets in batches], 0)
