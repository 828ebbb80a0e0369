"""The signatures of each exported head, which convert between clients' values and the head's."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_ae.data.scaling import Scaler
from keras_ae.heads import Heads, ServableHeads, ServedHead
from keras_ae.imaging.grid import is_image_shape
from keras_ae.losses import squared_error
from keras_ae.serving.boundary import Boundary, ServedSignature, column_specs
from keras_ae.serving.exported import DEFAULT_SIGNATURE

__all__ = ["IMAGE_SIGNATURE", "file_name", "head_signatures"]

IMAGE_SIGNATURE = "image_bytes"
"""The signature that takes encoded images."""

HeadSignatures = dict[str, dict[str, ServedSignature]]
"""Signatures by head and name."""


def head_signatures(servable: ServableHeads, boundary: Boundary) -> HeadSignatures:
    """The signatures of each head; `serving_default` is the first of each.

    * encoder: inputs -> code and its other outputs.
    * decoder: code -> reconstruction, of the likeliest choices where it makes some; with a sampler also
      `sample`, noise -> reconstruction. A decoder that needs more than a code is not served.
    * autoencoder: inputs -> reconstruction, error.
    * prior, where one is learned: noise -> code.
    * each further head of the task: its inputs -> its outputs.

    Images also go in as files (`image_bytes`), and come out as PNG files (`png`, `sample_png`). Examples that
    clients have in another form, such as texts, go in and come out in it too (`text`, `sample_text`). A
    conditional head takes the condition too.

    Args:
        servable: The heads to serve.
        boundary: The conversions around them.

    Returns:
        Signatures by head and name.
    """
    heads, scaler = servable.heads, servable.scaler
    signatures = {
        "encoder": {DEFAULT_SIGNATURE: _plain(heads.encoder, scaler, boundary)},
        "autoencoder": {DEFAULT_SIGNATURE: _reconstruct(heads, scaler, boundary)},
    }
    if heads.takes_code_alone:
        signatures["decoder"] = _decoder(heads, scaler, servable.sampler, boundary)
    if heads.prior is not None:
        signatures["prior"] = {DEFAULT_SIGNATURE: _plain(heads.prior, scaler, boundary)}
    for head in servable.served_heads:
        signatures[head.name] = (
            _images_of_any_size(head, scaler, boundary)
            if head.takes_images
            else {DEFAULT_SIGNATURE: _plain(head.model, scaler, boundary, len(head.model.inputs) > 1)}
        )
    _add_images(signatures, servable, boundary)
    if scaler.format is not None and scaler.format.served_name:
        _add_served(signatures, servable, boundary, scaler.format.served_name)
    order = dict.fromkeys(("encoder", "decoder", *signatures))
    return {name: signatures[name] for name in order if name in signatures}


def file_name(name: str) -> str:
    """The name under which a head of images takes an input as files.

    Args:
        name: The input's name.

    Returns:
        "image_bytes" for its inputs, such as "mask_bytes" for others.
    """
    return IMAGE_SIGNATURE if name == "inputs" else f"{name}_bytes"


def _plain(
    model: keras.Model, scaler: Scaler, boundary: Boundary, check_rows: bool = False
) -> ServedSignature:
    """A model's inputs and outputs in clients' units."""

    def run(tensors):
        return boundary.from_model(boundary.call(model, boundary.to_model(model, tensors)))

    return boundary.signature(_specs(model, scaler), run, check_rows)


def _reconstruct(heads: Heads, scaler: Scaler, boundary: Boundary) -> ServedSignature:
    """The autoencoder: the decoder's outputs, and the error if the outputs reconstruct the inputs."""
    names = heads.decoder.output.keys()
    shape = tuple(heads.decoder.output["reconstruction"].shape[1:])
    has_error = boundary.input_shape == shape and None not in shape
    domain = scaler.domain
    error = domain.loss if domain.one_hot or domain.ends or domain.layout is not None else squared_error

    def run(tensors):
        inputs = boundary.to_model(heads.end_to_end, tensors)
        outputs = boundary.call(heads.end_to_end, inputs)
        errors = {"error": error(inputs["inputs"], outputs["reconstruction"])} if has_error else {}
        return boundary.from_model({name: outputs[name] for name in names}) | errors

    return boundary.signature(_specs(heads.end_to_end, scaler), run)


def _decoder(
    heads: Heads, scaler: Scaler, sampler: keras.Model | None, boundary: Boundary
) -> dict[str, ServedSignature]:
    def decode(tensors):
        inputs = boundary.to_model(heads.decoder, tensors)
        if heads.choices_shape and "choices" not in inputs:
            inputs["choices"] = tf.zeros((tf.shape(inputs["code"])[0], *heads.choices_shape))
        return boundary.from_model(boundary.call(heads.decoder, inputs))

    specs = _specs(heads.decoder, scaler, ("choices",))
    signatures = {DEFAULT_SIGNATURE: boundary.signature(specs, decode)}
    if sampler is not None:
        specs = _specs(sampler, scaler) | _specs(heads.decoder, scaler, ("code", "choices"))
        signatures["sample"] = boundary.signature(
            specs, lambda tensors: decode({**tensors, **boundary.call(sampler, tensors)})
        )
    return signatures


def _images_of_any_size(head: ServedHead, scaler: Scaler, boundary: Boundary) -> dict[str, ServedSignature]:
    """The signatures of a head of images in [0, 1] of any height and width: arrays, and files."""
    specs = _specs(head.model, scaler)
    files = {file_name(name): tf.TensorSpec((None,), tf.string, name=file_name(name)) for name in specs}
    return {
        DEFAULT_SIGNATURE: boundary.signature(specs, lambda tensors: boundary.call(head.model, tensors)),
        IMAGE_SIGNATURE: boundary.signature(
            files, lambda tensors: {"reconstruction_bytes": boundary.restore(head.model, tensors)}
        ),
    }


def _add_images(signatures: HeadSignatures, servable: ServableHeads, boundary: Boundary) -> None:
    """Adds, where examples are images of one size, the signatures that take or give them encoded."""
    heads, domain = servable.heads, servable.scaler.domain
    if not domain.unit_interval or None in heads.end_to_end.output["reconstruction"].shape[1:]:
        return
    models = {"encoder": heads.encoder, "autoencoder": heads.end_to_end}
    models |= {head.name: head.model for head in servable.served_heads if not head.takes_images}
    for name, model in models.items():
        shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
        if shapes.get("inputs") == boundary.input_shape and is_image_shape(boundary.input_shape):
            signature = _from_files(signatures[name][DEFAULT_SIGNATURE], boundary)
            gives_images = _gives_images(model)
            signatures[name][IMAGE_SIGNATURE] = _to_png(signature, boundary) if gives_images else signature
    if _gives_images(heads.decoder):
        for name, signature in tuple(signatures.get("decoder", {}).items()):
            png = "png" if name == DEFAULT_SIGNATURE else f"{name}_png"
            signatures["decoder"][png] = _to_png(signature, boundary)


def _add_served(signatures: HeadSignatures, servable: ServableHeads, boundary: Boundary, name: str) -> None:
    """Adds the signatures that take or give examples in the form in which clients have them."""
    models = {head.name: head.model for head in servable.served_heads}
    for head, own in signatures.items():
        gives = head in ("autoencoder", "decoder") or (
            head in models and "reconstruction" in models[head].output
        )
        for key, signature in tuple(own.items()):
            changed = _from_served(signature, boundary, name) if "inputs" in signature.inputs else signature
            changed = _to_served(changed, boundary, name) if gives else changed
            if changed is not signature:
                own[name if key == DEFAULT_SIGNATURE else f"{key}_{name}"] = changed


def _from_served(signature: ServedSignature, boundary: Boundary, name: str) -> ServedSignature:
    """A signature that takes its inputs as clients have them."""
    others = {key: spec for key, spec in signature.inputs.items() if key != "inputs"}
    specs = {name: tf.TensorSpec((None,), tf.string, name=name)} | others

    def run(tensors):
        examples, further = boundary.from_clients(tensors[name])
        rest = {key: tensors[key] for key in others}
        return {**signature.run(rest | {"inputs": examples}), **further}

    return boundary.signature(specs, run)


def _to_served(signature: ServedSignature, boundary: Boundary, name: str) -> ServedSignature:
    """A signature that gives its reconstruction as clients have examples, in the place of the array."""

    def run(tensors):
        outputs = dict(signature.run(tensors))
        reconstruction = outputs.pop("reconstruction")
        return outputs | {name: boundary.for_clients(outputs.get("classes", reconstruction))}

    return boundary.signature(signature.inputs, run)


def _gives_images(model: keras.Model) -> bool:
    return "reconstruction" in model.output and is_image_shape(model.output["reconstruction"].shape[1:])


def _from_files(signature: ServedSignature, boundary: Boundary) -> ServedSignature:
    """A signature that takes its inputs as encoded images."""
    others = {name: spec for name, spec in signature.inputs.items() if name != "inputs"}
    specs = {IMAGE_SIGNATURE: tf.TensorSpec((None,), tf.string, name=IMAGE_SIGNATURE)} | others

    def run(tensors):
        rest = {name: tensors[name] for name in others}
        return signature.run(rest | {"inputs": boundary.decode_images(tensors[IMAGE_SIGNATURE])})

    return boundary.signature(specs, run)


def _to_png(signature: ServedSignature, boundary: Boundary) -> ServedSignature:
    """A signature that gives its reconstruction as PNG files."""

    def run(tensors):
        outputs = signature.run(tensors)
        rest = {name: value for name, value in outputs.items() if not name.startswith("reconstruction")}
        return rest | {"reconstruction_bytes": boundary.encode_images(outputs["reconstruction"])}

    return boundary.signature(signature.inputs, run)


def _specs(model: keras.Model, scaler: Scaler, left_out: tuple[str, ...] = ()) -> dict[str, tf.TensorSpec]:
    """The inputs of a request to a model: classes by number, sequences without flags, all else as it is."""
    specs: dict[str, tf.TensorSpec] = {}
    for tensor in model.inputs:
        shape, dtype = tensor.shape, tensor.dtype
        if tensor.name == "condition" or (tensor.name == "inputs" and scaler.domain.one_hot):
            shape, dtype = shape[:-1], "int64"
        elif tensor.name == "inputs" and scaler.domain.ends:
            shape = (*shape[:-1], shape[-1] - 1)
        if tensor.name == "inputs" and scaler.preprocessor is not None:
            specs |= column_specs(scaler.preprocessor)
        elif tensor.name not in left_out:
            specs[tensor.name] = tf.TensorSpec(shape, dtype, name=tensor.name)
    return specs
