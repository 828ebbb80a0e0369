"""What competitors run on: the same processor cores for all, and a GPU where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from keras_ae.errors import InputError

__all__ = [
    "CPU",
    "DEVICES",
    "chosen_devices",
    "jax_device",
    "pinned",
    "tensorflow_device",
    "torch_device",
    "usable_cores",
    "variables_of",
]

CPU = "CPU"
"""What a competitor that sees no GPU says that it runs on; others say the name of the GPU."""

DEVICES = ("cpu", "gpu")
GPUS = Path("/proc/driver/nvidia/gpus")

THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NPROC",  # of XLA, for JAX
)
"""The variables that hold the number of threads, of all frameworks."""


def usable_cores() -> int:
    """Counts the cores that this process may use.

    Returns:
        Their number.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chosen_devices(names: Sequence[str]) -> list[str]:
    """The kinds of devices to compare on.

    Args:
        names: Of `DEVICES`; if empty, the processor and, where there is one, a GPU.

    Returns:
        The kinds.

    Raises:
        InputError: For a kind that there is not, or a GPU where the system knows of none.
    """
    unknown = [name for name in names if name not in DEVICES]
    if unknown:
        raise InputError(f"expected --devices among {', '.join(DEVICES)}; received {unknown[0]!r}")
    has_gpu = GPUS.is_dir() and any(GPUS.iterdir())
    if "gpu" in names and not has_gpu:
        raise InputError("there is no GPU of NVIDIA here, or no driver; leave gpu out of --devices")
    return [name for name in DEVICES if (name in names if names else name == "cpu" or has_gpu)]


def variables_of(device: str, threads: int) -> dict[str, str]:
    """The environment of a competitor's process.

    Args:
        device: One of `DEVICES`.
        threads: Number of threads.

    Returns:
        Values by name.
    """
    variables = dict.fromkeys(THREADS, str(threads))
    if device == "cpu":
        return variables | {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    return variables | {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """Keeps this process, and those that it starts, to some of the cores, as far as the system can.

    Args:
        threads: Number of cores.

    Yields:
        Once.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def tensorflow_device() -> str:
    """What TensorFlow runs on.

    Returns:
        The name of its first GPU, or `CPU`.
    """
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        return str(tf.config.experimental.get_device_details(device).get("device_name", "GPU"))
    return CPU


def jax_device() -> str:
    """What JAX runs on.

    Returns:
        The name of its first device, or `CPU`.
    """
    import jax

    device = jax.devices()[0]
    return CPU if device.platform == "cpu" else str(device.device_kind)


def torch_device() -> str:
    """What PyTorch runs on.

    Returns:
        The name of its first GPU, or `CPU`.
    """
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else CPU
