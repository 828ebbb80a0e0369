"""The layers of a model: what they are, and the output of one of them as codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_ae.apps.encoding.head import Head, Outputs
from keras_ae.data.streams.rows import Batch
from keras_ae.errors import InputError
from keras_ae.formats.images import Images
from keras_ae.heads import Heads, ServableHeads
from keras_ae.names import nearby
from keras_ae.runs.artifacts import Artifacts, load_artifacts
from keras_ae.runs.card import read_card
from keras_ae.serving.boundary import GraphBoundary, ServedSignature
from keras_ae.serving.exported import DEFAULT_SIGNATURE
from keras_ae.serving.signatures import head_signatures

__all__ = ["POOLS", "LayerFacts", "LayerHead", "layer_head", "layer_model", "layers_of"]

POOLS = ("none", "mean", "max")
"""What is done with the positions of a layer's output; "none" strings their numbers together."""


@dataclass(frozen=True)
class LayerFacts:
    """A layer of a model.

    Attributes:
        name: Its name, by which its output can be asked for.
        head: The part that it belongs to, "encoder" or "decoder".
        kind: Its class.
        shape: Of its output for an example; None stands for any size.
        parameters: Number of its weights.
    """

    name: str
    head: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int


def layers_of(heads: Heads) -> list[LayerFacts]:
    """The layers of the encoder and of the decoder, in the order in which they are called.

    Args:
        heads: The heads.

    Returns:
        Those with one output of numbers for each example. A model within a model, such as a transformer, is
        one layer.
    """
    return [
        LayerFacts(
            layer.name, model.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params()
        )
        for model in (heads.encoder, heads.decoder)
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer) and isinstance(layer.output, keras.KerasTensor)
    ]


def layer_model(heads: Heads, name: str, pool: str = "none") -> keras.Model:
    """An encoder whose code is the output of a layer.

    Args:
        heads: The heads.
        name: The name of a layer, as `layers_of` lists them; one of the decoder is called on the code.
        pool: "none" strings the numbers of all positions together; "mean" and "max" are taken over the
            positions, and leave a number for each channel.

    Returns:
        {"inputs"} -> {"code": (batch, numbers)}.

    Raises:
        InputError: There is no such layer, or its outputs have as many numbers as an example has positions.
    """
    found = [layer for layer in layers_of(heads) if layer.name == name]
    if not found:
        names = [layer.name for layer in layers_of(heads)]
        raise InputError(
            f"the model has no layer {name!r}{nearby(name, names)}; it has "
            f"{', '.join(names)}: name one of them"
        )
    encoder = heads.encoder
    if found[0].head == encoder.name:
        output = encoder.get_layer(name).output
    else:
        if not heads.takes_code_alone:
            raise InputError(f"the layer {name} takes more than a code; name a layer of the encoder")
        part = keras.Model(heads.decoder.inputs, heads.decoder.get_layer(name).output)
        tensors = {**{one.name: one for one in encoder.inputs}, **encoder.output}
        output = part([tensors[one.name] for one in heads.decoder.inputs])
    output = ops.cast(output, "float32") if "float" not in output.dtype else output
    positions = tuple(range(1, len(output.shape) - 1))
    if positions and pool != "none":
        output = (ops.mean if pool == "mean" else ops.max)(output, axis=positions)
    if None in output.shape[1:]:
        raise InputError(
            f"the layer {name} gives {'x'.join(str(size or 'n') for size in output.shape[1:])} numbers, "
            "as many as an example has positions; add --pool mean"
        )
    return keras.Model(
        {one.name: one for one in encoder.inputs},
        {"code": layers.Flatten(name="layer_code")(output)},
        name="encoder",
    )


@dataclass(frozen=True)
class LayerHead(Head):
    """The output of a layer of a run, which encodes as an exported head does.

    Attributes:
        signature: The layer with the conversions around it.
    """

    signature: ServedSignature | None = None

    def load(self) -> Callable[[Batch], Outputs]:
        """The layer of the run's Keras model, as a function of rows."""
        assert self.signature is not None  # as `layer_head` makes it
        run = self.signature.run

        def encode(inputs: Mapping[str, Any]) -> Outputs:
            specs = self.signature.inputs  # type: ignore[union-attr]
            tensors = {name: tf.cast(value, specs[name].dtype) for name, value in inputs.items()}
            return {name: np.asarray(value) for name, value in run(tensors).items()}

        return self.function_of(encode)


def layer_head(directory: Path, name: str, pool: str = "none") -> LayerHead:
    """A layer of a finished run as a head that encodes.

    Args:
        directory: The run's folder.
        name: The layer's name.
        pool: As for `layer_model`.

    Returns:
        The head, whose output is "code".

    Raises:
        InputError: The run is not finished, or has no such layer.
    """
    artifacts = load_artifacts(directory)
    signature = _signature(artifacts, layer_model(artifacts.heads, name, pool))
    outputs = signature.run.get_concrete_function().structured_outputs  # type: ignore[attr-defined]
    tensors = {"inputs": signature.inputs, "outputs": {"code": outputs["code"]}}
    described = {
        side: {key: {"shape": list(spec.shape), "dtype": spec.dtype.name} for key, spec in specs.items()}
        for side, specs in tensors.items()
    }
    card = {**read_card(directory), "signatures": {DEFAULT_SIGNATURE: described}, "weights_sha256": ""}
    head = LayerHead.from_card(directory, card)
    return dataclasses.replace(head, signature=signature)


def _signature(artifacts: Artifacts, model: keras.Model) -> ServedSignature:
    heads = dataclasses.replace(artifacts.heads, encoder=model, trained=artifacts.heads.trained)
    servable = ServableHeads(heads, artifacts.scaler, artifacts.examples, format=artifacts.format)
    images = artifacts.format if isinstance(artifacts.format, Images) else Images()
    boundary = GraphBoundary(heads, artifacts.scaler, images.white, images.fit)
    return head_signatures(servable, boundary)["encoder"][DEFAULT_SIGNATURE]
