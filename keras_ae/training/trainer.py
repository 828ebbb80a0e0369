"""The model that `fit` sees: heads, their reconstruction loss and the terms beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import keras
import tensorflow as tf
from keras import ops

from keras_ae.heads import Term, apply


class Trainer(keras.Model):
    """Trains a model on loss(target, outputs) + sum of weight * term.

    Each term, and the reconstruction loss, is a metric under its own name in training and in
    validation. A term's weight is the variable `term_weights[name]`, which a callback may change.
    Save the heads, not the trainer: it exists for the time of training.

    model: that of the heads that is trained.
    loss: (target, outputs by name) -> (batch,); None where the terms are the whole objective.
    terms: addends of the objective.
    steps: of the whole run, which the terms' schedules follow.
    samples: rows of the outputs for each example. Above 1 the objective is the importance-weighted
        bound -log mean exp(-(loss + terms)) over them (Burda et al. 2016, arXiv:1509.00519).
    trim: share of a batch, of the highest losses, that training leaves out (Rousseeuw 1984's trimming).
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
        """Compiles, and makes what the optimizer keeps, so that a checkpoint can be loaded into it."""
        self.compile(optimizer=optimizer)
        self.optimizer.build(self.trainable_variables)

    def call(self, inputs, training=None):
        """(batch, *input_shape), or a dict by the inputs' names -> the trained model's outputs."""
        named = inputs if isinstance(inputs, dict) else {"inputs": inputs}
        return apply(self.model, named, training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The objective as a scalar, divided among replicas as Keras expects of a loss."""
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
            kept = ops.cast(ops.ceil((1.0 - self.trim) * ops.cast(count, "float32")), "int32")
            total = ops.sort(total)[:kept]
        total = ops.mean(total)
        if "weight_decay" in self.trackers:
            decay = ops.sum(ops.stack(self.losses))
            self._track("weight_decay", decay, count)
            total += decay
        return total / tf.distribute.get_strategy().num_replicas_in_sync

    def progress(self):
        """Share of the run that is done, in [0, 1], from the steps that the optimizer has taken."""
        return ops.minimum(ops.cast(self.optimizer.iterations, "float32") / self.steps, 1.0)

    def _track(self, name, value, count):
        self.trackers[name].update_state(ops.mean(value), sample_weight=count)

    def _by_sample(self, values):
        """(batch * samples,) -> (batch, samples), or as it is where there is one sample."""
        return ops.reshape(values, (-1, self.samples)) if self.samples > 1 else values


class AdversarialTrainer(Trainer):
    """A trainer with an opponent: a critic that learns by terms of its own from the same outputs.

    Both learn in the same step, from one pass: the critic's weights follow its terms alone, all
    others the objective alone. The critic's optimizer is of the same kind and schedule.

    critic: whose outputs are among those of the model. critic_terms: its objective.
    """

    def __init__(self, model, loss, terms, steps=1, samples=1, critic=None, critic_terms=(), trim=0.0):
        super().__init__(model, loss, terms, steps, samples, trim)
        self.critic = critic
        self.critic_terms = tuple(critic_terms)
        self.trackers |= {term.name: keras.metrics.Mean(name=term.name) for term in self.critic_terms}

    def prepare(self, optimizer):
        self.compile(optimizer=optimizer)
        self.critic_optimizer = type(optimizer).from_config(optimizer.get_config())
        own, opposed = self._sides()
        self.optimizer.build(own)
        self.critic_optimizer.build(opposed)

    def train_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape(persistent=True) as tape:
            outputs = self(x, training=True)
            loss = self.compute_loss(x, y, outputs, training=True)
            opposing = self._opposing(y, outputs)
        own, opposed = self._sides()
        self.optimizer.apply(tape.gradient(loss, [weight.value for weight in own]))
        self.critic_optimizer.apply(tape.gradient(opposing, [weight.value for weight in opposed]))
        return self._logs(loss)

    def test_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        outputs = self(x, training=False)
        loss = self.compute_loss(x, y, outputs, training=False)
        self._opposing(y, outputs)
        return self._logs(loss, ops.shape(y)[0])

    def _opposing(self, y, outputs):
        """The critic's objective, a scalar."""
        total = ops.zeros(())
        for term in self.critic_terms:
            value = term.value(outputs)
            self._track(term.name, value, ops.shape(y)[0])
            total += term.weight * ops.mean(value)
        return total

    def _sides(self):
        """Trainable weights of all but the critic, and of the critic."""
        opposed = {id(weight) for weight in self.critic.trainable_weights}
        return (
            [weight for weight in self.model.trainable_weights if id(weight) not in opposed],
            list(self.critic.trainable_weights),
        )

    def _logs(self, loss, count=None):
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=count)
        return {metric.name: metric.result() for metric in self.metrics}
