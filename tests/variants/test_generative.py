"""Terms of the generative variants against closed forms, brute force and what they must not touch."""

import os
import subprocess
import sys
from math import log
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae import losses
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.patches import PatchBackbone
from keras_ae.blocks.critic import PermuteDimensions, critic, critic_loss
from keras_ae.blocks.divergences import covariance, decomposed_kl, mmd
from keras_ae.blocks.jacobian import ProbedJacobian, SquaredWeights
from keras_ae.blocks.quantizer import Codebook, CodePrior, Lookup
from keras_ae.errors import InputError
from keras_ae.heads import Spec, apply
from keras_ae.training.adversarial import AdversarialTrainer
from keras_ae.training.trainer import Trainer
from keras_ae.variants.adversarial import Adversarial
from keras_ae.variants.beta_tc_vae import BetaTCVAE
from keras_ae.variants.dip_vae import DIPVAE
from keras_ae.variants.factor_vae import FactorVAE
from keras_ae.variants.importance_weighted import ImportanceWeighted
from keras_ae.variants.info_vae import InfoVAE
from keras_ae.variants.masked import Masked
from keras_ae.variants.regularized import Regularized
from keras_ae.variants.vamp_prior import VampPrior
from keras_ae.variants.variational import Variational
from keras_ae.variants.vector_quantized import VectorQuantized
from keras_ae.variants.wasserstein import Wasserstein

SPEC = Spec((3, 4, 1), (3, 4, 1), "unit")
SEEDS = tf.constant([[3, 5], [3, 6]], tf.int64)


def normals(random, count, width):
    return tf.constant(random.normal(size=(count, width)), tf.float32)


def term(variant, name):
    return next(term for term in variant.terms() if term.name == name)


def test_the_discrepancy_of_equal_distributions_is_near_nought_and_of_others_is_not(random):
    first, second, moved = normals(random, 1000, 4), normals(random, 1000, 4), normals(random, 1000, 4) + 1
    assert float(mmd(first, second)) == pytest.approx(0, abs=0.002)
    assert float(mmd(first, moved)) > 0.05
    assert float(mmd(first, 2 * second)) > 0.02


def test_the_discrepancy_of_one_example_is_a_number():
    assert np.isfinite(float(mmd(tf.ones((1, 3)), tf.zeros((1, 3)))))


def test_the_discrepancy_is_the_sum_over_pairs_that_defines_it(random):
    first, second = random.normal(size=(5, 2)), random.normal(size=(5, 2)) + 1

    def kernel(x, y):
        scales = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10]) * 4
        return (scales / (scales + np.square(x - y).sum())).mean()

    pairs = [(i, j) for i in range(5) for j in range(5)]
    within = [kernel(part[i], part[j]) for part in (first, second) for i, j in pairs if i != j]
    between = [kernel(first[i], second[j]) for i, j in pairs]
    found = mmd(tf.constant(first, tf.float32), tf.constant(second, tf.float32))
    assert float(found) == pytest.approx(sum(within) / 20 - 2 * np.mean(between), rel=1e-4)


def test_the_total_correlation_of_a_known_normal(random):
    """Codes that are jointly normal with correlation r depend on each other by -log(1 - r^2) / 2."""
    correlation, noise = 0.8, 0.4
    spread = np.array([[1.0, correlation], [correlation, 1.0]]) - noise**2 * np.eye(2)
    mean = random.multivariate_normal(np.zeros(2), spread, size=3000).astype("float32")
    log_var = np.full_like(mean, 2 * log(noise))
    code = mean + noise * random.normal(size=mean.shape).astype("float32")
    found = {name: float(value) for name, value in decomposed_kl(code, mean, log_var).items()}
    assert found["total_correlation"] == pytest.approx(-0.5 * log(1 - correlation**2), abs=0.05)
    assert found["marginal_kl"] == pytest.approx(0, abs=0.05)
    information = 0.5 * log(np.linalg.det(spread + noise**2 * np.eye(2)) / noise**4)
    assert found["mutual_information"] == pytest.approx(information, abs=0.05)


def test_the_parts_of_the_divergence_add_up_and_shift_with_the_population(random):
    mean, log_var = normals(random, 50, 3), normals(random, 50, 3) - 1
    code = mean + tf.exp(0.5 * log_var) * normals(random, 50, 3)
    small, large = decomposed_kl(code, mean, log_var), decomposed_kl(code, mean, log_var, population=5000)
    assert float(sum(small.values())) == pytest.approx(float(sum(large.values())), abs=1e-4)
    gap = large["total_correlation"] - small["total_correlation"]
    assert float(gap) == pytest.approx(2 * log(5000), rel=1e-4)


def test_penalties_on_the_covariance_of_codes(random):
    mean = tf.constant([[1.0, 1.0], [-1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    np.testing.assert_allclose(covariance(mean), [[1, 1], [1, 1]])
    outputs = {"mean": mean, "log_var": tf.fill((4, 2), log(0.5))}
    of_means, of_codes = DIPVAE(of_means=True), DIPVAE()
    assert float(term(of_means, "covariances").value(outputs)) == pytest.approx(2.0)
    assert float(term(of_means, "variances").value(outputs)) == pytest.approx(0.0, abs=1e-6)
    assert float(term(of_codes, "covariances").value(outputs)) == pytest.approx(2.0)
    assert float(term(of_codes, "variances").value(outputs)) == pytest.approx(2 * 0.25)


def test_the_bound_of_one_draw_is_that_of_the_variational_autoencoder_and_more_draws_tighten_it(random):
    keras.utils.set_random_seed(0)
    inputs = tf.constant(random.uniform(size=(64, 3, 4, 1)), tf.float32)
    seeds = tf.constant(random.integers(0, 2**40, (64, 2)))
    weights, bounds = None, []
    for samples in (1, 5, 100):
        variant = ImportanceWeighted(DenseBackbone((8,)), 3, samples=samples)
        heads = variant.build(SPEC)
        weights = weights or heads.end_to_end.get_weights()
        heads.end_to_end.set_weights([1.5 * weight for weight in weights])
        trainer = Trainer(heads.trained, losses.LIKELIHOODS["bernoulli"], variant.terms(), samples=samples)
        trainer.compile(optimizer=keras.optimizers.SGD(0.0))
        scores = trainer.test_on_batch({"inputs": inputs, "seeds": seeds}, inputs, return_dict=True)
        bounds.append(scores["loss"])
        assert scores["log_ratio"] == pytest.approx(scores["kl"], rel=0.35)
    assert bounds[0] > bounds[1] + 0.01 > bounds[2] + 0.01


def test_a_vector_is_quantized_to_the_nearest_code(random):
    codebook = Codebook(16, 3)
    vectors = normals(random, 6, 15)
    vectors = tf.reshape(vectors, (6, 5, 3))
    entries = codebook.entries.numpy()
    numbers = np.asarray(codebook(vectors, mode="nearest"))
    distances = np.square(vectors.numpy()[:, :, None] - entries).sum(axis=-1)
    np.testing.assert_array_equal(numbers, distances.argmin(axis=-1))
    np.testing.assert_allclose(codebook(numbers, mode="lookup"), entries[numbers])
    np.testing.assert_allclose(codebook(vectors, SEEDS, mode="quantize"), entries[numbers], atol=1e-6)


def test_gradients_pass_a_quantizer_as_if_it_were_not_there(random):
    codebook, vectors = Codebook(4, 2), tf.Variable(random.normal(size=(2, 3, 2)).astype("float32"))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(3.0 * codebook(vectors, SEEDS, mode="quantize"))
    np.testing.assert_allclose(tape.gradient(total, vectors), np.full((2, 3, 2), 3.0))


def test_codes_follow_the_vectors_that_they_stand_for_and_dead_ones_come_back(random):
    centers = np.array([[-4.0, 0], [4, 0], [0, 4], [0, -4]], "float32")
    lookup = Lookup(4, 2)
    codebook = Codebook(4, 2, decay=0.9, lookup=lookup)
    codebook.entries.assign(np.full((4, 2), 100.0) + np.arange(4)[:, None])
    for step in range(120):
        chosen = random.integers(0, 4, (32, 1))
        vectors = tf.constant(centers[chosen] + 0.1 * random.normal(size=(32, 1, 2)), tf.float32)
        codebook(vectors, SEEDS + step, mode="quantize", training=True)
    gaps = np.linalg.norm(codebook.entries.numpy()[:, None] - centers, axis=-1)
    assert gaps.min(axis=1).max() < 1.0
    np.testing.assert_array_equal(lookup.entries.numpy(), codebook.entries.numpy())
    before = codebook.entries.numpy()
    codebook(vectors, SEEDS, mode="quantize", training=False)
    np.testing.assert_array_equal(codebook.entries.numpy(), before)


@pytest.mark.parametrize("decay", [0.9, 0.99, 0.999])
def test_a_codebook_settles(random, decay):
    codebook, vectors = Codebook(8, 2, decay=decay), normals(random, 256, 2)[:, None]
    for step in range(30):
        codebook(vectors, SEEDS + step, mode="quantize", training=True)
    before = codebook.entries.numpy()
    codebook(vectors, SEEDS, mode="quantize", training=True)
    assert np.linalg.norm(codebook.entries.numpy() - before, axis=1).mean() < 0.1


def test_what_learns_beside_the_model_does_not_choose_its_epoch():
    keras.utils.set_random_seed(0)
    variant = VectorQuantized(DenseBackbone((8,)), 3, num_embeddings=4, embedding_dim=2)
    heads = variant.build(SPEC)
    loss = losses.on_reconstruction(losses.squared_error)
    trainer = Trainer(heads.trained, loss, variant.terms())
    trainer.prepare(keras.optimizers.SGD(0.0))
    named = {"inputs": tf.ones((2, 3, 4, 1)), "seeds": SEEDS}
    logs = trainer.test_on_batch(named, named["inputs"], return_dict=True)
    assert logs["prior_nll"] > 0.5
    expected = logs["reconstruction"] + variant.commitment_cost * logs["commitment"]
    assert logs["selection"] == pytest.approx(expected, rel=1e-5)
    assert logs["loss"] == pytest.approx(expected + logs["prior_nll"], rel=1e-5)


@pytest.mark.slow
def test_heads_with_layers_of_our_own_are_exported_by_another_process(tmp_path):
    command = [sys.executable, "-m", "keras_ae"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    tiny = (
        "variant.backbone.units=8 variant.latent_dim=3 variant.num_embeddings=4 epochs=1 task=Reconstruction"
    )
    np.save(tmp_path / "a.npy", np.random.default_rng(0).uniform(size=(40, 4, 4)))
    asked = ["vector_quantized", "--data", "a.npy", "--set", tiny]
    for words in (["train", *asked], ["export", "vector_quantized"]):
        done = subprocess.run(
            [*command, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    for head in ("encoder", "decoder", "autoencoder", "prior"):
        assert (tmp_path / "saved_models" / "vector_quantized-a" / head / "2" / "saved_model.pb").exists()


@pytest.mark.parametrize("memory", [0, 2])
def test_the_prior_of_codes_sees_only_those_before(memory, random):
    keras.utils.set_random_seed(0)
    prior = CodePrior(5, 4, width=8, memory=memory)
    codes = random.integers(0, 5, (1, 4))
    changed = codes.copy()
    changed[0, 2] = (codes[0, 2] + 1) % 5
    first, second = (np.asarray(prior(part, mode="score")) for part in (codes, changed))
    np.testing.assert_allclose(first[:, :3], second[:, :3], rtol=1e-6, atol=1e-6)
    assert np.abs(first[:, 3] - second[:, 3]).max() > 1e-4


def test_draws_from_the_prior_of_codes_have_its_probabilities(random):
    keras.utils.set_random_seed(0)
    prior = CodePrior(3, 1, width=8)
    drawn = np.asarray(prior(normals(random, 20_000, 3)[:, None], mode="draw"))[:, 0]
    logits = np.asarray(prior(np.zeros((1, 1), "int32"), mode="score"))[0, 0]
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / len(drawn), expected, atol=0.015)


def test_a_prior_of_little_memory_forgets_and_draws_what_it_scores(random):
    keras.utils.set_random_seed(0)
    prior = CodePrior(5, 6, width=8, memory=2)
    codes = random.integers(0, 5, (1, 6))
    changed = codes.copy()
    changed[0, 1] = (codes[0, 1] + 1) % 5
    first, second = (np.asarray(prior(part, mode="score")) for part in (codes, changed))
    np.testing.assert_allclose(first[:, 4:], second[:, 4:], rtol=1e-6, atol=1e-6)
    noise = tf.reshape(normals(random, 50, 30), (50, 6, 5))
    drawn = np.asarray(prior(noise, mode="draw"))
    gumbel = -np.log(-np.log(0.5 * (1 + tf.math.erf(noise / 2**0.5).numpy())))
    logits = np.asarray(prior(drawn, mode="score")) + gumbel
    first, second = np.moveaxis(np.sort(logits)[..., -2:], -1, 0)
    sure = second - first > 2e-3  # of far noise float32 knows the share to a few digits alone
    np.testing.assert_array_equal(drawn[sure], np.argmax(logits, axis=-1)[sure])
    assert sure.mean() > 0.98


def test_the_perplexity_counts_the_codes_in_use():
    variant = VectorQuantized(num_embeddings=8)
    even = {"code": tf.constant([[0, 1], [2, 3]])}
    assert float(term(variant, "perplexity").value(even)) == pytest.approx(4.0, rel=1e-4)
    assert float(term(variant, "perplexity").value({"code": tf.zeros((2, 2), tf.int32)})) == pytest.approx(
        1.0
    )


def test_the_weights_and_the_gradient_of_a_decoder_are_measured(random):
    keras.utils.set_random_seed(0)
    decoder = Regularized(DenseBackbone((6,)), 3).build(SPEC).decoder
    expected = sum(np.square(weight).sum() for weight in decoder.get_weights())
    code = normals(random, 2, 3)
    assert float(SquaredWeights(decoder)(code)) == pytest.approx(expected, rel=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(code)
        output = decoder({"code": code})["reconstruction"]
    brute = np.square(tape.batch_jacobian(output, code)).reshape(2, -1).sum(axis=1)
    seeds = tf.constant(np.arange(300).reshape(150, 2))  # 75 times 2 probes of each example, in one batch
    probed = ProbedJacobian(decoder, "code", "reconstruction", probes=2)(tf.repeat(code, 75, axis=0), seeds)
    probed = tf.reduce_mean(tf.reshape(probed, (2, 75)), axis=1)
    np.testing.assert_allclose(probed, brute, rtol=0.35)


def test_a_prior_of_pseudo_inputs_is_drawn_from_where_the_encoder_puts_them():
    keras.utils.set_random_seed(0)
    variant = VampPrior(DenseBackbone((8,)), 2, num_pseudo_inputs=3)
    heads = variant.build(SPEC)
    pseudo = heads.prior.get_layer("pseudo_inputs")(SEEDS)
    assert 0 <= float(tf.reduce_min(pseudo)) <= float(tf.reduce_max(pseudo)) <= 1
    at = apply(heads.encoder, {"inputs": pseudo})
    drawn = np.asarray(apply(heads.prior, {"noise": np.zeros((1, 3), "float32")})["code"])
    # noise 0 is the middle of three
    np.testing.assert_allclose(drawn[0], at["mean"][1], rtol=1e-5, atol=1e-6)
    outputs = {"code": at["mean"], "mean": at["mean"], "log_var": at["log_var"]}
    outputs |= {"prior_mean": at["mean"][:1], "prior_log_var": at["log_var"][:1]}
    one = VampPrior(num_pseudo_inputs=1)
    assert float(term(one, "kl").value(outputs)[0]) == pytest.approx(0, abs=1e-5)


def test_permuted_codes_keep_their_units_and_lose_their_ties(random):
    code = normals(random, 500, 1) * tf.ones((1, 3))
    shuffled = np.asarray(PermuteDimensions()(code, SEEDS))
    np.testing.assert_allclose(np.sort(shuffled, axis=0), np.sort(code, axis=0))
    assert np.abs(np.corrcoef(shuffled.T) - np.eye(3)).max() < 0.2
    np.testing.assert_array_equal(shuffled, PermuteDimensions()(code, SEEDS))


@pytest.mark.parametrize("variant", [Adversarial(DenseBackbone((8,)), 3), FactorVAE(DenseBackbone((8,)), 3)])
def test_a_critic_learns_by_its_own_terms_and_the_rest_by_the_objective(variant, random):
    keras.utils.set_random_seed(0)
    heads = variant.build(SPEC)
    loss = (
        losses.LIKELIHOODS["bernoulli"]
        if hasattr(variant, "likelihood")
        else losses.on_reconstruction(losses.squared_error)
    )
    trainer = AdversarialTrainer(
        heads.trained, loss, variant.terms(), 100, critic=heads.critic, critic_terms=variant.critic_terms()
    )
    trainer.prepare(keras.optimizers.SGD(0.1))
    inputs = tf.constant(random.uniform(size=(16, 3, 4, 1)), tf.float32)
    named = {"inputs": inputs, "seeds": tf.constant(random.integers(0, 2**40, (16, 2)))}
    with tf.GradientTape() as tape:
        outputs = apply(heads.trained, named, training=True)
        opposing = tf.reduce_mean(variant.critic_terms()[0].value(outputs))
    weights = [weight.value for weight in heads.critic.trainable_weights]
    gradients = [np.asarray(part) for part in tape.gradient(opposing, weights)]
    before = [weight.numpy() for weight in weights]
    logs = trainer.train_on_batch(named, inputs, return_dict=True)
    for weight, old, gradient in zip(weights, before, gradients, strict=True):
        np.testing.assert_allclose(weight.numpy(), old - 0.1 * gradient, rtol=1e-3, atol=1e-6)
    assert logs["critic"] == pytest.approx(float(opposing), rel=1e-4)
    assert {"loss", "critic", "reconstruction"} <= set(logs)
    tested = trainer.test_on_batch(named, inputs, return_dict=True)
    others = any(not term.selects for term in variant.terms())
    assert set(tested) - set(logs) == ({"selection"} if others else set())


def test_a_critic_learns_to_tell_two_kinds_of_codes_apart(random):
    judge = critic(2, (16,))
    optimizer = keras.optimizers.Adam(0.05)
    first, second = normals(random, 300, 2), normals(random, 300, 2) + 3
    for _ in range(20):
        with tf.GradientTape() as tape:
            logits = [judge({"code": part})["logit"] for part in (first, second)]
            loss = tf.reduce_mean(critic_loss(*logits))
        weights = [weight.value for weight in judge.trainable_weights]
        optimizer.apply(tape.gradient(loss, weights), judge.trainable_weights)
    assert float(loss) < 0.4 < 2 * log(2)
    assert np.mean(logits[0] > 0) > 0.9 > 0.1 > np.mean(logits[1] > 0)


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (Wasserstein, {"lambda_": -1.0}, "lambda_ must be at least 0, received -1.0"),
        (Adversarial, {"weight": -1.0}, "weight must be at least 0, received -1.0"),
        (FactorVAE, {"gamma": -1.0}, "gamma must be at least 0, received -1.0"),
        (InfoVAE, {"alpha": 1.5}, "alpha must be at most 1, received 1.5"),
        (
            InfoVAE,
            {"alpha": 0.5, "lambda_": 0.1},
            r"alpha \+ lambda_ must be at least 1, received 0.5 \+ 0.1",
        ),
        (BetaTCVAE, {"beta": -1.0}, "beta must be at least 0, received -1.0"),
        (DIPVAE, {"lambda_d": -1.0}, "lambda_d must be at least 0, received -1.0"),
        (ImportanceWeighted, {"samples": 0}, "samples must be at least 1, received 0"),
        (Regularized, {"lambda_gp": -1.0}, "lambda_gp must be at least 0, received -1.0"),
        (VampPrior, {"num_pseudo_inputs": 0}, "num_pseudo_inputs must be at least 1, received 0"),
        (VectorQuantized, {"num_embeddings": 1}, "num_embeddings must be at least 2, received 1"),
        (VectorQuantized, {"embedding_dim": 0}, "embedding_dim must be at least 1, received 0"),
        (VectorQuantized, {"commitment_cost": -0.5}, "commitment_cost must be at least 0, received -0.5"),
        (VectorQuantized, {"decay": 1.0}, "decay must be above 0 and below 1, received 1.0"),
    ],
)
def test_a_hyperparameter_outside_its_domain_is_refused_at_construction(kind, fields, message):
    with pytest.raises(InputError, match=message):
        kind(**fields)


def test_the_three_weights_of_total_correlation_at_one_are_the_variational_bound():
    assert [term.weight for term in BetaTCVAE(beta=1.0).terms()] == [1.0, 1.0, 1.0]
    assert [term.weight for term in Variational().terms()] == [1.0]


def test_a_masked_autoencoder_does_not_use_the_hidden_patches(random):
    keras.utils.set_random_seed(0)
    heads = Masked(
        PatchBackbone(2, width=8, depth=1, heads=2), 2, mask_ratio=0.66, unmasked_fraction=0.0
    ).build(SPEC)
    inputs = random.uniform(size=(2, 3, 4, 1)).astype("float32")
    outputs = apply(heads.trained, {"inputs": tf.constant(inputs), "seeds": SEEDS})
    assert outputs["code"].shape[1:] == (1, 2)  # one of four patches is visible
    changed = 1 - inputs
    for example, [index] in enumerate(np.asarray(outputs["indices"])):
        row, column = 2 * (index // 2), 2 * (index % 2)
        visible = np.s_[example, row : row + 2, column : column + 2]
        changed[visible] = inputs[visible]
    again = apply(heads.trained, {"inputs": tf.constant(changed), "seeds": SEEDS})
    np.testing.assert_allclose(again["reconstruction"], outputs["reconstruction"], rtol=1e-5)
    whole = [
        apply(heads.end_to_end, {"inputs": tf.constant(part)})["reconstruction"] for part in (inputs, changed)
    ]
    assert np.abs(whole[0] - whole[1]).max() > 1e-4


def test_a_masked_autoencoder_that_sees_all_is_trained_on_what_it_serves(random):
    keras.utils.set_random_seed(0)
    heads = Masked(PatchBackbone(2, width=8, depth=1, heads=2), 2, mask_ratio=0.0).build(SPEC)
    named = {"inputs": tf.constant(random.uniform(size=(2, 3, 4, 1)), tf.float32), "seeds": SEEDS}
    trained, served = (apply(model, named)["reconstruction"] for model in (heads.trained, heads.end_to_end))
    np.testing.assert_allclose(trained, served, rtol=1e-4, atol=1e-6)


def test_a_masked_autoencoder_for_targets_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"as its inputs, \(2, 2\); received targets of \(3, 4\)"):
        Masked(PatchBackbone(2, width=8)).build(Spec((3, 4, 1), (6, 8, 1), "unit"))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"mask_ratio": 1.0}, "mask_ratio must be at least 0 and below 1, received 1.0"),
        ({"mask_ratio": -0.1}, "mask_ratio must be at least 0 and below 1, received -0.1"),
        ({"unmasked_fraction": -0.1}, "unmasked_fraction must be at least 0 and below 1, received -0.1"),
        ({"unmasked_fraction": 1.0}, "unmasked_fraction must be at least 0 and below 1, received 1.0"),
        ({"latent_dim": 0}, "latent_dim must be at least 1, received 0"),
        ({"backbone": DenseBackbone()}, "backbone of Masked is a PatchBackbone, received DenseBackbone"),
    ],
)
def test_a_masked_autoencoder_outside_its_domain_is_refused(field, message):
    with pytest.raises(InputError, match=message):
        Masked(**field)
