"""Clips: moving digits, folders of animations and image sequences, arrays, and their windows."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from keras_ae.data.find import find_dataset
from keras_ae.data.images.mnist import embedded_digits
from keras_ae.data.streams.open_stream import open_stream
from keras_ae.data.streams.rows import InputSpec
from keras_ae.data.video.arrays import ClipArray
from keras_ae.data.video.folder import ClipFolder
from keras_ae.data.video.moving_digits import LED_IN, MovingDigits
from keras_ae.data.video.pen_paths import pen_path
from keras_ae.data.video.windows import window_starts
from keras_ae.errors import InputError
from keras_ae.formats.clips import Clips
from keras_ae.imaging import animation
from keras_ae.imaging.animation import clip_header, natural


def gif(path, frames, **options):
    images = [Image.fromarray(frame) for frame in frames]
    path.parent.mkdir(parents=True, exist_ok=True)
    images[0].save(path, save_all=True, append_images=images[1:], duration=50, loop=0, **options)


def noise(random, frames, height=12, width=12):
    return random.integers(0, 255, (frames, height, width), np.uint8)


@pytest.fixture
def folder(tmp_path, random):
    """Eight GIFs of 6 frames and a sequence of 12."""
    for number in range(8):
        gif(tmp_path / "clips" / f"{number}.gif", noise(random, 6))
    (tmp_path / "clips" / "long").mkdir()
    for number, frame in enumerate(noise(random, 12)):
        Image.fromarray(frame).save(tmp_path / "clips" / "long" / f"f{number}.png")
    return tmp_path / "clips"


@pytest.fixture(scope="module")
def moving():
    return MovingDigits(60).load()


def test_a_pen_path_runs_along_the_ink_from_the_upper_end():
    digits, labels = embedded_digits()
    for kind in range(10):
        digit = digits[np.flatnonzero(labels == kind)[0], ..., 0]
        path = pen_path(digit, 16)
        steps = np.hypot(*np.diff(path, axis=0).T)
        assert steps.min() > 0.5 * steps.max()  # cut corners are shorter
        assert path[0, 0] <= path[-1, 0]
        rows, columns = np.rint(path).astype(int).T
        assert (digit[rows, columns] > 0).mean() > 0.9


def test_a_loop_is_a_path_around_it():
    rows, columns = np.mgrid[:28, :28]
    ring = (np.abs(np.hypot(rows - 14, columns - 14) - 8) < 1.5) * np.uint8(255)
    path = pen_path(ring, 12)
    assert np.abs(np.hypot(*(path - 14).T) - 8).max() < 1.5
    assert np.hypot(*np.diff(path, axis=0).T).sum() > 40  # of 50 around


def test_moving_digits_are_the_same_every_time_and_of_no_two_splits(moving):
    again = MovingDigits(60).load()
    assert moving.sha256 == again.sha256
    assert moving.train.shape == (16, 32, 32, 1)
    assert [len(split) for split in moving.splits.values()] == [60, 12, 12]
    assert len(moving.calibration) == 12
    known = {part: set(paths[:, 0].tolist()) for part, paths in moving.factors.items()}
    assert known["train"] == known["validation"] == set(range(6))
    assert known["calibration"] == {6, 7}
    assert known["test"] == set(range(10))


def test_clips_to_choose_settings_by_are_of_no_test_digit_and_no_unseen_path(moving):
    chosen_by = MovingDigits(60, to_choose=True).load()
    assert set(chosen_by.factors["test"][:, 0].tolist()) == set(range(8))
    assert set(chosen_by.test.labels.tolist()) == {0, 1}
    np.testing.assert_array_equal(chosen_by.train.examples, moving.train.examples)
    assert any("validation digits, to choose settings by" in note for note in chosen_by.notes)
    everything = MovingDigits(60, unseen=(), calibrating=()).load()
    assert set(everything.factors["train"][:, 0].tolist()) == set(range(10))


def test_five_frames_of_an_odd_clip_are_odd_and_natural(moving):
    test = moving.test
    assert set(test.labels.tolist()) == {0, 1}
    counts = test.masks.sum(axis=1)
    np.testing.assert_array_equal(counts, np.where(test.labels > 0, 5, 0))
    for clip, odd in zip(test.numbers, test.masks > 0, strict=True):
        ink = clip.sum(axis=(1, 2, 3))
        assert ink.min() > 0.8 * ink.max()  # the same digit in each frame, only elsewhere
        assert not odd[:LED_IN].any()


@pytest.mark.parametrize(
    "fields", [{"clips": 9}, {"frames": 9}, {"size": 20}, {"unseen": tuple(range(10))}, {"calibrating": (8,)}]
)
def test_settings_of_moving_digits_outside_their_ranges_are_refused(fields):
    with pytest.raises(InputError, match="received"):
        MovingDigits(**fields)


def test_a_folder_of_clips_is_cut_into_windows_whole_clips_apart(folder):
    data = ClipFolder(str(folder), window=4).load()
    assert data.train.shape == (4, 12, 12, 1)
    assert sum(len(split) for split in data.splits.values()) == 8 * 2 + 5
    assert data.format == Clips()
    assert any("9 clips" in note and "21 windows of 4 frames, 2 frames apart" in note for note in data.notes)
    groups = [set(split.groups.tolist()) for split in data.splits.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 9
    assert ClipFolder(str(folder)).load().train.shape[0] == 6
    assert isinstance(find_dataset(str(folder), MovingDigits()), ClipFolder)


def test_a_clip_is_read_frame_by_frame_as_it_was_written(folder, random):
    frames = noise(random, 6)
    gif(folder / "known.gif", frames)
    read = Clips().read(folder / "known.gif", (6, 12, 12, 1))
    np.testing.assert_array_equal(np.rint(255 * read[..., 0]), frames)
    sequence = Clips().read(folder / "long", (12, 12, 12, 1))
    last = np.asarray(Image.open(folder / "long" / "f11.png"))
    np.testing.assert_array_equal(np.rint(255 * sequence[-1, ..., 0]), last)


def test_frames_that_do_not_change_are_not_lost(tmp_path, random):
    frames = noise(random, 3)
    still = np.concatenate([frames.repeat(2, axis=0), frames[-1:]])
    gif(tmp_path / "a.gif", still)  # of which Pillow writes three, with their times
    assert len(clip_header(tmp_path / "a.gif")) == 7
    read = Clips().read(tmp_path / "a.gif", (7, 12, 12, 1))
    np.testing.assert_array_equal(np.rint(255 * read[..., 0]), still)
    gif(tmp_path / "b.gif", frames)
    assert len(clip_header(tmp_path / "b.gif")) == 3


@pytest.mark.parametrize(
    ("shown", "repeats"),
    [([50, 50], [1, 1]), ([0, 0], [1, 1]), ([100, 300, 200], [1, 3, 2]), ([70, 80, 90, 1000], [1] * 4)],
)
def test_a_frame_that_is_shown_longer_is_repeated(shown, repeats):
    assert animation._repeats(shown) == repeats


def test_names_are_sorted_as_numbers():
    assert sorted(["f10", "f9", "f1", "e2"], key=natural) == ["e2", "f1", "f9", "f10"]


def test_clips_of_other_sizes_are_resized_and_frames_of_other_sizes_told(folder, random):
    gif(folder / "wide.gif", noise(random, 6, 12, 24))
    Image.new("L", (9, 9)).save(folder / "long" / "f3.png")
    gif(folder / "still.gif", noise(random, 1))
    gif(folder / "short.gif", noise(random, 2))
    data = ClipFolder(str(folder), window=6, size=(10, 14), fit="pad").load()
    assert data.train.shape == (6, 10, 14, 1)
    notes = "\n".join(data.notes)
    assert "brought to 14x10, with a border" in notes
    assert "frames of mixed sizes: f0.png is 12x12, f3.png 9x9" in notes
    assert "one frame alone: a still image" in notes
    assert "left out 1 clip shorter than a window of 6 frames: short.gif (2 frames)" in notes


def test_folders_are_labels_and_good_is_normal(tmp_path, random):
    for number in range(9):
        gif(tmp_path / ("bad" if number > 6 else "good") / f"{number}.gif", noise(random, 3))
    data = ClipFolder(str(tmp_path)).load()
    assert data.label_names == ("good", "bad")
    assert (data.test.labels > 0).any()
    with pytest.raises(InputError, match="say which is normal"):
        ClipFolder(str(tmp_path), normal="fine").load()


def test_folders_of_splits_are_kept(tmp_path, random):
    for number in range(8):
        gif(tmp_path / ("test" if number > 5 else "train") / f"{number}.gif", noise(random, 3))
    data = ClipFolder(str(tmp_path)).load()
    assert len(data.test) == 2
    assert len(data.train) + len(data.validation) == 6


def test_colors_are_kept_where_there_are_any(tmp_path, random):
    for number in range(4):
        gif(tmp_path / f"{number}.gif", random.integers(0, 255, (3, 8, 8, 3), np.uint8))
    assert ClipFolder(str(tmp_path)).load().train.shape == (3, 8, 8, 3)
    assert ClipFolder(str(tmp_path), channels=1).load().train.shape == (3, 8, 8, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 20}, 'the longest has 12; .*SET="data.window=12"'),
        ({"size": (40_000, 40_000)}, "GiB, at most 4 are held in memory"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_before_it_is_decoded(folder, settings, message):
    with pytest.raises(InputError, match=message):
        ClipFolder(str(folder), **settings).load()


def test_a_folder_without_clips_is_refused(tmp_path, random):
    (tmp_path / "a.txt").write_text("no clip")
    with pytest.raises(InputError, match="found none"):
        ClipFolder(str(tmp_path)).load()
    gif(tmp_path / "still.gif", noise(random, 1))
    with pytest.raises(InputError, match="one frame alone"):
        ClipFolder(str(tmp_path)).load()


def test_a_clip_of_too_many_frames_is_refused_by_its_header(folder, monkeypatch):
    monkeypatch.setattr(animation, "MOST_FRAMES", 5)
    assert "6 frames are over the limit of 5" in clip_header(folder / "0.gif")


@pytest.mark.parametrize(
    "fields", [{"window": 1}, {"stride": 0}, {"channels": 2}, {"fit": "cover"}, {"size": 0}]
)
def test_settings_of_clips_outside_their_ranges_are_refused(fields):
    with pytest.raises(InputError, match="received"):
        ClipFolder("clips", **fields)


def test_windows_cover_a_clip():
    assert window_starts(10, 4, 3) == [0, 3, 6]
    assert window_starts(11, 4, 3) == [0, 3, 6]
    assert window_starts(11, 4, 3, to_end=True) == [0, 3, 6, 7]


@pytest.mark.parametrize("shape", [(12, 6, 8, 9), (12, 6, 8, 9, 2)])
def test_arrays_of_clips_and_volumes_are_read_in_windows(shape, tmp_path, random):
    np.savez(tmp_path / "a.npz", x=random.random(shape, np.float32), y=np.arange(12) % 2)
    data = ClipArray(str(tmp_path / "a.npz"), window=4, stride=2).load()
    assert data.train.shape == (4, *(*shape, 1)[2:5])
    assert sum(map(len, data.splits.values())) == 24
    assert len(data.train.labels) == len(data.train)
    assert np.bincount(np.concatenate([split.groups for split in data.splits.values()])).tolist() == [2] * 12
    assert data.format == Clips()
    assert isinstance(find_dataset(str(tmp_path / "a.npz"), MovingDigits()), ClipArray)


def test_arrays_that_are_no_clips_are_refused(tmp_path, random):
    np.save(tmp_path / "a.npy", random.random((12, 6)))
    with pytest.raises(InputError, match="expected clips"):
        ClipArray(str(tmp_path / "a.npy")).load()
    np.save(tmp_path / "b.npy", random.random((12, 6, 8, 8)))
    with pytest.raises(InputError, match='SET="data.window=6"'):
        ClipArray(str(tmp_path / "b.npy"), window=7).load()
    with pytest.raises(InputError, match="series alone"):
        ClipArray(str(tmp_path / "b.npy"), series=True)
    assert ClipArray.accepts(str(tmp_path / "a.npy")) is None


def test_every_data_set_of_clips_has_a_sample():
    for dataset in (ClipFolder("nowhere"), ClipArray("nowhere"), MovingDigits(100)):
        data = dataset.sample()
        assert len(data.train.shape) == 4
        assert dataclasses.is_dataclass(data)


def test_files_of_clips_are_a_stream_to_encode(folder):
    spec = InputSpec((6, 12, 12, 1), "unit", format=Clips())
    stream = open_stream(str(folder), spec)
    assert stream.count == 9
    (folder / "0.gif").write_bytes(b"none")
    first, second = stream.batches(5)
    assert first.positions.tolist() == [1, 2, 3, 4]
    assert first.examples.shape == (4, 6, 12, 12, 1)
    assert "cannot be read as a clip" in first.faults[str(folder / "0.gif")]
    assert len(second) == 4
    digest = stream.sha256()
    (folder / "long" / "f3.png").write_bytes(b"other")
    assert stream.sha256() != digest
    with pytest.raises(InputError, match="no splits of its own"):
        open_stream(str(folder), spec, "test")
