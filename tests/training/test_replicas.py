"""Replicas that share each batch learn what one process does of the whole, whatever the variant."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from variants.test_variants import EXAMPLES, batch_of, loss_of

from keras_ae.replicas import Replicas
from keras_ae.training.adversarial import AdversarialTrainer
from keras_ae.training.trainer import Trainer

COUNT, ROWS = 2, 8


class Threads(Replicas):
    """Replicas in the threads of one process, in the place of workers."""

    def __init__(self, index, shared):
        self.index, self.count, self.shared = index, COUNT, shared

    @classmethod
    def together(cls):
        shared = {"barrier": threading.Barrier(COUNT, timeout=60)}
        return [cls(index, shared) for index in range(COUNT)]

    def summed(self, tensors):
        self.shared[self.index] = list(tensors)
        self.shared["barrier"].wait()
        sums = [
            tf.add_n(list(each)) for each in zip(*(self.shared[index] for index in range(COUNT)), strict=True)
        ]
        self.shared["barrier"].wait()
        return sums


def in_threads(function, members):
    """Calls a function for each of several replicas at once; a failure of one ends all."""

    def call(one):
        try:
            return function(one)
        except BaseException:
            one.shared["barrier"].abort()
            raise

    with ThreadPoolExecutor(COUNT) as pool:
        calls = [pool.submit(call, one) for one in members]
        failures = [failure for each in calls if (failure := each.exception()) is not None]
        for failure in failures:
            if not isinstance(failure, threading.BrokenBarrierError):
                raise failure
        return [each.result() for each in calls]


def trainer_of(name, trim=0.0, own=None):
    """A trainer of a variant's example, from the same weights in each call."""
    variant, spec = EXAMPLES[name]
    keras.utils.set_random_seed(1)
    heads = variant.build(spec)
    variant.initialize(heads, lambda: np.asarray(batch_of(spec, 64)[0]["inputs"]))
    settings = {"samples": heads.samples, "trim": trim, "split_metrics": variant.split_metrics(heads)}
    settings |= {"terms": variant.terms(), "steps": 3, "replicas": own}
    if heads.critic is None:
        trainer = Trainer(heads.trained, loss_of(variant, spec), **settings)
    else:
        critics = {"critic": heads.critic, "critic_terms": variant.critic_terms()}
        trainer = AdversarialTrainer(heads.trained, loss_of(variant, spec), **settings, **critics)
    # gradients whose sizes differ, which Adam would hide
    trainer.prepare(keras.optimizers.SGD(0.01))
    return trainer


def batches_of(spec):
    """Three batches of the whole."""
    tensors, targets = batch_of(spec, 3 * ROWS)
    return [
        (
            {name: tensor[start : start + ROWS] for name, tensor in tensors.items()},
            targets[start : start + ROWS],
        )
        for start in range(0, 3 * ROWS, ROWS)
    ]


def part_of(batch, one):
    """A replica's part of a batch, as the pipeline gives it."""
    tensors, targets = batch
    own = {name: one.own_rows(tensor) for name, tensor in tensors.items()}
    return own | {"seeds": tensors["seeds"][: ROWS // COUNT]}, one.own_rows(targets)


def check_alike(name, trim=0.0):
    whole = trainer_of(name, trim)
    expected = {}
    for batch in batches_of(EXAMPLES[name][1]):
        whole.train_step(batch)
        expected = {key: float(value) for key, value in whole.get_metrics_result().items()}
    members = Threads.together()
    trainers = [trainer_of(name, trim, one) for one in members]

    def train(one):
        for batch in batches_of(EXAMPLES[name][1]):
            trainers[one.index].train_step(part_of(batch, one))
        return {key: float(value) for key, value in trainers[one.index].get_metrics_result().items()}

    for metrics in in_threads(train, members):
        assert metrics == pytest.approx(expected, rel=1e-5, abs=1e-6)
    for trainer in trainers:
        for mine, theirs in zip(trainer.model.get_weights(), whole.model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", EXAMPLES)
def test_replicas_learn_what_one_process_does(name):
    check_alike(name)
