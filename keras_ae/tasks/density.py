"""Density estimation: how likely a model finds examples it has not seen, in nats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.heads import Heads, apply
from keras_ae.losses import LIKELIHOODS, likelihood_of
from keras_ae.metrics.reconstruction import importance_sampled_nll
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.corruption import Binarized


@dataclass(frozen=True)
class Density(Task):
    """Reconstruction whose test figure is -log p(x) by importance sampling.

    binarized: gray values are the probabilities of black or white, drawn anew for each example in
        each epoch (dynamic binarization: Salakhutdinov and Murray 2008; Burda et al. 2016).
    samples: draws from the posterior for each test example, at least 1.
    """

    binarized: bool = True
    samples: int = 200

    def __post_init__(self):
        if self.samples < 1:
            raise ValueError(f"samples is at least 1, received {self.samples}")

    def pair(self, examples, seeds, domain: str):
        """examples (batch, ...) -> the same example twice, binary where it is asked for."""
        if self.binarized and not domain_of(domain).unit_interval:
            raise InputError(
                f"binarization draws black or white from values in [0, 1], received {domain} ones; "
                'leave it out: SET="task.binarized=false"'
            )
        drawn = Binarized()(examples, seeds, domain) if self.binarized else examples
        return drawn, drawn

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """The mean of the training examples, whatever goes in."""
        full = 255.0 if data.train.examples.dtype == np.uint8 else 1.0
        mean = (np.mean(data.train.examples, axis=0, dtype=np.float64) / full).astype(np.float32)
        return {"training mean": lambda inputs: np.broadcast_to(mean, inputs.shape)}

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, draw: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Mean -log p(x) and negative evidence lower bound of the test examples, in nats.

        Nothing where the encoder gives no posterior, and where the prior is not the normal one.
        """
        if "log_var" not in heads.encoder.output or heads.prior is not None:
            return {}
        scores = importance_sampled_nll(
            tf.function(partial(apply, heads.encoder)),
            partial(apply, heads.teacher_forced or heads.decoder),
            LIKELIHOODS[likelihood_of(heads.decoder.output, data.domain)],
            PairedData(data, self, seed).test_batches(),
            self.samples,
            seed,
        )
        return {"model": {f"{name}_nats": float(scores[name].mean()) for name in ("nll", "bound")}}

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}
