"""The verb that examines the environment: doctor."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import MODELS, RUNS, add_option
from keras_ae.cli.output import load_tensorflow, show

__all__ = ["ORDER", "add"]

ORDER = 10

MARKS = {"ok": "ok", "absent": "-", "fault": "FAULT"}


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "doctor", doctor, "examine Python, TensorFlow, devices, folders and extras", "look up",
        "keras-ae doctor --json", result=True,
    )  # fmt: skip
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def doctor(options: argparse.Namespace) -> int:
    """Prints a line for each check and what to do about faults; returns 1 if there is one."""
    from keras_ae.apps.doctor import examine, examine_tensorflow

    checks = list(examine(options.runs, options.models))
    if not options.json:
        show(options, None, map(_line, checks))
    with contextlib.suppress(ImportError):  # which is one of the checks
        load_tensorflow()
    loaded = list(examine_tensorflow())
    faults = [check for check in [*checks, *loaded] if check.state == "fault"]
    lines = [*map(_line, loaded), *(f"to do for {check.name}: {check.advice}" for check in faults)]
    rows = [dict(vars(check)) for check in [*checks, *loaded]]
    show(options, {"ok": not faults, "checks": rows}, [*lines, f"faults: {len(faults)}"])
    return 1 if faults else 0


def _line(check):
    advice = f"; {check.advice}" if check.advice and check.state == "absent" else ""
    return f"{MARKS[check.state]:6}{check.name:15}{check.value}{advice}"
