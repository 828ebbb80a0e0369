"""The model that `fit` trains: the heads with their reconstruction loss and further terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_ae.heads import Term, apply

__all__ = ["AdversarialTrainer", "Trainer"]

Tensor = Any
"""A tensor of Keras or TensorFlow."""


class Trainer(keras.Model):
    """Trains a model on loss(target, outputs) + sum of weight * term.

    The reconstruction loss and each term are metrics of their own in training and in
    validation. A term's weight is the variable `term_weights[name]`, which a callback may change.
    Save the heads, not the trainer, which exists only during training.

    Args:
        model: The model of the heads to train, `Heads.trained`.
        loss: (target, outputs by name) -> (batch,); None if the objective consists of the terms alone.
        terms: The further terms of the objective.
        steps: Number of steps of the whole run, for the terms' schedules.
        samples: Output rows per example. With more than 1 the objective is the importance-weighted
            bound -log mean exp(-(loss + terms)) over them (Burda et al. 2016, arXiv:1509.00519).
        trim: Fraction of each training batch, with the highest losses, to leave out of the mean (Rousseeuw
            1984).
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable | None,
        terms: Sequence[Term] = (),
        steps: int = 1,
        samples: int = 1,
        trim: float = 0.0,
    ):
        super().__init__(name="trainer")
        self.model = model
        self.reconstruction_loss = loss
        self.terms = tuple(terms)
        self.steps = max(1, steps)
        self.samples = samples
        self.trim = trim
        names = [
            *(["reconstruction"] if loss else []),
            *(term.name for term in terms),
            *(["weight_decay"] if model.losses else []),
        ]
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.term_weights = {
            term.name: keras.Variable(term.weight, trainable=False, name=f"{term.name}_weight")
            for term in terms
        }
        self.built = True

    def prepare(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Compiles the trainer and builds the optimizer's variables, so that a checkpoint can be loaded.

        Args:
            optimizer: The optimizer.
        """
        self.compile(optimizer=optimizer)
        self.optimizer.build(self.trainable_variables)

    def call(self, inputs: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        """Runs the trained model.

        Args:
            inputs: (batch, *input_shape), or a dict of inputs by name.
            training: Whether layers run in training mode.

        Returns:
            The outputs by name.
        """
        tensors = inputs if isinstance(inputs, dict) else {"inputs": inputs}
        return apply(self.model, tensors, bool(training))

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Any = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Computes the objective, divided by the number of replicas as Keras expects.

        Args:
            x: Not used.
            y: Targets, (batch, ...).
            y_pred: The model's outputs by name.
            sample_weight: Not used.
            training: Whether schedules follow the run and trimming applies; in validation schedules are
                at their final value.

        Returns:
            A scalar.
        """
        count = ops.shape(y)[0]
        progress = self.progress() if training else ops.ones(())
        outputs = {**y_pred, "progress": progress}
        total = ops.zeros(())
        if self.reconstruction_loss:
            targets = ops.repeat(y, self.samples, axis=0) if self.samples > 1 else y
            total = self._by_sample(self.reconstruction_loss(targets, y_pred))
            self._track("reconstruction", total, count)
        for term in self.terms:
            value = term.value(outputs)
            self._track(term.name, value, count)
            if not (training or term.selects):
                continue
            factor = term.schedule(progress) if term.schedule else 1.0
            rows = value[:, None] if self.samples > 1 and len(value.shape) == 1 else value
            total = total + self.term_weights[term.name] * factor * rows
        if self.samples > 1:
            total = log(self.samples) - ops.logsumexp(-total, axis=1)
        if training and self.trim:
            counted = ops.cast(ops.ceil((1.0 - self.trim) * ops.cast(count, "float32")), "int32")
            total = ops.sort(total)[:counted]
        total = ops.mean(total)
        if "weight_decay" in self.trackers:
            decay = ops.sum(ops.stack(self.losses))
            self._track("weight_decay", decay, count)
            total += decay
        return total / tf.distribute.get_strategy().num_replicas_in_sync

    def progress(self) -> Tensor:
        """The completed fraction of the run, in [0, 1], from the optimizer's step count.

        Returns:
            A scalar.
        """
        return ops.minimum(ops.cast(self.optimizer.iterations, "float32") / self.steps, 1.0)

    def _track(self, name, value, count):
        self.trackers[name].update_state(ops.mean(value), sample_weight=count)

    def _by_sample(self, values):
        """Reshapes (batch * samples,) to (batch, samples); unchanged with one sample."""
        return ops.reshape(values, (-1, self.samples)) if self.samples > 1 else values


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
    ):
        super().__init__(model, loss, terms, steps, samples, trim)
        self.critic = critic
        self.critic_terms = tuple(critic_terms)
        self.trackers |= {term.name: keras.metrics.Mean(name=term.name) for term in self.critic_terms}

    def prepare(self, optimizer: keras.optimizers.Optimizer) -> None:
        self.compile(optimizer=optimizer)
        self.critic_optimizer = type(optimizer).from_config(optimizer.get_config())
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
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape(persistent=True) as tape:
            outputs = self(x, training=True)
            loss = self.compute_loss(x, y, outputs, training=True)
            critic_loss = self._critic_loss(y, outputs)
        own, critics = self._weights()
        self.optimizer.apply(tape.gradient(loss, [weight.value for weight in own]))
        self.critic_optimizer.apply(tape.gradient(critic_loss, [weight.value for weight in critics]))
        return self._logs(loss)

    def test_step(self, data: Any) -> dict[str, Tensor]:
        """Evaluates one batch.

        Args:
            data: A batch, as `fit` passes it.

        Returns:
            The metrics by name.
        """
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        outputs = self(x, training=False)
        loss = self.compute_loss(x, y, outputs, training=False)
        self._critic_loss(y, outputs)
        return self._logs(loss, ops.shape(y)[0])

    def _critic_loss(self, y, outputs):
        """The critic's objective, a scalar."""
        total = ops.zeros(())
        for term in self.critic_terms:
            value = term.value(outputs)
            self._track(term.name, value, ops.shape(y)[0])
            total += term.weight * ops.mean(value)
        return total

    def _weights(self):
        """The trainable weights without those of the critic, and those of the critic."""
        critics = {id(weight) for weight in self.critic.trainable_weights}
        return (
            [weight for weight in self.model.trainable_weights if id(weight) not in critics],
            list(self.critic.trainable_weights),
        )

    def _logs(self, loss, count=None):
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=count)
        return {metric.name: metric.result() for metric in self.metrics}
