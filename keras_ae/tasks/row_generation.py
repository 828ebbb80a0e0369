"""Generation of a table's rows: how like real rows they are, of what use, and whether they are copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae.blocks.samplers import CodeSampler, generate, takes_condition
from keras_ae.data.scaling import in_original_units
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least
from keras_ae.formats.rows import Rows
from keras_ae.heads import Heads
from keras_ae.metrics.rows import (
    MOST_ROWS,
    column_distances,
    copies,
    correlation_gap,
    discrimination,
    interval,
    nearest_distances,
    usefulness,
)
from keras_ae.tasks import Task
from keras_ae.tasks.generation import REAL_ROW
from keras_ae.tasks.row_baselines import gaussian_copula, independent_columns

__all__ = ["RowGeneration"]


@dataclass(frozen=True)
class RowGeneration(Task):
    """Training by reconstruction, with test metrics of rows that are sampled.

    Attributes:
        samples: Rows to sample for a metric, at least 10, at most as many as there are training rows.
        repeats: How often rows are sampled anew to train classifiers on, at least 1.
    """

    samples: int = 1000
    repeats: int = 3

    def __post_init__(self) -> None:
        check_least(self, samples=10, repeats=1)

    @property
    def compared(self) -> tuple[str, ...]:
        """What generated rows are good for; without anything to predict, whether they can be told apart."""
        return ("useful", "discrimination")

    def prepare(self, data: Data) -> Data:
        """The data themselves.

        Raises:
            InputError: For data that are no rows of a table.
        """
        if not isinstance(data.format, Rows):
            raise InputError(
                f"expected rows of a table to generate, received {data.name}; wrap it, "
                'SET="data=WholeRows(...)", or take another task: SET="task=Generation"'
            )
        return data

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, features) -> (examples, examples)."""
        return examples, examples

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Metrics of sampled rows, of those of simpler generators, and of training rows in their place.

        * ks, total_variation, missing_gap: Distances of columns to the test rows.
        * correlation_gap: Mean difference of two columns' correlations from those of the test rows.
        * discrimination: AUROC of a classifier that tells rows from test rows; 0.5 where it cannot.
        * logistic, boosting: Fraction of test rows whose target a classifier tells that was trained on the
          rows; useful: the mean of both; interval: half of its 95 % interval, by the bootstrap of the test
          rows.
        * nearest: Median distance to the nearest training row; copies: Fraction that is exactly one.

        The row of real examples is that of the training rows, but for the distance of the test rows to them.
        """
        if sample_codes is None:
            return {}
        real = _Real(data)
        count = min(self.samples, len(real.train), MOST_ROWS)

        def sampled(seed: int) -> np.ndarray:
            return sampled_rows(heads, data, sample_codes, count, seed)

        generators = {
            "model": sampled,
            "independent columns": lambda seed: independent_columns(real.train, count, seed),
            "Gaussian copula": lambda seed: gaussian_copula(real.train, count, seed),
        }
        table = {}
        for name, sample in generators.items():
            several = [sample(seed + 1009 * number) for number in range(self.repeats)]
            table[name] = real.metrics_of(several[0], seed) | real.use_of(several, seed)
            table[name] |= _nearness(several[0], real)
        table[REAL_ROW] = real.metrics_of(real.train[:count], seed) | real.use_of([real.train], seed)
        table[REAL_ROW] |= _nearness(real.test, real)
        return table


def sampled_rows(heads: Heads, data: Data, sample_codes: CodeSampler, count: int, seed: int) -> np.ndarray:
    """Rows sampled by heads, of each condition as many as there are among the training rows.

    Args:
        heads: Trained heads.
        data: The data that they were trained on.
        sample_codes: Samples codes.
        count: Rows to sample.
        seed: Random seed.

    Returns:
        (count, columns), in original units.
    """
    labels = None
    if takes_condition(heads):
        assert data.train.labels is not None  # of a condition
        labels = np.random.default_rng(seed).choice(data.train.labels, count)
    features = generate(heads, sample_codes(count, seed), labels, data.classes)
    return data.scaler.inverse_transform(features)


def _nearness(rows: np.ndarray, real: _Real) -> dict[str, float]:
    """How near rows are to training rows."""
    return {
        "nearest": float(np.median(nearest_distances(rows, real.train, real.format))),
        "copies": float(copies(rows, real.train, real.format).mean()),
    }


class _Real:
    """Real rows in original units, with which others are compared."""

    def __init__(self, data: Data):
        assert isinstance(data.format, Rows)  # as `prepare` makes sure
        assert data.raw is not None  # of a table
        self.format = data.format
        train = in_original_units(data.train.thin(MOST_ROWS), data.scaler)
        self.train = np.random.default_rng(0).permutation(train)  # as a file may be sorted
        self.test = data.format.matrix(data.raw)[:MOST_ROWS]

    def metrics_of(self, rows: np.ndarray, seed: int) -> dict[str, float]:
        """Compares rows (n, columns) with the test rows."""
        metrics = {"discrimination": discrimination(rows, self.test, self.format, seed)}
        metrics |= column_distances(rows, self.test, self.format)
        return metrics | {"correlation_gap": correlation_gap(rows, self.test, self.format)}

    def use_of(self, several: list[np.ndarray], seed: int) -> dict[str, float]:
        """How often classifiers are right that were trained on rows, on average of several samples."""
        hits: dict[str, list[np.ndarray]] = {}
        for number, rows in enumerate(several):
            found = usefulness(rows, self.test, self.train, self.format, seed + number)
            for name, right in (found or {}).items():
                hits.setdefault(name, []).append(right)
        metrics = {name: float(np.mean(right)) for name, right in hits.items()}
        each = [right for rights in hits.values() for right in rights]
        if not each:
            return {}
        right = np.mean(each, axis=0)
        return {"useful": float(right.mean()), "interval": interval(right, seed)} | metrics
