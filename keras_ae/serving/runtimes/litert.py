"""LiteRT, which was TensorFlow Lite, by TensorFlow's own converter. Needs the extra `litert`."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_ae.errors import ExportError
from keras_ae.serving.runtimes.models import (
    SIGNATURE,
    THREADS,
    Converted,
    Named,
    Source,
    first_line,
    gaps,
    is_whole,
    quiet,
    rows,
)

LOSS = 0.05
"""Mean difference of an output, as a share of its standard deviation, above which full-integer quantization
gives way to dynamic-range; of whole numbers the share that is wrong."""
LISTS = {"TensorListReserve": 0, "TensorListFromTensor": 1, "TensorListStack": 1}
"""The ops that make or end a loop's lists, and which of their inputs is the shape of an element."""


def convert(head: Source) -> Converted:
    """A head as floats, of any batch size, or one row a call where it has a loop, as over a series' steps.

    Raises ExportError, naming the op where a head has one that LiteRT lacks.
    """
    return _converted(head, None)


def convert_int8(head: Source) -> Converted:
    """A head with its weights in 8 bits and, where it bears that, its activations too.

    Full-integer quantization by the ranges that the warm-up records show; dynamic-range quantization,
    whose activations are floats, where that fails or loses more than LOSS.

    Raises ExportError as `convert` does.
    """
    if _has_loop(head):  # on which TensorFlow's calibrator ends the whole process
        return _converted(head, "dynamic_range", "full-integer quantization knows no loops")
    try:
        whole = _converted(head, "full_integer")
    except ExportError as error:
        return _converted(head, "dynamic_range", f"full-integer quantization fails: {error}")
    lost = _lost(head, whole)
    if lost <= LOSS:
        return whole
    dynamic = _converted(
        head,
        "dynamic_range",
        f"full-integer quantization is off by {lost:.2g} standard deviations on average",
    )
    return whole if lost < _lost(head, dynamic) else dynamic


def _lost(head, converted):
    """The mean difference of the output that suffers most."""
    due = head.record.outputs
    return max(
        gap.mean() / (1.0 if is_whole(due[name]) else max(due[name].std(), np.finfo(np.float32).tiny))
        for name, gap in gaps(converted.run(head.record.inputs), due).items()
    )


def _converted(head, quantization, note=""):
    batch = 1 if _has_loop(head) else None
    single = "one row a call" if batch else ""
    try:
        with quiet():
            content = _content(head, quantization)
            run = _runner(content, batch)
            run(head.record.inputs)
    except Exception as error:
        raise ExportError(f"LiteRT cannot express {head.name}: {_reason(error)}") from error
    return Converted(content, run, quantization, batch, "; ".join(filter(None, [note, single])))


def _content(head, quantization):
    """A .tflite file."""
    if _has_loop(head):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([_row_function(head)], tf.Module())
    else:
        converter = tf.lite.TFLiteConverter.from_saved_model(str(head.folder), [SIGNATURE])
    if quantization:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "full_integer":
        inputs = head.record.inputs
        examples = [(SIGNATURE, _row(inputs, row)) for row in range(rows(inputs))]
        converter.representative_dataset = lambda: iter(examples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return converter.convert()


def _has_loop(head):
    graph = head.signature.function.graph.as_graph_def()
    parts = (graph.node, *(function.node_def for function in graph.library.function))
    return any("While" in node.op for part in parts for node in part)


def _row_function(head):
    """The signature for one row a call.

    A SavedModel's loop makes lists of elements of any batch size, whatever the inputs' is; LiteRT's lists
    want it fixed, so it is written into the graph.
    """
    served = head.signature.function
    specs = {
        name: tf.TensorSpec((1, *spec.shape[1:]), spec.dtype, name)
        for name, spec in head.signature.inputs.items()
    }
    whole = tf.function(lambda **named: served(**named)).get_concrete_function(**specs)
    frozen = convert_variables_to_constants_v2(whole, lower_control_flow=False, aggressive_inlining=True)
    graph = frozen.graph.as_graph_def()
    nodes = {node.name: node for node in graph.node}
    for node in graph.node:
        if node.op in LISTS:
            shape = nodes[node.input[LISTS[node.op]]].attr["value"].tensor
            shape.CopyFrom(tf.make_tensor_proto(np.abs(tf.make_ndarray(shape))))  # -1, any size, becomes 1
    names = sorted(head.signature.outputs)

    def row(**named):
        given = {tensor.name: named[tensor.op.name] for tensor in frozen.inputs}
        outputs = tf.graph_util.import_graph_def(graph, given, [tensor.name for tensor in frozen.outputs])
        return dict(zip(names, outputs, strict=True))

    return tf.function(row).get_concrete_function(**specs)


def _runner(content, batch) -> Callable[[Named], Named]:
    """A .tflite file as a function of all rows at once, or of each by itself."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=THREADS)
    signature = interpreter.get_signature_runner(SIGNATURE)
    takes, gives = (
        {name: detail["index"] for name, detail in details.items()}
        for details in (signature.get_input_details(), signature.get_output_details())
    )
    shapes = {}

    def run(named):
        wanted = {name: value.shape for name, value in named.items()}
        if wanted != shapes:
            for name, shape in wanted.items():
                interpreter.resize_tensor_input(takes[name], shape)
            interpreter.allocate_tensors()
            shapes.update(wanted)
        for name, value in named.items():
            interpreter.set_tensor(takes[name], value)
        interpreter.invoke()
        return {name: interpreter.get_tensor(place) for name, place in gives.items()}

    def run_each(named):
        parts = [run(_row(named, row)) for row in range(rows(named))]
        return {name: np.concatenate([part[name] for part in parts]) for name in gives}

    return run_each if batch else run


def _row(named, row):
    return {name: value[row : row + 1] for name, value in named.items()}


def _reason(error):
    """What of a head the converter stumbles over."""
    complaints = re.findall(r"'tf\.(\w+)' op ([^\n]*)", str(error))
    unknown = sorted({op for op, complaint in complaints if complaint.startswith("is neither")})
    if unknown:
        return f"it has no op {', '.join(unknown)}"
    return f"op {' '.join(complaints[0])}"[:300] if complaints else first_line(error)
