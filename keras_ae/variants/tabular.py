"""Variational autoencoder of a table's rows: numbers, words and missing values, each by its own likelihood.

TVAE of Xu, Skoularidou, Cuesta-Infante and Veeramachaneni, "Modeling Tabular Data using Conditional GAN",
NeurIPS 2019, with a normal distribution of quantile-transformed numbers in the place of a mixture.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.choices import Likeliest
from keras_ae.blocks.row_choices import ConditionWords, MissingNats, RowChoices, RowDistribution
from keras_ae.blocks.samplers import FittedMixture, Sampler
from keras_ae.blocks.sampling import Sampling, kl_divergence, posterior_encoder
from keras_ae.domains import domain_of
from keras_ae.errors import InputError, check_choices, check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Tabular"]


@dataclass(frozen=True)
class Tabular(Variant):
    """The evidence lower bound of log p(row), or of log p(row | condition) where a column is a condition.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        beta: Weight of the divergence from the prior, at least 0.
        least_deviation: The least standard deviation that the decoder gives a scaled number, above 0.
        sampler: The source of codes to generate from: a mixture fitted to those of the training rows, which
            are not quite standard normal.
        likelihood: "gaussian" of numbers, with a variance for each; there is no other.
    """

    backbone: Backbone = DenseBackbone((128, 128))
    latent_dim: int = 16
    beta: float = 1.0
    least_deviation: float = 0.1
    sampler: Sampler = FittedMixture()
    likelihood: str = "gaussian"

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, beta=0)
        check_within(self, least_deviation="(0, 1]")
        check_choices(self, likelihood=("gaussian",))

    def build(self, spec: Spec) -> Heads:
        """The heads for rows of a table.

        Raises:
            InputError: If the examples are no rows of a table.
        """
        layout = spec.domain.layout
        if layout is None or spec.input_shape != spec.target_shape:
            raise InputError(
                f"expected rows of a table, in and out alike; received {spec.domain.kind} values of shape "
                f'{spec.target_shape}; use another variant: SET="variant=Variational"'
            )
        text, conditional = str(layout), layout.condition is not None
        encoder = posterior_encoder(spec, self.backbone, self.latent_dim)
        code = keras.Input((self.latent_dim,), name="code")
        given = {"condition": keras.Input((spec.condition,), name="condition")} if conditional else {}
        joined = layers.Concatenate(name="decoder_join")([code, *given.values()]) if conditional else code
        logits = self.backbone.decode(joined, (2 * len(layout.groups),))
        middles, log_var = RowDistribution(text, self.least_deviation, MOST_DEVIATION, name="decoder_rows")(
            logits, *given.values()
        )
        both = {"reconstruction": middles, "reconstruction_log_var": log_var}
        distribution = keras.Model({"code": code} | given, both, name="distribution")

        choices = keras.Input((2, len(layout.columns)), name="choices")
        chosen = RowChoices(text, name="reconstruction")(middles, log_var, choices)
        inputs_of_decoder = {"code": code, "choices": choices} | given
        decoder = keras.Model(inputs_of_decoder, {"reconstruction": chosen}, name="decoder")

        inputs = encoder.inputs[0]
        encoded = encoder({"inputs": inputs})
        words = {"condition": ConditionWords(text, name="condition_words")(inputs)} if conditional else {}
        likeliest = Likeliest((2, len(layout.columns)), name="likeliest")(encoded["code"])
        decoded = decoder({"code": encoded["code"], "choices": likeliest} | words)
        end_to_end = keras.Model({"inputs": inputs}, encoded | decoded, name="autoencoder")

        seeds = keras.Input((2,), dtype="int64", name="seeds")
        sampled = Sampling().sample({**encoded, "seeds": seeds})
        outputs = encoded | sampled | distribution({"code": sampled["code"]} | words)
        outputs["missing_nats"] = MissingNats(text, name="missing")(inputs, outputs["reconstruction"])
        trained = keras.Model({"inputs": inputs, "seeds": seeds}, outputs, name="trained")
        return Heads(encoder, decoder, end_to_end, trained)

    def terms(self) -> tuple[Term, ...]:
        missing = Term("missing", lambda outputs: outputs["missing_nats"])
        return (Term("kl", kl_divergence, self.beta), missing)


MOST_DEVIATION = 3.0
"""The greatest standard deviation of a scaled number."""


EXAMPLE = (
    Tabular(DenseBackbone((16,)), latent_dim=3),
    Spec((17,), (17,), domain_of("table(n,n0.1~2!,w3,w3!,w1!)")),
)
