"""Heads as SavedModels in TF Serving's directory form, each with its card, and checked from disk."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae.data.types import Scaler
from keras_ae.errors import ExportError, InputError
from keras_ae.heads import Heads, apply
from keras_ae.serving.config_files import BATCHED, BATCHING_TEXT, write_files
from keras_ae.serving.graph import refuse_forbidden
from keras_ae.serving.records import Record, write_records
from keras_ae.serving.signatures import InGraph, InNumPy, head_signatures
from keras_ae.serving.versions import locked, prune, publish

TOLERANCE = 1e-5
"""Largest difference from the Keras heads, relative to the largest output, that an export may show."""

TIES = 0.01
"""Share of whole numbers that may be others: of two all but as likely, or as near, the last digits choose."""

BATCHES = (1, 7)
"""Sizes of the requests that are kept with their answers, beside one of all examples."""


def export_heads(
    heads: Heads,
    scaler: Scaler,
    examples: dict[str, np.ndarray],
    name: str,
    card: dict,
    root: Path,
    sampler: keras.Model | None = None,
    keep: int | None = None,
    restorer: keras.Model | None = None,
    images: dict[str, np.ndarray] | None = None,
    detector: keras.Model | None = None,
    columns: dict[str, np.ndarray] | None = None,
) -> dict[str, Path]:
    """Writes root/name/<head>/<version>/ for encoder, decoder, autoencoder, prior, restorer and detector.

    Each head is a SavedModel of its own, with the signatures of `head_signatures`, any batch size,
    `card.json` (which has the signatures and the hash of the weights beside what is given), and
    warm-up records with the Keras heads' answers. Values go in and come out in the data's own
    units, classes by their numbers. The version is one above the highest there is; a model appears
    under its number only when it is complete. What TF Serving reads of all models is written anew.

    units: those the heads were trained in. examples: what the heads take, by name, in those units:
        held-back ones, on which each signature, read back from disk, is compared with its Keras head.
    sampler: {"noise"} -> {"code"}, of a decoder that is to sample.
    keep: newest versions of each head to leave, beside the one before the newest and those labeled; None
        leaves all.
    restorer: of a task that restores images; images: what it takes, by name, to be compared on.
    detector: of a task that detects anomalies.
    columns: of a table's examples, by the names of the signature.
    Returns the folder of each head.
    Raises InputError when the folder cannot be written or `keep` is below 1, ExportError for a graph
    that draws or changes anything and for a head that, read back, differs; nothing stays behind then.
    """
    if keep is not None and keep < 1:
        raise InputError(f"expected at least 1 version to keep, received {keep}")
    passage = InNumPy(heads, scaler)
    served = head_signatures(heads, scaler, sampler, InGraph(heads, scaler), restorer, detector)
    due = head_signatures(heads, scaler, sampler, passage, restorer, detector)
    asked = _requests(heads, scaler, sampler, examples, passage, columns or {})
    of_codes = ("decoder", "prior")  # a column may be called as what they take
    requests = {head: asked if head in of_codes else asked | (columns or {}) for head in served}
    if restorer is not None:
        requests["restorer"] = _restoring_requests(images, passage)
    weights = {head: _weights(head, heads, sampler, restorer, detector) for head in served}
    aside = root / name / f"tmp-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        for head, signatures in served.items():
            _write(signatures, weights[head], aside / head, scaler.preprocessor)
            refuse_forbidden(aside / head)
            records = _records(due[head], requests[head])
            described = _verified(aside / head, records)
            write_records(records, aside / head, f"{name}_{head}")
            _allow_batching(signatures, aside / head)
            own = {"head": head, "signatures": described, "weights_sha256": _sha256(weights[head])}
            (aside / head / "card.json").write_text(json.dumps(card | own, indent=1) + "\n")
        with locked(root):
            folders = publish(aside, root / name, tuple(served))
            for folder in folders.values() if keep else ():
                prune(folder.parent, keep)
            write_files(root)
    except (OSError, tf.errors.OpError) as error:
        raise InputError(f"{root / name} cannot be written ({error}); name another folder") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folders


def _weights(head, heads, sampler, restorer, detector):
    """The weights that a head serves, each once."""
    models = {
        "encoder": (heads.encoder,),
        "decoder": (heads.decoder, sampler),
        "prior": (heads.prior,),
        "restorer": (restorer,),
        "detector": (detector,),
    }
    models = models.get(head, (heads.end_to_end,))
    found = {id(weight): weight for model in models if model is not None for weight in model.weights}
    return list(found.values())


def _sha256(weights):
    """Hash of weights' shapes, types and values, in the order in which the model has them."""
    digest = hashlib.sha256()
    for weight in weights:
        value = np.ascontiguousarray(weight)
        digest.update(f"{value.shape} {value.dtype} ".encode())
        digest.update(value)
    return digest.hexdigest()


def _write(signatures, weights, folder, preprocessor):
    """A SavedModel of functions and weights alone; of the layers nothing but the graph is needed.

    But for what takes columns in, which has tables of words.
    """
    module = tf.Module()
    module.preprocessor = preprocessor and preprocessor.model
    module.kept = [weight.value for weight in weights]
    functions = {name: signature.run for name, signature in signatures.items()}
    for name, function in functions.items():
        setattr(module, name, function)
    tf.saved_model.save(module, str(folder), signatures=functions)


def _allow_batching(signatures, folder):
    """Lets a server put several requests into one batch, where no request's values can fail the others'.

    Images may be broken, numbers of classes or codes may be none, and images of any size are of
    different ones: those heads answer alone.
    """
    specs = [spec for signature in signatures.values() for spec in signature.takes.values()]
    if all(spec.dtype == tf.float32 and None not in spec.shape[1:] for spec in specs):
        (folder / BATCHED).write_text(BATCHING_TEXT)


def _restoring_requests(images, passage):
    """What to ask of a restorer: images, what else it takes, and all of it as files."""
    files = {
        "image_bytes" if name == "inputs" else f"{name}_bytes": passage.written(value)
        for name, value in images.items()
    }
    return {name: value.astype(np.float32) for name, value in images.items()} | files


def _requests(heads, scaler, sampler, examples, passage, columns):
    """What to ask of the signatures, by the names that they take, in the data's own units."""
    raw = examples["inputs"] * scaler.scale + scaler.offset
    named = {"inputs": raw.astype(np.float32)} | columns
    if scaler.domain.one_hot:
        named["inputs"] = examples["inputs"].argmax(axis=-1)
    if "condition" in examples:
        named["condition"] = examples["condition"].argmax(axis=-1)
    named["code"] = np.asarray(apply(heads.encoder, passage.inward(named))["code"])
    for model in (sampler, heads.prior):
        if model is not None:
            shape = (len(raw), *model.inputs[0].shape[1:])
            named["noise"] = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    if scaler.domain.unit_interval and raw.ndim == 4 and raw.shape[-1] in (1, 3):
        named["image_bytes"] = passage.written(raw)
    return named


def _records(due, requests):
    """For each signature requests of 1, 7 and all examples, with the Keras heads' answers.

    Each is asked of Keras by itself, for the last digits go by the size of a batch.
    """
    most = min(len(value) for value in requests.values())
    records = []
    for name, signature in due.items():
        for rows in sorted({*(size for size in BATCHES if size < most), most}):
            inputs = {key: requests[key][:rows] for key in signature.takes}
            outputs = {key: np.asarray(value) for key, value in signature.run(inputs).items()}
            records.append(Record(name, inputs, outputs))
    return records


def _verified(folder, records):
    """The signatures found in a SavedModel, once their answers to records are the ones due."""
    loaded = tf.saved_model.load(str(folder))
    for record in records:
        served = loaded.signatures[record.signature]
        specs = served.structured_input_signature[1]
        given = {name: tf.constant(value, specs[name].dtype) for name, value in record.inputs.items()}
        outputs = served(**given)
        if outputs.keys() != record.outputs.keys():
            raise ExportError(f"{record.signature} of {folder.name} gives {sorted(outputs)} once exported")
        for name, value in outputs.items():
            worst = difference(value.numpy(), record.outputs[name])
            if not worst <= TOLERANCE:
                raise ExportError(
                    f"{name} of {folder.name} ({record.signature}) differs by {worst:g} of its largest value "
                    f"once exported, at most {TOLERANCE:g} is allowed; nothing was kept"
                )
    return {name: _described(served) for name, served in loaded.signatures.items()}


def difference(found: np.ndarray, due: np.ndarray) -> float:
    """Largest difference, as a share of the largest value due or of 1 where that is less.

    Of whole numbers, such as those of classes or codes, none where no more than TIES are others. Of encoded
    images, a level of 255 in a pixel counts for nothing: a value on the border between two levels may fall
    to either side.
    """
    if found.dtype == object:
        pairs = [
            [tf.io.decode_png(side).numpy().astype(int) for side in pair]
            for pair in zip(found, due, strict=True)
        ]
        levels = max((np.abs(one - other).max() for one, other in pairs), default=0)
        return max(0, levels - 1) / 255
    if due.dtype.kind in "iu" and np.sum(found != due) <= TIES * due.size:
        return 0.0
    gap = np.abs(found.astype(np.float64) - due.astype(np.float64)).max(initial=0.0)
    return float(gap / max(1.0, np.abs(due.astype(np.float64)).max(initial=0.0)))


def _described(served):
    sides = {"inputs": served.structured_input_signature[1], "outputs": served.structured_outputs}
    return {
        side: {
            name: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name} for name, spec in specs.items()
        }
        for side, specs in sides.items()
    }
