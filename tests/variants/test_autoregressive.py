"""A decoder that goes step by step: what it draws is what it scores, and nothing looks ahead."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import erfc, ndtr

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.steps import StepsBackbone
from keras_ae.blocks.autoregressive import StepByStep
from keras_ae.blocks.choices import choose_classes, noise_for_classes, normal_cdf, normal_tail
from keras_ae.blocks.choosing_decoder import teacher_forced
from keras_ae.blocks.intervals import Intervals
from keras_ae.blocks.samplers import FittedMixture, StandardNormal, apply_temperature, code_sampler, generate
from keras_ae.data.examples import Split
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Spec, apply
from keras_ae.losses import LIKELIHOODS
from keras_ae.metrics.likelihood import importance_sampled_nll
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import Reconstruction, ReconstructionProbability
from keras_ae.tasks.thresholds import Quantile
from keras_ae.variants.autoregressive import Autoregressive

MUSIC = Spec((6, 3, 9), (6, 3, 9), "categorical")
LEVEL = Spec((3, 5, 4), (3, 5, 4), "categorical")
SMALL = Autoregressive(StepsBackbone((6,)), latent_dim=3, context=2, units=8, features=5)
VARIANTS = {
    "music": (dataclasses.replace(SMALL, hold_class=True, first_ordered_class=2), MUSIC),
    "level": (dataclasses.replace(SMALL, backbone=StepsBackbone((6,), axis=1)), LEVEL),
    "dense": (dataclasses.replace(SMALL, backbone=DenseBackbone((6,))), MUSIC),
}


@pytest.fixture(params=VARIANTS, scope="module")
def built(request):
    """Heads whose weights are far from where they begin, so that each choice tells."""
    variant, spec = VARIANTS[request.param]
    keras.utils.set_random_seed(0)
    heads = variant.build(spec)
    random = np.random.default_rng(1)
    for weight in heads.trained.trainable_weights:
        weight.assign(weight + random.normal(0, 0.4, weight.shape))
    return spec, heads


def codes_and_noise(heads, count=30):
    random = np.random.default_rng(2)
    return {
        "code": random.normal(size=(count, heads.latent_dim)).astype("float32"),
        "choices": random.normal(size=(count, *heads.choices_shape)).astype("float32"),
    }


def one_hot(classes, spec):
    return np.eye(spec.target_shape[-1], dtype="float32")[classes]


def test_a_draw_is_scored_as_it_was_drawn(built):
    """Exchanged or not, the probabilities of each place are those that teacher forcing finds of the draw."""
    spec, heads = built
    named = codes_and_noise(heads)
    shown = np.asarray(heads.decode(named)["reconstruction"])
    chosen = shown.argmax(-1)
    teacher_forced = np.asarray(
        apply(heads.teacher_forced, named | {"targets": one_hot(chosen, spec)})["reconstruction"]
    )
    np.testing.assert_allclose(np.sort(shown, -1), np.sort(teacher_forced, -1), atol=1e-5)
    exchanged = shown.argmax(-1) != teacher_forced.argmax(-1)
    assert 0.2 < exchanged.mean() < 0.9
    np.testing.assert_allclose(shown[~exchanged], teacher_forced[~exchanged], atol=1e-5)


def test_without_choices_the_likeliest_are_made(built):
    spec, heads = built
    codes = {"code": codes_and_noise(heads)["code"]}
    shown = np.asarray(heads.decode(codes)["reconstruction"])
    targets = one_hot(shown.argmax(-1), spec)
    np.testing.assert_allclose(
        apply(heads.teacher_forced, codes | {"targets": targets})["reconstruction"], shown, atol=1e-5
    )


def test_draws_come_as_often_as_their_probabilities_say(built):
    """Of one code, the first place of the first step: nothing comes before it."""
    spec, heads = built
    code = np.repeat(codes_and_noise(heads, 1)["code"], 4000, axis=0)
    noise = np.random.default_rng(3).standard_normal((4000, *heads.choices_shape)).astype("float32")
    chosen = generate(heads, {"code": code, "choices": noise}, None, 0).argmax(-1)[:, 0, 0]
    targets = np.zeros((1, *spec.target_shape), "float32")
    shares = np.asarray(
        apply(heads.teacher_forced, {"code": code[:1], "targets": targets})["reconstruction"]
    )[0, 0, 0]
    np.testing.assert_allclose(np.bincount(chosen, minlength=len(shares)) / 4000, shares, atol=0.03)


def test_no_place_goes_by_itself_or_by_what_comes_after(built):
    spec, heads = built
    random = np.random.default_rng(4)
    code = codes_and_noise(heads, 1)["code"]
    classes = random.integers(0, spec.target_shape[-1], (1, *spec.target_shape[:-1]))
    axis = 1 if spec is LEVEL else 0
    step, place = 2, 1
    at = (0, place, step) if axis else (0, step, place)
    other = classes.copy()
    other[at] = (other[at] + 1) % spec.target_shape[-1]

    def scored(which):
        named = {"code": code, "targets": one_hot(which, spec)}
        found = np.asarray(apply(heads.teacher_forced, named)["reconstruction"])[0]
        return np.swapaxes(found, 0, 1) if axis else found

    before, after = scored(classes), scored(other)
    changed = np.abs(before - after).max(-1) > 1e-6  # (steps, places), by more than rounding
    assert not changed[:step].any()
    assert not changed[step, : place + 1].any()
    assert changed[step, place + 1 :].all()
    assert changed[step + 1 : step + 3].all()


def test_what_is_held_is_known_however_long_it_lasts():
    layer = StepByStep((7, 1, 6), features=2, context=1, units=8, hold_class=True, first_ordered_class=2)
    random = np.random.default_rng(5)
    for weight in layer.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    features = np.zeros((2, 7, 2), "float32")
    classes = np.array([[3, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0]])[..., None]
    shares = np.asarray(layer(features, np.eye(6, dtype="float32")[classes]))
    assert np.abs(shares[0] - shares[1]).max(-1)[1:].min() > 1e-4
    without = StepByStep((7, 1, 6), features=2, context=1, units=8)
    for weight in without.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    shares = np.asarray(without(features, np.eye(6, dtype="float32")[classes]))
    # of rows of one batch the last digits may differ, for a kernel takes some rows at a time
    np.testing.assert_allclose(shares[0, 2:], shares[1, 2:], rtol=1e-5)


@pytest.mark.slow  # learns for seconds what only data can show
def test_places_learn_not_to_move_alike():
    """Two voices of which the second never goes where the first goes: what a move of the first rules out."""
    random = np.random.default_rng(6)
    first = random.integers(2, 12, (300, 8))
    second = np.empty_like(first)
    second[:, 0] = random.integers(2, 12, 300)
    for step in range(1, 8):
        second[:, step] = random.integers(2, 12, 300)
        alike = second[:, step] - second[:, step - 1] == first[:, step] - first[:, step - 1]
        second[alike, step] = second[alike, step - 1]
    alike = np.diff(first) == np.diff(second)
    assert alike.mean() < 0.15
    octaves = Intervals(period=12, max_above=12, max_below=36)
    layer = StepByStep((8, 2, 12), features=1, context=1, units=8, first_ordered_class=2, intervals=octaves)
    inputs = keras.Input((8, 2, 12))
    features = keras.layers.Lambda(lambda given: tf.zeros((tf.shape(given)[0], 8, 1)), output_shape=(8, 1))
    model = keras.Model(inputs, layer(features(inputs), inputs))
    targets = np.eye(12, dtype="float32")[np.stack([first, second], -1)]
    model.compile(keras.optimizers.Adam(0.05), loss="categorical_crossentropy")
    model.fit(targets, targets, epochs=20, batch_size=100, verbose=0)
    moving = np.diff(first) != 0
    to = second[:, :-1] + np.diff(first)
    inside = moving & (to >= 2) & (to < 12)
    rows, steps = np.nonzero(inside)
    shares = np.asarray(model(targets))[rows, steps + 1, 1, to[inside]]
    assert shares.mean() < 0.04  # one of 10, were the first voice not known


def test_noise_near_to_none_chooses_the_likelier():
    shares = tf.constant([[0.1, 0.6, 0.3]] * 4)
    chosen, shown = choose_classes(shares, tf.constant([0.0, 0.8, -1.2, 4.0]))
    assert chosen.numpy().tolist() == [1, 1, 2, 0]
    assert shown.numpy().argmax(-1).tolist() == [1, 1, 2, 0]
    np.testing.assert_allclose(shown.numpy()[2], [0.1, 0.3, 0.6], rtol=1e-5)
    np.testing.assert_allclose(shown.numpy().sum(-1), 1.0, rtol=1e-5)


def test_an_example_is_made_again_by_the_choices_that_are_found_of_it(built):
    spec, heads = built
    code = codes_and_noise(heads, 20)["code"]
    random = np.random.default_rng(10)
    given = one_hot(random.integers(0, spec.target_shape[-1], (20, *spec.target_shape[:-1])), spec)
    again = teacher_forced(heads.decoder)
    shares = np.asarray(apply(again, {"code": code, "targets": given})["reconstruction"])
    np.testing.assert_allclose(  # of two models, which may run by other kernels
        shares, apply(heads.teacher_forced, {"code": code, "targets": given})["reconstruction"], atol=1e-6
    )
    turned = [np.swapaxes(part, 1, 2) if spec is LEVEL else part for part in (shares, given)]
    choices = noise_for_classes(*turned, noise_scale=0.4)
    made = np.asarray(heads.decode({"code": code, "choices": 0.4 * choices})["reconstruction"]).argmax(-1)
    np.testing.assert_array_equal(made, given.argmax(-1))
    assert (choices == 0).any()


def test_a_class_of_next_to_no_probability_is_chosen_by_finite_noise():
    shares = np.array([1.0, 1e-12, 0.0, 3e-12]).reshape(1, 1, 1, 4)
    for wanted in range(4):
        targets = np.eye(4)[wanted].reshape(1, 1, 1, 4)
        noise = noise_for_classes(shares, targets, noise_scale=1.0)
        assert np.isfinite(noise).all()
        if wanted != 2:
            assert choose_classes(tf.constant(shares[0, 0], tf.float32), tf.constant(noise[0, 0]))[
                0
            ].numpy() == [wanted]


def test_the_tail_of_a_normal_is_known_as_far_as_noise_goes():
    noise = np.linspace(-9, 9, 181)
    found = normal_tail(tf.constant(noise, tf.float32))
    np.testing.assert_allclose(found, erfc(np.abs(noise) / 2**0.5), rtol=1e-5)
    np.testing.assert_allclose(normal_cdf(tf.constant(noise, tf.float32)), ndtr(noise), rtol=1e-5)


def test_of_classes_as_likely_as_each_other_the_chosen_one_is_shown():
    chosen, shown = choose_classes(tf.constant([[0.4, 0.4, 0.2]] * 2), tf.constant([0.0, 0.6]))
    assert chosen.numpy().tolist() == [0, 1]
    assert shown.numpy().argmax(-1).tolist() == [0, 1]


@pytest.mark.parametrize("sampler", [StandardNormal(), FittedMixture(2)])
def test_a_sampler_draws_choices_beside_the_code(sampler, built):
    _, heads = built
    codes = {"code": np.random.default_rng(7).normal(size=(40, 3)).astype("float32")}
    fitted = sampler.fit(heads, codes)
    drawn = code_sampler(fitted)(200, 1)
    assert drawn["code"].shape == (200, 3)
    assert drawn["choices"].shape == (200, *heads.choices_shape)
    assert drawn["choices"].std() == pytest.approx(1.0, abs=0.05)
    noise = np.random.default_rng(1).standard_normal((200, *fitted.inputs[0].shape[1:])).astype("float32")
    cold = apply(fitted, {"noise": apply_temperature(fitted, noise, 0.5)})
    np.testing.assert_allclose(cold["choices"], 0.5 * drawn["choices"], rtol=1e-5)


def test_the_likelihood_of_examples_is_that_of_teacher_forcing():
    """Of a decoder that no code reaches importance sampling gives what forcing gives."""
    variant, spec = VARIANTS["music"]
    keras.utils.set_random_seed(0)
    heads = variant.build(spec)
    for weight in heads.trained.trainable_weights:
        if "feature" in weight.path or "encoder" in weight.path:
            weight.assign(tf.zeros_like(weight))
    classes = np.random.default_rng(8).integers(0, 9, (5, 6, 3))
    targets = one_hot(classes, spec)
    scores = importance_sampled_nll(
        lambda named: apply(heads.encoder, named),
        lambda named: apply(heads.teacher_forced, named),
        LIKELIHOODS["categorical"],
        [({"inputs": tf.constant(targets)}, tf.constant(targets))],
        4,
        0,
    )
    shares = np.asarray(
        apply(heads.teacher_forced, {"code": np.zeros((5, 3)), "targets": targets})["reconstruction"]
    )
    expected = -np.log((shares * targets).sum(-1)).sum((1, 2))
    np.testing.assert_allclose(scores["nll"], expected, rtol=1e-4)


def test_a_spread_below_one_keeps_to_the_likelier():
    variant, spec = VARIANTS["level"]
    narrow = dataclasses.replace(variant, noise_scale=0.5).build(spec)
    wide = variant.build(spec)
    narrow.trained.set_weights(wide.trained.get_weights())
    named = codes_and_noise(wide)
    expected = wide.decode({"code": named["code"], "choices": named["choices"] * 0.5})["reconstruction"]
    np.testing.assert_allclose(narrow.decode(named)["reconstruction"], expected, atol=1e-6)


def test_training_leaves_some_of_the_past_out_and_which_its_seeds_say():
    layer = StepByStep((6, 3, 9), features=2, context=2, units=8, dropout=0.5)
    random = np.random.default_rng(9)
    for weight in layer.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    features = random.normal(size=(4, 6, 2)).astype("float32")
    given = tf.constant(one_hot(random.integers(0, 9, (4, 6, 3)), MUSIC))
    seeds = {number: tf.constant([[number, 7]] * 4) for number in (1, 2)}
    first, again, other = (
        np.asarray(layer(features, given, seeds[number], training=True)) for number in (1, 1, 2)
    )
    np.testing.assert_allclose(first, again, rtol=1e-5)  # but for rounding
    assert not np.allclose(first, other, rtol=1e-3)
    whole = np.asarray(layer(features, given, seeds[1]))
    np.testing.assert_allclose(whole, layer(features, given), rtol=1e-5)
    assert not np.allclose(whole, first, rtol=1e-3)


def test_how_places_stand_to_each_other_tells_by_itself():
    """Of two voices that both sound, one table of the distance alone moves a class up."""
    layer = StepByStep((2, 2, 12), features=1, context=1, units=8, first_ordered_class=2)
    features, given = np.zeros((1, 2, 1), "float32"), np.eye(12, dtype="float32")[[[[4, 6], [9, 6]]]]
    before = np.asarray(layer(features, given))[0]
    table = layer.apart.numpy()
    table[1, 0, 3 + layer.intervals.max_above] = 0.5  # the second voice 3 below the first
    layer.apart.assign(table)
    after = np.asarray(layer(features, given))[0]
    np.testing.assert_allclose(before[:, 0], after[:, 0], rtol=1e-6)
    raised = (after[:, 1] / before[:, 1]).argmax(-1)
    assert raised[1] == 9 - 3
    np.testing.assert_allclose(before[0, 1], after[0, 1], rtol=1e-6)  # 4 - 3 is no point of the scale


def test_a_layer_that_was_saved_before_its_intervals_were_named_keeps_them():
    former = {
        "name": "decoder_steps", "shape": [6, 3, 9], "features": 5, "axis": 0, "memory": 2, "width": 8,
        "held": True, "ordered": 2, "rate": 0.1,
    }  # fmt: skip
    layer = StepByStep.from_config(former)
    assert layer.intervals == Intervals(max_move=24, period=12, max_above=12, max_below=36)
    assert (layer.context, layer.units, layer.hold_class, layer.dropout) == (2, 8, True, 0.1)
    assert [tuple(weight.shape) for weight in layer.weights[-3:]] == [(3, 8, 49), (3, 3, 507), (3, 3, 50)]
    config = layer.get_config()
    assert {name: config[name] for name in former if name != "shape"} == {
        name: former[name] for name in former if name != "shape"
    }
    assert StepByStep.from_config(config).intervals == layer.intervals


@pytest.mark.parametrize("period", [1, 12])
def test_rows_of_tables_tell_how_two_positions_stand_and_move(period):
    intervals = Intervals(max_move=3, period=period, max_above=4, max_below=5)
    np.testing.assert_array_equal(intervals.move_row(5, tf.constant([0, 4, 5, 9])), [0, 2, 3, 6])
    earlier, later, known = tf.constant([20, 9, 14, 3]), tf.constant([10, 10, 10, 10]), [True] * 3 + [False]
    np.testing.assert_array_equal(intervals.distance_row(earlier, later, known), [9, 3, 8, 10])
    kinds = {
        intervals.leading_row((9, now), (5, after), (True, True)).numpy() % 3
        for now, after in ((9, 7), (11, 7), (11, 3))
    }
    assert kinds == {0, 1, 2}
    fifth, twelfth = (intervals.leading_row((a, a), (3, 3), (True, True)).numpy() for a in (10, 22))
    assert fifth == twelfth
    assert max(fifth, intervals.leading_row((9, 9), (5, 5), (False, False)).numpy()) < intervals.leading_rows


def test_anomalies_are_scored_by_how_likely_each_step_is_after_those_before():
    variant, spec = VARIANTS["level"]
    keras.utils.set_random_seed(0)
    heads = variant.build(spec)
    random = np.random.default_rng(11)
    splits = {
        name: Split(one_hot(random.integers(0, 4, (count, 3, 5)), spec) > 0)
        for name, count in (("train", 60), ("validation", 40), ("test", 9))
    }
    data = Data("levels", **splits, domain="categorical", calibration=splits["validation"])
    inputs = tf.constant(splits["test"].examples, tf.float32)
    for score in (Reconstruction(), ReconstructionProbability(samples=3)):
        detector, _ = Anomaly(score=score, threshold=Quantile(alpha=0.1)).detector(heads, data)
        found = np.asarray(apply(detector, {"inputs": inputs})["score"])
        assert np.isfinite(found).all()
        if isinstance(score, Reconstruction):
            code = apply(heads.encoder, {"inputs": inputs})["code"]
            named = {"code": code, "targets": inputs}
            nats = LIKELIHOODS["categorical"](inputs, apply(heads.teacher_forced, named))
            np.testing.assert_allclose(found, nats / 15, rtol=1e-4)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (Spec((6, 3), (6, 3), "real"), "received real values"),
        (Spec((6, 9), (6, 3, 9), "categorical"), r"of shapes \(6, 9\) and \(6, 3, 9\)"),
        (Spec((9,), (9,), "categorical"), "expected classes in steps along axis 0"),
    ],
)
def test_what_is_no_classes_in_steps_is_refused(spec, told):
    with pytest.raises(InputError, match=told):
        SMALL.build(spec)


def test_a_scale_that_begins_behind_the_classes_is_refused():
    with pytest.raises(InputError, match="first_ordered_class is below the number of classes, 9, received 9"):
        dataclasses.replace(SMALL, first_ordered_class=9).build(MUSIC)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("dropout", 1.0, "dropout must be at least 0 and below 1, received 1.0"),
        ("likelihood", "gaussian", "likelihood is categorical, received 'gaussian'"),
        ("noise_scale", 0, "noise_scale must be above 0 and at most 1, received 0"),
        ("context", 0, "context must be at least 1, received 0"),
        ("auxiliary_weight", -1, "auxiliary_weight must be at least 0, received -1"),
        ("beta", -1, "beta must be at least 0, received -1"),
    ],
)
def test_settings_that_cannot_be_are_refused(field, value, told):
    with pytest.raises(InputError, match=told):
        dataclasses.replace(SMALL, **{field: value})
