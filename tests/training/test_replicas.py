"""Replicas that share each batch learn what one process does of the whole, whatever the variant."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from variants.test_variants import EXAMPLES, batch_of, loss_of

from keras_ae.blocks.dropout import ResumableDropout
from keras_ae.blocks.sparsity import DeadFraction, ExplainedVariance
from keras_ae.data.examples import Split
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.replicas import Replicas, replicas, sharing
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.checkpoint import read_state
from keras_ae.tasks.corruption import Gaussian, Swapped
from keras_ae.tasks.restoration import Denoising
from keras_ae.training.adversarial import AdversarialTrainer
from keras_ae.training.trainer import Trainer

COUNT, ROWS = 2, 8
QUICK = ("sparse", "batch_top_k", "vector_quantized", "factor_vae")
"""Variants that see the whole batch: in a term, a layer, a codebook, and by a critic."""


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


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in EXAMPLES]
)
def test_replicas_learn_what_one_process_does(name):
    check_alike(name)


def test_the_highest_losses_of_the_whole_batch_are_left_out():
    check_alike("undercomplete", trim=0.3)


def test_dropout_leaves_out_what_one_process_would(random):
    features = tf.constant(random.normal(size=(ROWS, 5)), tf.float32)
    layers = [ResumableDropout(0.5, seed=3) for _ in range(1 + COUNT)]
    expected = layers[0](features, training=True)

    def drop(one):
        with sharing(one):
            return layers[1 + one.index](one.own_rows(features), training=True)

    np.testing.assert_allclose(tf.concat(in_threads(drop, Threads.together()), axis=0), expected, rtol=1e-6)
    assert np.sum(np.asarray(expected) == 0) > 0


@pytest.mark.parametrize("corruption", [Gaussian(0.3), Swapped(0.5)])
def test_parts_of_a_training_batch_are_the_whole_one(corruption, random):
    images = random.random((24, 4, 4, 1)).astype("float32")
    data = Data("images", Split(images), Split(images[:8], stream=1), Split(images[:4], stream=2), "unit")
    paired = PairedData(data, Denoising(corruption), 3)

    def first_two(part):
        return [batch for batch, _ in zip(paired.training_batches(8, 1, part)[0], range(2), strict=False)]

    for whole, *parts in zip(first_two((0, 1)), first_two((0, 2)), first_two((1, 2)), strict=True):
        for name in ("inputs", "targets"):
            np.testing.assert_array_equal(
                tf.concat([tensors[name] for tensors, _ in parts], axis=0), whole[0][name]
            )
        np.testing.assert_array_equal(tf.concat([targets for _, targets in parts], axis=0), whole[1])
        for tensors, _ in parts:
            np.testing.assert_array_equal(tensors["seeds"][0], whole[0]["seeds"][0])


def test_validation_is_divided_by_batches_where_there_are_enough(random):
    images = random.random((600, 2, 2, 1)).astype("float32")
    data = Data("images", Split(images), Split(images, stream=1), Split(images, stream=2), "unit")
    paired = PairedData(data, Denoising(Gaussian(0.3)), 3)

    def inputs_of(part):
        return [tensors["inputs"] for tensors, _ in paired.validation_batches(part)]

    whole = inputs_of((0, 1))
    assert [len(batch) for batch in whole] == [256, 256, 88]
    np.testing.assert_array_equal(inputs_of((1, 2))[0], whole[1])
    assert [len(batch) for batch in inputs_of((0, 2))] == [256, 88]
    assert len(inputs_of((3, 4))) == 3  # all, as there is none for the fourth


def test_metrics_of_parts_make_those_of_the_whole(random):
    targets = random.normal(size=(12, 3)).astype("float32") + 5
    outputs = {"code": random.normal(size=(12, 4)).astype("float32"), "reconstruction": targets + 0.1}
    for make in (lambda: DeadFraction(4, 1.2), lambda: ExplainedVariance((None, 3))):
        whole, *parts = make(), make(), make()
        whole.update_state(targets, outputs)
        for part, rows in zip(parts, (slice(5), slice(5, None)), strict=True):
            part.update_state(targets[rows], {name: values[rows] for name, values in outputs.items()})
        merged = make()
        merged.merge(
            [
                tf.stack(states)
                for states in zip(*([v.value for v in p.variables] for p in parts), strict=True)
            ]
        )
        assert float(merged.result()) == pytest.approx(float(whole.result()), rel=1e-5)


def test_all_replicas_take_the_weights_of_the_chief():
    members = Threads.together()
    trainers = [trainer_of("variational", own=one) for one in members]
    trainers[1].model.set_weights([weight + 1 for weight in trainers[1].model.get_weights()])
    expected = trainers[0].model.get_weights()
    in_threads(lambda one: trainers[one.index].take_weights_of_chief(), members)
    for trainer in trainers:
        for mine, theirs in zip(trainer.model.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_one_replica_has_everything():
    alone, rows = replicas(), tf.ones((3, 2))
    assert (alone.index, alone.count, alone.name(1)) == (0, 1, "worker 1")
    assert alone.gathered(rows) is rows
    assert alone.own_rows(rows) is rows
    assert alone.exchanged({"a": 1}) == [{"a": 1}]


STOPPED = """
import os
from pathlib import Path
import keras
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.arrays import ArrayFile
from keras_ae.recipe import Recipe
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.restoration import Denoising
from keras_ae.variants.undercomplete import Undercomplete


class Stopping(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if os.environ.get("STOPS_AFTER") == str(epoch):
            raise KeyboardInterrupt


FILE = str(Path(__file__).with_name("images.npy"))
VARIANT = Undercomplete(DenseBackbone((32,)), 8)
TASK = Denoising(Gaussian(0.3))
recipe = Recipe(ArrayFile(FILE), VARIANT, TASK, batch_size=64, epochs=3, callbacks=(Stopping,))
"""
"""Denoises images, and can be stopped after an epoch."""


PROGRAM = ("-m", "keras_ae")
WITH_TWO_GPUS = """
import keras_ae.cli.train as train
from keras_ae import cli

train.listed_gpus = train.usable_gpus = lambda: 2
raise SystemExit(cli.main())
"""
"""The program of a machine whose GPUs are counted, and whose workers then have its processor."""


def trained(folder, name, *options, status=0, program=PROGRAM, says="", **environment):
    """Trains by the command line, as a user of several workers does; gives the history and the weights."""
    command = [sys.executable, *program, "train", "mine.py", "--run-dir", name, *options]
    own = {"TF_NUM_INTRAOP_THREADS": "1", **environment}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | own, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout
    state = read_state(folder / name / "checkpoint")
    return state["history"], None if status else load_artifacts(folder / name).heads.end_to_end.get_weights()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A folder with a recipe, and what an unbroken training of it by one process gives."""
    folder = tmp_path_factory.mktemp("resumed")
    (folder / "mine.py").write_text(STOPPED)
    blobs = np.random.default_rng(0).random((400, 3, 3, 1)).repeat(4, axis=1).repeat(4, axis=2)
    np.save(folder / "images.npy", blobs.astype("float32"))
    return folder, *trained(folder, "unbroken")


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [(2, 1), (1, 2)])
def test_another_number_of_workers_resumes_a_run(first, then, unbroken):
    folder, history, weights = unbroken
    name = f"{first}-{then}"
    begun, _ = trained(folder, name, "--workers", str(first), status=130, STOPS_AFTER="0")
    assert len(begun) == 1
    resumed, own = trained(folder, name, "--resume", "--workers", str(then))
    check_same(resumed, history, own, weights)


@pytest.mark.slow
def test_a_training_takes_all_gpus_and_learns_what_it_does_on_one(unbroken):
    folder, history, weights = unbroken
    program, says = ("-c", WITH_TWO_GPUS), "training on 2 GPUs, with a worker for each"
    shared, own = trained(folder, "shared", program=program, says=says)
    check_same(shared, history, own, weights)
    says = "training on one of 2 GPUs: 2 workers share each batch evenly; received batches of 63 examples"
    alone, own = trained(folder, "alone", "--set=batch_size=63", program=program, says=says)
    expected = trained(folder, "expected", "--set=batch_size=63")
    check_same(alone, expected[0], own, expected[1])


def check_same(resumed, history, own, weights):
    """Checks that two trainings of three epochs gave the same, but for the last digits."""
    assert len(resumed) == len(history) == 3
    for mine, theirs in zip(resumed, history, strict=True):
        del mine["seconds"]
        assert mine == pytest.approx(
            {key: value for key, value in theirs.items() if key != "seconds"}, rel=1e-5
        )
    for mine, theirs in zip(own, weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max())
