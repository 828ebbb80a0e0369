"""The artifacts in a finished run's folder: its heads, and everything needed to serve them."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_ae import backbones, blocks
from keras_ae.data.scaling import Scaler
from keras_ae.data.tables.preprocessing import Preprocessor
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.files import modules_below, written_whole
from keras_ae.formats import format_of, from_json
from keras_ae.formats.images import Images, images_of
from keras_ae.heads import Heads, ServableHeads, ServedHead
from keras_ae.runs import first_format
from keras_ae.runs.data_facts import COLUMN_PREFIX, DATA_FILE, PREPROCESSOR_FILE, folder_format
from keras_ae.runs.run import Run
from keras_ae.runs.saveable import check_saveable
from keras_ae.runs.series_facts import SeriesFacts

__all__ = [
    "MODEL_FILE",
    "STAGED_FILE",
    "WEIGHTS_FILE",
    "Artifacts",
    "load_artifacts",
    "load_model",
    "register_layers",
    "replace_served_head",
    "save_artifacts",
    "save_model",
]

MODEL_FILE = "autoencoder.keras"
"""The end-to-end model's file; it marks a folder as that of a finished run."""

PRIOR_FILE = "prior.keras"
SAMPLER_FILE = "sampler.keras"
"""The sampler of a variant that generates, where it is not the prior."""

SERVED_HEADS_FILE = "served_heads.npz"
"""The names, facts and examples of the further heads, each of which has a `.keras` file of its own."""

WEIGHTS_FILE = "trained.weights.h5"
"""The weights of all that was trained; they may be more than the heads', such as a critic's."""

STAGED_FILE = "staged.keras"
"""The end-to-end model of a run of several stages, before the last stage."""


@dataclass(frozen=True, eq=False)
class Artifacts(ServableHeads):
    """A finished run's heads with everything needed to serve them, from the run's folder.

    Attributes:
        label_names: The names of a condition's classes; empty if they are numbers.
        learned: Hashes of the training examples, in ascending order, where generated copies of them
            are to be recognized.
        series: What scoring further series takes of those that the run learned from.
        learned_classes: The classes of which there were training examples; None if that is not known.
        learned_counts: How many there were of each of them; None if that is not known.
    """

    label_names: tuple[str, ...] = ()
    learned: np.ndarray | None = None
    series: SeriesFacts | None = None
    learned_classes: np.ndarray | None = None
    learned_counts: np.ndarray | None = None


def load_artifacts(directory: Path) -> Artifacts:
    """The artifacts of a finished run, also of one that an earlier version of keras_ae trained.

    Args:
        directory: The run's folder.

    Returns:
        The artifacts.

    Raises:
        InputError: If the run is not finished, the folder cannot be read, or a newer version wrote it.
    """
    if not (directory / MODEL_FILE).exists():
        raise InputError(f"{directory} holds no trained model yet; finish it with RESUME=1 (--resume)")
    number = folder_format(directory)
    try:
        heads = Heads.of(load_model(directory / MODEL_FILE), load_model(directory / PRIOR_FILE))
        with np.load(directory / DATA_FILE, allow_pickle=False) as file:
            facts = dict(file) if number else first_format.data_facts(file)
        preprocessor = _preprocessor(directory, facts)
        full_scale = int(facts["full_scale"]) if "full_scale" in facts else None
        domain = domain_of(str(facts["domain"]))
        examples = {name: facts[name] for name in ("inputs", "condition") if name in facts}
        own = from_json(str(facts["example_format"])) if "example_format" in facts else None
        format = format_of(own, domain, examples["inputs"].shape[1:])
        if own is None and isinstance(format, Images):
            format = images_of({"full_scale": full_scale})
        scaler = Scaler(domain, facts["offset"], facts["scale"], preprocessor, full_scale, format)
        return Artifacts(
            heads,
            scaler,
            examples,
            load_model(directory / SAMPLER_FILE) or heads.prior,
            _load_served_heads(directory) if number else _first_served_heads(directory, facts),
            {
                name.removeprefix(COLUMN_PREFIX): facts[name]
                for name in facts
                if name.startswith(COLUMN_PREFIX)
            },
            format,
            tuple(facts["label_names"].tolist()) if "label_names" in facts else (),
            facts.get("learned"),
            SeriesFacts.from_arrays(facts),
            facts.get("learned_classes"),
            facts.get("learned_counts"),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        if missing := re.search(r"Could not locate (?:class|function) '([^']+)'", str(error)):
            raise InputError(
                f"{directory} has {missing[1]}, which the recipe's own file defines; name that file in place "
                "of the model, such as mine.py, in Python as load(directory, recipe='mine.py')"
            ) from error
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{directory} cannot be read ({reason}); train again") from error


def save_artifacts(run: Run) -> None:
    """Writes a run's heads into its folder, which is a finished run's from then on.

    Args:
        run: A trained run.

    Raises:
        InputError: If a head that needs the trained ones cannot be saved; the epochs are kept.
    """
    heads, directory = run.heads, run.directory
    try:
        for model in (run.sampler, *(head.model for head in run.served_heads)):
            if model is not None:
                check_saveable(model)
    except InputError as error:
        raise InputError(f"{error}; the epochs are kept: then go on with RESUME=1 (--resume)") from error
    (directory / MODEL_FILE).unlink(missing_ok=True)  # it belongs to an earlier model
    with written_whole(directory / WEIGHTS_FILE) as (partial,):
        heads.trained.save_weights(partial)
    if heads.prior is not None:
        save_model(heads.prior, directory / PRIOR_FILE)
    if run.sampler is not None and run.sampler is not heads.prior:
        save_model(run.sampler, directory / SAMPLER_FILE)
    _save_served_heads(run.served_heads, directory)
    save_model(heads.end_to_end, directory / MODEL_FILE)


def replace_served_head(directory: Path, head: ServedHead) -> None:
    """Puts a head into the place of the one of its name in a finished run's folder.

    Args:
        directory: The run's folder.
        head: The head.

    Raises:
        InputError: An earlier version wrote the folder.
    """
    if not folder_format(directory):
        raise InputError(f"{directory} was written by an earlier version, whose heads stay; train again")
    check_saveable(head.model)
    heads = _load_served_heads(directory)
    _save_served_heads(tuple(head if own.name == head.name else own for own in heads), directory)


def load_model(file: Path) -> keras.Model | None:
    """A Keras model from its file.

    Args:
        file: A `.keras` file.

    Returns:
        The model, or None if there is no such file.
    """
    register_layers()
    return keras.models.load_model(file, compile=False, safe_mode=True) if file.exists() else None


def register_layers() -> None:
    """Registers all layers of this package with Keras, which then finds them by name.

    `keras_ae.load` does so by itself. Call it before `keras.models.load_model` of a run's `.keras` file, such
    as that of a vector-quantized or a masked autoencoder.
    """
    for folder in (blocks, backbones):
        modules_below(folder)


def save_model(model: keras.Model, file: Path) -> None:
    """Writes a Keras model to its file, whole or not at all.

    Args:
        model: The model.
        file: A `.keras` file, new or to be replaced.
    """
    with written_whole(file) as (partial,):
        model.save(partial)


def _preprocessor(directory: Path, facts: Mapping[str, np.ndarray]) -> Preprocessor | None:
    """The model that turns a table's columns into a network's inputs, or None."""
    files = [directory / name for name in (PREPROCESSOR_FILE, first_format.PREPROCESSOR_FILE)]
    models = [load_model(file) for file in files if file.exists()]
    if not models:
        return None
    served = [name.removeprefix(COLUMN_PREFIX) for name in facts if name.startswith(COLUMN_PREFIX)]
    signature = dict(zip(served, facts["columns"].tolist(), strict=True))
    written = Writing.from_text(str(facts["written"])) if "written" in facts else UNKNOWN
    return Preprocessor(models[0], signature, facts["groups"], written=written)


def _save_served_heads(served_heads: tuple[ServedHead, ...], directory: Path) -> None:
    """Writes each head's model, and one file of their facts."""
    described: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    for head in served_heads:
        save_model(head.model, directory / f"{head.name}.keras")
        described.append({"name": head.name, "facts": dict(head.facts), "takes_images": head.takes_images})
        arrays |= {f"{head.name}/{name}": np.asarray(value) for name, value in head.examples.items()}
        arrays |= {f"{head.name}:{name}": np.asarray(value) for name, value in head.stored.items()}
    with written_whole(directory / SERVED_HEADS_FILE) as (partial,):
        np.savez(partial, heads=json.dumps(described), **arrays)


def _load_served_heads(directory: Path) -> tuple[ServedHead, ...]:
    with np.load(directory / SERVED_HEADS_FILE, allow_pickle=False) as file:
        arrays = dict(file)
    heads = []
    for described in json.loads(str(arrays.pop("heads"))):
        name = described["name"]
        examples, stored = (
            {
                key.removeprefix(name + mark): value
                for key, value in arrays.items()
                if key.startswith(name + mark)
            }
            for mark in "/:"
        )
        model = load_model(directory / f"{name}.keras")
        if model is None:
            raise ValueError(f"{name}.keras is missing")
        heads.append(ServedHead(name, model, described["facts"], examples, described["takes_images"], stored))
    return tuple(heads)


def _first_served_heads(directory: Path, facts: Mapping[str, np.ndarray]) -> tuple[ServedHead, ...]:
    """The further heads of a folder that states no format."""
    return tuple(
        ServedHead(
            name,
            model,
            first_format.head_facts(directory, name),
            first_format.head_examples(facts, name),
            takes_images,
        )
        for name, takes_images in first_format.HEADS.items()
        if (model := load_model(directory / f"{name}.keras")) is not None
    )
