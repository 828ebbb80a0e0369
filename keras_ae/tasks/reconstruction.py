"""Plain reconstruction: the target is the input."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import MOST_VALUES, Predictor, principal_components
from keras_ae.tasks.sequence_baselines import resampled_components

__all__ = ["Reconstruction"]


@dataclass(frozen=True)
class Reconstruction(Task):
    """Inputs and targets are the examples themselves."""

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """Each example twice."""
        return examples, examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """PCA with codes of the same size; of sequences that are stretched to one length, which it knows."""
        most = max(2, MOST_VALUES // prod(data.train.shape))
        examples = np.asarray(data.train.thin(most).in_memory().examples)
        if data.domain.ends:
            name = f"PCA, {latent_dim} components, stretched to one length"
            return {name: resampled_components(np.asarray(values(examples)), latent_dim)}
        return {f"PCA, {latent_dim} components": principal_components(examples, latent_dim, data.domain)}

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}
