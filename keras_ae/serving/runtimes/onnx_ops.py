"""Ops of TensorFlow as ops of ONNX, where tf2onnx has none for them or one that gives other numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["OPSET", "handlers"]

OPSET = 16
"""The version of ONNX's ops; from it on, a scatter can sum."""

INT64, INTEGERS = 7, (6, 7)
"""ONNX's numbers of the types int64, and int32 and int64."""

Write = Callable[..., Any]
"""A function of an op and its inputs, by names or as constants, that writes a node and returns its output."""


def handlers() -> dict[str, tuple[Callable, list]]:
    """The ops that are written here.

    Returns:
        Functions by the names of TensorFlow's ops, as tf2onnx takes them.
    """
    return {op: (_handler(formula), []) for op, formula in FORMULAS.items()}


def _handler(formula: Callable[..., str]) -> Callable:
    """A function that replaces a node by what a formula writes."""

    def handle(graph: Any, node: Any, name: str, _: Any) -> None:
        [dtype], [shape], inputs, outputs = node.output_dtypes, node.output_shapes, node.input, node.output
        graph.remove_node(name)

        def write(op: str, *values: Any, **attributes: Any) -> str:
            taken = [value if isinstance(value, str) else constant(op, value) for value in values]
            return graph.make_node(op, taken, attr=attributes).output[0]

        def constant(op: str, value: np.ndarray) -> str:
            return graph.make_const(f"{name}/{op}_constant", value).output[0]

        result = formula(write, dtype, *inputs)
        graph.make_node("Identity", [result], name=name, outputs=outputs, dtypes=[dtype], shapes=[shape])

    return handle


def _erfc(write: Write, dtype: int, x: str) -> str:
    """1 - erf(x): Keras's gelu uses erfc, which tf2onnx lacks."""
    return write("Sub", np.ones((), np.float32), write("Erf", x))


def _expm1(write: Write, dtype: int, x: str) -> str:
    """exp(x) - 1, which tf2onnx lacks."""
    return write("Sub", write("Exp", x), np.ones((), np.float32))


def _floor_mod(write: Write, dtype: int, x: str, y: str) -> str:
    """x mod y with the sign of y; of whole numbers tf2onnx gives that of x."""
    if dtype in INTEGERS:
        return write("Mod", x, y)
    return write("Sub", x, write("Mul", write("Floor", write("Div", x, y)), y))


def _floor_div(write: Write, dtype: int, x: str, y: str) -> str:
    """x / y rounded down; tf2onnx rounds whole numbers towards 0."""
    if dtype in INTEGERS:
        return write("Div", write("Sub", x, write("Mod", x, y)), y)
    return write("Floor", write("Div", x, y))


def _scatter(write: Write, dtype: int, indices: str, updates: str, shape: str) -> str:
    """Sums of updates at indices; of equal indices tf2onnx keeps one update alone."""
    zeros = write("Expand", np.zeros((), np.float32), write("Cast", shape, to=INT64))
    return write("ScatterND", zeros, write("Cast", indices, to=INT64), updates, reduction="add")


def _select(write: Write, dtype: int, condition: str, x: str, y: str) -> str:
    """x where a condition holds, else y; tf2onnx may write products with 0 and 1, which let NaN through."""
    return write("Where", condition, x, y)


FORMULAS: dict[str, Callable[..., str]] = {
    "Erfc": _erfc,
    "Expm1": _expm1,
    "FloorMod": _floor_mod,
    "FloorDiv": _floor_div,
    "ScatterNd": _scatter,
    "SelectV2": _select,
}
"""What is written, by the names of TensorFlow's ops."""
