"""Formats: kept as text, found by a shape, and what reads, draws and writes numbers and images."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from keras_ae.errors import InputError
from keras_ae.formats import format_of, formats, from_json, to_json
from keras_ae.formats.clips import Clips
from keras_ae.formats.images import Images
from keras_ae.formats.levels.tile_levels import TileLevels
from keras_ae.formats.music.chorales import Chorales
from keras_ae.formats.numbers import COLORS, SIZE, Numbers
from keras_ae.formats.rows import Rows
from keras_ae.formats.sequences import Sequences
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.formats.text.texts import Texts

EXAMPLES = {
    "chorales": (Chorales(40, 70, 2, 3, False), np.repeat([[30, 20, 10, 2], [0] * 4], [1, 11], axis=0)),
    "levels": (TileLevels("ab", "rooms", (("empty",), ("solid", "wall")), True), np.eye(5, 4, dtype=int)),
    "numbers": (Numbers(), np.arange(12, dtype=np.float32).reshape(6, 2)),
    "clips": (Clips(), (np.arange(96, dtype=np.float32) % 50 / 51).reshape(3, 4, 8, 1)),
    "texts": (Texts(("a", "b"), 6), np.array([2, 3, 2, 0, -1, -1])),
    "rows": (
        Rows(
            ("a", "b", "c"),
            ("number", "word", "time"),
            ((), ("x", "y"), ()),
            (2, -1, -1),
            ("", "", "%Y-%m-%d"),
        ),
        np.array([1.25, 1.0, 19_800.0]),
    ),
    "waveforms": (Waveforms(), (np.sin(np.arange(800) / 3) / 2).astype(np.float32)),
    "sequences": (Sequences(("a", "b"), 3), np.array([[1, 2], [0, 4], [np.nan] * 2], np.float32)),
    "images": (Images(), np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4, 1)),
}


@pytest.fixture(params=EXAMPLES)
def known(request):
    """A format, and an example of it."""
    return EXAMPLES[request.param]


def told(read, *arguments):
    """The one line in which something is refused."""
    with pytest.raises(InputError) as caught:
        read(*arguments)
    [line] = str(caught.value).splitlines()
    return line


def test_every_medium_is_tried_here():
    assert {type(format).__name__ for format, _ in EXAMPLES.values()} == set(formats()) - {"LogMels"}


def test_spectra_are_drawn_and_kept_as_text():  # they are not written: nothing plays them
    format, example = LogMels(samples=4000), np.linspace(-3, 3, 40, dtype=np.float32).reshape(8, 5)
    assert from_json(to_json(format)) == format
    drawing = format.render(example)
    assert drawing.shape == (15, 24, 3)
    assert drawing.min() < drawing.max()


def test_a_medium_comes_back_from_its_text(known):
    format, _ = known
    text = to_json(format)
    assert from_json(text) == format
    assert hash(from_json(text)) == hash(format)  # what was a tuple is one again
    assert json.loads(text)["kind"] == type(format).__name__


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "[]",
        '{"kind": "Numbers"}',
        '{"kind": "Film", "fields": {}}',
        '{"kind": ["Numbers"], "fields": {}}',
        '{"kind": "Numbers", "fields": []}',
        '{"kind": "Numbers", "fields": {"size": 3}}',
        '{"kind": "Chorales", "fields": {"lowest": 36}}',
        '{"kind": "Chorales", "fields": {"lowest": 36, "highest": "C"}}',
        '{"kind": "TileLevels", "fields": {"tiles": "ab", "game": "chess"}}',
    ],
)
def test_a_text_that_is_no_medium_is_refused(text):
    line = told(from_json, text)
    assert line == f"expected the format of a run's examples, received {text!r}; train again"


def test_a_long_text_is_refused_in_a_short_line():
    assert len(told(from_json, "x" * 10_000)) < 200


@pytest.mark.parametrize(
    ("domain", "shape", "expected"),
    [
        ("unit", (8, 9, 1), Images()),
        ("unit", (8, 9, 3), Images()),
        ("unit", (8, 9, 2), Numbers()),
        ("unit", (5, 8, 9, 2), Clips()),
        ("real", (5, 8, 9, 2), Numbers()),
        ("unit", (9, 3), Numbers()),
        ("unit", (3,), Numbers()),
        ("real", (8, 9, 3), Numbers()),
        ("categorical", (8, 9, 3), Numbers()),
    ],
)
def test_images_are_values_of_the_unit_interval_in_their_shape(domain, shape, expected):
    assert format_of(None, domain, shape) == expected
    assert format_of(TileLevels("ab"), domain, shape) == TileLevels("ab")


def test_an_example_is_drawn_in_bytes_and_written_below_its_whole_name(known, tmp_path):
    format, example = known
    drawing = format.render(example)
    assert drawing.dtype == np.uint8
    assert drawing.ndim == 3
    assert drawing.shape[2] in (1, 3)
    assert drawing.min() < drawing.max()
    paths = format.write(example, tmp_path / "one.two")
    assert {path.stem for path in paths} == {"one.two"}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in paths}
    assert paths[0].suffix in format.suffixes


def test_an_example_that_is_written_is_read_again(known, tmp_path):
    format, example = known
    back = format.read(format.write(example, tmp_path / "a")[0], example.shape)
    assert back.shape == example.shape
    # levels of images are bytes, samples of sounds have 16 bits
    step = {Images: 1 / 255, Clips: 1 / 255, Waveforms: 1 / 2**15}.get(type(format), 0)
    np.testing.assert_allclose(back, example, rtol=0, atol=0.51 * step)


def test_a_image_of_bytes_is_read_exactly_and_its_middle_taken(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, 4:12] = (10, 20, 30)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(Images().read(tmp_path / "a.png", (8, 16, 3)), pixels / np.float32(255))
    middle = Images().read(tmp_path / "a.png", (8, 8, 3))
    np.testing.assert_array_equal(middle, pixels[:, 4:12] / np.float32(255))
    assert middle.dtype == np.float32
    assert Images().read(tmp_path / "a.png", (4, 4, 1)).shape == (4, 4, 1)


def test_values_beyond_the_unit_interval_are_drawn_as_its_ends():
    drawing = Images().render(np.array([[[-1.0], [0.5], [2.0]]]))
    assert drawing.tolist() == [[[0], [128], [255]]]


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    for name in ("a.png", "nowhere.png"):
        line = told(Images().read, tmp_path / name, (4, 4, 1))
        assert line.startswith(f"{tmp_path / name} cannot be read as an image (")
        assert line.endswith("give a PNG or JPEG")


def array_file(path, array):
    np.save(path, array, allow_pickle=True)
    return path.read_bytes()


def with_header(text):
    """An .npy file of the first version with this in the place of what its array is."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool", ">i2"])
def test_numbers_are_read_as_they_are_alone_or_in_a_batch_of_one(tmp_path, dtype):
    array = np.array([[0, 1, 1], [1, 0, 1]], dtype)
    for given in (array, array[None], np.asfortranarray(array)):
        np.save(tmp_path / "a.npy", given)
        read = Numbers().read(tmp_path / "a.npy", (2, 3))
        np.testing.assert_array_equal(read, array)
        assert read.dtype == array.dtype
        assert type(read) is np.ndarray  # and no view of a file that may change


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3), "expected an array of shape (2,) in {path}, received (3,)"),
        (np.zeros((2, 2)), "received (2, 2)"),
        (np.zeros((2, 1)), "received (2, 1)"),
        (np.float32(3), "received ()"),
        (np.array([1.0, np.nan]), "expected finite numbers in {path}, received float64"),
        (np.array([1.0, np.inf]), "expected finite numbers"),
        (np.array([1j, 2]), "expected finite numbers in {path}, received complex128"),
        (np.array(["a", "b"]), "expected finite numbers in {path}, received <U1"),
        (np.array([{}, {}], object), "cannot be read as an array"),
    ],
)
def test_an_array_of_another_shape_or_not_of_numbers_is_refused(tmp_path, array, message):
    path = tmp_path / "a.npy"
    array_file(path, array)
    assert message.format(path=path) in told(Numbers().read, path, (2,))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        b"PK\x03\x04 no archive",
        b"\x93NUMPY\x01\x00",
        with_header(b"{'descr': '<f4', 'fortran_order': False, 'shape'"),
        with_header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}\n"),
        with_header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000000000000000,)}\n"),
        with_header(b"{'descr': 'zz', 'fortran_order': False, 'shape': (2,)}\n"),
        with_header(b"{[]: 3}\n"),
        with_header(b" " * 20_000 + b"\n"),
    ],
    ids=["empty", "words", "zip", "magic", "cut", "below 0", "huge", "dtype", "no fields", "long"],
)
def test_a_broken_array_file_is_refused(tmp_path, content):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    line = told(Numbers().read, path, (2,))
    assert line.startswith(f"{path} cannot be read as an array (")
    assert line.endswith("write it with numpy.save")


def test_a_file_of_arrays_one_that_is_cut_and_one_that_is_not_there_are_refused(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(array_file(path, np.zeros(2))[:-1])
    assert "cannot be read as an array" in told(Numbers().read, path, (2,))
    np.savez(tmp_path / "b.npz", np.zeros(2))
    for name in ("b.npz", "nowhere.npy"):
        assert "cannot be read as an array" in told(Numbers().read, tmp_path / name, (2,))


def colored(drawing, number):
    """Where a drawing has the color of a line, (height, width) bool."""
    return (drawing == COLORS[number % len(COLORS)]).all(axis=2)


def test_a_series_is_a_curve_a_channel():
    rising = np.linspace(0, 1, 50)
    drawing = Numbers().render(np.stack([rising, 1 - rising], axis=1))
    assert drawing.shape == (SIZE[1], SIZE[0], 3)
    for number, up in ((0, True), (1, False)):
        rows, columns = np.nonzero(colored(drawing, number))
        assert len(set(columns)) > 200
        assert (np.corrcoef(rows, columns)[0, 1] < -0.99) == up  # rows are counted from above
        assert rows.max() - rows.min() > 80
    assert not colored(drawing, 2).any()


def test_all_else_is_bars_as_high_as_the_values():
    for example in (np.array([0, 4, 2, 3]), np.array([0.0, 4, 2, 3]).reshape(2, 1, 2)):
        drawing = Numbers().render(example)
        assert drawing.shape == (SIZE[1], SIZE[0], 3)
        heights = colored(drawing, 0).sum(axis=0)
        found = heights[np.linspace(4, SIZE[0] - 5, 4).astype(int)] - 1
        np.testing.assert_allclose(found / (SIZE[1] - 10), [0, 1, 0.5, 0.75], atol=0.02)
        assert heights[SIZE[0] // 2] == 0  # bars stand apart


def test_what_does_not_vary_is_drawn_too():
    for example in (np.zeros(3), np.ones((5, 2), np.float32), np.array([True, True])):
        last = example.shape[1] - 1 if example.ndim == 2 else 0  # of curves the last is above the others
        assert colored(Numbers().render(example), last).any()


def test_a_medium_says_what_files_it_takes(known):
    format, _ = known
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in format.suffixes)
    assert "suffixes" not in {field.name for field in dataclasses.fields(format)}


def test_a_file_of_several_images_gives_the_first_and_says_so(tmp_path):
    pages = [Image.new("L", (4, 4), level) for level in (7, 8, 9)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "one.tif")
    assert np.rint(255 * Images().read(tmp_path / "stack.tif", (4, 4, 1))).max() == 7
    assert Images().note_on(tmp_path / "stack.tif").endswith("stack.tif the first is taken")
    assert Images().note_on(tmp_path / "one.tif") == Numbers().note_on(tmp_path / "one.tif") == ""
