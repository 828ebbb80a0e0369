"""Thresholds of anomaly scores, fitted on held-out examples, and their guarantees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, expm1, log
from typing import Any

import numpy as np

from keras_ae.checked import Checked
from keras_ae.errors import InputError, check_within

__all__ = [
    "BestF1",
    "Conformal",
    "FalseDiscoveryRate",
    "FittedThreshold",
    "PeaksOverThreshold",
    "Quantile",
    "Threshold",
    "p_values",
]

FEWEST_PEAKS = 20
"""Minimum number of scores in the tail for fitting a distribution."""


@dataclass(frozen=True)
class FittedThreshold:
    """A fitted threshold: examples with a higher anomaly score are anomalies.

    Attributes:
        value: The threshold.
        method: How it was fitted.
        guarantee: The guarantee for new examples, and its assumption.
        count: Number of anomaly scores that it was fitted on.
    """

    value: float
    method: str
    guarantee: str
    count: int


class Threshold(metaclass=Checked):
    """A frozen dataclass that fits a threshold to anomaly scores.

    Only scores of normal examples are used, except by a threshold that is fitted with labels.
    """

    @property
    def takes_anomalies(self) -> bool:
        """Whether it is fitted on labeled anomalies, too."""
        return False

    @property
    def min_examples(self) -> int:
        """Minimum number of normal examples for a fit."""
        return 1

    @property
    def purpose(self) -> str:
        """What the threshold is for, as the subject of a message."""
        return "a threshold"

    def remedies(self, count: int) -> tuple[str, ...]:
        """The settings of thresholds that fewer normal examples suffice for.

        Args:
            count: How many there are.

        Returns:
            Advice, such as a higher rate of false alarms; () if no setting helps.
        """
        return ()

    def false_alarms(self, count: int) -> float | None:
        """How many of so many new normal examples are flagged, on average.

        Args:
            count: The number of normal examples.

        Returns:
            The number; None where the threshold promises none.
        """
        return None

    def fit(self, scores: Any, labels: Any = None) -> FittedThreshold:
        """Fits the threshold.

        Args:
            scores: (n,), the anomaly scores of held-out examples.
            labels: (n,), above 0 for anomalies; None if all are normal.

        Returns:
            The fitted threshold.

        Raises:
            InputError: For scores that are not finite, or too few.
        """
        raise NotImplementedError

    def flag(
        self, scores: np.ndarray, p_values: np.ndarray, fitted: FittedThreshold
    ) -> tuple[np.ndarray, FittedThreshold]:
        """Flags examples that are scored together.

        Args:
            scores: (n,), NaN where there is none; such an example is flagged.
            p_values: (n,), NaN as in `scores`.
            fitted: What `fit` gave.

        Returns:
            The flags, (n,), bool; and the threshold of these examples.
        """
        return ~(scores <= np.float32(fitted.value)), fitted


@dataclass(frozen=True)
class Conformal(Threshold):
    """Split conformal: at most alpha of new normal examples are flagged, whatever the scores' distribution.

    Papadopoulos et al. 2002; Bates et al. 2023, arXiv:2104.08279. The guarantee is on the mean over
    calibration sets, and holds where new normal examples are exchangeable with the held-out ones.

    Attributes:
        alpha: The rate of false alarms, in (0, 1).
    """

    alpha: float = 0.05

    def __post_init__(self):
        check_within(self, alpha="(0, 1)")

    @property
    def min_examples(self) -> int:
        """1 / alpha - 1."""
        return ceil(1 / self.alpha - 1 - 1e-9)

    @property
    def purpose(self) -> str:
        return f"a rate of false alarms of {self.alpha:g}"

    def false_alarms(self, count: int) -> float | None:
        return self.alpha * count

    def remedies(self, count: int) -> tuple[str, ...]:
        return _higher_rate(count)

    def fit(self, scores: Any, labels: Any = None) -> FittedThreshold:
        """Fits the threshold; raises InputError for fewer scores than alpha needs."""
        normal = np.sort(_normal(scores, labels))
        rank = ceil((len(normal) + 1) * (1 - self.alpha) - 1e-9)
        if rank > len(normal):
            raise InputError(
                f"{self.purpose} takes at least {self.min_examples} normal examples to calibrate on, "
                f"received {len(normal)}; use more examples or {' or '.join(self.remedies(len(normal)))}"
            )
        return FittedThreshold(
            float(normal[rank - 1]),
            f"split-conformal, score {rank} of {len(normal)} in ascending order",
            f"at most {self.alpha:g} of new normal examples are flagged, on average over calibration sets, "
            "if they are exchangeable with those held back",
            len(normal),
        )


@dataclass(frozen=True)
class FalseDiscoveryRate(Threshold):
    """Limits the fraction of normal examples among those flagged, of many that are scored together.

    Benjamini and Hochberg 1995 over conformal p-values (Bates et al. 2023, arXiv:2104.08279), which depend
    on each other positively, so that the limit holds. As all examples are needed at once, the served head
    flags each by `Conformal(q)` alone: no example with a higher p-value than q is ever flagged with others,
    so the head misses none of them, and flags at most the fraction q of normal examples.

    Attributes:
        q: The fraction of normal examples among those flagged, on average over sets, in (0, 1).
    """

    q: float = 0.1

    def __post_init__(self):
        check_within(self, q="(0, 1)")

    @property
    def min_examples(self) -> int:
        """1 / q - 1."""
        return Conformal(self.q).min_examples

    @property
    def purpose(self) -> str:
        return f"a false discovery rate of {self.q:g}"

    def remedies(self, count: int) -> tuple[str, ...]:
        return _higher_rate(count)

    def fit(self, scores: Any, labels: Any = None) -> FittedThreshold:
        """Fits the threshold of single examples; raises InputError for fewer scores than q needs."""
        fitted = Conformal(self.q).fit(scores, labels)
        one_by_one = (
            "one example at a time, which misses none that are flagged where many are scored together"
        )
        return replace(fitted, method=f"{fitted.method}; {one_by_one}")

    def flag(
        self, scores: np.ndarray, p_values: np.ndarray, fitted: FittedThreshold
    ) -> tuple[np.ndarray, FittedThreshold]:
        """Flags those that Benjamini and Hochberg's procedure rejects."""
        from scipy.stats import false_discovery_control

        known = np.isfinite(p_values)
        flags, count, total = ~known, fitted.count, int(known.sum())
        if not total:
            return flags, fitted
        flags[known] = false_discovery_control(p_values[known]) <= self.q + 1e-12
        normal = scores[known & ~flags]
        value = float(normal.max()) if len(normal) else float(np.nextafter(scores[known].min(), -np.inf))
        return flags, FittedThreshold(
            value,
            f"Benjamini and Hochberg's procedure over the p-values of {total:,} examples together",
            f"of those flagged at most {self.q:g} are normal, on average over such files, if normal ones are "
            f"exchangeable with the {count:,} that calibrate{self._least(total, count)}",
            count,
        )

    def _least(self, total, count):
        """How many examples must be that unlike before any is flagged, where a single one would not be."""
        least = ceil(total / (self.q * (count + 1)) - 1e-9)
        if least <= 1:
            return ""
        return (
            f"; no p-value is below 1/{count + 1:,}, so none is flagged unless {least:,} are unlike all of "
            f"these; to flag a single one takes {ceil(total / self.q - 1e-9) - 1:,} to calibrate on"
        )


@dataclass(frozen=True)
class PeaksOverThreshold(Threshold):
    """Extreme value theory: the tail beyond a high quantile is a generalized Pareto distribution.

    Siffer et al. 2017, "Anomaly Detection in Streams with Extreme Value Theory". It is meant for rates that
    are too low to be observed on the held-out examples.

    Attributes:
        alpha: The rate of false alarms, in (0, 1), below 1 - level.
        level: The quantile at which the tail begins.
    """

    alpha: float = 0.001
    level: float = 0.9

    def __post_init__(self):
        check_within(self, alpha="(0, 1)", level="(0, 1)")
        if self.alpha >= 1 - self.level:
            raise InputError(f"alpha must be below 1 - level, received {self.alpha:g} and {self.level:g}")

    @property
    def min_examples(self) -> int:
        """Enough that 20 of them are expected to be above the level."""
        return ceil(FEWEST_PEAKS / (1 - self.level)) + 1

    @property
    def purpose(self) -> str:
        return f"the tail of the scores above the quantile {self.level:g}"

    def remedies(self, count: int) -> tuple[str, ...]:
        if count >= Conformal().min_examples:
            return ('another threshold, SET="task.threshold=Conformal"',)
        return _higher_rate(count)

    def fit(self, scores: Any, labels: Any = None) -> FittedThreshold:
        """Fits the tail; raises InputError if it has fewer than 20 different scores."""
        from scipy.stats import genpareto

        normal = _normal(scores, labels)
        start = float(np.quantile(normal, self.level))
        excesses = normal[normal > start] - start
        if len(excesses) < FEWEST_PEAKS or np.ptp(excesses) == 0:
            raise InputError(
                f"expected at least {FEWEST_PEAKS} different scores above the quantile {self.level:g}, "
                f"received {len(np.unique(excesses))}; hold back more, lower the level, or take Conformal"
            )
        shape, _, scale = genpareto.fit(excesses, floc=0)
        rarity = min(0.0, log(self.alpha * len(normal) / len(excesses)))  # fewer with ties
        beyond = -rarity if abs(shape) < 1e-9 else expm1(-shape * rarity) / shape
        return FittedThreshold(
            start + scale * beyond,
            f"peaks over threshold, {len(excesses)} of {len(normal)} scores above {start:g}, of shape "
            f"{shape:.3f} and scale {scale:.3g}",
            f"{self.alpha:g} of new normal examples are flagged, if the tail is as fitted",
            len(normal),
        )


@dataclass(frozen=True)
class Quantile(Threshold):
    """The anomaly score that a given fraction of the held-out normal examples exceeds.

    Attributes:
        alpha: That fraction, in (0, 1).
    """

    alpha: float = 0.05

    def __post_init__(self):
        check_within(self, alpha="(0, 1)")

    def fit(self, scores: Any, labels: Any = None) -> FittedThreshold:
        normal = _normal(scores, labels)
        return FittedThreshold(
            float(np.quantile(normal, 1 - self.alpha, method="inverted_cdf")),
            f"quantile {1 - self.alpha:g} of {len(normal)} scores",
            f"{self.alpha:g} of the held-back normal examples are flagged; no guarantee for new ones",
            len(normal),
        )


@dataclass(frozen=True)
class BestF1(Threshold):
    """The threshold with the best F1 on labeled held-out examples, never on test examples."""

    @property
    def takes_anomalies(self) -> bool:
        return True

    def fit(self, scores: Any, labels: Any = None) -> FittedThreshold:
        """Chooses the threshold; raises InputError without labels, and where all of them are alike."""
        scores = _finite(scores)
        if labels is None or len(np.unique(np.asarray(labels) > 0)) < 2:
            raise InputError(
                "the best F1 takes labeled examples of both kinds to choose by, received "
                f"{'none' if labels is None else 'one kind'}; take Conformal, which needs normal ones alone"
            )
        order = np.argsort(-scores, kind="stable")
        ranked, hits = scores[order], np.cumsum(np.asarray(labels)[order] > 0)
        f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + hits[-1])
        f1[:-1][ranked[:-1] == ranked[1:]] = 0.0  # equal scores are flagged together
        best = int(f1.argmax())
        below = ranked[best + 1] if best + 1 < len(ranked) else -np.inf
        lowest = np.float32(ranked[best])  # in the precision that it is served in
        middle = np.float32((ranked[best] + below) / 2)
        value = middle if below < middle < lowest else np.nextafter(lowest, np.float32(-np.inf))
        return FittedThreshold(
            float(value),
            f"best F1, {f1[best]:.3f} on {len(ranked)} labeled examples of which {hits[-1]} are anomalies",
            "no guarantee on the rate of false alarms",
            len(ranked),
        )


def _higher_rate(count: int) -> tuple[str, ...]:
    """The advice of the lowest rate of false alarms, in thousandths, that so many examples suffice for."""
    if not count:
        return ()
    alpha = ceil(1000 / (count + 1)) / 1000
    return (f'a higher rate of false alarms, SET="task.threshold=Conformal(alpha={alpha:g})"',)


def p_values(scores: Any, reference: Any) -> np.ndarray:
    """(1 + how many of the reference's scores are as high) / (1 + how many there are).

    For an example that is exchangeable with the reference, it is at most alpha with a probability of at most
    alpha (Vovk et al. 2005), and a score lies above the threshold of Conformal(alpha) exactly if its
    p-value is at most alpha.

    Args:
        scores: (n,), anomaly scores.
        reference: (m,), the anomaly scores of held-out normal examples.

    Returns:
        (n,), in (0, 1].
    """
    reference = np.sort(_finite(reference))
    above = len(reference) - np.searchsorted(reference, np.asarray(scores), side="left")
    return (1 + above) / (1 + len(reference))


def _finite(scores: Any) -> np.ndarray:
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
        raise InputError(
            f"expected finite scores (n,) to fit a threshold on, received shape {scores.shape} with "
            f"{int((~np.isfinite(scores)).sum())} that are not; look for missing values in the data"
        )
    return scores


def _normal(scores: Any, labels: Any) -> np.ndarray:
    scores = _finite(scores)
    normal = scores if labels is None else scores[np.asarray(labels) <= 0]
    if not len(normal):
        raise InputError("expected normal examples to fit a threshold on, received anomalies alone; add some")
    return normal
