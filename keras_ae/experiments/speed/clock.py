"""What a competitor's process reports: when it began, its steps and epochs, and the memory that it takes."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from keras_ae.experiments.speed.devices import CPU
from keras_ae.experiments.speed.work import Work

__all__ = ["Clock"]

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Clock:
    """Reports a training, a line of JSON for each event, and waits for a line before each further epoch.

    So several processes take turns, epoch by epoch, with all else waiting.

    Args:
        work: The work.
        reports: Where the lines go.
        turns: Where a line comes from for each epoch but the first; its end ends the process.
    """

    def __init__(self, work: Work, reports: IO[str], turns: IO[str]):
        self.work = work
        self.reports = reports
        self.turns = turns
        self.epoch, self.start, self.trained, self.validated = -1, 0.0, 0.0, 0.0
        self.busy, self.waits = 0.0, {"major_faults": 0, "waits": 0}
        self.stepped = False

    def imported(self, device: Callable[[], str] = lambda: CPU) -> None:
        """Says that the framework is imported; memory and time are counted from here.

        Args:
            device: Finds what the framework runs on, which is reported too.
        """
        with suppress(OSError):  # from here on the peak is of what follows
            RESET.write_text("5")
        self._report("imported", seconds=time.time() - self.work.launched, bytes=_memory("VmRSS"))
        self._report("device", name=device())

    def begin_epoch(self) -> None:
        """Waits for its turn, and starts the time of an epoch."""
        if self.epoch >= 0 and not self.turns.readline():
            sys.exit(0)
        self.epoch += 1
        self.waits = _waits()
        self.start, self.busy = time.perf_counter(), time.process_time()

    def step(self) -> None:
        """Says that steps are done, of which the first is reported."""
        if not self.stepped:
            self.stepped = True
            self._report("first_step", seconds=time.time() - self.work.launched)

    def trained_epoch(self) -> None:
        """Ends the time of training in an epoch."""
        self.trained = time.perf_counter()
        self.busy = time.process_time() - self.busy
        self.waits = {name: count - self.waits[name] for name, count in _waits().items()}

    def validated_epoch(self) -> None:
        """Ends the time of validation in an epoch."""
        self.validated = time.perf_counter()

    def end_epoch(self, examples: int, loss: float | None, val_loss: float | None) -> None:
        """Reports an epoch.

        Args:
            examples: Examples that were trained on.
            loss: Mean of the batches' losses, in nats; None where there is none.
            val_loss: The loss of validation.
        """
        now = time.perf_counter()
        self._report(
            "epoch",
            index=self.epoch,
            examples=examples,
            loss=None if loss is None else float(loss),
            val_loss=None if val_loss is None else float(val_loss),
            train_seconds=self.trained - self.start,
            core_seconds=self.busy,
            **self.waits,
            validation_seconds=self.validated - self.trained,
            other_seconds=now - self.validated,
            bytes=_memory("VmHWM"),
        )

    def _report(self, event, **facts):
        print(json.dumps({"event": event, **facts}), file=self.reports, flush=True)


def _waits() -> dict[str, int]:
    """How often threads have waited: for pages from the disk, as of dropped libraries, and for each other."""
    if not STATUS.exists():
        return {"major_faults": 0, "waits": 0}
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"major_faults": usage.ru_majflt, "waits": usage.ru_nvcsw}


def _memory(name: str) -> int | None:
    """Bytes of resident memory: "VmRSS" for now, "VmHWM" for the peak; None where there is no /proc."""
    if not STATUS.exists():
        return None
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else None
