"""How steps are executed: several in a call and by a fused Adam, with the same numbers as one by one."""

import dataclasses
from itertools import islice

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.callbacks.progress_bar import ProgressBar
from keras_ae.training import execution
from keras_ae.training.execution import Execution, multiplications
from keras_ae.training.optimizers import FusedAdam
from keras_ae.training.train import train


def trained(recipe, folder, **fields):
    recipe = dataclasses.replace(recipe, epochs=2, min_steps_per_epoch=7, **fields)
    return train(recipe, folder, report=lambda line: None, verbose=0)


def dense():
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(20), keras.layers.Dense(5)])
    return keras.Model(model.inputs, keras.Sequential([keras.layers.Dense(3)])(model.outputs[0]))


@pytest.fixture(scope="module")
def one_by_one(tiny_recipe, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "MOST_STEPS", 1)
        return trained(tiny_recipe, tmp_path_factory.mktemp("steps") / "run")


def test_an_epoch_ends_with_its_last_step_in_every_epoch():
    assert list(islice(Execution(10, 4).calls(), 7)) == [4, 4, 2, 4, 4, 2, 4]
    assert list(islice(Execution(8, 4).calls(), 3)) == [4, 4, 4]
    assert list(islice(Execution(3, 1).calls(), 3)) == [1, 1, 1]


def test_a_call_takes_as_many_steps_as_a_model_is_small(tiny_recipe, monkeypatch):
    model = dense()
    assert Execution.of(model, tiny_recipe, 1000, 62).steps_per_call == 16
    assert Execution.of(model, tiny_recipe, 1000, 34).steps_per_call == 12  # three calls, about equally long
    assert Execution.of(model, tiny_recipe, 1000, 5).steps_per_call == 5
    monkeypatch.setattr(execution, "CALL", 3 * tiny_recipe.batch_size * multiplications(model) * 4 + 1)
    assert Execution.of(model, tiny_recipe, 1000, 62).steps_per_call == 4
    assert Execution.of(model, tiny_recipe, 4, 62).steps_per_call == 8  # of four examples each
    monkeypatch.setattr(execution, "CALL", 1)
    assert Execution.of(model, tiny_recipe, 1000, 62).steps_per_call == 1


def test_a_kernel_multiplies_at_each_position_of_its_output():
    assert multiplications(dense()) == 10 * 20 + 20 + 20 * 5 + 5 + 5 * 3 + 3
    image = keras.Input((8, 8, 1))
    features = keras.layers.Conv2D(4, 3, strides=2, padding="same")(image)
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(features)))
    assert multiplications(model) == (9 * 4 + 4) * 16 + 64 * 2 + 2


def test_several_steps_in_a_call_train_as_one_by_one(tiny_recipe, one_by_one, tmp_path):
    run = trained(tiny_recipe, tmp_path / "run")
    for weight, expected in zip(run.heads.trained.weights, one_by_one.heads.trained.weights, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-6)  # another graph, other last digits
    for epoch, expected in zip(run.history, one_by_one.history, strict=True):
        assert epoch["loss"] == pytest.approx(expected["loss"], rel=1e-5)
        assert epoch["val_loss"] == pytest.approx(expected["val_loss"], rel=1e-5)


def test_the_progress_bar_ends_with_the_epoch(monkeypatch):
    shown = []
    monkeypatch.setattr(
        keras.callbacks.ProgbarLogger, "on_train_batch_end", lambda bar, step, _: shown.append(step)
    )
    bar = ProgressBar()
    bar.set_params({"verbose": 1, "epochs": 1, "steps": 31})
    for last in (15, 31):  # as Keras counts calls of 16
        bar.on_train_batch_end(last)
    assert shown == [15, 30]


def test_xla_trains_as_without(tiny_recipe, one_by_one, tmp_path):
    run = trained(tiny_recipe, tmp_path / "run", xla=True)
    losses, expected = ([epoch["loss"] for epoch in each.history] for each in (run, one_by_one))
    assert losses == pytest.approx(expected, rel=1e-3)


def steps_of(optimizer, gradients):
    """A weight and the optimizer's variables after a step with each gradient."""
    weight = keras.Variable(np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3), name="weight")
    optimizer.build([weight])
    for gradient in gradients:
        optimizer.apply([gradient])
    return np.array(weight), [np.array(variable) for variable in optimizer.variables]


def gradients():
    return [tf.constant(each) for each in np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)]


def rows():
    return [tf.IndexedSlices(each[:2], tf.constant([2, 0]), tf.constant([4, 3])) for each in gradients()]


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ({}, gradients),
        ({"beta_1": 0.5, "epsilon": 1e-3}, gradients),
        ({"amsgrad": True}, gradients),
        ({}, rows),
    ],
)
def test_the_fused_adam_is_adam(options, made):
    weight, variables = steps_of(FusedAdam(learning_rate=0.01, **options), made())
    expected, others = steps_of(keras.optimizers.Adam(learning_rate=0.01, **options), made())
    np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-7)
    for variable, other in zip(variables, others, strict=True):
        np.testing.assert_allclose(variable, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("classes", [(keras.optimizers.Adam, FusedAdam), (FusedAdam, keras.optimizers.Adam)])
def test_either_adam_goes_on_from_a_checkpoint_of_the_other(classes, tmp_path):
    saved, loaded = (keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]) for _ in classes)
    for model, kind in zip((saved, loaded), classes, strict=True):
        model.compile(kind(), "mse")
        model.optimizer.build(model.trainable_variables)
    saved.optimizer.apply([tf.ones((3, 2)), tf.ones((2,))])
    saved.save_weights(tmp_path / "one.weights.h5")
    loaded.load_weights(tmp_path / "one.weights.h5")
    for variable, expected in zip(loaded.optimizer.variables, saved.optimizer.variables, strict=True):
        np.testing.assert_array_equal(variable, expected)
