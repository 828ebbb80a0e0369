"""Conversions of exported heads to other runtimes: checked, timed and written one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from keras_ae.errors import ExportError
from keras_ae.serving.runtimes import conversion
from keras_ae.serving.runtimes.models import SIGNATURE, Converted, Source

__all__ = ["Conversion", "convert", "describe", "other_signatures", "titles"]


@dataclass(frozen=True)
class Conversion:
    """A head in a runtime.

    Attributes:
        title: The runtime.
        metrics: Size, times and differences; None if the runtime cannot take the head.
        note: The file, and in which way the head was converted; or why it could not be.
    """

    title: str
    metrics: conversion.RuntimeMetrics | None
    note: str


def convert(source: Source, runtimes: Sequence[str], output: Path) -> Iterator[Conversion]:
    """Converts a head to each of some runtimes, and goes on where one cannot take it.

    What is refused is so before anything is timed or written.

    Args:
        source: The head.
        runtimes: Names of the runtimes.
        output: The folder to write to.

    Yields:
        The head in TensorFlow, for comparison, unless no runtime can take it; then in each runtime.
    """
    each = {name: _converted(source, name) for name in runtimes}
    if any(isinstance(converted, Converted) for converted in each.values()):
        metrics = conversion.runtime_metrics(source, source.run, source.size)
        yield Conversion("TensorFlow", metrics, str(source.folder))
    for name, converted in each.items():
        title = conversion.RUNTIMES[name].title
        if isinstance(converted, ExportError):
            yield Conversion(title, None, str(converted))
            continue
        metrics = conversion.runtime_metrics(source, converted.run, len(converted.content))
        file = conversion.write(source, name, converted, output)
        kind = (converted.quantization or "").replace("_", "-")
        notes = "; ".join(filter(None, [kind, converted.note]))
        yield Conversion(title, metrics, f"{file} ({notes})" if notes else str(file))


def _converted(source: Source, name: str) -> Converted | ExportError:
    """The head in a runtime, or why that cannot take it."""
    try:
        return conversion.convert(source, name)
    except ExportError as error:
        return error


def titles(runtimes: Sequence[str]) -> list[str]:
    """The titles of TensorFlow and of some runtimes.

    Args:
        runtimes: Names of the runtimes.

    Returns:
        The titles, in the order of `convert`.
    """
    return ["TensorFlow", *(conversion.RUNTIMES[name].title for name in runtimes)]


def describe(source: Source) -> str:
    """A line about a head and the processors that it is timed on.

    Args:
        source: The head.

    Returns:
        The line.
    """
    device = "the GPU" if tf.config.list_physical_devices("GPU") else "all cores"
    return f"{source.name}, version {source.folder.name}; TensorFlow on {device}, others on one core"


def other_signatures(source: Source) -> list[str]:
    """The signatures of a head that are not converted.

    Args:
        source: The head.

    Returns:
        Their names.
    """
    return sorted(set(source.exported.card["signatures"]) - {SIGNATURE})
