"""Skip-connected autoencoder: the encoder's features reach the decoder at every level, not only the code.

Mao, Shen and Yang, "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with
Symmetric Skip Connections", 2016, arXiv:1603.09056; its U shape is that of Ronneberger, Fischer and
Brox, "U-Net", 2015, arXiv:1505.04597.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import ops

from keras_ae.blocks.skips import Shortcut, Unshuffle, conv, residual_block
from keras_ae.blocks.sub_pixel import Shuffle
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_choices, check_least, check_widths
from keras_ae.heads import Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["SkipConnected"]

SHORTCUTS = ("added", "kept", "none")


@dataclass(frozen=True)
class SkipConnected(Variant):
    """A network that restores images of any height and width; its decoder needs more than the code.

    Attributes:
        filters: Channels of each level, each at least 1; every level has half the height and width of
            the one before.
        blocks: Residual blocks of each level in the encoder, and again in the decoder, at least 0.
        unshuffle: Side in pixels of the blocks that become channels at the first level, at least 1.
        shortcut: How the inputs reach the output: "added", "kept" or "none"; see `blocks.skips.Shortcut`.
        normalization: "layer", which normalizes the channels of each position before each residual block
            (deep networks then train at higher rates), or "none".
    """

    filters: tuple[int, ...] = (64, 64, 64)
    blocks: int = 1
    unshuffle: int = 2
    shortcut: str = "added"
    normalization: str = "none"

    def __post_init__(self) -> None:
        check_least(self, blocks=0, unshuffle=1)
        check_widths("filters", self.filters)
        check_choices(self, shortcut=SHORTCUTS, normalization=("none", "layer"))

    @property
    def multiple(self) -> int:
        """Number of input pixels per position of the code, along each axis."""
        return self.unshuffle * 2 ** (len(self.filters) - 1)

    @property
    def reach(self) -> int:
        """The most pixels of the inputs around a pixel that its output may depend on."""
        steps = [self.unshuffle * 2**level for level in range(len(self.filters))]
        down = sum(step * (1 + 2 * self.blocks) for step in steps)
        up = sum(step * 2 * self.blocks for step in steps[:-1])
        return down + up + 2 * self.multiple  # the last term: the output's convolution, and a block's offset

    def build(self, spec: Spec) -> Heads:
        scale, normalized = self._scale(spec), self.normalization == "layer"
        inputs = keras.Input((None, None, spec.input_shape[-1]), name="inputs")
        features = Unshuffle(self.unshuffle, self.multiple, name="encoder_unshuffle")(inputs)
        levels = []
        for level, width in enumerate(self.filters):
            name = f"encoder_level_{level}"
            features = conv(features, width, f"{name}_in", strides=2 if level else 1, gain=1.0)
            for block in range(self.blocks):
                features = residual_block(features, f"{name}_block_{block}", normalized)
            levels.append(features)
        names = [f"level_{level}" for level in range(len(levels) - 1)] + ["code"]
        encoder = keras.Model({"inputs": inputs}, dict(zip(names, levels, strict=True)), name="encoder")

        decoder_inputs = {
            name: keras.Input(tensor.shape[1:], name=name) for name, tensor in zip(names, levels, strict=True)
        }
        decoder_inputs["inputs"] = keras.Input(inputs.shape[1:], name="inputs")
        features = decoder_inputs["code"]
        for level in reversed(range(len(levels) - 1)):
            name = f"decoder_level_{level}"
            features = conv(features, 4 * self.filters[level], f"{name}_in", kernel=1, gain=0.1)
            features = ops.add(Shuffle(2, name=f"{name}_shuffle")(features), decoder_inputs[f"level_{level}"])
            for block in range(self.blocks):
                features = residual_block(features, f"{name}_block_{block}", normalized)
        side = self.unshuffle * scale
        features = conv(features, spec.target_shape[-1] * side**2, "decoder_logits", gain=0.01)
        features = Shuffle(side, name="decoder_shuffle")(features)
        output = Shortcut(self.shortcut, scale, spec.domain.unit_interval, name="decoder_output")(
            features, decoder_inputs["inputs"]
        )
        decoder = keras.Model(decoder_inputs, {"reconstruction": output}, name="decoder")
        return Heads.join(encoder, decoder)

    def terms(self) -> tuple[Term, ...]:
        return ()

    def _scale(self, spec: Spec) -> int:
        """How many times larger than the inputs the targets are."""
        if len(spec.input_shape) != 3 or spec.domain.one_hot:
            raise InputError(
                f"a skip-connected network takes images (height, width, channels) of numbers, received "
                f"shape {spec.input_shape} of the {spec.domain.kind} domain; use another variant"
            )
        scale = spec.target_shape[0] // spec.input_shape[0]
        if spec.target_shape[:2] != tuple(scale * side for side in spec.input_shape[:2]):
            raise InputError(
                f"a skip-connected network enlarges height and width by one whole number, received inputs "
                f"{spec.input_shape} and targets {spec.target_shape}; take a task that pairs such images"
            )
        needed = {"added": 0, "kept": 1, "none": 1 - spec.target_shape[-1]}[self.shortcut]
        if spec.input_shape[-1] < spec.target_shape[-1] + needed or (self.shortcut == "kept" and scale > 1):
            raise InputError(
                f'shortcut="{self.shortcut}" does not fit inputs {spec.input_shape} and targets '
                f'{spec.target_shape}; use another: SET="variant.shortcut=none"'
            )
        return scale


EXAMPLE = (
    SkipConnected((8, 6), unshuffle=2, shortcut="added"),
    Spec((12, 10, 1), (24, 20, 1), UNIT),
)
COMPARED: dict = {}
"""None, because its decoder needs more than a code: it has no row in a table that compares codes."""
