"""What every variant gives (Heads, Term) and what it is asked for (Spec)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import keras

ACTIVATIONS = {"unit": "sigmoid", "real": "linear"}
"""The activation of the reconstruction, for each domain that targets may have."""


@dataclass(frozen=True)
class Spec:
    """What the data, as the task pairs them, asks of a network.

    input_shape: shape of one input, without the batch axis.
    target_shape: shape of one target, without the batch axis.
    domain: of the targets; "unit" is [0, 1], "real" is any finite number, standardised.

    Raises ValueError for a shape that is empty or has an axis below 1, or an unknown domain.
    """

    input_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    domain: str

    def __post_init__(self):
        for name in ("input_shape", "target_shape"):
            shape = getattr(self, name)
            if not shape or min(shape) < 1:
                raise ValueError(f"{name} needs one or more axes of at least 1, received {shape}")
        if self.domain not in ACTIVATIONS:
            raise ValueError(f"domain is one of {sorted(ACTIVATIONS)}, received {self.domain!r}")

    @property
    def activation(self) -> str:
        """The activation that keeps a reconstruction inside the targets' domain."""
        return ACTIVATIONS[self.domain]


@dataclass(frozen=True)
class Heads:
    """Three functional models over one graph, which share every weight.

    encoder: {"inputs": (batch, *input_shape)} -> {"code": (batch, latent_dim)}
    decoder: {"code": (batch, latent_dim)} -> {"reconstruction": (batch, *target_shape)}
    end_to_end: {"inputs"} -> {"reconstruction", "code", and whatever the terms read}
    """

    encoder: keras.Model
    decoder: keras.Model
    end_to_end: keras.Model

    @classmethod
    def join(cls, encoder: keras.Model, decoder: keras.Model) -> Heads:
        """Runs the decoder on the encoder's code; every output of both is an output."""
        inputs = {tensor.name: tensor for tensor in encoder.inputs}
        encoded = encoder(inputs)
        decoded = decoder({"code": encoded["code"]})
        return cls(encoder, decoder, keras.Model(inputs, {**encoded, **decoded}, name="autoencoder"))

    @classmethod
    def of(cls, end_to_end: keras.Model) -> Heads:
        """The heads inside an end-to-end model, such as one loaded from a `.keras` file.

        Raises ValueError when the model has no layer named "encoder" or "decoder".
        """
        return cls(end_to_end.get_layer("encoder"), end_to_end.get_layer("decoder"), end_to_end)


@dataclass(frozen=True)
class Term:
    """One weighted addend of the objective beside the reconstruction loss.

    name: of its scalar in TensorBoard.
    value: pure function of the end-to-end model's named outputs, giving (batch,), or a scalar
        where the term is defined on a batch as a whole.
    weight: factor in the loss, at least 0.
    """

    name: str
    value: Callable[[dict], object]
    weight: float = 1.0

    def __post_init__(self):
        if not self.weight >= 0:
            raise ValueError(f"the weight of term {self.name!r} is at least 0, received {self.weight}")


class Variant(Protocol):
    """A frozen dataclass of hyperparameters that builds heads and names its objective's terms."""

    def build(self, spec: Spec) -> Heads: ...

    def terms(self) -> tuple[Term, ...]: ...


class Backbone(Protocol):
    """The layers between the data and the code, in both directions.

    encode: (batch, *input_shape) -> features (batch, n).
    decode: (batch, latent_dim) -> (batch, *output_shape), before the output activation.
    """

    def encode(self, inputs): ...

    def decode(self, code, output_shape: tuple[int, ...]): ...
