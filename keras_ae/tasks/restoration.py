"""Denoising: the input is a corrupted example, the target the clean one."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from keras_ae.data.pipeline import PairedData, without_names
from keras_ae.data.types import Data
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import MOST_VALUES, Predictor, has_linear_map, linear_map
from keras_ae.tasks.corruption import Corruption, Gaussian, corrupted

__all__ = ["Denoising"]


@dataclass(frozen=True)
class Denoising(Task):
    """The denoising criterion (Vincent et al. 2008): the network restores corrupted examples.

    Attributes:
        corruption: Gaussian, Masking or SaltAndPepper; new noise for each example in each epoch.
    """

    corruption: Corruption = Gaussian()

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, ...) -> (corrupted, examples)."""
        return corrupted(self.corruption, examples, seeds, domain), examples

    def pairs_by_batch(self, domain: str) -> bool:
        """Where the corruption does."""
        return self.corruption.by_batch(domain)

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """The input itself, and the best linear denoiser if examples are small enough or images."""
        predictors: dict[str, Predictor] = {"noisy input": lambda inputs: inputs}
        if has_linear_map(data.train.shape):
            paired = PairedData(data, self, seed)
            most = max(1, MOST_VALUES // prod(data.train.shape))
            train, validation = (
                without_names(paired.held_back_batches(split.thin(most)))
                for split in (data.train, data.validation)
            )
            predictors["linear denoiser"] = linear_map(train, validation, data.domain)
        return predictors

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The clean examples, the corrupted ones, and the restored ones."""
        return {"input": targets, "noisy": inputs, "reconstruction": reconstruction}
