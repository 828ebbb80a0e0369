"""Stacked autoencoder: each layer learns to reconstruct the output of the one below, then all train together.

Vincent, Larochelle, Lajoie, Bengio and Manzagol, "Stacked Denoising Autoencoders: Learning Useful
Representations in a Deep Network with a Local Denoising Criterion", JMLR 2010. With the denoising
task the first layer undoes the task's corruption; `masking_fraction` corrupts the later layers' inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.blocks.sampling import SeededMasking
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Heads, Spec, Stage, Term
from keras_ae.variants import Variant

__all__ = ["Stacked"]


@dataclass(frozen=True)
class Stacked(Variant):
    """Greedy layer-wise pre-training of a dense autoencoder, then fine-tuning of the whole.

    Attributes:
        backbone: Dense layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        pretraining_epochs: Epochs of each layer's own training, at least 1; the recipe's epochs fine-tune.
        masking_fraction: Fraction of the units below that is set to zero while a layer above the first
            trains, at least 0 and below 1.
    """

    backbone: DenseBackbone = DenseBackbone()
    latent_dim: int = 32
    pretraining_epochs: int = 10
    masking_fraction: float = 0.0

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, pretraining_epochs=1)
        if not isinstance(self.backbone, DenseBackbone):
            raise InputError(f"the backbone of Stacked is a DenseBackbone, received {self.backbone}")
        check_within(self, masking_fraction="[0, 1)")

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim, encoder)

        return Heads.join(encoder, decoder)

    def stages(self, heads: Heads) -> tuple[Stage, ...]:
        """One stage per layer, from the data to the code; none if there is only one layer."""
        upward = [layer for layer in heads.encoder.layers if layer.weights]
        downward = [layer for layer in heads.decoder.layers if layer.weights][::-1]
        if len(upward) == 1:
            return ()
        return tuple(self._stage(heads, upward, downward, level) for level in range(len(upward)))

    def _stage(
        self, heads: Heads, upward: list[keras.Layer], downward: list[keras.Layer], level: int
    ) -> Stage:
        """The stage of a level's pair of layers, which reconstruct the data or the output of those below."""
        pair = (upward[level].name, downward[level].name)
        if level == 0:
            inputs = keras.Input(heads.encoder.inputs[0].shape[1:], name="inputs")
            features = downward[0](upward[0](heads.encoder.get_layer("encoder_flatten")(inputs)))
            for name in ("decoder_reshape", "reconstruction"):
                features = heads.decoder.get_layer(name)(features)
            model = keras.Model({"inputs": inputs}, {"reconstruction": features}, name="layer_1")
            return Stage("layer_1", model, pair, (), self.pretraining_epochs)
        targets = keras.Input(heads.decoder.output["reconstruction"].shape[1:], name="targets")
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        below = heads.encoder.get_layer("encoder_flatten")(targets)
        for layer in upward[:level]:
            below = layer(below)
        corrupted = SeededMasking(self.masking_fraction)(below, seeds) if self.masking_fraction else below
        reconstruction = downward[level](upward[level](corrupted))
        model = keras.Model(
            {"targets": targets, "seeds": seeds},
            {"below": below, "below_reconstruction": reconstruction},
            name=f"layer_{level + 1}",
        )
        terms = (Term("layer_reconstruction", _difference, 1.0),)
        return Stage(model.name, model, pair, terms, self.pretraining_epochs)

    def terms(self) -> tuple[Term, ...]:
        return ()


def _difference(outputs: dict) -> Any:
    return ops.mean(ops.square(outputs["below"] - outputs["below_reconstruction"]), axis=-1)


EXAMPLE = (
    Stacked(DenseBackbone((16, 8)), latent_dim=4, masking_fraction=0.2),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
