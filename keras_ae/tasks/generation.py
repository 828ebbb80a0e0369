"""Generation: new examples from drawn codes, judged beside real ones and beside what simpler models make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler, generate, takes_condition
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data, in_original_units, values
from keras_ae.heads import Heads, apply, batched
from keras_ae.losses import LIKELIHOODS, likelihood_of
from keras_ae.metrics.classifier import train_classifier
from keras_ae.metrics.nearest import density_and_coverage, diversity, novelty
from keras_ae.metrics.samples import frechet_distance
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.density import Density
from keras_ae.tasks.reconstruction import Reconstruction

MOST_LEARNED = 20_000
"""Training examples among which a sample's nearest is looked for."""


@dataclass(frozen=True)
class Generation(Task):
    """Trains by reconstruction; the test figures are of samples.

    samples: number of them, at least 10. Where the decoder takes a condition, each class is asked
        for equally often.
    draws: from the posterior, for the likelihood of a test example by importance sampling; 0 leaves it out.
    """

    samples: int = 1000
    draws: int = 0

    def __post_init__(self):
        if self.samples < 10:
            raise ValueError(f"samples is at least 10, received {self.samples}")
        if self.draws < 0:
            raise ValueError(f"draws is at least 0, received {self.draws}")

    def pair(self, examples, seeds, domain: str):
        """examples (batch, ...) -> (examples, examples)."""
        return examples, examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """PCA of the same code size; none of whole numbers, which have other baselines."""
        if data.domain.one_hot:
            return {}
        return Reconstruction().baselines(data, seed, latent_dim)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, draw: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Figures of samples, and of what the format's own simpler models make. Nothing without a sampler.

        novelty: median distance to the nearest training example, copies: the share at no distance.
        diversity: mean distance of two samples. density, coverage: among the test examples' codes.
        nll_nats, bound_nats: of test examples; nats_a_step: of a step of them. frechet_classifier,
        read_as_wanted: by a classifier, where there are labels; its own accuracy on real test examples
        bounds what that share can tell. What the format measures stands beside, and a row of the real test
        examples.
        """
        if draw is None:
            return {}
        wanted = np.arange(self.samples) % data.classes if data.classes else None
        seen = generate(heads, draw(self.samples, seed), wanted, data.classes)
        found = {"model": self._of_labels(heads, data, seen, wanted)}
        people = _People(data)
        made = data.scaler.inverse_transform(seen)
        found["model"] |= people.metrics(made) | _among_codes(heads, data, seen, wanted)
        found["model"] |= self._likelihoods(heads, data, seed)
        if data.format is not None:
            for name, sample in data.format.baselines(people.train).items():
                found[name] = people.metrics(sample(self.samples, seed))
            for name, nats in data.format.nll(people.train, people.test).items():
                found.setdefault(name, {})["nll_nats"] = nats
            found["test examples"] = people.metrics(people.test[: self.samples])
        return {row: _by_step(figures, data) for row, figures in found.items()}

    def _of_labels(self, heads, data, seen, wanted):
        if not data.classes:
            return {}
        classifier = train_classifier(data)
        read = classifier(seen)
        real = classifier(np.asarray(values(data.test.thin(max(self.samples, 1000)).examples)))
        found = {
            "frechet_classifier": frechet_distance(read["features"], real["features"]),
            "classifier_accuracy": classifier.accuracy,
        }
        if takes_condition(heads):
            found["read_as_wanted"] = float(np.mean(read["classes"].argmax(axis=-1) == wanted))
        return found

    def _likelihoods(self, heads, data, seed):
        """-log p of test examples: by importance sampling, or the bound of a code of whole numbers."""
        if "prior_logits" in heads.trained.output:
            return {"bound_nats": _bound_of_whole_numbers(heads, PairedData(data, self))}
        if not self.draws:
            return {}
        return (
            Density(binarized=False, samples=self.draws)
            .further_metrics(heads, data, seed, None)
            .get("model", {})
        )

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}


class _People:
    """Real examples as people have them, and figures of samples beside them."""

    def __init__(self, data: Data):
        few = data.train.thin(MOST_LEARNED)
        self.train, self.test = (in_original_units(split, data.scaler) for split in (few, data.test))
        self.format = data.format

    def metrics(self, samples: np.ndarray) -> dict[str, float]:
        gaps = novelty(samples, self.train)
        found = {
            "novelty": float(np.median(gaps)),
            "copies": float(np.mean(gaps == 0)),
            "diversity": diversity(samples),
        }
        if self.format is not None:
            found |= self.format.sample_metrics(samples, self.train, self.test)
        return found


def _by_step(figures, data):
    """Figures with the nats of an example also as those of a step, where the format goes on along an axis."""
    if data.format is None or data.format.axis is None:
        return figures
    steps = data.test.shape[data.format.axis]
    nats = [figures[name] for name in ("nll_nats", "bound_nats") if name in figures]
    return figures | ({"nats_a_step": min(nats) / steps} if nats else {})


def _among_codes(heads, data, seen, wanted):
    """Density and coverage of samples' codes among those of as many test examples."""
    real = data.test.thin(len(seen))
    if len(real) < 10:
        return {}

    def codes(examples, labels):
        inputs = {"inputs": examples}
        if data.classes:
            inputs["condition"] = np.eye(data.classes, dtype=np.float32)[labels]
        encoded = batched(heads.encoder, inputs)
        return encoded.get("quantized", encoded["code"])

    if data.domain.one_hot:
        seen = np.eye(seen.shape[-1], dtype=np.float32)[seen.argmax(axis=-1)]
    made = codes(np.asarray(seen, np.float32), wanted)
    density, coverage = density_and_coverage(made, codes(np.asarray(values(real.examples)), real.labels))
    return {"density": density, "coverage": coverage}


def _bound_of_whole_numbers(heads, paired):
    """Mean of -log p(x | code) - log p(code), for the one code of an example: an upper bound on -log p(x)."""
    likelihood = LIKELIHOODS[likelihood_of(heads.decoder.output, paired.data.domain)]
    run, found = tf.function(partial(apply, heads.trained)), []
    for named, targets in paired.test_batches():
        outputs = run(named)
        codes = tf.nn.sparse_softmax_cross_entropy_with_logits(outputs["code"], outputs["prior_logits"])
        found.append(np.asarray(likelihood(targets, outputs) + tf.reduce_sum(codes, axis=1)))
    return float(np.concatenate(found).mean())
