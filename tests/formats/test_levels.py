"""Tile levels: what tiles are, how games move over levels, and how levels are measured, mended and drawn."""

import math
import sys

import numpy as np
import pytest

from keras_ae.data.levels.folder import LevelFolder
from keras_ae.errors import InputError
from keras_ae.formats import from_json, levels, to_json
from keras_ae.formats.levels import art, courses, jumps, patterns, pipes, rooms, runner
from keras_ae.formats.levels.columns import ColumnTrigrams, TileUnigrams
from keras_ae.formats.levels.game import Game, game_names, game_of
from keras_ae.formats.levels.legend import LODE_RUNNER, MARIO, ZELDA, Legend
from keras_ae.formats.levels.tile_attributes import level_attributes
from keras_ae.formats.levels.tile_levels import TileLevels


@pytest.fixture
def random():
    return np.random.default_rng(0)


def of(legend, *rows):
    return legend.level("\n".join(rows), "a test")


def ground(columns=28, gap=0, wall=0):
    """Solid cells of a floor with a gap, or with a wall on it."""
    solid = np.zeros((14, columns), bool)
    solid[-1] = True
    solid[-1, 8 : 8 + gap] = False
    solid[13 - wall : 13, 12] = True
    return solid


def room(*inner):
    """A room of walls with doors at the left and at the right, its 12 inner rows as given or of floor."""
    inner = inner or ("FFFFFFF",) * 12
    rows = ["W" * 11, "W" * 11, *(f"WW{row}WW" for row in inner), "W" * 11, "W" * 11]
    rows[7:9] = (f"WD{row[2:9]}DW" for row in rows[7:9])
    return of(ZELDA, *rows)


def test_a_level_is_the_places_of_its_tiles_and_its_text_again():
    level = of(MARIO, "-?", "XX")
    np.testing.assert_array_equal(level, [[0, 3], [1, 1]])
    assert MARIO.text(level) == "-?\nXX\n"


@pytest.mark.parametrize("legend", [MARIO, ZELDA, LODE_RUNNER], ids=["mario", "zelda", "lode runner"])
def test_the_first_tile_of_a_game_is_one_to_pass(legend):
    assert legend.having("passable")[0]
    assert not legend.having("solid")[0]


def test_a_legend_is_asked_by_tags():
    assert MARIO.first("solid", "ground") == MARIO.index("X")
    assert MARIO.first("rope") == MARIO.index("%") == -1
    assert not Legend("ab").having("solid").any()


def test_a_legend_names_each_tile_once_with_tags_for_all():
    with pytest.raises(InputError, match="different characters, received 'aba'"):
        Legend("aba")
    with pytest.raises(InputError, match="at most 256 tiles, received 257"):
        Legend("".join(map(chr, range(1000, 1257))))
    with pytest.raises(InputError, match="tags for each of 2 tiles, received 1"):
        Legend("ab", (("solid",),))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "expected a level of rows of tiles in there, received none"),
        ("--\n-\n", "there, line 2 is ragged: 1 tiles where the first row has 2"),
        ("--\n-%\n", "there has tiles that are not in the legend .*: '%' in line 2, column 2; add"),
    ],
)
def test_what_is_no_level_is_refused_with_its_place(text, found):
    with pytest.raises(InputError, match=found):
        MARIO.level(text, "there")


def test_a_jump_clears_nine_columns_and_no_more():
    widths = range(1, 15)
    clear = jumps.playable(np.stack([ground(gap=width) for width in widths]))
    np.testing.assert_array_equal(clear, [width <= 9 for width in widths])


def test_a_jump_climbs_four_cells_and_no_more():
    heights = range(1, 8)
    clear = jumps.playable(np.stack([ground(wall=height) for height in heights]))
    np.testing.assert_array_equal(clear, [height <= 4 for height in heights])


def test_a_ceiling_is_no_road_and_a_wall_to_the_top_has_no_way_over_it():
    ceiling = ground(gap=14)
    ceiling[2] = True
    wall = ground(wall=13)
    shelf = ground(wall=13)
    shelf[6, 8:12] = shelf[9, 6:9] = True
    assert not jumps.playable(np.stack([ceiling, wall, shelf])).any()


def test_a_low_ceiling_shortens_a_jump():
    low = np.stack([ground(gap=width) for width in (1, 7)])
    low[:, :12] = True
    np.testing.assert_array_equal(jumps.playable(low), [True, False])


def test_a_window_that_begins_and_ends_over_gaps_stands_beside_itself():
    solid = np.zeros((14, 28), bool)
    solid[-1, 6:22] = True
    nothing = np.zeros((14, 28), bool)
    far = np.zeros((14, 28), bool)
    far[-1, 12:16] = True
    np.testing.assert_array_equal(jumps.playable(np.stack([solid, nothing, far])), [True, False, False])


def test_many_levels_are_searched_as_each_by_itself(random):
    shares = random.uniform(0.05, 0.6, (40, 1, 1))
    levels = random.random((40, 14, 20)) < shares
    together = jumps.playable(levels)
    assert 0 < together.sum() < 40
    np.testing.assert_array_equal(together, [courses.cheapest_course(level) is not None for level in levels])


def test_a_course_leads_from_left_to_right_through_free_cells_without_leaps():
    solid = ground(gap=4, wall=3)
    found = courses.cheapest_course(solid)
    cells = np.array(found.cells)
    assert cells[0, 1] == 2
    assert cells[-1, 1] == 25
    assert np.abs(np.diff(cells, axis=0)).max() == 1
    assert not solid[tuple(cells.T)].any()
    assert found.built == []


def test_the_cheapest_course_removes_one_tile_of_a_wall_of_five():
    solid = ground(wall=5)
    found = courses.cheapest_course(solid, np.ones(solid.shape))
    removed = [cell for cell in found.removed if solid[cell]]
    assert len(removed) + len(found.built) == 1


def test_pipes_are_whole_or_broken():
    whole = of(MARIO, "----", "-<>-", "-[]-", "XXXX")
    np.testing.assert_array_equal(pipes.broken_pipes(whole[None], MARIO), False)
    assert pipes.broken_fraction(np.zeros((2, 4, 4), int), MARIO) == 0
    cut = of(MARIO, "---<", ">--[", "]--[", "XXXX")
    assert pipes.broken_fraction(cut[None], MARIO) == 0
    halves = of(MARIO, "----", "-<--", "-[]-", "XXXX")
    assert pipes.broken_fraction(halves[None], MARIO) == pytest.approx(2 / 3)


def test_pipes_and_cannons_are_made_whole():
    halves = of(MARIO, "----", "-<--", "-[]-", "XXXX")
    np.testing.assert_array_equal(
        pipes.repair_pipes(halves, MARIO), of(MARIO, "----", "-<>-", "-[]-", "XXXX")
    )
    np.testing.assert_array_equal(
        pipes.repair_pipes(of(MARIO, "--", "-b", "-b"), MARIO), of(MARIO, "--", "-B", "-b")
    )


def test_no_pipe_is_broken_after_mending(random):
    for _ in range(5):
        mended = pipes.repair_pipes(random.integers(0, 13, (14, 20)), MARIO)
        assert not pipes.broken_pipes(mended[None], MARIO).any()
        np.testing.assert_array_equal(pipes.repair_pipes(mended, MARIO), mended)


def test_doors_are_reached_over_one_tile_of_water_with_the_ladder():
    dry, river, sea = room(), room(*["FFFPFFF"] * 12), room(*["FFPPFFF"] * 12)
    levels = np.stack([dry, river, sea])
    np.testing.assert_array_equal(rooms.playable(levels, ZELDA), [True, True, False])
    np.testing.assert_array_equal(rooms.playable(levels, ZELDA, ladder=False), [True, False, False])


def test_a_room_has_a_door_and_none_in_its_middle():
    closed = np.where(room() == ZELDA.index("D"), ZELDA.index("W"), room())
    inside = room(*["FFFDFFF"] * 12)
    assert not rooms.playable(np.stack([closed, inside, room(*["FFBWIFF"] * 12)]), ZELDA).any()


def test_the_runner_climbs_hangs_falls_and_digs():
    level = of(
        LODE_RUNNER, "..----G", "G.#....", "bb#bb..", "..#...G", ".M#.b..", "bbbbbbb", "G......", "BBBBBBB"
    )
    at = runner.reached(level[None], LODE_RUNNER)[0]
    assert at[level == LODE_RUNNER.index("G")].all()
    assert runner.playable(level[None], LODE_RUNNER).all()
    stone = np.where(level == LODE_RUNNER.index("b"), LODE_RUNNER.index("B"), level)
    assert not runner.reached(stone[None], LODE_RUNNER)[0][6].any()


def test_a_level_to_run_has_one_spawn_and_gold():
    levels = np.stack([of(LODE_RUNNER, row, "bbb") for row in ("M.G", "MMG", "..G", "M..")])
    np.testing.assert_array_equal(runner.playable(levels, LODE_RUNNER), [True, False, False, False])


@pytest.mark.parametrize("tiles", [13, 6], ids=["with pipes", "without"])
def test_garbage_becomes_a_level_to_run_and_stays_as_it_is_then(random, tiles):
    for _ in range(3):
        garbage = random.integers(0, tiles, (14, 28))
        level, good = game_of("platformer").repair(garbage, MARIO)
        assert good
        assert game_of("platformer").playable(level[None], MARIO).all()
        assert not pipes.broken_pipes(level[None], MARIO).any()
        again, _ = game_of("platformer").repair(level, MARIO)
        np.testing.assert_array_equal(again, level)


def test_a_wall_and_a_gap_are_mended_by_few_tiles():
    for solid, most in ((ground(wall=6), 2), (ground(gap=11), 2), (np.zeros((14, 28), bool), 28)):
        level, good = game_of("platformer").repair(solid.astype(int), MARIO)
        assert good
        assert 0 < (level != solid).sum() <= most


def test_a_level_without_a_row_to_stand_in_says_so():
    level = np.ones((1, 8), int)
    assert game_of("rooms").repair(level, MARIO)[1] is False


def test_floor_is_opened_from_door_to_door():
    level, good = game_of("rooms").repair(room(*["FFWPPFF"] * 12), ZELDA)
    assert good
    assert (level != room(*["FFWPPFF"] * 12)).sum() <= 3
    _, good = game_of("rooms").repair(np.ones((16, 11), int), ZELDA)
    assert not good


def test_ladders_lead_to_gold_out_of_reach():
    level = of(LODE_RUNNER, "...G..", ".BBBB.", "......", "M.....", "BBBBBB")
    mended, good = game_of("runner").repair(level, LODE_RUNNER)
    assert good
    assert (mended != level).sum() <= 4
    spawned, good = game_of("runner").repair(of(LODE_RUNNER, "..G", "bbb"), LODE_RUNNER)
    assert good
    assert (spawned == LODE_RUNNER.index("M")).sum() == 1
    assert not game_of("runner").repair(of(LODE_RUNNER, "M..", "bbb"), LODE_RUNNER)[1]


@pytest.mark.parametrize("game", ["platformer", "rooms", "runner"])
def test_a_legend_that_lacks_what_a_game_needs_has_no_playable_level(game):
    bare = Legend(".#", (("passable",), ("solid",)) if game != "platformer" else ())
    level, good = game_of(game).repair(np.zeros((6, 8), int), bare)
    assert not good
    assert level.min() >= 0
    gold = Legend(".#GM", (("passable",), ("solid",), ("gold",), ("spawn",)))
    high = gold.level("..G.\n....\n.M..\n####", "a test")
    level, good = game_of("runner").repair(high, gold)
    assert not good
    assert level.min() >= 0


def test_a_game_of_unknown_movement_is_left_as_it_is():
    level = np.zeros((3, 3), int)
    mended, good = game_of("").repair(level, MARIO)
    assert good
    np.testing.assert_array_equal(mended, level)


def test_equal_sets_have_no_divergence_and_others_that_of_their_patterns(random):
    levels = random.integers(0, 3, (5, 6, 7))
    assert patterns.pattern_divergence(levels, levels, 2) == pytest.approx(0, abs=1e-9)
    real = np.array([[[0, 0, 0], [0, 0, 0]]])
    sampled = np.array([[[0, 0, 1], [0, 0, 1]]])
    assert patterns.pattern_divergence(sampled, real, 2) == pytest.approx(math.log(2), abs=1e-5)
    assert patterns.pattern_counts(real, 2) == {bytes(4): 2}
    with pytest.raises(ValueError, match="3 or more rows"):
        patterns.pattern_counts(real, 3)


def test_tiles_have_the_likelihood_of_their_counts():
    levels = np.array([[[0, 0, 1]]])
    tiles = TileUnigrams(levels, 2)
    assert tiles.nll(np.array([[[0]]])) == pytest.approx(-math.log(3 / 5))
    assert tiles.sample(3, 0).shape == (3, 1, 3)


def test_columns_are_a_distribution_and_draw_what_they_saw():
    levels = np.array([[[0, 1, 0, 1, 0]], [[1, 0, 1, 0, 1]]] * 4)
    columns = ColumnTrigrams(levels, 2)
    drawn = columns.sample(20, 0)
    assert (np.diff(drawn, axis=2) != 0).all()
    np.testing.assert_array_equal(drawn, columns.sample(20, 0))
    every = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, 1, 1, -1).transpose(3, 1, 2, 0).reshape(-1, 1, 4)
    total = sum(math.exp(-columns.nll(each[None])) for each in every)
    assert total == pytest.approx(1, abs=1e-9)
    assert columns.nll(levels) < TileUnigrams(levels, 2).nll(levels)


def test_columns_that_nothing_followed_are_gone_on_from_shorter_contexts():
    columns = ColumnTrigrams(np.array([[[0, 1, 2]]]), 3)
    wide = ColumnTrigrams(np.array([[[0, 1, 2]]]), 3)
    wide.columns = 9
    assert columns.sample(2, 0).shape == (2, 1, 3)
    assert set(np.unique(wide.sample(5, 0))) <= {0, 1, 2}


def test_attributes_of_levels_follow_from_tags_and_games():
    solid = ground(gap=3).astype(int)
    pipe = solid.copy()
    pipe[11:13, 2:4] = [[MARIO.index(tile) for tile in pair] for pair in ("<>", "[]")]
    found = level_attributes(
        np.stack([solid, pipe, ground(wall=5).astype(int)]), MARIO, game_of("platformer")
    )
    np.testing.assert_array_equal(found["pipes"], [False, True, False])
    np.testing.assert_array_equal(found["gaps"], [True, True, False])
    np.testing.assert_array_equal(found["hills"], [False, False, True])
    assert found["sky"].all()
    assert "ropes" not in found
    assert not level_attributes(room()[None], ZELDA, game_of("rooms"))["four_doors"].any()


@pytest.mark.parametrize(
    ("legend", "game"),
    [(MARIO, "platformer"), (ZELDA, "rooms"), (LODE_RUNNER, "runner"), (Legend(".ab\u00e9"), "")],
    ids=["platformer", "rooms", "runner", "unknown"],
)
def test_every_tile_has_a_drawing_of_its_own(legend, game):
    tiles = np.arange(len(legend.tiles))[None]
    drawn = art.level_image(tiles, legend, game_of(game))
    assert drawn.shape == (16, 16 * len(legend.tiles), 3)
    assert drawn.dtype == np.uint8
    assert len({drawn[:, 16 * k : 16 * k + 16].tobytes() for k in range(len(legend.tiles))}) == len(
        legend.tiles
    )


def test_a_course_is_drawn_over_a_level():
    level = np.zeros((3, 4), int)
    plain, with_course = (
        art.level_image(level, MARIO, Game()),
        art.level_image(level, MARIO, Game(), [(1, 0), (1, 3)]),
    )
    assert (with_course[24, 16:48] == art.PATH_COLOR).all()
    np.testing.assert_array_equal(plain[:8], with_course[:8])


MAZE = """
from keras_ae.formats.levels.game import Game


class Maze(Game):
    \"\"\"A game in which a level is playable without solid tiles.\"\"\"

    name = "maze"
    background = (1, 2, 3)

    def playable(self, levels, legend):
        return ~legend.having("solid")[levels].any(axis=(1, 2))

    def repair(self, level, legend):
        return level * 0, True

    def attributes(self, levels, legend):
        return {"open": self.playable(levels, legend)}
"""


@pytest.fixture
def maze(tmp_path, monkeypatch):
    """A game of its own in one more file of the folder."""
    (tmp_path / "maze.py").write_text(MAZE)
    monkeypatch.setattr(levels, "__path__", [*levels.__path__, str(tmp_path)])
    yield "maze"
    sys.modules.pop("keras_ae.formats.levels.maze", None)


def test_a_game_is_one_file(maze):
    assert set(game_names()) == {"platformer", "rooms", "runner", maze}
    format = TileLevels(".#", maze, (("empty",), ("solid",)))
    assert from_json(to_json(format)) == format
    open_and_blocked = np.stack([np.zeros((3, 4), int), np.eye(3, 4, dtype=int)])
    assert format.judges
    assert format.axis is None
    np.testing.assert_array_equal(format.validity(open_and_blocked), [1, 0])
    assert format.sample_metrics(open_and_blocked, open_and_blocked, open_and_blocked)["playable"] == 0.5
    assert format.attributes(open_and_blocked)["open"].tolist() == [True, False]
    repaired, valid = format.repair(open_and_blocked[1])
    assert valid
    assert not repaired.any()
    assert (format.render(repaired) == (1, 2, 3)).all()
    assert LevelFolder("x", game=maze).game == maze


def test_games_are_known_by_their_names():
    assert game_names() == ("platformer", "rooms", "runner")
    assert game_of("") == Game()
    assert game_of("rooms") != game_of("runner")
