"""Prediction: reads inputs, runs a head and writes its outputs; unusable images are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keras_ae.apps.prediction.client_files import format_for, read_strings, several_for
from keras_ae.apps.prediction.format_files import files_of_formats, format_of_card, read_examples
from keras_ae.apps.prediction.image_files import encoded, images_in
from keras_ae.apps.prediction.inputs import find_inputs, images_of_paths, read_arrays
from keras_ae.apps.prediction.outputs import output_files, write
from keras_ae.apps.prediction.predictor import IMAGES, Predictor, open_predictor
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.data.find import examples_like
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.imaging.frames import Frame, in_parallel, pixels_of
from keras_ae.runs.unlike import in_color, of_fewer_bits, unlike
from keras_ae.serving.card_signatures import check_outputs
from keras_ae.serving.columns import read_columns

__all__ = ["Prediction", "predict"]

COMPARED = 2000
"""Inputs that are compared with the training data, at most."""

LOOKED_AT = 64
"""The same of image files."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """The outputs of a head for some inputs.

    Attributes:
        outputs: Arrays by name, a row for each input that could be used.
        count: All inputs.
        rows: The indices among them of those that could be used.
        failures: The reason for each image that was left out.
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
        The prediction; without any row where no image could be used.

    Raises:
        InputError: The inputs, the head or the output cannot be used.
    """
    if (format := format_for(request)) is not None:
        return _predict_strings(request, format)
    if (format := several_for(request)) is not None:
        return _predict_several(request, format)
    if examples := files_of_formats(request.inputs):
        return _predict_examples(request, examples)
    paths, file = find_inputs(request.inputs)
    with open_predictor(request, "serving_default" if file else IMAGES) as predictor:
        tensors = predictor.tensors()
        specs = _chosen(tensors["outputs"], request.outputs)
        if file is None and predictor.format is not None:
            return _predict_files(predictor, predictor.format, specs, request)
        paths, notes = images_of_paths(paths)
        images, page_notes = images_in(paths, predictor.pages)
        inputs: dict[str, np.ndarray] = {}
        names: list[str] | None = None
        if file is None:
            names = list(map(str, images))
        elif holds_rows(file):
            inputs = read_columns(file, tensors["inputs"], predictor.data)
        else:
            inputs, names = read_arrays(file, tensors["inputs"], predictor.domain, predictor.data)
        count = len(next(iter(inputs.values()))) if inputs else len(images)
        row_names = names or [f"{row:05d}" for row in range(count)]
        files = output_files(request.output, specs, row_names, request.inputs, request.force)
        if file is None:
            outputs, rows, failures = _predict_images(predictor, tensors["inputs"], images, request.batch)
        else:
            outputs, rows, failures = predictor.predict(inputs), list(range(count)), {}
        remark = _remark_on_images(predictor, paths, images) if file is None else _remark(predictor, inputs)
    outputs = {name: outputs[name] for name in specs if name in outputs}
    written = write(files, outputs, rows, names, tuple(predictor.columns.values())) if rows else []
    return Prediction(outputs, count, rows, failures, written, remark or "", (*notes, *page_notes))


def _predict_examples(request: PredictionRequest, paths: Sequence[Path]) -> Prediction:
    """The prediction of files that the format of the model's data reads, such as sounds."""
    with open_predictor(request, "serving_default") as predictor:
        format, tensors = format_of_card(predictor.data, paths), predictor.tensors()
        specs = _chosen(tensors["outputs"], request.outputs)
        names = list(map(str, paths))
        files = output_files(request.output, specs, names, request.inputs, request.force, format)
        inputs, rows, failures = read_examples(format, paths, tensors["inputs"])
        if not rows:
            return Prediction({}, len(paths), [], failures, noun="files")
        remark = _remark(predictor, inputs)
        outputs = predictor.predict(inputs)
    outputs = {name: outputs[name] for name in specs}
    lengths = inputs.get("lengths")
    written = write(files, outputs, rows, names, format=format, lengths=lengths)
    notes = tuple(filter(None, (format.note_on(paths[row]) for row in rows)))
    return Prediction(outputs, len(paths), rows, failures, written, remark or "", notes)


def _predict_files(
    predictor: Predictor, format: Format, specs: dict[str, dict], request: PredictionRequest
) -> Prediction:
    """The outputs of a head for files of its own format, without those that cannot be read."""
    files = format.files_in(request.inputs)
    shape = tuple(predictor.tensors()["inputs"]["inputs"]["shape"][1:])
    names = list(map(str, files))
    target = output_files(request.output, specs, names, request.inputs, request.force, format)
    parts: list[dict[str, np.ndarray]] = []
    rows: list[int] = []
    failures: dict[str, str] = {}
    remark = ""
    for begin in range(0, len(files), request.batch):
        read: dict[int, np.ndarray] = {}
        for row, file in enumerate(files[begin : begin + request.batch], begin):
            try:
                read[row] = format.read(file, shape)
            except InputError as error:
                failures[str(file)] = str(error).removeprefix(f"{file} ")
        if read:
            examples = np.stack(list(read.values()))
            remark = remark or unlike(predictor.data, examples) or ""
            parts.append(predictor.predict({"inputs": examples}))
            rows += read
    outputs = {name: np.concatenate([part[name] for part in parts]) for name in (specs if parts else ())}
    written = write(target, outputs, rows, names, format=format) if rows else []
    notes = tuple(dict.fromkeys(note for row in rows if (note := format.note_on(files[row], shape))))
    return Prediction(outputs, len(files), rows, failures, written, remark, notes)


def _predict_strings(request: PredictionRequest, format: Format) -> Prediction:
    """Runs a head on files of examples as clients have them, such as texts."""
    values, names = read_strings(request.inputs, format)
    with open_predictor(request, format.served_name) as predictor:
        specs = _chosen(predictor.tensors()["outputs"], request.outputs)
        files = output_files(request.output, specs, names, request.inputs, request.force)
        results = predictor.predict({format.served_name: values})
    outputs = {name: results[name] for name in specs}
    rows = list(range(len(values)))
    written = write(files, outputs, rows, names)
    return Prediction(outputs, len(values), rows, written=written, remark=format.remark_on(results))


def _predict_several(request: PredictionRequest, format: Format) -> Prediction:
    """Runs a head on files that hold several examples each, such as groups of rows."""
    names, examples = examples_like(request.inputs, format)
    with open_predictor(request, "serving_default") as predictor:
        tensors = predictor.tensors()
        if list(tensors["inputs"]) != ["inputs"]:
            raise InputError(
                f"this head takes {', '.join(tensors['inputs'])}, received {request.inputs[0]}; give arrays, "
                "or take another head: --head encoder"
            )
        specs = _chosen(tensors["outputs"], request.outputs)
        files = output_files(request.output, specs, names, request.inputs, request.force, format)
        remark = _remark(predictor, {"inputs": examples})
        results = predictor.predict({"inputs": examples})
    outputs = {name: results[name] for name in specs}
    rows = list(range(len(names)))
    written = write(files, outputs, rows, names, format=format)
    noun = type(format).__name__.lower()
    return Prediction(outputs, len(names), rows, written=written, remark=remark or "", noun=noun)


def _remark(predictor: Predictor, inputs: dict[str, np.ndarray]) -> str | None:
    """A line about inputs in original units that are unlike the training data."""
    examples = inputs.get("inputs")
    return None if examples is None else unlike(predictor.data, examples[:COMPARED])


def _remark_on_images(predictor: Predictor, paths: Sequence[Path], images: Sequence[Frame]) -> str | None:
    """A line about images that are unlike those of the training, where these are known."""
    if not predictor.data:
        return None
    remark = of_fewer_bits(predictor.data, paths) or in_color(predictor.data, paths)
    if remark or predictor.image_shape is None or predictor.full_scale is None:
        return remark
    few = images[:LOOKED_AT]
    pixels = np.empty((len(few), *predictor.image_shape), np.uint8)
    results = pixels_of("", few, pixels, predictor.full_scale, predictor.fit)
    return unlike(predictor.data, pixels[[isinstance(result, bytes) for result in results]] / 255.0)


def _chosen(specs: dict[str, dict], names: Sequence[str]) -> dict[str, dict]:
    """The outputs to write: those of some names, or all."""
    check_outputs(names, specs)
    return {name: specs[name] for name in names or specs}


def _predict_images(predictor: Predictor, specs: dict, images: Sequence[Frame], batch: int):
    """(outputs by name, indices of the images that they are of, reasons by name of those left out)."""
    if [spec["dtype"] for spec in specs.values()] != ["string"]:
        raise InputError(f"expected arrays ({', '.join(specs)}) in an .npz file, received images")
    parts: list[tuple[list[int], dict[str, np.ndarray]]] = []
    failures: dict[str, str] = {}
    for begin in range(0, len(images), batch):
        rows_read = range(begin, min(begin + batch, len(images)))
        read = in_parallel(lambda row: _content(images[row], predictor), rows_read)
        contents = {row: one for row, one in zip(rows_read, read, strict=True) if isinstance(one, bytes)}
        failures |= {
            str(images[row]): str(one)
            for row, one in zip(rows_read, read, strict=True)
            if isinstance(one, InputError)
        }
        parts += _predict_contents(predictor, contents, images, failures)
    rows = [row for part, _ in parts for row in part]
    names = parts[0][1] if parts else ()
    return {name: np.concatenate([outputs[name] for _, outputs in parts]) for name in names}, rows, failures


def _content(frame: Frame, predictor: Predictor) -> bytes | InputError:
    """The content of a file for the head, or why there is none."""
    try:
        return encoded(frame, predictor.image_shape, predictor.full_scale, predictor.fit)
    except InputError as error:
        return error


def _predict_contents(predictor, contents, images, failures):
    """[(indices, outputs)] of images in one batch; where the head refuses it, of one image after another."""
    if not contents:
        return []
    try:
        return [(list(contents), predictor.predict(list(contents.values())))]
    except InputError as error:
        if len(contents) == 1:
            failures[str(images[next(iter(contents))])] = _brief(str(error))
            return []
    return [
        part
        for row, content in contents.items()
        for part in _predict_contents(predictor, {row: content}, images, failures)
    ]


def _brief(message):
    """A message without where in the graph TensorFlow was."""
    return " ".join(message.partition("[[{{node")[0].rpartition("<stack traces unavailable>")[2].split())
