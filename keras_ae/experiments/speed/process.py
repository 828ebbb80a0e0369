"""The process of one competitor: python -m keras_ae.experiments.speed.process PEER WORK [BUILD]."""

from __future__ import annotations

import os
import sys

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.peers import find_peers
from keras_ae.experiments.speed.work import Work

__all__ = ["main"]


def main(name: str, text: str) -> None:
    """Trains as a competitor does, and reports on standard output, where nothing else is written.

    Args:
        name: The competitor.
        text: The work, as `Work.text` gave it.
    """
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    work = Work.read(text)
    find_peers()[name].train(work, Clock(work, reports, sys.stdin))


if __name__ == "__main__":
    main(*sys.argv[1:])
