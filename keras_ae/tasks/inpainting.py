"""Inpainting: holes in a photograph are filled; known pixels stay byte-identical."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.filling import FILL_REACH
from keras_ae.blocks.restoring import masked, restorer_of
from keras_ae.data.types import Data
from keras_ae.heads import Heads
from keras_ae.metrics.reconstruction import published_metrics
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.biharmonic import interpolated
from keras_ae.tasks.holes import Holes, MixedHoles
from keras_ae.tasks.photo_restoration import PhotoRestoration, check_photographs

__all__ = ["Inpainting"]


@dataclass(frozen=True)
class Inpainting(PhotoRestoration):
    """Removes pixels, which the network restores given the mask of known pixels.

    Attributes:
        holes: MissingPixels, Rectangles, Strokes or MixedHoles; new holes for each crop in each epoch.
    """

    reach: ClassVar[int] = FILL_REACH
    holes: Holes = MixedHoles()

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, h, w, c) -> (filled examples, known pixels (batch, h, w, c + 1); examples)."""
        check_photographs(examples, domain)
        return masked(examples, self.holes.masks(examples, seeds)), examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """The mean of the known pixels, and biharmonic interpolation, free at the border."""
        return {
            "mean of the known": _each_image(_mean),
            "biharmonic": _each_image(interpolated),
        }

    def metrics(self) -> dict[str, Callable]:
        """PSNR, SSIM and MSE of values rounded to bytes."""
        return published_metrics()

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The originals, the network's inputs, and the restored images."""
        return {"original": targets, "holes": inputs[..., :-1] * inputs[..., -1:], "filled": reconstruction}

    def restorer(self, heads: Heads) -> keras.Model:
        """{"inputs": (batch, h, w, c), "mask": (batch, h, w, 1), 1 where missing} -> {"reconstruction"}."""
        channels = heads.encoder.get_layer("inputs").output.shape[-1] - 1
        return restorer_of(heads.end_to_end, channels, takes_mask=True)

    def restorer_mask(self, images: np.ndarray, seeds: tf.Tensor) -> tf.Tensor:
        """The holes of these images."""
        return self.holes.masks(images, seeds)


def _each_image(fill):
    """A predictor that fills images one by one, with a function of an image (h, w, c) and its mask (h, w)."""
    return lambda inputs: np.stack(
        [
            np.clip(fill(image[..., :-1], image[..., -1] > 0.5), 0.0, 1.0)
            if image[..., -1].any()
            else image[..., :-1]
            for image in np.asarray(inputs)
        ]
    ).astype(np.float32)


def _mean(image, known):
    return np.where(known[..., None], image, image[known].mean(axis=0))
