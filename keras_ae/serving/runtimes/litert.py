"""LiteRT, formerly TensorFlow Lite, by TensorFlow's own converter. Needs the extra `litert`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_ae.errors import ExportError
from keras_ae.serving.runtimes.models import (
    SIGNATURE,
    THREADS,
    Arrays,
    Converted,
    Source,
    differences,
    first_line,
    is_integer,
    quiet,
    row_count,
)

__all__ = ["convert", "convert_int8"]

MAX_QUANTIZATION_ERROR = 0.05
"""Mean difference of an output, as a fraction of its standard deviation, above which dynamic-range
quantization is tried instead of full-integer; for integers the fraction that is wrong."""

LIST_OPS = {"TensorListReserve": 0, "TensorListFromTensor": 1, "TensorListStack": 1}
"""The ops that create or read a loop's lists, and the index of the input that is the shape of an element."""


def convert(head: Source) -> Converted:
    """Converts a head to LiteRT with floats.

    The result takes any number of rows, or one row a call where the head has a loop, as over a series' steps.

    Args:
        head: The head.

    Returns:
        The converted head.

    Raises:
        ExportError: If LiteRT cannot express the head; the message names a missing op.
    """
    return _convert(head, None)


def convert_int8(head: Source) -> Converted:
    """Converts a head to LiteRT with 8-bit weights and, where its outputs stay close, 8-bit activations.

    Full-integer quantization takes its ranges from the warm-up records. Dynamic-range quantization, whose
    activations are floats, is used where that fails or differs by more than MAX_QUANTIZATION_ERROR.

    Args:
        head: The head.

    Returns:
        The converted head; its note says why the activations are floats.

    Raises:
        ExportError: If LiteRT cannot express the head; the message names a missing op.
    """
    if _has_loop(head):  # TensorFlow's calibrator would end the whole process
        return _convert(head, "dynamic_range", "full-integer quantization does not support loops")
    try:
        full_integer = _convert(head, "full_integer")
    except ExportError as error:
        return _convert(head, "dynamic_range", f"full-integer quantization fails: {error}")
    full_error = _quantization_error(head, full_integer)
    if full_error <= MAX_QUANTIZATION_ERROR:
        return full_integer
    dynamic = _convert(
        head,
        "dynamic_range",
        f"full-integer quantization is off by {full_error:.2g} standard deviations on average",
    )
    return full_integer if full_error < _quantization_error(head, dynamic) else dynamic


def _quantization_error(head: Source, converted: Converted) -> float:
    """The mean difference, in standard deviations, of the output that differs most."""
    expected = head.record.outputs
    errors = differences(converted.run(head.record.inputs), expected)
    tiny = np.finfo(np.float32).tiny
    return max(
        error.mean() / (1.0 if is_integer(expected[name]) else max(np.nanstd(expected[name]), tiny))
        for name, error in errors.items()
    )


def _convert(head: Source, quantization: str | None, note: str = "") -> Converted:
    batch_size = 1 if _has_loop(head) else None
    batch_note = "one row a call" if batch_size else ""
    try:
        with quiet():
            content = _content(head, quantization)
            run = _runner(content, batch_size)
            run(head.record.inputs)
    except Exception as error:
        raise ExportError(f"LiteRT cannot express {head.name}: {_reason(error)}") from error
    return Converted(content, run, quantization, batch_size, "; ".join(filter(None, [note, batch_note])))


def _content(head: Source, quantization: str | None) -> bytes:
    """The content of a .tflite file."""
    if _has_loop(head):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([_row_function(head)], tf.Module())
    else:
        converter = tf.lite.TFLiteConverter.from_saved_model(str(head.folder), [SIGNATURE])
    if quantization:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "full_integer":
        inputs = head.record.inputs
        examples = [(SIGNATURE, _row(inputs, row)) for row in range(row_count(inputs))]
        converter.representative_dataset = lambda: iter(examples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return converter.convert()


def _has_loop(head: Source) -> bool:
    graph = head.signature.function.graph.as_graph_def()
    parts = (graph.node, *(function.node_def for function in graph.library.function))
    return any("While" in node.op for part in parts for node in part)


def _row_function(head: Source) -> Any:
    """The signature as a concrete function of a single row.

    A SavedModel's loop creates lists whose elements have any batch size, even where the inputs' is fixed.
    LiteRT's lists need a fixed one, so it is written into the graph.
    """
    served = head.signature.function
    specs = {
        name: tf.TensorSpec((1, *spec.shape[1:]), spec.dtype, name)
        for name, spec in head.signature.inputs.items()
    }
    function = tf.function(lambda **tensors: served(**tensors), autograph=False).get_concrete_function(
        **specs
    )
    frozen = convert_variables_to_constants_v2(function, lower_control_flow=False, aggressive_inlining=True)
    graph = frozen.graph.as_graph_def()
    nodes = {node.name: node for node in graph.node}
    for node in graph.node:
        if node.op in LIST_OPS:
            shape = nodes[node.input[LIST_OPS[node.op]]].attr["value"].tensor
            if not tf.make_ndarray(shape).ndim:
                raise ValueError("it has a loop over examples of any size")
            shape.CopyFrom(tf.make_tensor_proto(np.abs(tf.make_ndarray(shape))))  # -1, any size, becomes 1
    names = sorted(head.signature.outputs)

    def run_row(**tensors):
        inputs = {tensor.name: tensors[tensor.op.name] for tensor in frozen.inputs}
        outputs = tf.graph_util.import_graph_def(graph, inputs, [tensor.name for tensor in frozen.outputs])
        return dict(zip(names, outputs, strict=True))

    return tf.function(run_row, autograph=False).get_concrete_function(**specs)


def _runner(content: bytes, batch_size: int | None) -> Callable[[Arrays], Arrays]:
    """Runs a .tflite file on all rows at once, or on one row at a time where the batch size is 1."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=THREADS)
    signature = interpreter.get_signature_runner(SIGNATURE)
    input_indices, output_indices = (
        {name: detail["index"] for name, detail in details.items()}
        for details in (signature.get_input_details(), signature.get_output_details())
    )
    allocated: dict[str, tuple[int, ...]] = {}

    def run(inputs: Arrays) -> Arrays:
        shapes = {name: value.shape for name, value in inputs.items()}
        if shapes != allocated:
            for name, shape in shapes.items():
                interpreter.resize_tensor_input(input_indices[name], shape)
            interpreter.allocate_tensors()
            allocated.update(shapes)
        for name, value in inputs.items():
            interpreter.set_tensor(input_indices[name], value)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in output_indices.items()}

    def run_rows(inputs: Arrays) -> Arrays:
        parts = [run(_row(inputs, row)) for row in range(row_count(inputs))]
        return {name: np.concatenate([part[name] for part in parts]) for name in output_indices}

    return run_rows if batch_size else run


def _row(inputs: Arrays, row: int) -> Arrays:
    return {name: value[row : row + 1] for name, value in inputs.items()}


def _reason(error: Exception) -> str:
    """The part of the converter's error that says what it cannot convert."""
    complaints = re.findall(r"'tf\.(\w+)' op ([^\n]*)", str(error))
    missing = sorted({op for op, complaint in complaints if complaint.startswith("is neither")})
    if missing:
        return f"it has no op {', '.join(missing)}"
    return f"op {' '.join(complaints[0])}"[:300] if complaints else first_line(error)
