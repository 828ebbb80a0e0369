"""The model that `fit` sees: heads, their reconstruction loss and the terms beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import keras
import tensorflow as tf
from keras import ops

from keras_ae.heads import Term, apply


class Trainee(keras.Model):
    """Trains a model on loss(target, outputs) + sum of weight * term.

    Each term, and the reconstruction loss, is a metric under its own name in training and in
    validation. A term's weight is the variable `term_weights[name]`, which a callback may change.
    Save the heads, not the trainee: it exists for the time of training.

    model: that of the heads that is trained.
    loss: (target, outputs by name) -> (batch,); None where the terms are the whole objective.
    terms: addends of the objective.
    steps: of the whole run, which the terms' schedules follow.
    samples: rows of the outputs for each example. Above 1 the objective is the importance-weighted
        bound -log mean exp(-(loss + terms)) over them (Burda et al. 2016, arXiv:1509.00519).
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable | None,
        terms: Sequence[Term] = (),
        steps: int = 1,
        samples: int = 1,
    ):
        super().__init__(name="trainee")
        self.model = model
        self.reconstruction_loss = loss
        self.terms = tuple(terms)
        self.steps = max(1, steps)
        self.samples = samples
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
            factor = term.schedule(progress) if term.schedule else 1.0
            rows = value[:, None] if self.samples > 1 and len(value.shape) == 1 else value
            total = total + self.term_weights[term.name] * factor * rows
        if self.samples > 1:
            total = log(self.samples) - ops.logsumexp(-total, axis=1)
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
