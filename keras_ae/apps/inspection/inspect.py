"""The inspection of data before training: as which kinds of data a path can be read, and what comes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.inspection.columns import ColumnFacts, column_facts
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import dataset_kinds, find_dataset
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.metrics.uncertainty import caution, validation_caution
from keras_ae.overrides import override_data
from keras_ae.runs.request import RunRequest

__all__ = ["Inspection", "SplitFacts", "inspect_data", "readings"]


@dataclass(frozen=True)
class SplitFacts:
    """A split.

    Attributes:
        name: "train", "validation", "test" or "calibration".
        examples: How many examples it has.
        labels: How many examples each label has, by its name; empty without labels.
    """

    name: str
    examples: int
    labels: dict[str, int]


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


def readings(text: str, recipe: str | None = None, settings: Sequence[str] = ()) -> list[Dataset]:
    """The data sets that a path can be read as.

    Args:
        text: A path, or the name of a data set.
        recipe: The recipe that the data are for; None for all kinds of data sets that accept the path.
        settings: Changes to the data set's fields, such as "data.window=32".

    Returns:
        The data sets, not loaded: one with a recipe, else one of each kind that has the fields.

    Raises:
        InputError: If there is none, or none with those fields, and for values that a field cannot take.
    """
    if recipe is not None:
        return [RunRequest(recipe, text, tuple(settings)).load().data]
    first = find_dataset(text)
    kinds = [kind for kind in dataset_kinds() if kind.priority] if Path(text).exists() else []
    found = [first, *(dataset for kind in kinds if (dataset := kind.accepts(text)) is not None)]
    datasets = list({type(dataset): dataset for dataset in found}.values())
    fields = {setting.partition("=")[0].strip().removeprefix("data.").split(".")[0] for setting in settings}
    fitting = [dataset for dataset in datasets if fields <= _settings(dataset).keys()]
    return [override_data(dataset, settings) for dataset in fitting or datasets[:1]]


def inspect_data(dataset: Dataset) -> Inspection:
    """Loads a data set, and tells what was understood of it.

    Args:
        dataset: The data set.

    Returns:
        The inspection; of data that cannot be trained on with the reason, and with the columns of a file of
        rows that can be read.
    """
    summary = (type(dataset).__doc__ or "").splitlines()[0]
    first = Inspection(type(dataset).__name__, dataset.category, summary, _settings(dataset))
    data, refusal = None, ""
    try:
        data = dataset.outline()
    except InputError as error:
        refusal = str(error)
    try:
        table = dataset.table()
    except InputError:
        table = None
    columns = () if table is None else tuple(column_facts(table, None if data is None else data.learned))
    if data is None:
        notes = () if table is None else table.notes
        return dataclasses.replace(first, refusal=refusal, notes=notes, columns=columns)
    return dataclasses.replace(
        first,
        notes=data.notes,
        shape=tuple(data.train.shape),
        domain=str(data.domain),
        splits=tuple(_splits(data)),
        rule=data.rule,
        overview=data.overview,
        columns=columns,
        cautions=tuple(_cautions(data)),
    )


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
        yield SplitFacts(name, len(split), labels)
