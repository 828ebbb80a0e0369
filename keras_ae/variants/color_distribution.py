"""Skip-connected network that gives colors twice: the ones of least error, and a distribution over colors.

The mean of the colors that a pixel may have is grayish, so a network that errs least paints pale images; a
distribution over quantized colors keeps the vivid ones (Zhang, Isola and Efros, "Colorful Image
Colorization", 2016, arXiv:1603.08511).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from keras_ae.blocks.palette import palette, soft_colors
from keras_ae.blocks.skips import conv
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Heads, Spec, Term
from keras_ae.variants.skip_connected import SkipConnected

__all__ = ["ColorDistribution"]


@dataclass(frozen=True)
class ColorDistribution(SkipConnected):
    """A network of colors, a and b of Lab, whose decoder also gives "color_logits" of each block of pixels.

    Attributes:
        shortcut: "none", as colors are no corrected lightness.
        weight: Weight of the cross-entropy of the distribution, at least 0.
    """

    filters: tuple[int, ...] = (48, 64, 96, 128, 160)
    unshuffle: int = 4
    shortcut: str = "none"
    normalization: str = "layer"
    weight: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, weight=0)

    @property
    def reach(self) -> int:
        return super().reach + self.unshuffle  # colors are enlarged from blocks

    def build(self, spec: Spec) -> Heads:
        if spec.target_shape[-1] != 2 or spec.input_shape[:2] != spec.target_shape[:2]:
            raise InputError(
                f"a distribution over colors is of the targets a and b of Lab, received targets "
                f'{spec.target_shape}; take the task that pairs them: SET="task=Colorization"'
            )
        heads = super().build(spec)
        features = heads.decoder.get_layer("decoder_logits").input
        logits = conv(features, len(palette()), "decoder_colors", kernel=1, gain=0.01)
        inputs = {tensor.name: tensor for tensor in heads.decoder.inputs}
        decoder = keras.Model(inputs, {**heads.decoder.output, "color_logits": logits}, name="decoder")
        return Heads.join(heads.encoder, decoder)

    def terms(self) -> tuple[Term, ...]:
        return (Term("color_crossentropy", self._crossentropy, self.weight),)

    def _crossentropy(self, outputs: dict) -> Any:
        """Of the mean colors of blocks, (batch,)."""
        colors = tf.nn.avg_pool2d(outputs["targets"], self.unshuffle, self.unshuffle, "VALID")
        logits = outputs["color_logits"][:, : tf.shape(colors)[1], : tf.shape(colors)[2]]
        nats = tf.nn.softmax_cross_entropy_with_logits(soft_colors(colors), logits)
        return tf.reduce_mean(nats, axis=(1, 2))


EXAMPLE = (ColorDistribution((8, 6)), Spec((16, 16, 1), (16, 16, 2), UNIT))
COMPARED: dict = {}
"""None, as of `SkipConnected`."""
