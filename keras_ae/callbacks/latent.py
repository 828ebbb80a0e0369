"""The callback that writes images and scalars of the latent space during training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler, Sampler, code_sampler, generate
from keras_ae.callbacks.sounds import of_one_length
from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format
from keras_ae.heads import Heads, apply
from keras_ae.tensorboard.latent import latent_images, write_posterior

__all__ = ["LatentSpace"]

SOUNDS = 3
"""Number of samples that TensorBoard plays."""


class LatentSpace(keras.callbacks.Callback):
    """Callback that writes images and scalars of the latent space.

    For a Gaussian posterior it writes the divergence of each dimension and the number of active units; for
    examples that can be rendered a traversal, samples if the variant generates, and the plane of a
    two-dimensional code; for music a few samples as sound.

    Args:
        heads: The heads that are trained.
        inputs: Validation examples as inputs of the heads, (n, ...) by name.
        scaler: The scaler between the examples and their original units.
        sampler: Samples codes to generate from; None for a variant that does not generate. One that is
            fitted is, while training goes on, fitted to the codes of these examples alone.
        log_dir: The run's folder; all goes to its `validation` run.
        every: Epochs between two writings; the last epoch is always written.
        format: The examples' format, if they have one.
        learned_classes: The classes of which there are training examples; None for all.
        patterns: Gives what each unit of the heads' code adds to a reconstruction: `Variant.patterns`.

    Example:
        >>> inputs = head_inputs(data.validation, data.classes)
        >>> latent = LatentSpace(heads, inputs, data.scaler, variant.sampler, Path("runs/1"), every=5)
        >>> trainer.fit(batches, validation_data=validation, callbacks=[latent])
    """

    def __init__(
        self,
        heads: Heads,
        inputs: Mapping[str, Any],
        scaler: Scaler,
        sampler: Sampler | None,
        log_dir: Path,
        every: int = 1,
        format: Format | None = None,
        learned_classes: np.ndarray | None = None,
        patterns: Callable[[Heads], np.ndarray | None] = lambda heads: None,
    ):
        super().__init__()
        self.heads = heads
        self.inputs = inputs
        self.scaler, self.format = scaler, format
        self.sampler = sampler
        self.log_dir = log_dir
        self.every = every
        self.learned_classes = learned_classes
        self.patterns = patterns
        self.writer: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if (epoch + 1) % self.every and not last:
            return
        encoded = {name: np.asarray(value) for name, value in apply(self.heads.encoder, self.inputs).items()}
        sample = code_sampler(self.sampler.fit(self.heads, encoded)) if self.sampler else None
        images = latent_images(
            self.heads,
            encoded,
            self.inputs,
            self.scaler,
            sample,
            self.format,
            self.learned_classes,
            self.patterns(self.heads),
        )
        with self.writer.as_default(step=epoch):
            if "log_var" in encoded and self.heads.prior is None:
                write_posterior(encoded)
            for name, image in images.items():
                tf.summary.image(name, image[None])
            if sample is not None and self.format is not None and self.format.has_sound:
                self._write_sound(sample, self.format)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer.close()

    def _write_sound(self, sample: CodeSampler, format: Format) -> None:
        """Samples as sound, under a separate tag, because a tag belongs to one page of TensorBoard."""
        decoded = generate(self.heads, sample(SOUNDS, 0), np.zeros(SOUNDS, int), 0)
        sounds = [format.sound(example) for example in self.scaler.inverse_transform(decoded)]
        waves = of_one_length([wave for wave, _ in sounds])[..., None]
        tf.summary.audio("sound", waves, sounds[0][1], max_outputs=SOUNDS)
