"""Colorization: a gray photograph gets colors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np

from keras_ae.blocks.color import to_lab
from keras_ae.blocks.restoring import Colored, Lightness, colored, colors_of
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.metrics.reconstruction import color_error, colorfulness
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.photo_restoration import PhotoRestoration, check_photographs

__all__ = ["Colorization"]


@dataclass(frozen=True)
class Colorization(PhotoRestoration):
    """Predicts a photograph's colors from its lightness.

    The colors are a and b of Lab (Zhang et al. 2016, arXiv:1603.08511).
    """

    colored: ClassVar[bool] = True

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, h, w, 3) -> (L / 100 (batch, h, w, 1), a and b in [0, 1] (batch, h, w, 2)).

        Raises:
            InputError: If the images are gray, so that no colors can be learned.
        """
        check_photographs(examples, domain)
        if examples.shape[-1] != 3:
            raise InputError(
                f"colors are learned from images in color, received {examples.shape[-1]} channel; "
                "use other data, or set data.channels=3"
            )
        lab = to_lab(examples)
        return lab[..., :1] / 100.0, colors_of(lab)

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """No color, and the mean color of the training photographs everywhere."""
        mean = np.mean(colors_of(to_lab(values(data.train.examples))), axis=(0, 1, 2), dtype=np.float64)

        def plain(color):
            return lambda inputs: np.broadcast_to(np.float32(color), (*inputs.shape[:3], 2))

        return {"gray": plain((0.5, 0.5)), "mean color": plain(mean)}

    def metrics(self) -> dict[str, Callable]:
        """The distance from the true colors, and both images' colorfulness, in units of Lab."""
        return {
            "ab_error": color_error,
            "colorfulness": lambda target, output: colorfulness(output),
            "colorfulness_true": lambda target, output: colorfulness(target),
        }

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The originals, without colors, and with predicted colors."""
        gray = 0.5 + 0.0 * targets
        return {
            "original": colored(inputs, targets),
            "gray": colored(inputs, gray),
            "colorized": colored(inputs, reconstruction),
        }

    def restorer(self, heads: Heads) -> keras.Model:
        """{"inputs": sRGB (batch, h, w, 3), whose colors are ignored} -> {"reconstruction": sRGB}."""
        images = keras.Input((None, None, 3), name="inputs")
        lightness = Lightness(name="lightness")(images)
        colors = heads.end_to_end({"inputs": lightness})["reconstruction"]
        restored = Colored(name="colored")(lightness, colors)
        return keras.Model({"inputs": images}, {"reconstruction": restored}, name="restorer")
