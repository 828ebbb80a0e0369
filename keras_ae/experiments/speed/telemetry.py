"""What all that is written of a training takes: checkpoints, curves, histograms and images."""

from __future__ import annotations

from statistics import median
from typing import Any

from keras_ae.experiments.speed.keras_clock import Stopwatch
from keras_ae.experiments.speed.prepared import PreparedTraining
from keras_ae.experiments.speed.work import Work

__all__ = ["telemetry"]

EPOCHS = 20
"""Epochs of a recipe that names none, from which follows how often histograms are written."""


def telemetry(work: Work, rounds: int = 5) -> list[dict[str, Any]]:
    """Times epochs with all callbacks and without any, in turn, in one process.

    Args:
        work: The network, the batch size and the data.
        rounds: Epochs of each, besides a first one.

    Returns:
        For the training part of an epoch and for a whole one: "of" in words, medians of the milliseconds of a
        step "without" and "with" callbacks, and of what these add as a "fraction", its "lowest" and
        "highest".
    """
    prepared = PreparedTraining.of(work, max(EPOCHS, rounds + 1))
    found = []
    for epoch in range(rounds + 1):
        kinds = [("without", []), ("with", prepared.callbacks)]
        pair = {
            name: _epoch(prepared, callbacks, epoch) for name, callbacks in kinds[:: -1 if epoch % 2 else 1]
        }
        found.append(pair)
    return [_row(words, found[1:], part) for part, words in enumerate(PARTS)]


PARTS = ("a step of training", "a step, with validation and the end of its epoch")


def _epoch(prepared, callbacks, epoch):
    """Milliseconds of a step: of training alone, and with all of an epoch."""
    watch = Stopwatch()
    prepared.trainer.fit(
        prepared.batches,
        initial_epoch=epoch,
        epochs=epoch + 1,
        steps_per_epoch=prepared.steps,
        validation_data=prepared.paired.validation_batches(),
        callbacks=[*callbacks, watch],
        shuffle=False,
        verbose=0,
    )
    return tuple(1000 * seconds / prepared.steps for seconds in (watch.seconds, watch.whole))


def _row(words, pairs, part):
    fractions = [pair["with"][part] / pair["without"][part] - 1 for pair in pairs]
    return {
        "of": words,
        "without": median(pair["without"][part] for pair in pairs),
        "with": median(pair["with"][part] for pair in pairs),
        "fraction": median(fractions),
        "lowest": min(fractions),
        "highest": max(fractions),
    }
