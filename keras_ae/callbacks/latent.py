"""What the codes of validation examples show, written while a model trains."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import Sampler, code_sampler, generate
from keras_ae.data.types import Scaler
from keras_ae.formats import Format
from keras_ae.heads import Heads, apply
from keras_ae.tensorboard.latent import _write_posterior, images

HEARD = 3
"""Samples that TensorBoard plays."""


class Latent(keras.callbacks.Callback):
    """Writes what validation examples' codes show: KL of each unit, active scaler, and decoded images.

    Scalars and a histogram for posteriors; of images a traversal, samples where there is a
    sampler, and the plane where the code has two numbers.

    heads: being trained. named: validation examples as heads take them, (n, ...) each.
    scaler, format: of the examples. sampler: where codes to generate from are drawn, or None; one that is
        fitted is, while training goes on, fitted to the codes of these examples alone.
    log_dir: the run's folder; all goes to its `validation` run. every: epochs between writings.
    """

    def __init__(
        self,
        heads: Heads,
        named: dict,
        scaler: Scaler,
        sampler: Sampler | None,
        log_dir: Path,
        every: int = 1,
        format: Format | None = None,
    ):
        super().__init__()
        self.heads = heads
        self.named = named
        self.scaler, self.format = scaler, format
        self.sampler = sampler
        self.log_dir = log_dir
        self.every = every
        self.writer = None

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every and epoch + 1 != self.params["epochs"]:
            return
        encoded = {name: np.asarray(value) for name, value in apply(self.heads.encoder, self.named).items()}
        with self.writer.as_default(step=epoch):
            if "log_var" in encoded and self.heads.prior is None:
                _write_posterior(encoded)
            draw = code_sampler(self.sampler.fit(self.heads, encoded)) if self.sampler else None
            shown = images(self.heads, encoded, self.named, self.scaler, draw, self.format)
            for name, image in shown.items():
                tf.summary.image(name, image[None])
            if draw and self.format is not None and self.format.has_sound:
                self._write_sound(draw)

    def _write_sound(self, draw):
        """Samples as they sound; under a name of its own, for a tag belongs to one page."""
        made = self.scaler.inverse_transform(generate(self.heads, draw(HEARD, 0), np.zeros(HEARD, int), 0))
        heard = [self.format.sound(example) for example in made]
        tf.summary.audio(
            "sound", np.stack([wave for wave, _ in heard])[..., None], heard[0][1], max_outputs=HEARD
        )

    def on_train_end(self, logs=None):
        self.writer.close()
