"""What every variant gives (Heads, Term, Stage) and what it is asked for (Spec)."""

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


@dataclass(frozen=True)
class Spec:
    """What the data, as the task pairs them, asks of a network.

    input_shape: shape of one input, without the batch axis.
    target_shape: shape of one target, without the batch axis.
    domain: of the targets; "unit" is [0, 1], "real" is any finite number, standardized,
        "categorical" is one of so many classes, one-hot over the last axis.
    condition: classes that an example's label may be of; 0 where the data has no labels.

    Raises ValueError for a shape that is empty or has an axis below 1, an unknown domain, or a
    negative condition.
    """

    input_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    domain: Domain
    condition: int = 0

    def __post_init__(self):
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

    encoder: {"inputs": (batch, *input_shape)} -> {"code": (batch, n)}, n being the variant's latent_dim,
        or what follows from it
    decoder: {"code": (batch, n)} -> {"reconstruction": (batch, *target_shape)}; one that chooses step by
        step also takes "choices" (batch, ...), standard normal noise to choose by, 0 for the likeliest; with
        skips it takes what else the encoder gives, and the inputs, and is no head to use by itself:
        `takes_code_alone`
    end_to_end: {"inputs"} -> {"reconstruction", "code", and whatever the heads give besides}
    trained: the model that training sees and no one else: the end-to-end one where that is all,
        else one that also takes "seeds" (batch, 2) and draws from them. What it gives is what the
        terms read. With `samples` above 1 its code and reconstruction hold so many rows for each
        example, one after the other.
    prior: {"noise": (batch, ...)} standard normal -> {"code"}, where a variant has learned its own.
    critic: what plays against the encoder in an adversarial variant, inside `trained`.
    forced: {"code", "targets"} -> {"reconstruction"}, the decoder as a likelihood, where it chooses step by
        step: each step goes by the targets before it (teacher forcing) in the place of its own choices.

    A conditional variant's heads take "condition" (batch, classes) too.
    """

    encoder: keras.Model
    decoder: keras.Model
    end_to_end: keras.Model
    trained: keras.Model | None = None
    samples: int = 1
    prior: keras.Model | None = None
    critic: keras.Model | None = None
    teacher_forced: keras.Model | None = None

    def __post_init__(self):
        if self.trained is None:
            object.__setattr__(self, "trained", self.end_to_end)

    @property
    def takes_code_alone(self) -> bool:
        """Whether the decoder needs nothing but a code, and a condition or choices where it takes some."""
        return {tensor.name for tensor in self.decoder.inputs} <= {"code", "condition", "choices"}

    @property
    def choices_shape(self) -> tuple[int, ...] | None:
        """Shape of the noise that the decoder chooses by; None where it makes no choices."""
        shapes = [tuple(tensor.shape[1:]) for tensor in self.decoder.inputs if tensor.name == "choices"]
        return shapes[0] if shapes else None

    @cached_property
    def decode(self) -> Callable[[Mapping[str, object]], dict]:
        """The decoder for named tensors; the likeliest choices where it makes some and none are given."""
        if not self.choices_shape:
            return partial(apply, self.decoder)
        run = tf.function(partial(apply, self.decoder), reduce_retracing=True)  # slow step by step, op by op

        def chosen(named):
            none = tf.zeros((tf.shape(named["code"])[0], *self.choices_shape))
            return run(_of(self.decoder, {"choices": none, **named}))

        return chosen

    @property
    def any_size(self) -> bool:
        """Whether the heads take inputs of any length along some axis, such as images of any height."""
        return None in self.encoder.get_layer("inputs").output.shape[1:]

    @property
    def code_shape(self) -> tuple[int | None, ...]:
        """Shape of one code; an axis is None where it goes by the size of the input."""
        return tuple(self.decoder.get_layer("code").output.shape[1:])

    @property
    def latent_dim(self) -> int:
        """Numbers in a code, or in one place of a code whose size goes by the input's."""
        return prod(axis for axis in self.code_shape if axis is not None)

    @classmethod
    def join(
        cls,
        encoder: keras.Model,
        decoder: keras.Model,
        bottleneck: Callable[[dict], dict] | None = None,
        samples: int = 1,
    ) -> Heads:
        """Runs the decoder on the encoder's code; every output of both is an output.

        bottleneck: what stands between the two in training alone: (inputs, the encoder's outputs and
            "seeds", by name) -> further outputs; a "code" among them goes to the decoder in the
            place of the encoder's.
        samples: rows of that code for each example.
        """
        inputs = {tensor.name: tensor for tensor in (*encoder.inputs, *decoder.inputs)}
        inputs = {name: tensor for name, tensor in inputs.items() if name not in encoder.output}
        encoded = encoder(_of(encoder, inputs))
        whole = {**encoded, **decoder(_of(decoder, {**inputs, **encoded}))}
        end_to_end = keras.Model(inputs, whole, name="autoencoder")
        if bottleneck is None:
            return cls(encoder, decoder, end_to_end)
        seeds = keras.Input((2,), dtype="int64", name="seeds")
        drawn = bottleneck({**inputs, **encoded, "seeds": seeds})
        repeated = {
            name: keras.ops.repeat(value, samples, axis=0) if samples > 1 else value
            for name, value in inputs.items()
        }
        decoded = decoder(_of(decoder, {**repeated, **encoded, **drawn}))
        trained = keras.Model(inputs | {"seeds": seeds}, {**encoded, **drawn, **decoded}, name="trained")
        return cls(encoder, decoder, end_to_end, trained, samples)

    @classmethod
    def of(cls, end_to_end: keras.Model, prior: keras.Model | None = None) -> Heads:
        """The heads inside an end-to-end model, such as one loaded from a `.keras` file.

        Raises ValueError when the model has no layer named "encoder" or "decoder".
        """
        return cls(end_to_end.get_layer("encoder"), end_to_end.get_layer("decoder"), end_to_end, prior=prior)


def apply(model: keras.Model, named: Mapping[str, object], training: bool = False) -> dict:
    """The outputs of a model for those of the named tensors that it takes."""
    return model(_of(model, named), training=training)


def _of(model, named):
    return {tensor.name: named[tensor.name] for tensor in model.inputs}


@dataclass(frozen=True)
class Term:
    """One weighted addend of the objective beside the reconstruction loss.

    name: of its scalar in TensorBoard.
    value: pure function of the trained model's named outputs, giving (batch,), or (batch, samples),
        or a scalar where the term is defined on a batch as a whole. "progress", the share of the
        run that is done, in [0, 1], stands among the outputs; in validation it is 1.
    weight: factor in the loss, at least 0; a term of weight 0 is only shown.
    selects: whether it counts in validation, by which the best epoch is chosen; what plays against
        the model, or learns beside it, does not.
    schedule: factor on the weight as a function of progress; validation takes its value at 1, so
        that epochs compare.
    """

    name: str
    value: Callable[[dict], Any]
    weight: float = 1.0
    schedule: Callable[[Any], Any] | None = None
    selects: bool = True

    def __post_init__(self):
        if not self.weight >= 0:
            raise ValueError(f"the weight of term {self.name!r} is at least 0, received {self.weight}")


@dataclass(frozen=True)
class Stage:
    """A training of a part of the heads that goes before the training of the whole.

    name: of its curves in TensorBoard and of its checkpoint.
    model: what is trained, over layers of the heads; besides what heads take it may take "targets".
    layers: names of those whose weights change.
    terms: its objective, beside the reconstruction loss where the model gives a reconstruction.
    epochs: at least 1.
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
    facts: Mapping[str, object] = field(default_factory=dict)
    examples: Mapping[str, np.ndarray] = field(default_factory=dict)
    takes_images: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name) or self.name in RESERVED:
            raise ValueError(
                "the name of a served head is a word of lower-case letters, digits and underscores other than "
                f"{', '.join(sorted(RESERVED))}; received {self.name!r}"
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

    `axis` is the axis of an example, counted without the batch's, along which `encode_steps` and
    `decode_steps` keep its steps apart; None where the backbone gives one vector an example.
    """

    axis: int | None = None

    def encode(self, inputs):
        """(batch, *input_shape) -> features (batch, n)."""
        raise NotImplementedError

    def decode(self, code, output_shape: tuple[int, ...]):
        """(batch, latent_dim) -> (batch, *output_shape), before the output activation."""
        raise NotImplementedError

    def encode_steps(self, inputs):
        """(batch, *input_shape) -> features (batch, steps, n); only where `axis` is set."""
        raise NotImplementedError

    def decode_steps(self, code, output_shape: tuple[int, ...]):
        """Codes (batch, steps, n) -> (batch, *output_shape); only where `axis` is set."""
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
