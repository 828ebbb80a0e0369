"""The verbs that list what there is: list, show, datasets, variants, models, heads."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from keras_ae import catalog, recipe_files
from keras_ae.apps.listing.trained import trained_models
from keras_ae.cli.arguments import EXPORT, MODELS, RUNS, add_option, add_recipe
from keras_ae.cli.checks import check_data, check_settings
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import exported_model, run_request
from keras_ae.cli.stand_ins import without_tensorflow
from keras_ae.cli.tables import Columns, table
from keras_ae.serving import versions

__all__ = ["ORDER", "add"]

ORDER = 20


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    verb("list", list_recipes, "list the recipes, one per line", example="keras-ae list", result=True)
    parser = verb(
        "show", show_recipe, "show a recipe's fields, with values, types and descriptions",
        example='keras-ae show denoising --set "variant=Variational"', result=True,
    )  # fmt: skip
    add_recipe(parser, "--data", "--set")
    verb("datasets", list_datasets, "list what --data takes", example="keras-ae datasets", result=True)
    verb(
        "variants", list_variants, "list the variants of autoencoders, as --set variant=NAME takes them",
        example="keras-ae variants", result=True,
    )  # fmt: skip
    parser = verb(
        "models", list_models, "list the trained models: their recipes, data, newest runs and exported heads",
        example="keras-ae models", result=True,
    )  # fmt: skip
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    parser = verb(
        "heads", list_heads, "list the exported heads of a model, with what they take and give",
        example="keras-ae heads denoising", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def list_recipes(options: argparse.Namespace) -> int:
    """Shows a line for each recipe, read without importing it."""
    files = recipe_files.recipe_files()
    summaries = {name: recipe_files.summary(path) for name, path in files.items()}
    recipes = [{"recipe": name, "summary": summaries[name], "file": files[name]} for name in files]
    _show_rows(options, recipes, list(summaries.items()))
    return 0


def list_datasets(options: argparse.Namespace) -> int:
    """Shows a line for each data set by name, and for each kind of file or folder."""
    entries = catalog.datasets()
    rows = [(entry.text, entry.summary) for entry in entries]
    data = [{"data": entry.text, "class": entry.kind, "summary": entry.summary} for entry in entries]
    _show_rows(options, data, rows)
    return 0


def list_variants(options: argparse.Namespace) -> int:
    """Shows a line for each variant."""
    entries = catalog.variants()
    rows = [(entry.text, entry.summary) for entry in entries]
    _show_rows(options, [{"variant": name, "summary": summary} for name, summary in rows], rows)
    return 0


def list_models(options: argparse.Namespace) -> int:
    """Shows a line for each model that has a finished run or an exported head."""
    models = trained_models(options.runs, options.models)
    rows = [("model", "recipe", "data", "newest run", "exported, stable version")]
    for model in models:
        heads = ", ".join(f"{head} {version}" for head, version in model.heads.items())
        rows.append((model.name, model.recipe, model.data or "-", str(model.run or "-"), heads or "-"))
    lines = table(rows, left=5) if models else [f"no model in {options.runs} or {options.models}"]
    show(options, [vars(model) for model in models], lines)
    return 0


def list_heads(options: argparse.Namespace) -> int:
    """Shows the versions of each exported head of a model, and the signatures in their cards."""
    name = exported_model(options)
    folders = [path for path in versions.head_folders(options.models) if path.parent.name == name]
    heads, lines, seen = [], [], list[dict[str, Any]]()
    for folder in folders:
        stable = versions.labels(folder)[versions.STABLE]
        labels = ", ".join(f"{name} {number}" for name, number in versions.labels(folder).items())
        lines.append(f"{folder.name}  versions {', '.join(map(str, versions.versions(folder)))}; {labels}")
        card = _card(folder / str(stable))
        signatures, columns = card.get("signatures", {}), card.get("data", {}).get("columns", {})
        lines += [f"  {name}: {text}" for name, text in _described(signatures).items()]
        scales = card.get("data", {}).get("scales", {})
        lines += list(_scales(scales)) if scales and scales not in seen else []
        seen += [scales]
        renamed = {name: own for name, own in columns.items() if name != own}
        if renamed and renamed not in seen:
            lines += ["  columns by the names that they are served by:"]
            lines += [f"    {name}: {own}" for name, own in renamed.items()]
            seen.append(renamed)
        heads.append(
            {
                "head": folder.name,
                "versions": versions.versions(folder),
                "labels": versions.labels(folder),
                "signatures": signatures,
                "columns": columns,
                "scales": scales,
            }
        )
    show(options, heads, lines)
    return 0


def _scales(scales):
    """What a client does with the values of one of several series, each of which has its own scale."""
    yield "  takes and returns (value - offset) / scale of each channel, by its series:"
    for name, of in list(scales.items())[:MOST_SERIES]:
        offset, scale = (", ".join(f"{value:.6g}" for value in of[part]) for part in ("offset", "scale"))
        yield f"    {name}: offset {offset}; scale {scale}"
    if len(scales) > MOST_SERIES:
        yield f"    and {len(scales) - MOST_SERIES} more, in card.json under data.scales"


MOST_SERIES = 8
"""Series whose scales are listed."""


def _card(folder):
    """A version's card; empty where it has none that can be read."""
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _described(signatures):
    """Signature -> what it takes and gives, as a line."""

    def side(tensors):
        shapes = {
            name: "x".join(str(size or "n") for size in spec["shape"]) for name, spec in tensors.items()
        }
        some = [f"{name} {shapes[name]} {tensors[name]['dtype']}" for name in list(shapes)[:MOST_NAMES]]
        return ", ".join(some) + (f" and {len(shapes) - MOST_NAMES} more" if len(shapes) > MOST_NAMES else "")

    return {name: f"{side(of['inputs'])} -> {side(of['outputs'])}" for name, of in signatures.items()}


MOST_NAMES = 8
"""Tensors of a signature that are listed."""


def show_recipe(options: argparse.Namespace) -> int:
    """Shows a recipe's fields: path, value, type, and the description in the docstring of its object."""
    request = run_request(options)
    check_data(options.data)
    check_settings(request)
    fields = without_tensorflow(lambda: _fields(request))
    if fields is None:
        load_tensorflow()
        fields = _fields(request)
    rows = [("field", "value", "type", "meaning")]
    rows += [(one["field"], _value(one), one["type"], one["meaning"]) for one in fields]
    show(options, fields, table(rows, left=4) if sys.stdout.isatty() else _aligned(rows))
    return 0


def _fields(request):
    """The fields of a recipe as texts."""
    from keras_ae.apps.listing.fields import described_fields

    return described_fields(request.load())


def _aligned(rows):
    """Lines whose columns have no room for the longest cells."""
    columns = Columns.of([row for row in rows if max(map(len, row[1:3])) <= MOST_VALUE], left=4)
    return [columns.line(row).rstrip() for row in rows]


MOST_VALUE = 40
"""Characters of a value or a type that its column makes room for."""


def _value(field):
    """A field's value, and its default where that is another."""
    differs = field["default"] not in ("", field["value"])
    return field["value"] + (f" (default {field['default']})" if differs else "")


def _show_rows(options, data, rows):
    columns = Columns.of(rows or [("", "")], left=2)
    show(options, data, [columns.line(row).rstrip() for row in rows])
