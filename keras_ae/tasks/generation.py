"""Generation: new examples from drawn codes, judged by a classifier of the real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.baselines import Predictor
from keras_ae.classifier import train_classifier
from keras_ae.data.dataset import Data, values
from keras_ae.heads import Heads
from keras_ae.metrics import frechet_distance
from keras_ae.samplers import Draw, generate, takes_condition
from keras_ae.tasks.reconstruction import Reconstruction


@dataclass(frozen=True)
class Generation:
    """Trains by reconstruction; the test figures are of samples.

    samples: number of them, at least 10. Where the decoder takes a condition, each class is asked
        for equally often.
    """

    samples: int = 1000

    def __post_init__(self):
        if self.samples < 10:
            raise ValueError(f"samples is at least 10, received {self.samples}")

    def pair(self, examples, seeds, domain: str):
        """examples (batch, ...) -> (examples, examples)."""
        return examples, examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """PCA of the same code size."""
        return Reconstruction().baselines(data, seed, latent_dim)

    def figures(self, heads: Heads, data: Data, seed: int, draw: Draw | None) -> dict[str, dict[str, float]]:
        """Of samples: Frechet distance in a classifier's features, and the share read as the wanted class.

        Beside them the classifier's own accuracy on real test examples, which bounds what that
        share can tell. Nothing without labels or without a sampler.
        """
        if draw is None or not data.classes:
            return {}
        classifier = train_classifier(data)
        wanted = np.arange(self.samples) % data.classes
        read = classifier(generate(heads, draw(self.samples, seed), wanted, data.classes))
        real = classifier(np.asarray(values(data.test.thin(max(self.samples, 1000)).examples)))
        found = {
            "frechet_classifier": frechet_distance(read["features"], real["features"]),
            "classifier_accuracy": classifier.accuracy,
        }
        if takes_condition(heads):
            found["read_as_wanted"] = float(np.mean(read["classes"].argmax(axis=-1) == wanted))
        return {"model": found}

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}
