"""The verb that shows what is understood of data before training: inspect."""

from __future__ import annotations

import argparse
import dataclasses
import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keras_ae.cli.arguments import add_option, split_settings
from keras_ae.cli.checks import check_data, check_settings
from keras_ae.cli.messages import in_words_of_the_door
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.tables import table
from keras_ae.runs.request import RunRequest

if TYPE_CHECKING:
    from keras_ae.apps.inspection.columns import ColumnFacts
    from keras_ae.apps.inspection.inspect import Inspection
    from keras_ae.apps.inspection.recipes import RecipeCheck

__all__ = ["ORDER", "add"]

ORDER = 21

WIDTH = 100
"""Characters of a line, at most."""

MOST_WORDS = 34
"""Characters of a column's words in the table, at most."""


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "inspect", inspect, "show what is understood of a file or folder, before anything is trained",
        example="keras-ae inspect rows.csv --recipe table_anomaly", result=True,
    )  # fmt: skip
    parser.add_argument("data", help="a folder, a file, or a data set's name")
    add_option(parser, "--recipe", "default: any; then each kind of data that the path can be is shown")
    add_option(parser, "--set", action="append", default=[], metavar="FIELD=VALUE")


def inspect(options: argparse.Namespace) -> int:
    """Shows each kind of data that a path can be read as; returns 2 if none of them can be trained on."""
    check_data(options.data)
    settings = split_settings(options.set)
    if options.recipe is not None:
        check_settings(RunRequest(options.recipe, options.data, tuple(settings)))
        load_tensorflow()
    from keras_ae.apps.inspection.inspect import inspect_for_recipe, inspect_path

    if options.recipe is None:
        found = inspect_path(options.data, settings)
    else:
        found = [inspect_for_recipe(options.data, options.recipe, settings)]
    shown = [_lines(one, options.data, len(found) > 1, options.recipe is not None) for one in found]
    lines = [line for one in shown for line in one]
    if options.recipe is None and any(one.recipes for one in found):
        lines += _wrapped("with --recipe NAME, all is checked that training checks before its first epoch")
    data = {"data": options.data, "readings": [dataclasses.asdict(one) for one in found]}
    show(options, data, lines)
    return 0 if any(one.fits for one in found) else 2


def _lines(one: Inspection, path: str, shows_kind: bool, is_chosen: bool) -> Iterator[str]:
    """One way to read data, as text."""
    if shows_kind:
        kind = one.category or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one.kind).lower()
        yield from ("", *_wrapped(f"{path} as {kind}: {one.summary[0].lower()}{one.summary[1:]}"))
    for note in one.notes:
        yield from _wrapped(in_words_of_the_door(note))
    yield from _table_of_columns(one.columns)
    if one.refusal:
        yield from _wrapped(f"cannot be trained on: {in_words_of_the_door(one.refusal)}")
        return
    yield from _wrapped(one.overview)
    labels = list(dict.fromkeys(label for split in one.splits for label in split.labels))
    if labels:
        rows = [["split", *labels[:MOST_LABELS]]]
        for split in one.splits:
            rows.append([split.name, *(f"{split.labels.get(label, 0):,}" for label in labels[:MOST_LABELS])])
        yield from table(rows)
    if len(labels) > MOST_LABELS:
        yield f"and {len(labels) - MOST_LABELS} labels more"
    for caution in one.cautions:
        yield from _wrapped(in_words_of_the_door(caution))
    yield from _lines_of_recipes(one.recipes, is_chosen)


def _lines_of_recipes(checks: tuple[RecipeCheck, ...], is_chosen: bool) -> Iterator[str]:
    """The recipes for data, and why the data are not enough for others."""
    names: dict[str, list[str]] = {}
    for check in checks:
        names.setdefault(in_words_of_the_door(check.refusal), []).append(check.recipe)
    for refusal, recipes in sorted(names.items()):
        text = ", ".join(recipes)
        if is_chosen:
            yield from _wrapped(
                f"{text} cannot be trained on: {refusal}" if refusal else f"{text} takes them"
            )
        else:
            yield from _wrapped(f"not for {text}: {refusal}" if refusal else f"recipes for such data: {text}")


MOST_LABELS = 8
"""Labels whose examples are shown."""


def _table_of_columns(columns: tuple[ColumnFacts, ...]) -> list[str]:
    if not columns:
        return []
    titles = ["column", "kind", "learned", "missing", "different", "least", "most", "mean or words"]
    rows = [
        [
            f"{one.name} [{one.unit}]" if one.unit else one.name,
            one.kind,
            {True: "yes", False: "no", None: "-"}[one.learned],
            f"{one.missing:,}",
            f"{one.different:,}",
            one.least,
            one.most,
            f"{one.mean:.6g}" if one.mean is not None else _words(one),
        ]
        for one in columns[:MOST_SHOWN]
    ]
    more = [f"and {len(columns) - MOST_SHOWN} columns more"] if len(columns) > MOST_SHOWN else []
    return [*table([titles, *rows], left=3), *more]


MOST_SHOWN = 60
"""Columns that are shown; --json has all."""


def _words(one):
    text = ", ".join(f"{word} ({count:,})" for word, count in one.words)
    return textwrap.shorten(text, MOST_WORDS, placeholder=" ...")


def _wrapped(text):
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
