"""Autoencoders to train with one command, look at in TensorBoard, and serve from TF Serving.

    import keras_ae
    from keras_ae.variants import Variational

    run = keras_ae.train(Variational(latent_dim=8), data=x, epochs=20)
    codes = run.encode(x)

What stands in `__all__` is imported when it is first used; TensorFlow comes with all but `Client` and
`InputError`.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_ae.client import Client
    from keras_ae.data.memory import Arrays
    from keras_ae.data.tables.frames import Frame
    from keras_ae.errors import InputError
    from keras_ae.recipe import Recipe
    from keras_ae.recipe import load as load_recipe
    from keras_ae.runs.artifacts import register_layers
    from keras_ae.training.finished import FinishedRun
    from keras_ae.training.session import build_trainer, evaluate, export, load, train

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # before Keras is imported, which has others too

__version__ = "0.1.0"

__all__ = [
    "Arrays",
    "Client",
    "FinishedRun",
    "Frame",
    "InputError",
    "Recipe",
    "__version__",
    "build_trainer",
    "evaluate",
    "export",
    "load",
    "load_recipe",
    "register_layers",
    "train",
]

_ORIGINS = {
    "Arrays": "keras_ae.data.memory",
    "Client": "keras_ae.client",
    "FinishedRun": "keras_ae.training.finished",
    "Frame": "keras_ae.data.tables.frames",
    "InputError": "keras_ae.errors",
    "Recipe": "keras_ae.recipe",
    "build_trainer": "keras_ae.training.session",
    "evaluate": "keras_ae.training.session",
    "export": "keras_ae.training.session",
    "load": "keras_ae.training.session",
    "load_recipe": "keras_ae.recipe",
    "register_layers": "keras_ae.runs.artifacts",
    "train": "keras_ae.training.session",
}
"""Where each public name is defined."""

_NAMES = {"load_recipe": "load"}
"""Public names that are others where they are defined."""


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    if name not in _ORIGINS:
        raise AttributeError(f"module 'keras_ae' has no attribute {name!r}; it has {', '.join(__all__)}")
    try:
        module = importlib.import_module(_ORIGINS[name])
    except ModuleNotFoundError as error:
        from keras_ae.extras import without_tensorflow

        raise without_tensorflow(error) or error from error
    value = getattr(module, _NAMES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted({*globals(), *__all__})
