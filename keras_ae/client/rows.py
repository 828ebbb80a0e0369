"""Arrays checked against a signature and sent in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from keras_ae.column_names import find_columns
from keras_ae.errors import InputError

__all__ = ["in_batches"]

REQUEST_BYTES = 3 * 2**20
"""Maximum bytes of a request and of its answer, below gRPC's default of 4 MiB; a single row may be larger."""


def in_batches(
    run: Callable[[dict], dict], tensors: dict[str, dict], inputs: Any, batch: int
) -> dict[str, np.ndarray]:
    """Checks arrays against a signature, runs them in batches and joins the answers.

    Args:
        run: Arrays by name -> arrays by name, for one batch.
        tensors: The signature, as of `Client.tensors`.
        inputs: Arrays by name, or the array of the only input, as of `Client.predict`.
        batch: Rows of a batch, at most; fewer where a request would become too large.

    Returns:
        The signature's outputs by name, a row for each row of the inputs.

    Raises:
        InputError: Names, shapes or types are not the signature's, or there are no rows.
    """
    specs = tensors["inputs"]
    if not isinstance(inputs, Mapping):
        if len(specs) != 1:
            raise InputError(
                f"expected arrays by name ({', '.join(specs)}), received one without a name; give a dict"
            )
        inputs = {next(iter(specs)): inputs}
    names = dict(zip(specs, specs, strict=True)) if set(inputs) == set(specs) else _columns(specs, inputs)
    arrays = {name: _checked(name, inputs[names[name]], spec) for name, spec in specs.items()}
    counts = [len(array) for array in arrays.values()]
    if len(set(counts)) != 1 or not counts[0]:
        received = ", ".join(f"{count} of {name}" for name, count in zip(arrays, counts, strict=True))
        raise InputError(f"expected as many rows of each input, at least one; received {received}")
    step = max(1, min(batch, REQUEST_BYTES // _row_bytes(arrays, tensors["outputs"])))
    parts = [
        run({name: array[begin : begin + step] for name, array in arrays.items()})
        for begin in range(0, counts[0], step)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in tensors["outputs"]}


def _columns(specs, inputs):
    """The given columns, by the names that they are served by."""
    try:
        found = find_columns(specs, tuple(map(str, inputs)))
    except InputError:
        found = {}
    if not found or set(found.values()) != set(inputs):
        raise InputError(f"expected {', '.join(specs)}; received {', '.join(map(str, inputs)) or 'nothing'}")
    return found


def _checked(name, value, spec):
    """An array of the declared type; refused where its shape is not the declared one."""
    dtype, shape = spec["dtype"], spec["shape"]
    received = np.asarray(
        value, object if dtype == "string" else None
    )  # NumPy's strings lose zeros at the end
    if dtype == "string":
        array = np.asarray(np.frompyfunc(_as_bytes, 1, 1)(received), object)
    elif not np.can_cast(received.dtype, dtype, "same_kind"):
        raise InputError(
            f"expected {name} as {dtype}, received {received.dtype}; convert it with .astype({dtype!r})"
        )
    else:
        array = received.astype(dtype, copy=False)
        if array.dtype.kind in "iu" and not np.array_equal(array, received):
            raise InputError(
                f"expected {name} as {dtype}, received larger numbers; give those that {dtype} holds"
            )
    expected = (None, *array.shape[1:]) if shape is None else shape
    sizes_differ = any(
        size not in (None, actual) for size, actual in zip(expected, array.shape, strict=False)
    )
    if array.ndim != len(expected) or sizes_differ:
        sizes = ", ".join("n" if size is None else str(size) for size in expected)
        raise InputError(f"expected {name} of shape ({sizes}), n examples; received {array.shape}")
    return array


def _as_bytes(text):
    if not isinstance(text, (bytes, str)):
        raise InputError(
            f"expected strings of bytes, received {type(text).__name__}; give the bytes of a file"
        )
    return text.encode() if isinstance(text, str) else bytes(text)


def _row_bytes(arrays, outputs):
    """Bytes of the longest row that is sent, or of one that comes back where its shape is known."""
    sent = sum(
        max(map(len, array.ravel())) if array.dtype == object else array[0].nbytes
        for array in arrays.values()
    )
    shapes = [spec["shape"][1:] for spec in outputs.values() if spec["shape"] and spec["dtype"] != "string"]
    return max(1, sent, sum(4 * prod(shape) for shape in shapes if None not in shape))
