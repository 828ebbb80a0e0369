"""Positions that do not exist: no loss, metric or code depends on them, in Python and as served."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import with_weights_of

from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.backbones.transformer import TransformerBackbone
from keras_ae.data.scaling import Scaler, class_indices
from keras_ae.domains import CATEGORICAL
from keras_ae.formats.text.texts import Texts
from keras_ae.heads import Spec, apply
from keras_ae.losses import LIKELIHOODS, categorical_crossentropy
from keras_ae.metrics.reconstruction import accuracy
from keras_ae.serving.boundary import GraphBoundary
from keras_ae.variants.recurrent_variational import RecurrentVariational
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

CLASSES, LENGTH, LONGER = 7, 9, 14
BACKBONES = {
    "convolutions": SequenceBackbone((6, 5), kernel_size=3, hidden=4),
    "halved": SequenceBackbone((6, 5), kernel_size=3, halvings=2),
    "recurrent": BidirectionalBackbone((5, 4), embedding_dim=3),
    "attention": TransformerBackbone(width=8, depth=2, heads=2),
}


def texts_of(sizes, length=LENGTH, seed=0):
    """One-hot sequences that end after so many positions, with zeros behind, (n, length, classes)."""
    random = np.random.default_rng(seed)
    rows = np.full((len(sizes), length), -1)
    for row, size in zip(rows, sizes, strict=True):
        row[:size] = np.append(random.integers(2, CLASSES, size - 1), 0)
    return Scaler(CATEGORICAL, 0, 1).transform(rows, CLASSES)


def probabilities(shape, seed=1):
    values = np.random.default_rng(seed).uniform(0.1, 1, shape).astype(np.float32)
    return values / values.sum(axis=-1, keepdims=True)


def padded(examples, length):
    return np.pad(examples, ((0, 0), (0, length - examples.shape[1]), (0, 0)))


def test_positions_that_do_not_exist_come_back_as_they_were():
    rows = np.array([[2, 3, 0, -1], [0, -1, -1, -1]])
    values = Scaler(CATEGORICAL, 0, 1).transform(rows, 5)
    assert values.shape == (2, 4, 5)
    assert values.sum(axis=-1).tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]
    np.testing.assert_array_equal(class_indices(values), rows)
    np.testing.assert_array_equal(class_indices(values.astype(bool)), rows)


@pytest.mark.parametrize(
    "loss",
    [categorical_crossentropy, accuracy, lambda t, o: LIKELIHOODS["categorical"](t, {"reconstruction": o})],
)
def test_a_padded_loss_is_that_of_the_sequence_alone(loss):
    sizes = [1, 4, 9]
    examples, outputs = texts_of(sizes), probabilities((3, LENGTH, CLASSES))
    together = np.asarray(loss(examples, outputs))
    for number, size in enumerate(sizes):
        alone = loss(examples[number : number + 1, :size], outputs[number : number + 1, :size])
        np.testing.assert_allclose(together[number], alone[0], rtol=1e-5)
    more = padded(examples, LONGER), probabilities((3, LONGER, CLASSES))
    more[1][:, :LENGTH] = outputs
    np.testing.assert_allclose(loss(*more), together, rtol=1e-5)
    order = [2, 0, 1]
    np.testing.assert_allclose(loss(examples[order], outputs[order]), together[order], rtol=1e-6)


def test_a_loss_of_sequences_that_fill_all_positions_is_the_mean_over_them():
    examples, outputs = texts_of([LENGTH] * 4), probabilities((4, LENGTH, CLASSES))
    expected = -np.log((examples * outputs).sum(axis=-1)).mean(axis=-1)
    np.testing.assert_allclose(categorical_crossentropy(examples, outputs), expected, rtol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_code_depends_neither_on_the_batch_nor_on_its_padding(name):
    keras.utils.set_random_seed(0)
    variant = Variational(BACKBONES[name], latent_dim=3)
    short, long = (
        variant.build(Spec((length, CLASSES), (length, CLASSES), CATEGORICAL)).encoder
        for length in (LENGTH, LONGER)
    )
    for weight in short.weights:  # biases of 0 would hide what a mask lets through
        weight.assign(np.random.default_rng(5).normal(0, 0.4, weight.shape))
    with_weights_of(long, short)
    examples = texts_of([1, 2, 5, 9])
    codes = apply(short, {"inputs": examples})["code"]
    assert np.ptp(codes, axis=0).min() > 1e-3
    order = [3, 1, 0, 2]
    np.testing.assert_allclose(
        apply(short, {"inputs": examples[order]})["code"], np.asarray(codes)[order], atol=1e-5
    )
    again = apply(long, {"inputs": padded(examples, LONGER)})["code"]
    np.testing.assert_allclose(again, codes, atol=1e-5)  # other shapes, so other kernels


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_of_sequences_trains_and_its_heads_have_no_state(name):
    variant = Undercomplete(BACKBONES[name], latent_dim=3)
    heads = variant.build(Spec((LENGTH, CLASSES), (LENGTH, CLASSES), CATEGORICAL))
    outputs = apply(heads.end_to_end, {"inputs": texts_of([3, 9])})
    assert outputs["reconstruction"].shape == (2, LENGTH, CLASSES)
    np.testing.assert_allclose(np.sum(outputs["reconstruction"], axis=-1), 1, rtol=1e-5)


def recurrent(**fields):
    variant = RecurrentVariational(
        BidirectionalBackbone((4,), embedding_dim=3), latent_dim=3, units=6, noise_scale=1.0, **fields
    )
    return variant, variant.build(Spec((LENGTH, CLASSES), (LENGTH, CLASSES), CATEGORICAL))


def test_a_recurrent_likelihood_is_that_of_what_it_samples():
    keras.utils.set_random_seed(1)
    _, heads = recurrent()
    codes = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    noise = np.random.default_rng(1).normal(size=(40, LENGTH, 1)).astype(np.float32)
    sampled = np.asarray(apply(heads.decoder, {"code": codes, "choices": noise})["reconstruction"])
    chosen = class_indices(sampled)
    ends = (chosen == 0).argmax(axis=1)
    assert (ends > 0).any()
    for row, end in zip(chosen, ends, strict=True):
        assert row[end] != 0 or (row[end + 1 :] == -1).all()
    targets = Scaler(CATEGORICAL, 0, 1).transform(chosen, CLASSES)
    scored = np.asarray(apply(heads.teacher_forced, {"code": codes, "targets": targets})["reconstruction"])
    exist = chosen >= 0
    # a chosen class and the likeliest one are exchanged: the same probabilities in another order
    np.testing.assert_allclose(np.sort(scored[exist]), np.sort(sampled[exist]), atol=1e-5)


def test_hidden_tokens_change_training_alone_and_by_their_seeds():
    keras.utils.set_random_seed(1)
    _, heads = recurrent(token_dropout=0.5, dropout=0.0)
    seeds = np.stack([np.zeros(8), np.arange(8)], 1).astype(np.int64)
    tensors = {"inputs": texts_of([9] * 8), "seeds": seeds}

    def nll(training, first=0):
        seeds = tensors["seeds"] + [[first, 0]]
        outputs = apply(heads.trained, tensors | {"seeds": seeds}, training=training)
        return np.asarray(outputs["without_code_nll"])

    np.testing.assert_array_equal(nll(True), nll(True))
    assert np.abs(nll(True) - nll(True, 7)).max() > 1e-4
    np.testing.assert_array_equal(nll(False), nll(False, 7))


def test_the_decoder_without_a_code_shares_no_weight_and_no_term_that_selects():
    variant, heads = recurrent()
    alone = heads.trained.get_layer("decoder_without_code").trainable_weights
    assert not {id(w) for w in alone} & {id(w) for w in heads.end_to_end.weights}
    assert [term.selects for term in variant.terms()] == [True, False]
    variant, heads = recurrent(without_code=False)
    assert [term.name for term in variant.terms()] == ["kl"]
    assert "without_code_nll" not in heads.trained.output


def test_dropout_is_of_training_alone_and_goes_on_after_a_file_of_weights(tmp_path):
    spec, texts = Spec((LENGTH, CLASSES), (LENGTH, CLASSES), CATEGORICAL), texts_of([9, 4, 6])
    plain, dropping = (
        Undercomplete(SequenceBackbone((6, 5), 3, halvings=1, dropout=rate), 2).build(spec)
        for rate in (0.0, 0.5)
    )
    for head, other in ((plain.encoder, dropping.encoder), (plain.decoder, dropping.decoder)):
        other.set_weights(head.get_weights())
    same = {"inputs": texts}
    np.testing.assert_array_equal(
        plain.end_to_end(same)["reconstruction"], dropping.end_to_end(same)["reconstruction"]
    )
    names = [layer.name for head in (dropping.encoder, dropping.decoder) for layer in head.layers]
    assert [name for name in names if name.endswith("_dropout")] == [
        "encoder_tokens_dropout",
        "encoder_conv_1_dropout",
        "encoder_conv_2_dropout",
        "decoder_conv_2_dropout",
        "decoder_conv_1_dropout",
    ]
    first = dropping.encoder(same, training=True)["code"]
    dropping.encoder.save_weights(tmp_path / "encoder.weights.h5")
    second = dropping.encoder(same, training=True)["code"]
    dropping.encoder.load_weights(tmp_path / "encoder.weights.h5")
    again = dropping.encoder(same, training=True)["code"]
    assert np.abs(second - first).max() > 1e-3
    np.testing.assert_allclose(again, second, atol=1e-6)


def test_a_graph_takes_minus_one_where_examples_have_ends_alone():
    heads = Undercomplete(SequenceBackbone((4,), 3), 2).build(Spec((4, 5), (4, 5), CATEGORICAL))
    rows = tf.constant([[2, 0, -1, -1]], tf.int64)
    with_ends = GraphBoundary(heads, Scaler(CATEGORICAL, 0, 1, format=Texts(("a", "b", "c"), 4)))
    values = with_ends.to_model(heads.encoder, {"inputs": rows})["inputs"]
    assert np.sum(values, axis=-1).tolist() == [[1, 1, 0, 0]]
    without = GraphBoundary(heads, Scaler(CATEGORICAL, 0, 1))
    with pytest.raises(tf.errors.InvalidArgumentError, match="from 0 to 4"):
        without.to_model(heads.encoder, {"inputs": rows})
