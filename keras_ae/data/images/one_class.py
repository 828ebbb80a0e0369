"""Labeled data with one class as the normal one and all others as anomalies."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.data.scaling import Scaler
from keras_ae.data.tables.columns import Table
from keras_ae.data.types import Data
from keras_ae.errors import InputError

__all__ = ["NORMAL_NAMES", "OneClass"]

NORMAL_NAMES = ("good", "normal", "ok", "nominal", "benign", "0")
"""Labels that count as normal if the user names none."""


@dataclass(frozen=True)
class OneClass(Dataset):
    """A labeled data set with one normal class: label 0 for the normal class and 1, ... for the others.

    It may be a folder of images, with a folder `good` beside others of any names, or `train/good` beside
    `test/good` and others, as MVTec AD has them. Anomalies among a folder's training examples are moved to
    its test split, unless groups or a list say what belongs there. Of a folder without folders every image
    counts as normal.

    Attributes:
        of: The data set.
        normal: The label of the normal class, its name or number; "" for good, normal or similar, or else the
            only one of the training examples.
        abnormal: The label of the only class that is not normal, in place of `normal`; "" for none.
    """

    wraps: ClassVar[str] = "of"
    of: Dataset = Mnist5k()
    normal: str = "0"
    abnormal: str = ""

    def load(self) -> Data:
        """Loads the data set.

        Raises:
            InputError: For data without labels, and for an unknown label.
        """
        return self.of_data(self.of.load())

    def outline(self, table: Table | None = None) -> Data:
        return self.of_data(self.of.outline(table))

    def load_like(self, scaler: Scaler) -> Data:
        return self.of_data(self.of.load_like(scaler))

    def sample(self) -> Data:
        """A sample of a kind of its own; else all embedded digits, as a few hold too few of one class."""
        return self.of_data(self.of.sample()) if self.of.category else OneClass().load()

    def around(self, dataset: Dataset) -> OneClass:
        """The same around another data set; around a path, the normal class is named good or similar."""
        labels = {"normal": "", "abnormal": ""} if dataset.from_path else {}
        return dataclasses.replace(self, of=self.of.around(dataset), **labels)

    def of_data(self, data: Any) -> Data:
        """Data with the normal class as label 0.

        Args:
            data: The `Data` that the data set loads.

        Returns:
            The data with the new labels.

        Raises:
            InputError: For data without labels, and for an unknown label.
        """
        unlabeled = all(split.labels is None for split in data.splits.values())
        if unlabeled and self.of.from_path and not self.normal:
            return _all_normal(data)
        if any(split.labels is None for split in data.splits.values()):
            raise InputError(
                f"expected labels, {data.name} has none; put normal images into a folder called good, beside "
                "folders of others"
            )
        known = sorted({int(label) for split in data.splits.values() for label in split.labels})
        names = {label: data.label_names[label] if data.label_names else str(label) for label in known}
        normal = self._normal_of(names, data)
        order = [*normal, *(label for label in known if label not in normal)]
        new = np.array([max(0, order.index(label) - len(normal) + 1) for label in known])
        splits = {
            part: dataclasses.replace(split, labels=new[np.searchsorted(known, split.labels)])
            for part, split in data.splits.items()
        }
        anomalies = np.flatnonzero(splits["train"].labels > 0)
        unused = ""
        if data.fixed and len(anomalies):
            unused = f"; {len(anomalies):,} anomalies of the training split are not used"
        if self.of.from_path and not data.fixed:
            splits["test"] = splits["test"].joined(splits["train"].take(anomalies))
        count = int((splits["train"].labels == 0).sum())
        order = [normal[0], *order[len(normal) :]]
        others = (
            f"anomalies are {', '.join(names[label] for label in order[1:])}" if order[1:] else "no anomalies"
        )
        kind = f"all but {self.abnormal}" if self.abnormal else names[normal[0]]
        note = f"normal is {kind}: {count:,} examples to train on; {others}{unused}"
        label_names = tuple(names[label] for label in order)
        if self.abnormal:
            label_names = (NORMAL_NAMES[1], *label_names[1:])
        return dataclasses.replace(data, **splits, label_names=label_names, notes=(*data.notes, note))

    def _normal_of(self, names, data):
        """The labels of the normal class: that name, the only one trained on, or also no name at all."""
        if self.abnormal:
            others = [label for label, name in names.items() if name.lower() != self.abnormal.lower()]
            if not 0 < len(others) < len(names):
                raise InputError(
                    f"expected a label {self.abnormal} and others in {data.name}, received "
                    f'{", ".join(names.values())}; say which is abnormal: SET="data.abnormal=..."'
                )
            return others
        choices = [self.normal] if self.normal else NORMAL_NAMES
        matches = [
            label for choice in choices for label, name in names.items() if name.lower() == choice.lower()
        ]
        trained = np.unique(data.train.labels).tolist()
        if not matches and not self.normal and len(trained) == 1 < len(names):
            matches = trained
        if not matches:
            raise InputError(
                f"expected a label {' or '.join(choices)} in {data.name}, received "
                f'{", ".join(names.values())}; say which is normal: SET="data.normal=..."'
            )
        bare = [label for label, name in names.items() if name == "." and label != matches[0]]
        return [matches[0], *bare] if trained == bare else [matches[0]]


def _all_normal(data):
    """The data of images without labels."""
    splits = {
        part: dataclasses.replace(split, labels=np.zeros(len(split), np.int64))
        for part, split in data.splits.items()
    }
    note = "nothing says which examples are normal: each of them counts as normal"
    return dataclasses.replace(data, **splits, label_names=NORMAL_NAMES[1:2], notes=(*data.notes, note))
