"""An examination of the environment: interpreter, packages, devices, folders and extras."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from keras_ae import __version__, recipe_files
from keras_ae.errors import InputError
from keras_ae.extras import EXTRAS, install_command, without_tensorflow

__all__ = ["Check", "examine", "examine_tensorflow"]

LEAST_DISK = 2**30
"""Free bytes that runs and exports should have."""

LEAST_MEMORY = 2 * 2**30
"""Available bytes that a training should have."""


MEMORY_FILE = Path("/proc/meminfo")
"""What Linux tells of its memory."""


@dataclass(frozen=True)
class Check:
    """One thing that was examined.

    Attributes:
        name: What it is.
        value: What was found.
        state: "ok", "absent" for what only some verbs need, or "fault".
        advice: What to do about a fault, or to get what is absent; "" if nothing.
    """

    name: str
    value: str
    state: str = "ok"
    advice: str = ""


def examine(runs: Path, models: Path) -> Iterator[Check]:
    """Examines the environment that this program runs in.

    Args:
        runs: The folder of all runs.
        models: The folder of all exported models.

    Yields:
        The checks.
    """
    try:
        package = metadata.distribution("keras_ae")
    except metadata.PackageNotFoundError:
        package = None
    yield _python(package)
    yield _own_version(package)
    yield _recipes()
    yield Check("processor", _processor())
    yield _memory()
    for folder in (runs, models):
        yield _folder(folder)
    if package is not None:
        yield _requirements(package)
        yield from _extras(package)


def _python(package):
    received = f"{platform.python_version()}, {sys.executable}"
    expected = SpecifierSet((package and package.metadata["Requires-Python"]) or "")
    if expected.contains(platform.python_version(), prereleases=True):
        return Check("Python", received)
    return Check("Python", received, "fault", f"make an environment with a Python {expected}")


def _own_version(package):
    source = Path(__file__).resolve().parents[2]
    if package is None:
        return Check(
            "keras_ae", f"{__version__} in {source}, not installed", "absent", install_command("cpu")
        )
    return Check("keras_ae", f"{__version__} in {source}")


def _recipes():
    try:
        files = recipe_files.recipe_files()
    except InputError as error:
        return Check("recipes", "none", "fault", str(error))
    own = sum(path.parent == recipe_files.FOLDERS[0] for path in files.values())
    return Check("recipes", f"{len(files)}, {own} of them in {recipe_files.FOLDERS[0]}{os.sep} here")


def _processor():
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    switch = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")
    one_dnn = "off" if switch in ("0", "false") else "on"
    return f"{usable} cores of {platform.machine()}, oneDNN {one_dnn} (TF_ENABLE_ONEDNN_OPTS={switch})"


def _memory():
    """Available memory, as far as the system tells it."""
    try:
        lines = MEMORY_FILE.read_text(encoding="ascii").splitlines()
    except OSError:
        return Check("memory", "not known on this system")
    sizes = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines if line.endswith("kB")}
    total, available = sizes["MemTotal"], sizes.get("MemAvailable", sizes["MemFree"])
    value = f"{_gib(available)} available of {_gib(total)}"
    if available < LEAST_MEMORY:
        return Check("memory", value, "fault", f"a training takes about {_gib(LEAST_MEMORY)}; end something")
    return Check("memory", value)


def _folder(folder):
    """Whether files can be written into a folder, or into the one in which it would be created."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    name = f"{folder}{os.sep}"
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        return Check(
            name, f"cannot be written: {error.strerror}", "fault", f"change the rights of {existing}"
        )
    if free < LEAST_DISK:
        return Check(name, f"{_gib(free)} free", "fault", f"free some space on the disk of {existing}")
    return Check(name, f"can be written, {_gib(free)} free")


def _requirements(package):
    """Whether the packages of the base install have versions that were tested."""
    texts = [text for text in package.requires or () if "extra ==" not in text]
    wrong = [problem for text in texts if (problem := _problem(text))]
    if wrong:
        advice = f"install again: {install_command('cpu')}"
        return Check("packages", "; ".join(wrong), "fault", advice)
    return Check("packages", f"{len(texts)}, as they should be")


def _extras(package):
    """Which extras are installed; none is necessary but one of the two that bring TensorFlow."""
    for extra, purpose in EXTRAS.items():
        texts = [text for text in package.requires or () if _belongs(text, extra)]
        missing = [problem for text in texts if (problem := _problem(text))]
        if not texts:
            yield Check(f"extra {extra}", f"{purpose}; unknown to this install", "absent")
        elif missing:
            yield Check(f"extra {extra}", purpose, "absent", install_command(extra))
        else:
            yield Check(f"extra {extra}", purpose)


def _belongs(text, extra):
    marker = Requirement(text).marker
    return marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})


def _problem(text):
    """What is wrong with an installed package, of a requirement; "" for nothing."""
    needed = Requirement(text)
    try:
        version = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return f"{needed.name} is missing"
    return "" if needed.specifier.contains(version, prereleases=True) else f"{needed.name} is {version}"


def examine_tensorflow() -> Iterator[Check]:
    """Examines TensorFlow and the devices that it sees; importing it takes seconds.

    Yields:
        The checks.
    """
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        advice = str(without_tensorflow(error) or f"install it again: {install_command('cpu')}")
        yield Check("TensorFlow", f"cannot be imported: {error}", "fault", advice)
        return
    yield Check("TensorFlow", f"{tf.__version__}, Keras {keras.__version__} on {keras.backend.backend()}")
    devices = tf.config.list_physical_devices("GPU")
    names = [
        tf.config.experimental.get_device_details(device).get("device_name", "GPU") for device in devices
    ]
    if names:
        yield Check("GPU", ", ".join(names))
    elif not _has_nvidia_gpu():
        yield Check("GPU", "none, so trainings run on the processor", "absent")
    elif tf.test.is_built_with_cuda():
        advice = "TensorFlow cannot use it; look at what it logs: TF_CPP_MIN_LOG_LEVEL=0 keras-ae doctor"
        yield Check("GPU", "there is one that TensorFlow cannot use", "fault", advice)
    else:
        advice = install_command("cuda")
        yield Check("GPU", "there is one, and this build of TensorFlow uses none", "fault", advice)


def _has_nvidia_gpu():
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    listing = subprocess.run([program, "-L"], capture_output=True, text=True, check=False, timeout=30)
    return listing.returncode == 0 and "GPU" in listing.stdout


def _gib(size):
    return f"{size / 2**30:.1f} GiB"
