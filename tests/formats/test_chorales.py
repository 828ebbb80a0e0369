"""The format of chorales: MIDI files, images and sound."""

import numpy as np
import pytest

from keras_ae.errors import InputError
from keras_ae.formats import from_json, to_json
from keras_ae.formats.music import midi
from keras_ae.formats.music.chorales import Chorales
from keras_ae.formats.music.grid import Vocabulary, windows
from keras_ae.formats.music.harmonies import harmonize

FORMAT = Chorales(36, 84)


@pytest.fixture(scope="module")
def chorales():
    return windows(harmonize(6, 8), Vocabulary(), 64, 16).astype(np.int64)


def test_a_run_keeps_the_medium_as_text():
    assert from_json(to_json(FORMAT)) == FORMAT


def test_what_is_written_reads_back(chorales, tmp_path):
    paths = FORMAT.write(chorales[0], tmp_path / "one.two")
    assert [path.name for path in paths] == ["one.two.mid", "one.two.png"]
    assert all(path.stat().st_size for path in paths)
    np.testing.assert_array_equal(FORMAT.read(paths[0], (64, 4)), chorales[0])


def test_a_short_file_ends_in_a_rest_and_a_long_one_is_read_whole(chorales, tmp_path):
    path = FORMAT.write(chorales[0][:32], tmp_path / "a")[0]
    longer = FORMAT.read(path, (64, 4))
    assert longer.shape == (64, 4)
    assert (longer[32] == 1).all()
    assert (longer[33:] == 0).all()
    assert FORMAT.read(path, (16, 4)).shape == (32, 4)


def test_notes_that_repeat_are_held_where_the_music_does_not_tell_them(chorales, tmp_path):
    path = FORMAT.write(chorales[0], tmp_path / "a")[0]
    held = Chorales(36, 84, onsets=False).read(path, (64, 4))
    assert (held >= 2).sum() < (chorales[0] >= 2).sum()
    np.testing.assert_array_equal(Vocabulary().decode(held)[0], Vocabulary().decode(chorales[0])[0])


def test_a_file_without_notes_is_refused(tmp_path):
    silent = np.full((16, 4), -1, np.int16)
    midi.write(tmp_path / "a.mid", silent, silent > 0)
    with pytest.raises(InputError, match="holds no notes"):
        FORMAT.read(tmp_path / "a.mid", (64, 4))


def test_grids_without_steps_are_refused():
    with pytest.raises(ValueError, match="steps_a_beat must be at least 1, received 0"):
        Chorales(36, 84, 0)


def test_any_length_and_any_class_is_drawn_and_heard(chorales, random):
    noise = random.integers(0, 51, (100, 4))
    assert FORMAT.render(noise).shape == FORMAT.render(noise[:, :2]).shape
    samples, rate = FORMAT.sound(noise)
    assert np.abs(samples).max() <= 1
    assert len(samples) > rate


def test_validity_is_the_share_of_bars_that_break_no_rule(chorales):
    plain = np.ones((4, 64, 4), np.int64) * 0
    plain[:, 0] = [38, 33, 30, 14]  # 72, 67, 64 and 48
    plain[1, 16, 0] = 10  # far below a soprano's range
    plain[1, 32, 0] = 38
    plain[2, 48, 3] = 1  # silent
    plain[3, 20:22, :2] = [[33, 34], [33, 34]]
    plain[3, 24, :2] = [38, 33]
    plain[3, 28, :2] = [33, 34]
    assert FORMAT.validity(plain).tolist() == [1, 0.75, 0.75, 0.75]


def test_attributes_tell_modes_pitch_and_motion(chorales):
    still = np.zeros((3, 64, 4), np.int64)
    still[:, 0] = [38, 33, 30, 14]
    still[1, 0] -= 8
    still[1, 0, 2] -= 1  # the third
    still[2, ::2] = [43, 38, 35, 19]
    told = FORMAT.attributes(still)
    assert told["major"].tolist() == [True, False, True]
    assert told["minor"].tolist() == [False, True, False]
    assert told["moving"].tolist() == [False, False, True]
    assert told["low"].tolist() == [False, True, False]
    assert told["high"].tolist() == [False, False, True]
    assert all(len(value) == len(chorales) for value in FORMAT.attributes(chorales).values())


def test_what_draws_without_a_network_is_worse_than_real_music(chorales):
    draws = FORMAT.baselines(chorales)
    assert list(draws) == ["unigram", "bigram"]
    drawn = draws["unigram"](20, 0)
    assert drawn.shape == (20, 64, 4)
    figures = FORMAT.sample_metrics(drawn, chorales, chorales)
    assert figures["interval_distance"] > 0.05
    assert figures["crossings"] > 0.1
    assert figures["longest_copy_bars"] < 4
    nats = FORMAT.nll(chorales, chorales)
    assert nats["bigram"] < nats["class_bigram"] < nats["unigram"]
