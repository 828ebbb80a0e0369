"""The format of tile levels: read, drawn, written, judged, mended and measured."""

import numpy as np
import pytest
from PIL import Image

from keras_ae import formats
from keras_ae.data.levels.generated import format_of, generate_levels
from keras_ae.errors import InputError
from keras_ae.formats.levels import tile_levels
from keras_ae.formats.levels.legend import LODE_RUNNER, MARIO, ZELDA
from keras_ae.formats.levels.tile_levels import TileLevels

FORMAT = format_of(MARIO, "platformer")


@pytest.fixture(scope="module")
def made():
    """Windows of 16 columns, 12 of them, of levels of our own making."""
    return generate_levels(12, 16, 0)


def test_a_medium_of_levels_is_kept_as_text():
    for format in (FORMAT, format_of(ZELDA, "rooms"), TileLevels("ab")):
        assert formats.from_json(formats.to_json(format)) == format


def test_only_a_platformer_goes_on_along_its_columns():
    assert FORMAT.axis == 1
    assert format_of(ZELDA, "rooms").axis is None


def test_an_unknown_game_is_refused():
    with pytest.raises(InputError, match="'platformer', 'rooms', 'runner'.*received 'chess'"):
        TileLevels("ab", "chess")


@pytest.mark.parametrize("columns", [16, 40])
def test_what_is_written_is_read_again_and_shows_the_course(tmp_path, columns):
    level = generate_levels(1, columns, 3)[0]
    text, drawing = FORMAT.write(level, tmp_path / "level.1")
    assert [text.name, drawing.name] == ["level.1.txt", "level.1.png"]
    np.testing.assert_array_equal(FORMAT.read(text, (14, 16)), level)
    with Image.open(drawing) as image:
        pixels = np.asarray(image)
    assert pixels.shape == (14 * 16, columns * 16, 3)
    assert not np.array_equal(pixels, FORMAT.render(level))


def test_a_level_that_cannot_be_played_is_drawn_without_a_course(tmp_path):
    level = np.zeros((14, 16), int)
    _, drawing = FORMAT.write(level, tmp_path / "air")
    with Image.open(drawing) as image:
        np.testing.assert_array_equal(np.asarray(image), FORMAT.render(level))


@pytest.mark.parametrize(
    ("format", "content", "found"),
    [
        (FORMAT, b"\x80\xfe", "cannot be read as text"),
        (FORMAT, b"----\n", "expected 2 rows of 4 or more tiles in .*, received 1 of 4"),
        (FORMAT, b"---\n---\n", "received 2 of 3"),
        (TileLevels("-"), b"-----\n-----\n", "expected 2 rows of 4 tiles in .*, received 2 of 5"),
        (FORMAT, b"----\n---\n", "line 2 is ragged"),
        (FORMAT, b"-" * 300, "takes more than 200 bytes"),
    ],
)
def test_a_file_that_is_no_such_level_is_refused(tmp_path, monkeypatch, format, content, found):
    monkeypatch.setattr(tile_levels, "MAX_BYTES", 200)
    path = tmp_path / "level.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=found):
        format.read(path, (2, 4))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a level"):
        FORMAT.read(tmp_path / "none.txt", (2, 4))


def test_validity_is_whether_levels_can_be_played_and_pipes_are_whole(monkeypatch, made):
    monkeypatch.setattr(tile_levels, "LEVELS_AT_ONCE", 5)
    half = made[:1].copy()
    half[0, 8, 5] = MARIO.first("left pipe")
    examples = np.concatenate([made, np.zeros((1, 14, 16), int), half])
    np.testing.assert_array_equal(FORMAT.validity(examples), [1] * 12 + [0, 0])
    assert FORMAT.playable(half)[0]
    assert FORMAT.validity(examples[:0]).shape == (0,)
    np.testing.assert_array_equal(TileLevels("ab").validity(np.zeros((2, 3, 3), int)), [1, 1])
    runner = format_of(LODE_RUNNER, "runner")
    assert runner.validity(LODE_RUNNER.level("M.G\nbbb", "a test")[None])[0] == 1


def test_a_level_is_mended():
    level, good = FORMAT.repair(np.zeros((14, 16), int))
    assert good
    assert FORMAT.validity(level[None])[0] == 1


def test_attributes_are_one_truth_a_level(made):
    found = FORMAT.attributes(made)
    assert {"pipes", "gaps", "enemies", "coins", "sky", "hills"} <= set(found)
    assert all(value.shape == (12,) and value.dtype == np.bool_ for value in found.values())


def test_training_levels_as_samples_have_the_patterns_of_training(made):
    figures = FORMAT.sample_metrics(made, made, made)
    assert figures == pytest.approx({"playable": 1, "broken_pipes": 0, "kl_2x2": 0, "kl_3x3": 0}, abs=1e-9)
    unknown = TileLevels(MARIO.tiles).sample_metrics(made, made, made)
    assert set(unknown) == {"kl_2x2", "kl_3x3"}


def test_columns_are_the_better_baseline(made):
    train, test = made[:10], made[10:]
    nll = FORMAT.nll(train, test)
    assert nll["trigram columns"] < nll["unigram tiles"]
    draws = {name: draw(30, 0) for name, draw in FORMAT.baselines(train).items()}
    figures = {name: FORMAT.sample_metrics(samples, train, train) for name, samples in draws.items()}
    assert all(samples.shape == (30, 14, 16) for samples in draws.values())
    assert figures["trigram columns"]["kl_3x3"] < figures["unigram tiles"]["kl_3x3"]
