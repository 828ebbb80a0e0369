"""The workers that train together, as the environment variable TF_CONFIG names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras_ae.errors import InputError

__all__ = ["VARIABLE", "Cluster", "cluster_in"]

VARIABLE = "TF_CONFIG"
"""The environment variable that Kubeflow, Vertex AI and Slurm scripts set."""

JOBS = ("chief", "master", "worker")
"""Kinds of tasks that train; the first task of the first kind that there is is the chief."""

EXAMPLE = '{"cluster": {"worker": ["host-0:2222", "host-1:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """Workers that train one model together.

    Attributes:
        addresses: "host:port" of each worker, the chief's first.
        index: The number of this process among them.
    """

    addresses: tuple[str, ...]
    index: int

    def name(self, index: int) -> str:
        """A worker in words.

        Args:
            index: Its number.

        Returns:
            Such as "worker 1 (host-1:2222)".
        """
        return f"{'the chief' if index == 0 else f'worker {index}'} ({self.addresses[index]})"

    @property
    def local_index(self) -> int:
        """The number of this worker among those of its host."""
        return self._hosts[: self.index].count(self._hosts[self.index])

    @property
    def local_count(self) -> int:
        """The number of workers of this one's host."""
        return self._hosts.count(self._hosts[self.index])

    @property
    def _hosts(self):
        return [address.rpartition(":")[0] for address in self.addresses]

    @property
    def config(self) -> str:
        """The value of TF_CONFIG for this worker."""
        task = {"type": "worker", "index": self.index}
        return json.dumps({"cluster": {"worker": list(self.addresses)}, "task": task})


def cluster_in(environment: Mapping[str, str]) -> Cluster | None:
    """The workers that TF_CONFIG names.

    Args:
        environment: Environment variables.

    Returns:
        The workers; None if it is not set, or names this process alone.

    Raises:
        InputError: If it cannot be read, or is not of workers that train.
    """
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _unusable(f"it is no JSON ({error})") from error
    jobs, kind, index = _parts(content)
    addresses = [address for job in JOBS for address in jobs.get(job, [])]
    wrong = [address for address in addresses if not _is_address(address)]
    if wrong:
        raise _unusable(f"{wrong[0]!r} is no address of a worker")
    repeated = [address for address in addresses if addresses.count(address) > 1]
    if repeated:
        raise _unusable(f"it names {repeated[0]} twice")
    if kind not in JOBS or not 0 <= index < len(jobs.get(kind, [])):
        raise _unusable(f'its task {kind} {index} is none of the workers of its "cluster"')
    before = sum(len(jobs.get(job, [])) for job in JOBS[: JOBS.index(kind)])
    return Cluster(tuple(addresses), before + index) if len(addresses) > 1 else None


def _parts(content: Any) -> tuple[dict[str, list], str, int]:
    """The addresses by kind of task, and the kind and number of this one."""
    if not isinstance(content, dict):
        raise _unusable("it is no JSON object")
    jobs, task = content.get("cluster"), content.get("task")
    if not isinstance(jobs, dict) or not jobs:
        raise _unusable('it lacks "cluster"')
    if not isinstance(task, dict) or not {"type", "index"} <= task.keys():
        raise _unusable('it lacks "task", with "type" and "index"')
    others = [job for job, addresses in jobs.items() if job not in (*JOBS, "evaluator") and addresses]
    if others:
        raise _unusable(f"Keras trains with workers alone, and it names tasks of the kind {others[0]}")
    if not all(isinstance(addresses, list) for addresses in jobs.values()):
        raise _unusable('each kind of task in "cluster" needs a list of addresses')
    try:
        return jobs, str(task["type"]), int(task["index"])
    except (TypeError, ValueError) as error:
        raise _unusable(f'"index" is {task["index"]!r}') from error


def _is_address(address: Any) -> bool:
    host, _, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16


def _unusable(reason: str) -> InputError:
    return InputError(
        f"{VARIABLE} cannot be used: {reason}; expected such as {EXAMPLE}, or unset it to train in one "
        "process"
    )
