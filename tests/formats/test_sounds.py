"""Files of sound: what is read, at which rate, and what is refused."""

import io

import numpy as np
import pytest
import soundfile

from keras_ae.errors import InputError
from keras_ae.formats.sounds.files import read_sound, resampled, sound_header, write_sound
from keras_ae.formats.sounds.waveforms import Waveforms, spectrogram

RATE = 8000


def tone(seconds=0.5, frequency=440.0, rate=RATE):
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [("wav", "PCM_16", 5e-5), ("wav", "PCM_24", 1e-6), ("wav", "FLOAT", 0), ("flac", "PCM_16", 5e-5),
     ("aiff", "PCM_16", 5e-5), ("ogg", "VORBIS", 0.1)],
)  # fmt: skip
def test_a_file_of_any_kind_is_read_in_full_scale(tmp_path, suffix, subtype, tolerance):
    """Tolerances: 1.6 levels of 16 bits, whose full scale is 32767 or 32768; Vorbis loses much."""
    soundfile.write(tmp_path / f"a.{suffix}", tone(), RATE, subtype)
    read = read_sound(tmp_path / f"a.{suffix}", RATE, 10)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, tone(), atol=tolerance)


def test_channels_are_mixed_and_another_rate_is_resampled(tmp_path):
    stereo = np.stack([tone(rate=44100), np.zeros(22050, np.float32)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 44100, "FLOAT")
    read = read_sound(tmp_path / "a.wav", RATE, 10)
    assert len(read) == 4000
    # the filter's ripple, away from the ends, where the sound breaks off
    np.testing.assert_allclose(read[100:-100], tone()[100:-100] / 2, atol=2e-3)
    assert sound_header(tmp_path / "a.wav").notes(RATE) == (
        "2 channels mixed into one", "resampled from 44,100 to 8,000 Hz"
    )  # fmt: skip
    high = tone(frequency=6000, rate=44100)
    assert np.abs(resampled(high, 44100, RATE)[100:-100]).max() < 5e-3  # it would be heard as 2000 Hz


def bad_files(folder):
    whole = io.BytesIO()
    soundfile.write(whole, tone(), RATE, format="WAV")
    flac = io.BytesIO()
    soundfile.write(flac, tone(), RATE, format="FLAC")
    nan = tone()
    nan[7] = np.nan
    soundfile.write(folder / "nan.wav", nan, RATE, "FLOAT")
    soundfile.write(folder / "none.wav", tone()[:0], RATE)
    (folder / "cut.wav").write_bytes(whole.getvalue()[:4000])
    (folder / "cut.flac").write_bytes(flac.getvalue()[: len(flac.getvalue()) // 2])
    (folder / "text.wav").write_text("no sound")
    (folder / "empty.wav").write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.wav", "it holds 0 samples"),
        ("cut.wav", "it was cut off: 4,04[34] bytes are missing"),
        ("cut.flac", "it cannot be decoded"),
        ("text.wav", "not a sound of a known kind"),
        ("empty.wav", "its file is empty"),
        ("nan.wav", "NaN or infinite"),
        ("missing.wav", "it cannot be read|it cannot be decoded"),
    ],
)
def test_a_bad_file_is_told_in_one_line(tmp_path, name, reason):
    bad_files(tmp_path)
    with pytest.raises(InputError, match=reason) as raised:
        read_sound(tmp_path / name, RATE, 10)
    assert "\n" not in str(raised.value)


def test_a_long_sound_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "long.wav", tone(3), RATE)
    monkeypatch.setattr("keras_ae.formats.sounds.files.blocks_of", None)
    with pytest.raises(InputError, match="it is 3.0 s long, and at most 2 s are read"):
        read_sound(tmp_path / "long.wav", RATE, 2)


def test_a_header_of_an_absurd_rate_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(), 100)
    with pytest.raises(InputError, match="expected 1,000 to 384,000 Hz"):
        sound_header(tmp_path / "a.wav")


def test_a_sound_is_written_as_16_bits_and_clipped(tmp_path):
    write_sound(tmp_path / "a.wav", 3 * tone(), RATE)
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_16"
    np.testing.assert_allclose(
        read_sound(tmp_path / "a.wav", RATE, 10), np.clip(3 * tone(), -1, 1), atol=5e-5
    )
    [written] = Waveforms(RATE).write(tone(), tmp_path / "b")
    np.testing.assert_allclose(Waveforms(RATE).read(written, (5000,))[:4000], tone(), atol=5e-5)


def test_a_spectrogram_shows_a_tone_at_its_frequency():
    levels = spectrogram(2 * tone(frequency=1000), 256, 64)
    assert levels[:, 20:-20].argmax(axis=0).tolist() == [32] * (levels.shape[1] - 40)
    assert abs(levels[32, 30]) < 0.1  # full scale
    image = Waveforms(RATE).render(tone(frequency=1000))
    assert image.shape == (96, 160, 3)
    assert image.dtype == np.uint8
    assert 70 <= image[:, 80].sum(axis=-1).argmax() <= 73  # a quarter of the height from below
