"""A check of exported heads by a C++ program that loads them with the same loader as TF Serving."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.files import written_whole

__all__ = ["PARITY", "Finding", "check", "compiler", "program", "time_requests"]

SOURCE = Path(__file__).with_name("verify.cc")
"""The program's source."""

PARITY = 1e-5
"""The largest allowed difference from the Keras heads, as a fraction of the largest element or of 1.

Exports are allowed as much: the expected outputs may come from another processor, whose kernels round
differently.
"""


@dataclass(frozen=True)
class Finding:
    """A line of the program's report.

    Attributes:
        folder: The version's folder that it is about.
        kind: "signature", "compared", "refused", "accepted" (a bad request that was not refused),
            "failed", "timed" or "done".
        details: The other fields of the line, in their order.
    """

    folder: Path
    kind: str
    details: tuple[str, ...]

    @property
    def is_fault(self) -> bool:
        """Whether a server with this head would give wrong outputs, or accept a bad request."""
        if self.kind == "compared":
            worst, largest = float(self.details[3]), float(self.details[4])
            return not worst <= PARITY * max(1.0, largest)
        return self.kind in ("accepted", "failed")


def compiler() -> str | None:
    """The C++ compiler of this machine.

    Returns:
        The path of $CXX or of g++; None if there is none.
    """
    return shutil.which(os.environ.get("CXX") or "g++")


def program() -> Path:
    """The compiled program, built where the user's cache has none of this source and this TensorFlow.

    Returns:
        The path of the executable.

    Raises:
        InputError: If there is no compiler, or it fails.
    """
    flags = [*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags()]
    folder = tf.sysconfig.get_lib()
    flags += ["-Wl,--no-as-needed", "-l:libtensorflow_cc.so.2", f"-Wl,-rpath,{folder}"]
    key = hashlib.sha256(SOURCE.read_bytes() + f"{flags} {tf.__version__}".encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras_ae"
    executable = cache / f"verify-{sysconfig.get_platform()}-{key}"
    if executable.exists():
        return executable
    path = compiler()
    if path is None:
        raise InputError(
            "expected a C++ compiler to build the check with, found no g++; install g++, or set CXX"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with written_whole(executable) as (partial,):
        command = [path, "-w", "-O1", str(SOURCE), *flags, "-o", str(partial)]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode:
            raise InputError(f"{path} cannot build the check: {process.stderr.strip()[-800:]}")
    return executable


def check(folders: Iterable[Path]) -> list[Finding]:
    """Checks every signature and warm-up record of exported heads, and that bad requests are refused.

    Args:
        folders: The versions' folders.

    Returns:
        The findings. A folder that could not be checked completely has a "failed" one.

    Raises:
        InputError: If the program cannot be built.
    """
    folders = [Path(folder) for folder in folders]
    findings, status = _run(["check", *folders])
    for folder in folders:
        kinds = [finding.kind for finding in findings if finding.folder == folder]
        if "done" not in kinds and "failed" not in kinds:
            findings.append(Finding(folder, "failed", ("-", "running", f"the program ended with {status}")))
        findings += _unchecked(folder, findings)
    return findings


def _unchecked(folder: Path, findings: Sequence[Finding]) -> list[Finding]:
    """A fault for each signature none of whose outputs were compared."""
    own = [finding for finding in findings if finding.folder == folder]
    compared = {finding.details[0] for finding in own if finding.kind == "compared"}
    names = [finding.details[0] for finding in own if finding.kind == "signature"]
    return [
        Finding(folder, "failed", (name, "records", "no warm-up record of this signature"))
        for name in names
        if name not in compared
    ]


def time_requests(
    signature: str, batch: int, count: int, folders: Sequence[Path]
) -> dict[Path, tuple[float, float]]:
    """Measures how long requests take, with one request to each folder in turn.

    Args:
        signature: The signature's name.
        batch: Rows of a request.
        count: Requests to each folder.
        folders: The versions' folders.

    Returns:
        The median and the 99th percentile of a request's time in microseconds, by folder.

    Raises:
        InputError: If the program cannot be built, or a folder cannot be timed.
    """
    findings, status = _run(["time", signature, batch, count, *folders])
    failed = [finding for finding in findings if finding.kind == "failed"]
    if failed or status:
        reason = failed[0].details[-1] if failed else f"the program ended with {status}"
        raise InputError(f"{(failed[0].folder if failed else folders[0])} cannot be timed: {reason}")
    return {finding.folder: (float(finding.details[-2]), float(finding.details[-1])) for finding in findings}


def _run(arguments: Iterable[object]) -> tuple[list[Finding], int]:
    """Runs the program; returns its findings and its exit status."""
    command = [str(program()), *map(str, arguments)]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2"} | dict(os.environ)
    process = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False, env=environment
    )
    if process.returncode:
        print(process.stderr[-2000:], file=sys.stderr)
    parts = [line.split("\t") for line in process.stdout.split("\n") if line]
    return [Finding(Path(folder), kind, tuple(rest)) for folder, kind, *rest in parts], process.returncode
