"""Variational autoencoder with a recurrent decoder, for texts: each token by the code and all tokens before.

Bowman et al. 2016, arXiv:1511.06349. A decoder that knows what comes before has little need of a code, and
may learn to leave it out: the divergence then falls to 0. Cures are its warm-up and the tokens hidden from
the decoder (the same paper), cycles (Fu et al. 2019, arXiv:1903.10145) and free bits (Kingma et al. 2016,
arXiv:1606.04934). A decoder without a code is trained beside, to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.blocks.choosing_decoder import choosing_decoder, teacher_forced, with_likeliest
from keras_ae.blocks.recurrent_steps import RecurrentSteps, sequence_nll
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import Sampling, posterior_encoder
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant
from keras_ae.variants.variational import Variational

__all__ = ["RecurrentVariational"]


@dataclass(frozen=True)
class RecurrentVariational(Variant):
    """Teacher-forced reconstruction + beta * KL(q(code | x) || N(0, 1)), for sequences of classes.

    Attributes:
        backbone: Layers from the sequence to the code; their way out is not used.
        latent_dim: Numbers in the code, at least 1.
        units: Units of the recurrent decoder, at least 1.
        beta: Weight of the divergence, at least 0.
        kl_warmup: Fraction of the run, in [0, 1], over which the weight of the divergence rises from 0 to
            beta.
        cycles: Times that the rise is repeated in the run, at least 1; kl_warmup is then a fraction of a
            cycle.
        free_bits: Nats of each latent dimension, averaged over a batch, that are not penalized, at least 0.
        token_dropout: Fraction of the previous tokens that training hides from the decoder, in [0, 1).
        dropout: Dropout rate of the decoder's recurrent layer in training, in [0, 1).
        without_code: Whether the same decoder is trained without a code beside, with the same batches and
            dropout, to compare with.
        noise_scale: Factor on the noise that the decoder chooses by, above 0 and at most 1: 1 samples as the
            probabilities say, less keeps to the likelier classes.
        sampler: Where codes to generate from are sampled.
        likelihood: "categorical", there is no other.
    """

    backbone: Backbone = BidirectionalBackbone()
    latent_dim: int = 32
    units: int = 512
    beta: float = 1.0
    kl_warmup: float = 0.3
    cycles: int = 1
    free_bits: float = 0.0
    token_dropout: float = 0.0
    dropout: float = 0.2
    without_code: bool = True
    noise_scale: float = 0.7
    sampler: Sampler = StandardNormal()
    likelihood: str = "categorical"

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, units=1)
        check_within(self, token_dropout="[0, 1)", dropout="[0, 1)", noise_scale="(0, 1]")
        if self.likelihood != "categorical":
            raise InputError(f"likelihood is categorical, received {self.likelihood!r}")
        self._variational  # noqa: B018 as it checks what it shares

    @property
    def _variational(self) -> Variational:
        return Variational(
            self.backbone,
            self.latent_dim,
            beta=self.beta,
            kl_warmup=self.kl_warmup,
            cycles=self.cycles,
            free_bits=self.free_bits,
        )

    def build(self, spec: Spec) -> Heads:
        """Builds the heads.

        Args:
            spec: The shapes and the domain, which has to be categorical.

        Returns:
            The heads, the teacher-forced model among them.

        Raises:
            InputError: If the examples are not sequences of classes, or the targets have another shape.
        """
        shape = spec.target_shape
        if not spec.domain.one_hot or spec.input_shape != shape or len(shape) != 2:
            raise InputError(
                "expected sequences of classes, in and out alike, such as (64, 66), received "
                f"{spec.domain.kind} values of shapes {spec.input_shape} and {shape}; use another variant: "
                'SET="variant=Variational"'
            )
        encoder = posterior_encoder(spec, self.backbone, self.latent_dim)
        steps = self._steps(shape, "decoder_steps")
        code = keras.Input((self.latent_dim,), name="code")
        features = layers.Identity(name="decoder_features")(code)
        decoder = choosing_decoder(steps, code, features, (shape[0], 1), self.noise_scale)
        return Heads(
            encoder,
            decoder,
            with_likeliest(encoder, decoder),
            self._trained(encoder, steps, shape),
            teacher_forced=teacher_forced(decoder),
        )

    def _trained(self, encoder: keras.Model, steps: RecurrentSteps, shape: tuple[int, ...]) -> keras.Model:
        """The teacher-forced model, and the decoder without a code beside."""
        inputs, seeds = encoder.inputs[0], keras.Input((2,), dtype="int64", name="seeds")
        encoded = encoder({"inputs": inputs})
        sampled = Sampling().sample({**encoded, "seeds": seeds})
        outputs = encoded | sampled
        outputs["reconstruction"] = steps(sampled["code"], inputs, seeds, mode="score")
        if self.without_code:
            alone = self._steps(shape, "decoder_without_code")
            same = ops.ones_like(encoded["mean"])  # for all examples, so that its first state is learned
            probabilities = alone(same, inputs, seeds, mode="score")
            outputs["without_code_nll"] = sequence_nll(inputs, probabilities)
        return keras.Model({"inputs": inputs, "seeds": seeds}, outputs, name="trained")

    def _steps(self, shape: tuple[int, ...], name: str) -> RecurrentSteps:
        return RecurrentSteps(
            shape,
            self.latent_dim,
            units=self.units,
            dropout=self.dropout,
            token_dropout=self.token_dropout,
            name=name,
        )

    def terms(self) -> tuple[Term, ...]:
        """The divergence, and the loss of the decoder without a code, which shares no weight."""
        alone = Term("without_code_nll", lambda outputs: outputs["without_code_nll"], selects=False)
        return (*self._variational.terms(), *([alone] if self.without_code else []))


COMPARED: dict = {}

EXAMPLE = (
    RecurrentVariational(BidirectionalBackbone((4,), embedding_dim=3), latent_dim=3, units=8),
    Spec((5, 4), (5, 4), CATEGORICAL),
)
