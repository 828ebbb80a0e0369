"""The terms of the objectives against numbers that can be worked out by hand or by brute force."""

import dataclasses
from math import exp, log, pi

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae import losses
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.recurrent import RecurrentBackbone
from keras_ae.blocks.jacobian import DERIVATIVES
from keras_ae.blocks.sampling import Sampling, SeededMasking, kl_per_dimension, log_normal
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec, Term, apply
from keras_ae.training.trainer import Trainer
from keras_ae.variants.conditional import Conditional
from keras_ae.variants.contractive import Contractive
from keras_ae.variants.sparse import Sparse
from keras_ae.variants.stacked import Stacked
from keras_ae.variants.variational import Variational

SPEC = Spec((3, 4, 1), (3, 4, 1), "unit")
SEEDS = tf.constant([[3, 5], [3, 6]], tf.int64)


def term(variant, name):
    return next(term for term in variant.terms() if term.name == name)


def outputs_of(mean, log_var=0.0, **others):
    mean = np.asarray(mean, "float32")
    return {"mean": mean, "log_var": np.full_like(mean, log_var), "progress": 1.0, **others}


def test_the_divergence_of_a_normal_with_mean_one_is_a_half_a_unit():
    np.testing.assert_allclose(kl_per_dimension(outputs_of([[1.0, 0.0]])), [[0.5, 0.0]], atol=1e-6)
    np.testing.assert_allclose(term(Variational(), "kl").value(outputs_of([[1.0, 1.0]])), [1.0], rtol=1e-6)
    wide = float(kl_per_dimension(outputs_of([[0.0]], log(4.0)))[0, 0])
    assert wide == pytest.approx(0.5 * (4 - 1 - log(4)))


def test_the_divergence_equals_its_estimate_from_draws():
    mean, log_var = np.full((1, 2), 0.7, "float32"), np.full((1, 2), -1.0, "float32")
    draws = Sampling(200_000)(mean, log_var, SEEDS[:1])
    estimate = np.mean(log_normal(draws, mean, log_var) - log_normal(draws, 0.0, 0.0 * log_var))
    assert np.sum(kl_per_dimension({"mean": mean, "log_var": log_var})) == pytest.approx(estimate, rel=0.01)


def test_draws_have_their_mean_and_deviation_and_follow_their_seeds():
    mean, log_var = np.full((2, 3), 2.0, "float32"), np.full((2, 3), log(0.25), "float32")
    draws = np.asarray(Sampling(20_000)(mean, log_var, SEEDS))
    assert draws.shape == (40_000, 3)
    assert draws.mean() == pytest.approx(2.0, abs=0.01)
    assert draws.std() == pytest.approx(0.5, rel=0.01)
    again, other = (np.asarray(Sampling(20_000)(mean, log_var, seeds)) for seeds in (SEEDS, SEEDS + 1))
    np.testing.assert_allclose(draws, again, rtol=1e-5, atol=1e-6)  # within rounding
    assert not np.allclose(draws, other, rtol=1e-3)


def test_masking_by_seeds_zeroes_its_share():
    masked = np.asarray(SeededMasking(0.3)(np.ones((2, 10_000), "float32"), SEEDS))
    assert (masked == 0).mean() == pytest.approx(0.3, abs=0.02)


def test_free_bits_cost_nothing_below_them():
    variant = Variational(free_bits=0.25)
    assert float(term(variant, "kl_with_free_bits").value(outputs_of([[0.1, 1.0]]))) == pytest.approx(
        0.25 + 0.5
    )
    assert term(variant, "kl").weight == 0


def test_a_capacity_holds_the_divergence_at_it_and_rises():
    variant = Variational(capacity=4.0, beta=10.0, kl_warmup=0.5)
    gap = term(variant, "capacity_gap")
    assert gap.weight == 10.0
    assert float(gap.value(outputs_of([[1.0, 1.0]]))) == pytest.approx(3.0)
    assert float(gap.value(outputs_of([[1.0, 1.0]]) | {"progress": 0.125})) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("warmup", "cycles", "weights"),
    [
        (0.5, 1, {0.0: 0.0, 0.25: 0.5, 0.5: 1.0, 0.9: 1.0, 1.0: 1.0}),
        (0.5, 2, {0.0: 0.0, 0.125: 0.5, 0.25: 1.0, 0.49: 1.0, 0.5: 0.0, 0.625: 0.5, 1.0: 1.0}),
        (1.0, 4, {0.125: 0.5, 0.25: 0.0, 0.875: 0.5, 1.0: 1.0}),
    ],
)
def test_the_weight_of_the_divergence_warms_up_in_cycles(warmup, cycles, weights):
    schedule = term(Variational(kl_warmup=warmup, cycles=cycles), "kl").schedule
    for progress, weight in weights.items():
        assert float(schedule(keras.ops.convert_to_tensor(progress))) == pytest.approx(weight, abs=1e-6)


def test_validation_weighs_a_term_as_training_does_and_the_selection_as_its_end():
    keras.utils.set_random_seed(0)
    variant = Variational(DenseBackbone(()), 2, beta=3.0, kl_warmup=1.0)
    heads = variant.build(SPEC)
    trainer = Trainer(heads.trained, losses.LIKELIHOODS["bernoulli"], variant.terms(), steps=4)
    trainer.compile(optimizer=keras.optimizers.SGD(0.0))
    named = {"inputs": tf.ones((2, 3, 4, 1)), "seeds": SEEDS}
    for done in range(3):
        logs = trainer.train_on_batch(named, tf.ones((2, 3, 4, 1)), return_dict=True)
        expected = logs["reconstruction"] + 3.0 * done / 4 * logs["kl"]
        assert logs["loss"] == pytest.approx(expected, rel=1e-5)
        assert "selection" not in logs
        trainer.reset_metrics()
    logs = trainer.test_on_batch(named, tf.ones((2, 3, 4, 1)), return_dict=True)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 3.0 * 3 / 4 * logs["kl"], rel=1e-5)
    assert logs["selection"] == pytest.approx(logs["reconstruction"] + 3.0 * logs["kl"], rel=1e-5)


def test_an_evaluation_before_any_step_weighs_terms_as_the_end_of_training_does():
    keras.utils.set_random_seed(0)
    variant = Variational(DenseBackbone(()), 2, beta=3.0, kl_warmup=1.0)
    trainer = Trainer(variant.build(SPEC).trained, losses.LIKELIHOODS["bernoulli"], variant.terms(), steps=4)
    trainer.compile(optimizer=keras.optimizers.SGD(0.0))
    named = {"inputs": tf.ones((2, 3, 4, 1)), "seeds": SEEDS}
    logs = trainer.evaluate(named, tf.ones((2, 3, 4, 1)), return_dict=True, verbose=0)
    assert logs["loss"] == logs["selection"] == pytest.approx(logs["reconstruction"] + 3.0 * logs["kl"])


def test_a_term_that_reads_the_progress_is_selected_by_at_the_end():
    """Its schedule is inside its value, as that of a capacity."""
    code = keras.Input((1,), name="inputs")
    model = keras.Model({"inputs": code}, {"reconstruction": keras.layers.Dense(1)(code)})
    term = Term("share", lambda outputs: outputs["progress"] * keras.ops.ones(()))
    trainer = Trainer(model, lambda target, outputs: 0.0 * outputs["reconstruction"][:, 0], (term,), steps=4)
    trainer.compile(optimizer=keras.optimizers.SGD(0.0))
    batch = ({"inputs": tf.ones((2, 1))}, tf.ones((2, 1)))
    trainer.train_on_batch(*batch)
    trainer.reset_metrics()
    assert trainer.test_on_batch(*batch, return_dict=True) == {
        "loss": 0.25, "reconstruction": 0.0, "share": 0.25, "selection": 1.0,
    }  # fmt: skip


def test_trimming_leaves_out_as_many_in_validation_and_selects_by_all():
    code = keras.Input((1,), name="inputs")
    model = keras.Model({"inputs": code}, {"reconstruction": keras.layers.Dense(1)(code)})
    trainer = Trainer(
        model, lambda target, outputs: target[:, 0] + 0.0 * outputs["reconstruction"][:, 0], trim=0.5
    )
    trainer.compile(optimizer=keras.optimizers.SGD(0.0))
    batch = ({"inputs": tf.ones((4, 1))}, tf.constant([[4.0], [1.0], [2.0], [9.0]]))
    trained = trainer.train_on_batch(*batch, return_dict=True)
    trainer.reset_metrics()
    tested = trainer.test_on_batch(*batch, return_dict=True)
    assert trained == {"loss": 1.5, "reconstruction": 4.0}
    assert tested == {"loss": 1.5, "reconstruction": 4.0, "selection": 4.0}


def test_several_samples_are_combined_into_the_importance_weighted_bound():
    code = keras.Input((1,), name="code")
    inputs = keras.Input((1,), name="inputs")
    encoder = keras.Model({"inputs": inputs}, {"code": inputs + 0.0}, name="encoder")
    decoder = keras.Model({"code": code}, {"reconstruction": code * 1.0}, name="decoder")
    heads = Heads.join(
        encoder, decoder, lambda named: {"code": keras.ops.repeat(named["code"], 3, axis=0)}, samples=3
    )
    extra = Term("extra", lambda outputs: keras.ops.convert_to_tensor([[0.0, 1.0, 2.0]]))
    trainer = Trainer(heads.trained, lambda target, outputs: target[:, 0], (extra,), samples=3)
    trainer.compile(optimizer=keras.optimizers.SGD(0.0))
    named = {"inputs": tf.ones((1, 1)), "seeds": SEEDS[:1]}
    loss = trainer.test_on_batch(named, tf.constant([[0.5]]), return_dict=True)["loss"]
    assert loss == pytest.approx(0.5 - log((1 + exp(-1) + exp(-2)) / 3), rel=1e-5)


def test_weight_decay_stands_in_the_loss_and_under_its_own_name():
    keras.utils.set_random_seed(0)
    heads = Variational(DenseBackbone((4,), l2=0.5), 2).build(SPEC)
    trainer = Trainer(heads.trained, losses.LIKELIHOODS["bernoulli"], ())
    trainer.compile(optimizer=keras.optimizers.SGD(0.0))
    named = {"inputs": tf.ones((2, 3, 4, 1)), "seeds": SEEDS}
    logs = trainer.test_on_batch(named, tf.ones((2, 3, 4, 1)), return_dict=True)
    kernels = [w for w in heads.trained.trainable_weights if w.name == "kernel" and "dense" in w.path]
    kernels += [w for w in heads.trained.trainable_weights if "logits/kernel" in w.path]
    assert logs["weight_decay"] == pytest.approx(sum(0.5 * np.square(w).sum() for w in kernels), rel=1e-5)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["weight_decay"], rel=1e-5)


def test_likelihoods_of_known_values():
    half = np.full((2, 3), 0.5, "float32")
    np.testing.assert_allclose(
        losses.LIKELIHOODS["bernoulli"](half, {"reconstruction": half}), 2 * [3 * log(2)], rtol=1e-5
    )
    outputs = {"reconstruction": half, "reconstruction_log_var": np.full((2, 3), log(4.0), "float32")}
    expected = 3 * 0.5 * (1.0 / 4 + log(4.0) + log(2 * pi))
    np.testing.assert_allclose(losses.LIKELIHOODS["gaussian"](half + 1.0, outputs), 2 * [expected], rtol=1e-5)
    expected = 3 * 0.5 * (1.0 + log(2 * pi))
    np.testing.assert_allclose(
        losses.LIKELIHOODS["unit_gaussian"](half + 1.0, outputs), 2 * [expected], rtol=1e-5
    )
    classes = np.eye(4, dtype="float32")[[[0, 1, 2], [3, 3, 3]]]
    uniform = np.full((2, 3, 4), 0.25, "float32")
    found = losses.LIKELIHOODS["categorical"](classes, {"reconstruction": uniform})
    np.testing.assert_allclose(found, 2 * [3 * log(4)], rtol=1e-5)


def test_a_gaussian_likelihood_learns_the_variance_of_its_residuals():
    """The best log-variance of a constant reconstruction is the log of the targets' variance."""
    log_vars = np.linspace(-3, 3, 601, dtype="float32")
    target = np.random.default_rng(0).normal(0, 0.5, (1, 5000)).astype("float32")
    zero = np.zeros_like(target)
    found = [
        float(
            losses.LIKELIHOODS["gaussian"](
                target, {"reconstruction": zero, "reconstruction_log_var": zero + value}
            )[0]
        )
        for value in log_vars[::20]
    ]
    assert log_vars[::20][int(np.argmin(found))] == pytest.approx(log(0.25), abs=0.2)


def test_a_likelihood_that_does_not_fit_the_data_is_refused():
    with pytest.raises(
        ValueError, match="of real values must be gaussian or unit_gaussian, received 'bernoulli'"
    ):
        Variational(likelihood="bernoulli").build(dataclasses.replace(SPEC, domain="real"))
    with pytest.raises(InputError, match="likelihood must be one of auto, .*; received 'poisson'"):
        Variational(likelihood="poisson")


def test_a_gaussian_decoder_gives_a_bounded_variance_for_each_element():
    heads = Variational(DenseBackbone((4,)), 2, likelihood="gaussian").build(SPEC)
    output = heads.decoder({"code": np.full((1, 2), 1e4, "float32")})["reconstruction_log_var"]
    assert output.shape == (1, 3, 4, 1)
    assert np.abs(output).max() <= 7.0


def test_the_sparsity_divergence_is_nought_at_its_target_and_known_elsewhere():
    variant = Sparse(latent_dim=2, rho=0.2, beta=1.0)
    value = term(variant, "kl_activity").value
    at_target = {"code": np.array([[0.1, 0.3], [0.3, 0.1]], "float32")}
    assert float(value(at_target)) == pytest.approx(0.0, abs=1e-6)
    off = {"code": np.array([[0.5, 0.2]], "float32")}
    assert float(value(off)) == pytest.approx(0.2 * log(0.2 / 0.5) + 0.8 * log(0.8 / 0.5), rel=1e-5)


def test_the_activity_of_a_sparse_code_is_shown():
    variant = Sparse(l1=0.1)
    outputs = {"code": np.array([[0.0, 0.5, 0.0, 1.5], [0.0, 0.0, 0.0, 0.002]], "float32")}
    np.testing.assert_allclose(term(variant, "active_fraction").value(outputs), [0.5, 0.0])
    np.testing.assert_allclose(term(variant, "mean_activity").value(outputs), [0.5, 0.0005], rtol=1e-6)
    np.testing.assert_allclose(term(variant, "l1_activity").value(outputs), [2.0, 0.002], rtol=1e-6)
    np.testing.assert_allclose(term(variant, "l0").value(outputs), [2.0, 1.0])
    shown = ["mean_activity", "active_fraction", "l0"]
    assert [term.name for term in variant.terms()] == ["l1_activity", *shown]


def brute_force(heads, inputs):
    """Squared Frobenius norm of each example's Jacobian, by reverse-mode differentiation."""
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        code = apply(heads.encoder, {"inputs": inputs})["code"]
    jacobian = tape.batch_jacobian(code, inputs).numpy()
    return np.square(jacobian).reshape(len(jacobian), -1).sum(axis=1)


@pytest.mark.parametrize("activation", DERIVATIVES)
def test_the_penalty_of_one_layer_is_the_norm_of_its_jacobian(activation, random):
    keras.utils.set_random_seed(0)
    heads = Contractive(DenseBackbone(()), 5, activation=activation).build(SPEC)
    inputs = tf.constant(random.normal(size=(2, 3, 4, 1)), tf.float32)
    found = apply(heads.trained, {"inputs": inputs, "seeds": SEEDS})["jacobian"]
    np.testing.assert_allclose(found, brute_force(heads, inputs), rtol=1e-4)


def test_the_penalty_of_a_deep_encoder_estimates_the_norm_of_its_jacobian(random):
    keras.utils.set_random_seed(0)
    heads = Contractive(DenseBackbone((8,), activation="tanh"), 5, probes=1).build(SPEC)
    [probed] = [layer for layer in heads.trained.layers if type(layer).__name__ == "ProbedJacobian"]
    inputs = tf.constant(random.normal(size=(2, 3, 4, 1)), tf.float32)
    seeds = tf.constant(np.arange(600).reshape(300, 2))  # 150 probes of each example, in one batch
    found = tf.reduce_mean(tf.reshape(probed(tf.repeat(inputs, 150, axis=0), seeds), (2, 150)), axis=1)
    np.testing.assert_allclose(found, brute_force(heads, inputs), rtol=0.35)


def test_probes_through_a_recurrent_layer_are_refused():
    with pytest.raises(InputError, match="forward-mode derivatives do not pass a recurrent layer"):
        Contractive(RecurrentBackbone((4,)), 2).build(Spec((5, 2), (5, 2), "real"))


def test_the_gradient_of_the_probed_penalty_reaches_the_encoder(random):
    heads = Contractive(DenseBackbone((8,)), 5).build(SPEC)
    with tf.GradientTape() as tape:
        named = {"inputs": tf.constant(random.normal(size=(2, 3, 4, 1)), tf.float32), "seeds": SEEDS}
        penalty = tf.reduce_sum(apply(heads.trained, named)["jacobian"])
    kernels = [weight.value for weight in heads.encoder.weights if weight.name == "kernel"]
    assert all(np.abs(gradient).max() > 0 for gradient in tape.gradient(penalty, kernels))


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (Sparse, {"rho": 1.0}, "rho must be above 0 and below 1, received 1.0"),
        (Sparse, {"l1": -1.0}, "l1 must be at least 0, received -1.0"),
        (Sparse, {"beta": float("nan")}, "beta must be at least 0, received nan"),
        (Sparse, {"beta": 1.0, "activation": "relu"}, r"needs activities in \(0, 1\).*received 'relu'"),
        (Contractive, {"lambda_": -0.1}, "lambda_ must be at least 0, received -0.1"),
        (Contractive, {"probes": 0}, "probes must be at least 1, received 0"),
        (Contractive, {"activation": "gelu"}, "activation must be one of sigmoid, .*; received 'gelu'"),
        (Stacked, {"pretraining_epochs": 0}, "pretraining_epochs must be at least 1, received 0"),
        (
            Stacked,
            {"backbone": RecurrentBackbone()},
            "the backbone of Stacked is a DenseBackbone, received Recurrent",
        ),
        (Stacked, {"masking_fraction": 1.0}, "masking_fraction must be at least 0 and below 1, received 1.0"),
        (Variational, {"beta": -1.0}, "beta must be at least 0, received -1.0"),
        (
            Variational,
            {"kl_warmup": 1.5},
            "kl_warmup must be from 0 to 1, received 1.5",
        ),
        (Variational, {"cycles": 0}, "cycles must be at least 1, received 0"),
        (Variational, {"capacity": -1.0}, "capacity must be at least 0, received -1.0"),
        (Variational, {"free_bits": -0.5}, "free_bits must be at least 0, received -0.5"),
        (Conditional, {"beta": -1.0}, "beta must be at least 0, received -1.0"),
    ],
)
def test_a_hyperparameter_outside_its_domain_is_refused_at_construction(kind, fields, message):
    with pytest.raises(InputError, match=message):
        kind(**fields)


def test_a_conditional_autoencoder_without_labels_is_refused():
    with pytest.raises(InputError, match="needs a label 0, 1, ... for each example, found none"):
        Conditional().build(SPEC)


def test_the_condition_changes_what_is_encoded_and_what_is_decoded():
    keras.utils.set_random_seed(0)
    heads = Conditional(DenseBackbone((8,)), 2).build(dataclasses.replace(SPEC, condition=3))
    inputs, code = np.ones((3, 3, 4, 1), "float32"), np.ones((3, 2), "float32")
    named = {"inputs": inputs, "code": code, "condition": np.eye(3, dtype="float32")}
    for head, name in ((heads.encoder, "code"), (heads.decoder, "reconstruction")):
        first, second, _ = np.asarray(apply(head, named)[name])
        assert np.abs(first - second).max() > 1e-3


def test_each_stage_of_a_stack_reconstructs_what_is_below_it_and_moves_its_own_layers():
    keras.utils.set_random_seed(0)
    variant = Stacked(DenseBackbone((6, 5)), 3, pretraining_epochs=7)
    heads = variant.build(SPEC)
    first, second, third = variant.stages(heads)
    assert [stage.name for stage in (first, second, third)] == ["layer_1", "layer_2", "layer_3"]
    assert first.layers == ("encoder_dense_1", "decoder_logits")
    assert second.layers == ("encoder_dense_2", "decoder_dense_1")
    assert third.layers == ("encoder_code", "decoder_dense_2")
    assert first.model.output["reconstruction"].shape == (None, 3, 4, 1)
    assert third.model.output["below"].shape == third.model.output["below_reconstruction"].shape == (None, 5)
    assert {stage.epochs for stage in (first, second, third)} == {7}
    named = {"inputs": tf.ones((2, 3, 4, 1)), "seeds": SEEDS}
    named["targets"] = named["inputs"]
    below = apply(third.model, named)["below"]
    layers = [
        heads.encoder.get_layer(name) for name in ("encoder_flatten", "encoder_dense_1", "encoder_dense_2")
    ]
    value = named["inputs"]
    for layer in layers:
        value = layer(value)
    np.testing.assert_allclose(below, value, rtol=1e-6)


def test_a_stack_of_one_layer_has_no_stages():
    variant = Stacked(DenseBackbone(()), 3)
    assert variant.stages(variant.build(SPEC)) == ()
