"""The heads of an autoencoder, the shapes they are built for, and the values that train and serve them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.checked import Checked
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError

__all__ = [
    "SELECTION",
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
class Spec(metaclass=Checked):
    """The shapes and the domain that a network is built for.

    Attributes:
        input_shape: Shape of one input, without the batch axis.
        target_shape: Shape of one target, without the batch axis.
        domain: Domain of the targets: "unit" for values in [0, 1], "real" for standardized finite numbers,
            "categorical" for classes, one-hot along the last axis.
        condition: Number of label classes; 0 if the data has no labels.
        train_examples: Number of examples that the network will be trained on; 0 if that is not known.

    Raises:
        ValueError: If a shape is empty or has an axis below 1, the domain is unknown, or the condition is
            negative.
    """

    input_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    domain: Domain
    condition: int = 0
    train_examples: int = 0

    def __post_init__(self) -> None:
        for name in ("input_shape", "target_shape"):
            shape = getattr(self, name)
            if not shape or min(shape) < 1:
                raise InputError(
                    f"expected {name} with one or more axes of at least 1, such as (28, 28, 1); received "
                    f"{shape}"
                )
        object.__setattr__(self, "domain", domain_of(self.domain))
        if self.condition < 0:
            raise InputError(f"condition must be at least 0, received {self.condition}; 0 is for no labels")

    @property
    def activation(self) -> str:
        """The activation that keeps a reconstruction inside the targets' domain."""
        return self.domain.activation


@dataclass(frozen=True)
class Heads(metaclass=Checked):
    """Functional models over one graph that share all weights.

    The heads of a conditional variant also take "condition" (batch, classes).

    Attributes:
        encoder: {"inputs": (batch, *input_shape)} -> {"code": (batch, ...)} and possibly other outputs.
        decoder: {"code"} -> {"reconstruction": (batch, *target_shape)}. A decoder that chooses step by step
            also takes "choices" (batch, ...), the standard normal noise that it chooses with; 0 chooses the
            likeliest class. A decoder with skip connections also takes the inputs and the encoder's other
            outputs, and cannot be used on its own (see `takes_code_alone`).
        end_to_end: {"inputs"} -> "reconstruction", "code" and the other outputs of encoder and decoder.
        trained: The model that is trained: by default the end-to-end model, otherwise a model that also
            takes "seeds" (batch, 2) to sample with. Terms read its outputs.
        samples: Number of codes and reconstructions that `trained` returns per example, in consecutive rows.
        prior: {"noise": (batch, ...)}, standard normal -> {"code"}; only if the variant learns its prior.
        critic: The encoder's opponent in an adversarial variant, part of `trained`.
        teacher_forced: {"code", "targets"} -> {"reconstruction"}; only for a decoder that chooses step by
            step. Each step depends on the previous targets instead of the decoder's own choices, which gives
            a likelihood.
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
        """Whether the decoder takes only a code, apart from a condition or choices."""
        return {tensor.name for tensor in self.decoder.inputs} <= {"code", "condition", "choices"}

    @property
    def choices_shape(self) -> tuple[int, ...] | None:
        """The shape of the noise that the decoder chooses with; None if it makes no choices."""
        shapes = [tuple(tensor.shape[1:]) for tensor in self.decoder.inputs if tensor.name == "choices"]
        return shapes[0] if shapes else None

    @cached_property
    def decode(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """The decoder as a function of named tensors; without "choices" it chooses the likeliest classes."""
        if not self.choices_shape:
            return partial(apply, self.decoder)
        # compiled, because step by step it would be slow, op by op
        run = tf.function(partial(apply, self.decoder), reduce_retracing=True, autograph=False)

        def decode(tensors):
            likeliest = tf.zeros((tf.shape(tensors["code"])[0], *self.choices_shape))
            return run(_inputs_of(self.decoder, {"choices": likeliest, **tensors}))

        return decode

    @property
    def any_size(self) -> bool:
        """Whether the heads take inputs of any size along some axis, such as images of any height."""
        return None in self.encoder.get_layer("inputs").output.shape[1:]

    @property
    def code_shape(self) -> tuple[int | None, ...]:
        """The shape of one code; an axis that depends on the size of the input is None."""
        return tuple(self.decoder.get_layer("code").output.shape[1:])

    @property
    def latent_dim(self) -> int:
        """The size of a code, or of one position of a code whose size depends on the input's."""
        return prod(axis for axis in self.code_shape if axis is not None)

    @classmethod
    def join(
        cls,
        encoder: keras.Model,
        decoder: keras.Model,
        bottleneck: Callable[[dict], dict] | None = None,
        samples: int = 1,
    ) -> Heads:
        """Joins an encoder and a decoder into heads.

        Args:
            encoder: The encoder.
            decoder: The decoder.
            bottleneck: A function between the two, used only in training: the inputs, the encoder's outputs
                and "seeds", by name -> further outputs. A "code" among them replaces the encoder's.
            samples: Number of codes that the bottleneck returns per example.

        Returns:
            The heads; the end-to-end model has all outputs of the encoder and the decoder.
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
            prior: The learned prior, if any.

        Returns:
            The heads.

        Raises:
            ValueError: If the model lacks these layers.
        """
        return cls(end_to_end.get_layer("encoder"), end_to_end.get_layer("decoder"), end_to_end, prior=prior)


def apply(model: keras.Model, tensors: Mapping[str, Any], training: bool = False) -> dict[str, Any]:
    """Calls a model on named tensors.

    Args:
        model: A Keras model with named inputs and outputs.
        tensors: Its inputs by name; other tensors are ignored.
        training: Whether layers run in training mode.

    Returns:
        The outputs by name.
    """
    return model(_inputs_of(model, tensors), training=training)


def _inputs_of(model, tensors):
    return {tensor.name: tensors[tensor.name] for tensor in model.inputs}


SELECTION = "selection"
"""The metric that selects the best epoch, where that is not the loss."""

OWN_METRICS = frozenset({"loss", "reconstruction", "weight_decay", SELECTION})
"""Names of the objective's other metrics, which no term may have."""


@dataclass(frozen=True)
class Term(metaclass=Checked):
    """A weighted term that the objective adds to the reconstruction loss.

    Attributes:
        name: The name of its scalar in TensorBoard.
        value: A pure function of the trained model's named outputs that returns (batch,), (batch, samples),
            or a scalar if the term is defined on a whole batch. The outputs include "targets" and
            "progress", the completed fraction of the run in [0, 1].
        weight: The factor in the loss, at least 0; a term with weight 0 is logged but not trained on.
        schedule: A factor on the weight as a function of progress. What selects the best epoch has its value
            at 1, so that epochs can be compared.
        selects: Whether it counts in what selects the best epoch; the loss of a critic, or of a part that is
            trained alongside the model, does not.

    Raises:
        ValueError: If the weight is negative, or the name is that of another metric of the objective.
    """

    name: str
    value: Callable[[dict], Any]
    weight: float = 1.0
    schedule: Callable[[Any], Any] | None = None
    selects: bool = True

    def __post_init__(self) -> None:
        if self.name in OWN_METRICS:
            raise ValueError(f"{self.name!r} is a metric of every objective; give the term another name")
        if not self.weight >= 0:
            raise InputError(
                f"the weight of term {self.name!r} must be at least 0, received {self.weight}; change the "
                "sign of its "
                "value"
            )


@dataclass(frozen=True)
class Stage(metaclass=Checked):
    """A stage of training that trains a part of the heads before all of them are trained together.

    Attributes:
        name: The name of its curves in TensorBoard and of its checkpoint.
        model: The model to train, made of layers of the heads; it may also take "targets".
        layers: The names of the layers to train.
        terms: Its objective, in addition to the reconstruction loss if the model returns a reconstruction.
        epochs: Number of epochs, at least 1.
        finish: Sets weights of the heads from training examples at the end of the stage; it takes a function
            that gives clean ones (n, ...), as the network has them. None if there is nothing to set.
    """

    name: str
    model: keras.Model
    layers: tuple[str, ...]
    terms: tuple[Term, ...]
    epochs: int
    finish: Callable[[Callable[[], np.ndarray]], None] | None = None


@dataclass(frozen=True, eq=False)
class TrainedHeads:
    """Trained heads and their data, from which a task builds the further heads that it serves.

    Attributes:
        heads: The trained heads.
        data: The data that they were trained on, as returned by the task's `prepare`.
        reach: The distance in pixels over which a reconstructed pixel depends on others; None if all images
            have the same size.
        multiple: Tiles that start at multiples of this many pixels are reconstructed exactly as in the
            whole image.
    """

    heads: Heads
    data: Any
    reach: int | None = None
    multiple: int = 1


RESERVED = frozenset({"autoencoder", "decoder", "encoder", "prior", "sampler", "preprocessor", "staged"})
"""Names reserved for the variant's own heads and for a run's other models."""


@dataclass(frozen=True, eq=False)
class ServedHead(metaclass=Checked):
    """A head that a task serves in addition to the encoder, the decoder and the autoencoder.

    It is saved in the run's folder, its facts appear in the model card under its name, and it is exported,
    verified and converted like the other heads. Inputs and outputs named as those of the variant's heads,
    "inputs", "condition" and "reconstruction", are in the data's original units.

    Attributes:
        name: The name of its folder, such as "detector".
        model: Named inputs (batch, ...) -> named outputs (batch, ...).
        facts: What users should know about it, JSON-serializable.
        examples: Example values of the inputs that the data and the encoder do not provide, by name; the
            exported head is compared with the Keras model on them.
        takes_images: Whether all its inputs, and its "reconstruction", are images in [0, 1] of any size;
            they are then served both as arrays and as files, and `examples` holds every input.
        stored: Arrays by name that a run's folder holds beside the head, and no export, such as the scores
            that a threshold is fitted to.

    Raises:
        ValueError: If the name is not a word of lower-case letters, digits and underscores, or is reserved.
    """

    name: str
    model: keras.Model
    facts: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, np.ndarray] = field(default_factory=dict)
    takes_images: bool = False
    stored: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name) or self.name in RESERVED:
            raise InputError(
                "the name of a served head must be a word of lower-case letters, digits and underscores, "
                f"other than {', '.join(sorted(RESERVED))}; received {self.name!r}"
            )


@dataclass(frozen=True, eq=False)
class ServableHeads:
    """Trained heads with everything needed to export them.

    Attributes:
        heads: The trained heads.
        scaler: The `Scaler` between original units and the values that the heads were trained on.
        examples: Held-out inputs of the heads by name: "inputs" (n, ...), and "condition" (n, classes) if
            the examples are labeled; exported heads are compared with the Keras heads on them.
        sampler: {"noise"} -> {"code"}; None if the variant does not generate.
        served_heads: The further heads that the task serves.
        columns: The same examples as rows of a table, (n,) arrays by the names of the signatures' inputs.
        format: The `Format` in which examples are read, rendered and written; None if it is not known.
    """

    heads: Heads
    scaler: Any
    examples: Mapping[str, np.ndarray]
    sampler: keras.Model | None = None
    served_heads: tuple[ServedHead, ...] = ()
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    format: Any = None

    def served_head(self, name: str) -> ServedHead | None:
        """Looks up a further head by its name.

        Args:
            name: The head's name.

        Returns:
            The head, or None if the task serves no head of that name.
        """
        return next((head for head in self.served_heads if head.name == name), None)


class Backbone(metaclass=Checked):
    """Base class of backbones: the layers between data and code, in both directions, a frozen dataclass.

    Attributes:
        axis: The axis of the steps in an example, not counting the batch axis, for `encode_steps` and
            `decode_steps`; None if the backbone returns one vector per example.
    """

    axis: int | None = None

    def encode(self, inputs: Any) -> Any:
        """Computes the features of examples.

        Args:
            inputs: (batch, *input_shape).

        Returns:
            Features, (batch, n).
        """
        raise NotImplementedError

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Decodes codes, without the output activation.

        Args:
            code: (batch, latent_dim).
            output_shape: The shape of one output.

        Returns:
            (batch, *output_shape).
        """
        raise NotImplementedError

    def decode_with(self, encoder: keras.Model | None, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Decodes codes with layers that may share weights with the encoder; by default they share none.

        Args:
            encoder: The encoder of the codes, {"inputs"} -> {"code", ...}; None if it is not known.
            code: (batch, latent_dim).
            output_shape: The shape of one output.

        Returns:
            (batch, *output_shape).
        """
        return self.decode(code, output_shape)

    def encode_steps(self, inputs: Any) -> Any:
        """Computes the features of each step of examples; implemented if `axis` is set.

        Args:
            inputs: (batch, *input_shape).

        Returns:
            Features, (batch, steps, n).
        """
        raise NotImplementedError

    def decode_steps(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Decodes codes of steps, without the output activation; implemented if `axis` is set.

        Args:
            code: (batch, steps, n).
            output_shape: The shape of one output.

        Returns:
            (batch, *output_shape).
        """
        raise NotImplementedError


def inference_batch(shape: tuple[int, ...]) -> int:
    """The batch size for inference: at most 256 examples and about a million values.

    Args:
        shape: The shape of one example.

    Returns:
        The batch size, at least 1.
    """
    return max(1, min(256, 2**20 // max(1, prod(shape))))


def in_batches(run: Callable[[slice], Mapping[str, Any]], count: int, size: int) -> dict[str, np.ndarray]:
    """Runs a function on slices of the examples and concatenates the outputs.

    Args:
        run: A slice of the examples -> outputs by name, examples along the first axis.
        count: The number of examples.
        size: The batch size.

    Returns:
        The outputs of all examples by name.
    """
    parts = [run(slice(start, min(start + size, count))) for start in range(0, max(count, 1), size)]
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def batched(
    model: keras.Model | Callable[[dict], Mapping[str, Any]],
    inputs: Mapping[str, Any],
    size: int | None = None,
    names: Collection[str] | None = None,
) -> dict[str, np.ndarray]:
    """Runs a model on any number of examples, one batch at a time.

    Args:
        model: A Keras model, which takes the inputs that it needs, or a function of all inputs.
        inputs: Arrays by name, examples along the first axis; those of examples on disk are read in batches.
        size: The batch size; by default it depends on the size of an example.
        names: The outputs to keep, as those of all examples may take much memory; None for all.

    Returns:
        The outputs by name, in the order of the examples.
    """
    run = partial(apply, model) if isinstance(model, keras.Model) else model
    count = len(next(iter(inputs.values())))
    size = size or min(inference_batch(tuple(value.shape[1:])) for value in inputs.values())

    def outputs(rows: slice) -> Mapping[str, Any]:
        found = run({name: tf.convert_to_tensor(value[rows]) for name, value in inputs.items()})
        return {name: value for name, value in found.items() if names is None or name in names}

    return in_batches(outputs, count, size)
