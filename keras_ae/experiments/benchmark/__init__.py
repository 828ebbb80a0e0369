"""Benchmarks: one table that compares the variants on the same data, budget, layers and code size.

A variant's file may say otherwise in `COMPARED`: the masked one has patches instead of layers.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae import variants
from keras_ae.catalog import no_compared
from keras_ae.data.dataset import Dataset
from keras_ae.data.sources.local import local
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.experiments.benchmark.rows import Row, principal_components, row_of_run
from keras_ae.experiments.benchmark.table import write_table
from keras_ae.files import written_whole
from keras_ae.recipe import Recipe, override
from keras_ae.runs.settings import settings_of
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.training.train import train
from keras_ae.variants import Variant

__all__ = ["benchmark", "compared_variants"]


def compared_variants() -> dict[str, Variant]:
    """The variants of the table.

    Returns:
        By name those in the `COMPARED` of a variant's file, or else one with the defaults of its class.
    """
    compared: dict[str, Variant] = {}
    for info in pkgutil.iter_modules(variants.__path__):
        module = importlib.import_module(f"{variants.__name__}.{info.name}")
        default = {info.name: type(module.EXAMPLE[0])()}
        compared |= module.COMPARED if "COMPARED" in vars(module) else default
    return compared


def benchmark(
    data: Dataset,
    root: Path,
    names: Sequence[str] = (),
    epochs: int = 40,
    settings: Sequence[str] = (),
    report: Callable[[str], None] = print,
    seeds: int = 1,
) -> Path:
    """Trains variants alike and writes `table.md`, `figures.json` and `images.png`.

    Trainings that are done are not repeated, and one that was interrupted is resumed.

    Args:
        data: The data set; its values are in [0, 1].
        root: The folder of all benchmarks; one of other data, epochs or settings has its own folder in it.
        names: The variants to train; all if empty.
        epochs: Number of epochs of each training.
        settings: Changes to every recipe, such as `variant.latent_dim=16`; a variant that one does not fit
            is left out, unless it is among the names.
        report: Called with each line about progress.
        seeds: Trainings of each variant, with the recipe's own seed, 0 unless set, and those that follow;
            with several the table has means and standard deviations.

    Returns:
        The folder of the table.

    Raises:
        InputError: A name is unknown, no variant takes the settings, there is less than 1 seed, or the data
            are not values in [0, 1].
    """
    recipes = _recipes(data, names, [f"epochs={epochs}", *settings], seeds, report)
    first = next(iter(recipes.values()))[0]
    loaded = local(first.data).load()
    if not loaded.domain.unit_interval:
        raise InputError(
            f"the table compares reconstructions of values in [0, 1], received {loaded.domain} values; "
            "scale numbers into [0, 1]; there is no such table for classes"
        )
    folder = root / _folder_name(first, loaded, settings)
    lines: list[list[Row]] = []
    for name, repeats in recipes.items():
        rows = []
        try:
            for recipe in repeats:
                report(f"{name}{f', seed {recipe.seed}' if seeds > 1 else ''}: {recipe.variant}")
                own = hashlib.sha256(json.dumps(settings_of(recipe)).encode()).hexdigest()[:8]
                rows.append(_row(recipe, folder / f"{name}-{own}", loaded, report))
        except InputError as error:
            if name in names:
                raise
            report(f"{name} is left out: {error}")
            continue
        if not lines:
            lines.append([principal_components(first, loaded, int(rows[0].metrics["code"]))])
        lines.append(rows)
        write_table(lines, folder, loaded, first, seeds)
    if not lines:
        raise InputError(
            "no variant could be trained on this data with these settings; the lines above say why of each"
        )
    return folder


def _recipes(data, names, settings, seeds, report) -> dict[str, list[Recipe]]:
    """The recipes of each variant, one for each seed."""
    available = compared_variants()
    unknown = [name for name in names if name not in available]
    if unknown:
        raise no_compared(unknown[0], list(available))
    if seeds < 1:
        raise InputError(f"expected 1 seed or more to train each variant with, received {seeds}")
    recipes = {}
    for name in names or available:
        recipe = Recipe(data, available[name], Reconstruction(), lr_warmup_steps=100)
        try:
            recipe = replace(override(recipe, settings), name=name)
            recipes[name] = [override(recipe, [f"seed={recipe.seed + more}"]) for more in range(seeds)]
        except InputError as error:
            if name in names or (not recipes and name == list(available)[-1]):
                raise
            report(f"{name} is left out: {error}")
    return recipes


def _folder_name(recipe: Recipe, data: Data, settings) -> str:
    """A name that depends on data, budget and settings, but not on the variants and the number of seeds."""
    common = {key: value for key, value in settings_of(recipe).items() if not key.startswith("variant")}
    common.pop("name")
    key = json.dumps([common, data.sha256, [text for text in settings if text.startswith("variant")]])
    return f"{data.name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _row(recipe, folder, data, report):
    """The row of a recipe, read from its folder if it is there, or else of a new training."""
    file = folder / "row.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as arrays:
            images = {name: arrays[name] for name in ("reconstructions", "samples") if name in arrays}
            return Row(
                recipe.name,
                json.loads(str(arrays["figures"])),
                images["reconstructions"],
                images.get("samples"),
            )
    run = train(recipe, folder, resume=folder.exists(), report=report)
    row = row_of_run(run)
    images = {"reconstructions": row.reconstructions}
    if row.samples is not None:
        images["samples"] = row.samples
    with written_whole(file) as (partial,):
        np.savez(partial, figures=json.dumps(row.metrics), **images)
    return row
