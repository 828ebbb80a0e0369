"""Anomaly scores by the nearest normal examples, in the space of the inputs."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from keras_ae.blocks.neighbors import ScaledDifferences, StoredNeighbors
from keras_ae.errors import check_least
from keras_ae.tasks.anomaly_scores import Explained, Score, ScoreInputs
from keras_ae.tasks.feature_scale import usual_differences

__all__ = ["NearestExamples"]

MOST_NUMBERS = 2**20
"""Numbers of stored examples, at most: 4 MiB in a served head."""


@dataclass(frozen=True)
class NearestExamples(Score):
    """The mean distance from the nearest examples of training (Angiulli and Pizzuti 2002), without a network.

    In a table each column counts alike, and a rare word more than a common one. What the nearest ones are
    like is what was expected; a column contributes its squared difference from it, in units of the usual one.

    Attributes:
        neighbors: Nearest examples that the distance is averaged over, at least 1.
        max_examples: Training examples that are stored, at most, spread evenly over all; at least as many as
            neighbors. Fewer if they have many features: 2^20 numbers are stored at most.
    """

    neighbors: int = 5
    max_examples: int = 4000

    def __post_init__(self) -> None:
        check_least(self, neighbors=1)
        check_least(self, max_examples=self.neighbors)

    @property
    def takes_network(self) -> bool:
        return False

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        return self.explained(inputs).score

    def explained(self, inputs: ScoreInputs) -> Explained:
        """The distance, explained by the differences from the nearest examples."""
        flat = inputs.training.reshape(len(inputs.training), -1)
        most = min(self.max_examples, max(self.neighbors, MOST_NUMBERS // flat.shape[1]))
        stored = flat if len(flat) <= most else flat[np.linspace(0, len(flat) - 1, most).astype(int)]
        scale = inputs.feature_scale
        layer = StoredNeighbors(min(self.neighbors, len(stored)), len(stored), inputs.layout)
        distance, expected = layer.fitted(stored, scale)(inputs.flat)
        if len(inputs.training.shape) > 2:
            return Explained(distance)
        differences = ScaledDifferences(inputs.layout).fitted(scale)
        usual = usual_differences(inputs.on_held_back(differences(inputs.flat, expected)))
        differences.usual.assign(usual)
        return Explained(distance, differences(inputs.flat, expected), expected)
