"""Data sets of sounds: folders, published recordings in an archive, and generated ones."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
import soundfile

from keras_ae.data.find import find_dataset
from keras_ae.data.sound import fsdd
from keras_ae.data.sound.clips import Clips, crops_of, pieces
from keras_ae.data.sound.folder import SoundFolder
from keras_ae.data.sound.fsdd import SpokenDigits
from keras_ae.data.sound.generated import KINDS, GeneratedSounds, generate_sounds
from keras_ae.errors import InputError
from keras_ae.formats.sounds.waveforms import Waveforms

RATE = 8000


def noise(seed, samples=3000):
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def write(file, seed=0, samples=3000, rate=RATE, channels=1):
    file.parent.mkdir(parents=True, exist_ok=True)
    wave = noise(seed, samples)
    soundfile.write(file, np.stack([wave] * channels, 1) if channels > 1 else wave, rate)
    return file


@pytest.fixture
def folder(tmp_path):
    for number in range(12):
        write(tmp_path / "sounds" / "ab"[number % 2] / f"{number}.wav", number, 2000 + 100 * number)
    return tmp_path / "sounds"


def test_generated_sounds_are_the_same_each_time_and_of_every_kind_in_each_split():
    first, labels = generate_sounds(8, 3)
    second, _ = generate_sounds(8, 3)
    assert labels.tolist() == [0, 1, 2, 3] * 2
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        assert 0.05 < np.abs(one).max() <= 1
        assert np.isfinite(one).all()
    clips = GeneratedSounds(48).clips()
    assert [set(part.tolist()) for part in clips.labels.values()] == [{0, 1, 2, 3}] * 3
    assert clips.label_names == tuple(KINDS)


def test_pieces_are_functions_of_their_seed_and_lie_in_their_sound():
    clips = Clips([np.arange(1, 6, dtype=np.float32), np.arange(10, 30, dtype=np.float32)])
    split = crops_of(clips, 8)
    assert len(split) == 3  # one of the short sound, two of the long one
    read = split.reader()
    seeds = np.stack([np.zeros(3, np.int64), np.arange(3)], axis=1)
    one = np.asarray(read(np.array([0, 1, 2]), seeds))
    np.testing.assert_array_equal(one, np.asarray(read(np.array([0, 1, 2]), seeds)))
    assert not np.array_equal(one[1], np.asarray(read(np.array([0, 1, 2]), seeds + 5))[1])
    assert np.count_nonzero(one[0]) == 5
    gain = one[1][1] - one[1][0]
    np.testing.assert_allclose(one[1] / gain, one[1][0] / gain + np.arange(8), rtol=1e-5)  # a run of the ramp
    assert 10 ** (-6 / 20) - 1e-5 <= gain <= 10 ** (6 / 20) + 1e-5


def test_held_back_pieces_share_no_sample():
    found = pieces(Clips([np.arange(1, 21, dtype=np.float32)]), 8)
    np.testing.assert_array_equal(found[:2], np.arange(1, 17).reshape(2, 8))
    assert len(found) == 2  # the rest is shorter than half a piece


def test_a_folder_of_sounds_is_read_with_its_labels_and_whole_test_sounds(folder):
    dataset = find_dataset(str(folder))
    assert isinstance(dataset, SoundFolder)
    clips = dataset.clips()
    assert clips.label_names == ("a", "b")
    data = dataset.load()
    assert data.format == Waveforms(RATE)
    assert data.train.shape == (4096,)
    assert data.domain == "real"
    assert sum(map(len, clips.clips.values())) == 12
    assert len(data.whole) == len(clips.clips["test"])
    assert "12 sounds" in data.notes[0]
    assert data.rule


def test_faults_are_told_and_the_others_are_read(folder):
    (folder / "a" / "text.wav").write_text("no sound")
    write(folder / "b" / "stereo.flac", 20, rate=16000, channels=2)
    notes = "; ".join(SoundFolder(str(folder)).clips().notes)
    assert "left out 1 of 14 sounds" in notes
    assert "text.wav (not a sound of a known kind" in notes
    assert "1 file: 2 channels mixed into one" in notes
    assert "1 file: resampled from 16,000 to 8,000 Hz" in notes


def test_a_folder_without_readable_sounds_is_refused(tmp_path):
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(InputError, match="none of the 1 sounds below .* can be read: .*not a sound"):
        SoundFolder(str(tmp_path)).load()


def test_more_sound_than_memory_is_refused_by_the_headers(folder, monkeypatch):
    monkeypatch.setattr("keras_ae.data.sound.folder.LARGEST", 1000)
    monkeypatch.setattr("keras_ae.data.sound.folder.read_sound", None)
    with pytest.raises(InputError, match="at most 0 are held in memory"):
        SoundFolder(str(folder)).load()


def test_a_long_file_is_left_out_before_it_is_decoded(folder, monkeypatch):
    monkeypatch.setattr("keras_ae.data.sound.folder.MOST_SECONDS", 0.38)
    assert "left out 1 of 12 sounds" in "; ".join(SoundFolder(str(folder)).clips().notes)


def test_groups_stay_in_one_split(tmp_path):
    for number in range(24):
        write(tmp_path / f"{number}_speaker{number % 6}.wav", number)
    dataset = SoundFolder(str(tmp_path), group="speaker([0-9])")
    clips = dataset.clips()
    assert "none of its 6 groups is in two splits" in clips.rule
    with pytest.raises(InputError, match="in the path of every sound, 24 of 24 have none"):
        SoundFolder(str(tmp_path), group="person([0-9])").clips()


def test_one_long_recording_is_cut_into_three(tmp_path):
    file = write(tmp_path / "long.wav", samples=60_000)
    data = find_dataset(str(file)).load()
    assert [len(data.train.clips[0]), len(data.whole[0])] == [48_000, 6000]
    with pytest.raises(InputError, match="expected at least 3 sounds"):
        SoundFolder(str(write(tmp_path / "short.wav"))).load()


def test_a_folder_of_images_with_a_sound_is_one_of_images(tmp_path):
    from PIL import Image

    for number in range(3):
        Image.new("L", (8, 8)).save(tmp_path / f"{number}.png")
    write(tmp_path / "a.wav")
    assert type(find_dataset(str(tmp_path))).__name__ == "ImageFolder"


@pytest.mark.parametrize(("field", "value"), [("seconds", 0.001), ("seconds", 100.0), ("rate", 10)])
def test_fields_out_of_range_are_refused(field, value):
    with pytest.raises(InputError, match=field):
        SoundFolder("sounds", **{field: value})


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An archive of 60 recordings in the form of the published set, as its content in the Keras cache."""
    path = tmp_path / "datasets" / "fsdd" / SpokenDigits.file
    path.parent.mkdir(parents=True)
    digest, names = hashlib.sha256(), []
    with tarfile.open(path, "w:gz") as tar:
        for speaker in ("george", "theo"):
            for index in range(30):
                content = io.BytesIO()
                soundfile.write(content, noise(index, 1500), RATE, format="WAV")
                names.append((f"{index % 10}_{speaker}_{index}.wav", content.getvalue()))
        for name, content in [*names, ("../../evil_george_1.wav", b"x")]:
            member = tarfile.TarInfo(f"repository/recordings/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    for name, content in sorted(names):
        digest.update(f"{name} ".encode() + hashlib.sha256(content).digest())
    monkeypatch.setattr(fsdd, "CONTENT", digest.hexdigest())
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return path


def test_recordings_are_read_from_the_archive_alone(archive):
    clips = SpokenDigits().clips()
    assert {part: len(each) for part, each in clips.clips.items()} == {
        "train": 50 - len(clips.clips["validation"]), "validation": len(clips.clips["validation"]), "test": 10
    }  # fmt: skip
    assert sorted(path.name for path in archive.parent.iterdir()) == [archive.name]


def test_a_speaker_is_held_out_and_labels_are_speakers(archive):
    clips = SpokenDigits(unseen_speaker="theo", label="speaker").clips()
    assert set(clips.labels["train"].tolist()) == {0}
    assert set(clips.labels["test"].tolist()) == {4}
    assert len(clips.clips["test"]) == 5


def test_another_archive_is_refused(archive, monkeypatch):
    monkeypatch.setattr(fsdd, "CONTENT", "0" * 64)
    with pytest.raises(InputError, match="expected the 3,000 recordings .* remove the file and try again"):
        SpokenDigits().load()
    archive.write_bytes(b"no archive")
    with pytest.raises(InputError, match="cannot be read .*; remove it and try again"):
        SpokenDigits().load()
