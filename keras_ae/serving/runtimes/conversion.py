"""Conversions of exported heads: made, held to the Keras heads' answers, timed, and written whole."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ae.errors import ExportError, InputError
from keras_ae.files import written_whole
from keras_ae.serving.export import TIES
from keras_ae.serving.runtimes import litert, onnx
from keras_ae.serving.runtimes.models import Converted, Named, Source, first_line, gaps, is_whole, quiet

TOLERANCE = 1e-4
"""Largest difference of a conversion to floats from the Keras head, as a share of the largest value due or of
1 where that is less. Of whole numbers the share that is wrong is held to TIES."""
BATCH = 64
"""Rows of the larger of the two requests that are timed."""
SECONDS, CALLS = 1.0, 1000
"""A latency is measured for so long, by at most so many calls."""


@dataclass(frozen=True)
class Runtime:
    """Where a head can run besides TensorFlow.

    title: for people. suffix: of its files. extra: of this package, which brings the packages, by the
    names that pip knows them by. exact: whether it gives what Keras gives but for rounding.
    """

    title: str
    suffix: str
    extra: str
    packages: tuple[str, ...]
    convert: Callable[[Source], Converted]
    exact: bool = True


RUNTIMES = {
    "onnx": Runtime("ONNX Runtime", ".onnx", "onnx", ("tf2onnx", "onnx", "onnxruntime"), onnx.convert),
    "litert": Runtime("LiteRT", ".tflite", "litert", ("ai-edge-litert",), litert.convert),
    "litert_int8": Runtime(
        "LiteRT int8", "_int8.tflite", "litert", ("ai-edge-litert",), litert.convert_int8, exact=False
    ),
}


@dataclass(frozen=True)
class Figures:
    """What a head costs in a runtime, and how far it is from Keras there.

    size: KiB of its file. single, single_p99, batch: microseconds of a call of 1 row, of the slowest
    hundredth of such, and of a call of 64 rows. worst, mean: largest and mean absolute difference over
    all numbers of all outputs; a whole number that is wrong counts as 1.
    """

    size: float
    single: float
    single_p99: float
    batch: float
    worst: float
    mean: float


def check_runtimes(names: list[str]) -> None:
    """Raises InputError for an unknown runtime, and for one whose packages are not installed."""
    for name in names:
        if name not in RUNTIMES:
            raise InputError(f"expected runtimes among {', '.join(RUNTIMES)}; received {name!r}")
    missing = {
        package: RUNTIMES[name].extra
        for name in names
        for package in RUNTIMES[name].packages
        if importlib.util.find_spec(package.replace("-", "_")) is None
    }
    if missing:
        raise InputError(
            f"converting to {', '.join(names)} needs {', '.join(missing)}, which is not installed: "
            f"pip install 'keras_ae[{','.join(sorted(set(missing.values())))}]'"
        )


def convert(head: Source, name: str) -> Converted:
    """A head in another runtime, run there on the head's warm-up records.

    Raises InputError where the runtime's packages are missing, ExportError for a head that it cannot
    express or run, and for a conversion to floats that differs from the Keras head by more than TOLERANCE.
    """
    check_runtimes([name])
    runtime = RUNTIMES[name]
    converted = runtime.convert(head)
    try:
        with quiet():
            outputs = converted.run(head.record.inputs)
    except Exception as error:
        raise ExportError(f"{runtime.title} cannot run {head.name}: {first_line(error)}") from error
    due = head.record.outputs
    for output, gap in gaps(outputs, due).items():
        whole = is_whole(due[output])
        worst = gap.mean() if whole else gap.max() / max(1.0, np.abs(due[output]).max())
        most = TIES if whole else TOLERANCE
        if runtime.exact and not worst <= most:
            told = f"in a share {worst:g} of its numbers" if whole else f"by {worst:g} of its largest value"
            raise ExportError(
                f"{output} of {head.name} differs {told} in {runtime.title}, "
                f"at most {most:g} is allowed; nothing was kept"
            )
    return converted


def paths(head: Source, name: str, folder: Path) -> tuple[Path, Path]:
    """The files of a conversion: the model, and the JSON that tells of it."""
    file = folder / f"{head.name}{RUNTIMES[name].suffix}"
    return file, file.with_name(f"{file.name}.json")


def write(head: Source, name: str, converted: Converted, folder: Path) -> Path:
    """Writes a conversion and the JSON that tells of it, each whole; returns the model's file.

    Raises InputError where the folder cannot be written.
    """
    file, beside = paths(head, name, folder)
    text = json.dumps(_told(head, name, converted), indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(file, beside) as (partial, partial_text):
            partial.write_bytes(converted.content)
            partial_text.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); see --output") from error
    return file


def _told(head, name, converted):
    """What whoever loads the file needs to know of it."""
    sides = {"inputs": head.signature.inputs, "outputs": head.signature.outputs}
    found = gaps(converted.run(head.record.inputs), head.record.outputs)
    packages = (*RUNTIMES[name].packages, "keras_ae")
    return {
        "recipe": head.exported.recipe,
        "head": head.exported.head,
        "version": int(head.folder.name),
        "weights_sha256": head.exported.card["weights_sha256"],
        "runtime": RUNTIMES[name].title,
        "sha256": hashlib.sha256(converted.content).hexdigest(),
        "quantization": converted.quantization,
        "note": converted.note,
        **{
            side: {
                tensor: {"shape": [converted.batch, *spec.shape[1:]], "dtype": spec.dtype.name}
                for tensor, spec in specs.items()
            }
            for side, specs in sides.items()
        },
        "error": {
            output: {"largest": float(gap.max()), "mean": float(gap.mean())} for output, gap in found.items()
        },
        "versions": {package: metadata.version(package) for package in packages}
        | {"tensorflow": tf.__version__},
    }


def measure(head: Source, run: Callable[[Named], Named], size: int) -> Figures:
    """What a head costs where it runs, and how far it is from Keras there. size: bytes of its file."""
    found = gaps(run(head.record.inputs), head.record.outputs)
    found = np.concatenate([gap.ravel() for gap in found.values()])
    single, batch = (_latencies(run, _tiled(head.record.inputs, number)) for number in (1, BATCH))
    return Figures(
        size / 1024, np.median(single), np.percentile(single, 99), np.median(batch), found.max(), found.mean()
    )


def _tiled(named, number):
    """So many rows of those there are, from the first again after the last."""
    return {name: np.resize(value, (number, *value.shape[1:])) for name, value in named.items()}


def _latencies(run, named):
    """Microseconds of calls, without the first few, which allocate."""
    times = []
    begin = time.perf_counter()
    while len(times) < 10 or (len(times) < CALLS and time.perf_counter() - begin < SECONDS):
        called = time.perf_counter()
        run(named)
        times.append(1e6 * (time.perf_counter() - called))
    return times[5:]
