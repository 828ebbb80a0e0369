"""The GPUs of this machine, each of which a worker can take."""

from __future__ import annotations

from pathlib import Path

__all__ = ["listed_gpus", "usable_gpus"]

NVIDIA = "proc/driver/nvidia/gpus/*"
"""A folder for each GPU of NVIDIA."""

AMD = "sys/class/kfd/kfd/topology/nodes/*/gpu_id"
"""A file for each processor that AMD's driver knows, which has 0 where it is no GPU."""


def listed_gpus(root: Path = Path("/")) -> int:
    """The number of GPUs that the drivers of this machine list, whether TensorFlow can use them or not.

    Args:
        root: The folder that has /proc and /sys.

    Returns:
        Their number, which takes no time to find.
    """
    others = [file.read_text(encoding="utf-8").strip() for file in root.glob(AMD)]
    return len([*root.glob(NVIDIA)]) + sum(number != "0" for number in others)


def usable_gpus() -> int:
    """The number of GPUs that TensorFlow can use, as its build and CUDA_VISIBLE_DEVICES have it.

    Returns:
        Their number. TensorFlow is imported here, and no device is started.
    """
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))
