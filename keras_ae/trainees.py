"""The model that `fit` sees: heads, their reconstruction loss and the terms beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras import ops

from keras_ae.heads import Heads, Term


class Trainee(keras.Model):
    """Trains heads on loss(target, reconstruction) + sum of weight * term.

    Each term, and the reconstruction loss, is a metric under its own name in training and in
    validation. A term's weight is the variable `term_weights[name]`, which a callback may change.
    Save the heads, not the trainee: it exists for the time of training.

    heads: whose end-to-end model is trained.
    loss: (target, output) -> (batch,).
    terms: addends of the objective.
    """

    def __init__(self, heads: Heads, loss: Callable, terms: Sequence[Term] = ()):
        super().__init__(name="trainee")
        self.end_to_end = heads.end_to_end
        self.reconstruction_loss = loss
        self.terms = tuple(terms)
        self.trackers = {
            name: keras.metrics.Mean(name=name) for name in ("reconstruction", *(term.name for term in terms))
        }
        self.term_weights = {
            term.name: keras.Variable(term.weight, trainable=False, name=f"{term.name}_weight")
            for term in terms
        }
        self.built = True

    def call(self, inputs, training=None):
        """(batch, *input_shape), or a dict by the inputs' names -> the end-to-end model's outputs."""
        named = inputs if isinstance(inputs, dict) else {"inputs": inputs}
        return self.end_to_end(named, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The objective as a scalar, divided among replicas as Keras expects of a loss."""
        reconstruction = self.reconstruction_loss(y, y_pred["reconstruction"])
        self.trackers["reconstruction"].update_state(reconstruction)
        total = ops.mean(reconstruction)
        for term in self.terms:
            value = term.value(y_pred)
            self.trackers[term.name].update_state(ops.mean(value), sample_weight=ops.shape(y)[0])
            total += self.term_weights[term.name] * ops.mean(value)
        return total / tf.distribute.get_strategy().num_replicas_in_sync
