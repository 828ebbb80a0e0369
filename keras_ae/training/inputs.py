"""The values of a Python program as inputs of a head, in the data's own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_ae.data.full_scale import full_scale_in, normalized
from keras_ae.data.labels import Unusable, in_classes, plain_labels
from keras_ae.data.memory import plain_array
from keras_ae.data.precision import as_float32, clipped
from keras_ae.data.scaling import Scaler
from keras_ae.data.sequences.arrays import padded, sequence_values
from keras_ae.data.tables.frame_columns import frame_columns
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.tables.words import words_of
from keras_ae.errors import InputError

__all__ = ["head_arrays", "like_inputs"]


def head_arrays(
    x: Any,
    y: Any,
    specs: Mapping[str, tf.TensorSpec],
    scaler: Scaler,
    classes: int,
    label_names: tuple[str, ...] = (),
    input_classes: int = 0,
) -> dict[str, np.ndarray]:
    """The inputs of a head by name, checked.

    Args:
        x: Examples (n, ...): an array, a data frame, or a dict of inputs by name.
        y: Labels (n,), numbers or names; None for none.
        specs: The specs of the head's inputs, the batch axis first.
        scaler: The scaler of the data.
        classes: Classes of the condition that the head takes; 0 for none.
        label_names: The names of the classes.
        input_classes: Classes that the examples consist of, in the categorical domain.

    Returns:
        (n, ...) each, in the data's own units.

    Raises:
        InputError: For values that are not like those of the training.
    """
    if scaler.format is not None and scaler.format.served_name and _are_strings(x):
        x = scaler.format.from_clients(np.array(list(x), object), in_graph=False)[0]
    arrays: dict[str, np.ndarray] = {}
    names = [name for name in specs if name != "condition"]
    # the inputs of other heads may have the names of columns
    preprocessor = scaler.preprocessor if all(specs[name].shape.rank == 1 for name in names) else None
    if isinstance(x, dict):
        y = x.get("condition", y)
    if preprocessor is not None:
        times = scaler.format.times if scaler.format is not None else ()
        arrays = _columns(_frame(x, preprocessor) if isinstance(x, dict) else x, preprocessor, times)
    elif isinstance(x, dict):
        if set(x) - {"condition"} != set(names):
            raise InputError(
                f"expected the inputs {', '.join(names)}; received {', '.join(map(str, x)) or '{}'}; "
                "give these and no others"
            )
        arrays = {name: _like_spec(x[name], specs[name], name, scaler, input_classes) for name in names}
    elif names == ["inputs"]:
        arrays = {"inputs": _like_spec(x, specs["inputs"], "x", scaler, input_classes)}
    else:
        raise InputError(
            f"expected a dict of the inputs {', '.join(names)}, received {type(x).__name__}; give "
            f"{{{', '.join(f'{name!r}: ...' for name in names)}}}"
        )
    counts = {name: len(value) for name, value in arrays.items()}
    if len(set(counts.values())) > 1:
        raise InputError(
            f"expected as many rows of each input, received {counts}; give one row of each for every example"
        )
    if "condition" in specs:
        arrays["condition"] = _labels(y, next(iter(counts.values())), classes, label_names)
    elif y is not None:
        raise InputError("this head takes no labels; leave y out")
    return arrays


def _are_strings(x: Any) -> bool:
    """Whether examples are strings, such as texts."""
    return (
        isinstance(x, list | tuple | np.ndarray) and len(x) > 0 and all(isinstance(each, str) for each in x)
    )


def like_inputs(values: np.ndarray, x: Any, scaler: Scaler) -> np.ndarray:
    """Reconstructions in the form of the examples that they are of.

    Args:
        values: (n, ...), reconstructions.
        x: (n, ...), the examples, as the user gave them.
        scaler: The scaler of the data.

    Returns:
        Bytes for bytes, and without the axis of a single channel where the examples had none.
    """
    if scaler.domain.ends:
        return values
    array = x if isinstance(x, np.ndarray) else np.asarray(x["inputs"] if isinstance(x, dict) else x)
    pixels = scaler.domain.unit_interval and array.dtype.kind in "iu"
    full = full_scale_in(array.dtype, scaler.full_scale) if pixels else 1
    if full > 1:
        values = np.round(full * values.astype(np.float64)).astype(array.dtype)
    return values[..., 0] if values.ndim == array.ndim + 1 and values.shape[-1] == 1 else values


def _like_spec(values, spec, name, scaler, classes):
    """An array of the shape and the domain that a head takes."""
    if name in ("x", "inputs") and scaler.domain.ends:
        return sequence_values(padded(values, spec.shape[1], name), name)
    if name in ("x", "inputs"):
        array = plain_array(values, name)
    else:
        array = np.asarray(values)
        if array.dtype.kind not in "buif" or not array.size:
            raise InputError(
                f"expected numbers as {name}, received {array.dtype} of shape {array.shape}; give an array "
                "of numbers, one row for every example"
            )
        if not np.isfinite(array).all():
            raise InputError(
                f"expected finite numbers as {name}, received NaN or infinite ones; replace or drop them"
            )
    shape = tuple(spec.shape[1:])
    if array.ndim == len(shape) and shape[-1:] == (1,):
        array = array[..., None]
    same_rank = array.ndim == len(shape) + 1
    if not same_rank or any(
        size not in (None, own) for size, own in zip(shape, array.shape[1:], strict=True)
    ):
        expected = ", ".join("any" if size is None else str(size) for size in shape)
        raise InputError(
            f"expected {name} of shape (n, {expected}), like the examples of the training; "
            f"received {array.shape}; resize, crop or pad them to it"
        )
    return _in_domain(array, name, scaler, classes) if name in ("x", "inputs") else as_float32(array, name)


def _in_domain(array, name, scaler, classes):
    if scaler.domain.one_hot:
        lowest = -1 if scaler.format is not None and scaler.format.has_ends else 0
        if array.dtype.kind not in "ui" or array.min() < lowest or array.max() >= classes:
            raise InputError(
                f"expected {name} of whole numbers from {lowest} to {classes - 1}, the classes of the "
                f"training; received {array.dtype} from {array.min()} to {array.max()}; "
                "number them as in the training"
            )
        return array.astype(np.int64)
    if scaler.domain.unit_interval:
        return normalized(array, scaler.full_scale, name)
    return as_float32(array, name)


def _frame(columns: Mapping[str, Any], preprocessor: Preprocessor) -> pd.DataFrame:
    """Columns by their own names, or by those in the head's signature, as a data frame."""
    names = preprocessor.signature
    columns = {names.get(name, name): values for name, values in columns.items() if name != "condition"}
    unknown = [str(name) for name in columns if name not in preprocessor.columns]
    if unknown or len(columns) < len(names):
        raise InputError(
            f"expected the columns {', '.join(preprocessor.columns)}; received {', '.join(map(str, columns))}"
        )
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if len({*shapes.values()}) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise InputError(f"expected columns of shape (n,), of as many rows each; received {shapes}")
    return pd.DataFrame(arrays)


def _columns(x: Any, preprocessor: Preprocessor, times: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """The columns of a data frame, by their names in the head's signature."""
    if not isinstance(x, pd.DataFrame):
        raise InputError(
            f"expected a data frame of the columns {', '.join(preprocessor.columns)}, as in the training; "
            f"received {type(x).__name__}; give pandas.DataFrame(x, columns=[...])"
        )
    if not len(x):
        raise InputError(
            f"expected a data frame with rows, received one of shape {x.shape}; check what selects its rows"
        )
    own = [str(name) for name in x.columns]
    lacking = [name for name in preprocessor.columns if name not in own]
    if lacking:
        raise InputError(
            f"the data frame has no column {lacking[0]!r}, which the training had; its columns are "
            f"{', '.join(own)}; add it, with NaN where nothing is known"
        )
    words = preprocessor.words
    numbers = tuple(name for name in preprocessor.columns if name not in (*words, *times))
    part = x.loc[:, [str(name) in preprocessor.columns for name in x.columns]]
    columns = frame_columns(part, numbers, words)
    return {
        served: words_of(columns[name])
        if name in words
        else clipped(columns[name].days if columns[name].kind == "time" else columns[name].values)
        for served, name in preprocessor.signature.items()
    }


def _labels(y, count, classes, names):
    """Labels as numbers of classes."""
    if y is None:
        raise InputError(f"this head also takes labels, {classes} of them: give y, one for each example")
    try:
        labels = in_classes(plain_labels(y), names, classes)
    except Unusable as reason:
        raise InputError(f"expected the classes of the training; y {reason}") from reason
    if len(labels) != count:
        raise InputError(f"expected y of shape ({count},), a label for each example; received {len(labels)}")
    return labels
