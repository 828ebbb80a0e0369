"""Where the time of a step of our training goes, by what takes longer than without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import keras
import tensorflow as tf

from keras_ae.data.pipeline import PairedData
from keras_ae.experiments.speed.keras_clock import Stopwatch
from keras_ae.experiments.speed.prepared import PreparedTraining
from keras_ae.experiments.speed.work import Work
from keras_ae.training.trainer import Trainer

__all__ = ["step_parts"]

IN_A_CALL = 8
"""Repetitions in a call of a compiled function, so that the call itself does not count."""


def step_parts(work: Work, rounds: int = 5) -> dict[str, float]:
    """Milliseconds of each part of a step.

    Args:
        work: The network, the batch size and the data.
        rounds: How often each is timed, in turn.

    Returns:
        Medians, by the part's name in words: the whole step, and its parts, which add up to it. What the
        pipeline of the data takes by itself comes last: it runs beside the step.
    """
    prepared = PreparedTraining.of(work, rounds + 1)
    trainer, batches, steps, paired = prepared.trainer, prepared.batches, prepared.steps, prepared.paired
    callbacks, xla = prepared.callbacks, prepared.xla
    batch = next(iter(batches))
    runs = {
        "forward": _forward(trainer, batch, xla),
        "both": _forward_and_backward(trainer, batch, xla),
        "optimizer": _optimizer(trainer, xla),
        "metrics": _metrics(trainer, xla),
        "one batch": _fit(trainer, tf.data.Dataset.from_tensors(batch).repeat(), steps),
        "batches": _fit(trainer, batches, steps),
        "callbacks": _fit(trainer, batches, steps, callbacks, paired),
        "data": _data(batches, steps),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            seconds = run()
            if number:  # the first one compiles
                times[name].append(1000 * seconds)
    ms = {name: median(each) for name, each in times.items()}
    forward = ms["forward"] - ms["metrics"]
    return {
        "whole step, as trained": ms["callbacks"],
        "forward pass and loss": forward,
        "backward pass": ms["both"] - ms["forward"],
        "optimizer": ms["optimizer"],
        "metrics": ms["metrics"],
        "calls, and all else of fit": ms["one batch"] - ms["both"] - ms["optimizer"],
        "batches, beside what runs meanwhile": ms["batches"] - ms["one batch"],
        "callbacks of steps": ms["callbacks"] - ms["batches"],
        "(the pipeline of batches alone)": ms["data"],
    }


def _timed(function: Callable[[], Any]) -> Callable[[], float]:
    """Seconds of one repetition of a compiled function that repeats something `IN_A_CALL` times."""

    def run():
        start = time.perf_counter()
        for _ in range(5):
            function()
        return (time.perf_counter() - start) / 5 / IN_A_CALL

    return run


def _repeated(step: Callable[[], Any], xla: bool) -> Callable[[], float]:
    """A step without inputs, several times in a call."""
    one = tf.function(step, jit_compile=xla)

    @tf.function
    def several():
        total = tf.zeros(())
        for _ in tf.range(IN_A_CALL):
            total += one()
        return total

    return _timed(lambda: float(several()))


def _objective(trainer: Trainer, batch: Any) -> Any:
    inputs, targets = batch
    return trainer.compute_loss(inputs, targets, trainer(inputs, training=True), training=True)


def _forward(trainer: Trainer, batch: Any, xla: bool) -> Callable[[], float]:
    return _repeated(lambda: _objective(trainer, batch), xla)


def _forward_and_backward(trainer: Trainer, batch: Any, xla: bool) -> Callable[[], float]:
    weights = [weight.value for weight in trainer.trainable_weights]

    def step():
        with tf.GradientTape() as tape:
            loss = _objective(trainer, batch)
        return loss + tf.add_n([tf.reduce_sum(each) for each in tape.gradient(loss, weights)])

    return _repeated(step, xla)


def _optimizer(trainer: Trainer, xla: bool) -> Callable[[], float]:
    gradients = [tf.Variable(1e-6 * tf.ones(weight.shape)) for weight in trainer.trainable_weights]

    def step():
        trainer.optimizer.apply([each.read_value() for each in gradients], trainer.trainable_weights)
        return tf.zeros(())

    return _repeated(step, xla)


def _metrics(trainer: Trainer, xla: bool) -> Callable[[], float]:
    value = tf.Variable(1.0)

    def step():
        for tracker in trainer.trackers.values():
            tracker.update_state(value.read_value(), sample_weight=tf.constant(1))
        return tf.zeros(())

    return _repeated(step, xla)


def _fit(
    trainer: Trainer,
    batches: tf.data.Dataset,
    steps: int,
    callbacks: list[keras.callbacks.Callback] | None = None,
    paired: PairedData | None = None,
) -> Callable[[], float]:
    """The training part of an epoch by `fit`; with callbacks also validation, which they need."""

    def run():
        watch = Stopwatch()
        trainer.fit(
            batches,
            epochs=1,
            steps_per_epoch=steps,
            validation_data=None if paired is None else paired.validation_batches(),
            callbacks=[*(callbacks or []), watch],
            shuffle=False,
            verbose=0,
        )
        return watch.seconds / steps

    return run


def _data(batches: tf.data.Dataset, steps: int) -> Callable[[], float]:
    iterator = iter(batches)

    def run():
        start = time.perf_counter()
        for _ in range(steps):
            next(iterator)
        return (time.perf_counter() - start) / steps

    return run
