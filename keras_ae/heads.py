"""The heads of an autoencoder, the shapes they are built for, and the values that train and serve them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.domains import Domain, domain_of

__all__ = [
    "Backbone",
    "Heads",
    "ServableHeads",
    "ServedHead",
    "Spec",
    "Stage",
    "Term",
    "TrainedHeads",
    "apply",
    "batched",
    "in_batches",
    "inference_batch",
]


@dataclass(frozen=True)
class Spec:
    """The shapes and the domain that a network is built for.

    Attributes:
        input_shape: The shape of one input, without the batch axis.
        target_shape: The shape of one target, without the batch axis.
        domain: The domain of the targets: "unit" is [0, 1], "real" any finite numbers, standardized,
            "categorical" one of several classes, one-hot over the last axis.
        condition: The number of classes that a label may be of; 0 where the data has no labels.

    Raises:
        ValueError: If a shape is empty or has an axis below 1, the domain is unknown, or the condition is
            negative.
    """

    input_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    domain: Domain
    condition: int = 0

    def __post_init__(self) -> None:
        for name in ("input_shape", "target_shape"):
            shape = getattr(self, name)
            if not shape or min(shape) < 1:
                raise ValueError(f"{name} needs one or more axes of at least 1, received {shape}")
        object.__setattr__(self, "domain", domain_of(self.domain))
        if self.condition < 0:
            raise ValueError(f"condition is at least 0, received {self.condition}")

    @property
    def activation(self) -> str:
        """The activation that keeps a reconstruction inside the targets' domain."""
        return self.domain.activation


@dataclass(frozen=True)
class Heads:
    """Functional models over one graph, which share every weight.

    The heads of a conditional variant also take "condition" (batch, classes).

    Attributes:
        encoder: {"inputs": (batch, *input_shape)} -> {"code": (batch, ...)} and maybe other outputs.
        decoder: {"code"} -> {"reconstruction": (batch, *target_shape)}. One that chooses step by step also
            takes "choices" (batch, ...), standard normal noise to choose by, 0 for the likeliest. With
            skips it also takes the inputs and the encoder's other outputs, and is no head by itself (see
            `takes_code_alone`).
        end_to_end: {"inputs"} -> "reconstruction", "code" and the other outputs of both.
        trained: The model that is trained: by default the end-to-end one, otherwise one that also takes
            "seeds" (batch, 2) to sample from. Terms read its outputs.
        samples: Rows of code and reconstruction that `trained` gives for each example, one after the other.
        prior: {"noise": (batch, ...)}, standard normal -> {"code"}; of a variant that learns its prior.
        critic: The opponent of the encoder in an adversarial variant, inside `trained`.
        teacher_forced: {"code", "targets"} -> {"reconstruction"}; of a decoder that chooses step by step,
            as a likelihood: each step depends on the targets before it, not on its own choices.
    """

    encoder: keras.Model
    decoder: keras.Model
    end_to_end: keras.Model
    trained: keras.Model = None
    samples: int = 1
    prior: keras.Model | None = None
    critic: keras.Model | None = None
    teacher_forced: keras.Model | None = None

    def __post_init__(self) -> None:
        if self.trained is None:
            object.__setattr__(self, "trained", self.end_to_end)

    @property
    def takes_code_alone(self) -> bool:
        """Whether the decoder needs nothing but a code, and a condition or choices where it takes some."""
        return {tensor.name for tensor in self.decoder.inputs} <= {"code", "condition", "choices"}

    @property
    def choices_shape(self) -> tuple[int, ...] | None:
        """The shape of the noise that the decoder chooses by; None where it makes no choices."""
        shapes = [tuple(tensor.shape[1:]) for tensor in self.decoder.inputs if tensor.name == "choices"]
        return shapes[0] if shapes else None

    @cached_property
    def decode(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """The decoder as a function of tensors by name; without "choices" it makes the likeliest."""
        if not self.choices_shape:
            return partial(apply, self.decoder)
        run = tf.function(partial(apply, self.decoder), reduce_retracing=True)  # slow step by step, op by op

        def decode(tensors):
            likeliest = tf.zeros((tf.shape(tensors["code"])[0], *self.choices_shape))
            return run(_inputs_of(self.decoder, {"choices": likeliest, **tensors}))

        return decode

    @property
    def any_size(self) -> bool:
        """Whether the heads take inputs of any length along some axis, such as images of any height."""
        return None in self.encoder.get_layer("inputs").output.shape[1:]

    @property
    def code_shape(self) -> tuple[int | None, ...]:
        """The shape of one code; an axis is None where it depends on the size of the input."""
        return tuple(self.decoder.get_layer("code").output.shape[1:])

    @property
    def latent_dim(self) -> int:
        """Numbers in a code, or at one position of a code whose size depends on the input's."""
        return prod(axis for axis in self.code_shape if axis is not None)

    @classmethod
    def join(
        cls,
        encoder: keras.Model,
        decoder: keras.Model,
        bottleneck: Callable[[dict], dict] | None = None,
        samples: int = 1,
    ) -> Heads:
        """The heads of an encoder and a decoder, which runs on the encoder's code.

        Args:
            encoder: The encoder.
            decoder: The decoder.
            bottleneck: A stage between the two, in training alone: inputs, the encoder's outputs and "seeds",
                by name -> further outputs. A "code" among them replaces the encoder's.
            samples: Rows of that code for each example.

        Returns:
            The heads; every output of both is an output of the end-to-end model.
        """
        inputs = {tensor.name: tensor for tensor in (*encoder.inputs, *decoder.inputs)}
        inputs = {name: tensor for name, tensor in inputs.items() if name not in encoder.output}
        encoded = encoder(_inputs_of(encoder, inputs))
        whole = {**encoded, **decoder(_inputs_of(decoder, {**inputs, **encoded}))}
        end_to_end = keras.Model(inputs, whole, name="autoencoder")
        if bottleneck is None:
            return cls(encoder, decoder, end_to_end)
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        sampled = bottleneck({**inputs, **encoded, "seeds": seeds})
        repeated = {
            name: keras.ops.repeat(value, samples, axis=0) if samples > 1 else value
            for name, value in inputs.items()
        }
        decoded = decoder(_inputs_of(decoder, {**repeated, **encoded, **sampled}))
        trained = keras.Model(inputs | {"seeds": seeds}, {**encoded, **sampled, **decoded}, name="trained")
        return cls(encoder, decoder, end_to_end, trained, samples)

    @classmethod
    def of(cls, end_to_end: keras.Model, prior: keras.Model | None = None) -> Heads:
        """The heads inside an end-to-end model, such as one loaded from a `.keras` file.

        Args:
            end_to_end: A model with layers named "encoder" and "decoder".
            prior: The learned prior, if there is one.

        Returns:
            The heads.

        Raises:
            ValueError: If the model has no such layers.
        """
        return cls(end_to_end.get_layer("encoder"), end_to_end.get_layer("decoder"), end_to_end, prior=prior)


def apply(model: keras.Model, tensors: Mapping[str, Any], training: bool = False) -> dict[str, Any]:
    """The outputs of a model for tensors by name.

    Args:
        model: A Keras model with named inputs and outputs.
        tensors: Its inputs by name; others are ignored.
        training: Whether layers act as in training.

    Returns:
        The outputs by name.
    """
    return model(_inputs_of(model, tensors), training=training)


def _inputs_of(model, tensors):
    return {tensor.name: tensors[tensor.name] for tensor in model.inputs}


@dataclass(frozen=True)
class Term:
    """A weighted addend of the objective beside the reconstruction loss.

    Attributes:
        name: The name of its scalar in TensorBoard.
        value: A pure function of the trained model's outputs by name, which gives (batch,), (batch, samples),
            or a scalar where the term is defined on a batch as a whole. "progress", the completed fraction
            of the run in [0, 1], is among the outputs; in validation it is 1.
        weight: The factor in the loss, at least 0; a term of weight 0 is only shown.
        schedule: A factor on the weight as a function of progress; validation takes its value at 1, so
            that epochs can be compared.
        selects: Whether it counts in validation, by which the best epoch is chosen; the loss of an
            opponent, or of a part that learns beside the model, does not.

    Raises:
        ValueError: If the weight is negative.
    """

    name: str
    value: Callable[[dict], Any]
    weight: float = 1.0
    schedule: Callable[[Any], Any] | None = None
    selects: bool = True

    def __post_init__(self) -> None:
        if not self.weight >= 0:
            raise ValueError(f"the weight of term {self.name!r} is at least 0, received {self.weight}")


@dataclass(frozen=True)
class Stage:
    """The training of a part of the heads, before the training of the whole.

    Attributes:
        name: The name of its curves in TensorBoard and of its checkpoint.
        model: The model to train, over layers of the heads; it may also take "targets".
        layers: The names of the layers whose weights change.
        terms: Its objective, beside the reconstruction loss where the model gives a reconstruction.
        epochs: At least 1.
    """

    name: str
    model: keras.Model
    layers: tuple[str, ...]
    terms: tuple[Term, ...]
    epochs: int


@dataclass(frozen=True, eq=False)
class TrainedHeads:
    """Trained heads and their data, of which a task makes the further heads that it serves.

    Attributes:
        heads: The trained heads.
        data: The data that they were trained on, as the task's `prepare` gives it.
        reach: Pixels around a pixel that its reconstruction depends on; None where images have one size.
        multiple: Tiles that begin at multiples of so many pixels are reconstructed as the whole image is.
    """

    heads: Heads
    data: Any
    reach: int | None = None
    multiple: int = 1


RESERVED = frozenset({"autoencoder", "decoder", "encoder", "prior", "sampler", "preprocessor", "staged"})
"""Names that no further head may have: those of the variant's own heads, and of a run's other models."""


@dataclass(frozen=True, eq=False)
class ServedHead:
    """A head that a task serves beside the encoder, the decoder and the autoencoder.

    A run's folder keeps it, its facts stand in the model card under its name, and it is exported,
    verified and converted as the others are. Its inputs and outputs are in the data's original units
    where they have the names that the variant's heads use: "inputs", "condition" and "reconstruction".

    Attributes:
        name: The name of its folder, such as "detector".
        model: Named inputs (batch, ...) -> named outputs (batch, ...).
        facts: What users should know about it, as JSON takes it.
        examples: Inputs by name, as the model takes them, for those that the data and the encoder do
            not provide; the exported head is compared with the Keras model on them.
        takes_images: Whether all its inputs, and its "reconstruction", are images in [0, 1] of any size;
            they are then served as they are, and as files too, and `examples` holds every input.

    Raises:
        ValueError: If the name is no word of lower-case letters, digits and underscores, or is taken.
    """

    name: str
    model: keras.Model
    facts: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, np.ndarray] = field(default_factory=dict)
    takes_images: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name) or self.name in RESERVED:
            raise ValueError(
                "the name of a served head is a word of lower-case letters, digits and underscores, "
                f"other than {', '.join(sorted(RESERVED))}; received {self.name!r}"
            )


@dataclass(frozen=True, eq=False)
class ServableHeads:
    """Trained heads with all that exporting them takes.

    Attributes:
        heads: The trained heads.
        scaler: The `Scaler` between original units and those that the heads were trained in.
        examples: Held-back examples as the heads take them, by name: "inputs" (n, ...), and "condition"
            (n, classes) where they are labeled; exported heads are compared with the Keras heads on them.
        sampler: {"noise"} -> {"code"}, of a variant that generates.
        served_heads: The further heads that the task serves.
        columns: The same examples as rows of a table, (n,) by the names of the signatures' inputs.
    """

    heads: Heads
    scaler: Any
    examples: Mapping[str, np.ndarray]
    sampler: keras.Model | None = None
    served_heads: tuple[ServedHead, ...] = ()
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def served_head(self, name: str) -> ServedHead | None:
        """A further head by its name.

        Args:
            name: The head's name.

        Returns:
            The head, or None where the task serves no such head.
        """
        return next((head for head in self.served_heads if head.name == name), None)


class Backbone:
    """The layers between the data and the code, in both directions; a frozen dataclass.

    Attributes:
        axis: The axis of an example, counted without the batch's, along which `encode_steps` and
            `decode_steps` keep steps apart; None where the backbone gives one vector an example.
    """

    axis: int | None = None

    def encode(self, inputs: Any) -> Any:
        """The features of examples.

        Args:
            inputs: (batch, *input_shape).

        Returns:
            (batch, n).
        """
        raise NotImplementedError

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Outputs of codes, before the output activation.

        Args:
            code: (batch, latent_dim).
            output_shape: The shape of one output.

        Returns:
            (batch, *output_shape).
        """
        raise NotImplementedError

    def encode_steps(self, inputs: Any) -> Any:
        """The features of each step of examples; implemented where `axis` is set.

        Args:
            inputs: (batch, *input_shape).

        Returns:
            (batch, steps, n).
        """
        raise NotImplementedError

    def decode_steps(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Outputs of a code for each step; implemented where `axis` is set.

        Args:
            code: (batch, steps, n).
            output_shape: The shape of one output.

        Returns:
            (batch, *output_shape).
        """
        raise NotImplementedError


def inference_batch(shape: tuple[int, ...]) -> int:
    """The number of examples in a batch that is not trained on: at most 256, and a million values.

    Args:
        shape: The shape of one example.

    Returns:
        The batch size, at least 1.
    """
    return max(1, min(256, 2**20 // max(1, prod(shape))))


def in_batches(run: Callable[[slice], Mapping[str, Any]], count: int, size: int) -> dict[str, np.ndarray]:
    """The outputs of a function that computes a slice of the examples at a time.

    Args:
        run: A slice of the examples -> outputs by name, examples along the first axis.
        count: The number of examples.
        size: The number of examples in a batch.

    Returns:
        The outputs of all examples by name.
    """
    parts = [run(slice(start, min(start + size, count))) for start in range(0, max(count, 1), size)]
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def batched(
    model: keras.Model | Callable[[dict], Mapping[str, Any]],
    inputs: Mapping[str, Any],
    size: int | None = None,
) -> dict[str, np.ndarray]:
    """The outputs of a model for any number of examples, computed a batch at a time.

    Args:
        model: A Keras model, which takes those of the inputs that it needs; or a function of them all.
        inputs: Arrays by name, examples along the first axis.
        size: The number of examples in a batch; by default it follows from the size of one.

    Returns:
        The outputs by name, in the order of the examples.
    """
    run = partial(apply, model) if isinstance(model, keras.Model) else model
    count = len(next(iter(inputs.values())))
    size = size or min(inference_batch(tuple(value.shape[1:])) for value in inputs.values())
    return in_batches(
        lambda rows: run({name: tf.convert_to_tensor(value[rows]) for name, value in inputs.items()}),
        count,
        size,
    )
