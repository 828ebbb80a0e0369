"""Sequences of real values: nothing depends on what follows their ends, in Python and as served."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import with_weights_of

from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.backbones.transformer import TransformerBackbone
from keras_ae.blocks.scoring import Contributions
from keras_ae.data.scaling import Scaler
from keras_ae.data.sequences.digit_paths import DigitPaths
from keras_ae.domains import CATEGORICAL, SEQUENCE
from keras_ae.formats.sequences import Sequences
from keras_ae.heads import ServableHeads, Spec, apply
from keras_ae.losses import LIKELIHOODS, absolute_error, huber
from keras_ae.metrics.reconstruction import domain_metrics
from keras_ae.sequences import flagged, sequence_error, unflagged
from keras_ae.serving.export import export_heads
from keras_ae.serving.exported import ExportedHead
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.corruption import Gaussian, Masking, SaltAndPepper
from keras_ae.tasks.generation import _RealExamples
from keras_ae.tasks.restoration import Denoising
from keras_ae.training.inputs import like_inputs
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

CHANNELS, LENGTH, LONGER = 2, 9, 14
SIZES = (1, 4, 9, 6)
BACKBONES = {
    "convolutions": SequenceBackbone((6, 5), kernel_size=3, hidden=4),
    "halved": SequenceBackbone((6, 5), kernel_size=3, halvings=2),
    "recurrent": BidirectionalBackbone((5, 4), embedding_dim=3),
    "attention": TransformerBackbone(width=8, depth=2, heads=2),
}


def sequences_of(sizes, length=LENGTH, seed=0):
    """Values (n, length, channels), NaN after so many positions; some of them are 0."""
    values = np.random.default_rng(seed).normal(size=(len(sizes), LENGTH, CHANNELS)).astype(np.float32)
    values[:, 0] = 0.0
    whole = np.full((len(sizes), length, CHANNELS), np.nan, np.float32)
    for row, own, size in zip(whole, values, sizes, strict=True):
        row[:size] = own[:size]
    return whole


def outputs_of(count, length=LENGTH, seed=1):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, length, CHANNELS))
    return np.concatenate([values, random.uniform(-0.9, 0.9, (count, length, 1))], -1).astype(np.float32)


def padded(examples, length):
    return np.pad(examples, ((0, 0), (0, length - examples.shape[1]), (0, 0)))


def test_sequences_come_back_as_they_were_and_zeros_are_values():
    values = sequences_of(SIZES)
    examples = np.asarray(flagged(values))
    assert examples[:, :, -1].astype(int).tolist() == [
        [*[1] * (size - 1), -1, *[0] * (LENGTH - size)] for size in SIZES
    ]
    np.testing.assert_array_equal(unflagged(examples), values)
    scaler = Scaler(SEQUENCE, np.float32([3, 5]), np.float32([2, 4]))
    units = values * scaler.scale + scaler.offset
    np.testing.assert_allclose(scaler.transform(units, 0), examples, atol=1e-6)
    np.testing.assert_allclose(scaler.inverse_transform(examples), units, rtol=1e-6)


def test_a_decoder_ends_where_ending_before_becomes_likelier_than_not():
    flags = [0.9, 0.4, 0.2, 0.9, -0.9]  # goes on with .95, .665, .399 in all
    output = np.zeros((1, 5, 2), np.float32)
    output[0, :, 1] = flags
    assert np.isnan(np.asarray(unflagged(output))[0, :, 0]).tolist() == [False] * 3 + [True] * 2


LOSSES = {
    "loss": SEQUENCE.loss,
    "absolute": SEQUENCE.of_known(absolute_error),
    "huber": SEQUENCE.of_known(huber),
    "likelihood": lambda target, output: LIKELIHOODS["sequence"](target, {"reconstruction": output}),
    "contributions": lambda *pair: tf.reduce_sum(Contributions(SEQUENCE)(*pair), axis=(1, 2)),
} | domain_metrics(SEQUENCE, (LENGTH, CHANNELS + 1))


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "length_error"])
def test_a_padded_loss_is_that_of_the_sequence_alone(name):
    loss = LOSSES[name]
    examples, outputs = np.asarray(flagged(sequences_of(SIZES))), outputs_of(len(SIZES))
    together = np.asarray(loss(examples, outputs))
    for number, size in enumerate(SIZES):
        alone = loss(examples[number : number + 1, :size], outputs[number : number + 1, :size])
        np.testing.assert_allclose(together[number], alone[0], rtol=1e-5)
    more = padded(examples, LONGER), outputs_of(len(SIZES), LONGER)
    more[1][:, :LENGTH] = outputs
    np.testing.assert_allclose(loss(*more), together, rtol=1e-5)
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(loss(examples[order], outputs[order]), together[order], rtol=1e-5)


def test_the_loss_is_the_mean_over_positions_of_squares_and_of_surprise_at_going_on_or_ending():
    target = np.asarray(flagged(np.array([[[1.0], [2.0], [np.nan]]], np.float32)))
    output = np.array([[[0.0, 0.5], [2.0, -0.5], [7.0, 0.9]]], np.float32)
    expected = (1.0 + 0.0) / 2 - np.log(0.75)
    np.testing.assert_allclose(sequence_error(target, output), [expected], rtol=1e-6)
    metrics = domain_metrics(SEQUENCE, (3, 2))
    assert {name: float(metric(target, output)[0]) for name, metric in metrics.items()} == {
        "mse": 0.5,
        "mae": 0.5,
        "length_error": 0.0,
    }


def test_contributions_of_classes_leave_out_positions_that_do_not_exist():
    target = Scaler(CATEGORICAL, 0, 1).transform(np.array([[2, 0, -1, -1]]), 3)
    output = np.full((1, 4, 3), 1 / 3, np.float32)
    each = np.asarray(Contributions(CATEGORICAL)(target, output))
    np.testing.assert_allclose(each, [[np.log(3) / 2, np.log(3) / 2, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("corruption", [Gaussian(0.5), Masking(0.5), SaltAndPepper(0.5)], ids=str)
def test_noise_is_of_values_that_exist_and_not_of_where_sequences_end(corruption):
    examples = flagged(sequences_of(SIZES))
    seeds = tf.stack([tf.zeros(len(SIZES), tf.int64), tf.range(len(SIZES), dtype=tf.int64)], axis=1)
    for task in (Denoising(corruption), Anomaly(corruption=corruption)):
        noisy, targets = task.pair(examples, seeds, SEQUENCE)
        np.testing.assert_array_equal(targets, examples)
        np.testing.assert_array_equal(noisy[..., -1], examples[..., -1])
        exist = np.asarray(examples[..., -1]) != 0
        assert not np.any(np.asarray(noisy)[~exist])
        assert np.abs(noisy - examples)[exist].max() > 0.1


@pytest.mark.parametrize("name", BACKBONES)
def test_a_code_depends_neither_on_the_batch_nor_on_its_padding(name):
    keras.utils.set_random_seed(0)
    variant = Variational(BACKBONES[name], latent_dim=3)
    shapes = [(length, CHANNELS + 1) for length in (LENGTH, LONGER)]
    short, long = (variant.build(Spec(shape, shape, SEQUENCE)).encoder for shape in shapes)
    for weight in short.weights:  # biases of 0 would hide what a mask lets through
        weight.assign(np.random.default_rng(5).normal(0, 0.4, weight.shape))
    with_weights_of(long, short)
    examples = np.asarray(flagged(sequences_of(SIZES)))
    codes = apply(short, {"inputs": examples})["code"]
    assert np.ptp(codes, axis=0).min() > 1e-3
    order = [3, 1, 0, 2]
    moved = apply(short, {"inputs": examples[order]})["code"]
    np.testing.assert_allclose(moved, np.asarray(codes)[order], atol=1e-5)
    again = apply(long, {"inputs": padded(examples, LONGER)})["code"]
    np.testing.assert_allclose(again, codes, atol=1e-5)  # other shapes, so other kernels


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The heads, their scaler, and the folders of their exports."""
    keras.utils.set_random_seed(0)
    shape = (LENGTH, CHANNELS + 1)
    heads = Undercomplete(SequenceBackbone((6,), 3), 3).build(Spec(shape, shape, SEQUENCE))
    format = Sequences(("a", "b"), LENGTH)
    scaler = Scaler(SEQUENCE, np.float32([3, 5]), np.float32([2, 4]), format=format)
    examples = np.asarray(flagged(sequences_of(SIZES)))
    servable = ServableHeads(heads, scaler, {"inputs": examples}, format=format)
    card = {"data": {"domain": "sequence"}}
    return heads, scaler, export_heads(servable, "sequences", card, tmp_path_factory.mktemp("models"))


def test_served_heads_take_and_give_sequences_in_original_units(exported):
    heads, scaler, folders = exported
    values = sequences_of(SIZES)
    units = values * scaler.scale + scaler.offset
    signature = ExportedHead(folders["autoencoder"]).signature("serving_default")
    assert signature.tensors()["inputs"]["inputs"]["shape"] == [None, LENGTH, CHANNELS]
    outputs = signature.predict({"inputs": units}, 8)
    examples = np.asarray(flagged(values))
    reconstruction = apply(heads.end_to_end, {"inputs": examples})["reconstruction"]
    expected = scaler.inverse_transform(reconstruction)
    np.testing.assert_allclose(outputs["reconstruction"], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(outputs["error"], sequence_error(examples, reconstruction), rtol=1e-4)


def test_no_served_answer_depends_on_the_other_sequences_of_a_request(exported):
    _, scaler, folders = exported
    units = sequences_of(SIZES) * scaler.scale + scaler.offset
    signature = ExportedHead(folders["encoder"]).signature("serving_default")
    together = signature.predict({"inputs": units}, 8)["code"]
    for number in range(len(units)):
        alone = signature.predict({"inputs": units[number : number + 1]}, 8)["code"]
        np.testing.assert_allclose(alone[0], together[number], atol=1e-6)
    np.testing.assert_allclose(
        signature.predict({"inputs": units[::-1]}, 8)["code"], together[::-1], atol=1e-6
    )


@pytest.mark.parametrize("fault", ["a gap", "a channel alone", "nothing"])
def test_a_request_with_a_value_missing_before_an_end_is_refused(exported, fault):
    values = sequences_of((6,))
    values[
        0,
        {"a gap": 2, "a channel alone": 5, "nothing": slice(None)}[fault],
        slice(fault == "a channel alone", None),
    ] = np.nan
    signature = ExportedHead(exported[2]["encoder"]).signature("serving_default")
    with pytest.raises(Exception, match="NaN in all channels after it"):
        signature.predict({"inputs": values}, 8)


def test_reconstructions_of_a_list_have_nan_after_their_ends():
    values = sequences_of(SIZES)
    scaler = Scaler(SEQUENCE, np.float32([0, 0]), np.float32([1, 1]))
    assert like_inputs(values, [[[1, 2]], [[3, 4], [5, 6]]], scaler) is values


def test_distances_between_sequences_count_what_only_one_of_them_has():
    data = DigitPaths(digits=30).load()
    train, test = (data.scaler.inverse_transform(part.examples) for part in (data.train, data.test))
    real = _RealExamples(data)
    metrics = real.metrics_of(test)
    assert 0 < metrics["novelty"] < np.inf
    assert metrics["diversity"] > 0
    assert real.metrics_of(train[:3])["copies"] == 1
    cut = train[:3].copy()
    cut[:, 5:] = np.nan
    assert real.metrics_of(cut)["copies"] == 0
