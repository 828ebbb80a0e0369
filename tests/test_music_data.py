"""Chorales and folders of MIDI files as data: windows, transpositions and splits."""

import hashlib
import json

import numpy as np
import pytest

from keras_ae import data
from keras_ae.data import music, pieces
from keras_ae.data.music import JsbChorales
from keras_ae.data.pieces import Cut, data_of
from keras_ae.errors import InputError
from keras_ae.music.grid import Vocabulary
from keras_ae.music.harmonies import harmonised


def three(bars=6):
    made = harmonised(3, bars)
    return {"train": made[:1], "validation": made[1:2], "test": made[2:]}


def test_windows_are_one_hot_and_only_those_that_train_are_transposed():
    plain = data_of("a", three(), Cut(4, 1, 0))
    moved = data_of("a", three(), Cut(4, 1, 2))
    assert plain.train.shape == (64, 4, 51)
    assert len(plain.train) == 3
    assert len(moved.train) == 15
    assert plain.train.examples.dtype == bool
    assert (moved.train.examples.sum(-1) == 1).all()
    assert plain.domain == moved.domain == "categorical"
    np.testing.assert_array_equal(moved.train.examples[:3], plain.train.examples)
    np.testing.assert_array_equal(moved.test.examples, plain.test.examples)
    np.testing.assert_array_equal(moved.validation.examples, plain.validation.examples)
    words = Vocabulary()
    sounding = words.decoded(moved.train.examples.argmax(-1))[0]
    assert set((sounding[:, 0, 0] - sounding[0, 0, 0]).tolist()) >= {-2, -1, 0, 1, 2}


def test_windows_follow_each_other_by_the_stride():
    assert len(data_of("a", three(8), Cut(4, 2, 0)).train) == 3
    assert len(data_of("a", three(8), Cut(2, 1, 0)).train) == 7


def test_where_memory_is_short_some_transpositions_are_taken(monkeypatch):
    monkeypatch.setattr(pieces, "MOST", 11 * 64 * 4 * 51)
    assert len(data_of("a", three(), Cut(4, 1, 3)).train) == 5
    monkeypatch.setattr(pieces, "MOST", 8 * 64 * 4 * 51)
    with pytest.raises(InputError, match="GiB one-hot, at most"):
        data_of("a", three(), Cut(4, 1, 3))


def test_pieces_shorter_than_a_window_are_refused():
    with pytest.raises(InputError, match=r"7 bars or more.*none for train \(the longest of all has 6\)"):
        data_of("a", three(), Cut(7, 1, 0))


@pytest.mark.parametrize("field", ["bars", "stride", "transposed"])
def test_a_cut_of_nothing_is_refused(field):
    with pytest.raises(ValueError, match=f"{field} is at least"):
        JsbChorales(**{field: -1})


def test_jsb_chorales_keep_their_splits_and_hold_repeated_notes(tmp_path, monkeypatch):
    splits = {"train": 3, "valid": 2, "test": 1}
    made = {
        part: [piece.sounding.tolist() for piece in harmonised(count, 6, seed=count)]
        for part, count in splits.items()
    }
    made["train"][0][0] = [-1] * 4
    file = tmp_path / "datasets" / "jsb" / JsbChorales.file
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(made))
    (tmp_path / "manifest").write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  jsb/{file.name}\n")
    monkeypatch.setattr(music, "MANIFEST", tmp_path / "manifest")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    music.manifest.cache_clear()
    loaded = data.find("jsb").load()
    music.manifest.cache_clear()
    assert [len(split) for split in loaded.splits.values()] == [63, 6, 3]
    classes = loaded.train.examples.argmax(-1)
    assert (classes[0, 0] == 1).all()
    sounding, onsets = Vocabulary().decoded(classes)
    assert not (onsets[:, 1:] & (sounding[:, 1:] == sounding[:, :-1])).any()
    assert not loaded.medium.onsets


@pytest.mark.parametrize("bars", [1, 4])
def test_samples_need_no_file_and_have_the_schema(bars):
    sample = JsbChorales(bars=bars).sample()
    assert sample.train.shape == (16 * bars, 4, 51)
    assert sample.medium == data_of("a", three(), Cut(4, 1, 0), onsets=False).medium


@pytest.mark.real
def test_the_published_chorales_load():
    loaded = JsbChorales().load()
    assert [len(split) for split in loaded.splits.values()] == [18697, 906, 934]
