"""Masked autoencoder: trained to reconstruct whole images from a few of their patches.

He, Chen, Xie, Li, Dollar and Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022,
arXiv:2111.06377. Unlike the paper, the loss includes the visible patches and some batches are not
masked, because the heads are to reconstruct whole images as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import keras
from keras import layers, ops

from keras_ae.backbones.patches import PatchBackbone, RandomMasking, Restore
from keras_ae.blocks.table_output import output_layer
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Masked"]


@dataclass(frozen=True)
class Masked(Variant):
    """A transformer with a few numbers of code for each patch; the served encoder sees all patches.

    Besides the code the encoder gives `features` (batch, token width), the mean of its tokens before
    they are projected to the code, which are the input for a classifier.

    Attributes:
        backbone: Transformer layers over patches.
        latent_dim: Numbers in the code of one patch, at least 1; a whole code has latent_dim times the
            number of patches.
        mask_ratio: Fraction of the patches hidden from the encoder in training, at least 0 and below 1.
        unmasked_fraction: Fraction of the training batches in which no patch is hidden, at least 0 and
            below 1. Above 0 no patch is hidden in validation, so that the best epoch is the one that
            serves best.
    """

    backbone: PatchBackbone = PatchBackbone()
    latent_dim: int = 8
    mask_ratio: float = 0.75
    unmasked_fraction: float = 0.25

    def __post_init__(self) -> None:
        if not isinstance(self.backbone, PatchBackbone):
            raise InputError(f"the backbone of Masked is a PatchBackbone, received {self.backbone}")
        check_least(self, latent_dim=1)
        check_within(self, mask_ratio="[0, 1)", unmasked_fraction="[0, 1)")

    def build(self, spec: Spec) -> Heads:
        inputs = keras.Input(spec.input_shape, name="inputs")
        tokens = self.backbone.embed(inputs)
        embedder = keras.Model(inputs, tokens, name="embedder")
        trunk = self._trunk()
        encoded = trunk(tokens)
        outputs = {
            "code": layers.Flatten(name="encoder_code")(encoded["code"]),
            "features": ops.mean(encoded["tokens"], axis=1),
        }
        encoder = keras.Model({"inputs": inputs}, outputs, name="encoder")

        grids = [self.backbone.grid(shape) for shape in (spec.input_shape, spec.target_shape)]
        if grids[0] != grids[1]:
            raise InputError(
                f"a masked autoencoder needs targets with as many rows and columns of patches as its inputs, "
                f"{grids[0]}; received targets of {grids[1]}; take a task whose targets have the inputs' size"
            )
        patches = prod(grids[0])
        code = keras.Input((patches * self.latent_dim,), name="code")
        widen = layers.Dense(self.backbone.width, name="decoder_widen")
        tokens = widen(layers.Reshape((patches, self.latent_dim), name="decoder_patches")(code))
        logits = self.backbone.decode_tokens(tokens, spec.target_shape)
        reconstruction = output_layer(spec)(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")
        token_decoder = keras.Model(tokens, {"reconstruction": reconstruction}, name="painter")

        heads = Heads.join(encoder, decoder)
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        mask = RandomMasking(
            max(1, round((1 - self.mask_ratio) * patches)), self.unmasked_fraction, name="hide"
        )
        visible, indices = mask(embedder(inputs), seeds)
        code = trunk(visible)["code"]
        outputs = token_decoder(Restore(patches, name="restore")(widen(code), indices))
        trained = keras.Model(
            {"inputs": inputs, "seeds": seeds}, {"code": code, "indices": indices, **outputs}, name="trained"
        )
        return Heads(encoder, decoder, heads.end_to_end, trained)

    def _trunk(self) -> keras.Model:
        """Tokens (batch, n, token width) -> "tokens" of the same shape and "code" (batch, n, latent_dim)."""
        tokens = keras.Input((None, self.backbone.width), name="tokens")
        attended = self.backbone.attend(tokens, "encoder", self.backbone.depth)
        code = layers.Dense(self.latent_dim, name="encoder_narrow")(attended)
        return keras.Model(tokens, {"tokens": attended, "code": code}, name="encoder_trunk")

    def terms(self) -> tuple[Term, ...]:
        return ()


COMPARED = {
    "masked": Masked(PatchBackbone(patch_size=7), latent_dim=2),
    "masked_wide": Masked(PatchBackbone(patch_size=7), latent_dim=32),
}
EXAMPLE = (
    Masked(PatchBackbone(3, width=8, depth=1, heads=2), 2, mask_ratio=0.5),
    Spec((7, 6, 1), (7, 6, 1), UNIT),
)
