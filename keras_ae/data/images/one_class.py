"""Any labeled data with one class as the normal one, all others as anomalies."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.data.types import Data, Split
from keras_ae.errors import InputError

__all__ = ["OneClass"]

NORMAL_NAMES = ("good", "normal", "ok", "benign", "0")
"""What labels are called that are taken for normal where none is named."""


@dataclass(frozen=True)
class OneClass(Dataset):
    """A labeled data set with one normal class: the labels become 0 for that one and 1, ... for the others.

    A folder of images can be one: its folder `good` beside others of any names. Anomalies among a folder's
    training examples are moved to its test split.

    Attributes:
        of: The data set.
        normal: The label of the normal class, by its name or number; "" for one named good, normal or alike.
    """

    of: Dataset = Mnist5k()
    normal: str = "0"

    def load(self) -> Data:
        """Loads the data set; raises InputError for data without labels, and for an unknown label."""
        return self._one_class(self.of.load())

    def sample(self) -> Data:
        """All embedded digits, as a few of them would hold too few of one class."""
        return OneClass().load()

    def around(self, dataset: Dataset) -> OneClass:
        """The same around another data set; around a path, with the class that is named good or normal."""
        return dataclasses.replace(self, of=dataset, normal="" if dataset.from_path else self.normal)

    def _one_class(self, data):
        if any(split.labels is None for split in data.splits.values()):
            raise InputError(
                f"expected labels, {data.name} has none; put normal images into a folder called good, beside "
                "folders of others"
            )
        there = sorted({int(label) for split in data.splits.values() for label in split.labels})
        names = {label: data.label_names[label] if data.label_names else str(label) for label in there}
        normal = self._normal_of(names, data.name)
        order = [normal] + [label for label in there if label != normal]
        place = np.array([order.index(label) for label in there])
        splits = {
            part: dataclasses.replace(split, labels=place[np.searchsorted(there, split.labels)])
            for part, split in data.splits.items()
        }
        if self.of.from_path:
            odd = splits["train"].take(np.flatnonzero(splits["train"].labels > 0))
            splits["test"] = Split(
                np.concatenate([splits["test"].examples, odd.examples]),
                np.concatenate([splits["test"].labels, odd.labels]),
            )
        count = int((splits["train"].labels == 0).sum())
        others = ", ".join(names[label] for label in order[1:])
        note = f"normal is {names[normal]}: {count:,} examples to train on; anomalies are {others}"
        return dataclasses.replace(
            data, **splits, label_names=tuple(names[label] for label in order), notes=(*data.notes, note)
        )

    def _normal_of(self, names, where):
        wanted = [self.normal] if self.normal else NORMAL_NAMES
        found = [
            label for choice in wanted for label, name in names.items() if name.lower() == choice.lower()
        ]
        if not found:
            raise InputError(
                f"expected a label {' or '.join(wanted)} in {where}, received {', '.join(names.values())}; "
                'say which is normal: SET="data.normal=..."'
            )
        return found[0]
