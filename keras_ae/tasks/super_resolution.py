"""Super-resolution: a photograph enlarged a whole number of times, sharper than bicubic interpolation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_ae.blocks.color import to_ycbcr
from keras_ae.blocks.restoring import Luminance, Recolored
from keras_ae.blocks.skips import enlarged, reduced
from keras_ae.data.types import Data
from keras_ae.errors import check_choices
from keras_ae.heads import Heads
from keras_ae.metrics.reconstruction import published_metrics
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.photo_restoration import PhotoRestoration, check_photographs

__all__ = ["SuperResolution"]

SCALES = (2, 3, 4)


@dataclass(frozen=True)
class SuperResolution(PhotoRestoration):
    """Reduces a photograph's luminance bicubically; the network enlarges it again.

    After Dong et al. (2014, arXiv:1501.00092). Luminance is Y of YCbCr, and a gray image is its own
    luminance; colors are enlarged bicubically. As is usual in the field, metrics are computed on luminance
    rounded to bytes, without a border as wide as the scale.

    Attributes:
        scale: 2, 3 or 4.
    """

    scale: int = 2

    def __post_init__(self) -> None:
        check_choices(self, scale=SCALES)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, h, w, 1 or 3) -> luminance (batch, h / scale, w / scale, 1) and (batch, h, w, 1).

        Rows and columns that do not fill a whole pixel of the smaller image are cropped.
        """
        check_photographs(examples, domain)
        height, width = (side // self.scale * self.scale for side in examples.shape[1:3])
        # a gray image is its own luminance, in the full range, as for the published metrics
        luminance = examples if examples.shape[-1] == 1 else to_ycbcr(examples)
        luminance = luminance[:, :height, :width, :1]
        return reduced(luminance, self.scale), luminance

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """Bicubic enlargement."""
        return {"bicubic": lambda inputs: np.clip(enlarged(inputs, self.scale), 0.0, 1.0)}

    def metrics(self) -> dict[str, Callable]:
        """PSNR, SSIM and MSE of whole levels inside the border."""
        return published_metrics(border=self.scale)

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The originals, bicubic enlargements, and what the network restores."""
        return {"original": targets, "bicubic": enlarged(inputs, self.scale), "restored": reconstruction}

    def restorer(self, heads: Heads) -> keras.Model:
        """{"inputs": sRGB (batch, h, w, 3)} -> {"reconstruction": (batch, scale * h, scale * w, 3)}."""
        images = keras.Input((None, None, 3), name="inputs")
        luminance = heads.end_to_end({"inputs": Luminance(name="luminance")(images)})["reconstruction"]
        restored = Recolored(self.scale, name="recolored")(luminance, images)
        return keras.Model({"inputs": images}, {"reconstruction": restored}, name="restorer")
