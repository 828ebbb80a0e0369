"""ONNX by tf2onnx, run by onnxruntime. Needs the extra `onnx`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from keras_ae.errors import ExportError
from keras_ae.serving.runtimes.models import THREADS, Converted, Source, first_line, quiet
from keras_ae.serving.runtimes.onnx_ops import OPSET, handlers

__all__ = ["convert"]


def convert(head: Source) -> Converted:
    """Converts a head to ONNX, for any number of rows.

    Args:
        head: The head.

    Returns:
        The converted head.

    Raises:
        ExportError: If ONNX cannot express the head; the message names a missing op.
    """
    if same := sorted({*head.signature.inputs} & {*head.signature.outputs}):
        raise ExportError(
            f"ONNX cannot express {head.name}: it takes and gives {', '.join(same)}, and tensors of a file "
            "have names of their own; take the encoder and the decoder"
        )
    import onnxruntime

    model = _model(head)
    _refuse_unknown(head, model)
    _name_axes(head, model.graph)
    content = model.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    try:
        with quiet():
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ExportError(f"ONNX Runtime cannot load {head.name}: {first_line(error)}") from error
    names = [tensor.name for tensor in session.get_outputs()]
    return Converted(content, lambda inputs: dict(zip(names, session.run(names, inputs), strict=True)))


def _model(head: Source) -> Any:
    """The head as an ONNX model."""
    import tf2onnx

    served = head.signature.function
    names, specs = zip(*head.signature.inputs.items(), strict=True)
    # one tensor an argument: those of a dictionary lose their names where one is called like the argument
    function = tf.function(lambda *tensors: served(**dict(zip(names, tensors, strict=True))), autograph=False)
    try:
        with quiet():
            model, _ = tf2onnx.convert.from_function(
                function, specs, opset=OPSET, custom_op_handlers=handlers()
            )
    except Exception as error:
        raise ExportError(f"ONNX cannot express {head.name}: {first_line(error)}") from error
    return model


def _refuse_unknown(head: Source, model: Any) -> None:
    """Raises ExportError where ops of TensorFlow are left in the graph."""
    import onnx

    [opset] = [imported.version for imported in model.opset_import if imported.domain in ("", "ai.onnx")]
    unknown = {
        node.op_type
        for node in _nodes(model.graph)
        if not node.domain and not onnx.defs.has(node.op_type, opset, "")
    }
    if unknown:
        raise ExportError(f"ONNX cannot express {head.name}: it has no op {', '.join(sorted(unknown))}")


def _nodes(graph: Any) -> Iterator[Any]:
    """The nodes of a graph, also those of its loops and branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _name_axes(head: Source, graph: Any) -> None:
    """Gives the graph the signature's inputs, outputs and shapes, some of which conversion loses."""
    specs = head.signature.inputs | head.signature.outputs
    for tensor in list(graph.input):
        if tensor.name not in specs:  # left over from a loop and never read
            graph.input.remove(tensor)
    for tensor in (*graph.input, *graph.output):
        axes = tensor.type.tensor_type.shape.dim
        for number, (axis, size) in enumerate(zip(axes, specs[tensor.name].shape, strict=True)):
            if size is None:
                axis.dim_param = f"{tensor.name}_size_{number}" if number else "batch"
            else:
                axis.dim_value = size
