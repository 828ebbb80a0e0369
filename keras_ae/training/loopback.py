"""Several workers on this machine, which share its processor cores or have a GPU each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from keras_ae.addresses import with_secrets
from keras_ae.errors import WorkerLost
from keras_ae.training.cluster import VARIABLE, Cluster

__all__ = ["Started", "started"]

GRACE = 30
"""Seconds that workers have to end by themselves after the chief has."""


@dataclass(frozen=True)
class Started:
    """Workers that were started on this machine, beside the chief.

    Attributes:
        cluster: The workers, as their chief has them.
        processes: The processes of the others.
        logs: What each of them says on standard error.
    """

    cluster: Cluster
    processes: Sequence[subprocess.Popen]
    logs: Sequence[IO[str]]

    def check(self) -> None:
        """Checks that all still run, to be called while the chief waits for them.

        Raises:
            WorkerLost: If one has ended.
        """
        if ends := self.ends(0):
            raise WorkerLost(ends)

    def ends(self, seconds: float) -> str:
        """The workers that have ended, and how, in words.

        Args:
            seconds: Time in which each of them may do so.

        Returns:
            Such as "worker 1 (signal 9)"; "" where all run.
        """
        return " and ".join(
            f"worker {number} {_ended(process, log)}"
            for number, (process, log) in enumerate(zip(self.processes, self.logs, strict=True), start=1)
            if _is_ended(process, seconds)
        )


@contextmanager
def started(count: int, arguments: Sequence[str]) -> Iterator[Started]:
    """Starts workers on this machine beside this process, which is their chief.

    Args:
        count: Number of workers, this process among them.
        arguments: The words of the command line that each other worker runs.

    Yields:
        The workers. Afterwards those that still run are ended.

    Raises:
        WorkerLost: As it was raised inside, with how the worker ended.
    """
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
        workers = Started(Cluster(addresses, 0), others, logs)
        try:
            yield workers
        except WorkerLost as error:
            raise WorkerLost(workers.ends(5) or error.lost) from error


def _is_ended(process: subprocess.Popen, seconds: float) -> bool:
    """Whether a process has ended, or does so in some seconds."""
    try:
        process.wait(seconds)
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
