"""The verb that compares the speed of training with other frameworks: speed."""

from __future__ import annotations

import argparse
import json
import signal
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import RUNS, add_option, split_settings, words
from keras_ae.cli.messages import report
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.errors import InputError
from keras_ae.files import check_folder

__all__ = ["ORDER", "add"]

ORDER = 2


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "speed", speed, "compare the speed of training with other frameworks", "train and evaluate",
        "keras-ae speed --networks dense --batches 128 --peers ours,keras", result=True,
    )  # fmt: skip
    add_option(parser, "--networks", "default: all", default="")
    add_option(parser, "--batches", "default: 128,512", default="128,512")
    add_option(parser, "--peers", "default: all that are installed", default="")
    add_option(parser, "--rounds", "default: 1", type=int, default=1)
    add_option(parser, "--epochs", "default: 6", type=int, default=6)
    add_option(parser, "--threads", "default: the cores that it may use", type=int, default=0)
    add_option(parser, "--devices", "default: cpu, and gpu where there is one", default="")
    add_option(parser, "--data", default="")
    add_option(parser, "--baseline", type=Path, metavar="CHECKOUT")
    add_option(parser, "--set", action="append", default=[], metavar="FIELD=VALUE")
    add_option(parser, "--parts", action="store_true")
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")


def speed(options: argparse.Namespace) -> int:
    """Prints the table of speeds, one part for each network and batch size."""
    from keras_ae.experiments.speed.devices import chosen_devices, usable_cores
    from keras_ae.experiments.speed.networks import NETWORKS

    networks, batches = words(options.networks), _sizes(options.batches)
    unknown = [name for name in networks if name not in NETWORKS]
    if unknown:
        raise InputError(f"expected --networks among {', '.join(NETWORKS)}; received {unknown[0]!r}")
    if options.rounds < 1 or options.epochs < 2:
        raise InputError(
            f"expected --rounds of at least 1 and --epochs of at least 2, of which the first is not counted; "
            f"received {options.rounds} and {options.epochs}"
        )
    devices = chosen_devices(words(options.devices))
    if not 0 <= options.threads <= usable_cores():
        raise InputError(
            f"expected --threads of 1 to {usable_cores()}, the cores that this process may use; received "
            f"{options.threads}"
        )
    check_folder(options.runs, "--runs")
    load_tensorflow()
    from keras_ae.experiments.speed.compare import compare_speed, present_peers

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = compare_speed(
        options.runs / "speed",
        present_peers(words(options.peers), options.baseline, report),
        networks,
        batches,
        options.rounds,
        options.epochs,
        options.data,
        options.baseline,
        split_settings(options.set),
        options.parts,
        devices,
        options.threads,
        report,
    )
    result = json.loads((folder / "speed.json").read_text(encoding="utf-8"))
    text = (folder / "table.md").read_text(encoding="utf-8")
    show(options, {"folder": folder, **result}, [text, f"table:  {folder}"])
    return 0


def _sizes(text: str) -> list[int]:
    """Batch sizes between commas."""
    try:
        sizes = [int(word) for word in words(text)]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise InputError(f"expected --batches such as 128,512, received {text!r}")
    return sizes
