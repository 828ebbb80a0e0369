"""Prediction: reads inputs, runs a head and writes its outputs; unusable examples are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_ae.apps.prediction.arrays import read_arrays
from keras_ae.apps.prediction.examples import COMPARED, predict_examples
from keras_ae.apps.prediction.outputs import output_files, write
from keras_ae.apps.prediction.predictor import Predictor, open_predictor
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.apps.prediction.source import Source, refusal, source_of
from keras_ae.data.find import find_examples
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.formats import Format
from keras_ae.formats.inputs import ExampleInFile, HeadInputs
from keras_ae.runs.unlike import unlike
from keras_ae.serving.card_signatures import check_outputs
from keras_ae.serving.columns import read_columns

__all__ = ["Prediction", "predict"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The outputs of a head for some inputs.

    Attributes:
        outputs: Arrays by name, a row for each input that could be used.
        count: All inputs.
        rows: The indices among them of those that could be used.
        failures: The reason for each example that was left out, by its name.
        written: Lines that say what was written.
        remark: A line about inputs that are unlike the training data; empty if they are like them.
        notes: Lines about files that are passed over, or hold several images.
        noun: What was given, in the plural.
    """

    outputs: dict[str, np.ndarray]
    count: int
    rows: list[int]
    failures: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    remark: str = ""
    notes: tuple[str, ...] = ()
    noun: str = "images"


def predict(request: PredictionRequest) -> Prediction:
    """Runs a head on inputs and writes its outputs.

    Args:
        request: The inputs, the head, and where the outputs go.

    Returns:
        The prediction; without any row where no example could be used.

    Raises:
        InputError: The inputs, the head or the output cannot be used.
    """
    source = source_of(request)
    with open_predictor(request, source) as predictor:
        specs = _chosen(predictor.tensors()["outputs"], request.outputs)
        if source.file is not None:
            return _of_arrays(predictor, source, specs, request)
        return _of_examples(predictor, source, specs, request)


def _of_arrays(
    predictor: Predictor, source: Source, specs: dict[str, dict], request: PredictionRequest
) -> Prediction:
    """The prediction of one file of arrays or rows."""
    assert source.file is not None
    taken = predictor.tensors()["inputs"]
    names: list[str] | None = None
    if holds_rows(source.file):
        inputs = read_columns(source.file, taken, predictor.data)
    else:
        inputs, names = read_arrays(source.file, taken, predictor.domain, predictor.data)
    count = len(next(iter(inputs.values())))
    row_names = names or [f"{row:05d}" for row in range(count)]
    format = None if request.url else _format_of(source, specs)
    sources = [source.file] * count if format is not None and format.writes_several else []
    files = output_files(request.output, specs, row_names, request.inputs, request.force, format, sources)
    examples = inputs.get("inputs")
    remark = None if examples is None else unlike(predictor.data, examples[:COMPARED])
    results = predictor.predict(inputs)
    outputs, rows = {name: results[name] for name in specs}, list(range(count))
    entries = row_names if sources else []
    columns = tuple(predictor.columns.values())
    written = write(files, outputs, rows, names, columns, format, entries=entries)
    return Prediction(outputs, count, rows, written=written, remark=remark or "")


def _of_examples(
    predictor: Predictor, source: Source, specs: dict[str, dict], request: PredictionRequest
) -> Prediction:
    """The prediction of files of examples, by their format."""
    format, taken = source.format, predictor.tensors()["inputs"]
    head = HeadInputs(taken, predictor.example_shape, request.url is not None)
    if not format.takes(head):
        received = f"expected arrays ({', '.join(taken)}) in an .npz file, received {format.noun}"
        raise refusal(request, format, received)
    found = find_examples(request.inputs, format)
    names = list(map(str, found.examples))
    sources = found.files if format.writes_several else ()
    files = output_files(request.output, specs, names, request.inputs, request.force, format, sources)
    done = predict_examples(predictor, format, found.examples, head, request.batch)
    outputs = {name: done.outputs[name] for name in specs if name in done.outputs}
    written: list[str] = []
    if done.rows:
        entries = [_entry(example) for example in found.examples] if sources else []
        written = write(files, outputs, done.rows, names, (), format, done.lengths, entries)
    notes = (*found.notes, *done.notes)
    return Prediction(outputs, len(names), done.rows, done.failures, written, done.remark, notes, format.noun)


def _format_of(source: Source, specs: Mapping[str, dict]) -> Format | None:
    """The format whose files reconstructions are written to in a folder; None for arrays."""
    shape = tuple(side or 0 for side in specs.get("reconstruction", {}).get("shape", ())[1:])
    return source.format if source.format.own_files(shape) else None


def _entry(example: Any) -> str:
    return example.entry if isinstance(example, ExampleInFile) else str(example)


def _chosen(specs: dict[str, dict], names: Sequence[str]) -> dict[str, dict]:
    """The outputs to write: those of some names, or all."""
    check_outputs(names, specs)
    return {name: specs[name] for name in names or specs}
