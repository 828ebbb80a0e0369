"""Variational autoencoder whose decoder goes step by step, each choice by the code and by those before it.

The code tells what the whole is like, the steps before what fits beside them, so that notes that sound
together, and tiles that stand together, are chosen together. PixelVAE (Gulrajani et al. 2017,
arXiv:1611.05013) has it for images, MusicVAE (Roberts et al. 2018, arXiv:1803.05428) for music.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import keras
from keras import layers, ops

from keras_ae.backbones.steps import StepsBackbone
from keras_ae.blocks.autoregressive import StepByStep, teacher_forced
from keras_ae.blocks.choices import Likeliest
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import Sampling, posterior_encoder
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant
from keras_ae.variants.variational import Variational


@dataclass(frozen=True)
class Autoregressive(Variant):
    """Reconstruction of each step given those before it + beta * KL(q(code | x) || N(0, 1)) + a guess.

    For classes in steps, (steps, ..., classes), or along axis 1 as the backbone has it; all else of a step
    are its places, chosen one after another. A decoder that knows what comes before has little need of a
    code. So the guess is another addend: the reconstruction from the code alone, every place by itself
    (Lucas and Verbeek 2018, arXiv:1711.11479).

    backbone: layers between the data and the code; of the way out, features of each step.
    latent_dim: numbers in the code, at least 1.
    beta: weight of the divergence, at least 0.
    guess: weight of the reconstruction from the code alone, at least 0.
    warmup: share of the run, in [0, 1], over which the weight of the divergence rises from 0 to beta.
    memory: steps that a choice goes by, at least 1. width: of the layers that choose, at least 1.
    features: of each step, which those layers take from the code, at least 1.
    held: whether class 0 says that the class before goes on.
    ordered: the first of the classes that are points on a scale, such as pitches; 0 where there are none.
    rate: share of what the decoder knows that training leaves out, in [0, 1).
    spread: factor on the noise that the decoder chooses by, above 0 and at most 1: 1 draws as the
        probabilities say, less keeps to the likelier classes.
    sampler: where codes to generate from are drawn.
    likelihood: "categorical", there is no other.
    """

    backbone: Backbone = StepsBackbone()
    latent_dim: int = 32
    beta: float = 0.3
    guess: float = 0.3
    warmup: float = 0.1
    memory: int = 8
    width: int = 256
    features: int = 256
    held: bool = False
    ordered: int = 0
    rate: float = 0.2
    spread: float = 1.0
    sampler: Sampler = StandardNormal()
    likelihood: str = "categorical"

    def __post_init__(self):
        check_least(self, latent_dim=1, memory=1, width=1, features=1, ordered=0, guess=0)
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate is a share, at least 0 and below 1, received {self.rate}")
        if not 0 < self.spread <= 1:
            raise ValueError(f"spread is above 0 and at most 1, received {self.spread}")
        if self.likelihood != "categorical":
            raise ValueError(f"likelihood is categorical, received {self.likelihood!r}")
        self._variational  # noqa: B018 as it checks what it shares

    @property
    def _variational(self):
        return Variational(self.backbone, self.latent_dim, beta=self.beta, kl_warmup=self.warmup)

    def build(self, spec: Spec) -> Heads:
        """Raises InputError for what is not classes, for targets of another shape, and for too few axes."""
        axis = self.backbone.axis or 0
        shape = spec.target_shape
        if not spec.domain.one_hot or spec.input_shape != shape or len(shape) < 2 + axis:
            raise InputError(
                f"expected classes in steps along axis {axis}, in and out alike, such as (64, 4, 51), "
                f"received {spec.domain} values of shapes {spec.input_shape} and {shape}; take another "
                'variant: SET="variant=Variational"'
            )
        if self.ordered >= shape[-1]:
            raise InputError(f"ordered is below the number of classes, {shape[-1]}, received {self.ordered}")
        encoder = posterior_encoder(spec, self.backbone, self.latent_dim)
        chosen = StepByStep(
            shape, self.features, axis, self.memory, self.width, self.held, self.ordered, self.rate,
            name="decoder_steps",
        )  # fmt: skip
        code = keras.Input((self.latent_dim,), name="code")
        features = self._features(code, shape[axis], axis)
        choices = keras.Input((chosen.steps, chosen.places), name="choices")
        scaled = layers.Rescaling(self.spread, name="decoder_spread")(choices)
        drawn = layers.Identity(name="reconstruction")(chosen(features, scaled, mode="draw"))
        decoder = keras.Model({"code": code, "choices": choices}, {"reconstruction": drawn}, name="decoder")

        targets = keras.Input(shape, name="targets")
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        taught = {
            "reconstruction": chosen(features, targets, seeds, mode="score"),
            "guess_nll": _guess_nll(features, targets, axis),
        }
        teacher = keras.Model({"code": code, "targets": targets, "seeds": seeds}, taught, name="teacher")

        inputs = encoder.inputs[0]
        encoded = encoder({"inputs": inputs})
        likeliest = Likeliest((chosen.steps, chosen.places), name="likeliest")(encoded["code"])
        whole = encoded | decoder({"code": encoded["code"], "choices": likeliest})
        end_to_end = keras.Model({"inputs": inputs}, whole, name="autoencoder")
        drawn_code = Sampling().sample({**encoded, "seeds": seeds})
        taught = teacher({"code": drawn_code["code"], "targets": inputs, "seeds": seeds})
        trained = keras.Model(
            {"inputs": inputs, "seeds": seeds}, encoded | drawn_code | taught, name="trained"
        )
        return Heads(encoder, decoder, end_to_end, trained, teacher_forced=teacher_forced(decoder))

    def _features(self, code, steps, axis):
        """(batch, latent_dim) -> (batch, steps, features)."""
        ahead = (1,) * axis
        features = self.backbone.decode(code, (*ahead, steps, self.features))
        return layers.Reshape((steps, self.features), name="decoder_features")(features)

    def terms(self) -> tuple[Term, ...]:
        alone = Term("guess_nll", lambda outputs: outputs["guess_nll"], self.guess, selects=False)
        return (*self._variational.terms(), alone)


def _guess_nll(features, targets, axis):
    """Nats an example, (batch,), of classes (batch, *shape) by the features of each step alone."""
    shape = list(targets.shape[1:])
    shape[0], shape[axis] = shape[axis], shape[0]
    guessed = layers.Dense(prod(shape[1:]), name="decoder_guess")(ops.relu(features))
    shares = ops.softmax(layers.Reshape(shape)(guessed))
    given = ops.swapaxes(targets, 1, 1 + axis) if axis else targets
    nats = ops.categorical_crossentropy(given, shares)
    return ops.sum(nats, axis=tuple(range(1, len(shape))))


COMPARED: dict = {}

EXAMPLE = (
    Autoregressive(StepsBackbone((8,), axis=1), latent_dim=3, memory=2, width=8, features=6, ordered=1),
    Spec((3, 5, 4), (3, 5, 4), "categorical"),
)
