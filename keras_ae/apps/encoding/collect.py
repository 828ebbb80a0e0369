"""The outputs of a head for a whole input, in memory, with some of the examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from keras_ae.apps.encoding.encode import codes, remark_on
from keras_ae.apps.encoding.head import Head, Outputs
from keras_ae.codec.codes_file import MOST_LEVELS
from keras_ae.data.images.listing import none_readable
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError

__all__ = ["Collected", "collect"]

FEW = 2000
"""Examples that are kept to compare reconstructions with, about."""


@dataclass(frozen=True, eq=False)
class Collected:
    """The outputs of a head for a whole input.

    Attributes:
        outputs: Arrays by name, a row for each example that could be read.
        names: The name of each; None where examples have none.
        labels: (n,), the class of each; None where there are none.
        failures: The reason for each image that was left out, by its name.
        few: Some of the examples, evenly spaced.
        rows: (k,), the rows of those.
        remark: A line about examples that are unlike the training data; empty if they are like them.
    """

    outputs: Outputs
    names: tuple[str, ...] | None
    labels: np.ndarray | None
    failures: dict[str, str]
    few: np.ndarray
    rows: np.ndarray
    remark: str = ""

    @property
    def count(self) -> int:
        """How many examples there are."""
        return len(next(iter(self.outputs.values())))


def collect(
    head: Head, stream: Stream, batch: int | None = None, progress: Callable[[int], None] = lambda count: None
) -> Collected:
    """Runs a head on all examples of an input.

    Args:
        head: The head.
        stream: The examples.
        batch: Examples at a time; None chooses by their size.
        progress: Called with the number of examples done.

    Returns:
        The outputs.

    Raises:
        InputError: The outputs do not fit into memory, the input lacks labels that the head needs, the head
            does not take a value, or no image can be read.
    """
    numbers = stream.count * sum(prod(shape) for shape, _ in head.outputs.values())
    if numbers > MOST_LEVELS:
        raise InputError(
            f"the outputs of {stream.count:,} examples are {numbers:,} numbers, at most {MOST_LEVELS:,} are "
            "quantized at a time; do it in parts"
        )
    head.check(stream)
    run, step = head.load(), -(-stream.count // FEW)
    parts: list[Outputs] = []
    few, rows, labels = [], [], []
    names: list[str] = []
    failures: dict[str, str] = {}
    done, remark = 0, None
    for each, outputs in codes(run, stream, head.batch(batch)):
        failures |= each.faults
        if not done and len(each):
            remark = remark_on(head, stream, each)
        chosen = np.flatnonzero(each.positions % step == 0)
        few.append(each.examples[chosen])
        rows.append(done + chosen)
        names += each.names or ()
        labels += [] if each.labels is None else [each.labels]
        parts.append(outputs)
        done += len(each)
        progress(done + len(failures))
    if not done:
        raise none_readable(stream.where, failures, stream.noun)
    return Collected(
        {name: np.concatenate([part[name] for part in parts]) for name in head.outputs},
        tuple(names) if stream.has_names else None,
        np.concatenate(labels) if stream.labeled else None,
        failures, np.concatenate(few), np.concatenate(rows), remark or "",
    )  # fmt: skip
