"""The callback that writes histograms of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["WeightHistograms", "buckets_of"]

BUCKETS = 30
"""Buckets of a histogram, as TensorBoard has by default."""


class WeightHistograms(keras.callbacks.Callback):
    """Callback that writes a histogram of each weight, on TensorBoard's pages Histograms and Distributions.

    `keras.callbacks.TensorBoard(histogram_freq=...)` writes the same tags and buckets by way of 30 numbers of
    64 bits for each weight: 96 MB for a kernel of 784 x 512, and 13 times the time.

    Args:
        log_dir: The run's folder; the histograms go to its `train` run.
        every: Epochs between two writings, from the first one on.

    Example:
        >>> trainer.fit(batches, callbacks=[WeightHistograms(Path("runs/1"))])
    """

    def __init__(self, log_dir: Path, every: int = 1):
        super().__init__()
        self.log_dir, self.every = log_dir, every
        self.writer: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "train"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if epoch % self.every:
            return
        from tensorboard.plugins.histogram.metadata import create_summary_metadata

        about = create_summary_metadata(None, None)
        with self.writer.as_default(step=epoch):
            for weight in (weight for layer in self.model.layers for weight in layer.weights):
                tf.summary.write(f"{weight.path}/histogram", buckets_of(np.asarray(weight)), metadata=about)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer.close()


def buckets_of(values: np.ndarray) -> np.ndarray:
    """The buckets of a histogram as TensorBoard has them.

    Args:
        values: Numbers, of any shape; those that are not finite are left out.

    Returns:
        (30, 3), float64: the edges of each bucket and its count; (0, 3) without any number. All counts of
        equal values are in the last bucket.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros((0, 3))
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        edges, counts = np.full(BUCKETS + 1, low), finite.size * np.eye(BUCKETS)[-1]
    else:
        counts, edges = np.histogram(finite, BUCKETS, (low, high))
    return np.stack([edges[:-1], edges[1:], counts], axis=1)
