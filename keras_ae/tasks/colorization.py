"""Colorization: a gray photograph gets colors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.color import to_lab
from keras_ae.blocks.palette import AnnealedColors, frequencies
from keras_ae.blocks.restoring import Colored, Lightness, colored, colors_of
from keras_ae.data.pipeline import PairedData
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_within
from keras_ae.heads import Heads, ServedHead, TrainedHeads
from keras_ae.losses import color_distance
from keras_ae.metrics.reconstruction import colorfulness, mean_metrics
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.photo_restoration import PhotoRestoration, check_photographs

if TYPE_CHECKING:
    from keras_ae.blocks.samplers import CodeSampler

__all__ = ["Colorization"]


@dataclass(frozen=True)
class Colorization(PhotoRestoration):
    """Predicts a photograph's colors from its lightness.

    The colors are a and b of Lab (Zhang et al. 2016, arXiv:1603.08511). A variant that also gives a
    distribution over colors has a second answer: a vivid one, the annealed mean of the distribution.

    Attributes:
        temperature: Of the vivid answer, in (0, 1]: at 1 the mean color, towards 0 the likeliest one.
        rarity: How much rarer colors are preferred by the vivid answer, in [0, 1): 0 not at all, near 1 as
            if all colors were equally frequent; 0.5 gives the weights of Zhang et al.
    """

    temperature: float = 0.38
    rarity: float = 0.5

    colored: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_within(self, temperature="(0, 1]", rarity="[0, 1)")

    @property
    def oracles(self) -> tuple[str, ...]:
        return (VIVID,)

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
        train = values(data.train.in_memory().examples)
        mean = np.mean(colors_of(to_lab(train)), axis=(0, 1, 2), dtype=np.float64)

        def plain(color):
            return lambda inputs: np.broadcast_to(np.float32(color), (*inputs.shape[:3], 2))

        return {"gray": plain((0.5, 0.5)), "mean color": plain(mean)}

    def metrics(self) -> dict[str, Callable]:
        """The distance from the true colors, and both images' colorfulness, in units of Lab."""
        return {
            "ab_error": color_distance,
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
        return _restorer(lambda lightness: heads.end_to_end({"inputs": lightness})["reconstruction"])

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The restorer, and "vivid_restorer" of a variant that gives a distribution over colors."""
        heads = super().served_heads(trained)
        if not heads or LOGITS not in trained.heads.end_to_end.output:
            return heads
        vivid = self._vivid(trained.heads, trained.data)
        facts = {**heads[0].facts, "temperature": self.temperature, "rarity": self.rarity}
        return (*heads, replace(heads[0], name="vivid_restorer", model=_restorer(vivid), facts=facts))

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """The same metrics of the vivid answer."""
        if LOGITS not in heads.end_to_end.output:
            return {}
        vivid = tf.function(self._vivid(heads, data), reduce_retracing=True, autograph=False)
        paired = PairedData(data, self, seed)
        batches = paired.test_batches() if data.whole is None else paired.whole_batches()
        return {
            VIVID: mean_metrics(
                lambda tensors: vivid(tensors["inputs"]), batches, data.domain, self.metrics()
            )
        }

    def _vivid(self, heads: Heads, data: Data) -> Callable:
        """L / 100 (batch, h, w, 1) -> a and b in [0, 1] (batch, h, w, 2), the annealed mean."""
        frequent = frequencies(np.asarray(colors_of(to_lab(values(data.train.in_memory().examples)))))
        weights = 1.0 / (self.rarity * frequent + (1.0 - self.rarity) / len(frequent))
        step = heads.encoder.get_layer("encoder_unshuffle").factor
        annealed = AnnealedColors(weights / weights.max(), self.temperature, step, name="annealed")
        return lambda lightness: annealed(heads.end_to_end({"inputs": lightness})[LOGITS], lightness)


VIVID = "vivid"
"""The row of the vivid answer."""

LOGITS = "color_logits"
"""The output of a decoder that gives a distribution over `blocks.palette.palette`."""


def _restorer(colors: Callable) -> keras.Model:
    """A restorer of the function that gives an image's colors from its lightness."""
    images = keras.Input((None, None, 3), name="inputs")
    lightness = Lightness(name="lightness")(images)
    restored = Colored(name="colored")(lightness, colors(lightness))
    return keras.Model({"inputs": images}, {"reconstruction": restored}, name="restorer")
