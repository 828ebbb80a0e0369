"""Anomalies among sounds: spectra without the silence after a sound, and a detector of waveforms."""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import soundfile

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.log_mel import LogMel, known_frames, mel_weights
from keras_ae.data.find import find_dataset
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.pipeline import PairedData
from keras_ae.data.sound.folder import SoundFolder
from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.data.sound.whole_clips import WholeClips
from keras_ae.errors import InputError
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.heads import TrainedHeads, apply
from keras_ae.tasks.sound_anomaly import SoundAnomaly
from keras_ae.variants.undercomplete import Undercomplete


@pytest.fixture(scope="module")
def trained():
    """An untrained network, for what does not depend on its training."""
    task = SoundAnomaly()
    data = task.prepare(OneClass(WholeClips(GeneratedSounds(240)), abnormal="chirp").load())
    keras.utils.set_random_seed(0)
    heads = Undercomplete(DenseBackbone((16,)), latent_dim=4).build(PairedData(data, task).spec)
    return task, TrainedHeads(heads, data)


def tone(samples, loudness=0.3, frequency=1000.0):
    return (loudness * np.sin(2 * np.pi * frequency * np.arange(samples) / 8000)).astype(np.float32)


def test_a_tone_is_in_its_band_at_any_loudness():
    layer = LogMel(8000, 256, 128, 32)
    loud, quiet = (np.asarray(layer(tone(4000, level)[None]))[0] for level in (0.5, 0.05))
    weights = mel_weights(8000, 256, 32)
    assert (weights.max(axis=0) > 0).all()
    assert set(loud[3:-3].argmax(axis=1).tolist()) == {int(weights[32].argmax())}
    band = loud[3:-3].argmax(axis=1)[0]
    np.testing.assert_allclose(loud[5:9, band] - loud[5:9, band].mean(), 0, atol=0.05)
    assert loud.shape == quiet.shape == (33, 32)
    assert abs(loud.mean()) < 1e-5  # around its own mean


def test_silence_after_a_sound_changes_nothing_and_is_zero():
    layer, wave = LogMel(8000, 256, 128, 32), tone(3000)
    short = np.asarray(layer(wave[None]))[0]
    padded = np.asarray(layer(np.stack([np.pad(wave, (0, 5000)), 10 * np.pad(tone(8000), (0, 0))])))[0]
    np.testing.assert_allclose(padded[: len(short)], short, atol=1e-4)
    assert not padded[len(short) :].any()
    assert float(known_frames(padded[None])[0]) == pytest.approx(len(short) / len(padded))
    assert np.asarray(layer(np.zeros((1, 2000), np.float32))).any() == 0


def test_one_kind_is_abnormal_and_all_others_are_normal(trained):
    _, of = trained
    data = of.data
    assert data.label_names == ("normal", "chirp")
    assert set(np.unique(data.train.labels).tolist()) == {0}
    assert set(np.unique(data.test.labels).tolist()) == {0, 1}
    assert data.train.shape == (64, 32)
    assert data.format == LogMels(8000, 8000, 256, 128)
    with pytest.raises(InputError, match="expected a label bird and others in made_sounds"):
        OneClass(WholeClips(GeneratedSounds(12)), abnormal="bird").load()


def test_the_detector_takes_waveforms_and_silence_is_no_evidence(trained):
    task, of = trained
    [detector] = task.served_heads(of)
    clips = WholeClips(GeneratedSounds(240)).load().test.examples
    found = apply(detector.model, {"waveform": clips})
    inner, _ = task.detector(of.heads, of.data)
    expected = apply(inner, {"inputs": of.data.test.examples})
    assert sorted(found) == sorted(expected)
    # of other rows in a batch, sums in another order
    order = [np.flatnonzero((of.data.test.examples == one).all(axis=(1, 2)))[0] for one in spectra(clips)]
    np.testing.assert_allclose(found["score"], np.asarray(expected["score"])[order], rtol=1e-3, atol=1e-3)
    assert detector.facts["rate"] == 8000
    assert detector.facts["samples"] == 8000


def spectra(clips):
    return np.asarray(LogMel(8000, 256, 128, 32)(clips))


def test_other_sounds_take_the_place_inside_and_other_data_do_not(tmp_path):
    recipe = OneClass(WholeClips(length=0.5), normal="pluck")
    folder = recipe.around(SoundFolder(str(tmp_path)))
    assert folder.of == WholeClips(SoundFolder(str(tmp_path)), 0.5)
    assert folder.normal == ""
    digits = recipe.around(Mnist5k())
    assert digits.of == Mnist5k()
    with pytest.raises(InputError, match="expected whole sounds, such as a folder of WAV files"):
        SoundAnomaly().prepare(dataclasses.replace(digits, normal="0").load())


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="frame must be a multiple of hop"):
        SoundAnomaly(frame=300)
    with pytest.raises(InputError, match="length"):
        WholeClips(length=0.01)


def test_a_folder_is_searched_with_a_score_for_each_sound(trained, tmp_path):
    from keras_ae.apps.detection.searchers.sounds import SoundSearcher

    task, of = trained
    [head] = task.served_heads(of)
    clips = WholeClips(GeneratedSounds(240)).load().test.examples[:5]
    for number, clip in enumerate(clips):
        soundfile.write(tmp_path / f"{number}.wav", clip, 8000, "FLOAT")
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "out").mkdir()
    fitted = SimpleNamespace(value=head.facts["threshold"])
    detector = SimpleNamespace(model=head.model, format=of.data.format, fitted=fitted)
    searcher = SoundSearcher()
    assert searcher.takes(detector)
    request = SimpleNamespace(source=tmp_path, folder=tmp_path / "out")
    count, flagged, _, lines = searcher.search(detector, request, None, {})
    rows = [line.split(",") for line in (tmp_path / "out" / "scored.csv").read_text().split()][1:]
    assert count == len(rows) == 5
    scores = [float(row[1]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    expected = np.asarray(apply(head.model, {"waveform": clips})["score"])
    np.testing.assert_allclose(scores, np.sort(expected)[::-1], rtol=1e-3, atol=1e-3)
    assert flagged == sum(score > fitted.value for score in scores)
    assert any("left out text.wav: not a sound of a known kind" in line for line in lines)


def test_a_path_replaces_the_sounds_inside_the_wrappers(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(800), 8000)
    found = find_dataset(str(tmp_path), OneClass(WholeClips()))
    assert found.of.of == SoundFolder(str(tmp_path))
    with pytest.raises(InputError, match="expected a folder of sounds"):
        find_dataset(str(_empty(tmp_path)), OneClass(WholeClips()))


def _empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"
