"""Contractive autoencoder: the code changes little where the input does.

Rifai, Vincent, Muller, Glorot and Bengio, "Contractive Auto-Encoders: Explicit Invariance During
Feature Extraction", ICML 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.blocks.jacobian import DERIVATIVES, OneLayerJacobian, ProbedJacobian
from keras_ae.heads import Backbone, Heads, Spec, Term


@dataclass(frozen=True)
class Contractive:
    """A penalty on the squared Frobenius norm of the code's Jacobian with respect to the input.

    Exact where the encoder is one layer, estimated with random probes where it is deeper.

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    weight: of the penalty, at least 0.
    probes: random directions a step for a deeper encoder, at least 1.
    activation: of the code: linear, sigmoid, tanh or relu. Those that saturate fit an encoder of one
        layer, as in the paper; above deep ones units of the code were seen to stand still.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    weight: float = 1e-4
    probes: int = 1
    activation: str = "linear"

    def __post_init__(self):
        for name, least in (("latent_dim", 1), ("weight", 0), ("probes", 1)):
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} is at least {least}, received {getattr(self, name)}")
        if self.activation not in DERIVATIVES:
            raise ValueError(f"activation is one of {', '.join(DERIVATIVES)}; received {self.activation!r}")

    def build(self, spec: Spec) -> Heads:
        inputs = keras.Input(spec.input_shape, name="inputs")
        last = layers.Dense(self.latent_dim, self.activation, name="encoder_code")
        code = last(self.backbone.encode(inputs))
        encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")

        code = keras.Input((self.latent_dim,), name="code")
        logits = self.backbone.decode(code, spec.target_shape)
        reconstruction = layers.Activation(spec.activation, name="reconstruction")(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")

        if len(encoder.weights) == len(last.weights):
            exact = OneLayerJacobian(last)
            return Heads.join(encoder, decoder, lambda named: {"jacobian": exact(named["code"])})
        probed = ProbedJacobian(encoder, probes=self.probes)
        return Heads.join(
            encoder, decoder, lambda named: {"jacobian": probed(named["inputs"], named["seeds"])}
        )

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("jacobian", lambda outputs: outputs["jacobian"], self.weight),
            Term("jacobian_norm", lambda outputs: ops.sqrt(outputs["jacobian"]), 0.0),
        )


EXAMPLE = (Contractive(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), "unit"))
