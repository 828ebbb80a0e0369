"""Vector-quantized autoencoder: a code of whole numbers, each the number of a vector in a codebook.

Van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", NeurIPS 2017,
arXiv:1711.00937, with running means for the codebook and a prior over the codes learned beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import keras
from keras import layers, ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.quantizer import Codebook, CodePrior, Lookup
from keras_ae.blocks.samplers import LearnedPrior, Sampler
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant


@dataclass(frozen=True)
class VectorQuantized(Variant):
    """Reconstruction + commitment_cost * |vector - its code's|^2, and the prior's own likelihood of the codes.

    backbone: layers between the data and the code.
    latent_dim: positions of the code, each the number of a vector, at least 1; of a backbone that keeps the
        steps of a level or of music, the positions of each of them.
    num_embeddings: vectors in the codebook, at least 2.
    embedding_dim: numbers in each vector, at least 1.
    commitment_cost: weight of the encoder's distance from the codes, at least 0.
    decay: of the codebook's running means, above 0 and below 1.
    prior_context: codes before a position that the prior goes by, at least 1; 0 for all of them, by a recurrent
        unit. Of little data a prior that remembers all repeats what it has seen.
    prior_units: width of the prior's recurrent unit, or of its layers, at least 1.
    sampler: where codes to generate from are drawn.
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

    def __post_init__(self):
        check_least(
            self,
            latent_dim=1,
            num_embeddings=2,
            embedding_dim=1,
            commitment_cost=0,
            prior_context=0,
            prior_units=1,
        )
        if not 0 < self.decay < 1:
            raise ValueError(f"decay is above 0 and below 1, received {self.decay}")

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
            logits = self.backbone.decode(flat, spec.target_shape)
        reconstruction = layers.Activation(spec.activation, name="reconstruction")(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")
        painter = keras.Model(quantized, {"reconstruction": reconstruction}, name="painter")

        return self._joined(encoder, decoder, painter, codebook, lookup)

    def _joined(self, encoder, decoder, painter, codebook, lookup):
        """Heads of which training sees the vectors on their way through the codebook, and the prior."""
        heads = Heads.join(encoder, decoder)
        positions = decoder.get_layer("code").output.shape[1]
        prior = CodePrior(self.num_embeddings, positions, self.prior_units, self.prior_context, name="prior")
        inputs = {tensor.name: tensor for tensor in heads.end_to_end.inputs}
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        encoded = encoder(inputs)
        passed = codebook(encoded["vectors"], seeds, mode="quantize")
        outputs = {**encoded, "passed": passed, "looked_up": lookup(encoded["code"])}
        outputs["prior_logits"] = prior(encoded["code"], mode="score")
        trained = keras.Model(inputs | {"seeds": seeds}, outputs | painter(passed), name="trained")
        noise = keras.Input((positions, self.num_embeddings), name="noise")
        drawn = keras.Model({"noise": noise}, {"code": prior(noise, mode="draw")}, name="prior")
        return Heads(encoder, decoder, heads.end_to_end, trained, prior=drawn)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("commitment", _commitment, self.commitment_cost),
            Term("prior_nll", _prior_nll, 1.0, selects=False),
            Term("perplexity", self._perplexity, 0.0),
        )

    def _perplexity(self, outputs):
        """exp of the entropy of the codes' use in a batch: how many are in use, evenly counted."""
        use = ops.mean(
            ops.reshape(ops.one_hot(outputs["code"], self.num_embeddings), (-1, self.num_embeddings)), axis=0
        )
        return ops.exp(-ops.sum(use * ops.log(use + 1e-10)))


def _commitment(outputs):
    gap = outputs["vectors"] - ops.stop_gradient(outputs["passed"])
    return ops.mean(ops.square(gap), axis=(1, 2))


def _prior_nll(outputs):
    """Nats a position."""
    return ops.mean(
        ops.sparse_categorical_crossentropy(outputs["code"], outputs["prior_logits"], from_logits=True),
        axis=-1,
    )


EXAMPLE = (
    VectorQuantized(DenseBackbone((16,)), 4, num_embeddings=8, embedding_dim=3),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
