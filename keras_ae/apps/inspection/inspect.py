"""The inspection of data before training: as which kinds of data a path can be read, and what comes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.inspection.columns import ColumnFacts, column_facts
from keras_ae.apps.inspection.recipes import RecipeCheck, check_recipe, check_recipes
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import dataset_kinds, find_dataset, nothing_below
from keras_ae.data.sources.local import local, local_copy
from keras_ae.data.tables.columns import Table
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.metrics.uncertainty import caution, validation_caution
from keras_ae.overrides import override_data
from keras_ae.runs.request import RunRequest

__all__ = ["Inspection", "SplitFacts", "inspect_for_recipe", "inspect_path"]


@dataclass(frozen=True)
class SplitFacts:
    """A split.

    Attributes:
        name: "train", "validation", "test" or "calibration".
        examples: How many examples it has.
        labels: How many examples each label has, by its name; empty without labels.
        images: How many images the examples are crops or pieces of; 0 if each stands for itself.
    """

    name: str
    examples: int
    labels: dict[str, int]
    images: int = 0


@dataclass(frozen=True)
class Inspection:
    """What was understood of data, read as one kind of data set.

    Attributes:
        kind: The class of the data set.
        category: What the examples are, such as "series"; "" if the kind says no more than the class.
        summary: What that kind is, in a line.
        settings: Its fields, as text by name.
        refusal: Why the data cannot be trained on, and what to do; "" if they can.
        notes: How the data were read, what was left out and why, and what to look at.
        shape: Of an example; () if the data were refused.
        domain: Of the values.
        splits: The splits.
        rule: How the examples were split; "" where the data have splits of their own.
        overview: The shape, the domain and the sizes of the splits in a line, as training prints it.
        columns: Of a file of rows.
        cautions: What is to be known of splits of few examples.
        recipes: Recipes for such data, and why the data are not enough for one.
    """

    kind: str
    category: str
    summary: str
    settings: dict[str, str]
    refusal: str = ""
    notes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    domain: str = ""
    splits: tuple[SplitFacts, ...] = ()
    rule: str = ""
    overview: str = ""
    columns: tuple[ColumnFacts, ...] = ()
    cautions: tuple[str, ...] = ()
    recipes: tuple[RecipeCheck, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the data can be trained on, by one of the recipes at least if there are any."""
        enough = not self.recipes or any(not check.refusal for check in self.recipes)
        return not self.refusal and enough


def inspect_path(text: str, settings: Sequence[str] = ()) -> list[Inspection]:
    """Tells what is understood of each kind of data that a path can be; TensorFlow is not imported for it.

    Args:
        text: A path, or the name of a data set.
        settings: Changes to the data set's fields, such as "data.window=32".

    Returns:
        An inspection for each kind of data set that has the fields; without those that it cannot be, if there
        is one that it can.

    Raises:
        InputError: If it can be none, or none with those fields, and for values that a field cannot take.
    """
    found, text = [], local_copy(text)
    for dataset in _readings(text, settings):
        one, data = _inspected(dataset, dataset.outline)
        checks = () if data is None else check_recipes(text, dataset, data, settings)
        found.append(dataclasses.replace(one, recipes=checks))
    understood = [one for one in found if not one.refusal or one.columns]
    refusal = nothing_below(text) if not understood and Path(text).is_dir() else None
    if refusal is not None:
        raise refusal
    same = len({one.refusal for one in found}) == 1
    return understood or (found[:1] if same else found)


def inspect_for_recipe(text: str, recipe: str, settings: Sequence[str] = ()) -> Inspection:
    """Tells what a recipe understands of data, and whether it can be trained on them.

    All is checked that training checks before its first epoch.

    Args:
        text: A path, or the name of a data set.
        recipe: A recipe's name, or the path of a .py file.
        settings: Changes to the recipe's fields.

    Returns:
        The inspection.

    Raises:
        InputError: If the recipe cannot be loaded, or does not take the data or a setting.
    """
    chosen = RunRequest(recipe, text, tuple(settings)).load()
    here = local(chosen.data)
    one, data = _inspected(here, lambda table: here.load())
    return one if data is None else dataclasses.replace(one, recipes=(check_recipe(chosen, data),))


def _readings(text: str, settings: Sequence[str]) -> list[Dataset]:
    """The data sets that a path can be read as, not loaded: one of each kind that has the fields."""
    first = find_dataset(text)
    kinds = [kind for kind in dataset_kinds() if kind.priority] if Path(text).exists() else []
    found = [first, *(dataset for kind in kinds if (dataset := kind.accepts(text)) is not None)]
    datasets = list({type(dataset): dataset for dataset in found}.values())
    fields = {setting.partition("=")[0].strip().removeprefix("data.").split(".")[0] for setting in settings}
    fitting = [dataset for dataset in datasets if fields <= _settings(dataset).keys()]
    return [override_data(dataset, settings) for dataset in fitting or datasets[:1]]


def _inspected(dataset: Dataset, load: Callable[[Table | None], Data]) -> tuple[Inspection, Data | None]:
    """What is understood of a data set, and its data; None of data that cannot be trained on."""
    summary = (type(dataset).__doc__ or "").splitlines()[0]
    one = Inspection(type(dataset).__name__, dataset.category, summary, _settings(dataset))
    data, table, refusal = None, None, ""
    try:
        table = dataset.table()
        data = load(table)
    except InputError as error:
        refusal = str(error)
    columns = () if table is None else tuple(column_facts(table, None if data is None else data.learned))
    if data is None:
        notes = () if table is None else table.notes
        return dataclasses.replace(one, refusal=refusal, notes=notes, columns=columns), None
    one = dataclasses.replace(
        one,
        notes=data.notes,
        shape=tuple(data.train.shape),
        domain=data.domain.kind,
        splits=tuple(_splits(data)),
        rule=data.rule,
        overview=data.overview,
        columns=columns,
        cautions=tuple(_cautions(data)),
    )
    return one, data


def _cautions(data: Data) -> Iterator[str]:
    for line in (validation_caution(len(data.validation)), caution({"test examples": len(data.test)})):
        if line:
            yield line


def _settings(dataset: Dataset) -> dict[str, str]:
    """The fields of a data set but for its path, as text."""
    values = {field.name: getattr(dataset, field.name) for field in dataclasses.fields(dataset)}  # type: ignore[arg-type]
    return {name: str(value) for name, value in values.items() if name != "path"}


def _splits(data: Data) -> Iterator[SplitFacts]:
    parts = data.splits | ({} if data.calibration is None else {"calibration": data.calibration})
    for name, split in parts.items():
        labels: dict[str, int] = {}
        if split.labels is not None and data.classes:
            values, counts = np.unique(split.labels, return_counts=True)
            names = data.label_names or tuple(map(str, range(data.classes)))
            labels = {names[value]: int(count) for value, count in zip(values, counts, strict=True)}
        yield SplitFacts(name, len(split), labels, split.images)
