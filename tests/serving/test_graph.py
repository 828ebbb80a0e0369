"""Graphs that draw, keep state or need Python are refused by name, however deep in a call they stand."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.errors import ExportError
from keras_ae.serving.graph import operations, refuse_forbidden

SPEC = tf.TensorSpec((None,), tf.float32, name="inputs")


def saved(folder, run, kept=()):
    module = tf.Module()
    module.kept = list(kept)
    module.run = tf.function(run, input_signature=[SPEC])
    tf.saved_model.save(module, str(folder), signatures=module.run)
    return folder


counter = tf.Variable(0.0)


def drawn(op):
    return getattr(tf.raw_ops, op)(shape=(1,), dtype=tf.float32, seed=1)


def counted(inputs):
    counter.assign_add(1.0)
    return {"code": inputs + counter}


def looped(inputs):
    drawn = tf.map_fn(lambda value: value + tf.random.stateless_normal((), (0, 0)), inputs)
    return {"code": drawn}


def chosen(inputs):
    return {"code": tf.cond(tf.size(inputs) > 3, lambda: inputs, lambda: inputs + drawn("RandomUniform"))}


def asked(inputs):
    return {"code": tf.py_function(lambda value: value, [inputs], tf.float32)}


def asked_of_numpy(inputs):
    return {"code": tf.ensure_shape(tf.numpy_function(lambda value: value, [inputs], tf.float32), (None,))}


@tf.function(jit_compile=True)
def compiled(inputs):
    return inputs * 2.0


@pytest.mark.parametrize(
    ("run", "op"),
    [
        (lambda inputs: {"code": inputs + drawn("RandomStandardNormal")}, "RandomStandardNormal"),
        (lambda inputs: {"code": inputs + tf.random.stateless_uniform((), (1, 2))}, "StatelessRandom"),
        (lambda inputs: {"code": inputs + drawn("TruncatedNormal")}, "TruncatedNormal"),
        (lambda inputs: {"code": tf.raw_ops.RandomShuffle(value=inputs, seed=1)}, "RandomShuffle"),
        (looped, "StatelessRandom"),
        (chosen, "RandomUniform"),
        (counted, "AssignAddVariableOp"),
        (asked, "EagerPyFunc"),
        (asked_of_numpy, "PyFunc"),
        (lambda inputs: {"code": compiled(inputs)}, "XLA"),
    ],
)
def test_a_forbidden_op_is_refused_by_name(run, op, tmp_path):
    folder = saved(tmp_path / "encoder", run, [counter])
    with pytest.raises(
        ExportError, match=rf"signature serving_default of encoder runs .*{op}.*take that out"
    ):
        refuse_forbidden(folder)


def test_weights_functions_branches_and_assertions_are_allowed(tmp_path):
    weight = tf.Variable(2.0)

    def run(inputs):
        tf.debugging.Assert(tf.reduce_all(inputs > -9), ["too low"])
        halves = tf.map_fn(lambda value: value / weight, inputs)
        return {"code": tf.cond(tf.size(inputs) > 3, lambda: halves, lambda: inputs)}

    folder = saved(tmp_path / "encoder", run, [weight])
    refuse_forbidden(folder)
    types = {node.op for node in operations(folder)["serving_default"]}
    assert {"ReadVariableOp", "RealDiv", "Assert"} <= types
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    np.testing.assert_array_equal(served(inputs=tf.constant([1.0] * 4))["code"], [0.5] * 4)


def test_what_no_signature_runs_is_not_looked_at(tmp_path):
    """Every SavedModel assigns its weights as it is loaded."""
    folder = saved(tmp_path / "encoder", lambda inputs: {"code": inputs * counter}, [counter])
    assert "AssignVariableOp" in (folder / "saved_model.pb").read_bytes().decode("latin1")
    refuse_forbidden(folder)
