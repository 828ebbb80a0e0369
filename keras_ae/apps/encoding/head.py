"""An exported head as encoding needs it: from its card alone, and loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.data.streams.rows import Rows, Taken
from keras_ae.data.streams.stream import Stream
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.heads import inference_batch
from keras_ae.serving.exported import DEFAULT_SIGNATURE, ExportedHead

Outputs = dict[str, np.ndarray]
"""What a head gives of a batch, by name, examples along the first axis."""


@dataclass(frozen=True)
class Head:
    """An exported head, as its card describes it.

    folder: of its version. taken: what its inputs are. conditional: whether it takes labels too, and
        labels: how many there are, 0 where the card does not say.
    outputs: (shape of one example's, dtype) by name, of those wanted. weights_sha256: of its weights.
    """

    folder: Path
    taken: Taken
    conditional: bool
    labels: int
    outputs: dict[str, tuple[tuple[int, ...], np.dtype]]
    weights_sha256: str

    @classmethod
    def of(cls, folder: Path, wanted: tuple[str, ...] = ()) -> Head:
        """Reads a version's card; wanted: names of its outputs, otherwise `code` alone.

        Raises InputError where there is no whole card, for a head that does not take `inputs`, or takes
        them of any size, and for an output that it does not give.
        """
        card = ExportedHead(folder).card
        try:
            signature = card["signatures"][DEFAULT_SIGNATURE]
            given, gives = signature["inputs"], signature["outputs"]
            domain, shape = domain_of(card["data"]["domain"]), card["data"]["shape"]
            weights = card["weights_sha256"]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{folder} has no card that describes its signatures and weights ({error!r}); export it again"
            ) from error
        if not set(given) <= {"inputs", "condition"} or "inputs" not in given:
            names = f"{', '.join(sorted(given)[:4])}{', ...' if len(given) > 4 else ''}"
            raise InputError(
                f"expected a head that takes inputs, {folder} takes {names}; codes of a table's rows: "
                f"keras-ae predict {folder.parent.parent.name} rows.csv --output codes.npz"
            )
        if None in given["inputs"]["shape"][1:]:
            raise InputError(
                f"{folder} takes images of any size, whose codes are of as many; for those of one size: "
                f"keras-ae predict {folder.parent.parent.name} images.npy --head {folder.parent.name}"
            )
        unknown = [name for name in wanted or ("code",) if name not in gives]
        if unknown:
            raise InputError(f"{folder} gives {', '.join(gives)}; received --outputs {','.join(unknown)}")
        conditional = "condition" in given
        taken = Taken(
            tuple(given["inputs"]["shape"][1:]),
            domain,
            shape[-1] if domain.one_hot else 0,
            tuple(card["data"].get("label_names", ())) if conditional else (),
        )
        outputs = {
            name: (tuple(gives[name]["shape"][1:]), np.dtype(gives[name]["dtype"]))
            for name in wanted or ("code",)
        }
        return cls(folder, taken, conditional, card["data"].get("classes", 0), outputs, weights)

    def load(self) -> Callable[[Rows], Outputs]:
        """The head itself, as a function of rows."""
        signature = ExportedHead(self.folder).signature()

        def run(rows):
            if not len(rows):
                return {name: np.empty((0, *shape), dtype) for name, (shape, dtype) in self.outputs.items()}
            inputs = {"inputs": rows.examples}
            if self.conditional:
                inputs["condition"] = self._checked(rows)
            outputs = signature(inputs)
            return {name: outputs[name] for name in self.outputs}

        return run

    def check(self, stream: Stream) -> None:
        """Raises InputError where the head needs labels and the input has none."""
        if self.conditional and not stream.labeled:
            raise InputError(
                f"the model encodes an example together with its class; {stream.where} has no labels: put "
                "them beside the examples as y in an .npz, or images into a folder for each class"
            )

    def _checked(self, rows):
        """The labels, which the graph would take for no class at all where they are none of its classes."""
        bad = (rows.labels < 0) | (rows.labels >= (self.labels or np.inf))
        if bad.any():
            most = f"to {self.labels - 1}" if self.labels else "up"
            raise InputError(
                f"expected labels from 0 {most}, as the model was trained on; example {rows.places[bad][0]} "
                f"has {rows.labels[bad][0]}"
            )
        return rows.labels

    def batch(self, wanted: int | None = None) -> int:
        """Examples to encode at a time: so many as are wanted, else a number that goes by their size.

        Raises InputError below 1.
        """
        if wanted is not None and wanted < 1:
            raise InputError(f"expected batches of at least 1 example, received {wanted}")
        return wanted or inference_batch(self.taken.shape)
