"""Encoding: read, encoded and written a batch at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from keras_ae.apps.encoding.head import Head, Outputs
from keras_ae.apps.encoding.writers import destinations, written
from keras_ae.data.images.folder import left_out, none_readable
from keras_ae.data.streams.rows import Rows
from keras_ae.data.streams.stream import Stream


@dataclass(frozen=True)
class Encoded:
    """What encoding came to: examples written, those left out with what is wrong with each, seconds."""

    count: int
    faults: dict[str, str]
    seconds: float


def encode(
    head: Head,
    stream: Stream,
    output: Path,
    batch: int | None = None,
    force: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Encoded:
    """Writes what a head gives of every example, in the input's order, to an .npy, .parquet or .tfrecord.

    At most a few batches are in memory at a time. The file, and of a folder of images with an .npy
    `<output>.csv` beside it, appears when it is complete: nothing half written is left behind.

    batch: examples at a time. force: whether a file that is there is replaced. progress: called with
        the number of examples done.
    Raises InputError before anything is written for an output of unknown kind or that is there,
    for an input without the labels that the head needs; and, with nothing left, for a value that
    the head does not take, and where no image can be read.
    """
    batch = head.batch(batch)
    head.check(stream)
    faults = {}
    with written(destinations(output, stream, force), head, stream) as writer:
        run, started = head.load(), time.perf_counter()
        for rows, outputs in codes(run, stream, batch):
            faults |= rows.faults
            writer.add(rows, outputs)
            progress(writer.count + len(faults))
        if not writer.count:
            raise none_readable(stream.where, faults)
    return Encoded(writer.count, faults, time.perf_counter() - started)


def codes(
    run: Callable[[Rows], Outputs], stream: Stream, batch: int, start: int = 0, stop: int | None = None
) -> Iterator[tuple[Rows, Outputs]]:
    """Batches and what a head gives of each; the next is read while one is encoded."""
    batches = stream.batches(batch, start, stop)
    with ThreadPoolExecutor(1) as reader:
        upcoming = reader.submit(next, batches, None)
        while (rows := upcoming.result()) is not None:
            upcoming = reader.submit(next, batches, None)
            yield rows, run(rows)


def summary(done: Encoded, head: Head, stream: Stream, output: Path) -> list[str]:
    """What to tell of an encoding: its size and rate, and the images left out."""
    shapes = ", ".join(
        f"{name} {'x'.join(map(str, (done.count, *shape)))} {dtype}"
        for name, (shape, dtype) in head.outputs.items()
    )
    rate = done.count / max(done.seconds, 1e-9)
    lines = [f"{output}: {shapes}, {done.count:,} examples in {done.seconds:.1f} s, {rate:,.0f} a second"]
    return lines + ([left_out(done.faults, stream.count)] if done.faults else [])
