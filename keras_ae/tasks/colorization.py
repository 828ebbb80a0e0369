"""Colorization: a grey photograph gets colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np

from keras_ae.blocks.color import to_lab
from keras_ae.blocks.restoring import Coloured, Lightness, coloured, colours_of
from keras_ae.data.types import Data, values
from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.metrics.reconstruction import colour_error, colourfulness
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.restoration import check_photographs


@dataclass(frozen=True)
class Colorization:
    """Takes a photograph's lightness, asks for its colours, a and b of Lab (Zhang 2016, arXiv:1603.08511)."""

    coloured: ClassVar[bool] = True

    def pair(self, examples, seeds, domain: str):
        """examples (batch, h, w, 3) -> (L / 100 (batch, h, w, 1), a and b in [0, 1] (batch, h, w, 2)).

        Raises InputError for grey pictures, of which no colours can be learned.
        """
        check_photographs(examples, domain)
        if examples.shape[-1] != 3:
            raise InputError(
                f"colours are learned from pictures in colour, received {examples.shape[-1]} channel; "
                "take other data, or set data.channels=3"
            )
        lab = to_lab(examples)
        return lab[..., :1] / 100.0, colours_of(lab)

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """No colour, and the mean colour of the training photographs everywhere."""
        mean = np.mean(colours_of(to_lab(values(data.train.examples))), axis=(0, 1, 2), dtype=np.float64)

        def plain(colour):
            return lambda inputs: np.broadcast_to(np.float32(colour), (*inputs.shape[:3], 2))

        return {"grey": plain((0.5, 0.5)), "mean colour": plain(mean)}

    def measures(self) -> dict[str, Callable]:
        """The distance from the true colours, and both pictures' colourfulness, in units of Lab."""
        return {
            "ab_error": colour_error,
            "colourfulness": lambda target, output: colourfulness(output),
            "colourfulness_true": lambda target, output: colourfulness(target),
        }

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        grey = 0.5 + 0.0 * targets
        return {
            "original": coloured(inputs, targets),
            "grey": coloured(inputs, grey),
            "colorized": coloured(inputs, reconstruction),
        }

    def restorer(self, heads: Heads) -> keras.Model:
        """{"inputs": sRGB (batch, h, w, 3), whose colours are not looked at} -> {"reconstruction": sRGB}."""
        pictures = keras.Input((None, None, 3), name="inputs")
        lightness = Lightness(name="lightness")(pictures)
        colours = heads.end_to_end({"inputs": lightness})["reconstruction"]
        restored = Coloured(name="coloured")(lightness, colours)
        return keras.Model({"inputs": pictures}, {"reconstruction": restored}, name="restorer")
