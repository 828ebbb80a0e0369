"""A training by several workers as the job of a scheduler, which sets TF_CONFIG for each of them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import keras_ae

__all__ = ["JOBS", "kubernetes", "slurm"]

PORT = 2222
FOLDER = "/work"
"""The folder of a volume that all pods have, with the data and the runs."""


def kubernetes(name: str, command: Sequence[str], workers: int) -> str:
    """A TrainJob of Kubeflow's trainer and its runtime, as JSON, which `kubectl apply -f -` takes.

    Args:
        name: The model's name.
        command: The words of the command of each worker.
        workers: Number of workers.

    Returns:
        The manifest. Data and runs are on the volume of the claim "keras-ae".
    """
    job = name.lower().replace("_", "-")
    addresses = [f"{job}-node-0-{index}.{job}:{PORT}" for index in range(workers)]
    script = f"export TF_CONFIG={_config(addresses, 'JOB_COMPLETION_INDEX')}\nexec {shlex.join(command)}\n"
    container = {
        "name": "node",
        "image": f"keras-ae:{keras_ae.__version__}",
        "workingDir": FOLDER,
        "volumeMounts": [{"name": "work", "mountPath": FOLDER}],
    }
    volume = {"name": "work", "persistentVolumeClaim": {"claimName": "keras-ae"}}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    node = {
        "name": "node",
        "template": {
            "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}},
            "spec": {"backoffLimit": 0, "template": {"spec": pod}},
        },
    }
    kind = {"apiVersion": "trainer.kubeflow.org/v1alpha1"}
    runtime = kind | {
        "kind": "TrainingRuntime",
        "metadata": {"name": job},
        "spec": {"mlPolicy": {"numNodes": workers}, "template": {"spec": {"replicatedJobs": [node]}}},
    }
    reference = {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": job}
    trainer = {"numNodes": workers, "command": ["bash", "-c", script]}
    train_job = kind | {
        "kind": "TrainJob",
        "metadata": {"name": job},
        "spec": {"runtimeRef": reference, "trainer": trainer},
    }
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [runtime, train_job]}, indent=1)


def slurm(name: str, command: Sequence[str], workers: int) -> str:
    """A script for Slurm's sbatch, with a worker on each node.

    Args:
        name: The model's name.
        command: The words of the command of each worker.
        workers: Number of workers.

    Returns:
        The script. Data and runs are in the folder from which it is submitted.
    """
    config = '{\\"cluster\\": {\\"worker\\": [$WORKERS]}, \\"task\\": {\\"type\\": \\"worker\\", '
    config += '\\"index\\": $SLURM_PROCID}}'
    run = f'export TF_CONFIG="{config}"; exec {shlex.join(command)}'
    return f"""#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --nodes={workers}
#SBATCH --ntasks-per-node=1
#SBATCH --output={name}-%j.log

port=$((20000 + SLURM_JOB_ID % 10000))
workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/.*/\\"&:$port\\"/" | paste -sd,)
export WORKERS="$workers"
srun --kill-on-bad-exit=0 bash -c {shlex.quote(run)}
"""


def _config(addresses: Sequence[str], index: str) -> str:
    """TF_CONFIG as a word of a shell, with the number of the worker from a variable."""
    text = json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": 0}})
    before, after = text.rsplit("0", 1)
    return f"{shlex.quote(before)}${index}{shlex.quote(after)}"


JOBS: Mapping[str, Callable[[str, Sequence[str], int], str]] = MappingProxyType(
    {"kubernetes": kubernetes, "slurm": slurm}
)
"""What makes the job of each scheduler, from name, command and number of workers."""
