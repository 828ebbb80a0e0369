"""The packages that runtimes need, known without importing any of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["PACKAGES", "check_packages"]

PACKAGES = {"onnx": ("tf2onnx", "onnx", "onnxruntime"), "litert": ("ai-edge-litert",)}
"""The packages of each extra that converts heads."""


def check_packages(extras: Iterable[str], purpose: str) -> None:
    """Checks that the packages of extras are installed.

    Args:
        extras: Names of extras, those of `PACKAGES` among them.
        purpose: What needs them, for the message.

    Raises:
        InputError: If one is missing; the message says how to install it.
    """
    missing = {
        package: extra
        for extra in extras
        for package in PACKAGES.get(extra, ())
        if importlib.util.find_spec(package.replace("-", "_")) is None
    }
    if missing:
        raise InputError(
            f"{purpose} needs {', '.join(missing)}, which is not installed: "
            + install_command(*sorted(set(missing.values())))
        )
