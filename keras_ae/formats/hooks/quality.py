"""How good examples are: their validity and repair, metrics, and generators to compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["QualityHooks", "SampleFunction"]

SampleFunction = Callable[[int, int], np.ndarray]
"""A deterministic function (count, seed) -> examples (count, ...)."""


class QualityHooks:
    """How good examples are: their validity and repair, metrics, and generators to compare with."""

    @property
    def judges(self) -> bool:
        """Whether `validity` can be determined."""
        return False

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """How valid examples are; implemented where `judges` is true.

        Args:
            examples: (n, ...).

        Returns:
            (n,) in [0, 1], 1 for fully valid examples.
        """
        raise NotImplementedError

    @property
    def unjudged_reason(self) -> str:
        """Why the validity of examples is unknown; empty if `judges` is true."""
        if self.judges:
            return ""
        return (
            f"nothing tells valid {type(self).__name__.lower()} from others; leave the choice of the best, "
            "and of valid ones alone, out"
        )

    @property
    def repairs(self) -> bool:
        """Whether `repair` can make examples valid."""
        return False

    def repair(self, example: np.ndarray) -> tuple[np.ndarray, bool]:
        """Makes an example valid with few changes.

        Args:
            example: (...).

        Returns:
            The changed example, and whether it is valid now.
        """
        return example, False

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        """Detects attributes of examples.

        Args:
            examples: (n, ...).

        Returns:
            (n,) bool by the attribute's name.
        """
        return {}

    def reconstruction_metrics(self) -> dict[str, Callable[[Any, Any], Any]]:
        """Metrics of reconstructions in addition to those of their domain.

        Returns:
            Functions (targets, outputs) -> (batch,) by name, of values as a model has them.
        """
        return {}

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Metrics of samples, compared with real examples.

        Args:
            samples: (n, ...).
            train: Training examples, (m, ...).
            test: Test examples, (k, ...).

        Returns:
            The metrics by name.
        """
        return {}

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """Baseline generators without a network, fitted to training examples.

        Args:
            train: (n, ...).

        Returns:
            Functions (count, seed) -> examples, by name.
        """
        return {}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Negative log-likelihood of test examples under such baselines.

        Args:
            train: (n, ...), which the baselines are fitted to.
            test: (m, ...).

        Returns:
            Nats per example, by the baseline's name.
        """
        return {}
