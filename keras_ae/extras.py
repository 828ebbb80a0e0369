"""The extras: what each is for, and how to install it where this program runs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["EXTRAS", "install_command", "without_tensorflow"]

EXTRAS = {
    "cpu": "TensorFlow for processors",
    "cuda": "TensorFlow for NVIDIA GPUs",
    "onnx": "converts heads to ONNX",
    "litert": "converts heads to LiteRT",
    "grpc": "asks servers over gRPC",
    "music": "reads and writes MIDI files, and has Bach's chorales",
    "excel": "reads sheets of Excel",
    "parquet": "writes codes as Parquet tables, reads rows of Parquet and Feather files",
    "beam": "encodes in shards",
    "codec": "stores codes in few bytes",
    "umap": "projects codes by UMAP",
    "speed": "compares the speed of training with PyTorch and JAX",
    "remote": "brings data from addresses: s3://, gs://, https://",
    "sql": "reads rows of SQL queries, over files and of servers",
    "tfds": "reads data sets of TensorFlow Datasets",
    "dev": "lint and tests",
    "docs": "builds the API reference",
    "browser": "tests TensorBoard's pages",
}
"""What each extra of setup.cfg is for."""


def install_command(*extras: str) -> str:
    """The command that installs extras of this package into the environment in which this program runs.

    Args:
        *extras: Names of extras, such as "music"; setup.cfg has what they are for.

    Returns:
        The command for a shell: `pip install 'keras_ae[music]'`, with the path of another interpreter's pip
        where the one on the path is not this environment's, and of the source where that is not installed.
    """
    python, own = Path(sys.executable), shutil.which("pip")
    is_own = own is not None and Path(own).parent == python.parent
    pip = "pip" if is_own else f"{shlex.quote(_shortest(python))} -m pip"
    try:
        metadata.distribution("keras_ae")
        package = "keras_ae"
    except metadata.PackageNotFoundError:
        package = _shortest(Path(__file__).resolve().parent.parent)
    quote = '"' if os.name == "nt" else "'"
    return f"{pip} install {quote}{package}[{','.join(extras)}]{quote}"


def without_tensorflow(error: Exception) -> InputError | None:
    """The error to show in place of another, if that says that TensorFlow is missing.

    Args:
        error: An error, such as that of an import.

    Returns:
        An error that says how to install TensorFlow; None for any other error.
    """
    if not isinstance(error, ModuleNotFoundError) or (error.name or "").split(".")[0] != "tensorflow":
        return None
    processor, gpu = install_command("cpu"), install_command("cuda")
    return InputError(f"TensorFlow is not installed: {processor}, or {gpu} for an NVIDIA GPU")


def _shortest(path: Path) -> str:
    """A path, relative to the working folder if it lies in it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
