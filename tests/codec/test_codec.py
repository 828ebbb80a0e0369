"""The quantization, the entropy coder and its files: exact, small, and refused where something is wrong."""

import base64
import contextlib
import hashlib
import re
import struct
import sys
import zlib

import numpy as np
import pytest

from keras_ae.codec import codes_file, entropy
from keras_ae.codec.codes_file import CodesFile, read_codes, written
from keras_ae.codec.dependence import choose_parents
from keras_ae.codec.grid import Grid, are_whole, dequantized
from keras_ae.codec.sections import SIZES
from keras_ae.codec.steps import grid_within, sensitivity
from keras_ae.codec.tables import Table, coding_order, count_levels, pack, unpack
from keras_ae.errors import InputError


@pytest.fixture
def levels(random):
    """Dimensions of different spreads, one of a single level, and two that tell of one another."""
    levels = np.rint(random.normal(0, [0.3, 2, 9, 40, 0, 3, 3], (3000, 7))).astype(np.int32)
    levels[:, 4], levels[:, 6] = -7, levels[:, 5] + random.integers(0, 2, 3000)
    return levels


def codes_of(levels, **changes):
    settings = {"grid": None, "shape": (levels.shape[1],), "dtype": "int32", "model": "digits"}
    return CodesFile(levels, **{**settings, "fingerprint": bytes(range(32)), **changes})


def save(path, codes):
    path.write_bytes(written(codes)[0])
    return path


def test_a_grid_over_a_range_has_its_ends_and_is_off_by_half_a_step_at_most(random):
    codes = random.normal(0, [1, 100, 0], (50, 3)).astype(np.float32)
    for bits in (2, 8, 16):
        grid = Grid.over_range(codes.min(axis=0), codes.max(axis=0), bits)
        levels = grid.levels(codes)
        assert levels.min(axis=0).tolist() == [0, 0, 0]
        assert levels.max(axis=0).tolist() == [2**bits - 1, 2**bits - 1, 0]
        # half a step, and the rounding of codes of about 300 to float32
        assert (np.abs(grid.codes(levels) - codes) <= grid.step / 2 + 1e-4).all()
    with pytest.raises(InputError, match="from 2 to 16 bits, received 17"):
        Grid.over_range(codes[0], codes[1], 17)


def test_codes_too_many_steps_away_or_not_finite_are_refused():
    grid = Grid(np.array([1e-6], np.float32), np.zeros(1, np.float32))
    for bad in (1e6, np.nan, np.inf):
        with pytest.raises(InputError, match=r"in dimension 0 of example 1; check"):
            grid.levels(np.array([[0.0], [bad]]))


def test_whole_numbers_are_told_from_others():
    assert are_whole(np.array([[1.0, -3.0]]))
    assert are_whole(np.array([[1, 2]], np.int64))
    assert not are_whole(np.array([[1.0, 0.5]]))
    assert not are_whole(np.array([[np.nan]]))
    assert not are_whole(np.array([2**40]))


def test_steps_follow_from_sensitivities_and_stay_within_the_error(random):
    weights = np.array([[4.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    codes = random.normal(size=(400, 3)).astype(np.float32)

    def decode(some, rows):
        return some @ weights

    found = sensitivity(decode, codes)
    np.testing.assert_allclose(found, [4, 1, 0], rtol=1e-5)  # of a linear map they are exact
    exact = decode(codes, None)
    grid = grid_within(codes, decode, lambda again: np.square(again - exact).sum(axis=1).mean(), 0.01)
    np.testing.assert_allclose(grid.step[1] / grid.step[0], 4, rtol=2**-6)  # steps are short numbers
    again = decode(grid.codes(grid.levels(codes)), None)
    assert 0.009 < np.square(again - exact).sum(axis=1).mean() <= 0.01


def test_levels_decode_to_what_was_encoded_with_and_without_parents(levels):
    for parents in ([-1] * 7, choose_parents(levels), [1, 2, -1, -1, 0, 6, -1]):
        tables = unpack(pack(count_levels(levels, parents)), 7)
        found = entropy.decode(entropy.encode(levels, tables), tables, len(levels))
        np.testing.assert_array_equal(found, levels)


def test_blocks_are_coded_one_after_the_other(levels, monkeypatch):
    monkeypatch.setattr(entropy, "BLOCK", 7 * 1000)
    tables = count_levels(levels[:2500], [-1] * 7)
    content = entropy.encode(levels[:2500], tables)
    np.testing.assert_array_equal(entropy.decode(content, tables, 2500), levels[:2500])
    assert struct.unpack_from("<I", content)[0] * 4 < len(content) / 2


def test_the_overhead_over_the_empirical_entropy_is_small(levels):
    tables = count_levels(levels, [-1] * 7)
    size = len(entropy.encode(levels, tables))
    least = entropy.empirical_bits(levels) / 8
    # 8 bytes to end with, 4 for the block's size, and a part in a thousand
    assert least <= size <= 1.001 * least + 12


def test_a_dimension_depends_on_another_where_that_pays(levels):
    assert choose_parents(levels) == [-1, -1, -1, -1, -1, -1, 5]
    assert choose_parents(levels[:20]) == [-1] * 7
    alone = entropy.encode(levels, count_levels(levels, [-1] * 7))
    # the pair tells all but a bit of one another, and 3 % of what is saved are tables
    assert written(codes_of(levels))[1].codes < len(alone) - 3000 * 2 / 8


def test_counts_are_scaled_to_16_bits_and_none_is_lost(random):
    column = np.concatenate([np.zeros(300_000, np.int32), [5]])
    [table] = count_levels(column[:, None], [-1])
    assert table.values.tolist() == [0, 5]
    assert table.counts.tolist() == [[65534, 1]]
    far = np.array([[-(2**31)], [2**31 - 1], [0]], np.int32)  # too far apart for a list
    assert count_levels(far, [-1])[0].values.tolist() == sorted(far.ravel().tolist())


@pytest.mark.parametrize(
    ("parents", "message"), [([0], "on itself"), ([1, 0], "on itself"), ([2, -1], "not there")]
)
def test_circles_of_dimensions_are_refused(parents, message):
    with pytest.raises(ValueError, match=message):
        coding_order(parents)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: b"", "end early"),
        (lambda table: pack([table]) + b"0", "something else"),
        (lambda table: pack([Table(-1, table.values, 0 * table.counts)]), "do not occur"),
        (lambda table: pack([Table(-1, np.array([2, 2]), table.counts)]), "ascend"),
        (lambda table: b"\xff" * 4 + b"\0" * 40, "no value"),
    ],
)
def test_what_is_no_table_is_refused(change, message):
    table = Table(-1, np.array([1, 4], np.int32), np.array([[3, 2]], np.uint16))
    [same] = unpack(pack([table]), 1)
    assert (same.values.tolist(), same.counts.tolist()) == ([1, 4], [[3, 2]])
    with pytest.raises(ValueError, match=message):
        unpack(change(table), 1)


def test_a_file_gives_back_codes_names_and_labels(tmp_path, random):
    codes = random.normal(size=(40, 2, 3)).astype(np.float32)
    flat = codes.reshape(40, 6)
    grid = Grid.of_equal_loss(np.arange(6) + 1.0, flat.mean(axis=0), 0.5)
    names = tuple(f"a/{number} ü.png" for number in range(40))
    given = codes_of(
        grid.levels(flat), grid=grid, shape=(2, 3), dtype="float32", names=names, labels=np.arange(40) % 3
    )
    found = read_codes(save(tmp_path / "x.kae", given))
    assert (found.shape, found.dtype, found.model) == ((2, 3), "float32", "digits")
    assert (found.fingerprint, found.names) == (bytes(range(32)), names)
    np.testing.assert_array_equal(found.labels, np.arange(40) % 3)
    assert found.codes.dtype == np.float32
    np.testing.assert_array_equal(found.codes, given.codes)
    assert (np.abs(found.codes - codes).reshape(40, 6) <= 0.51 * grid.step).all()


def test_few_examples_have_one_table_for_all_dimensions(tmp_path, random):
    levels = np.rint(random.normal(0, 2, (6, 100))).astype(np.int32)
    content, sizes = written(codes_of(levels))
    alone = count_levels(levels, [-1] * 100)
    assert sizes.total < len(zlib.compress(pack(alone))) + len(entropy.encode(levels, alone))
    (tmp_path / "x.kae").write_bytes(content)
    np.testing.assert_array_equal(read_codes(tmp_path / "x.kae").codes, levels)


def test_whole_numbers_come_back_as_they_are(tmp_path, random):
    indices = random.integers(0, 512, (30, 5))
    found = read_codes(save(tmp_path / "x.kae", codes_of(indices.astype(np.int32), dtype="int64")))
    assert found.codes.dtype == np.int64
    np.testing.assert_array_equal(found.codes, indices)
    constant = read_codes(save(tmp_path / "y.kae", codes_of(np.full((9, 2), 3, np.int32))))
    assert (constant.codes == 3).all()


def test_a_flipped_byte_anywhere_and_a_cut_file_are_refused_in_one_line(tmp_path, random):
    codes = codes_of(random.integers(-2, 3, (12, 3)).astype(np.int32), names=tuple(map(str, range(12))))
    path = save(tmp_path / "x.kae", codes)
    whole = path.read_bytes()
    assert read_codes(path).names == codes.names
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        with pytest.raises(InputError, match=r"was cut or changed|is no \.kae") as error:
            read_codes(path)
        assert "\n" not in str(error.value)
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"was cut or changed|is no \.kae"):
            read_codes(path)


def sealed(body):
    """A body with the checksum that belongs to it, as somebody who means harm would write it."""
    return body + hashlib.sha256(body).digest()


def test_a_file_with_a_right_checksum_and_a_wrong_body_is_refused(tmp_path, random):
    path, codes = tmp_path / "x.kae", codes_of(random.integers(-2, 3, (12, 3)).astype(np.int32))
    body = written(codes)[0][:-32]
    accepted = 0
    for at in range(8, len(body)):
        path.write_bytes(sealed(body[:at] + bytes([body[at] ^ 0x41]) + body[at + 1 :]))
        with contextlib.suppress(InputError):
            read_codes(path)
            accepted += 1
    assert accepted < 32 + 8  # of the fingerprint and of the name
    path.write_bytes(sealed(body + b"0"))
    with pytest.raises(InputError, match="followed by something else"):
        read_codes(path)


def test_huge_claims_are_refused_before_anything_is_allocated(tmp_path, random):
    path, codes = tmp_path / "x.kae", codes_of(np.zeros((12, 3), np.int32))
    body = written(codes)[0][:-32]
    at = 8 + struct.calcsize("<HBBBBH")
    for count in (2**27, 2**60):
        path.write_bytes(sealed(body[:at] + struct.pack("<Q", count) + body[at + 8 :]))
        with pytest.raises(InputError, match=re.escape(f"claims {count * 3:,} numbers, at most 268,435,456")):
            read_codes(path)
    start = 8 + codes_file.HEADER.size + 4 + 32
    bomb = zlib.compress(bytes(2**22), 9)
    name = SIZES.pack(len(bomb), 2**22) + bomb
    path.write_bytes(sealed(body[:start] + name))
    with pytest.raises(InputError, match="claims a section of 4,194,304 bytes, at most 1,024"):
        read_codes(path)
    bomb = SIZES.pack(len(bomb), 1000) + bomb  # which holds more than it claims
    path.write_bytes(sealed(body[:start] + bomb))
    with pytest.raises(InputError, match="at most 1,024|not as large"):
        read_codes(path)


def test_a_file_of_a_later_version_is_told(tmp_path):
    body = written(codes_of(np.zeros((2, 2), np.int32)))[0][:-32]
    path = tmp_path / "x.kae"
    path.write_bytes(sealed(body[:8] + struct.pack("<H", 2) + body[10:]))
    with pytest.raises(InputError, match="has version 2, this keras_ae reads 1; update"):
        read_codes(path)


def test_too_much_for_a_file_is_told_before_it_is_written(monkeypatch):
    with pytest.raises(InputError, match="received 0 examples"):
        written(codes_of(np.zeros((0, 2), np.int32)))
    monkeypatch.setattr(codes_file, "MOST_LEVELS", 10)
    with pytest.raises(InputError, match="from 1 to 10 numbers"):
        written(codes_of(np.zeros((6, 2), np.int32)))
    monkeypatch.setattr(codes_file, "MOST_TABLES", 10)
    with pytest.raises(InputError, match="in larger steps"):
        written(codes_of(np.arange(10, dtype=np.int32)[:, None]))
    monkeypatch.setattr(codes_file, "MOST_TABLES", 100)
    monkeypatch.setattr(codes_file, "MOST_NAMES", 3)
    with pytest.raises(InputError, match="names of the examples take 4 bytes"):
        written(codes_of(np.zeros((1, 1), np.int32), names=("abcd",)))


def test_a_file_that_is_too_large_or_not_there_is_told(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="cannot be read .*; check the path"):
        read_codes(tmp_path / "x.kae")
    path = save(tmp_path / "x.kae", codes_of(np.zeros((2, 2), np.int32)))
    monkeypatch.setattr(codes_file, "MOST_BYTES", 20)
    with pytest.raises(InputError, match="at most 20 are read"):
        read_codes(path)


def test_without_constriction_the_way_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(InputError, match=r"needs constriction: .*pip install 'keras_ae\[codec\]'$"):
        entropy.encode(np.zeros((2, 2), np.int32), count_levels(np.zeros((2, 2), np.int32), [-1, -1]))


WRITTEN = (
    "iAzC64GJ0x0RRF30R;d6Pyhe`000000{{R300000mlVnU0{{R3009C61O)~M2nh-c3=Iws5D^j+6crX17#SKH9337X1^@s61^@s6"
    "WNBw<baMaz00000002q=001lj004N}wTn>-z#t4m6CG^_QtyA-4lTMLzXp4R5E2q#04b3hFS`yF@=BXj;uGfGy~9S<sbQ8$cc%u*"
    "`qZ}Xr5%zV=D&CVmZk|C0000000000FaQ7mFaQ7m3jhEB(3aHpNxV>=RPqgKvjKp9dHla0-N2+<@l%2##yjS`m2VS%9w7(fzz_Qe"
    "-}$4Lc>{36Nt%^#XmSrL=OKK-&GcFeT<B?>11t%B"
)
"""A file of version 1, in Base85."""


def test_a_file_that_was_written_elsewhere_decodes_to_the_same_whole_numbers(tmp_path):
    rows = np.arange(240, dtype=np.int32).reshape(80, 3) ** 2 % 11
    rows[:, 2] = rows[:, 1] - (np.arange(80) % 7 == 0)
    (tmp_path / "x.kae").write_bytes(base64.b85decode(WRITTEN))
    np.testing.assert_array_equal(read_codes(tmp_path / "x.kae").codes, rows)


def test_levels_steps_and_offsets_stand_for_an_array():
    arrays = {
        "code_level": np.array([[0, 3]], np.uint8),
        "code_step": np.array([0.5, 2], np.float32),
        "code_offset": np.array([1, -1], np.float32),
        "other": np.zeros(1),
    }
    found = dequantized(arrays, ["code"])
    assert found["code"].tolist() == [[1.0, 5.0]]
    assert set(found) == {"code", "other"}
    assert dequantized(arrays, ["other"]) == arrays
    with pytest.raises(ValueError, match="do not fit together"):
        dequantized(arrays | {"code_step": np.zeros(3, np.float32)}, ["code"])
