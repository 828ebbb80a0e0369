"""Warm-up records: requests that TF Serving replays as it loads a model, with their expected outputs.

The server reads only the requests. The outputs are the Keras heads' own, so that a folder is all that
is needed to check the heads in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["WARMUP_FILE", "Record", "read_records", "write_records"]

WARMUP_FILE = Path("assets.extra") / "tf_serving_warmup_requests"
"""The file in a version's folder where TF Serving looks for warm-up records."""

FIELDS = {
    "ModelSpec": {"name": (1, "string"), "signature_name": (3, "string")},
    "PredictRequest": {"model_spec": (1, "ModelSpec"), "inputs": (2, "map")},
    "PredictResponse": {"outputs": (1, "map"), "model_spec": (2, "ModelSpec")},
    "PredictLog": {"request": (1, "PredictRequest"), "response": (2, "PredictResponse")},
    "PredictionLog": {"predict_log": (6, "PredictLog")},
}
"""The fields of TF Serving's messages that a record needs, as (number, type) by message and field."""


@dataclass(frozen=True, eq=False)
class Record:
    """A request to a signature and the expected outputs.

    Attributes:
        signature: The signature's name.
        inputs: Inputs by name, examples along the first axis; byte strings in arrays of objects.
        outputs: Expected outputs by name, in the same form.
    """

    signature: str
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]


def write_records(records: Iterable[Record], folder: Path, model: str) -> None:
    """Writes a version's warm-up records.

    Args:
        records: The records.
        folder: The version's folder.
        model: The name under which TF Serving serves the head.
    """
    (folder / WARMUP_FILE).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARMUP_FILE)) as writer:
        for record in records:
            message = MESSAGES["PredictionLog"]()
            log = message.predict_log
            for side in (log.request, log.response):
                side.model_spec.name = model
                side.model_spec.signature_name = record.signature
            for tensors, arrays in (
                (log.request.inputs, record.inputs),
                (log.response.outputs, record.outputs),
            ):
                for name, value in arrays.items():
                    tensors[name].CopyFrom(tf.make_tensor_proto(value))
            writer.write(message.SerializeToString(deterministic=True))


def read_records(folder: Path) -> list[Record]:
    """Reads a version's warm-up records.

    Args:
        folder: The version's folder.

    Returns:
        The records in their order.

    Raises:
        OSError: If the version has none.
    """
    records = []
    for raw in tf.data.TFRecordDataset(str(folder / WARMUP_FILE)).as_numpy_iterator():
        log = MESSAGES["PredictionLog"].FromString(raw).predict_log
        inputs, outputs = (
            {name: tf.make_ndarray(tensor) for name, tensor in tensors.items()}
            for tensors in (log.request.inputs, log.response.outputs)
        )
        records.append(Record(log.request.model_spec.signature_name, inputs, outputs))
    return records


def _messages() -> dict[str, Any]:
    """The messages' classes by name; TF Serving's own package would install a second TensorFlow."""
    tensor = tf.make_tensor_proto(0).DESCRIPTOR
    file = descriptor_pb2.FileDescriptorProto(
        name="keras_ae/serving/records.proto",
        package="keras_ae.serving",
        syntax="proto3",
        dependency=[tensor.file.name],
    )
    kind = descriptor_pb2.FieldDescriptorProto
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, type_name) in fields.items():
            added = message.field.add(name=field, number=number, label=kind.LABEL_OPTIONAL)
            if type_name == "string":
                added.type = kind.TYPE_STRING
                continue
            added.type, added.type_name = kind.TYPE_MESSAGE, f".keras_ae.serving.{type_name}"
            if type_name == "map":
                entry = message.nested_type.add(name=f"{field.capitalize()}Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, label=kind.LABEL_OPTIONAL, type=kind.TYPE_STRING)
                entry.field.add(
                    name="value", number=2, label=kind.LABEL_OPTIONAL, type=kind.TYPE_MESSAGE,
                    type_name=f".{tensor.full_name}",
                )  # fmt: skip
                added.label, added.type_name = kind.LABEL_REPEATED, f".keras_ae.serving.{name}.{entry.name}"
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"keras_ae.serving.{name}"))
        for name in FIELDS
    }


MESSAGES = _messages()
"""The classes of TF Serving's messages by name."""
