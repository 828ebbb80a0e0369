"""Several workers on this machine, which share its processor cores or have a GPU each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from keras_ae.addresses import with_secrets
from keras_ae.errors import InputError, WorkerLost
from keras_ae.training.cluster import VARIABLE, Cluster

__all__ = ["started"]

GRACE = 30
"""Seconds that workers have to end by themselves after the chief has."""


@contextmanager
def started(count: int, arguments: Sequence[str]) -> Iterator[Cluster]:
    """Starts workers on this machine beside this process, which is their chief.

    Args:
        count: Number of workers, this process among them.
        arguments: The words of the command line that each other worker runs.

    Yields:
        The workers. Afterwards those that still run are ended.

    Raises:
        InputError: If the machine has some GPUs, but fewer than workers.
        WorkerLost: As it was raised inside, with how the worker ended.
    """
    gpus = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    if 0 < gpus < count:
        raise InputError(f"each worker takes a GPU, and this machine has {gpus}; received --workers {count}")
    addresses = tuple(f"127.0.0.1:{port}" for port in _free_ports(count))
    threads = str(max(1, len(os.sched_getaffinity(0)) // count))
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", threads)
    os.environ.setdefault("OMP_NUM_THREADS", threads)
    os.environ[VARIABLE] = Cluster(addresses, 0).config
    with ExitStack() as stack:
        logs = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in addresses[1:]]
        others = [
            subprocess.Popen(
                [sys.executable, "-m", "keras_ae", *map(with_secrets, arguments)],
                env=os.environ | {VARIABLE: Cluster(addresses, index).config},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            for index, log in enumerate(logs, start=1)
        ]
        stack.callback(_end, others)
        try:
            yield Cluster(addresses, 0)
        except WorkerLost as error:
            ends = [
                f"worker {number} {_ended(process, log)}"
                for number, (process, log) in enumerate(zip(others, logs, strict=True), start=1)
                if _is_ended(process)
            ]
            raise WorkerLost(" and ".join(ends) or error.lost) from error


def _is_ended(process: subprocess.Popen) -> bool:
    """Whether a process has ended, or does so at once."""
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        return False
    return True


def _ended(process: subprocess.Popen, log: IO[str]) -> str:
    """How a process ended: by a signal, or the last that it said."""
    if process.returncode < 0:
        return f"(signal {-process.returncode})"
    log.seek(0)
    lines = [line.strip() for line in log if line.startswith("keras-ae: ")]
    said = lines[-1].removeprefix("keras-ae: ") if lines else f"status {process.returncode}"
    return f"({said})"


def _end(processes: Sequence[subprocess.Popen]) -> None:
    """Waits for processes to end, and ends those that do not."""
    for process in processes:
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens at."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
