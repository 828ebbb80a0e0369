"""Whole pieces of music, each up to its own end."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.backbones.transformer import TransformerBackbone
from keras_ae.callbacks.sounds import of_one_length
from keras_ae.data.music.cut import Cut
from keras_ae.data.music.folder import MidiFolder
from keras_ae.data.music.pieces import data_of, split_by_melody
from keras_ae.data.music.published import JsbChorales
from keras_ae.data.scaling import Scaler
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError
from keras_ae.formats.music import midi
from keras_ae.formats.music.chorales import Chorales
from keras_ae.formats.music.graph import until_end
from keras_ae.formats.music.grid import REST, Piece
from keras_ae.formats.music.harmonies import harmonize
from keras_ae.formats.music.ngrams import fit_chain
from keras_ae.heads import Spec, apply
from keras_ae.losses import LIKELIHOODS
from keras_ae.variants.autoregressive import Autoregressive
from keras_ae.variants.variational import Variational

FORMAT = Chorales(36, 84, ends=True)
END = 51


def of_bars(*bars):
    """Pieces of so many bars, all different."""
    pieces = harmonize(len(bars), max(bars))
    return [
        Piece(str(number), piece.sounding[: 16 * many], piece.onsets[: 16 * many])
        for number, (piece, many) in enumerate(zip(pieces, bars, strict=True))
    ]


def parts_of(*bars):
    pieces = of_bars(*bars)
    return {"train": pieces[:-2], "validation": pieces[-2:-1], "test": pieces[-1:]}


def steps_of(split):
    return split.examples.any(axis=(2, 3)).sum(axis=1).tolist()


def test_each_piece_is_an_example_up_to_its_end():
    data = data_of("pieces", parts_of(2, 3, 1, 4, 2), Cut(4, 1, 0, example="piece"))
    assert data.train.shape == (65, 4, 52)
    assert steps_of(data.train) == [33, 49, 17]
    classes = data.scaler.inverse_transform(data.train.numbers)
    assert classes[0, 32].tolist() == [END] * 4
    assert (classes[0, 33:] == -1).all()
    assert (classes[0, :32] < END).all()
    assert data.format == FORMAT


def test_pieces_are_transposed_whole_for_training_alone():
    parts = parts_of(2, 3, 1, 4, 2)
    plain, moved = (data_of("pieces", parts, Cut(4, 1, size, example="piece")) for size in (0, 2))
    assert len(moved.train) > len(plain.train)
    assert len(moved.test) == len(plain.test)
    classes = moved.scaler.inverse_transform(moved.train.numbers)
    first, up = classes[0][classes[0] >= 0], classes[3][classes[3] >= 0]
    notes = (first > 1) & (first < END)
    assert (up[notes] - first[notes] == 1).all()


def test_longer_pieces_are_told_and_cut_by_choice_alone():
    parts, cut = parts_of(2, 6, 1, 4, 2), Cut(4, 1, 0, example="piece")
    data = data_of("pieces", parts, cut)
    assert steps_of(data.train) == [33, 17]
    assert "1 pieces of more than 4 bars left out (data.bars, data.longer)" in data.notes
    data = data_of("pieces", parts, dataclasses.replace(cut, longer="cut"))
    assert steps_of(data.train) == [33, 65, 17]
    with pytest.raises(InputError, match="at most 4 bars.*1 of more, up to 6"):
        data_of("pieces", parts, dataclasses.replace(cut, longer="refuse"))
    with pytest.raises(InputError, match="at most 1 bars.*none for validation"):
        data_of("pieces", parts, dataclasses.replace(cut, bars=1))
    with pytest.raises(InputError, match="example"):
        Cut(4, 1, 0, example="bar")


def test_short_pieces_are_used_whole():
    pieces = of_bars(1, 2, 3, 1, 2, 3)
    parts, note = split_by_melody(pieces, Cut(4, 1, 0, example="piece").shortest)
    assert sum(map(len, parts.values())) == 6
    assert note == ""


@pytest.mark.parametrize("kind", [JsbChorales(example="piece"), MidiFolder("none", example="piece")])
def test_samples_have_different_lengths(kind):
    data = kind.sample()
    assert len(set(steps_of(data.train))) > 1
    assert data.format.has_ends


def test_a_folder_of_midi_files_gives_whole_pieces(tmp_path):
    for number, piece in enumerate(of_bars(1, 2, 3, 2)):
        midi.write(tmp_path / f"{number}.mid", piece.sounding, piece.onsets)
    data = MidiFolder(str(tmp_path), example="piece", bars=3, transposed=0).load()
    each = [step for split in data.splits.values() for step in steps_of(split)]
    assert sorted(each) == [17, 33, 33, 49]


def test_a_piece_is_written_up_to_its_end_and_read_with_it(tmp_path):
    data = data_of("pieces", parts_of(2, 3, 1, 4, 2), Cut(4, 1, 0, example="piece"))
    example = data.scaler.inverse_transform(data.train.numbers)[0]
    paths = FORMAT.write(example, tmp_path / "a")
    assert midi.read(paths[0]).steps == 32
    np.testing.assert_array_equal(FORMAT.read(paths[0], example.shape), example)
    with pytest.raises(InputError, match="has 2 bars, pieces of the training at most 1.9"):
        FORMAT.read(paths[0], (32, 4))
    samples, rate = FORMAT.sound(example)
    assert len(samples) / rate < 10
    images = {FORMAT.render(one).shape for one in data.scaler.inverse_transform(data.train.numbers)}
    assert len(images) == 1  # they stand side by side
    assert FORMAT.steps(example[None]) == 33


def test_sounds_of_pieces_are_played_with_silence_after_the_shorter_ones():
    waves = of_one_length([np.ones(3), np.ones(5)])
    assert waves.tolist() == [[1, 1, 1, 0, 0], [1] * 5]


def test_a_decoder_ends_in_all_voices_with_the_first():
    random = np.random.default_rng(0)
    classes = random.integers(0, END, (3, 9, 4))
    classes[0, 4, 2] = classes[0, 6, 1] = classes[1, 0, 3] = END
    ended = FORMAT.ended(classes)
    assert ended[0, 4].tolist() == [END] * 4
    assert (ended[0, 5:] == -1).all()
    assert (ended[1, 1:] == -1).all()
    np.testing.assert_array_equal(ended[2], classes[2])
    np.testing.assert_array_equal(ended[0, :4], classes[0, :4])
    np.testing.assert_array_equal(until_end(tf.constant(classes), END), ended)
    assert FORMAT.render(ended[1]).ndim == 3  # ends at once
    plain = Chorales(36, 84)
    assert plain.ended(classes) is classes
    assert (plain.axis, FORMAT.axis) == (0, None)


def test_metrics_of_whole_pieces_are_those_of_their_bars():
    """Those of pieces of one length, and no metric depends on what follows an end."""
    pieces = data_of("pieces", parts_of(3, 3, 3, 3, 3), Cut(4, 1, 0, example="piece"))
    whole = pieces.scaler.inverse_transform(pieces.train.numbers)
    plain = Chorales(36, 84)
    windows = whole[:, :-1]
    music = plain.sample_metrics(windows, windows, windows)
    longer = np.pad(whole, ((0, 0), (0, 40), (0, 0)), constant_values=-1)
    longer[:, 60:] = 7  # as a decoder may go on after an end
    for ours, others in ((whole, whole), (longer, longer), (longer, whole)):
        found = FORMAT.sample_metrics(ours, others, others)
        assert found == pytest.approx(music | {"bars": 3.0})
    crossed = windows.copy()
    crossed[:, 20], crossed[0, 4:, 3] = crossed[:, 20, ::-1], REST
    np.testing.assert_array_equal(
        FORMAT.validity(
            np.where(whole == END, END, np.pad(crossed, ((0, 0), (0, 1), (0, 0)), constant_values=END))
        ),
        plain.validity(crossed),
    )
    ends_at_once = np.full_like(whole, END)
    assert FORMAT.validity(ends_at_once).tolist() == [0.0] * len(whole)
    assert FORMAT.sample_metrics(ends_at_once, whole, whole)["longest_copy_bars"] == 0
    for name, own in FORMAT.attributes(longer).items():
        np.testing.assert_array_equal(own, plain.attributes(windows)[name])


def test_a_chain_of_whole_pieces_does_not_depend_on_padding():
    data = data_of("pieces", parts_of(2, 3, 1, 4, 2), Cut(4, 1, 0, example="piece"))
    classes = data.scaler.inverse_transform(data.train.numbers)
    longer = np.pad(classes, ((0, 0), (0, 30), (0, 0)), constant_values=-1)
    for condition in ("unigram", "class_bigram", "bigram"):
        chains = [fit_chain(each, FORMAT._vocabulary, condition) for each in (classes, longer)]
        np.testing.assert_allclose(chains[0].probabilities, chains[1].probabilities)
        nll = chains[0].nll(classes)
        np.testing.assert_allclose(chains[1].nll(longer), nll)
        np.testing.assert_allclose(chains[0].nll(classes[2:, :17]), nll[2:])


BACKBONES = {
    "convolutions": SequenceBackbone((6, 5), kernel_size=3, halvings=1),
    "recurrent": BidirectionalBackbone((5,), embedding_dim=3),
    "attention": TransformerBackbone(width=8, depth=1, heads=2),
}


@pytest.mark.parametrize("name", BACKBONES)
def test_a_code_of_music_does_not_depend_on_padding(name):
    keras.utils.set_random_seed(0)
    classes = np.full((3, 12, 2), -1)
    for row, size in zip(classes, (1, 5, 8), strict=True):
        row[:size] = np.random.default_rng(size).integers(0, 6, (size, 2))
    inputs = Scaler(CATEGORICAL, 0, 1).transform(classes, 6)
    variant = Variational(BACKBONES[name], latent_dim=3)
    short, long = (variant.build(Spec((n, 2, 6), (n, 2, 6), CATEGORICAL)) for n in (8, 12))
    assert short.decoder.output["reconstruction"].shape == (None, 8, 2, 6)
    for weight in short.encoder.weights:
        weight.assign(np.random.default_rng(5).normal(0, 0.4, weight.shape))
    for weight, source in zip(long.encoder.weights, short.encoder.weights, strict=True):
        value = np.random.default_rng(3).normal(size=weight.shape).astype(np.float32)
        value[tuple(map(slice, source.shape))] = source
        weight.assign(value)
    codes = apply(short.encoder, {"inputs": inputs[:, :8]})["code"]
    assert np.ptp(codes, axis=0).min() > 1e-3
    np.testing.assert_allclose(apply(long.encoder, {"inputs": inputs})["code"], codes, atol=1e-5)
    moved = apply(short.encoder, {"inputs": inputs[::-1, :8]})["code"]
    np.testing.assert_allclose(moved, np.asarray(codes)[::-1], atol=1e-5)


def test_the_likelihood_of_a_piece_step_by_step_does_not_depend_on_padding():
    keras.utils.set_random_seed(0)
    variant = Autoregressive(
        SequenceBackbone((4,), 3), latent_dim=3, context=2, units=8, features=6, hold_class=True,
        first_ordered_class=2,
    )  # fmt: skip
    steps = variant.build(Spec((9, 2, 6), (9, 2, 6), CATEGORICAL)).teacher_forced
    classes = np.full((2, 9, 2), -1)
    classes[0, :4], classes[1, :9] = [[3, 4], [0, 2], [2, 0], [5, 5]], 3
    inputs = Scaler(CATEGORICAL, 0, 1).transform(classes, 6)
    code = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    scored = apply(steps, {"code": code, "targets": inputs})
    nats = np.asarray(LIKELIHOODS["categorical"](inputs, scored))
    other = inputs.copy()
    other[0, 4:] = np.eye(6)[2]  # what follows an end
    again = np.asarray(apply(steps, {"code": code, "targets": other})["reconstruction"])
    np.testing.assert_allclose(LIKELIHOODS["categorical"](inputs, {"reconstruction": again}), nats, rtol=1e-5)
