"""The official TensorFlow Serving container over a folder of exported heads."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.serving.config_files import BATCHING, MODELS, MONITORING, MOUNT, write_files
from keras_ae.serving.versions import head_folders

IMAGE = "tensorflow/serving"
ENGINES = ("docker", "podman")
POLL_SECONDS = 30
"""How often the server looks for new versions and moved labels."""


def command(
    root: Path, engine: str, rest: int = 8501, grpc: int = 8500, batching: bool = True, image: str = IMAGE
) -> list[str]:
    """The words that start the server over the models below a folder, which it only reads.

    rest, grpc: ports of this machine. batching: whether requests to a head that allows it share batches.
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


def prepared(root: Path, engines: tuple[str, ...] = ENGINES) -> str:
    """The container engine to start with, once models and configuration are there.

    Raises InputError, saying what is missing, where nothing is exported, where there is no engine,
    and where an engine does not answer.
    """
    if not head_folders(root):
        raise InputError(f"{root} holds no exported model; train one first: make train RECIPE=denoising")
    write_files(root)
    there = [engine for engine in engines if shutil.which(engine)]
    if not there:
        raise InputError(
            f"expected a container engine ({' or '.join(engines)}) to start {IMAGE} with, found none; "
            f"install one, or start tensorflow_model_server over {root} with the *.config files in it"
        )
    told = ""
    for engine in there:
        done = subprocess.run([engine, "info"], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode == 0:
            return engine
        told = " ".join((done.stderr or done.stdout).split())[-300:]
    raise InputError(
        f"{there[-1]} is installed, but its engine does not answer ({told}); start it, or run this where "
        f"there is one: {shlex.join(command(root, there[-1]))}"
    )
