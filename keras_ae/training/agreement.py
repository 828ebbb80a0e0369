"""What workers of one training must have alike: version, command, recipe, data, and batches that divide."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

import keras_ae
from keras_ae.data.pipeline import PairedData
from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.recipe import Recipe
from keras_ae.replicas import Replicas
from keras_ae.runs.settings import LENGTH, settings_of

__all__ = ["agree", "check_shareable"]


def agree(shared: Replicas, command: list[Any], recipe: Recipe, paired: PairedData, heads: Heads) -> None:
    """Checks that all workers would train alike, and that their batches can be shared.

    Args:
        shared: The workers, each of which calls this.
        command: What this one was started with.
        recipe: Its recipe.
        paired: Its data.
        heads: Its heads.

    Raises:
        InputError: On all workers, if one has another recipe, other data or another version than the chief.
    """
    check_shareable(recipe, len(paired.data.train), heads, shared.count)
    settings = {name: value for name, value in settings_of(recipe).items() if name not in LENGTH}
    versions = f"keras_ae {keras_ae.__version__}, Keras {keras.__version__}, TensorFlow {tf.__version__}"
    facts = {"versions": versions, "command": command, "recipe": settings, "data": paired.data.sha256}
    chief, *others = shared.exchanged(facts)
    for number, other in enumerate(others, start=1):
        difference = _difference(other, chief)
        if difference:
            raise InputError(f"{shared.name(number)} {difference}")


def _difference(other, chief):
    """In what a worker differs from the chief, with what to do; "" where they are alike."""
    if other["versions"] != chief["versions"]:
        return f"has {other['versions']}, the chief {chief['versions']}: install the same on all workers"
    if other["command"] != chief["command"]:
        words = [
            f"{recipe}{f' --data {data}' if data else ''}{''.join(f' --set {one}' for one in settings)}"
            for recipe, data, settings in (other["command"], chief["command"])
        ]
        return f"was started to train {words[0]}, the chief {words[1]}: start all by the same command"
    changed = [
        f"{name} ({other['recipe'].get(name)}, of the chief {chief['recipe'].get(name)})"
        for name in sorted({*other["recipe"], *chief["recipe"]})
        if other["recipe"].get(name) != chief["recipe"].get(name)
    ]
    if changed:
        return f"has another recipe than the chief: {', '.join(changed)}; bring the chief's file there"
    if other["data"] != chief["data"]:
        return (
            f"has other data than the chief: sha256 {other['data'][:16]}..., of the chief "
            f"{chief['data'][:16]}...; bring the chief's data there"
        )
    return ""


def check_shareable(recipe: Recipe, examples: int, heads: Heads, count: int) -> None:
    """Checks that each batch can be shared among workers so that they learn what one process would.

    Args:
        recipe: The recipe.
        examples: Training examples.
        heads: The heads.
        count: Number of workers.

    Raises:
        InputError: If a batch does not divide, a layer normalizes over the batch, or XLA is to compile steps.
    """
    if recipe.xla:
        raise InputError('XLA does not compile the steps of workers; received xla=true; SET="xla=false"')
    batch = min(recipe.batch_size, examples)
    if batch % count:
        fitting = batch - batch % count or count
        raise InputError(
            f"{count} workers share each batch evenly; received batches of {batch} examples; take "
            f'SET="batch_size={fitting}"'
        )
    assert heads.trained is not None  # guaranteed by Heads
    for layer in heads.trained._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            raise InputError(
                f"layer {layer.name} normalizes over the examples of a batch, of which each worker has a "
                'part; normalize over channels instead, SET="variant.backbone.normalization=group", or train '
                "in one process"
            )
