"""Tile levels: what tiles are, how games move over levels, and how levels are measured, mended and drawn."""

import math

import numpy as np
import pytest

from keras_ae.errors import InputError
from keras_ae.formats.levels import art, courses, patterns, pipes, platformer, repair, rooms, runner
from keras_ae.formats.levels.attributes import traits
from keras_ae.formats.levels.columns import Columns, Tiles
from keras_ae.formats.levels.legend import LODE_RUNNER, MARIO, ZELDA, Legend


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
    assert MARIO.first("solid", "ground") == MARIO.number("X")
    assert MARIO.first("rope") == MARIO.number("%") == -1
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
        ("--\n-\n", "there, line 2 is ragged: 1 tiles where line 1 has 2"),
        ("--\n-%\n", "there, line 2, column 2: tile '%' is not in the legend"),
    ],
)
def test_what_is_no_level_is_refused_with_its_place(text, found):
    with pytest.raises(InputError, match=found):
        MARIO.level(text, "there")


def test_a_jump_clears_nine_columns_and_no_more():
    widths = range(1, 15)
    clear = platformer.playable(np.stack([ground(gap=width) for width in widths]))
    np.testing.assert_array_equal(clear, [width <= 9 for width in widths])


def test_a_jump_climbs_four_cells_and_no_more():
    heights = range(1, 8)
    clear = platformer.playable(np.stack([ground(wall=height) for height in heights]))
    np.testing.assert_array_equal(clear, [height <= 4 for height in heights])


def test_a_ceiling_is_no_road_and_a_wall_to_the_top_has_no_way_over_it():
    ceiling = ground(gap=14)
    ceiling[2] = True
    wall = ground(wall=13)
    shelf = ground(wall=13)
    shelf[6, 8:12] = shelf[9, 6:9] = True
    assert not platformer.playable(np.stack([ceiling, wall, shelf])).any()


def test_a_low_ceiling_shortens_a_jump():
    low = np.stack([ground(gap=width) for width in (1, 7)])
    low[:, :12] = True
    np.testing.assert_array_equal(platformer.playable(low), [True, False])


def test_a_window_that_begins_and_ends_over_gaps_stands_beside_itself():
    solid = np.zeros((14, 28), bool)
    solid[-1, 6:22] = True
    nothing = np.zeros((14, 28), bool)
    far = np.zeros((14, 28), bool)
    far[-1, 12:16] = True
    np.testing.assert_array_equal(platformer.playable(np.stack([solid, nothing, far])), [True, False, False])


def test_many_levels_are_searched_as_each_by_itself(random):
    shares = random.uniform(0.05, 0.6, (40, 1, 1))
    levels = random.random((40, 14, 20)) < shares
    together = platformer.playable(levels)
    assert 0 < together.sum() < 40
    np.testing.assert_array_equal(together, [courses.course(level) is not None for level in levels])


def test_a_course_leads_from_left_to_right_through_free_cells_without_leaps():
    solid = ground(gap=4, wall=3)
    found = courses.course(solid)
    cells = np.array(found.cells)
    assert cells[0, 1] == 2
    assert cells[-1, 1] == 25
    assert np.abs(np.diff(cells, axis=0)).max() == 1
    assert not solid[tuple(cells.T)].any()
    assert found.built == []


def test_the_cheapest_course_removes_one_tile_of_a_wall_of_five():
    solid = ground(wall=5)
    found = courses.course(solid, np.ones(solid.shape))
    removed = [cell for cell in found.removed if solid[cell]]
    assert len(removed) + len(found.built) == 1


def test_pipes_are_whole_or_broken():
    whole = of(MARIO, "----", "-<>-", "-[]-", "XXXX")
    np.testing.assert_array_equal(pipes.broken(whole[None], MARIO), False)
    assert pipes.broken_share(np.zeros((2, 4, 4), int), MARIO) == 0
    cut = of(MARIO, "---<", ">--[", "]--[", "XXXX")
    assert pipes.broken_share(cut[None], MARIO) == 0
    halves = of(MARIO, "----", "-<--", "-[]-", "XXXX")
    assert pipes.broken_share(halves[None], MARIO) == pytest.approx(2 / 3)


def test_pipes_and_cannons_are_made_whole():
    halves = of(MARIO, "----", "-<--", "-[]-", "XXXX")
    np.testing.assert_array_equal(pipes.mended(halves, MARIO), of(MARIO, "----", "-<>-", "-[]-", "XXXX"))
    np.testing.assert_array_equal(
        pipes.mended(of(MARIO, "--", "-b", "-b"), MARIO), of(MARIO, "--", "-B", "-b")
    )


def test_no_pipe_is_broken_after_mending(random):
    for _ in range(5):
        mended = pipes.mended(random.integers(0, 13, (14, 20)), MARIO)
        assert not pipes.broken(mended[None], MARIO).any()
        np.testing.assert_array_equal(pipes.mended(mended, MARIO), mended)


def test_doors_are_reached_over_one_tile_of_water_with_the_ladder():
    dry, river, sea = room(), room(*["FFFPFFF"] * 12), room(*["FFPPFFF"] * 12)
    levels = np.stack([dry, river, sea])
    np.testing.assert_array_equal(rooms.playable(levels, ZELDA), [True, True, False])
    np.testing.assert_array_equal(rooms.playable(levels, ZELDA, ladder=False), [True, False, False])


def test_a_room_has_a_door_and_none_in_its_middle():
    closed = np.where(room() == ZELDA.number("D"), ZELDA.number("W"), room())
    inside = room(*["FFFDFFF"] * 12)
    assert not rooms.playable(np.stack([closed, inside, room(*["FFBWIFF"] * 12)]), ZELDA).any()


def test_the_runner_climbs_hangs_falls_and_digs():
    level = of(
        LODE_RUNNER, "..----G", "G.#....", "bb#bb..", "..#...G", ".M#.b..", "bbbbbbb", "G......", "BBBBBBB"
    )
    at = runner.reached(level[None], LODE_RUNNER)[0]
    assert at[level == LODE_RUNNER.number("G")].all()
    assert runner.playable(level[None], LODE_RUNNER).all()
    stone = np.where(level == LODE_RUNNER.number("b"), LODE_RUNNER.number("B"), level)
    assert not runner.reached(stone[None], LODE_RUNNER)[0][6].any()


def test_a_level_to_run_has_one_spawn_and_gold():
    levels = np.stack([of(LODE_RUNNER, row, "bbb") for row in ("M.G", "MMG", "..G", "M..")])
    np.testing.assert_array_equal(runner.playable(levels, LODE_RUNNER), [True, False, False, False])


@pytest.mark.parametrize("tiles", [13, 6], ids=["with pipes", "without"])
def test_garbage_becomes_a_level_to_run_and_stays_as_it_is_then(random, tiles):
    for _ in range(3):
        garbage = random.integers(0, tiles, (14, 28))
        level, good = repair.repaired(garbage, MARIO, "platformer")
        assert good
        assert repair.playable(level[None], MARIO, "platformer").all()
        assert not pipes.broken(level[None], MARIO).any()
        again, _ = repair.repaired(level, MARIO, "platformer")
        np.testing.assert_array_equal(again, level)


def test_a_wall_and_a_gap_are_mended_by_few_tiles():
    for solid, most in ((ground(wall=6), 2), (ground(gap=11), 2), (np.zeros((14, 28), bool), 28)):
        level, good = repair.repaired(solid.astype(int), MARIO, "platformer")
        assert good
        assert 0 < (level != solid).sum() <= most


def test_a_level_without_a_row_to_stand_in_says_so():
    level = np.ones((1, 8), int)
    assert repair.repaired(level, MARIO, "rooms")[1] is False


def test_floor_is_opened_from_door_to_door():
    level, good = repair.repaired(room(*["FFWPPFF"] * 12), ZELDA, "rooms")
    assert good
    assert (level != room(*["FFWPPFF"] * 12)).sum() <= 3
    _, good = repair.repaired(np.ones((16, 11), int), ZELDA, "rooms")
    assert not good


def test_ladders_lead_to_gold_out_of_reach():
    level = of(LODE_RUNNER, "...G..", ".BBBB.", "......", "M.....", "BBBBBB")
    mended, good = repair.repaired(level, LODE_RUNNER, "runner")
    assert good
    assert (mended != level).sum() <= 4
    spawned, good = repair.repaired(of(LODE_RUNNER, "..G", "bbb"), LODE_RUNNER, "runner")
    assert good
    assert (spawned == LODE_RUNNER.number("M")).sum() == 1
    assert not repair.repaired(of(LODE_RUNNER, "M..", "bbb"), LODE_RUNNER, "runner")[1]


@pytest.mark.parametrize("game", ["platformer", "rooms", "runner"])
def test_a_legend_that_lacks_what_a_game_needs_has_no_playable_level(game):
    bare = Legend(".#", (("passable",), ("solid",)) if game != "platformer" else ())
    level, good = repair.repaired(np.zeros((6, 8), int), bare, game)
    assert not good
    assert level.min() >= 0
    gold = Legend(".#GM", (("passable",), ("solid",), ("gold",), ("spawn",)))
    high = gold.level("..G.\n....\n.M..\n####", "a test")
    level, good = repair.repaired(high, gold, "runner")
    assert not good
    assert level.min() >= 0


def test_a_game_of_unknown_movement_is_left_as_it_is():
    level = np.zeros((3, 3), int)
    mended, good = repair.repaired(level, MARIO, "")
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
    tiles = Tiles(levels, 2)
    assert tiles.nll(np.array([[[0]]])) == pytest.approx(-math.log(3 / 5))
    assert tiles.draw(3, 0).shape == (3, 1, 3)


def test_columns_are_a_distribution_and_draw_what_they_saw():
    levels = np.array([[[0, 1, 0, 1, 0]], [[1, 0, 1, 0, 1]]] * 4)
    columns = Columns(levels, 2)
    drawn = columns.draw(20, 0)
    assert (np.diff(drawn, axis=2) != 0).all()
    np.testing.assert_array_equal(drawn, columns.draw(20, 0))
    every = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, 1, 1, -1).transpose(3, 1, 2, 0).reshape(-1, 1, 4)
    total = sum(math.exp(-columns.nll(each[None])) for each in every)
    assert total == pytest.approx(1, abs=1e-9)
    assert columns.nll(levels) < Tiles(levels, 2).nll(levels)


def test_columns_that_nothing_followed_are_gone_on_from_shorter_contexts():
    columns = Columns(np.array([[[0, 1, 2]]]), 3)
    wide = Columns(np.array([[[0, 1, 2]]]), 3)
    wide.width = 9
    assert columns.draw(2, 0).shape == (2, 1, 3)
    assert set(np.unique(wide.draw(5, 0))) <= {0, 1, 2}


def test_traits_are_what_a_level_has():
    solid = ground(gap=3).astype(int)
    pipe = solid.copy()
    pipe[11:13, 2:4] = [[MARIO.number(tile) for tile in pair] for pair in ("<>", "[]")]
    found = traits(np.stack([solid, pipe, ground(wall=5).astype(int)]), MARIO, "platformer")
    np.testing.assert_array_equal(found["pipes"], [False, True, False])
    np.testing.assert_array_equal(found["gaps"], [True, True, False])
    np.testing.assert_array_equal(found["hills"], [False, False, True])
    assert found["sky"].all()
    assert "ropes" not in found
    assert not traits(room()[None], ZELDA, "rooms")["four_doors"].any()


@pytest.mark.parametrize(
    ("legend", "game"),
    [(MARIO, "platformer"), (ZELDA, "rooms"), (LODE_RUNNER, "runner"), (Legend(".ab\u00e9"), "")],
    ids=["platformer", "rooms", "runner", "unknown"],
)
def test_every_tile_has_a_drawing_of_its_own(legend, game):
    tiles = np.arange(len(legend.tiles))[None]
    drawn = art.image(tiles, legend, game)
    assert drawn.shape == (16, 16 * len(legend.tiles), 3)
    assert drawn.dtype == np.uint8
    assert len({drawn[:, 16 * k : 16 * k + 16].tobytes() for k in range(len(legend.tiles))}) == len(
        legend.tiles
    )


def test_a_course_is_drawn_over_a_level():
    level = np.zeros((3, 4), int)
    plain, with_course = art.image(level, MARIO), art.image(level, MARIO, "", [(1, 0), (1, 3)])
    assert (with_course[24, 16:48] == art.COURSE).all()
    np.testing.assert_array_equal(plain[:8], with_course[:8])
