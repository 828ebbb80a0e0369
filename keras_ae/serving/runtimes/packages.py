"""The packages that runtimes need, known without importing any of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.names import nearby

__all__ = ["PACKAGES", "SUFFIXES", "check_packages", "check_runtimes", "converted_files"]

SUFFIXES = {"onnx": ".onnx", "litert": ".tflite", "litert_int8": "_int8.tflite"}
"""The runtimes, and the end of the names of their files."""

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


def check_runtimes(names: Sequence[str]) -> None:
    """Checks that runtimes exist and that their packages are installed.

    Args:
        names: Names of runtimes.

    Raises:
        InputError: If a name is not in `SUFFIXES`, or a package is missing.
    """
    for name in names:
        if name not in SUFFIXES:
            raise InputError(
                f"there is no runtime called {name!r}{nearby(name, SUFFIXES)}; there is {', '.join(SUFFIXES)}"
            )
    check_packages([name.partition("_")[0] for name in names], f"converting to {', '.join(names)}")


def converted_files(head: str, runtime: str, folder: Path) -> tuple[Path, Path]:
    """The files of a conversion.

    Args:
        head: The name that TF Serving knows the head by, `<model>_<head>`.
        runtime: The name of the runtime.
        folder: The folder of conversions.

    Returns:
        The model's file, and the JSON file that describes it.
    """
    file = folder / f"{head}{SUFFIXES[runtime]}"
    return file, file.with_name(f"{file.name}.json")
