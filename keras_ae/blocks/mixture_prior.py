"""A learned mixture of normals as the prior of codes, whose components are clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.choices import normal_cdf
from keras_ae.blocks.sampling import log_normal

__all__ = ["PRIOR", "LearnedMixture", "MixtureSampling", "mixture_kl"]

Tensor = Any
"""A tensor of Keras, symbolic or not."""

PRIOR = ("prior_log_weight", "prior_mean", "prior_log_var")
"""The outputs of `LearnedMixture` that are the mixture itself, the same for each batch."""


@keras.saving.register_keras_serializable("keras_ae")
class LearnedMixture(layers.Layer):
    """A learned mixture of normals with a variance for each dimension.

    codes (batch, width) -> "cluster_probabilities" (batch, components), of each component given the code, and
    the mixture: "prior_log_weight" (components,), "prior_mean" and "prior_log_var" (components, width).

    Args:
        components: At least 1.
        width: Numbers in a code, at least 1.
    """

    def __init__(self, components: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.components, self.width = components, width
        self.logit = self.add_weight((components,), "zeros", name="logit")
        self.mean = self.add_weight((components, width), "random_normal", name="mean")
        self.log_var = self.add_weight((components, width), "zeros", name="log_var")
        self.built = True

    def assign(self, weights: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> None:
        """Sets the mixture.

        Args:
            weights: (components,), probabilities.
            mean: (components, width).
            variance: (components, width).
        """
        self.set_weights([np.log(np.maximum(weights, 1e-8)), mean, np.log(np.maximum(variance, 1e-8))])

    def call(self, codes: Tensor) -> dict[str, Tensor]:
        log_weight = ops.log_softmax(self.logit)
        density = log_normal(codes[:, None], self.mean, self.log_var)
        mixture = (log_weight, ops.convert_to_tensor(self.mean), ops.convert_to_tensor(self.log_var))
        probabilities = ops.softmax(log_weight + density, axis=-1)
        return {"cluster_probabilities": probabilities, **dict(zip(PRIOR, mixture, strict=True))}

    def compute_output_spec(self, codes):
        shapes = ((self.components,), *[(self.components, self.width)] * 2)
        mixture = {name: keras.KerasTensor(each) for name, each in zip(PRIOR, shapes, strict=True)}
        return {"cluster_probabilities": keras.KerasTensor((codes.shape[0], self.components)), **mixture}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"components": self.components, "width": self.width}


@keras.saving.register_keras_serializable("keras_ae")
class MixtureSampling(layers.Layer):
    """Samples of a learned mixture of normals."""

    def call(self, noise: Tensor, log_weight: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
        """Samples the mixture.

        Args:
            noise: (batch, n + 1), standard normal; the last number decides the component.
            log_weight: (components,).
            mean: (components, n).
            log_var: (components, n).

        Returns:
            (batch, n).
        """
        upto = ops.cumsum(ops.exp(log_weight))
        chosen = ops.searchsorted(upto, normal_cdf(noise[:, -1]), side="right")
        chosen = ops.minimum(chosen, ops.shape(mean)[0] - 1)
        spread = ops.exp(0.5 * ops.take(log_var, chosen, axis=0))
        return ops.take(mean, chosen, axis=0) + spread * noise[:, :-1]

    def compute_output_spec(self, noise, log_weight, mean, log_var):
        return keras.KerasTensor((noise.shape[0], mean.shape[-1]), "float32")


def mixture_kl(outputs: Mapping[str, Tensor]) -> Tensor:
    """KL(q(code, cluster | x) || p(code, cluster)) of each example, in closed form.

    Jiang et al. 2017, equation 9: sum_c q(c) (KL(q(code | x) || N(mean_c, var_c)) + log q(c) - log p(c)).

    Args:
        outputs: "mean" and "log_var" (batch, n), and those of `LearnedMixture`.

    Returns:
        Nats per example, (batch,).
    """
    mean, log_var, cluster = outputs["mean"], outputs["log_var"], outputs["cluster_probabilities"]
    log_weight, prior_mean, prior_log_var = (outputs[name] for name in PRIOR)
    squares = ops.exp(log_var)[:, None] + ops.square(mean[:, None] - prior_mean)
    each = prior_log_var - log_var[:, None] + squares * ops.exp(-prior_log_var) - 1.0
    apart = 0.5 * ops.sum(each, axis=-1) + ops.log(cluster + 1e-10) - log_weight
    return ops.sum(cluster * apart, axis=-1)
