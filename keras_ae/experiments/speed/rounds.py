"""The processes of the competitors, which take turns, epoch by epoch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras_ae
from keras_ae.errors import InputError
from keras_ae.experiments.speed.devices import CPU
from keras_ae.experiments.speed.peers import Peer
from keras_ae.experiments.speed.work import Work

__all__ = ["Timings", "take_turns"]


@dataclass
class Timings:
    """What the process of one competitor reported.

    Attributes:
        peer: The competitor.
        imported: Seconds until its framework was imported, and bytes of memory then.
        device: What it runs on.
        first_step: Seconds until the first step was done; None where it does not tell.
        epochs: The reports of its epochs, the first of which has compilation in it.
    """

    peer: Peer
    imported: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    first_step: float | None = None
    epochs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def cores(self) -> list[float]:
        """Cores that were busy in the training part of each epoch but the first."""
        return [epoch["core_seconds"] / epoch["train_seconds"] for epoch in self.epochs[1:]]

    @property
    def core_times(self) -> list[float]:
        """Seconds of all cores for an example, of each epoch but the first."""
        return [epoch["core_seconds"] / epoch["examples"] for epoch in self.epochs[1:]]

    @property
    def rates(self) -> list[float]:
        """Examples a second of the training part of each epoch but the first."""
        return [epoch["examples"] / epoch["train_seconds"] for epoch in self.epochs[1:]]


def take_turns(
    peers: Sequence[Peer],
    work: Work,
    environment: Mapping[str, str],
    report: Callable[[str], None] = print,
    reverse: bool = False,
) -> list[Timings]:
    """Trains with all competitors in turn: the first epoch of each, then the second of each, and so on.

    Args:
        peers: The competitors.
        work: The work, whose folder has the data.
        environment: Variables of all processes.
        report: Called with each line about progress.
        reverse: Whether to begin with the last one; the order is turned around in every other epoch.

    Returns:
        What each reported, in the order of `peers`. On a GPU without those that see none, which is reported.

    Raises:
        InputError: A process ended before its last epoch; the message has its last line.
    """
    timings = [Timings(peer) for peer in peers]
    with ExitStack() as stack:
        running = []
        for one in timings[::-1] if reverse else timings:
            process = stack.enter_context(_started(one.peer, work, environment))
            _epoch(process, one, work)
            if not one.epochs:
                process.kill()
                report(f"  {one.peer.title}: left out on the GPU, for this build of it sees none")
                continue
            running.append((process, one))
            report(f"  {one.peer.title}: first step after {_first(one):.1f} s")
        for number in range(1, work.epochs):
            for process, one in running[:: -1 if number % 2 else 1]:
                process.stdin.write("go\n")
                process.stdin.flush()
                _epoch(process, one, work)
    return [one for one in timings if one.epochs]


def _first(one):
    return one.first_step or one.imported["seconds"] + one.epochs[0]["train_seconds"]


@contextmanager
def _started(peer: Peer, work: Work, environment: Mapping[str, str]) -> Iterator[Any]:
    """The process of a competitor, which is ended with the block."""
    root = Path(str(keras_ae.__file__)).resolve().parent.parent
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment, **peer.environment}
    text = replace(work, launched=time.time()).text
    with open(_log(peer, work), "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "keras_ae.experiments.speed.process", peer.name, text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=variables,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def _epoch(process: Any, one: Timings, work: Work) -> None:
    """Reads what a process reports, up to the end of an epoch, or that it does not see the work's device."""
    for line in process.stdout:
        event = json.loads(line)
        kind = event.pop("event")
        if kind == "imported":
            one.imported = event
        elif kind == "device":
            one.device = event["name"]
            if work.device == "gpu" and one.device == CPU:
                return
        elif kind == "first_step":
            one.first_step = event["seconds"]
        else:
            one.epochs.append(event)
            return
    lines = _log(one.peer, work).read_text(encoding="utf-8").strip().splitlines()
    raise InputError(
        f"{one.peer.title} ended before its last epoch: {lines[-1] if lines else 'without a word'}; "
        f"leave {one.peer.name} out of --peers"
    )


def _log(peer, work):
    return work.path / f"{peer.name}.log"
