"""Factor analysis of a table's rows, with layers that add to it: a code from whatever is known of a row.

Rubin and Thayer, "EM algorithms for ML factor analysis", Psychometrika 1982, with missing values as in
Ghahramani and Hinton, "The EM algorithm for mixtures of factor analyzers", 1996.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.factor_path import FactorPosterior
from keras_ae.blocks.linear_path import Gain, linear_decoder
from keras_ae.domains import domain_of
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Backbone, Heads, Spec
from keras_ae.variants import Variant

__all__ = ["FactorAnalysis"]


@dataclass(frozen=True)
class FactorAnalysis(Variant):
    """An autoencoder that begins as factor analysis fitted to the training rows, whatever is missing of them.

    The code is the factors' mean given the known values, and the decoder is linear in it; layers on either
    side learn what to add, from nothing. The factors themselves are not trained further.

    Attributes:
        backbone: Layers that add to the factors.
        latent_dim: Factors, at least 1. There may be as many as columns, for each column has noise of its
            own; of fewer columns there are no more factors than those and their words.
    """

    backbone: Backbone = DenseBackbone((64,))
    latent_dim: int = 12

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1)

    def build(self, spec: Spec) -> Heads:
        """The heads for rows of a table.

        Raises:
            InputError: If the examples are no rows of a table.
        """
        if spec.domain.layout is None or spec.input_shape != spec.target_shape:
            raise InputError(
                f"expected rows of a table, in and out alike; received {spec.domain.kind} values of shape "
                f'{spec.target_shape}; use another variant: SET="variant=Undercomplete"'
            )
        layout = spec.domain.layout
        size = min(self.latent_dim, int(layout.numbers.sum()) + sum(filter(None, layout.kinds)))
        inputs = keras.Input(spec.input_shape, name="inputs")
        posterior = FactorPosterior(str(layout), size, name="factor_posterior")
        means, filled, deviation = posterior(inputs)
        added = layers.Dense(size, name="encoder_code")(self.backbone.encode(filled))
        code = layers.Add(name="encoder_sum")([means, Gain(name="encoder_gain")(added)])
        outputs = {"code": code, "deviation": deviation}
        encoder = keras.Model({"inputs": inputs}, outputs, name="encoder")

        decoder = linear_decoder(spec, self.backbone, size, encoder)
        decoder.get_layer("decoder_linear").trainable = False

        return Heads.join(encoder, decoder)

    def initialize(self, heads: Heads, examples: Callable[[], np.ndarray]) -> None:
        posterior = heads.encoder.get_layer("factor_posterior").fitted(examples())
        mean, spread, _, loadings = posterior.get_weights()
        heads.decoder.get_layer("decoder_linear").set_weights([(spread[:, None] * loadings).T, mean])


EXAMPLE = (
    FactorAnalysis(DenseBackbone((16,)), latent_dim=3),
    Spec((17,), (17,), domain_of("table(n,n0.1~2!,w3,w3!,w1!)")),
)
