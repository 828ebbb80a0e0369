"""Masked autoencoder: in training the encoder sees a few patches of an image, and the decoder paints all.

He, Chen, Xie, Li, Dollar and Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022,
arXiv:2111.06377. Other than there, the loss counts the patches that were seen too and some batches are
seen whole: the heads are to reconstruct whole images as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import keras
from keras import layers, ops

from keras_ae.backbones.patches import PatchBackbone, RandomMasking, Restore
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Heads, Spec, Term
from keras_ae.variants import Variant


@dataclass(frozen=True)
class Masked(Variant):
    """A code of a few numbers a patch; the served encoder sees all patches.

    Besides the code the encoder gives `features`, the mean of its tokens before they are narrowed
    to the code, which is what to train a classifier on.

    backbone: of patches.
    latent_dim: numbers in the code of one patch, at least 1; the code has so many times the patches.
    mask_ratio: fraction of the patches that is hidden from the encoder in training, at least 0 and below 1.
    unmasked_fraction: fraction of the training's batches of which it sees all patches, at least 0 and below 1. Above
        0 validation sees them all, so that the epoch is kept that serves best.
    """

    backbone: PatchBackbone = PatchBackbone()
    latent_dim: int = 8
    mask_ratio: float = 0.75
    unmasked_fraction: float = 0.25

    def __post_init__(self):
        if not isinstance(self.backbone, PatchBackbone):
            raise ValueError(f"a masked variant's backbone is a PatchBackbone, received {self.backbone}")
        check_least(self, latent_dim=1)
        for name in ("mask_ratio", "unmasked_fraction"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 0 and below 1, received {getattr(self, name)}")

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
                f"a masked autoencoder paints as many rows and columns of patches as it sees, which are "
                f"{grids[0]}; received targets of {grids[1]}"
            )
        patches = prod(grids[0])
        code = keras.Input((patches * self.latent_dim,), name="code")
        widen = layers.Dense(self.backbone.width, name="decoder_widen")
        tokens = widen(layers.Reshape((patches, self.latent_dim), name="decoder_patches")(code))
        logits = self.backbone.paint(tokens, spec.target_shape)
        reconstruction = layers.Activation(spec.activation, name="reconstruction")(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")
        painter = keras.Model(tokens, {"reconstruction": reconstruction}, name="painter")

        heads = Heads.join(encoder, decoder)
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        hide = RandomMasking(
            max(1, round((1 - self.mask_ratio) * patches)), self.unmasked_fraction, name="hide"
        )
        seen, places = hide(embedder(inputs), seeds)
        code = trunk(seen)["code"]
        painted = painter(Restore(patches, name="restore")(widen(code), places))
        given = {"inputs": inputs, "seeds": seeds}
        trained = keras.Model(given, {"code": code, "places": places, **painted}, name="trained")
        return Heads(encoder, decoder, heads.end_to_end, trained)

    def _trunk(self):
        """Any number of tokens -> as many, and the code of each."""
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
