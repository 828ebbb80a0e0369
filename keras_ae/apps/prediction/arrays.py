"""Inputs of a head in a file of arrays."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.codec.grid import dequantized
from keras_ae.data.full_scale import full_scale_in, normalized
from keras_ae.data.precision import as_float32
from keras_ae.data.sequences.arrays import sequence_values
from keras_ae.errors import InputError

__all__ = ["read_arrays"]

MOST_ARRAY_BYTES = 4 * 2**30
"""Maximum size in bytes of all arrays of an .npz."""


def read_arrays(
    path: Path, specs: Mapping[str, dict[str, Any]], domain: str | None, data: Mapping[str, Any] | None = None
) -> tuple[dict[str, np.ndarray], list[str] | None]:
    """Reads the arrays that a signature takes from an .npy or .npz file.

    Args:
        path: The file. A single array needs no name.
        specs: The signature's inputs, {"shape", "dtype"} by name.
        domain: The domain of the data that the head was trained on; None if it is not known.
        data: What the head's card says of that data.

    Returns:
        The arrays by the inputs' names, and the names of their rows where the file has them as `files`.

    Raises:
        InputError: The file cannot be read, is too large, or lacks an array; its values are not those of the
            domain, or more than float32 holds.
    """
    arrays, names = _load(path)
    try:
        arrays = dequantized(arrays, specs)
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}; write it with keras-ae encode --bits") from error
    if len(arrays) == len(specs) == 1:
        arrays = dict(zip(specs, arrays.values(), strict=True))
    if not set(specs) <= set(arrays):
        received = ", ".join(name or "one array" for name in arrays) or "nothing"
        raise InputError(f"expected {', '.join(specs)} in {path} (see numpy.savez); it holds {received}")
    inputs = {
        name: _prepared(name, arrays[name], spec, domain, data or {}, path) for name, spec in specs.items()
    }
    named = names is not None and names.dtype.kind == "U" and {names.size} == set(map(len, inputs.values()))
    return inputs, names.ravel().tolist() if names is not None and named else None


def _load(path):
    """The arrays of a file by name, and the array `files` of an .npz."""
    try:
        if path.suffix.lower() == ".npy":
            return {"": np.load(path, mmap_mode="r", allow_pickle=False)}, None
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_ARRAY_BYTES:
            raise InputError(
                f"{path} takes {size / 2**30:.1f} GiB, at most {MOST_ARRAY_BYTES / 2**30:.0f} are read"
            )
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
    except InputError:
        raise
    except (
        OSError,
        ValueError,
        EOFError,
        MemoryError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise InputError(
            f"{path} cannot be read as a NumPy file of plain numbers ({' '.join(str(error).split())}); "
            "write it with numpy.save or numpy.savez"
        ) from error
    names = arrays.pop("files", None)
    return arrays, names


def _prepared(name, array, spec, domain, data, path):
    """An array as training would have read it: with an axis for one channel, pixels scaled into [0, 1]."""
    if not array.ndim:
        raise InputError(f"expected {name} in {path} with an axis of examples, received a single value")
    if name == "condition" and data.get("label_names"):
        array = _classes(array, data["label_names"], path)
    if spec["dtype"] == "float32" and array.dtype.kind in "buif":
        array = _floats(name, array, domain, data.get("full_scale"), path)
    shape = spec["shape"]
    return array[..., None] if shape and shape[-1] == 1 and array.ndim == len(shape) - 1 else array


def _floats(name, array, domain, full_scale, path):
    """Numbers as float32, of pixels in [0, 1]."""
    where = f"{path}:{name}"
    if name != "inputs":
        return as_float32(array, where)
    if domain is not None:
        from keras_ae.domains import domain_of  # imports Keras, which a client does not need

        if domain_of(domain).ends:
            return sequence_values(array, where)
        pixels = domain_of(domain).unit_interval
        return normalized(array, full_scale, where) if pixels else as_float32(array, where)
    own = full_scale_in(array.dtype, None)
    if own != 1:
        raise InputError(
            f"expected floats in {path}, pixels scaled into [0, 1]; received {array.dtype}; divide them "
            f"by {own}, or convert them to float32 if they are in the data's own units"
        )
    return as_float32(array, where)


def _classes(array, names, path):
    """Labels by their names as the numbers of classes."""
    from keras_ae.data.labels import Unusable, in_classes, plain_labels  # imports TensorFlow, as above

    try:
        return in_classes(plain_labels(array), names, len(names))
    except Unusable as reason:
        raise InputError(f"expected the classes of the training; condition in {path} {reason}") from reason
