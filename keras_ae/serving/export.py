"""Heads as SavedModels in TF Serving's directory form, each with its card and checked from disk."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae.data.dataset import Units
from keras_ae.errors import ExportError, InputError
from keras_ae.heads import Heads, apply
from keras_ae.serving.versions import head_folders, publish, replace_text

TOLERANCE = 1e-5
"""Largest difference from the Keras heads, relative to the largest output, that an export may show."""

MOUNT = "/models"
"""Where TF Serving's container expects the folder of all models."""


def export_heads(
    heads: Heads, units: Units, examples: dict[str, np.ndarray], name: str, card: dict, root: Path
) -> dict[str, Path]:
    """Writes root/name/{encoder,decoder,autoencoder}/<version>/ and root/models.config; and a learned prior.

    Each head is a SavedModel of its own with float32 inputs and outputs by name (`inputs`,
    `code`, `reconstruction`), any batch size, and `card.json` beside it. Real-valued data goes
    in and comes out in its own units: the standardisation is inside the graph. A condition goes in
    as the number of the class, int64, and standard normal noise into the prior. The version is one
    above the highest there is; a model appears under its number only when it is complete.

    units: those the heads were trained in. examples: what the heads take, by name, in those units,
        on which each head, read back from disk, is compared with its Keras model.
    Returns the folder of each head.
    Raises InputError when the folder cannot be written, ExportError when a head read back
    differs; nothing stays behind in either case.
    """
    functions = _functions(heads, units)
    aside = root / name / f"tmp-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        batch = {"inputs": tf.constant(examples["inputs"] * units.scale + units.offset, tf.float32)}
        if "condition" in examples:
            batch["condition"] = tf.argmax(examples["condition"], axis=-1)
        taken = {tensor.name: batch[tensor.name] for tensor in heads.encoder.inputs}
        batch |= functions["encoder"][1](taken)
        if heads.prior is not None:
            shape = (len(examples["inputs"]), *heads.prior.inputs[0].shape[1:])
            batch["noise"] = tf.random.stateless_normal(shape, (0, 0))
        signatures = {}
        for head, (model, function) in functions.items():
            _write(model, function, aside / head)
            signatures[head] = _verified(aside / head, function, batch)
        for head in functions:
            text = json.dumps(card | {"head": head, "signature": signatures[head]}, indent=1)
            (aside / head / "card.json").write_text(text + "\n")
        folders = publish(aside, root / name, tuple(functions))
    except (OSError, tf.errors.OpError) as error:
        raise InputError(f"{root / name} cannot be written ({error}); name another folder") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    write_config(root)
    return folders


def write_config(root: Path) -> Path:
    """TF Serving's models.config for every exported head below a folder, as `recipe_head`."""
    entries = [
        "  config {\n"
        f'    name: "{head.parent.name}_{head.name}"\n'
        f'    base_path: "{MOUNT}/{head.parent.name}/{head.name}"\n'
        '    model_platform: "tensorflow"\n'
        "  }\n"
        for head in head_folders(root)
    ]
    replace_text(root / "models.config", "model_config_list {\n" + "".join(entries) + "}\n")
    return root / "models.config"


def _functions(heads: Heads, units: Units) -> dict[str, tuple[keras.Model, Callable]]:
    """Each head's Keras model, and the function that is served of it, in raw units."""
    offset, scale = tf.constant(units.offset, tf.float32), tf.constant(units.scale, tf.float32)
    standardised = units.domain == "real"

    def run(model, named):
        """A model in the units of the outside: raw values, and a class by its number."""
        named = dict(named)
        if standardised and "inputs" in named:
            named["inputs"] = (named["inputs"] - offset) / scale
        if "condition" in named:
            named["condition"] = tf.one_hot(named["condition"], model.get_layer("condition").output.shape[-1])
        outputs = apply(model, named)
        if standardised and "reconstruction" in outputs:
            outputs["reconstruction"] = outputs["reconstruction"] * scale + offset
        if standardised and "reconstruction_log_var" in outputs:
            outputs["reconstruction_log_var"] += 2.0 * tf.math.log(scale)
        return outputs

    own = {"prior": (heads.prior, _serving(heads.prior, run, heads.prior.output))} if heads.prior else {}
    return own | {
        "encoder": (heads.encoder, _serving(heads.encoder, run, heads.encoder.output)),
        "decoder": (heads.decoder, _serving(heads.decoder, run, heads.decoder.output)),
        "autoencoder": (heads.end_to_end, _serving(heads.end_to_end, run, heads.decoder.output)),
    }


def _serving(model, run, outputs):
    """The model as a function {inputs by name} -> those outputs by name, of any batch size."""
    specs = {
        tensor.name: tf.TensorSpec((None,), tf.int64, name=tensor.name)
        if tensor.name == "condition"
        else tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    }

    @tf.function(input_signature=[specs])
    def serve(named):
        given = run(model, named)
        return {name: given[name] for name in outputs}

    return serve


def _write(model, function, folder):
    """A SavedModel of the function and the weights alone; of the layers nothing but the graph is needed."""
    module = tf.Module()
    module.kept = [weight.value for weight in model.weights]
    module.serve = function
    tf.saved_model.save(module, str(folder), signatures={"serving_default": function})


def _verified(folder, function, batch):
    """The signature found in a SavedModel, once its outputs equal those of the function it came from."""
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    arguments = {name: batch[name] for name in served.structured_input_signature[1]}
    outputs = served(**arguments)
    for name, expected in function(arguments).items():
        exported, expected = (tf.cast(value, tf.float32) for value in (outputs[name], expected))
        worst = float(tf.reduce_max(tf.abs(exported - expected)))
        if not worst <= TOLERANCE * max(1.0, float(tf.reduce_max(tf.abs(expected)))):
            raise ExportError(f"{name} of {folder.name} differs by {worst:g} once exported; nothing was kept")
    sides = {"inputs": served.structured_input_signature[1], "outputs": served.structured_outputs}
    return {
        side: {
            name: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name} for name, spec in specs.items()
        }
        for side, specs in sides.items()
    }
