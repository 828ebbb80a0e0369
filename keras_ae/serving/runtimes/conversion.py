"""Conversions of exported heads: compared with the Keras heads' outputs, timed, and written atomically."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.errors import ExportError, InputError
from keras_ae.files import written_whole
from keras_ae.serving.export import TIES
from keras_ae.serving.runtimes import litert, onnx
from keras_ae.serving.runtimes.models import (
    Arrays,
    Converted,
    Source,
    differences,
    first_line,
    is_integer,
    quiet,
)
from keras_ae.serving.runtimes.packages import PACKAGES, SUFFIXES, check_runtimes, converted_files

__all__ = [
    "RUNTIMES",
    "TOLERANCE",
    "Runtime",
    "RuntimeMetrics",
    "convert",
    "runtime_metrics",
    "write",
]

TOLERANCE = 1e-4
"""The largest allowed difference of a conversion to floats from the Keras head, as a fraction of the largest
expected value, or of 1 where that is less. For integers TIES limits the fraction of wrong ones."""

BATCH = 64
"""Rows of the larger of the two requests that are timed."""

SECONDS, CALLS = 1.0, 1000
"""The longest time, and the most calls, over which a latency is measured."""


@dataclass(frozen=True)
class Runtime:
    """A runtime other than TensorFlow in which heads can run.

    Attributes:
        title: The runtime's name for people.
        suffix: The end of its files' names, such as ".onnx".
        extra: The extra of keras_ae that installs its packages.
        packages: The packages that it needs, by the names that pip knows them by.
        convert: An exported head -> the head in the runtime; raises ExportError where that fails.
        exact: Whether outputs are those of Keras but for rounding, and are refused otherwise.
    """

    title: str
    suffix: str
    extra: str
    packages: tuple[str, ...]
    convert: Callable[[Source], Converted]
    exact: bool = True


RUNTIMES: dict[str, Runtime] = {
    "onnx": Runtime("ONNX Runtime", SUFFIXES["onnx"], "onnx", PACKAGES["onnx"], onnx.convert),
    "litert": Runtime("LiteRT", SUFFIXES["litert"], "litert", PACKAGES["litert"], litert.convert),
    "litert_int8": Runtime(
        "LiteRT int8", SUFFIXES["litert_int8"], "litert", PACKAGES["litert"], litert.convert_int8, exact=False
    ),
}
"""Every runtime by the name that `convert` and the command line take."""


@dataclass(frozen=True)
class RuntimeMetrics:
    """The size and the latency of a head in a runtime, and its differences from the Keras head.

    Attributes:
        size_kib: Size of its file in KiB.
        single_us: Median time of a call with 1 row, in microseconds.
        single_p99_us: 99th percentile of the time of a call with 1 row, in microseconds.
        batch_us: Median time of a call with 64 rows, in microseconds.
        max_error: Largest absolute difference over all elements of all outputs; a wrong integer counts as 1.
        mean_error: Mean absolute difference over the same elements.
    """

    size_kib: float
    single_us: float
    single_p99_us: float
    batch_us: float
    max_error: float
    mean_error: float


def convert(head: Source, name: str) -> Converted:
    """Converts a head to another runtime and checks its outputs there on the head's warm-up records.

    Args:
        head: The head.
        name: The name of the runtime, one of `RUNTIMES`.

    Returns:
        The head in the runtime.

    Raises:
        InputError: If the runtime is unknown or its packages are missing.
        ExportError: If the runtime cannot express or run the head, or is exact and differs from the Keras
            head by more than TOLERANCE.
    """
    check_runtimes([name])
    runtime = RUNTIMES[name]
    converted = runtime.convert(head)
    for inputs, expected in _requests(head):
        try:
            with quiet():
                outputs = converted.run(inputs)
        except Exception as error:
            raise ExportError(f"{runtime.title} cannot run {head.name}: {first_line(error)}") from error
        _check_shapes(head, runtime, outputs, expected)
        if runtime.exact:
            _check_values(head, runtime, outputs, expected)
    return converted


def _requests(head: Source) -> Iterator[tuple[Arrays, Arrays]]:
    """Inputs and expected outputs: the warm-up record, its first row, and a part of it along open axes.

    A file that was converted for some rows, or some size, may return that many for any request.
    """
    inputs = head.record.inputs
    yield inputs, head.record.outputs
    first = {name: value[:1] for name, value in inputs.items()}
    yield first, head.run(first)
    smaller = {name: _part(value, head.signature.inputs[name].shape) for name, value in inputs.items()}
    if any(smaller[name].shape != value.shape for name, value in inputs.items()):
        yield smaller, head.run(smaller)


def _part(value: np.ndarray, shape: tf.TensorShape) -> np.ndarray:
    """About two thirds of an array along the axes that may have any size, other than the rows."""
    sizes = zip(value.shape[1:], shape[1:], strict=True)
    return value[
        :, *(slice(max(1, size - size // 3 - 1)) if open is None else slice(None) for size, open in sizes)
    ]


def _check_shapes(head: Source, runtime: Runtime, outputs: Arrays, expected: Arrays) -> None:
    for output, value in expected.items():
        if outputs[output].shape != value.shape:
            raise ExportError(
                f"{output} of {head.name} has shape {outputs[output].shape} in {runtime.title}, expected "
                f"{value.shape}; nothing was written"
            )


def _check_values(head: Source, runtime: Runtime, outputs: Arrays, expected: Arrays) -> None:
    for output, difference in differences(outputs, expected).items():
        integer = is_integer(expected[output])
        largest = 1.0 if integer else max(1.0, np.nanmax(np.abs(expected[output]), initial=0.0))
        relative = difference.mean() if integer else difference.max() / largest
        limit = max(TIES, 1 / difference.size) if integer else TOLERANCE
        if not relative <= limit:
            extent = (
                f"in a fraction {relative:g} of its integers"
                if integer
                else f"by {relative:g} of its largest value"
            )
            raise ExportError(
                f"{output} of {head.name} differs {extent} in {runtime.title}, "
                f"at most {limit:g} is allowed; nothing was written"
            )


def write(head: Source, name: str, converted: Converted, folder: Path) -> Path:
    """Writes a conversion and the JSON file that describes it, both atomically.

    Args:
        head: The head.
        name: The name of the runtime.
        converted: The head in the runtime.
        folder: The folder to write to, created where it is missing.

    Returns:
        The model's file.

    Raises:
        InputError: If the folder cannot be written.
    """
    file, description = converted_files(head.name, name, folder)
    text = json.dumps(_description(head, name, converted), indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(file, description) as (partial, partial_text):
            partial.write_bytes(converted.content)
            partial_text.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); see --output") from error
    return file


def _description(head: Source, name: str, converted: Converted) -> dict[str, Any]:
    """The facts that users of the file need, as JSON takes them."""
    sides = {"inputs": head.signature.inputs, "outputs": head.signature.outputs}
    errors = differences(converted.run(head.record.inputs), head.record.outputs)
    packages = (*RUNTIMES[name].packages, "keras_ae")
    return {
        "name": head.exported.model,
        "recipe": head.exported.recipe,
        "head": head.exported.head,
        "version": int(head.folder.name),
        "weights_sha256": head.exported.card["weights_sha256"],
        "runtime": RUNTIMES[name].title,
        "sha256": hashlib.sha256(converted.content).hexdigest(),
        "quantization": converted.quantization,
        "note": converted.note,
        "examples": head.exported.client_facts,
        **{
            side: {
                tensor: {"shape": [converted.batch_size, *spec.shape[1:]], "dtype": spec.dtype.name}
                for tensor, spec in specs.items()
            }
            for side, specs in sides.items()
        },
        "error": {
            output: {"largest": float(difference.max()), "mean": float(difference.mean())}
            for output, difference in errors.items()
        },
        "versions": {package: metadata.version(package) for package in packages}
        | {"tensorflow": tf.__version__},
    }


def runtime_metrics(head: Source, run: Callable[[Arrays], Arrays], size: int) -> RuntimeMetrics:
    """Measures a head in a runtime.

    Args:
        head: The head, whose record has the inputs and the expected outputs.
        run: Runs the head: inputs by name -> outputs by name.
        size: Size of the head's file in bytes.

    Returns:
        The metrics.
    """
    by_output = differences(run(head.record.inputs), head.record.outputs)
    errors = np.concatenate([error.ravel() for error in by_output.values()])
    single, batch = (_latencies(run, _tile(head.record.inputs, count)) for count in (1, BATCH))
    return RuntimeMetrics(
        size_kib=size / 1024,
        single_us=float(np.median(single)),
        single_p99_us=float(np.percentile(single, 99)),
        batch_us=float(np.median(batch)),
        max_error=float(errors.max()),
        mean_error=float(errors.mean()),
    )


def _tile(inputs: Arrays, count: int) -> Arrays:
    """The given number of rows; they repeat from the first where there are fewer."""
    return {name: np.resize(value, (count, *value.shape[1:])) for name, value in inputs.items()}


def _latencies(run: Callable[[Arrays], Arrays], inputs: Arrays) -> list[float]:
    """Microseconds of each call, without the first few, which allocate."""
    times: list[float] = []
    begin = time.perf_counter()
    while len(times) < 10 or (len(times) < CALLS and time.perf_counter() - begin < SECONDS):
        called = time.perf_counter()
        run(inputs)
        times.append(1e6 * (time.perf_counter() - called))
    return times[5:]
