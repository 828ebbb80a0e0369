"""One table that compares the variants: the same data and budget for each, and the same layers and code size.

But for those whose file says otherwise in `COMPARED`: the masked one has patches in the place of layers.
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
from keras_ae.data.dataset import Dataset
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.experiments.benchmark.rows import Row, measured, principal_components
from keras_ae.experiments.benchmark.table import write
from keras_ae.files import written_whole
from keras_ae.recipe import Recipe, override
from keras_ae.runs.settings import settings_of
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.training.train import train
from keras_ae.variants import Variant


def contenders() -> dict[str, Variant]:
    """Every variant by name: those of a file's `COMPARED`, or one with the defaults of its class."""
    found: dict[str, Variant] = {}
    for info in pkgutil.iter_modules(variants.__path__):
        module = importlib.import_module(f"{variants.__name__}.{info.name}")
        found |= getattr(module, "COMPARED", {info.name: type(module.EXAMPLE[0])()})
    return found


def benchmark(
    data: Dataset,
    root: Path,
    names: Sequence[str] = (),
    epochs: int = 40,
    settings: Sequence[str] = (),
    report: Callable[[str], None] = print,
    seeds: int = 1,
) -> Path:
    """Trains the named variants, or all, and writes `table.md`, `figures.json` and `images.png`.

    Gives the folder that they are in. One of other data, epochs or settings has a folder of its own; what
    is done in it is not done again, and a training that was cut off goes on.

    root: the folder of all benchmarks.
    settings: changes to every recipe, such as `variant.latent_dim=16`; a variant that one does not fit
        is left out, unless it was named.
    seeds: trainings of each variant, of the recipe's own seed, 0 unless set, and of those that follow it;
        with several the table gives means and spreads.
    Raises InputError for an unknown name, for settings that no variant takes, for seeds below 1, and for
    data that are no values in [0, 1].
    """
    recipes = _recipes(data, names, [f"epochs={epochs}", *settings], seeds, report)
    first = next(iter(recipes.values()))[0]
    loaded = first.data.load()
    if not loaded.domain.unit_interval:
        raise InputError(
            f"the table compares reconstructions of values in [0, 1], received {loaded.domain} ones; "
            "scale numbers into [0, 1]; of classes there is no such table"
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
        write(lines, folder, loaded, first, seeds)
    if not lines:
        raise InputError("no variant could be trained on this data with these settings")
    report((folder / "table.md").read_text())
    return folder


def _recipes(data, names, settings, seeds, report) -> dict[str, list[Recipe]]:
    """Of each variant the recipes to train, one a seed."""
    all_of_them = contenders()
    unknown = [name for name in names if name not in all_of_them]
    if unknown:
        raise InputError(f"expected variants among {', '.join(all_of_them)}; received {', '.join(unknown)}")
    if seeds < 1:
        raise InputError(f"expected 1 seed or more to train each variant with, received {seeds}")
    recipes = {}
    for name in names or all_of_them:
        recipe = Recipe(data, all_of_them[name], Reconstruction(), lr_warmup_steps=100)
        try:
            recipe = replace(override(recipe, settings), name=name)
            recipes[name] = [override(recipe, [f"seed={recipe.seed + more}"]) for more in range(seeds)]
        except InputError as error:
            if name in names or (not recipes and name == list(all_of_them)[-1]):
                raise
            report(f"{name} is left out: {error}")
    return recipes


def _folder_name(recipe: Recipe, data: Data, settings) -> str:
    """Tells data, budget and settings apart, but not which variants are asked for nor how many seeds."""
    common = {key: value for key, value in settings_of(recipe).items() if not key.startswith("variant")}
    common.pop("name")
    key = json.dumps([common, data.sha256, [text for text in settings if text.startswith("variant")]])
    return f"{data.name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _row(recipe, folder, data, report):
    """The row of a recipe: read from its folder where it is there, else trained and measured."""
    file = folder / "row.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as kept:
            images = {name: kept[name] for name in ("reconstructions", "samples") if name in kept}
            return Row(
                recipe.name,
                json.loads(str(kept["figures"])),
                images["reconstructions"],
                images.get("samples"),
            )
    run = train(recipe, folder, resume=folder.exists(), report=report)
    row = measured(run)
    images = {"reconstructions": row.reconstructions}
    if row.samples is not None:
        images["samples"] = row.samples
    with written_whole(file) as (partial,):
        np.savez(partial, figures=json.dumps(row.metrics), **images)
    return row
