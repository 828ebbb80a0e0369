"""Arrays checked against a signature, and sent in parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from keras_ae.errors import InputError

REQUEST_BYTES = 3 * 2**20
"""What a request and its answer hold at most, below gRPC's customary 4 MiB; a single row may be more."""


def in_batches(run: Callable[[dict], dict], tensors: dict, given, batch: int) -> dict[str, np.ndarray]:
    """Checks arrays against a signature, runs them in parts of at most `batch` rows, joins the answers.

    run: from arrays by name to arrays by name. tensors, given: as of `Client.tensors` and `Client.predict`.
    """
    specs = tensors["inputs"]
    if not isinstance(given, Mapping):
        if len(specs) != 1:
            raise InputError(f"expected arrays by name ({', '.join(specs)}), received one without a name")
        given = {next(iter(specs)): given}
    if set(given) != set(specs):
        raise InputError(f"expected {', '.join(specs)}; received {', '.join(given) or 'nothing'}")
    arrays = {name: _fitted(name, given[name], spec) for name, spec in specs.items()}
    counts = [len(array) for array in arrays.values()]
    if len(set(counts)) != 1 or not counts[0]:
        received = ", ".join(f"{count} of {name}" for name, count in zip(arrays, counts, strict=True))
        raise InputError(f"expected as many rows of each input, at least one; received {received}")
    step = max(1, min(batch, REQUEST_BYTES // _widest(arrays, tensors["outputs"])))
    parts = [
        run({name: array[begin : begin + step] for name, array in arrays.items()})
        for begin in range(0, counts[0], step)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in tensors["outputs"]}


def _fitted(name, value, spec):
    """An array in the declared type, once it is of the declared shape."""
    dtype, shape = spec["dtype"], spec["shape"]
    given = np.asarray(value, object if dtype == "string" else None)  # NumPy's strings lose zeros at the end
    if dtype == "string":
        array = np.asarray(np.frompyfunc(_as_bytes, 1, 1)(given), object)
    elif not np.can_cast(given.dtype, dtype, "same_kind"):
        raise InputError(f"expected {name} as {dtype}, received {given.dtype}")
    else:
        array = given.astype(dtype, copy=False)
        if array.dtype.kind in "iu" and not np.array_equal(array, given):
            raise InputError(f"expected {name} as {dtype}, received larger numbers")
    wanted = (None, *array.shape[1:]) if shape is None else shape
    sizes_differ = any(size not in (None, got) for size, got in zip(wanted, array.shape, strict=False))
    if array.ndim != len(wanted) or sizes_differ:
        sizes = ", ".join("n" if size is None else str(size) for size in wanted)
        raise InputError(f"expected {name} of shape ({sizes}), n examples; received {array.shape}")
    return array


def _as_bytes(text):
    if not isinstance(text, (bytes, str)):
        raise InputError(f"expected strings of bytes, received {type(text).__name__}")
    return text.encode() if isinstance(text, str) else bytes(text)


def _widest(arrays, outputs):
    """Bytes of the longest row that is sent, or of one that comes back as far as its shape is known."""
    sent = sum(
        max(map(len, array.ravel())) if array.dtype == object else array[0].nbytes
        for array in arrays.values()
    )
    shapes = [spec["shape"][1:] for spec in outputs.values() if spec["shape"] and spec["dtype"] != "string"]
    return max(1, sent, sum(4 * prod(shape) for shape in shapes if None not in shape))
