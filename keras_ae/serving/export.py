"""Export of heads as SavedModels in TF Serving's directory layout, verified after loading from disk."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.data.scaling import class_indices
from keras_ae.errors import ExportError, InputError
from keras_ae.files import FORMAT
from keras_ae.formats.images import Images
from keras_ae.heads import ServableHeads, apply
from keras_ae.imaging.grid import is_image_shape
from keras_ae.names import check_name
from keras_ae.serving.boundary import GraphBoundary, NumPyBoundary
from keras_ae.serving.config_files import BATCHED, BATCHING_TEXT, write_files
from keras_ae.serving.exported import CARD_FILE, ExportedHead
from keras_ae.serving.graph import refuse_forbidden
from keras_ae.serving.records import Record, write_records
from keras_ae.serving.signatures import IMAGE_SIGNATURE, file_name, head_signatures
from keras_ae.serving.versions import head_folders, locked, prune, publish, served_name

__all__ = ["TIES", "TOLERANCE", "difference", "export_heads"]

LOG = logging.getLogger(__name__)

TOLERANCE = 1e-5
"""Largest difference from the Keras heads, relative to the largest output, that an export may show."""

TIES = 0.01
"""Fraction of integer outputs that may differ, because rounding decides between equally likely classes."""

BATCHES = (1, 7)
"""Batch sizes of the recorded requests, in addition to one request with all examples."""

CODE_HEADS = ("decoder", "prior")
"""Heads that take no examples; a table's columns may have the same names as their inputs."""


def export_heads(
    servable: ServableHeads, name: str, card: Mapping[str, Any], root: Path, keep: int | None = None
) -> dict[str, Path]:
    """Writes each head as a SavedModel to root/name/<head>/<version>/.

    A SavedModel has the signatures of `head_signatures`, takes any batch size, and comes with a `card.json`,
    which adds the signatures and the hash of the weights to `card`, and with warm-up records with the Keras
    heads' answers. Inputs and outputs are in original units, classes are integers. The new version number is
    one above the highest existing one; a version appears only when it is complete. TF Serving's configuration
    files of all models are rewritten.

    Args:
        servable: The heads, and examples on which each signature, loaded from disk, is compared with its
            Keras head.
        name: The model's name.
        card: The model card.
        root: The folder of all exported models.
        keep: Number of newest versions of each head to keep, in addition to the one before the newest and
            labeled ones; None keeps all.

    Returns:
        The folder of the new version of each head.

    Raises:
        InputError: If the folder cannot be written, `keep` is below 1, the name is none that folders may
            have, or TF Serving would know a head by the same name as one of another model.
        ExportError: If a graph is random or stateful, or a head loaded from disk gives other outputs. Nothing
            is left behind in that case.
    """
    if keep is not None and keep < 1:
        raise InputError(f"expected at least 1 version to keep, received {keep}")
    check_name(name, "the name of a model")
    heads, scaler = servable.heads, servable.scaler
    boundary = NumPyBoundary(heads, scaler)
    images = servable.format if isinstance(servable.format, Images) else Images()
    served = head_signatures(servable, GraphBoundary(heads, scaler, images.white, images.fit))
    expected = head_signatures(servable, boundary)
    _check_served_names(root, name, tuple(served))
    requests = _requests(servable, boundary)
    weights = {head: _weights(head, servable) for head in served}
    partial = root / name / f"tmp-{uuid.uuid4().hex}"
    try:
        partial.mkdir(parents=True)
        for head, signatures in served.items():
            LOG.info("exporting %s", head)
            folder = partial / head
            _write(signatures, weights[head], folder, scaler.preprocessor)
            refuse_forbidden(folder)
            records = _records(expected[head], requests[head])
            tensors = _verify(folder, records)
            write_records(records, folder, f"{name}_{head}")
            _allow_batching(signatures, folder)
            own = {
                "format": FORMAT,
                "head": head,
                "signatures": tensors,
                "weights_sha256": _sha256(weights[head]),
            }
            text = json.dumps({**card, **own}, indent=1, ensure_ascii=False)
            (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")
        with locked(root):
            folders = publish(partial, root / name, tuple(served))
            if keep is not None:
                for folder in folders.values():
                    prune(folder.parent, keep)
            write_files(root)
    except (OSError, tf.errors.OpError) as error:
        raise InputError(f"{root / name} cannot be written ({error}); name another folder") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folders


def _check_served_names(root: Path, name: str, heads: tuple[str, ...]) -> None:
    """Refuses a head of the name that TF Serving knows one of another model by, as a_b of a is b of a_b."""
    others = {served_name(folder): folder for folder in head_folders(root) if folder.parent.name != name}
    same = [others[served] for head in heads if (served := served_name(root / name / head)) in others]
    if same:
        raise InputError(
            f"TF Serving would know a head of {name} and {same[0]} by the same name, {served_name(same[0])}; "
            f"export the run under another one: make export RECIPE={name} NAME=other"
        )


def _weights(head: str, servable: ServableHeads) -> list:
    """The weights of a head, without duplicates."""
    heads = servable.heads
    models = {
        "encoder": (heads.encoder,),
        "decoder": (heads.decoder, servable.sampler),
        "autoencoder": (heads.end_to_end,),
        "prior": (heads.prior,),
    } | {further.name: (further.model,) for further in servable.served_heads}
    weights = {id(weight): weight for model in models[head] if model is not None for weight in model.weights}
    return list(weights.values())


def _sha256(weights):
    """Hash of the weights' shapes, types and values, in the model's order."""
    digest = hashlib.sha256()
    for weight in weights:
        value = np.ascontiguousarray(weight)
        digest.update(f"{value.shape} {value.dtype} ".encode())
        digest.update(value)
    return digest.hexdigest()


def _write(signatures, weights, folder, preprocessor):
    """Writes a SavedModel of functions and weights, without the Keras layers.

    Only the preprocessor of a table's columns is saved as a model, because it contains lookup tables.
    """
    module = tf.Module()
    module.preprocessor = preprocessor and preprocessor.model
    module.kept = [weight.value for weight in weights]
    functions = {name: signature.run for name, signature in signatures.items()}
    for name, function in functions.items():
        setattr(module, name, function)
    tf.saved_model.save(module, str(folder), signatures=functions)


def _allow_batching(signatures, folder):
    """Enables batching on a server, if no request's values can make others in the same batch fail.

    Image files may be broken, integers may be out of range, and images of any size differ in shape: such
    heads answer each request separately.
    """
    specs = [spec for signature in signatures.values() for spec in signature.inputs.values()]
    if all(spec.dtype == tf.float32 and None not in spec.shape[1:] for spec in specs):
        (folder / BATCHED).write_text(BATCHING_TEXT)


def _requests(servable: ServableHeads, boundary: NumPyBoundary) -> dict[str, dict[str, np.ndarray]]:
    """The inputs for each head's signatures, by name and in original units."""
    common = _common_requests(servable, boundary)
    requests = {
        head: common if head in CODE_HEADS else {**common, **servable.columns}
        for head in ("encoder", "autoencoder", *CODE_HEADS)
    }
    for head in servable.served_heads:
        examples = {name: np.asarray(value) for name, value in head.examples.items()}
        if head.takes_images:
            files = {file_name(name): boundary.encode_images(value) for name, value in examples.items()}
            requests[head.name] = {name: value.astype(np.float32) for name, value in examples.items()} | files
        else:
            requests[head.name] = {**common, **servable.columns, **examples}
    return requests


def _common_requests(servable: ServableHeads, boundary: NumPyBoundary) -> dict[str, np.ndarray]:
    """The examples, their codes and random noise, by the names of the signatures' inputs."""
    heads, scaler, examples = servable.heads, servable.scaler, servable.examples
    if scaler.domain.ends:
        original = scaler.inverse_transform(examples["inputs"])
    else:
        original = examples["inputs"] * scaler.scale + scaler.offset
    requests = {"inputs": original.astype(np.float32), **servable.columns}
    if scaler.domain.one_hot:
        requests["inputs"] = class_indices(examples["inputs"])
    if "condition" in examples:
        requests["condition"] = examples["condition"].argmax(axis=-1)
    requests["code"] = np.asarray(apply(heads.encoder, boundary.to_model(heads.encoder, requests))["code"])
    for model in (servable.sampler, heads.prior):
        if model is not None:
            shape = (len(original), *model.inputs[0].shape[1:])
            requests["noise"] = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    if scaler.format is not None and scaler.format.served_name:
        requests[scaler.format.served_name] = boundary.for_clients(requests["inputs"])
    if scaler.domain.unit_interval and is_image_shape(original.shape[1:]):
        requests[IMAGE_SIGNATURE] = boundary.encode_images(original)
    return requests


def _records(signatures, requests):
    """For each signature, requests of 1, 7 and all examples with the Keras heads' answers.

    Each answer is computed separately, because the last digits depend on the batch size.
    """
    records = []
    for name, signature in signatures.items():
        if missing := signature.inputs.keys() - requests.keys():
            raise ExportError(
                f"no examples for the input {missing.pop()} of a head; add them to its ServedHead's examples"
            )
        count = min(len(requests[key]) for key in signature.inputs)
        for rows in sorted({*(size for size in BATCHES if size < count), count}):
            inputs = {key: requests[key][:rows] for key in signature.inputs}
            outputs = {key: np.asarray(value) for key, value in signature.run(inputs).items()}
            records.append(Record(name, inputs, outputs))
    return records


def _verify(folder: Path, records: Sequence[Record]) -> dict[str, dict]:
    """Checks a SavedModel's answers and returns its signatures as the card describes them."""
    head = ExportedHead(folder)
    for record in records:
        signature = head.signature(record.signature)
        outputs = signature(record.inputs)
        if outputs.keys() != record.outputs.keys():
            raise ExportError(
                f"{record.signature} of {folder.name} returns {sorted(outputs)} after export, expected "
                f"{sorted(record.outputs)}"
            )
        for name, value in outputs.items():
            worst = difference(value, record.outputs[name])
            if not worst <= TOLERANCE:
                raise ExportError(
                    f"{name} of {folder.name} ({record.signature}) differs by {worst:g} of its largest value "
                    f"after export, at most {TOLERANCE:g} is allowed; nothing was saved"
                )
    return {name: head.signature(name).tensors() for name in head.loaded.signatures}


def _is_png(content: bytes) -> bool:
    return content.startswith(b"\x89PNG")


def difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest expected value, or to 1 if that is smaller.

    A fraction of TIES of integers, such as classes or discrete codes, and of texts may differ, and one
    integer by 1. In images, a difference of one level (of 255) is ignored, because rounding may go either
    way. A number that is missing is missing in both.

    Args:
        actual: An output of an exported head; encoded images and words as an array of objects.
        expected: The Keras head's output.

    Returns:
        The difference; 0 if it is within these limits.
    """
    if actual.dtype == object and not all(map(_is_png, (*actual, *expected))):
        wrong = sum(one != other for one, other in zip(actual, expected, strict=True))
        return 0.0 if wrong <= TIES * len(expected) else 1.0
    if actual.dtype == object:
        pairs = [
            [tf.io.decode_png(side).numpy().astype(int) for side in pair]
            for pair in zip(actual, expected, strict=True)
        ]
        levels = max((np.abs(one - other).max() for one, other in pairs), default=0)
        return max(0, levels - 1) / 255
    numbers, due = actual.astype(np.float64), expected.astype(np.float64)
    missing = np.isnan(due)
    if (missing != np.isnan(numbers)).any():
        return 1.0
    gaps = np.abs(numbers - due)[~missing]
    worst = float(gaps.max(initial=0.0))
    if expected.dtype.kind in "iu" and _are_ties(gaps > 0, int(worst <= 1)):
        return 0.0
    return worst / max(1.0, float(np.abs(due[~missing]).max(initial=0.0)))


def _are_ties(wrong: np.ndarray, least: int) -> bool:
    """Whether so few whole numbers or words are others that rounding has decided."""
    return bool(wrong.sum() <= max(TIES * wrong.size, least))
