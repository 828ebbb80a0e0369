"""The model that `fit` trains where a critic is trained along with the heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_ae.blocks.sparsity import SplitMetric
from keras_ae.heads import Heads, Term
from keras_ae.replicas import Replicas, sharing
from keras_ae.training.examples import Examples
from keras_ae.training.trainer import Tensor, Trainer

__all__ = ["AdversarialTrainer"]


class AdversarialTrainer(Trainer):
    """A trainer with a critic that is trained on its own terms from the same outputs.

    Both are updated in the same step, from one forward pass: the critic's weights follow only its terms,
    all other weights only the objective. The critic's optimizer has the same type and schedule.

    Args:
        model: See `Trainer`.
        loss: See `Trainer`.
        terms: See `Trainer`.
        steps: See `Trainer`.
        samples: See `Trainer`.
        critic: A model inside the trained model, whose outputs are among its outputs.
        critic_terms: The critic's objective.
        trim: See `Trainer`.
        heads: See `Trainer`.
        examples: See `Trainer`.
        split_metrics: See `Trainer`.
        replicas: See `Trainer`.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable | None,
        terms: Sequence[Term],
        steps: int = 1,
        samples: int = 1,
        critic: keras.Model | None = None,
        critic_terms: Sequence[Term] = (),
        trim: float = 0.0,
        heads: Heads | None = None,
        examples: Examples | None = None,
        split_metrics: Sequence[SplitMetric] = (),
        replicas: Replicas | None = None,
    ):
        super().__init__(model, loss, terms, steps, samples, trim, heads, examples, split_metrics, replicas)
        self.critic = critic
        self.critic_terms = tuple(critic_terms)
        self.trackers |= {term.name: keras.metrics.Mean(name=term.name) for term in self.critic_terms}

    def compile(self, optimizer: Any = "adam", **options: Any) -> None:
        super().compile(optimizer=optimizer, **options)
        self.critic_optimizer = type(self.optimizer).from_config(self.optimizer.get_config())
        own, critics = self._weights()
        self.optimizer.build(own)
        self.critic_optimizer.build(critics)

    def train_step(self, data: Any) -> dict[str, Tensor]:
        """Updates the model and its critic on one batch.

        Args:
            data: A batch, as `fit` passes it.

        Returns:
            The metrics by name.
        """
        with sharing(self.replicas), tf.GradientTape(persistent=True) as tape:
            loss, critic_loss, count = self._objectives(data, training=True)
        own, critics = self._weights()
        self.optimizer.apply(tape.gradient(loss, [weight.value for weight in own]))
        self.critic_optimizer.apply(tape.gradient(critic_loss, [weight.value for weight in critics]))
        return self._logs(loss, count)

    def test_step(self, data: Any) -> dict[str, Tensor]:
        """Evaluates one batch.

        Args:
            data: A batch, as `fit` passes it.

        Returns:
            The metrics by name.
        """
        with self._validation():
            loss, _, count = self._objectives(data, training=False)
            return self._logs(loss, count)

    def _objectives(self, data, training):
        """The objective of a batch, that of the critic, and the number of examples, from one forward pass."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(self._completed(data, training))
        outputs = self(x, training=training)
        loss = self.compute_loss(x, y, outputs, weights, training)
        return loss, self._critic_loss(y, outputs), ops.shape(y)[0]

    def _critic_loss(self, y, outputs):
        """The critic's objective, a scalar."""
        total = ops.zeros(())
        for term in self.critic_terms:
            value = term.value(outputs)
            self._track(term.name, value, ops.shape(y)[0])
            total += term.weight * ops.mean(value)
        return total

    def _optimizers(self):
        return self.optimizer, self.critic_optimizer

    def _weights(self):
        """The trainable weights without those of the critic, and those of the critic."""
        critics = {id(weight) for weight in self.critic.trainable_weights}
        return (
            [weight for weight in self.model.trainable_weights if id(weight) not in critics],
            list(self.critic.trainable_weights),
        )

    def _logs(self, loss, count):
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=count)
        return self.get_metrics_result()
