"""ONNX by tf2onnx, run by onnxruntime. Needs the extra `onnx`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.errors import ExportError
from keras_ae.serving.runtimes.models import THREADS, Converted, Source, first_line, quiet

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
    function = tf.function(lambda *tensors: served(**dict(zip(names, tensors, strict=True))))
    try:
        with quiet():
            model, _ = tf2onnx.convert.from_function(
                function, specs, custom_op_handlers={"Erfc": (_erfc, [])}
            )
    except Exception as error:
        raise ExportError(f"ONNX cannot express {head.name}: {first_line(error)}") from error
    return model


def _erfc(graph: Any, node: Any, name: str, _: Any) -> None:
    """Replaces erfc(x), which Keras's gelu uses, by 1 - erf(x); tf2onnx has no erfc."""
    [dtype], [shape] = node.output_dtypes, node.output_shapes
    graph.remove_node(name)
    erf = graph.make_node("Erf", node.input, dtypes=[dtype], shapes=[shape])
    one = graph.make_const(f"{name}/one", np.ones((), np.float32))
    graph.make_node(
        "Sub", [one.output[0], erf.output[0]], name=name, outputs=node.output, dtypes=[dtype], shapes=[shape]
    )


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
        for axis, size in zip(axes, specs[tensor.name].shape, strict=True):
            if size is None:
                axis.dim_param = "batch"
            else:
                axis.dim_value = size
