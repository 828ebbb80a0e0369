"""Generation: metrics of generated examples, compared with real examples and simpler generators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler, generate, takes_condition
from keras_ae.data.pipeline import PairedData
from keras_ae.data.scaling import in_original_units
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import check_least
from keras_ae.heads import Heads, apply, batched
from keras_ae.losses import likelihood_of
from keras_ae.metrics.classifier import train_classifier
from keras_ae.metrics.nearest import density_and_coverage, diversity, novelty
from keras_ae.metrics.samples import frechet_distance
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.density import Density
from keras_ae.tasks.reconstruction import Reconstruction

__all__ = ["Generation"]

MAX_TRAIN = 20_000
"""Number of training examples searched for the nearest neighbor of a sample."""


WITHOUT_CODE = "without_code_nll"
"""The output of a trained model that a decoder without a code gives, (batch,), nats."""

REAL_ROW = "test examples"
"""The row of real examples, with which those of samples are compared."""


@dataclass(frozen=True)
class Generation(Task):
    """Training by reconstruction, with test metrics of generated samples.

    Attributes:
        samples: Number of samples to generate, at least 10; if the decoder takes a condition, equally many
            of each class.
        importance_samples: Number of posterior samples for estimating the likelihood of a test example by
            importance sampling; 0 skips the estimate.
    """

    samples: int = 1000
    importance_samples: int = 0

    def __post_init__(self) -> None:
        check_least(self, samples=10, importance_samples=0)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, ...) -> (examples, examples)."""
        return examples, examples

    @property
    def compared(self) -> tuple[str, ...]:
        """Likelihoods; by its reconstructions a generator is not better or worse than PCA."""
        return ("nll_nats", "bound_nats")

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """PCA with the same code size; none for classes, whose format has its own baselines."""
        if data.domain.one_hot:
            return {}
        return Reconstruction().baselines(data, seed, latent_dim)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Metrics of samples, and of the format's own simpler generators; none without a sampler.

        * novelty: Median distance to the nearest training example; copies: Fraction at distance 0.
        * diversity: Mean distance between two samples.
        * density, coverage: Of the samples' codes among the test examples' codes (Naeem et al. 2020,
          arXiv:2002.09797).
        * nll_nats, bound_nats: Negative log-likelihood of test examples, or a bound on it; nats_a_step: The
          same per step.
        * frechet_classifier, read_as_wanted: Frechet distance in the features of a classifier, and fraction
          of samples classified as the requested class, if there are labels; the latter is limited by
          classifier_accuracy, the classifier's accuracy on real test examples.

        The format adds its own metrics, and a row of real test examples allows a comparison.
        """
        if sample_codes is None:
            return {}
        learned = data.learned_classes
        labels = learned[np.arange(self.samples) % len(learned)] if data.classes else None
        samples = generate(heads, sample_codes(self.samples, seed), labels, data.classes)
        real = _RealExamples(data)
        model = self._classifier_metrics(heads, data, samples, labels)
        model |= real.metrics_of(data.scaler.inverse_transform(samples))
        model |= _code_metrics(heads, data, samples, labels)
        metrics = {"model": model | self._likelihoods(heads, data, seed)} | _without_code(heads, data, seed)
        if data.format is not None:
            for name, sample in data.format.baselines(real.train).items():
                metrics[name] = real.metrics_of(sample(self.samples, seed))
            for name, nats in data.format.nll(real.train, real.test).items():
                metrics.setdefault(name, {})["nll_nats"] = nats
            metrics[REAL_ROW] = real.metrics_of(real.test[: self.samples])
        return {row: _with_nats_a_step(by_name, data) for row, by_name in metrics.items()}

    def _classifier_metrics(
        self, heads: Heads, data: Data, samples: np.ndarray, labels: np.ndarray | None
    ) -> dict[str, float]:
        """Metrics of samples from a classifier of the data's labels; none without labels."""
        if not data.classes:
            return {}
        classifier = train_classifier(data)
        read = classifier(samples)
        real = classifier(np.asarray(values(data.test.thin(max(self.samples, 1000)).in_memory().examples)))
        metrics = {
            "frechet_classifier": frechet_distance(read["features"], real["features"]),
            "classifier_accuracy": classifier.accuracy,
        }
        if takes_condition(heads):
            metrics["read_as_wanted"] = float(np.mean(read["classes"].argmax(axis=-1) == labels))
        return metrics

    def _likelihoods(self, heads: Heads, data: Data, seed: int) -> dict[str, float]:
        """-log p of test examples: by importance sampling, or the bound of a discrete code."""
        if "prior_logits" in heads.trained.output:
            return {"bound_nats": _bound_of_whole_numbers(heads, PairedData(data, self))}
        if not self.importance_samples:
            return {}
        density = Density(binarized=False, samples=self.importance_samples)
        return density.further_metrics(heads, data, seed, None).get("model", {})

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}


class _RealExamples:
    """Real examples in original units, with which samples are compared."""

    def __init__(self, data: Data):
        few = data.train.thin(MAX_TRAIN)
        self.train, self.test = (
            in_original_units(split.in_memory(), data.scaler) for split in (few, data.test)
        )
        self.format = data.format

    def metrics_of(self, samples: np.ndarray) -> dict[str, float]:
        """Compares samples (n, ...), in original units, with the real examples."""
        own, known = _filled(samples, self.train), _filled(self.train, self.train)
        gaps = novelty(own, known)
        metrics = {
            "novelty": float(np.median(gaps)),
            "copies": float(np.mean(gaps == 0)),
            "diversity": diversity(own),
        }
        if self.format is not None:
            metrics |= self.format.sample_metrics(samples, self.train, self.test)
        return metrics


def _filled(examples: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Sequences with the mean of training values after their ends, so that distances tell lengths too."""
    if examples.dtype.kind != "f" or not np.isnan(train).any():
        return examples
    middle = np.nanmean(train, axis=tuple(range(train.ndim - 1)))
    return np.where(np.isnan(examples), middle, examples)


def _with_nats_a_step(metrics: dict[str, float], data: Data) -> dict[str, float]:
    """Adds nats per step to the metrics if examples have steps."""
    if data.format is None or not any(name in metrics for name in ("nll_nats", "bound_nats")):
        return metrics
    steps = data.format.steps(in_original_units(data.test.in_memory(), data.scaler))
    if steps is None:
        return metrics
    nats = [metrics[name] for name in ("nll_nats", "bound_nats") if name in metrics]
    return metrics | ({"nats_a_step": min(nats) / steps} if nats else {})


def _code_metrics(
    heads: Heads, data: Data, samples: np.ndarray, labels: np.ndarray | None
) -> dict[str, float]:
    """Density and coverage of the samples' codes among the codes of equally many test examples."""
    real = data.test.thin(len(samples))
    if len(real) < 10:
        return {}

    def codes(examples: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        inputs = {"inputs": examples}
        if data.classes:
            inputs["condition"] = np.eye(data.classes, dtype=np.float32)[labels]
        encoded = batched(heads.encoder, inputs)
        return encoded.get("quantized", encoded["code"])

    if data.domain.one_hot:
        samples = data.scaler.transform(data.scaler.inverse_transform(samples), samples.shape[-1])
    sampled = codes(np.asarray(samples, np.float32), labels)
    density, coverage = density_and_coverage(sampled, codes(np.asarray(values(real.examples)), real.labels))
    return {"density": density, "coverage": coverage}


def _without_code(heads: Heads, data: Data, seed: int) -> dict[str, dict[str, float]]:
    """The likelihood of test examples by the decoder trained beside without a code, if there is one."""
    if WITHOUT_CODE not in heads.trained.output:
        return {}
    run = tf.function(partial(apply, heads.trained), autograph=False)
    batches = PairedData(data, Reconstruction(), seed).test_batches()
    nats = np.concatenate([np.asarray(run(tensors)[WITHOUT_CODE]) for tensors, _ in batches])
    return {"decoder without a code": {"nll_nats": float(nats.mean(dtype=np.float64))}}


def _bound_of_whole_numbers(heads: Heads, paired: PairedData) -> float:
    """Mean of -log p(x | code) - log p(code) at each example's own code, a bound on -log p(x)."""
    domain = paired.data.domain
    likelihood = domain.likelihood_by_name(likelihood_of(heads.decoder.output, domain))
    run, nats = tf.function(partial(apply, heads.trained), autograph=False), []
    for inputs, targets in paired.test_batches():
        outputs = run(inputs)
        codes = tf.nn.sparse_softmax_cross_entropy_with_logits(outputs["code"], outputs["prior_logits"])
        nats.append(np.asarray(likelihood(targets, outputs) + tf.reduce_sum(codes, axis=1)))
    return float(np.concatenate(nats).mean())
