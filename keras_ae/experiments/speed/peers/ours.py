"""This package, and another build of it that is given by the path of its checkout."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.devices import tensorflow_device
from keras_ae.experiments.speed.peers import Peer
from keras_ae.experiments.speed.work import EXAMPLES, LEARNING_RATE, Work

__all__ = ["BUILD", "ORDER", "PEERS", "Ours", "recipe_of"]

ORDER = 0

BUILD = "KERAS_AE_SPEED_BUILD"
"""The variable of a process that has the path of another build's checkout."""


@dataclass(frozen=True)
class Ours(Peer):
    """Training of a recipe, with all that it writes: checkpoints, curves, images.

    Attributes:
        other_build: Whether it is another build than this one.
    """

    other_build: bool = False

    def train(self, work: Work, clock: Clock) -> None:
        """Trains the recipe of the network, from the first weights of the work."""
        import keras
        import tensorflow  # noqa: F401  # Keras imports it, and later only in part

        clock.imported(tensorflow_device)
        from keras_ae.experiments.speed.keras_clock import EpochClock

        class FirstWeights(keras.callbacks.Callback):
            """Callback that sets the weights before the first step."""

            def on_train_begin(self, logs: Any = None) -> None:
                own = {"/".join(each.path.split("/")[-2:]): each for each in self.model.trainable_variables}
                for name, value in work.weights().items():
                    own[name].assign(value)

        if self.other_build:
            _take_build(os.environ[BUILD])
        settings = () if self.other_build else work.settings
        recipe = recipe_of(work, settings, callbacks=(FirstWeights, lambda: EpochClock(clock)))
        _training()(recipe, work.path / f"run-{self.name}-{os.getpid()}")


def recipe_of(work: Work, settings: Sequence[str] = (), **fields: Any) -> Any:
    """The recipe of a work, from what all builds have under the same names.

    Args:
        work: The work.
        settings: Changes to the recipe, such as "xla=true".
        **fields: Further fields of the recipe.

    Returns:
        The recipe, of the class that the imported build has.
    """
    recipes, arrays, variational, reconstruction = (
        importlib.import_module(f"keras_ae.{name}")
        for name in ("recipe", "data.arrays", "variants.variational", "tasks.reconstruction")
    )
    recipe = recipes.Recipe(
        arrays.ArrayFile(str(work.path / EXAMPLES), series=work.net.series),
        variational.Variational(),
        reconstruction.Reconstruction(),
        **{"epochs": work.epochs, **fields},
        batch_size=work.batch_size,
        learning_rate=LEARNING_RATE,
        schedule="constant",
        name=work.network,
    )
    return recipes.override(recipe, [f"variant={work.net.variant}", *settings])


def _take_build(path: str) -> None:
    """Makes another build the package `keras_ae` of this process; what was imported of this one stays."""
    for name in [name for name in sys.modules if name.split(".")[0] == "keras_ae"]:
        del sys.modules[name]
    sys.path.insert(0, path)
    taken = Path(str(importlib.import_module("keras_ae").__file__)).resolve()
    assert taken.is_relative_to(Path(path).resolve()), f"{taken} is not in {path}"


def _training() -> Any:
    """The function that trains a recipe into a folder, which older builds have in a module of its name."""
    module = importlib.import_module("keras_ae.training")
    if "__path__" in vars(module):
        module = importlib.import_module("keras_ae.training.train")
    return module.train


PEERS = (Ours("ours", "keras_ae"), Ours("baseline", "keras_ae, the other build", other_build=True))
