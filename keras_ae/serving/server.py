"""The official TensorFlow Serving container, serving a folder of exported heads."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.serving.config_files import BATCHING, MODELS, MONITORING, MOUNT, write_files
from keras_ae.serving.versions import head_folders

__all__ = ["command", "prepare"]

IMAGE = "tensorflow/serving"
"""The name of the container image."""

ENGINES = ("docker", "podman")
"""Commands of the container engines, in the order in which they are tried."""

POLL_SECONDS = 30
"""The interval in which the server looks for new versions and moved labels."""


def command(
    root: Path, engine: str, rest: int = 8501, grpc: int = 8500, batching: bool = True, image: str = IMAGE
) -> list[str]:
    """The command that starts the server for the models below a folder, which it mounts read-only.

    Args:
        root: The folder of all exported models.
        engine: The container engine's command.
        rest: The port of this machine for REST requests.
        grpc: The port of this machine for gRPC requests.
        batching: Whether requests to a head that allows it share batches.
        image: The name of the container image.

    Returns:
        The words of the command.
    """
    words = [engine, "run", "--rm", "-p", f"{rest}:8501", "-p", f"{grpc}:8500"]
    words += ["-v", f"{root.resolve()}:{MOUNT}:ro", image]
    words += [
        f"--model_config_file={MOUNT}/{MODELS}",
        f"--model_config_file_poll_wait_seconds={POLL_SECONDS}",
        "--allow_version_labels_for_unavailable_models=true",
        f"--monitoring_config_file={MOUNT}/{MONITORING}",
    ]
    if batching:
        words += [
            "--enable_batching=true",
            f"--batching_parameters_file={MOUNT}/{BATCHING}",
            "--enable_per_model_batching_parameters=true",
        ]
    return words


def prepare(root: Path, engines: tuple[str, ...] = ENGINES) -> str:
    """Writes the server's configuration and looks for a container engine that runs.

    Args:
        root: The folder of all exported models.
        engines: Commands of container engines, in the order in which they are tried.

    Returns:
        The command of the first engine that answers.

    Raises:
        InputError: If nothing is exported, there is no engine, or none answers; the message says which.
    """
    if not head_folders(root):
        raise InputError(f"{root} holds no exported model; train one first: make train RECIPE=denoising")
    write_files(root)
    installed = [engine for engine in engines if shutil.which(engine)]
    if not installed:
        raise InputError(
            f"expected a container engine ({' or '.join(engines)}) to start {IMAGE} with, found none; "
            f"install one, or start tensorflow_model_server over {root} with the *.config files in it"
        )
    message = ""
    for engine in installed:
        info = subprocess.run([engine, "info"], capture_output=True, text=True, check=False, timeout=60)
        if info.returncode == 0:
            return engine
        message = " ".join((info.stderr or info.stdout).split())[-300:]
    raise InputError(
        f"{installed[-1]} is installed, but its engine does not answer ({message}); start it, or run this "
        f"on a machine that has one: {shlex.join(command(root, installed[-1]))}"
    )
