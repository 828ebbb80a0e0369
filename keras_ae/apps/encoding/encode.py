"""Encoding of any number of examples, a batch at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from keras_ae.apps.encoding.head import Head, Outputs
from keras_ae.apps.encoding.writers import RowColumns, open_writer, output_paths
from keras_ae.data.images.listing import fault_note, none_readable
from keras_ae.data.streams.folder import FolderStream
from keras_ae.data.streams.rows import Batch
from keras_ae.data.streams.stream import Stream
from keras_ae.formats.images import images_of
from keras_ae.imaging.frames import Frame
from keras_ae.runs.unlike import unlike

__all__ = ["Encoded", "codes", "encode", "remark_on", "summary"]


@dataclass(frozen=True)
class Encoded:
    """The result of an encoding.

    Attributes:
        count: Examples written.
        failures: The reason for each image that was left out, by its name.
        seconds: Duration in seconds.
        remark: A line about examples that are unlike the training data; empty if they are like them.
    """

    count: int
    failures: dict[str, str]
    seconds: float
    remark: str = ""


def encode(
    head: Head,
    stream: Stream,
    output: Path,
    batch: int | None = None,
    force: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> Encoded:
    """Writes the outputs of a head for every example, in the input's order, to one file.

    At most a few batches are in memory at a time. The file appears when it is complete, and with it
    `<output>.csv` where a folder of images is written to an .npy; nothing half written is left behind.

    Args:
        head: The head.
        stream: The examples.
        output: An .npy, .parquet or .tfrecord file.
        batch: Examples at a time; None chooses by their size.
        force: Whether to replace existing files.
        progress: Called with the number of examples done.

    Returns:
        The number of examples written, and the images left out.

    Raises:
        InputError: Before anything is written, where the output is of unknown kind or there already, or
            the input lacks labels that the head needs; later, with nothing left behind, where the head
            does not take a value, or no image can be read.
    """
    batch = head.batch(batch)
    head.check(stream)
    failures: dict[str, str] = {}
    columns = RowColumns(stream.has_names, stream.labeled)
    with open_writer(output_paths(output, columns, force), head, columns) as writer:
        run, started, remark = head.load(), time.perf_counter(), None
        for rows, outputs in codes(run, stream, batch):
            failures |= rows.faults
            if not writer.count:
                remark = remark_on(head, stream, rows)
            writer.add(rows, outputs)
            progress(writer.count + len(failures))
        if not writer.count:
            raise none_readable(stream.where, failures, stream.noun)
    return Encoded(writer.count, failures, time.perf_counter() - started, remark or "")


def remark_on(head: Head, stream: Stream, rows: Batch) -> str | None:
    """A line about examples that are unlike those that a head was trained on.

    Args:
        head: The head.
        stream: The input.
        rows: Some of its examples, such as the first batch.

    Returns:
        The line; None or empty if they are like them.
    """
    data = head.data
    remarks: tuple[str, ...] = ()
    if isinstance(stream, FolderStream):
        frames = [Frame(str(Path(stream.where, stream.frames[at].name))) for at in rows.positions]
        remarks = images_of(data).remarks_on(frames, data.get("shape") or ())
    return remarks[0] if remarks else None if head.columns else unlike(data, rows.examples)


def codes(
    run: Callable[[Batch], Outputs], stream: Stream, batch: int, start: int = 0, stop: int | None = None
) -> Iterator[tuple[Batch, Outputs]]:
    """Encodes a stream; the next batch is read while one is encoded.

    Args:
        run: A loaded head.
        stream: The examples.
        batch: Examples at a time.
        start: The index of the first example.
        stop: The index after the last example; None stands for the end.

    Yields:
        Each batch and the head's outputs for it.
    """
    batches = stream.batches(batch, start, stop)
    with ThreadPoolExecutor(1) as reader:
        upcoming = reader.submit(next, batches, None)
        while (rows := upcoming.result()) is not None:
            upcoming = reader.submit(next, batches, None)
            yield rows, run(rows)


def summary(encoded: Encoded, head: Head, stream: Stream, output: Path) -> list[str]:
    """Lines about an encoding: its size and rate, the images left out, and files passed over.

    Args:
        encoded: The result.
        head: The head.
        stream: The examples.
        output: The file.

    Returns:
        The lines.
    """
    shapes = ", ".join(
        f"{name} {'x'.join(map(str, (encoded.count, *shape)))} {dtype}"
        for name, (shape, dtype) in head.outputs.items()
    )
    rate = encoded.count / max(encoded.seconds, 1e-9)
    lines = [
        f"{output}: {shapes}, {encoded.count:,} examples in {encoded.seconds:.1f} s, {rate:,.0f} a second"
    ]
    faults = [fault_note(encoded.failures, stream.count, stream.noun)] if encoded.failures else []
    return [*lines, *faults, *stream.notes]
