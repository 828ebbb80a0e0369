"""The callback that writes how many weights are as good as zero."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["WeightSparsity", "near_zero"]

LEAST = 1e-3
"""Fraction of the largest absolute weight of a kernel below which a weight counts as zero."""


class WeightSparsity(keras.callbacks.Callback):
    """Callback that writes the fraction of weights that are near zero, of each kernel and of all.

    A penalty on weights drives them towards zero: an L1 penalty most of them all the way, an L2 penalty those
    that are of no use, such as those of a pixel that is always black. Biases are not counted. The tags are
    "weights_near_zero/all" and those of the kernels.

    Args:
        heads: The end-to-end model.
        log_dir: The run's folder; the fractions go to its `train` run, beside the histograms of the weights.
        every: Epochs between two writings; the last epoch is always written.

    Example:
        >>> sparsity = WeightSparsity(heads.end_to_end, Path("runs/1"))
        >>> trainer.fit(batches, callbacks=[sparsity])
    """

    def __init__(self, heads: keras.Model, log_dir: Path, every: int = 1):
        super().__init__()
        self.heads, self.log_dir, self.every = heads, log_dir, every
        self.writer: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "train"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if (epoch + 1) % self.every and not last:
            return
        kernels = [weight for weight in self.heads.trainable_weights if len(weight.shape) > 1]
        fractions = {weight.path: near_zero(np.asarray(weight)) for weight in kernels}
        sizes = [np.prod(weight.shape) for weight in kernels]
        with self.writer.as_default(step=epoch):
            for path, fraction in fractions.items():
                tf.summary.scalar(f"weights_near_zero/{path}", fraction)
            if kernels:
                whole = np.average(list(fractions.values()), weights=sizes)
                tf.summary.scalar("weights_near_zero/all", whole)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer.close()


def near_zero(weights: np.ndarray) -> float:
    """The fraction of weights that are near zero.

    Args:
        weights: A kernel, of any shape.

    Returns:
        The fraction of those below a thousandth of the largest one, in absolute values; 1 if all are 0.
    """
    size = np.abs(weights)
    return float(np.mean(size <= LEAST * size.max()))
