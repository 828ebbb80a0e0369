"""The conversions between clients' values and the heads: original units, classes, columns and image files.

They are implemented twice: as ops of a served graph, and in NumPy around the Keras heads, with which exported
heads are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae import sequences
from keras_ae.data.precision import FARTHEST
from keras_ae.data.scaling import Scaler
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.tables.row_graph import graph_columns, plain_columns
from keras_ae.formats import Format
from keras_ae.heads import Heads, apply
from keras_ae.imaging.deep import FULL_RANGE
from keras_ae.imaging.fitting import CROP
from keras_ae.serving import images

__all__ = [
    "Boundary",
    "GraphBoundary",
    "NumPyBoundary",
    "ServedSignature",
    "column_specs",
    "condition_classes",
]

Tensors = Mapping[str, Any]
"""Tensors or arrays by name, examples along the first axis."""

Run = Callable[[Tensors], Tensors]
"""The function of a signature: inputs by name -> outputs by name."""


@dataclass(frozen=True, eq=False)
class ServedSignature:
    """A signature that a head serves.

    Attributes:
        inputs: The specs of its inputs by name.
        run: Inputs by name -> outputs by name.
    """

    inputs: dict[str, tf.TensorSpec]
    run: Run


class Boundary:
    """The conversions between clients' values and the heads' inputs and outputs.

    Attributes:
        heads: The trained heads.
        scaler: The scaler between original units and those of the heads.
        input_shape: The shape of one input of the encoder.
        format: The format of examples.
        classes: Number of classes of the condition that the heads take; 0 if they take none.
        white: The value that stands for 1 in image files of 16 bits.
        fit: How image files are brought to the shape: "crop", "pad" or "stretch".
    """

    def __init__(
        self, heads: Heads, scaler: Scaler, white: float = FULL_RANGE.whole, fit: str = CROP
    ) -> None:
        self.heads, self.scaler, self.white, self.fit = heads, scaler, white, fit
        self.format = scaler.format or Format()  # the base class, which has no form or end of its own
        self.input_shape = tuple(heads.encoder.get_layer("inputs").output.shape[1:])
        self.classes = condition_classes(heads)

    def signature(
        self, inputs: dict[str, tf.TensorSpec], run: Run, check_rows: bool = False
    ) -> ServedSignature:
        """Makes a signature of a function.

        Args:
            inputs: The specs of its inputs by name.
            run: The function, written with the methods of this boundary.
            check_rows: Whether to refuse inputs with different numbers of rows, for heads that would
                otherwise broadcast a single row.

        Returns:
            The signature.
        """
        raise NotImplementedError

    def call(self, model: keras.Model, tensors: Tensors) -> dict[str, Any]:
        """Calls a head.

        Args:
            model: The head.
            tensors: Its inputs by name; other tensors are ignored.

        Returns:
            The outputs by name.
        """
        raise NotImplementedError

    def to_model(self, model: keras.Model, tensors: Tensors) -> dict[str, Any]:
        """Converts a client's values to inputs of a head.

        Args:
            model: The head.
            tensors: By name: "inputs" in original units or as class indices, -1 at positions that do not
                exist, or a table's columns; "condition" as class indices; other tensors are not changed.

        Returns:
            The head's inputs by name.
        """
        raise NotImplementedError

    def takes_columns(self, model: keras.Model) -> bool:
        """Whether clients give a head the columns of a table, in the place of its "inputs".

        Args:
            model: The head; one that takes no "inputs" may have others of the same names as columns.

        Returns:
            Whether they do.
        """
        return self.scaler.preprocessor is not None and any(one.name == "inputs" for one in model.inputs)

    @property
    def has_ends(self) -> bool:
        """Whether examples may end before their last position."""
        return self.format.has_ends

    def from_clients(self, values: Any) -> tuple[Any, dict[str, Any]]:
        """Examples as clients have them, such as texts, in original units.

        Args:
            values: (batch,), strings.

        Returns:
            The examples, and further outputs by name.
        """
        raise NotImplementedError

    def for_clients(self, examples: Any) -> Any:
        """Examples in original units as clients have them.

        Args:
            examples: (batch, ...).

        Returns:
            Strings, (batch,).
        """
        raise NotImplementedError

    def from_model(self, outputs: Tensors) -> dict[str, Any]:
        """Converts a head's outputs to a client's values.

        Args:
            outputs: By name; only "reconstruction" and its log-variance are changed.

        Returns:
            The outputs by name, with the reconstruction in original units; for class probabilities also
            "classes", the likeliest ones, and of rows that are generated their columns by name.
        """
        raise NotImplementedError

    def _columns(self, features: Any, columns_of: Callable) -> dict[str, Any]:
        """The columns of rows that are to be generated, by the names of outputs; none of other data."""
        scaler = self.scaler
        if not scaler.is_of_rows:
            return {}
        return columns_of(scaler.preprocessor, scaler.format, scaler.domain.layout, features)

    def decode_images(self, image_bytes: Any) -> Any:
        """Decodes image files.

        Args:
            image_bytes: (batch,), the content of PNG or JPEG files.

        Returns:
            (batch, *input_shape) in [0, 1].
        """
        raise NotImplementedError

    def encode_images(self, reconstruction: Any) -> Any:
        """Encodes reconstructions as PNG files.

        Args:
            reconstruction: (batch, height, width, 1 or 3) in [0, 1].

        Returns:
            The content of the files, (batch,).
        """
        raise NotImplementedError

    def restore(self, restorer: keras.Model, files: Tensors) -> Any:
        """Restores image files of any size, one by one.

        Args:
            restorer: A head that takes images of any size.
            files: Encoded images (batch,), by the names of its inputs with the suffix `_bytes`;
                "image_bytes" are its "inputs".

        Returns:
            The content of PNG files, (batch,).
        """
        raise NotImplementedError


class GraphBoundary(Boundary):
    """The conversions as ops of a served graph."""

    def __init__(
        self, heads: Heads, scaler: Scaler, white: float = FULL_RANGE.whole, fit: str = CROP
    ) -> None:
        super().__init__(heads, scaler, white, fit)
        self.offset, self.scale = (tf.constant(value, tf.float32) for value in (scaler.offset, scaler.scale))

    def signature(
        self, inputs: dict[str, tf.TensorSpec], run: Run, check_rows: bool = False
    ) -> ServedSignature:
        """Traces the function once; it checks shapes first, because not every layer refuses wrong ones."""

        def checked(tensors):
            tensors = {name: tf.ensure_shape(value, inputs[name].shape) for name, value in tensors.items()}
            return run(_of_as_many_rows(tensors) if check_rows else tensors)

        return ServedSignature(inputs, tf.function(checked, input_signature=[inputs], autograph=False))

    def call(self, model: keras.Model, tensors: Tensors) -> dict[str, Any]:
        return apply(model, tensors)

    def to_model(self, model: keras.Model, tensors: Tensors) -> dict[str, Any]:
        changed, preprocessor = dict(tensors), self.scaler.preprocessor
        if "condition" in changed and self.classes:
            changed["condition"] = _one_hot(changed["condition"], self.classes, "condition")
        if preprocessor is not None and self.takes_columns(model):
            return _without_columns(changed, preprocessor) | {"inputs": preprocessor.graph(tensors)}
        if "inputs" in changed and self.scaler.domain.one_hot:
            changed["inputs"] = _one_hot(changed["inputs"], self.input_shape[-1], "inputs", self.has_ends)
        if "inputs" in changed and self.scaler.domain.scaled:
            scaled = (changed["inputs"] - self.offset) / self.scale
            changed["inputs"] = tf.clip_by_value(scaled, -FARTHEST, FARTHEST)
            if self.scaler.domain.ends:
                changed["inputs"] = sequences.flagged(_with_ends_alone(scaled, changed["inputs"]))
        return changed

    def from_clients(self, values: tf.Tensor) -> tuple[tf.Tensor, dict[str, Any]]:
        return self.format.from_clients(values, in_graph=True)

    def for_clients(self, examples: tf.Tensor) -> tf.Tensor:
        return self.format.for_clients(examples, in_graph=True)

    def from_model(self, outputs: Tensors) -> dict[str, Any]:
        changed = dict(outputs)
        if "reconstruction" in changed and self.scaler.domain.ends:
            changed["reconstruction"] = sequences.unflagged(changed["reconstruction"])
        if "reconstruction" in changed and self.scaler.domain.scaled:
            changed["reconstruction"] = changed["reconstruction"] * self.scale + self.offset
            if "reconstruction_log_var" in changed:
                changed["reconstruction_log_var"] += 2.0 * tf.math.log(self.scale)
            changed |= self._columns(changed["reconstruction"], graph_columns)
        if "reconstruction" in changed and self.scaler.domain.one_hot:
            changed["classes"] = tf.argmax(changed["reconstruction"], axis=-1)
            if self.has_ends:
                changed["classes"] = self.format.ended(changed["classes"], in_graph=True)
        return changed

    def decode_images(self, image_bytes: tf.Tensor) -> tf.Tensor:
        return images.decode_images(image_bytes, self.input_shape, self.white, self.fit)

    def encode_images(self, reconstruction: tf.Tensor) -> tf.Tensor:
        return images.encode_images(reconstruction)

    def restore(self, restorer: keras.Model, files: Tensors) -> tf.Tensor:
        return images.restore_images(
            lambda inputs: apply(restorer, inputs)["reconstruction"], files, self.white
        )


def _of_as_many_rows(tensors):
    """The tensors, with an assertion that they all have the same number of rows."""
    rows = [tf.shape(value)[0] for value in tensors.values()]
    expected = ["expected the same number of rows for each input, received:", *rows]
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(tf.stack(rows) == rows[0]), expected)]):
        return {name: tf.identity(value) for name, value in tensors.items()}


def _with_ends_alone(values, clipped):
    """Sequences, NaN at positions that do not exist; a missing value before an end fails the request."""
    known = ~tf.math.is_nan(values)
    exist = tf.reduce_all(known, axis=-1)
    whole = tf.reduce_all(tf.equal(exist[..., None], known))
    ended = tf.reduce_all(exist[:, :1]) & tf.reduce_all(exist[:, :-1] | ~exist[:, 1:])
    expected = "expected inputs with a value in each channel up to an end, and NaN in all channels after it"
    with tf.control_dependencies([tf.debugging.Assert(whole & ended, [expected])]):
        return tf.where(known, clipped, tf.constant(float("nan")))


def _one_hot(numbers, classes, name, has_ends=False):
    """One-hot classes; an integer out of range fails the request.

    Where examples have ends, -1 stands for a position that does not exist, and gives zeros.
    """
    lowest = -1 if has_ends else 0
    known = tf.reduce_all((numbers >= lowest) & (numbers < classes))
    expected = f"expected {name} of whole numbers from {lowest} to {classes - 1}, received:"
    with tf.control_dependencies([tf.debugging.Assert(known, [expected, numbers])]):
        rows = tf.eye(classes - lowest, classes)
        index = tf.where(numbers < 0, tf.cast(classes, numbers.dtype), numbers) if has_ends else numbers
        return tf.gather(rows, index)  # other runtimes, too, refuse an index out of range


class NumPyBoundary(Boundary):
    """The conversions in NumPy, with images one at a time."""

    def __init__(self, heads: Heads, scaler: Scaler) -> None:
        super().__init__(heads, scaler)
        self.graphs: dict[int, Callable] = {}

    def signature(
        self, inputs: dict[str, tf.TensorSpec], run: Run, check_rows: bool = False
    ) -> ServedSignature:
        return ServedSignature(inputs, run)

    def call(self, model: keras.Model, tensors: Tensors) -> dict[str, Any]:
        """Calls a head as a graph, as Keras's `predict` does: eagerly, the last digits would differ."""
        if id(model) not in self.graphs:
            specs = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs}
            # partial, for TensorFlow warns of retracing where functions have the same code
            run = partial(apply, model)
            self.graphs[id(model)] = tf.function(run, input_signature=[specs], autograph=False)
        inputs = {tensor.name: tf.cast(tensors[tensor.name], tensor.dtype) for tensor in model.inputs}
        return self.graphs[id(model)](inputs)

    def to_model(self, model: keras.Model, tensors: Tensors) -> dict[str, Any]:
        changed, preprocessor = dict(tensors), self.scaler.preprocessor
        if "condition" in changed and self.classes:
            changed["condition"] = np.eye(self.classes, dtype=np.float32)[changed["condition"]]
        if preprocessor is not None and self.takes_columns(model):
            specs = column_specs(preprocessor)
            columns = {name: tf.constant(changed[name], spec.dtype) for name, spec in specs.items()}
            return _without_columns(changed, preprocessor) | {"inputs": preprocessor.graph(columns)}
        if "inputs" in changed and (self.scaler.domain.one_hot or self.scaler.domain.scaled):
            changed["inputs"] = self.scaler.transform(np.asarray(changed["inputs"]), self.input_shape[-1])
        return {name: tf.convert_to_tensor(value) for name, value in changed.items()}

    def from_clients(self, values: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        return self.format.from_clients(values, in_graph=False)

    def for_clients(self, examples: np.ndarray) -> np.ndarray:
        return self.format.for_clients(np.asarray(examples), in_graph=False)

    def from_model(self, outputs: Tensors) -> dict[str, Any]:
        changed = {name: np.asarray(value) for name, value in outputs.items()}
        if "reconstruction" in changed and self.scaler.is_of_rows:
            changed |= self._columns(changed["reconstruction"], plain_columns)
        elif "reconstruction" in changed and self.scaler.domain.scaled:
            changed["reconstruction"] = self.scaler.inverse_transform(changed["reconstruction"])
            if "reconstruction_log_var" in changed:
                changed["reconstruction_log_var"] = changed["reconstruction_log_var"] + 2 * np.log(
                    self.scaler.scale
                )
        if "reconstruction" in changed and self.scaler.domain.one_hot:
            changed["classes"] = changed["reconstruction"].argmax(axis=-1)
            if self.has_ends:
                changed["classes"] = self.format.ended(changed["classes"])
        return changed

    def decode_images(self, image_bytes: np.ndarray) -> np.ndarray:
        levels = [tf.io.decode_png(content).numpy() for content in image_bytes]
        return np.stack(levels).astype(np.float32) * images.BYTE_SCALE

    def encode_images(self, reconstruction: Any) -> np.ndarray:
        levels = np.round(255 * np.clip(reconstruction, 0, 1)).astype(np.uint8)
        return np.array([tf.io.encode_png(image).numpy() for image in levels], object)

    def restore(self, restorer: keras.Model, files: Tensors) -> np.ndarray:
        restored = []
        for row in range(len(files["image_bytes"])):
            inputs = {
                name.removesuffix("_bytes"): self.decode_images(content[row : row + 1])
                for name, content in files.items()
            }
            inputs["inputs"] = inputs.pop("image")
            restored.append(self.encode_images(self.call(restorer, inputs)["reconstruction"]))
        return np.concatenate(restored)


def _without_columns(tensors, preprocessor):
    return {name: value for name, value in tensors.items() if name not in preprocessor.signature}


def column_specs(preprocessor: Preprocessor) -> dict[str, tf.TensorSpec]:
    """The input specs of a head that takes rows of a table.

    Args:
        preprocessor: The preprocessor of the table's columns.

    Returns:
        The spec of each column by its name.
    """
    dtypes = {tensor.name: tensor.dtype for tensor in preprocessor.model.inputs}
    return {name: tf.TensorSpec((None,), dtypes[name], name=name) for name in preprocessor.signature}


def condition_classes(heads: Heads) -> int:
    """The number of classes of the condition that heads take.

    Args:
        heads: The heads.

    Returns:
        The number of classes; 0 if they take no condition.
    """
    shapes = [
        tensor.shape
        for model in (heads.encoder, heads.decoder)
        for tensor in model.inputs
        if tensor.name == "condition"
    ]
    return shapes[0][-1] if shapes else 0
