"""What each head serves: signatures that take what a client has and give what a client wants.

The same compositions are run twice: by the ops of the served graph, and, for the answers that an
export is held to, by NumPy around the Keras heads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.types import Scaler
from keras_ae.domains import domain_of
from keras_ae.heads import Heads, apply
from keras_ae.imaging.grid import drawable
from keras_ae.losses import categorical_crossentropy, squared_error
from keras_ae.serving import images

DEFAULT = "serving_default"

Run = Callable[[dict], dict]
"""Tensors by name -> tensors by name, examples along the first axis."""


@dataclass(frozen=True, eq=False)
class Signature:
    """One thing to ask of a head.

    takes: what a request holds, by name. run: what gives the answer.
    """

    takes: dict[str, tf.TensorSpec]
    run: Run


class Outside(Protocol):
    """The passage between what a client has and what the heads see.

    inward: raw values, and the numbers of classes -> as the heads take them.
    outward: what a head gives -> raw values; of classes their numbers too.
    read: encoded images -> inputs. written: a reconstruction -> encoded images.
    restored: a restorer and encoded images by name -> encoded images.
    signature: what a request holds and what gives the answer -> a signature.
    call: a head and what it takes -> what it gives.
    """

    def signature(self, takes: dict[str, tf.TensorSpec], run: Run) -> Signature: ...

    def call(self, model: keras.Model, named: dict) -> dict: ...

    def inward(self, named: dict) -> dict: ...

    def outward(self, outputs: dict) -> dict: ...

    def read(self, image_bytes): ...

    def written(self, reconstruction): ...

    def restored(self, restorer: keras.Model, files: dict): ...


def head_signatures(
    heads: Heads,
    scaler: Scaler,
    sampler: keras.Model | None,
    outside: Outside,
    restorer: keras.Model | None = None,
    detector: keras.Model | None = None,
) -> dict[str, dict[str, Signature]]:
    """The signatures of each head, by head and name; `serving_default` is the first of each.

    encoder: inputs -> code and whatever the encoder gives. decoder: code -> reconstruction, of the likeliest
    choices where it makes some; with a sampler also `sample`, noise -> reconstruction. autoencoder: inputs ->
    reconstruction, error. prior, where one is learned: noise -> code. restorer, where the task has one:
    images of any size, and what else it takes -> reconstruction. detector, where the task has one: inputs
    -> score, p_value, is_anomaly, contributions. A decoder that needs more than a code is not served.
    Images also go in as files (`image_bytes`) and come
    out as PNG files (`png`, `sample_png`). A conditional head takes condition too.
    """
    encoder, decoder, whole = heads.encoder, heads.decoder, heads.end_to_end

    def encode(named):
        return outside.call(encoder, outside.inward(named))

    def decode(named):
        chosen = {}
        if heads.choices_shape and "choices" not in named:
            chosen["choices"] = tf.zeros((tf.shape(named["code"])[0], *heads.choices_shape))
        return outside.outward(outside.call(decoder, outside.inward(named | chosen)))

    def sample(named):
        return decode(named | outside.call(sampler, named))

    def reconstruct(named):
        seen = outside.inward(named)
        given = outside.call(whole, seen)
        outputs = outside.outward({name: given[name] for name in decoder.output})
        error = {"error": _error(scaler.domain)(seen["inputs"], given["reconstruction"])} if same else {}
        return outputs | error

    made = decoder.output["reconstruction"].shape[1:]
    same = tuple(encoder.get_layer("inputs").output.shape[1:]) == tuple(made) and None not in made
    served = {
        "encoder": {DEFAULT: outside.signature(_specs(encoder, scaler), encode)},
        "decoder": {DEFAULT: outside.signature(_specs(decoder, scaler, ("choices",)), decode)},
        "autoencoder": {DEFAULT: outside.signature(_specs(whole, scaler), reconstruct)},
    }
    if heads.prior is not None:
        prior = outside.signature(_specs(heads.prior, scaler), lambda named: outside.call(heads.prior, named))
        served["prior"] = {DEFAULT: prior}
    if sampler is not None:
        served["decoder"]["sample"] = outside.signature(
            _specs(sampler, scaler) | _specs(decoder, scaler, ("code", "choices")), sample
        )
    if not heads.takes_code_alone:
        del served["decoder"]
    if restorer is not None:
        served["restorer"] = _restoring(restorer, scaler, outside)
    if detector is not None:

        def detect(named):
            return outside.call(detector, outside.inward(named))

        served["detector"] = {DEFAULT: outside.signature(_specs(detector, scaler), detect)}
    return _with_images(served, heads, scaler, outside)


def _restoring(restorer, scaler, outside):
    """The signatures of a restorer: arrays of any height and width, and files."""
    takes = _specs(restorer, scaler)
    names = ["image_bytes" if name == "inputs" else f"{name}_bytes" for name in takes]
    return {
        DEFAULT: outside.signature(takes, lambda named: outside.call(restorer, named)),
        "image_bytes": outside.signature(
            {name: tf.TensorSpec((None,), tf.string, name=name) for name in names},
            lambda named: {"reconstruction_bytes": outside.restored(restorer, named)},
        ),
    }


def _with_images(served, heads, scaler, outside):
    """The signatures, and of images those too that take or give them encoded."""
    if not scaler.domain.unit_interval:
        return served

    def from_bytes(signature):
        takes = {name: spec for name, spec in signature.takes.items() if name != "inputs"}

        def run(named):
            rest = {name: named[name] for name in takes}
            return signature.run(rest | {"inputs": outside.read(named["image_bytes"])})

        return outside.signature(
            {"image_bytes": tf.TensorSpec((None,), tf.string, name="image_bytes")} | takes, run
        )

    def to_png(signature):
        def run(named):
            outputs = signature.run(named)
            rest = {name: value for name, value in outputs.items() if not name.startswith("reconstruction")}
            return rest | {"reconstruction_bytes": outside.written(outputs["reconstruction"])}

        return outside.signature(signature.takes, run)

    out = drawable(heads.decoder.output["reconstruction"].shape[1:])
    if None in heads.end_to_end.output["reconstruction"].shape[1:]:
        return served  # of no size that a batch of files could be brought to
    if drawable(heads.encoder.get_layer("inputs").output.shape[1:]):
        for head in served.keys() & {"encoder", "detector"}:
            served[head]["image_bytes"] = from_bytes(served[head][DEFAULT])
        whole = from_bytes(served["autoencoder"][DEFAULT])
        served["autoencoder"]["image_bytes"] = to_png(whole) if out else whole
    if out:
        for name, signature in tuple(served.get("decoder", {}).items()):
            served["decoder"]["png" if name == DEFAULT else f"{name}_png"] = to_png(signature)
    return served


def _specs(model, scaler, left_out=()):
    """What a request to a model holds: classes by their numbers, all else as the model takes it."""
    specs = {}
    for tensor in model.inputs:
        shape, dtype = tensor.shape, tensor.dtype
        if tensor.name == "condition" or (tensor.name == "inputs" and scaler.domain.one_hot):
            shape, dtype = shape[:-1], "int64"
        if tensor.name == "inputs" and scaler.preprocessor is not None:
            specs |= column_specs(scaler.preprocessor)
        elif tensor.name not in left_out:
            specs[tensor.name] = tf.TensorSpec(shape, dtype, name=tensor.name)
    return specs


def column_specs(preprocessor: Preprocessor) -> dict[str, tf.TensorSpec]:
    """What a request to a head of a table holds: a value of each column, by its name."""
    dtypes = {tensor.name: tensor.dtype for tensor in preprocessor.model.inputs}
    return {name: tf.TensorSpec((None,), dtypes[name], name=name) for name in preprocessor.signature}


def _error(domain):
    return categorical_crossentropy if domain_of(domain).one_hot else squared_error


class InGraph:
    """The passage as ops of a served graph."""

    def __init__(self, heads: Heads, scaler: Scaler):
        self.offset, self.scale = (tf.constant(value, tf.float32) for value in (scaler.offset, scaler.scale))
        self.domain, self.preprocessor = scaler.domain, scaler.preprocessor
        self.shape = tuple(heads.encoder.get_layer("inputs").output.shape[1:])
        self.classes = condition_classes(heads)

    def inward(self, named):
        changed = {}
        if "condition" in named and self.classes:
            changed["condition"] = _one_hot(named["condition"], self.classes, "condition")
        if self.preprocessor is not None and self.preprocessor.signature.keys() <= named.keys():
            return {"inputs": self.preprocessor.graph(named)} | changed
        if "inputs" in named and self.domain.one_hot:
            changed["inputs"] = _one_hot(named["inputs"], self.shape[-1], "inputs")
        if "inputs" in named and self.domain.scaled:
            changed["inputs"] = (named["inputs"] - self.offset) / self.scale
        return named | changed

    def outward(self, outputs):
        changed = {}
        if self.domain.scaled:
            changed["reconstruction"] = outputs["reconstruction"] * self.scale + self.offset
            if "reconstruction_log_var" in outputs:
                changed["reconstruction_log_var"] = outputs["reconstruction_log_var"] + 2.0 * tf.math.log(
                    self.scale
                )
        if self.domain.one_hot:
            changed["classes"] = tf.argmax(outputs["reconstruction"], axis=-1)
        return outputs | changed

    def read(self, image_bytes):
        return images.decoded(image_bytes, self.shape)

    def written(self, reconstruction):
        return images.encoded(reconstruction)

    def restored(self, restorer, files):
        return images.restored(lambda given: apply(restorer, given)["reconstruction"], files)

    def signature(self, takes, run):
        """A function of its own, which others may call: it is traced once.

        Shapes are looked at first, for not every layer refuses what it was not trained on.
        """

        def checked(named):
            return run({name: tf.ensure_shape(value, takes[name].shape) for name, value in named.items()})

        return Signature(takes, tf.function(checked, input_signature=[takes], autograph=False))

    def call(self, model, named):
        return apply(model, named)


def _one_hot(numbers, classes, name):
    """A class that there is not fails the request, rather than to count for none of them."""
    known = tf.reduce_all((numbers >= 0) & (numbers < classes))
    expected = f"expected {name} of whole numbers from 0 to {classes - 1}, received:"
    with tf.control_dependencies([tf.debugging.Assert(known, [expected, numbers])]):
        return tf.gather(tf.eye(classes), numbers)  # which other runtimes refuse too for one too many


class InNumPy:
    """The passage by NumPy, one example at a time where an image is concerned."""

    def __init__(self, heads: Heads, scaler: Scaler):
        self.scaler = scaler
        self.graphs: dict = {}
        self.classes = condition_classes(heads)
        self.positions = heads.encoder.get_layer("inputs").output.shape[-1]

    def inward(self, named):
        changed = {}
        if "condition" in named and self.classes:
            changed["condition"] = np.eye(self.classes, dtype=np.float32)[named["condition"]]
        if self.scaler.preprocessor is not None and self.scaler.preprocessor.signature.keys() <= named.keys():
            specs = column_specs(self.scaler.preprocessor)
            given = {name: tf.constant(named[name], spec.dtype) for name, spec in specs.items()}
            return {"inputs": self.scaler.preprocessor.graph(given)} | changed
        if "inputs" in named and self.scaler.domain.one_hot:
            changed["inputs"] = np.eye(self.positions, dtype=np.float32)[named["inputs"]]
        if "inputs" in named and self.scaler.domain.scaled:
            changed["inputs"] = (named["inputs"] - self.scaler.offset) / self.scaler.scale
        return {name: tf.convert_to_tensor(value) for name, value in (named | changed).items()}

    def outward(self, outputs):
        found = {name: np.asarray(value) for name, value in outputs.items()}
        if self.scaler.domain.scaled:
            found["reconstruction"] = found["reconstruction"] * self.scaler.scale + self.scaler.offset
            if "reconstruction_log_var" in found:
                found["reconstruction_log_var"] = found["reconstruction_log_var"] + 2 * np.log(
                    self.scaler.scale
                )
        if self.scaler.domain.one_hot:
            found["classes"] = found["reconstruction"].argmax(axis=-1)
        return found

    def read(self, image_bytes):
        levels = [tf.io.decode_png(contents).numpy() for contents in image_bytes]
        return np.stack(levels).astype(np.float32) * images.LEVEL

    def written(self, reconstruction):
        levels = np.round(255 * np.clip(reconstruction, 0, 1)).astype(np.uint8)
        return np.array([tf.io.encode_png(image).numpy() for image in levels], object)

    def restored(self, restorer, files):
        """One by one, as the graph does."""
        done = []
        for row in range(len(files["image_bytes"])):
            given = {
                name.removesuffix("_bytes"): self.read(held[row : row + 1]) for name, held in files.items()
            }
            given["inputs"] = given.pop("image")
            done.append(self.written(self.call(restorer, given)["reconstruction"]))
        return np.concatenate(done)

    def signature(self, takes, run):
        return Signature(takes, run)

    def call(self, model, named):
        """As a graph, as Keras's own `predict` does: op by op, the last digits come out otherwise."""
        if id(model) not in self.graphs:
            takes = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs}
            run = tf.function(lambda given: apply(model, given), input_signature=[takes], autograph=False)
            self.graphs[id(model)] = run
        taken = {tensor.name: tf.cast(named[tensor.name], tensor.dtype) for tensor in model.inputs}
        return self.graphs[id(model)](taken)


def condition_classes(heads: Heads) -> int:
    """Classes of the condition that the heads take; 0 where they take none."""
    shapes = [
        tensor.shape
        for model in (heads.encoder, heads.decoder)
        for tensor in model.inputs
        if tensor.name == "condition"
    ]
    return shapes[0][-1] if shapes else 0
