"""Variational autoencoder with an autoregressive decoder: choices depend on the code and earlier choices.

The code tells what the whole is like, the steps before what fits beside them, so that notes that sound
together, and tiles that stand together, are chosen together. PixelVAE (Gulrajani et al. 2017,
arXiv:1611.05013) has it for images, MusicVAE (Roberts et al. 2018, arXiv:1803.05428) for music.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import keras
from keras import layers, ops

from keras_ae.backbones.steps import StepsBackbone
from keras_ae.blocks.autoregressive import StepByStep
from keras_ae.blocks.choosing_decoder import choosing_decoder, teacher_forced, with_likeliest
from keras_ae.blocks.intervals import Intervals
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import Sampling, posterior_encoder
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant
from keras_ae.variants.variational import Variational

__all__ = ["Autoregressive"]


@dataclass(frozen=True)
class Autoregressive(Variant):
    """Teacher-forced reconstruction + beta * KL(q(code | x) || N(0, 1)) + an auxiliary loss.

    For classes in steps, (steps, ..., classes), or along axis 1 as the backbone has it; all else of a step
    are its positions, chosen one after another. A decoder that knows what comes before has little need of a
    code. So an auxiliary loss is the reconstruction from the code alone, every position by itself (Lucas and
    Verbeek 2018, arXiv:1711.11479).

    Attributes:
        backbone: Layers between the data and the code; on the way out they give features of each step.
        latent_dim: Numbers in the code, at least 1.
        beta: Weight of the divergence, at least 0.
        auxiliary_weight: Weight of the auxiliary loss, at least 0.
        kl_warmup: Fraction of the run, in [0, 1], over which the weight of the divergence rises from 0 to
            beta.
        context: Steps before that a choice depends on, at least 1.
        units: Units of the layers that choose, at least 1.
        features: Features of each step that those layers take from the code, at least 1.
        hold_class: Whether class 0 says that the class before goes on.
        first_ordered_class: The first of the classes that are points on a scale, such as pitches; 0 where
            there are none.
        intervals: The distances on that scale that are distinguished.
        dropout: Fraction of what the decoder knows that training leaves out, in [0, 1).
        noise_scale: Factor on the noise that the decoder chooses by, above 0 and at most 1: 1 samples as the
            probabilities say, less keeps to the likelier classes.
        sampler: Where codes to generate from are sampled.
        likelihood: "categorical", there is no other.
    """

    backbone: Backbone = StepsBackbone()
    latent_dim: int = 32
    beta: float = 0.3
    auxiliary_weight: float = 0.3
    kl_warmup: float = 0.1
    context: int = 8
    units: int = 256
    features: int = 256
    hold_class: bool = False
    first_ordered_class: int = 0
    intervals: Intervals = Intervals()
    dropout: float = 0.2
    noise_scale: float = 1.0
    sampler: Sampler = StandardNormal()
    likelihood: str = "categorical"

    def __post_init__(self) -> None:
        check_least(
            self, latent_dim=1, context=1, units=1, features=1, first_ordered_class=0, auxiliary_weight=0
        )
        check_within(self, dropout="[0, 1)", noise_scale="(0, 1]")
        if self.likelihood != "categorical":
            raise InputError(f"likelihood is categorical, received {self.likelihood!r}")
        self._variational  # noqa: B018 as it checks what it shares

    @property
    def _variational(self) -> Variational:
        return Variational(self.backbone, self.latent_dim, beta=self.beta, kl_warmup=self.kl_warmup)

    def build(self, spec: Spec) -> Heads:
        """Builds the heads.

        Args:
            spec: The shapes and the domain, which has to be categorical.

        Returns:
            The heads, the teacher-forced model among them.

        Raises:
            InputError: If the examples are not classes, the targets have another shape, or there are too few
                axes.
        """
        axis = self.backbone.axis or 0
        shape = spec.target_shape
        self._check(spec, axis)
        encoder = posterior_encoder(spec, self.backbone, self.latent_dim)
        steps = StepByStep(
            shape,
            self.features,
            axis,
            context=self.context,
            units=self.units,
            hold_class=self.hold_class,
            first_ordered_class=self.first_ordered_class,
            dropout=self.dropout,
            intervals=self.intervals,
            name="decoder_steps",
        )
        code = keras.Input((self.latent_dim,), name="code")
        features = self._features(code, shape[axis], axis)
        choices_shape = (steps.steps, steps.positions)
        decoder = choosing_decoder(steps, code, features, choices_shape, self.noise_scale)

        targets = keras.Input(shape, name="targets")
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        scored = {
            "reconstruction": steps(features, targets, seeds, mode="score"),
            "auxiliary_nll": _auxiliary_nll(features, targets, axis),
        }
        teacher = keras.Model({"code": code, "targets": targets, "seeds": seeds}, scored, name="teacher")

        inputs = encoder.inputs[0]
        encoded = encoder({"inputs": inputs})
        sampled = Sampling().sample({**encoded, "seeds": seeds})
        scored = teacher({"code": sampled["code"], "targets": inputs, "seeds": seeds})
        trained = keras.Model({"inputs": inputs, "seeds": seeds}, encoded | sampled | scored, name="trained")
        end_to_end = with_likeliest(encoder, decoder)
        return Heads(encoder, decoder, end_to_end, trained, teacher_forced=teacher_forced(decoder))

    def _check(self, spec: Spec, axis: int) -> None:
        """Raises InputError for examples that are not classes in steps."""
        shape = spec.target_shape
        if not spec.domain.one_hot or spec.input_shape != shape or len(shape) < 2 + axis:
            raise InputError(
                f"expected classes in steps along axis {axis}, in and out alike, such as (64, 4, 51), "
                f"received {spec.domain.kind} values of shapes {spec.input_shape} and {shape}; use another "
                'variant: SET="variant=Variational"'
            )
        if self.first_ordered_class >= shape[-1]:
            raise InputError(
                f"first_ordered_class is below the number of classes, {shape[-1]}, received "
                f"{self.first_ordered_class}"
            )

    def _features(self, code: Any, steps: int, axis: int) -> Any:
        """(batch, latent_dim) -> (batch, steps, features)."""
        ahead = (1,) * axis
        features = self.backbone.decode(code, (*ahead, steps, self.features))
        return layers.Reshape((steps, self.features), name="decoder_features")(features)

    def terms(self) -> tuple[Term, ...]:
        """The divergence and the auxiliary loss."""
        auxiliary = Term(
            "auxiliary_nll", lambda outputs: outputs["auxiliary_nll"], self.auxiliary_weight, selects=False
        )
        return (*self._variational.terms(), auxiliary)


def _auxiliary_nll(features: Any, targets: Any, axis: int) -> Any:
    """Nats per example, (batch,), of classes (batch, *shape) by the features of each step alone."""
    shape = list(targets.shape[1:])
    shape[0], shape[axis] = shape[axis], shape[0]
    logits = layers.Dense(prod(shape[1:]), name="decoder_auxiliary")(ops.relu(features))
    probabilities = ops.softmax(layers.Reshape(shape)(logits))
    turned = ops.swapaxes(targets, 1, 1 + axis) if axis else targets
    nats = ops.categorical_crossentropy(turned, probabilities)
    return ops.sum(nats, axis=tuple(range(1, len(shape))))


COMPARED: dict = {}

EXAMPLE = (
    Autoregressive(
        StepsBackbone((8,), axis=1), latent_dim=3, context=2, units=8, features=6, first_ordered_class=1
    ),
    Spec((3, 5, 4), (3, 5, 4), CATEGORICAL),
)
