"""Super-resolution: a photograph a whole number of times as large, with detail that bicubic ones lack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from keras_ae.blocks.color import to_ycbcr
from keras_ae.blocks.restoring import Luminance, Recolored
from keras_ae.blocks.skips import enlarged, reduced
from keras_ae.data.types import Data
from keras_ae.heads import Heads
from keras_ae.metrics.reconstruction import published_metrics
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.photo_restoration import PhotoRestoration, check_photographs

SCALES = (2, 3, 4)


@dataclass(frozen=True)
class SuperResolution(PhotoRestoration):
    """Reduces a photograph's luminance bicubically, asks for it as it was (Dong 2014, arXiv:1501.00092).

    Luminance is Y of YCbCr, a gray image is its own; colors are enlarged bicubically. Scored on
    whole levels of it without a border as wide as the scale, as the field does.

    scale: 2, 3 or 4.
    """

    scale: int = 2

    def __post_init__(self):
        if self.scale not in SCALES:
            raise ValueError(f"scale is one of {SCALES}, received {self.scale}")

    def pair(self, examples, seeds, domain: str):
        """examples (batch, h, w, 1 or 3) -> luminance (batch, h / scale, w / scale, 1) and (batch, h, w, 1).

        Rows and columns that fill no whole pixel of the smaller image are left out.
        """
        check_photographs(examples, domain)
        height, width = (side // self.scale * self.scale for side in examples.shape[1:3])
        # a gray image is its own luminance, of the whole range: so the field measures it
        luminance = examples if examples.shape[-1] == 1 else to_ycbcr(examples)
        luminance = luminance[:, :height, :width, :1]
        return reduced(luminance, self.scale), luminance

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """Bicubic enlargement."""
        return {"bicubic": lambda inputs: np.clip(enlarged(inputs, self.scale), 0.0, 1.0)}

    def metrics(self) -> dict[str, Callable]:
        return published_metrics(border=self.scale)

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        return {"original": targets, "bicubic": enlarged(inputs, self.scale), "restored": reconstruction}

    def restorer(self, heads: Heads) -> keras.Model:
        """{"inputs": sRGB (batch, h, w, 3)} -> {"reconstruction": (batch, scale * h, scale * w, 3)}."""
        images = keras.Input((None, None, 3), name="inputs")
        luminance = heads.end_to_end({"inputs": Luminance(name="luminance")(images)})["reconstruction"]
        restored = Recolored(self.scale, name="recolored")(luminance, images)
        return keras.Model({"inputs": images}, {"reconstruction": restored}, name="restorer")
