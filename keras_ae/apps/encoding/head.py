"""An exported head that encodes: described by its card, and loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from keras_ae.apps.encoding.rows import RowStream
from keras_ae.apps.encoding.windows import WindowStream
from keras_ae.data.streams.open_stream import open_stream
from keras_ae.data.streams.rows import Batch, InputSpec
from keras_ae.data.streams.stream import Stream
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.formats import files_of
from keras_ae.formats.images import images_of
from keras_ae.heads import inference_batch
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.serving.card_signatures import check_outputs
from keras_ae.serving.exported import DEFAULT_SIGNATURE, ExportedHead

__all__ = ["Head", "Outputs"]

Outputs = dict[str, np.ndarray]
"""The outputs of a head for a batch, by name, examples along the first axis."""


@dataclass(frozen=True)
class Head:
    """An exported head, as its card describes it.

    Attributes:
        folder: The version's folder.
        input_spec: The shape and the domain of its inputs.
        conditional: Whether it also takes labels.
        labels: How many labels there are; 0 if the card does not say.
        outputs: (shape of one example's, dtype) of each output to write, by name.
        weights_sha256: The hash of its weights.
        columns: Of a head that takes a table's columns: the dtype of each, by its name in the signature.
        data: What its card says of the data of its training.
        series: The series that it learned from; None for other data.
    """

    folder: Path
    input_spec: InputSpec
    conditional: bool
    labels: int
    outputs: dict[str, tuple[tuple[int, ...], np.dtype]]
    weights_sha256: str
    columns: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    series: SeriesFacts | None = None

    @classmethod
    def of(cls, folder: Path, names: tuple[str, ...] = ()) -> Head:
        """Reads a version's card.

        Args:
            folder: The version's folder.
            names: The outputs to write; by default `code` alone.

        Returns:
            The head; its SavedModel is not loaded yet.

        Raises:
            InputError: The card is missing or incomplete, the head takes neither `inputs` nor a table's
                columns, takes images of any size, or has no such output.
        """
        return cls.from_card(folder, ExportedHead(folder).card, names)

    @classmethod
    def from_card(cls, folder: Path, card: Mapping[str, Any], names: tuple[str, ...] = ()) -> Self:
        """A head that a card describes.

        Args:
            folder: The folder that messages name.
            card: Its card.
            names: As for `of`.

        Returns:
            The head.

        Raises:
            InputError: As of `of`.
        """
        names = names or ("code",)
        try:
            signature = card["signatures"][DEFAULT_SIGNATURE]
            inputs, all_outputs = signature["inputs"], signature["outputs"]
            domain, shape = domain_of(card["data"]["domain"]), card["data"]["shape"]
            weights = card["weights_sha256"]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{folder} has no card that describes its signatures and weights ({error!r}); export it again"
            ) from error
        columns = {} if "inputs" in inputs else {name: spec["dtype"] for name, spec in inputs.items()}
        if (
            any(spec["shape"] != [None] for spec in inputs.values())
            if columns
            else set(inputs) - {"inputs", "condition"}
        ):
            received = f"{', '.join(sorted(inputs)[:4])}{', ...' if len(inputs) > 4 else ''}"
            raise InputError(
                f"expected a head that takes inputs, or a column each of a table, {folder} takes {received}; "
                f"give it arrays: keras-ae predict {folder.parent.parent.name} arrays.npz --head "
                f"{folder.parent.name}"
            )
        if not columns and None in inputs["inputs"]["shape"][1:]:
            raise InputError(
                f"{folder} takes images of any size, whose codes have as many sizes; for images of one size: "
                f"keras-ae predict {folder.parent.parent.name} images.npy --head {folder.parent.name}"
            )
        check_outputs(names, all_outputs)
        conditional = "condition" in inputs
        input_spec = InputSpec(
            (len(columns),) if columns else tuple(inputs["inputs"]["shape"][1:]),
            domain,
            shape[-1] if domain.one_hot else 0,
            tuple(card["data"].get("label_names", ())) if conditional else (),
            conditional,
            card["data"].get("full_scale"),
            images_of(card["data"]),
            None if columns else files_of(card["data"], inputs["inputs"]["shape"][1:]),
        )
        outputs = {
            name: (tuple(all_outputs[name]["shape"][1:]), np.dtype(all_outputs[name]["dtype"]))
            for name in names
        }
        classes = card["data"].get("classes", 0)
        series = SeriesFacts.from_card(card["data"])
        return cls(folder, input_spec, conditional, classes, outputs, weights, columns, card["data"], series)

    def open_stream(self, text: str, split: str | None = None, key: str | None = None) -> Stream:
        """Opens data to encode.

        Args:
            text: The name of a data set, or a path; of a file of rows for a head that takes columns. A head
                that learned from a series takes a file of rows by its windows.
            split: "train", "validation" or "test" of a data set by name; None for all, in this order.
            key: The name of the array in an .npz; None for the one that training uses.

        Returns:
            The stream.

        Raises:
            InputError: There is no such data, or the head does not take it.
        """
        is_series = self.series is not None and holds_rows(text) and os.path.isfile(text)
        if not self.columns and not is_series:
            return open_stream(text, self.input_spec, split, key)
        if split is not None or key is not None:
            raise InputError(f"{text} has neither splits nor arrays by name; leave out --split and --key")
        if self.series is not None and is_series:
            return WindowStream(Path(text), self.input_spec, self.series)
        return RowStream(Path(text), self.columns, self.data)

    def load(self) -> Callable[[Batch], Outputs]:
        """Loads the SavedModel.

        Returns:
            Rows -> the outputs by name.

        Raises:
            InputError: It does not load; from the function, where rows have labels that are no classes.
        """
        return self.function_of(ExportedHead(self.folder).signature())

    def function_of(self, signature: Callable[[Mapping[str, Any]], Outputs]) -> Callable[[Batch], Outputs]:
        """What the head does with rows.

        Args:
            signature: Inputs by name -> outputs by name.

        Returns:
            Rows -> the outputs by name.
        """

        def run(rows: Batch) -> Outputs:
            if not len(rows):
                return {name: np.empty((0, *shape), dtype) for name, (shape, dtype) in self.outputs.items()}
            names = self.columns or ("inputs",)
            inputs = {name: rows.examples[name] if self.columns else rows.examples for name in names}
            if self.conditional:
                inputs["condition"] = self._checked_labels(rows)
            outputs = signature(inputs)
            return {name: outputs[name] for name in self.outputs}

        return run

    def check(self, stream: Stream) -> None:
        """Checks that a stream has labels where the head needs them.

        Args:
            stream: The data to encode.

        Raises:
            InputError: The head is conditional and the data has no labels.
        """
        if self.conditional and not stream.labeled:
            raise InputError(
                f"the model encodes an example together with its class; {stream.where} has no labels: put "
                "them beside the examples as y in an .npz, or images into a folder for each class"
            )

    def _checked_labels(self, rows):
        """The labels of rows; the graph itself would take unknown ones for no class at all."""
        bad = (rows.labels < 0) | (rows.labels >= (self.labels or np.inf))
        if bad.any():
            most = f"to {self.labels - 1}" if self.labels else "up"
            raise InputError(
                f"expected labels from 0 {most}, as the model was trained on; "
                f"example {rows.positions[bad][0]} has {rows.labels[bad][0]}"
            )
        return rows.labels

    def batch(self, size: int | None = None) -> int:
        """Examples to encode at a time.

        Args:
            size: The number that the caller chose; None chooses one by the size of an example.

        Returns:
            The number.

        Raises:
            InputError: It is below 1.
        """
        if size is not None and size < 1:
            raise InputError(f"expected batches of at least 1 example, received {size}")
        return size or inference_batch(self.input_spec.shape)
