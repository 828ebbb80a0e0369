"""Levels as data: published ones, those of our own making, and a folder of one's own."""

import json

import numpy as np
import pytest

from keras_ae.data.find import find_dataset as found_by
from keras_ae.data.levels import folder as level_folder
from keras_ae.data.levels import published, vglc
from keras_ae.data.levels import windows as level_windows
from keras_ae.data.levels.folder import LevelFolder
from keras_ae.data.levels.generated import GeneratedLevels, generate_levels
from keras_ae.errors import InputError
from keras_ae.formats.levels import pipes
from keras_ae.formats.levels.jumps import playable
from keras_ae.formats.levels.legend import LODE_RUNNER, MARIO, ZELDA

TILES = {"#": ["solid"], ".": ["passable", "empty"]}


@pytest.fixture
def folder(tmp_path):
    """Writes levels by name, and a legend, and gives the folder's path."""

    def write(texts, tiles=TILES):
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text)
        (tmp_path / "legend.json").write_text(json.dumps({"tiles": tiles}))
        return str(tmp_path)

    return write


def squares(count, columns=6):
    """Levels of one size that all differ."""
    each = np.random.default_rng(1).integers(0, 2, (count, 4, columns))
    return {
        str(k): "".join("".join(".#"[t] for t in row) + "\n" for row in level) for k, level in enumerate(each)
    }


def whole_numbers(split):
    return split.examples.argmax(axis=-1)


def test_made_levels_differ_and_can_all_be_run_and_have_whole_pipes():
    made = generate_levels(8, 60, 0)
    assert made.shape == (8, 14, 60)
    assert len({level.tobytes() for level in made}) == 8
    assert playable(MARIO.having("solid")[made]).all()
    assert pipes.broken_fraction(made, MARIO) == 0
    np.testing.assert_array_equal(made, generate_levels(8, 60, 0))
    assert not np.array_equal(made, generate_levels(8, 60, 1))


def test_made_levels_hold_every_kind_of_tile():
    assert len(np.unique(generate_levels(20, 160, 0))) == len(MARIO.tiles)


def test_windows_are_one_hot_of_every_offset_and_a_level_lies_in_one_split():
    data = GeneratedLevels(6, 20, 16).load()
    assert data.domain == "categorical"
    assert data.format.tiles == MARIO.tiles
    assert sum(len(split) for split in data.splits.values()) <= 6 * 5
    columns = {
        name: {c.tobytes() for w in whole_numbers(s) for c in w[None]} for name, s in data.splits.items()
    }
    assert not columns["train"] & (columns["validation"] | columns["test"])
    for split in data.splits.values():
        assert split.examples.dtype == np.bool_
        assert split.shape == (14, 16, 13)
        assert (split.examples.sum(axis=-1) == 1).all()


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: GeneratedLevels(levels=2), "levels must be at least 3"),
        (lambda: GeneratedLevels(columns=20), "columns must be at least the width, 28; received 20"),
        (lambda: published.Mario(width=2), "width must be at least 4"),
        (lambda: published.Mario(width=150), "width must be at most 149"),
        (lambda: LevelFolder("x", width=3), "width must be at least 4"),
        (lambda: LevelFolder("x", game="chess"), "'platformer', 'rooms', 'runner'.*received 'chess'"),
    ],
)
def test_fields_out_of_their_domain_are_refused(make, found):
    with pytest.raises(ValueError, match=found):
        make()


def test_twins_share_a_split_with_the_first_of_them():
    base = np.zeros((4, 10), int)
    base[:, 2:6] = 1
    twin, other = base.copy(), np.zeros((4, 10), int)
    twin[0, 2], other[:, 7:] = 0, 2
    wide = np.ones((4, 11), int)
    assert level_windows.families([other, base, wide, twin]) == [0, 1, 2, 1]


def test_what_training_has_is_left_out_of_the_others_unless_they_would_be_empty():
    pieces = {
        "train": np.array([[[1]], [[2]]]),
        "validation": np.array([[[2]], [[3]]]),
        "test": np.array([[[3]]]),
    }
    kept, dropped = level_windows._without_repeats(pieces)
    assert [part.ravel().tolist() for part in kept.values()] == [[1, 2], [3], [3]]
    assert dropped == 1


def test_rooms_are_cut_from_dungeons_without_the_void():
    dungeon = np.full((32, 22), ZELDA.index("-"))
    dungeon[16:, :11] = 1
    dungeon[0, 11] = 2
    cut = published.rooms(dungeon)
    assert cut.shape == (2, 16, 11)
    assert cut[0, 0, 0] == 2
    assert (cut[1] == 1).all()


def test_every_published_level_has_its_hash():
    games = [name.split("/")[1] for name in published.manifest()]
    assert {game: games.count(game) for game in games} == {
        "Lode Runner": 150, "Super Mario Bros": 15, "The Legend of Zelda": 18
    }  # fmt: skip
    assert all(len(digest) == 64 for digest in published.manifest().values())


def test_a_folder_of_levels_is_read_with_its_empty_tile_first(folder):
    path = folder(squares(9) | {"README": "not a level"})
    data = found_by(path, GeneratedLevels()).load()
    assert data.format.tiles == ".#"
    assert data.format.tags == (("passable", "empty"), ("solid",))
    assert data.train.shape == (4, 6, 2)
    assert sum(len(split) for split in data.splits.values()) == 9
    assert "9 levels, each in one split whole" in data.notes[0]


def test_wide_levels_are_cut_into_windows(folder):
    data = LevelFolder(folder(squares(4, 9)), width=6).load()
    assert data.train.shape == (4, 6, 2)
    assert sum(len(split) for split in data.splits.values()) == 4 * 4
    mixed = LevelFolder(folder(squares(4, 30) | {"wide": squares(1, 32)["0"]})).load()
    assert mixed.train.shape == (4, 28, 2)
    assert data.format.axis == 1


def test_a_folder_without_levels_or_a_legend_is_not_taken(folder, tmp_path):
    assert LevelFolder.accepts(str(tmp_path)) is None
    assert LevelFolder.accepts(str(tmp_path / "none")) is None
    (tmp_path / "a.txt").write_text("..\n")
    assert LevelFolder.accepts(str(tmp_path)) is None
    for text in ("[]", "no json", '{"tiles": {"ab": ["solid"]}}', '{"tiles": {"a": [1]}}', '{"tiles": 3}'):
        (tmp_path / "legend.json").write_text(text)
        assert LevelFolder.accepts(str(tmp_path)) is None
    assert LevelFolder.accepts(folder({})) == LevelFolder(str(tmp_path))


def test_a_legend_that_is_too_large_is_none(folder, monkeypatch):
    path = folder(squares(1))
    monkeypatch.setattr(vglc, "MAX_LEGEND_BYTES", 10)
    assert LevelFolder.accepts(path) is None


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"a": "..\n.\n"}, r"a\.txt, line 2 is ragged"),
        (
            {"a": "..\n.x\n"},
            r"a tile is not in the legend .*legend.json of '#\.': 'x' in a.txt, line 2, column 2; change",
        ),
        (
            {"a": "....\n", "b": "....\n....\n"},
            r"received 1 rows \(a.txt\), 2 rows \(b.txt\); add rows of empty",
        ),
        ({"a": "....\n" * 3, "b": ".....\n" * 3}, "a.txt of .* has 4 columns, a window 28"),
        ({"a": "...\n" * 3}, "3 or more rows and 4 or more columns in .*, received 3 x 3"),
        ({}, "expected levels in .txt or .lvl files in .*, received none"),
        (dict.fromkeys("abc", "....\n" * 3), "at least 3 different"),
    ],
    ids=["ragged", "unknown tile", "heights", "narrow", "small", "none", "equal"],
)
def test_levels_that_do_not_fit_are_refused_with_their_place(folder, texts, found):
    with pytest.raises(InputError, match=found):
        LevelFolder(folder(texts)).load()


def test_all_unknown_tiles_are_told_at_once_with_what_to_add(folder):
    texts = squares(3) | {"a": "..x..\r\n#####\r\n.....\r\n", "b": "\ufeffx.x.ü\nyyyyy\n.....\n"}
    with pytest.raises(InputError) as raised:
        LevelFolder(folder(texts)).load()
    assert str(raised.value).split(": ", 1)[1] == (
        "'y' in b.txt, line 2, column 1 and 4 more; 'x' in a.txt, line 1, column 3 and 2 more in 2 levels; "
        "'ü' in b.txt, line 1, column 5; change them, or add them to its tiles: "
        '"y": [], "x": [], "ü": []'
    )


def test_a_legend_may_be_in_the_folder_above_as_in_the_vglc(folder, tmp_path):
    """Whether the folder of the levels is named or that of the game."""
    game = tmp_path / "The Game"
    (game / "Processed").mkdir(parents=True)
    for name, text in squares(5).items():
        (game / "Processed" / f"{name}.{'txt' if name != '3' else 'LVL'}").write_text(text)
    (game / "Processed" / "README.txt").write_text("words")
    (game / "vectors.json").write_text('{"vertices": []}')
    assert LevelFolder.accepts(str(game)) is None
    (game / "game.json").write_text("\ufeff" + json.dumps({"tiles": TILES}), "utf-8")
    loaded = [LevelFolder.accepts(str(path)).load() for path in (game, game / "Processed")]
    assert loaded[0].sha256 == loaded[1].sha256
    assert sum(len(split) for split in loaded[0].splits.values()) == 5
    assert loaded[0].notes[-1] == f"the legend is {game / 'game.json'}"
    (game / "Processed" / "own.json").write_text(json.dumps({"tiles": TILES | {"x": []}}))
    assert LevelFolder(str(game)).load().format.tiles == ".#x"


def test_of_several_legends_the_one_that_has_all_tiles_is_taken_or_the_one_that_is_named(folder, tmp_path):
    path = folder(squares(3))
    (tmp_path / "other.json").write_text(json.dumps({"tiles": {"x": [], ".": []}}))
    loaded = LevelFolder(path).load()
    assert (loaded.format.tiles, loaded.notes[-1]) == (".#", f"the legend is {tmp_path / 'legend.json'}")
    with pytest.raises(InputError, match=r"not in the legend .*other.json of 'x\.'"):
        LevelFolder(path, legend="other.json").load()
    with pytest.raises(InputError, match="has no legend 'x.json'; it has legend.json, other.json"):
        LevelFolder(path, legend="x.json").load()
    (tmp_path / "more.json").write_text(json.dumps({"tiles": TILES | {"x": []}}))
    with pytest.raises(
        InputError, match="received legend.json, more.json, other.json, and all have all tiles; say"
    ):
        LevelFolder(path).load()
    assert LevelFolder(path, legend="more.json").load().format.tiles == ".#x"
    (tmp_path / "more.json").unlink()
    (tmp_path / "a.txt").write_text("xx\n")
    with pytest.raises(
        InputError, match="none has all tiles, so there may be levels of several games; say which"
    ):
        LevelFolder(path).load()


HEIGHTS = {"a": ".#.#\n" * 4, "b": "##.#\n" * 5, "c": "...#\n" * 4, "d": "#..#\n" * 6}


def test_levels_of_other_heights_are_told_and_padded_or_cut(folder):
    path = folder(HEIGHTS)
    with pytest.raises(InputError) as raised:
        LevelFolder(path).load()
    assert "received 4 rows (2 levels), 5 rows (b.txt), 6 rows (d.txt); add rows of empty" in str(
        raised.value
    )
    assert 'SET="data.pad=top" or SET="data.pad=bottom", or cut windows of 4 rows' in str(raised.value)
    for pad, row in (("top", 0), ("bottom", -1)):
        loaded = LevelFolder(path, pad=pad).load()
        assert loaded.train.shape == (6, 4, 2)
        levels = np.concatenate([whole_numbers(split) for split in loaded.splits.values()])
        assert sorted((level[row] == 0).all() for level in levels) == [False, True, True, True]
        assert loaded.notes[-1] == f"added empty rows at the {pad} of 3 of 4 levels, up to 6"
    cut = LevelFolder(path, rows=4).load()
    assert cut.train.shape == (4, 4, 2)
    assert "windows of" in cut.notes[0]
    both = LevelFolder(path, rows=5, pad="top").load()
    assert both.train.shape == (5, 4, 2)
    assert both.notes[-1] == "added empty rows at the top of 2 of 4 levels, up to 5"
    with pytest.raises(InputError, match=r"of 5 or more rows in .*, received 4 rows \(2 levels\)"):
        LevelFolder(path, rows=5).load()
    for fields, message in (
        ({"rows": 2}, "rows must be at least 3"),
        ({"pad": "left"}, "pad must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            LevelFolder("x", **fields)


def test_a_level_that_is_no_text_is_refused(folder, tmp_path):
    path = folder(squares(3))
    (tmp_path / "0.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match=r"0\.txt cannot be read as text"):
        LevelFolder(path).load()


@pytest.mark.parametrize(
    ("module", "most", "found"),
    [
        (level_folder, 100, "as numbers"),
        (level_folder, 10_000, "one-hot"),
        (level_windows, 100, "one-hot"),
    ],
)
def test_more_than_fits_in_memory_is_refused(folder, monkeypatch, module, most, found):
    path = folder(squares(5, 40))
    monkeypatch.setattr(module, "LARGEST", most)
    with pytest.raises(InputError, match=found):
        LevelFolder(path, width=20).load()


@pytest.mark.parametrize(
    "kind", [published.Mario, published.Zelda, published.LodeRunner], ids=lambda kind: kind.__name__
)
def test_a_sample_can_mostly_be_played(kind):
    data = kind().sample()
    assert data.format.validity(whole_numbers(data.train)).mean() > 0.7


@pytest.mark.real
def test_published_levels_load_in_their_splits():
    mario, zelda, runner = (
        kind().load() for kind in (published.Mario, published.Zelda, published.LodeRunner)
    )
    assert [len(split) for split in mario.splits.values()] == [1580, 337, 601]
    assert [len(split) for split in zelda.splits.values()] == [345, 24, 29]
    assert [len(split) for split in runner.splits.values()] == [120, 19, 11]


@pytest.mark.real
def test_most_published_levels_can_be_played_and_have_whole_pipes():
    mario = published.published("Super Mario Bros", MARIO)
    solid = MARIO.having("solid")
    assert all(playable(solid[level][None])[0] for level in mario)
    windows = np.concatenate([level_windows.windows(level, 28) for level in mario])
    assert playable(solid[windows]).mean() > 0.99
    assert pipes.broken_fraction(windows, MARIO) == 0
    runner = np.stack(published.published("Lode Runner", LODE_RUNNER))
    assert published.LodeRunner().load().format.validity(runner).mean() > 0.9
    rooms = np.concatenate(
        [published.rooms(dungeon) for dungeon in published.published("The Legend of Zelda", ZELDA)]
    )
    assert published.Zelda().load().format.validity(rooms).mean() > 0.85


def test_a_folder_of_something_else_is_discrimination(tmp_path):
    (tmp_path / "notes.doc").touch()
    with pytest.raises(InputError, match=r"a folder of levels, .txt or .lvl files beside .*found none in"):
        found_by(str(tmp_path), GeneratedLevels())
