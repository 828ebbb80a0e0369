"""A warm start: weights of another model in the layers of the same name and shape."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
from keras.src.utils.naming import to_snake_case

from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.runs.artifacts import MODEL_FILE, load_model
from keras_ae.runs.folders import run_called

__all__ = ["WarmStart", "warm_start"]

RUNS = Path("runs")
"""The folder in which a model's name is looked up."""

MOST_NAMED = 6
"""Layers that a message names, at most, but for those whose shapes differ."""

MOST_BYTES = 2**32
"""Of the weights in a file, at most."""

Weights = dict[str, list[np.ndarray]]
"""Arrays of each layer by its name."""


@dataclass(frozen=True)
class WarmStart:
    """What a warm start has set.

    Attributes:
        source: Where the weights come from.
        matched: Names of the layers that have them.
        new: Names of the layers that begin anew.
    """

    source: str
    matched: tuple[str, ...]
    new: tuple[str, ...]

    def __str__(self) -> str:
        count = len(self.matched) + len(self.new)
        new = f"; new: {_some(self.new)}" if self.new else ""
        return f"warm start from {self.source}: {len(self.matched)} of {count} layers{new}"


def warm_start(heads: Heads, source: str, whole_encoder: bool = False) -> WarmStart:
    """Sets the weights of all layers of the encoder and the decoder that another model has too.

    Args:
        heads: The heads, built.
        source: A run's folder or a model's name, or a Keras file of a model (.keras) or of weights
            (.weights.h5, or .h5 as of keras.applications). Layers are the same that have one name; those
            that Keras has numbered, such as dense_3, are counted.
        whole_encoder: Whether every layer of the encoder must be in it.

    Returns:
        What was set.

    Raises:
        InputError: There is no such file, no layer of the encoder is in it, a layer has another shape there,
            or `whole_encoder` is asked for and one is missing.
    """
    there = _weights_of(source)
    own = {**_layers_of(heads.encoder, "encoder"), **_layers_of(heads.decoder, "decoder")}
    shared = {name: layer for name, layer in own.items() if name in there}
    differ = [
        f"{name} {_shapes(layer.get_weights())} here, {_shapes(there[name])} there"
        for name, layer in shared.items()
        if _shapes(layer.get_weights()) != _shapes(there[name])
    ]
    if differ:
        raise InputError(
            f"the layers of {source} have other shapes: {'; '.join(differ)}; set the same sizes, such as "
            "variant.latent_dim and variant.backbone, or leave warm_start out"
        )
    encoder = _layers_of(heads.encoder, "encoder")
    missing = [name for name in encoder if name not in shared]
    if len(missing) == len(encoder) or (whole_encoder and missing):
        needed = "a layer" if len(missing) == len(encoder) else "every layer, as it stays frozen,"
        raise InputError(
            f"expected {needed} of the encoder in {source}: {_some(missing)} missing; it has "
            f"{_some(list(there))}; take the variant and the backbone that it has"
        )
    for name, layer in shared.items():
        layer.set_weights(there[name])
    return WarmStart(source, tuple(shared), tuple(name for name in own if name not in shared))


def _weights_of(source: str) -> Weights:
    """The weights of a run or a file, by the layers' names."""
    path = Path(source).expanduser()
    if path.suffix == ".h5" and path.is_file():
        return _of_h5(path)
    if path.suffix in (".keras", ".h5") and not path.is_file():
        raise InputError(f"warm_start names the file {source}, which does not exist; check the path")
    file = path if path.is_file() else run_called(RUNS, source) / MODEL_FILE
    if not file.is_file():
        raise InputError(f"warm_start names {source}, which is no finished run; train it to the end first")
    try:
        model = load_model(file)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{file} cannot be read as a Keras model ({reason}); save it again") from error
    assert model is not None  # as the file exists
    names = {layer.name for layer in model.layers}
    parts = {name: model.get_layer(name) for name in ("encoder", "decoder") if name in names}
    whole = parts if "encoder" in parts else {"encoder": model}
    return {
        name: layer.get_weights() for part in whole for name, layer in _layers_of(whole[part], part).items()
    }


def _of_h5(path: Path) -> Weights:
    """The weights of a file without a model, as Keras 3 and earlier versions write them."""
    found: dict[str, list[np.ndarray]] = {}

    def add(name: str, group: h5py.Group, datasets: list[str]) -> None:
        if datasets:
            found.setdefault(name, []).extend(np.asarray(group[one]) for one in datasets)

    try:
        with h5py.File(path, "r") as file:
            sizes: list[int] = []
            file.visititems(
                lambda _, node: sizes.append(node.nbytes if isinstance(node, h5py.Dataset) else 0)
            )
            if sum(sizes) > MOST_BYTES:
                raise InputError(
                    f"{path} holds more than {MOST_BYTES >> 30} GiB of weights; take a smaller model"
                )
            layers = file.get("model_weights", file)
            if "layer_names" in layers.attrs:
                for name in map(_text, layers.attrs["layer_names"]):
                    add(name, layers[name], [*map(_text, layers[name].attrs["weight_names"])])
            else:
                for _, group in sorted(_groups(layers), key=lambda pair: _numbered(pair[0])):
                    name = _text(group.attrs.get("name", group.parent.name.rpartition("/")[2]))
                    add(name, group, sorted((one for one in group if one.isdigit()), key=int))
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read as Keras's weights ({error}); save it again") from error
    return dict(zip(_counted(found, "encoder"), found.values(), strict=True))


def _groups(layers: h5py.Group) -> list[tuple[str, h5py.Group]]:
    """The groups that hold a layer's arrays, by their paths."""
    groups: list[tuple[str, h5py.Group]] = []
    layers.visititems(
        lambda path, node: groups.append((path, node)) if path.rpartition("/")[2] == "vars" else None
    )
    return groups


def _layers_of(model: keras.Model, part: str) -> dict[str, keras.Layer]:
    """The layers with weights of a model and of those in it, by names that are the same in each process."""
    layers = dict.fromkeys(layer for layer in _leaves(model) if layer.weights)
    return dict(zip(_counted({layer.name: layer for layer in layers}, part), layers, strict=True))


def _leaves(model: keras.Model) -> Iterator[keras.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


def _counted(names: Mapping[str, object], part: str) -> list[str]:
    """Names in their order, where the n-th layer that Keras has named dense_7 becomes encoder/dense:n."""
    counts: dict[str, int] = {}
    found = []
    for name in names:
        base = re.sub(r"_\d+$", "", name)
        if base not in AUTOMATIC:
            found.append(name)
            continue
        counts[base] = counts.get(base, 0) + 1
        found.append(f"{part}/{base}:{counts[base]}")
    return found


AUTOMATIC = {to_snake_case(name) for name in dir(keras.layers) if name[0].isupper()}
"""The names that Keras gives to layers, and numbers in each process."""


def _numbered(path: str) -> list[tuple[int, int | str]]:
    """A key that sorts dense_10 after dense_9."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", path)]


def _shapes(arrays: list[np.ndarray]) -> str:
    return " + ".join("x".join(map(str, array.shape)) or "1" for array in arrays)


def _some(names) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else os.fspath(value)
