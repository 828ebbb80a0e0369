"""The check of exported heads by a program that is not Python, over the loader that TF Serving uses."""

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

SOURCE = Path(__file__).with_name("verify.cc")
PARITY = 1e-5
"""Largest difference from the Keras heads that an element may show, as a share of the largest one or of 1.

As much as an export may show: the answers may be another processor's, whose kernels round otherwise.
"""


@dataclass(frozen=True)
class Finding:
    """One thing the program found.

    kind: "signature", "compared", "refused", "accepted" (a bad request that was not refused),
        "failed", "timed" or "done".
    details: what else it tells, in the order of its line.
    """

    folder: Path
    kind: str
    details: tuple[str, ...]

    @property
    def is_fault(self) -> bool:
        """Whether a server with this head would give a wrong answer, or take what it should refuse."""
        if self.kind == "compared":
            worst, largest = float(self.details[3]), float(self.details[4])
            return not worst <= PARITY * max(1.0, largest)
        return self.kind in ("accepted", "failed")


def compiler() -> str | None:
    """The C++ compiler there is: $CXX, or g++."""
    return shutil.which(os.environ.get("CXX") or "g++")


def program() -> Path:
    """The compiled program; kept in the user's cache for as long as source and TensorFlow stay the same.

    Raises InputError where there is no compiler, and where it fails.
    """
    flags = [*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags()]
    folder = tf.sysconfig.get_lib()
    flags += ["-Wl,--no-as-needed", "-l:libtensorflow_cc.so.2", f"-Wl,-rpath,{folder}"]
    key = hashlib.sha256(SOURCE.read_bytes() + f"{flags} {tf.__version__}".encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras_ae"
    built = cache / f"verify-{sysconfig.get_platform()}-{key}"
    if built.exists():
        return built
    if compiler() is None:
        raise InputError(
            "expected a C++ compiler to build the check with, found no g++; install g++, or set CXX"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with written_whole(built) as (partial,):
        command = [compiler(), "-w", "-O1", str(SOURCE), *flags, "-o", str(partial)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise InputError(f"{compiler()} cannot build the check: {done.stderr.strip()[-800:]}")
    return built


def check(folders: Iterable[Path]) -> list[Finding]:
    """What the program finds of versions' folders: every signature and record, and bad requests.

    A folder of which it could not tell everything has a "failed" among its findings.
    Raises InputError as `program` does.
    """
    folders = [Path(folder) for folder in folders]
    findings, status = _run(["check", *folders])
    for folder in folders:
        kinds = [finding.kind for finding in findings if finding.folder == folder]
        if "done" not in kinds and "failed" not in kinds:
            findings.append(Finding(folder, "failed", ("-", "running", f"the program ended with {status}")))
        findings += _unchecked(folder, findings)
    return findings


def _unchecked(folder, findings):
    """A fault for each signature of which no answer was compared."""
    told = [finding for finding in findings if finding.folder == folder]
    compared = {finding.details[0] for finding in told if finding.kind == "compared"}
    names = [finding.details[0] for finding in told if finding.kind == "signature"]
    return [
        Finding(folder, "failed", (name, "records", "no warm-up record of this signature"))
        for name in names
        if name not in compared
    ]


def time(signature: str, batch: int, count: int, folders: Sequence[Path]) -> dict[Path, tuple[float, float]]:
    """Median and 99th percentile of a request's time in microseconds, by folder; one request to each in turn.

    Raises InputError as `program` does, and for a folder that cannot be timed.
    """
    findings, status = _run(["time", signature, batch, count, *folders])
    failed = [finding for finding in findings if finding.kind == "failed"]
    if failed or status:
        why = failed[0].details[-1] if failed else f"the program ended with {status}"
        raise InputError(f"{(failed[0].folder if failed else folders[0])} cannot be timed: {why}")
    return {finding.folder: tuple(map(float, finding.details[-2:])) for finding in findings}


def _run(words):
    command = [str(program()), *map(str, words)]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2"} | dict(os.environ)
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False, env=environment
    )
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    parts = [line.split("\t") for line in done.stdout.split("\n") if line]
    return [Finding(Path(folder), kind, tuple(rest)) for folder, kind, *rest in parts], done.returncode
