"""Density estimation: the likelihood of test examples under a model, in nats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.domains import domain_of
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Heads, apply
from keras_ae.losses import likelihood_of
from keras_ae.metrics.likelihood import importance_sampled_nll
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.corruption import Binarized

__all__ = ["Density"]


@dataclass(frozen=True)
class Density(Task):
    """Reconstruction whose test metric is -log p(x) by importance sampling.

    Attributes:
        binarized: Whether gray values are the probabilities of black or white pixels, resampled for each
            example in each epoch (dynamic binarization: Salakhutdinov and Murray 2008; Burda et al. 2016).
        samples: Samples of the posterior for each test example, at least 1.
    """

    binarized: bool = True
    samples: int = 200

    def __post_init__(self):
        check_least(self, samples=1)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """Each example twice, binarized first if `binarized` is set."""
        if self.binarized and not domain_of(domain).unit_interval:
            raise InputError(
                f"binarization samples black or white from values in [0, 1], received {domain} values; "
                'leave it out: SET="task.binarized=false"'
            )
        binary = Binarized()(examples, seeds, domain) if self.binarized else examples
        return binary, binary

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """The mean of the training examples, whatever the input."""
        full = 255.0 if data.train.examples.dtype == np.uint8 else 1.0
        mean = (np.mean(data.train.examples, axis=0, dtype=np.float64) / full).astype(np.float32)
        return {"training mean": lambda inputs: np.broadcast_to(mean, inputs.shape)}

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Mean -log p(x) and negative evidence lower bound of the test examples, in nats.

        Empty if the encoder has no posterior or the prior is not the standard normal.
        """
        if "log_var" not in heads.encoder.output or heads.prior is not None:
            return {}
        nats = importance_sampled_nll(
            tf.function(partial(apply, heads.encoder), autograph=False),
            partial(apply, heads.teacher_forced or heads.decoder),
            data.domain.likelihood_by_name(likelihood_of(heads.decoder.output, data.domain)),
            PairedData(data, self, seed).test_batches(),
            self.samples,
            seed,
        )
        return {"model": {f"{name}_nats": float(nats[name].mean()) for name in ("nll", "bound")}}

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}
