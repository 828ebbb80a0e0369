"""The outputs of a head for files of examples, in batches; those that cannot be used are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_ae.apps.prediction.predictor import Predictor
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.inputs import LENGTHS, HeadInputs, ReadInputs, read_inputs
from keras_ae.runs.unlike import unlike

__all__ = ["COMPARED", "ExampleOutputs", "predict_examples"]

COMPARED = 2000
"""Examples that are compared with the training data, at most."""


@dataclass(eq=False)
class ExampleOutputs:
    """What a head gives for examples.

    Attributes:
        outputs: Arrays by name, a row for each example that could be used.
        rows: The index of each of these among all.
        failures: The reason for each that was left out, by its name.
        lengths: How much of each row counts; None for all.
        remark: A line about examples that are unlike those of the training; "" if they are like them.
        notes: Lines about what was left out of files.
    """

    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    lengths: np.ndarray | None = None
    remark: str = ""
    notes: tuple[str, ...] = ()


def predict_examples(
    predictor: Predictor, format: Format, examples: Sequence[Any], head: HeadInputs, batch: int
) -> ExampleOutputs:
    """Reads examples and runs a head on them.

    Args:
        predictor: The head.
        format: What reads the examples.
        examples: As the format finds them.
        head: What the head takes, which the format takes.
        batch: Examples that are read at a time; all where their lengths differ.

    Returns:
        The outputs.

    Raises:
        InputError: The head refuses arrays, or takes examples of one length at a time.
    """
    found = ExampleOutputs(remark=next(iter(_remarks(predictor, format, examples)), ""))
    step = max(1, len(examples) if None in head.shape else batch)
    parts: list[tuple[ReadInputs, dict[str, np.ndarray]]] = []
    for begin in range(0, len(examples), step):
        few = examples[begin : begin + step]
        read = read_inputs(format, few, head)
        found.failures |= read.failures
        if not begin and predictor.data and not found.remark and read.rows:
            compared = format.compared(few, read.inputs, head)
            found.remark = (None if compared is None else unlike(predictor.data, compared[:COMPARED])) or ""
        for part, outputs in _predicted(predictor, read, few, found.failures):
            parts.append((part, outputs))
            found.rows += [begin + row for row in part.rows]
    if parts:
        found.outputs = {name: np.concatenate([each[name] for _, each in parts]) for name in parts[0][1]}
        if LENGTHS in head.specs:
            found.lengths = np.concatenate([part.inputs[LENGTHS] for part, _ in parts])
    found.notes = format.notes_on([examples[row] for row in found.rows], head)
    return found


def _remarks(predictor: Predictor, format: Format, examples: Sequence[Any]) -> tuple[str, ...]:
    data = predictor.data
    return format.remarks_on(examples, data.get("shape") or ()) if data else ()


def _predicted(
    predictor: Predictor, read: ReadInputs, examples: Sequence[Any], failures: dict[str, str]
) -> list[tuple[ReadInputs, dict[str, np.ndarray]]]:
    """Outputs of a batch; where the head refuses the content of a file, of one example after another."""
    if not read.rows:
        return []
    try:
        return [(read, predictor.predict(read.inputs))]
    except InputError as error:
        if next(iter(read.inputs.values())).dtype != object:
            raise
        if len(read.rows) == 1:
            failures[str(examples[read.rows[0]])] = _brief(str(error))
            return []
    return [
        part
        for at, row in enumerate(read.rows)
        for part in _predicted(predictor, _one_of(read, at, row), examples, failures)
    ]


def _one_of(read: ReadInputs, at: int, row: int) -> ReadInputs:
    return ReadInputs({name: array[at : at + 1] for name, array in read.inputs.items()}, [row])


def _brief(message: str) -> str:
    """A message without where in the graph TensorFlow was."""
    return " ".join(message.partition("[[{{node")[0].rpartition("<stack traces unavailable>")[2].split())
