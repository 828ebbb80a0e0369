"""The model that `fit` trains: the heads with their reconstruction loss and further terms."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import log
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ae.blocks.sparsity import SplitMetric
from keras_ae.errors import InputError
from keras_ae.heads import SELECTION, Heads, Term, apply
from keras_ae.replicas import Replicas, sharing
from keras_ae.training.averaging import averaging
from keras_ae.training.examples import Examples, completed, with_weights
from keras_ae.training.execution import Execution, repeated

__all__ = ["Trainer"]

Tensor = Any
"""A tensor of Keras or TensorFlow."""


class Trainer(keras.Model):
    """Trains a model on loss(target, outputs) + sum of weight * term.

    The reconstruction loss and each term are metrics of their own in training and in validation. The loss
    is the same sum in both: of the same terms with the weights of that moment, and with the same trimming;
    validation alone runs layers as in inference. What selects the best epoch must be comparable between
    epochs and is the metric "selection" of validation, wherever it may differ from the loss: the sum of the
    terms that select, with their schedules at the end, of all examples.

    A term's weight is the variable `term_weights[name]`, which a callback may change. Save the heads, not
    the trainer, which exists only during training.

    It can be trained by hand as any Keras model: `trainer.compile("adam"); trainer.fit(x)` trains the whole
    objective, on values as the network takes them: bytes, values in [0, 1], or standardized ones,
    `(x - scaler.offset) / scaler.scale`. Without `y` the task pairs the examples, as in training: a denoiser
    sees them corrupted; those to train on are augmented before, as the recipe says. The noise of a batch is a
    function of the optimizer's step. A head that is compiled by hand instead, such as
    `trainer.heads.end_to_end`, has no terms: a variational autoencoder would be trained without its
    divergence.

    Args:
        model: The model of the heads to train, `Heads.trained`.
        loss: (target, outputs by name) -> (batch,); None if the objective consists of the terms alone.
        terms: The further terms of the objective.
        steps: Number of steps of the whole run, for the terms' schedules.
        samples: Output rows per example. With more than 1 the objective is the importance-weighted
            bound -log mean exp(-(loss + terms)) over them (Burda et al. 2016, arXiv:1509.00519).
        trim: Fraction of each training batch, with the highest losses, to leave out of the mean (Rousseeuw
            1984).
        heads: The heads that the model belongs to, for those who train by hand.
        examples: Completes batches of bare examples, for those who train by hand.
        split_metrics: Further metrics, whose `update_state` takes (targets, outputs by name).
        replicas: The replicas that share each training batch; by default there are no others.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable | None,
        terms: Sequence[Term] = (),
        steps: int = 1,
        samples: int = 1,
        trim: float = 0.0,
        heads: Heads | None = None,
        examples: Examples | None = None,
        split_metrics: Sequence[SplitMetric] = (),
        replicas: Replicas | None = None,
    ):
        super().__init__(name="trainer")
        self.model = model
        self.heads = heads
        self.examples = examples
        self.replicas = replicas or Replicas()
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
        self.trackers = {name: keras.metrics.Mean(name=name) for name in [*names, SELECTION]}
        self.split_metrics = list(split_metrics)
        self.term_weights = {
            term.name: keras.Variable(term.weight, trainable=False, name=f"{term.name}_weight")
            for term in terms
        }
        self.validating = self.selects_apart = False
        self.execution: Execution | None = None
        self.several_steps: Callable | None = None
        self.built = True

    def compile(self, optimizer: Any = "adam", **options: Any) -> None:
        """Compiles the trainer as Keras does, for the objective that it has.

        Args:
            optimizer: The optimizer, or its name.
            **options: Further arguments of `keras.Model.compile`, but for losses and metrics.

        Raises:
            InputError: For a loss or metrics, which would not be used.
        """
        unused = sorted({"loss", "loss_weights", "metrics", "weighted_metrics"} & options.keys())
        if unused:
            raise InputError(
                f"the trainer has the recipe's objective, whose terms are its metrics; received {unused[0]}; "
                "leave it out, or change the recipe's loss and variant"
            )
        super().compile(optimizer=optimizer, **options)

    def fit(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """Trains as Keras does.

        Args:
            x: Examples (n, ...), as the network takes them, a dict of inputs by name, or batches.
            y: Targets (n, ...); without them the task pairs the examples.
            **options: Further arguments of `keras.Model.fit`. `sample_weight` (n,) is what each example
                counts in the objective; class weights are refused.

        Returns:
            Keras's history.

        Raises:
            InputError: For arrays that the network cannot be trained on.
        """
        if options.get("class_weight") is not None:
            raise InputError(
                "the trainer knows no classes to weigh, received class_weight; give sample_weight"
            )
        weights = options.pop("sample_weight", None)
        if weights is not None:
            if not isinstance(x, dict | list | np.ndarray):
                raise InputError(
                    "sample_weight goes with arrays; give that of batches in them, (inputs, targets, weights)"
                )
            x = with_weights(x, weights)
        if self.examples is not None:
            names = {tensor.name for tensor in self.model.inputs}
            x = self.examples.checked(x, y is not None, names)
            validation = options.get("validation_data")
            if isinstance(validation, tuple):
                held_back, targets, own = keras.utils.unpack_x_y_sample_weight(validation)
                held_back = self.examples.checked(held_back, targets is not None, names)
                held_back = held_back if own is None else with_weights(held_back, own)
                options["validation_data"] = (held_back,) if targets is None else (held_back, targets)
            elif validation is not None:
                options["validation_data"] = self.examples.checked(validation, False, names)
        return super().fit(x, y, **options)

    def train_step(self, data: Any) -> dict[str, Tensor]:
        """Updates the model on one batch.

        Args:
            data: A batch, as `fit` passes it.

        Returns:
            The metrics by name.
        """
        with sharing(self.replicas):
            return super().train_step(self._completed(data, training=True))

    def test_step(self, data: Any) -> dict[str, Tensor]:
        """Evaluates one batch.

        Args:
            data: A batch, as `fit` passes it.

        Returns:
            The metrics by name.
        """
        with self._validation():
            return super().test_step(self._completed(data, training=False))

    def evaluate(self, *data: Any, **options: Any) -> Any:
        """Evaluates as Keras does.

        Args:
            *data: As for `keras.Model.evaluate`.
            **options: As for `keras.Model.evaluate`.

        Returns:
            The metrics, with "selection" among them where it may differ from the loss.
        """
        with self._validation():
            return super().evaluate(*data, **options)

    def get_metrics_result(self) -> dict[str, Tensor]:
        """Gives the metrics of the examples since the last reset.

        Returns:
            The metrics by name, with "selection" only in validation, where it may differ from the loss.
        """
        with self._merged_metrics():
            results = super().get_metrics_result()
        if not (self.validating and self.selects_apart):
            results.pop(SELECTION, None)
        return results

    @contextmanager
    def _merged_metrics(self) -> Iterator[None]:
        """Has the metrics of the examples of all replicas, at the end of an epoch or an evaluation."""
        if self.replicas.count == 1 or tf.inside_function():
            yield
            return
        own = [[tf.identity(variable.value) for variable in metric.variables] for metric in self.metrics]
        parts = iter(self.replicas.stacked([state for states in own for state in states]))
        for metric, states in zip(self.metrics, own, strict=True):
            several = [next(parts) for _ in states]
            if metric in self.split_metrics:
                metric.merge(several)
            else:
                for variable, values in zip(metric.variables, several, strict=True):
                    variable.assign(ops.sum(values, axis=0))
        yield
        for metric, states in zip(self.metrics, own, strict=True):
            for variable, state in zip(metric.variables, states, strict=True):
                variable.assign(state)

    @contextmanager
    def _validation(self) -> Iterator[None]:
        before, self.validating = self.validating, True
        try:
            yield
        finally:
            self.validating = before

    def predict_step(self, data: Any) -> dict[str, Tensor]:
        """Runs the trained model on one batch, with the noise of validation where it samples.

        Args:
            data: A batch, as `predict` passes it.

        Returns:
            The outputs by name.
        """
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        inputs = x["inputs"] if isinstance(x, dict) else x
        return super().predict_step((self._completed((x, inputs), training=False)[0],))

    def _completed(self, data, training):
        """A batch with the inputs and the targets that it lacks."""
        names = {tensor.name for tensor in self.model.inputs}
        return completed(data, names, self.examples, self.optimizer.iterations if training else None)

    def prepare(self, optimizer: keras.optimizers.Optimizer, execution: Execution | None = None) -> None:
        """Compiles the trainer and builds the optimizer's variables, so that a checkpoint can be loaded.

        Args:
            optimizer: The optimizer.
            execution: How the steps of an epoch are executed; None as Keras does it.
        """
        steps = 1 if execution is None else execution.steps_per_call
        optimizer = averaging(optimizer, self.replicas) if self.replicas.count > 1 else optimizer
        self.compile(optimizer=optimizer, steps_per_execution=steps, jit_compile=False)
        self.execution, self.several_steps = execution, None
        self.optimizer.build(self.trainable_variables)

    def make_train_function(self, force: bool = False) -> None:
        """Makes the function that `fit` calls with the iterator of the batches.

        Args:
            force: Whether to make it anew.
        """
        if self.execution is None:
            super().make_train_function(force)
            return
        calls = self.execution.calls()  # of the first epoch, where `fit` begins
        if self.several_steps is None or force:
            self.several_steps = repeated(self.train_step, self.get_metrics_result, self.execution.xla)
        several = self.several_steps
        self.train_function = lambda batches: several(batches, tf.constant(next(calls)))

    def take_weights_of_chief(self) -> None:
        """Gives all replicas the weights of the first, and the state of its optimizers."""
        if self.replicas.count == 1:
            return
        variables = [variable for part in (self, *self._optimizers()) for variable in part.variables]
        states = [variable.value for variable in variables]
        if self.replicas.index:
            states = [tf.zeros_like(state) for state in states]
        for variable, state in zip(variables, self.replicas.summed(states), strict=True):
            variable.assign(state)

    def _optimizers(self):
        return (self.optimizer,)

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
            sample_weight: (batch,), what each example counts, 1 on average; None for all alike. Terms of the
                whole batch see all its examples alike.
            training: Whether the batch is trained on. In validation what selects the epoch is computed too.

        Returns:
            A scalar.
        """
        count = ops.shape(y)[0]
        base = ops.zeros(())
        if self.reconstruction_loss:
            targets = ops.repeat(y, self.samples, axis=0) if self.samples > 1 else y
            base = self._by_sample(self.reconstruction_loss(targets, y_pred))
            self._track("reconstruction", base, count, sample_weight)
        decay = ops.zeros(())
        if "weight_decay" in self.trackers:
            decay = ops.sum(ops.stack(self.losses))
            self._track("weight_decay", decay, count)
        progress = self.progress(training)
        tensors = {"targets": y, **y_pred, "progress": progress}
        outputs: Any = _Outputs(tensors)
        whole: Any = _Outputs(tensors, self.replicas if training else Replicas())
        values = [(term, self._value(term, outputs, whole)) for term in self.terms]
        for term, value in values:
            self._track(term.name, value, count, sample_weight)
        for metric in self.split_metrics:
            metric.update_state(y, y_pred)
        total = self._total(base, values, progress)
        loss = ops.mean(self._trimmed(total, sample_weight, whole.replicas)) + decay
        if not training:
            self._select(base, {"targets": y, **y_pred}, outputs.progress_read, decay, count, sample_weight)
        return loss / tf.distribute.get_strategy().num_replicas_in_sync

    def _select(self, base, y_pred, progress_read, decay, count, weights):
        """Tracks what selects the epoch, where it may differ from the loss."""
        self.selects_apart = bool(
            self.trim or progress_read or any(term.schedule or not term.selects for term in self.terms)
        )
        if self.selects_apart:
            end = ops.ones(())
            outputs = {**y_pred, "progress": end}
            values = [(term, term.value(outputs)) for term in self.terms if term.selects]
            self._track(
                SELECTION, ops.mean(_weighted(self._total(base, values, end), weights)) + decay, count
            )

    def _total(self, base, values, progress):
        """The objective of each example, (batch,), or a scalar where that of a batch is one."""
        total = base
        for term, value in values:
            factor = term.schedule(progress) if term.schedule else 1.0
            rows = value[:, None] if self.samples > 1 and len(value.shape) == 1 else value
            total = total + self.term_weights[term.name] * factor * rows
        return log(self.samples) - ops.logsumexp(-total, axis=1) if self.samples > 1 else total

    def _value(self, term, outputs, whole):
        """A term of the examples, or one that sees the whole batch: a scalar."""
        value = term.value(outputs)
        return term.value(whole) if whole.replicas.count > 1 and not value.shape.rank else value

    def _trimmed(self, total, weights, replicas):
        """The lowest values of a batch, without the fraction to leave out, times their weights."""
        if not self.trim:
            return _weighted(total, weights)
        total = replicas.gathered(total)
        counted = ops.ceil((1.0 - self.trim) * ops.cast(ops.shape(total)[0], "float32"))
        if weights is None:
            return ops.sort(total)[: ops.cast(counted, "int32")]
        lowest = ops.argsort(total)[: ops.cast(counted, "int32")]
        return ops.take(total, lowest) * ops.take(replicas.gathered(weights), lowest)

    def progress(self, training: bool = True) -> Tensor:
        """The completed fraction of the run, in [0, 1], from the optimizer's step count.

        Args:
            training: Whether a batch is trained on. An evaluation before the first step weighs terms as the
                end of the run does.

        Returns:
            A scalar.
        """
        done = ops.cast(self.optimizer.iterations, "float32") / self.steps
        return ops.minimum(done if training else ops.where(done > 0, done, 1.0), 1.0)

    def _track(self, name, value, count, weights=None):
        self.trackers[name].update_state(ops.mean(_weighted(value, weights)), sample_weight=count)

    def _by_sample(self, values):
        """Reshapes (batch * samples,) to (batch, samples); unchanged with one sample."""
        return ops.reshape(values, (-1, self.samples)) if self.samples > 1 else values


def _weighted(value, weights):
    """Values (batch, ...) of examples times their weights; one of a whole batch as it is."""
    if weights is None or not value.shape.rank:
        return value
    return value * (weights[:, None] if value.shape.rank > 1 else weights)


class _Outputs(UserDict):
    """Outputs by name, of all replicas, which know whether a term has read the progress of the run.

    Args:
        outputs: Outputs by name.
        replicas: The replicas whose outputs are gathered as they are read.
    """

    progress_read = False

    def __init__(self, outputs: Mapping[str, Tensor], replicas: Replicas | None = None):
        super().__init__(outputs)
        self.replicas = replicas or Replicas()
        self.gathered: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        self.progress_read |= name == "progress"
        value = super().__getitem__(name)
        if value.shape.rank and name not in self.gathered:
            value = self.data[name] = self.replicas.gathered(value)
            self.gathered.add(name)
        return value
