"""Backbones: the layers between the data and a code, in both directions. One backbone a file."""

from __future__ import annotations

import sys
from typing import Any

from keras_ae.files import class_names, class_of
from keras_ae.heads import Backbone

__all__ = ["Backbone"]


def __getattr__(name: str) -> Any:
    """Imports one of the backbones by its class's name."""
    return class_of(sys.modules[__name__], Backbone, name)


def __dir__() -> list[str]:
    """The names of this module and of all backbones."""
    return sorted({*globals(), *class_names(sys.modules[__name__], Backbone)})
