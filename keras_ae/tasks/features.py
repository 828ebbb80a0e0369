"""Features: reconstruction whose metrics say what codes are worth to classifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_ae.blocks.samplers import CodeSampler, takes_condition
from keras_ae.data.few_labels import few_labeled
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least, check_widths
from keras_ae.heads import Heads, batched
from keras_ae.metrics.probes import accuracies, linear_probes, nearest_probes
from keras_ae.metrics.supervised import features_of, labels_alone
from keras_ae.tasks import Curves, Task
from keras_ae.tasks.corruption import Corruption, Unchanged, corrupted
from keras_ae.tasks.reconstruction import Reconstruction

__all__ = ["Features", "check_encoder", "check_labeled", "codes_of"]

PROBES: dict[str, Callable[[int, int], list[Any]]] = {"probe": linear_probes, "knn": nearest_probes}
"""The classifiers to choose from, by the name of their metric."""

RAW_ROW, LABELS_ROW = "raw input", "labels alone"
"""The rows of the examples themselves, and of the encoder's layers trained on the labels alone."""

AS_ROWS = {"probe": "linear probe", "knn": "nearest neighbors"}


@dataclass(frozen=True)
class Features(Task):
    """Trains without labels, and measures how well classifiers of the codes read them.

    A linear probe (logistic regression, its scaling and regularization chosen on the validation split, or by
    cross-validation among a few labels) and nearest neighbors, of codes, of as many principal components and
    of the examples themselves; and a network of the encoder's layers that is trained on the labels alone.

    Attributes:
        label_counts: Numbers of labeled training examples to measure with, beside all of them; those of
            fewer than there are classes, or of as many as all, are left out.
        label_sets: Sets of each number, at least 1, over which accuracies are averaged.
        corruption: Of the inputs in training, where the targets are the clean examples; Unchanged for none.
    """

    label_counts: tuple[int, ...] = (10, 100, 1000)
    label_sets: int = 5
    corruption: Corruption = Unchanged()

    def __post_init__(self) -> None:
        check_least(self, label_sets=1)
        check_widths("label_counts", self.label_counts, least=0)

    @property
    def compared(self) -> tuple[str, ...]:
        """The linear probe with all labels."""
        return ("probe",)

    @property
    def oracles(self) -> tuple[str, ...]:
        """The network that has learned from all labels."""
        return (LABELS_ROW,)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, ...) -> (corrupted, examples)."""
        return corrupted(self.corruption, examples, seeds, domain), examples

    def pairs_by_batch(self, domain: str) -> bool:
        """Where the corruption does."""
        return self.corruption.by_batch(domain)

    def prepare(self, data: Data) -> Data:
        """The data, whose labels are looked at.

        Raises:
            InputError: They have no classes.
        """
        check_labeled(data, "Features compares")
        return data

    def check(self, heads: Heads, data: Data) -> None:
        """Refuses an encoder that takes the labels, or whose codes have no one size."""
        check_encoder(heads)

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Callable]:
        """PCA with codes of the same size."""
        return Reconstruction().baselines(data, seed, latent_dim)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Test accuracies of probes of the codes, and of the baselines."""
        splits = {name: split.in_memory() for name, split in data.splits.items()}
        labels = {name: np.asarray(split.labels) for name, split in splits.items()}
        examples = {name: np.asarray(values(split.examples)) for name, split in splits.items()}
        flat = {name: part.reshape(len(part), -1) for name, part in examples.items()}
        codes = {name: codes_of(heads.encoder, part) for name, part in examples.items()}
        size = codes["train"].shape[1]
        sets = self._sets(labels["train"], seed)
        rows = {"model": codes, **_components(flat, size), RAW_ROW: flat}
        metrics: dict[str, dict[str, float]] = {row: {} for row in rows}
        for row, features in rows.items():
            for probe, candidates in PROBES.items():
                for suffix, chosen in sets.items():
                    metrics[row] |= _mean(probe + suffix, accuracies(candidates, features, labels, chosen))
        alone: dict[str, float] = {}
        for suffix, chosen in sets.items() if np.issubdtype(codes["train"].dtype, np.floating) else ():
            found = [
                labels_alone(heads.encoder, examples, labels, data.classes, seed, one)
                for one in (chosen if chosen else (None,))
            ]
            alone |= _mean(f"probe{suffix}", found)
        return metrics | ({LABELS_ROW: alone} if alone else {})

    def curves(self, table: Mapping[str, Mapping[str, float]], data: Data) -> Curves:
        """Accuracy against the number of labels, of each kind of probe."""
        counts = {f"_{count}": count for count in self._counts(data)} | {"": len(data.train)}
        return {
            f"{title} of codes: test accuracy by labeled examples": {
                row: {
                    counts[suffix]: metrics[probe + suffix] for suffix in counts if probe + suffix in metrics
                }
                for row, metrics in table.items()
                if probe in metrics
            }
            for probe, title in AS_ROWS.items()
        }

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}

    def _counts(self, data: Data) -> list[int]:
        few = len(data.learned_classes)
        return [count for count in sorted({*self.label_counts}) if few <= count < len(data.train)]

    def _sets(self, labels: np.ndarray, seed: int) -> dict[str, list[np.ndarray]]:
        """The sets of a few labeled examples by the suffix of their metrics; none for all labels."""
        few = len(np.unique(labels))
        counts = [count for count in sorted({*self.label_counts}) if few <= count < len(labels)]
        sets = range(seed, seed + self.label_sets)
        return {f"_{count}": [few_labeled(labels, count, one) for one in sets] for count in counts} | {"": []}


def check_labeled(data: Data, does: str) -> None:
    """Refuses data without classes.

    Args:
        data: The data.
        does: What needs them, such as "Features compares".

    Raises:
        InputError: There are no classes in it.
    """
    if len(data.learned_classes) < 2:
        raise InputError(
            f"{does} the classes of examples, and {data.name} has no labels of two or more classes; give "
            "labels: y in an .npz, a folder for each class of images, or a table's column as data.label"
        )


def check_encoder(heads: Heads) -> None:
    """Refuses an encoder whose codes cannot be compared with labels.

    Args:
        heads: The heads.

    Raises:
        InputError: The encoder takes the labels, or its codes have no one size.
    """
    if takes_condition(heads) or "condition" in {tensor.name for tensor in heads.encoder.inputs}:
        raise InputError(
            "the encoder takes the labels that its codes are to be read for; take a variant without a "
            'condition, such as SET="variant=undercomplete"'
        )
    if heads.any_size:
        raise InputError("codes of images of any size have no one size; train on images of one size")


def codes_of(encoder: keras.Model, examples: np.ndarray) -> np.ndarray:
    """The codes of examples as real numbers.

    Args:
        encoder: {"inputs": (n, ...)} -> {"code", ...}.
        examples: (n, ...), as the network has them.

    Returns:
        (n, size).
    """
    codes = features_of(batched(encoder, {"inputs": examples}))
    return codes.reshape(len(codes), -1)


def _components(flat: Mapping[str, np.ndarray], size: int) -> dict[str, dict[str, np.ndarray]]:
    """Principal components of as many numbers, by the name of their row."""
    from sklearn.decomposition import PCA

    size = min(size, *flat["train"].shape)
    pca = PCA(size, random_state=0).fit(flat["train"])
    return {f"PCA, {size} components": {name: pca.transform(part) for name, part in flat.items()}}


def _mean(name: str, found: list[float]) -> dict[str, float]:
    """The mean of several accuracies, and their standard deviation."""
    mean = {name: float(np.mean(found))}
    return mean | ({f"{name}_std": float(np.std(found, ddof=1))} if len(found) > 1 else {})
