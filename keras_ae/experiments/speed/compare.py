"""The comparison: the same trainings by each competitor in turn, and the table of their speeds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_ae.errors import InputError
from keras_ae.experiments.speed.devices import pinned, usable_cores, variables_of
from keras_ae.experiments.speed.examples import check_data, write_work
from keras_ae.experiments.speed.networks import NETWORKS
from keras_ae.experiments.speed.peers import Peer, find_peers
from keras_ae.experiments.speed.peers.ours import BUILD
from keras_ae.experiments.speed.rounds import take_turns
from keras_ae.experiments.speed.step_parts import step_parts
from keras_ae.experiments.speed.table import machine, rows_of, write_table
from keras_ae.experiments.speed.telemetry import telemetry
from keras_ae.experiments.speed.work import Work
from keras_ae.extras import install_command

__all__ = ["compare_speed", "present_peers"]


def present_peers(
    names: Sequence[str], baseline: Path | None, report: Callable[[str], None] = print
) -> list[Peer]:
    """The competitors that can be compared with.

    Args:
        names: Their names; all if empty.
        baseline: The checkout of another build, which is one of them where it is given.
        report: Called with a line for each that is left out.

    Returns:
        The competitors, in their own order.

    Raises:
        InputError: For a competitor that there is not, that was asked for by name and is not installed, or
            for a folder that is no checkout.
    """
    known = find_peers()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"expected --peers among {', '.join(known)}; received {unknown[0]!r}")
    if baseline is not None and not (baseline / "keras_ae" / "__init__.py").is_file():
        raise InputError(
            f"expected --baseline to be a checkout, a folder with keras_ae/__init__.py in it; received "
            f"{baseline}; check the path"
        )
    if baseline is None and "baseline" in names:
        raise InputError("the competitor baseline needs --baseline, the path of another build's checkout")
    chosen = []
    for name, peer in known.items():
        if (names and name not in names) or (name == "baseline" and baseline is None):
            continue
        if peer.missing():
            how = f"{peer.title} is not installed: {install_command('speed')}"
            if name in names:
                raise InputError(how)
            report(f"left out: {how}")
            continue
        chosen.append(peer)
    return chosen


def compare_speed(
    folder: Path,
    peers: Sequence[Peer],
    networks: Sequence[str] = (),
    batches: Sequence[int] = (128, 512),
    rounds: int = 1,
    epochs: int = 6,
    data: str = "",
    baseline: Path | None = None,
    settings: Sequence[str] = (),
    parts: bool = False,
    devices: Sequence[str] = ("cpu",),
    threads: int = 0,
    report: Callable[[str], None] = print,
) -> Path:
    """Trains each network at each batch size by each competitor, and writes `table.md` and `speed.json`.

    Both are written anew after each network and batch size.

    Args:
        folder: The folder to write into.
        peers: The competitors, as `present_peers` gives them.
        networks: Names of networks; all if empty.
        batches: Batch sizes.
        rounds: How often to start the processes anew, in the other order each time.
        epochs: Epochs of each process, the first of which is not counted.
        data: "" for examples that are made, or "mnist".
        baseline: The checkout of another build.
        settings: Changes to our recipe, such as "xla=true".
        parts: Whether to time the parts of our step too, and what all callbacks add to it.
        devices: "cpu" and "gpu", or one of them.
        threads: Number of threads of each competitor; 0 for as many as the process may use cores.
        report: Called with each line about progress.

    Returns:
        The folder.

    Raises:
        InputError: For data that a network does not take, or if a competitor fails.
    """
    check_data([NETWORKS[name] for name in networks or NETWORKS], data)
    tables: list[dict[str, Any]] = []
    threads = threads or usable_cores()
    facts = machine(threads)
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    if baseline is not None:
        environment[BUILD] = str(baseline.resolve())
    for name in networks or NETWORKS:
        for batch_size in batches:
            with pinned(threads), tempfile.TemporaryDirectory(prefix="keras-ae-speed-") as temporary:
                words = write_work(NETWORKS[name], Path(temporary), data)
                title = f"{NETWORKS[name].title}, batch {batch_size}, {words}"
                report(title)
                work = Work(temporary, name, batch_size, epochs, settings=tuple(settings), threads=threads)
                rows = []
                for device in devices:
                    variables, own = environment | variables_of(device, threads), replace(work, device=device)
                    timings = [
                        take_turns(peers, own, variables, report, reverse=bool(number % 2))
                        for number in range(rounds)
                    ]
                    rows += rows_of(timings)
                table = {"title": title, "network": name, "batch_size": batch_size, "rows": rows}
                if parts:
                    table |= {"step": step_parts(work), "telemetry": telemetry(work)}
            tables.append(table)
            write_table(tables, facts | {"load at the end": _load()}, folder)
    return folder


def _load():
    return round(os.getloadavg()[0], 1) if os.name == "posix" else None
