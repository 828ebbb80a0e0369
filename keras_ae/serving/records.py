"""Warm-up records: requests that TF Serving replays as it loads a model, with the answers that are due.

The server reads the requests alone. The answers are the Keras heads' own, so that whoever has the
folder can check the heads in it, with nothing else at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PLACE = Path("assets.extra") / "tf_serving_warmup_requests"
"""Where TF Serving looks for them in a version's folder."""

FIELDS = {
    "ModelSpec": {"name": (1, "string"), "signature_name": (3, "string")},
    "PredictRequest": {"model_spec": (1, "ModelSpec"), "inputs": (2, "map")},
    "PredictResponse": {"outputs": (1, "map"), "model_spec": (2, "ModelSpec")},
    "PredictLog": {"request": (1, "PredictRequest"), "response": (2, "PredictResponse")},
    "PredictionLog": {"predict_log": (6, "PredictLog")},
}
"""The part of TF Serving's messages that a record needs: their fields' numbers and types."""


@dataclass(frozen=True, eq=False)
class Record:
    """A request to a signature and the answer that is due.

    inputs, outputs: arrays by name, examples along the first axis; strings of bytes as objects.
    """

    signature: str
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]


def write_records(records: Iterable[Record], folder: Path, model: str) -> None:
    """Writes a version's warm-up records; model: the name it is served under."""
    (folder / PLACE).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / PLACE)) as writer:
        for record in records:
            whole = MESSAGES["PredictionLog"]()
            log = whole.predict_log
            for side in (log.request, log.response):
                side.model_spec.name = model
                side.model_spec.signature_name = record.signature
            for tensors, named in (
                (log.request.inputs, record.inputs),
                (log.response.outputs, record.outputs),
            ):
                for name, value in named.items():
                    tensors[name].CopyFrom(tf.make_tensor_proto(value))
            writer.write(whole.SerializeToString(deterministic=True))


def read_records(folder: Path) -> list[Record]:
    """A version's warm-up records, in their order.

    Raises OSError where there are none.
    """
    records = []
    for raw in tf.data.TFRecordDataset(str(folder / PLACE)).as_numpy_iterator():
        log = MESSAGES["PredictionLog"].FromString(raw).predict_log
        inputs, outputs = (
            {name: tf.make_ndarray(tensor) for name, tensor in tensors.items()}
            for tensors in (log.request.inputs, log.response.outputs)
        )
        records.append(Record(log.request.model_spec.signature_name, inputs, outputs))
    return records


def _messages():
    """The messages' classes by name; TF Serving's own package would bring a second TensorFlow along."""
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
