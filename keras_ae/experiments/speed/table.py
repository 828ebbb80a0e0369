"""The table of a comparison: medians, and ratios in the same epoch with their spread."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from keras_ae.experiments.speed.rounds import Timings
from keras_ae.files import replace_text

__all__ = ["machine", "rows_of", "write_table"]

COLUMNS = {
    "title": ("", "{}"),
    "device": ("on", "{}"),
    "rate": ("examples / s", "{:,.0f}"),
    "ratio": ("keras_ae is times", "{:.2f}"),
    "spread": ("in the epochs", "{}"),
    "first_step": ("s to first step", "{:.1f}"),
    "memory": ("peak MiB", "{:.0f}"),
    "cores": ("cores busy", "{:.1f}"),
    "core_time": ("core µs an example", "{:.0f}"),
    "val_loss": ("nats", "{:.2f}"),
}
"""The table's columns: title and number format."""

NOTE = (
    "Examples a second of the training part of an epoch: the median of all epochs but the first. keras_ae is "
    "times: the median, and the lowest and highest, of the ratios of its rate to this one in the same turn. "
    "Seconds to the first step and the peak of resident memory are above what the import of the framework "
    "takes. Cores busy: seconds of all cores in a second of training; what they take for an example hardly "
    "depends on what else runs, but counts threads that wait busily. Nats: the loss of validation after the "
    "last epoch, which all should share. The ceiling has the matrix products and convolutions of a step and "
    "nothing else. Ratios on a GPU are to keras_ae there; what sees none has no row there."
)


def rows_of(rounds: Sequence[Sequence[Timings]]) -> list[dict[str, Any]]:
    """The rows of a table.

    Args:
        rounds: What the competitors reported in each round, in the same order.

    Returns:
        A row for each competitor.
    """
    rows = []
    for repeats in zip(*rounds, strict=True):
        last = [one.epochs[-1] for one in repeats]
        row: dict[str, Any] = {
            "name": repeats[0].peer.name,
            "title": repeats[0].peer.title,
            "device": repeats[0].device,
            "rates": [rate for one in repeats for rate in one.rates],
            "examples": last[0]["examples"],
            "first_step": _median(
                [one.first_step and one.first_step - one.imported["seconds"] for one in repeats]
            ),
            "import_seconds": median(one.imported["seconds"] for one in repeats),
            "memory": _median(
                [
                    epoch["bytes"] and (epoch["bytes"] - one.imported["bytes"]) / 2**20
                    for one, epoch in zip(repeats, last, strict=True)
                ]
            ),
            "epochs": [epoch for one in repeats for epoch in one.epochs[1:]],
            "cores": median(cores for one in repeats for cores in one.cores),
            "core_time": median(seconds for one in repeats for seconds in one.core_times) * 1e6,
            "validation_seconds": median(epoch["validation_seconds"] for epoch in last),
            "other_seconds": median(epoch["other_seconds"] for epoch in last),
            "loss": _median([epoch["loss"] for epoch in last]),
            "val_loss": _median([epoch["val_loss"] for epoch in last]),
        }
        rows.append(row | {"rate": median(row["rates"])})
    own = next((row["rates"] for row in rows if row["name"] == "ours"), None)
    for row in rows:
        if own is not None and row["rates"] is not own:
            ratios = [mine / rate for rate, mine in zip(row["rates"], own, strict=True)]
            row |= {"ratio": median(ratios), "spread": f"{min(ratios):.2f} to {max(ratios):.2f}"}
    return rows


def write_table(parts: Sequence[dict[str, Any]], facts: dict[str, Any], folder: Path) -> str:
    """Writes `table.md` and `speed.json`.

    Args:
        parts: Tables, each with a "title" and "rows".
        facts: About the machine and the settings.
        folder: The folder to write into.

    Returns:
        The text of `table.md`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for part in parts:
        used = [name for name in COLUMNS if any(name in row for row in part["rows"])]
        lines += [
            f"{part['title']}:",
            "",
            f"| {' | '.join(COLUMNS[name][0] for name in used)} |",
            "|---|" + "---:|" * (len(used) - 1),
            *(f"| {' | '.join(_cell(row, name) for name in used)} |" for row in part["rows"]),
            "",
            *_step(part.get("step", {})),
            *_telemetry(part.get("telemetry", [])),
        ]
    text = "\n".join([*lines, NOTE, "", ", ".join(f"{name} {value}" for name, value in facts.items()), ""])
    replace_text(folder / "table.md", text)
    replace_text(folder / "speed.json", json.dumps({"facts": facts, "parts": list(parts)}, indent=1) + "\n")
    return text


def _step(parts):
    """The table of the parts of our step; no lines without them."""
    if not parts:
        return []
    rows = [f"| {name} | {ms:.2f} |" for name, ms in parts.items()]
    return ["| our step | ms |", "|---|---:|", *rows, ""]


def _telemetry(rows):
    """The table of what all callbacks add to a training; no lines without it."""
    if not rows:
        return []
    lines = [
        f"| {row['of']} | {row['without']:.2f} | {row['with']:.2f} | {row['fraction']:+.1%} | "
        f"{row['lowest']:+.1%} to {row['highest']:+.1%} |"
        for row in rows
    ]
    head = "| all that is written | ms without | ms with | added | in the epochs |"
    return [head, "|---|---:|---:|---:|---:|", *lines, ""]


def machine(threads: int) -> dict[str, Any]:
    """What the figures depend on.

    Args:
        threads: Number of threads that each competitor has.

    Returns:
        The processor, the numbers of cores and threads, the load, and versions of Python and packages.
    """
    from importlib import metadata

    facts: dict[str, Any] = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "python": platform.python_version(),
    }
    if os.name == "posix":
        facts["load"] = round(os.getloadavg()[0], 1)
    for package in ("tensorflow_cpu", "tensorflow", "keras", "torch", "jax"):
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return facts


def _processor() -> str:
    """The processor's name."""
    file = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (file.read_text(encoding="utf-8").splitlines() if file.exists() else ())
        if line.startswith("model name")
    ]
    return names[0] if names else platform.processor()


def _median(values):
    """The median of the values that are there; None where none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _cell(row, name):
    value = row.get(name)
    return "" if value is None else COLUMNS[name][1].format(value)
