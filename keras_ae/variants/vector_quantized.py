"""Vector-quantized autoencoder: a code of integers, each the index of a vector in a codebook.

Van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", NeurIPS 2017,
arXiv:1711.00937, with moving averages for the codebook and a prior over the codes trained beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import keras
from keras import layers, ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.quantizer import Codebook, CodePrior, Lookup
from keras_ae.blocks.samplers import LearnedPrior, Sampler
from keras_ae.blocks.table_output import output_layer
from keras_ae.domains import UNIT
from keras_ae.errors import check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["VectorQuantized"]


@dataclass(frozen=True)
class VectorQuantized(Variant):
    """Reconstruction + commitment_cost * |encoder's vector - codebook vector|^2 - log prior of the code.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Positions in a code, at least 1, each the index of a codebook vector; with a backbone
            that encodes steps, the positions in each step.
        num_embeddings: Vectors in the codebook, at least 2.
        embedding_dim: Numbers in each vector, at least 1.
        commitment_cost: Weight of the squared distance of the encoder's vectors from the codebook's, at
            least 0.
        decay: Decay of the codebook's moving averages, above 0 and below 1.
        prior_context: Earlier positions that the prior conditions on, at least 1; or 0 for all, by a
            recurrent unit. On few examples a prior with all of them repeats the training data.
        prior_units: Width of the prior's recurrent unit, or of its layers, at least 1.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    num_embeddings: int = 64
    embedding_dim: int = 8
    commitment_cost: float = 0.1
    decay: float = 0.99
    prior_context: int = 0
    prior_units: int = 128
    sampler: Sampler = LearnedPrior()

    def __post_init__(self) -> None:
        check_least(
            self,
            latent_dim=1,
            num_embeddings=2,
            embedding_dim=1,
            commitment_cost=0,
            prior_context=0,
            prior_units=1,
        )
        check_within(self, decay="(0, 1)")

    def build(self, spec: Spec) -> Heads:
        lookup = Lookup(self.num_embeddings, self.embedding_dim, name="decoder_lookup")
        codebook = Codebook(
            self.num_embeddings, self.embedding_dim, self.decay, lookup, name="encoder_codebook"
        )
        inputs = keras.Input(spec.input_shape, name="inputs")
        keeps_steps = self.backbone.axis is not None
        features = (self.backbone.encode_steps if keeps_steps else self.backbone.encode)(inputs)
        vectors = layers.Dense(self.latent_dim * self.embedding_dim, name="encoder_vectors")(features)
        positions = prod(vectors.shape[1:]) // self.embedding_dim
        vectors = layers.Reshape((positions, self.embedding_dim), name="encoder_positions")(vectors)
        code = codebook(vectors, mode="nearest")
        outputs = {"code": code, "quantized": codebook(code, mode="lookup"), "vectors": vectors}
        encoder = keras.Model({"inputs": inputs}, outputs, name="encoder")

        code = keras.Input((positions,), dtype="int32", name="code")
        quantized = lookup(code)
        if keeps_steps:
            rows = (positions // self.latent_dim, self.latent_dim * self.embedding_dim)
            steps = layers.Reshape(rows, name="decoder_positions")(quantized)
            logits = self.backbone.decode_steps(steps, spec.target_shape)
        else:
            flat = layers.Flatten(name="decoder_positions")(quantized)
            logits = self.backbone.decode_with(encoder, flat, spec.target_shape)
        reconstruction = output_layer(spec)(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")
        vector_decoder = keras.Model(quantized, {"reconstruction": reconstruction}, name="painter")

        return self._join(encoder, decoder, vector_decoder, codebook, lookup)

    def _join(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        vector_decoder: keras.Model,
        codebook: Codebook,
        lookup: Lookup,
    ) -> Heads:
        """The heads, whose trained model also gives the quantized vectors and the prior's logits."""
        heads = Heads.join(encoder, decoder)
        positions = decoder.get_layer("code").output.shape[1]
        prior = CodePrior(self.num_embeddings, positions, self.prior_units, self.prior_context, name="prior")
        inputs = {tensor.name: tensor for tensor in heads.end_to_end.inputs}
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        encoded = encoder(inputs)
        quantized = codebook(encoded["vectors"], seeds, mode="quantize")
        outputs = {**encoded, "passed": quantized, "looked_up": lookup(encoded["code"])}
        outputs["prior_logits"] = prior(encoded["code"], mode="score")
        trained = keras.Model(inputs | {"seeds": seeds}, outputs | vector_decoder(quantized), name="trained")
        noise = keras.Input((positions, self.num_embeddings), name="noise")
        sampler = keras.Model({"noise": noise}, {"code": prior(noise, mode="draw")}, name="prior")
        return Heads(encoder, decoder, heads.end_to_end, trained, prior=sampler)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("commitment", _commitment, self.commitment_cost),
            Term("prior_nll", _prior_nll, 1.0, selects=False),
            Term("perplexity", self._perplexity, 0.0),
        )

    def _perplexity(self, outputs: dict) -> Any:
        """exp of the entropy of the codebook's use in a batch: the effective number of vectors in use."""
        frequencies = ops.mean(
            ops.reshape(ops.one_hot(outputs["code"], self.num_embeddings), (-1, self.num_embeddings)), axis=0
        )
        return ops.exp(-ops.sum(frequencies * ops.log(frequencies + 1e-10)))


def _commitment(outputs: dict) -> Any:
    gap = outputs["vectors"] - ops.stop_gradient(outputs["passed"])
    return ops.mean(ops.square(gap), axis=(1, 2))


def _prior_nll(outputs: dict) -> Any:
    """The prior's negative log-likelihood of each code in nats a position, (batch,)."""
    return ops.mean(
        ops.sparse_categorical_crossentropy(outputs["code"], outputs["prior_logits"], from_logits=True),
        axis=-1,
    )


EXAMPLE = (
    VectorQuantized(DenseBackbone((16,)), 4, num_embeddings=8, embedding_dim=3),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
