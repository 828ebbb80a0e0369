"""Denoising of sounds: noise, filters, gains, and restorers that no padding and no cutting changes."""

import dataclasses

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from keras_ae.apps.restoration.sounds import restored_pieces
from keras_ae.blocks.spectrum import Resynthesis, Spectrum, frame_count
from keras_ae.data.pipeline import PairedData
from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.domains import REAL
from keras_ae.errors import InputError
from keras_ae.heads import Spec, TrainedHeads, apply
from keras_ae.losses import negative_sdr
from keras_ae.metrics.sound import si_sdr
from keras_ae.tasks.sound_denoising import SoundDenoising
from keras_ae.tasks.sound_filters import ORACLE, filtered
from keras_ae.tasks.sound_noise import SoundNoise, colored_noise
from keras_ae.variants.spectral_mask import SpectralMask

SEEDS = np.stack([np.full(3, 7), np.arange(3)], axis=1)


@pytest.fixture(scope="module")
def heads():
    import keras

    keras.utils.set_random_seed(0)
    variant = SpectralMask(8, (1, 2), frame=32, hop=8)
    built = variant.build(Spec((400,), (400,), REAL))
    mask = built.decoder.get_layer("decoder_mask")  # at its beginning it is 0, and all would be silent
    mask.set_weights([10 * weight + 0.2 for weight in mask.get_weights()])
    return variant, built


@pytest.fixture(scope="module")
def waves():
    return (0.2 * np.random.default_rng(0).standard_normal((3, 400))).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 63, 64, 257, 1000])
def test_the_inverse_gives_a_waveform_of_any_length_back(samples):
    wave = np.random.default_rng(0).standard_normal((2, samples)).astype(np.float32)
    spectrum = Spectrum(256, 64)(wave)
    assert spectrum.shape == (2, frame_count(samples, 256, 64), 258)
    np.testing.assert_allclose(Resynthesis(256, 64)(spectrum, tf.constant(wave)), wave, atol=5e-6)


def test_a_spectrum_is_that_of_numpy():
    wave = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    frames = np.stack([wave[start : start + 256] for start in range(0, 700, 64)])
    window = np.hanning(257)[:-1]
    expected = np.fft.rfft(frames * window)
    found = np.asarray(Spectrum(256, 64)(wave[None]))[0, 3 : 3 + len(frames)]  # three begin before the sound
    np.testing.assert_allclose(found, np.concatenate([expected.real, expected.imag], 1), atol=1e-4)


@pytest.mark.parametrize(("color", "slope"), [("white", 0.0), ("pink", -10.0)])
def test_noise_has_its_color_and_is_a_function_of_its_seed(color, slope):
    """The level falls by so many dB from one decade of frequencies to the next; its mean is off by .3 dB."""
    noise = np.asarray(colored_noise(color, 2**15, SEEDS))
    np.testing.assert_allclose(np.square(noise).mean(axis=1), 1, rtol=1e-4)
    power = np.square(np.abs(np.fft.rfft(noise))).mean(axis=0)
    levels = [10 * np.log10(power[low : 2 * low].mean()) for low in (500, 5000)]
    assert levels[1] - levels[0] == pytest.approx(slope, abs=0.6)
    again = np.asarray(colored_noise(color, 2**15, SEEDS[[2, 1]]))
    np.testing.assert_array_equal(again, noise[[2, 1]])


def test_noise_has_the_ratio_to_the_sound_without_silence_around_it(waves):
    examples = waves.copy()
    examples[0, :300] = 0
    noisy = np.asarray(SoundNoise(10, 10)(examples, SEEDS, REAL))
    noise = np.square(noisy - examples).mean(axis=1)
    sound = np.square(examples).sum(axis=1) / np.count_nonzero(examples, axis=1)
    np.testing.assert_allclose(10 * np.log10(sound / noise), 10, atol=0.01)
    silent = np.asarray(SoundNoise()(np.zeros((3, 400), np.float32), SEEDS, REAL))
    assert not silent.any()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lowest": 5, "highest": 0}, "highest must be at least lowest"),
        ({"colors": ("blue",)}, "colors must be of white, pink"),
        ({"lowest": -100}, "lowest must be"),
    ],
)
def test_impossible_noise_is_refused(fields, reason):
    with pytest.raises(InputError, match=reason):
        SoundNoise(**fields)


def test_the_ratio_is_of_any_loudness():
    random = np.random.default_rng(0)
    clean, noise = random.standard_normal(10_000), random.standard_normal(10_000)
    assert si_sdr(clean, clean + noise) == pytest.approx(0, abs=0.1)
    assert si_sdr(clean, 7 * (clean + 0.1 * noise)) == pytest.approx(20, abs=0.1)
    loss = negative_sdr(clean[None].astype(np.float32), (clean + 0.1 * noise)[None].astype(np.float32))
    assert float(loss[0]) == pytest.approx(-20, abs=0.1)
    assert np.isfinite(negative_sdr(np.zeros((1, 9), np.float32), np.zeros((1, 9), np.float32))).all()


def test_filters_help_in_their_order():
    """Of a tone in white noise; the oracle, which knows the sound, is the best."""
    clean = np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    noise = 0.5 * np.random.default_rng(0).standard_normal(10_000)
    restored = filtered(clean, noise[2000:], noise[:2000], 256, 64)
    own = si_sdr(clean, clean + noise[2000:])
    gains = {name: si_sdr(clean, wave) - own for name, wave in restored.items()}
    assert 2 < gains["spectral subtraction"] < gains["Wiener (noise known)"] < gains[ORACLE]
    short = filtered(clean[:100], noise[2000:2100], noise[:2000], 256, 64)
    assert all(wave.shape == (100,) and np.isfinite(wave).all() for wave in short.values())


def test_a_row_alone_is_as_in_a_padded_batch(heads, waves):
    """Bits may differ by batch shape, so 1e-6 of full scale."""
    variant, built = heads
    task = SoundDenoising()
    data = dataclasses.replace(GeneratedSounds(12, 0.05).load())
    [restorer] = task.served_heads(TrainedHeads(built, data, variant.reach, variant.multiple))
    lengths = np.array([400, 123, 64], np.int32)
    together = np.asarray(restorer.model({"inputs": waves, "lengths": lengths})["reconstruction"])
    more = np.pad(waves, ((0, 0), (0, 77)), constant_values=0.3)  # whatever is in the padding
    order = [2, 0, 1]
    padded = np.asarray(restorer.model({"inputs": more[order], "lengths": lengths[order]})["reconstruction"])
    for row, length in enumerate(lengths):
        alone = apply(built.end_to_end, {"inputs": waves[row : row + 1, :length]})["reconstruction"][0]
        assert np.abs(alone).max() > 0.01
        np.testing.assert_allclose(together[row, :length], alone, atol=1e-6)
        np.testing.assert_allclose(padded[order.index(row), :length], alone, atol=1e-6)
        assert not together[row, length:].any()
    assert restorer.facts == {"rate": 8000, "reach": variant.reach, "multiple": 8}


@pytest.mark.parametrize(("rate", "seconds"), [(8000, 0.05), (12_000, 0.02), (44_100, 0.1)])
def test_a_sound_in_pieces_is_as_the_whole(heads, tmp_path, rate, seconds):
    """Beyond its reach a piece changes nothing; sums in another order differ by 1e-6."""
    variant, built = heads
    wave = (0.2 * np.random.default_rng(0).standard_normal(round(0.5 * rate))).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", wave, rate, "FLOAT")
    facts = {"rate": 8000, "reach": variant.reach, "multiple": variant.multiple}

    restore = tf.function(
        lambda inputs: apply(built.end_to_end, {"inputs": inputs})["reconstruction"],
        input_signature=[tf.TensorSpec((None, None))],
    )

    def run(piece):
        return np.asarray(restore(piece[None])[0])

    whole = np.concatenate([*restored_pieces(tmp_path / "a.wav", facts, run, 100)])
    pieces = [*restored_pieces(tmp_path / "a.wav", facts, run, seconds)]
    assert len(whole) == 4000
    assert len(pieces) > 3
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=3e-6)


def test_gains_are_of_whole_test_sounds_in_each_noise(heads):
    _, built = heads
    data = GeneratedSounds(12, 0.05).load()
    table = SoundDenoising().further_metrics(built, data, 0, None)
    assert list(table) == ["spectral subtraction", "Wiener (noise known)", ORACLE, "model"]
    assert len(table["model"]) == 7
    parts = [value for name, value in table["model"].items() if name != "si_sdr_gain"]
    assert table["model"]["si_sdr_gain"] == pytest.approx(np.mean(parts))
    assert table[ORACLE]["si_sdr_gain"] > table["Wiener (noise known)"]["si_sdr_gain"] > 0
    again = SoundDenoising().further_metrics(built, data, 0, None)
    assert table == again


def test_the_network_learns_from_noisy_pieces():
    data = GeneratedSounds(12, 0.05).load()
    paired = PairedData(data, SoundDenoising())
    batches, steps = paired.training_batches(4)
    (tensors, targets) = next(iter(batches))
    assert steps > 0
    assert tensors["inputs"].shape == targets.shape == (4, 400)
    assert not np.array_equal(tensors["inputs"], targets)
    assert paired.spec.target_shape == (400,)


def test_other_data_and_other_shapes_are_refused():
    from keras_ae.data.images.mnist import Mnist5k

    with pytest.raises(InputError, match="expected sounds, such as a folder of WAV or FLAC files"):
        SoundDenoising().prepare(Mnist5k().sample())
    with pytest.raises(InputError, match=r"a spectral mask takes waveforms \(samples,\)"):
        SpectralMask().build(Spec((8, 8), (8, 8), REAL))
    with pytest.raises(InputError, match="frame must be a multiple of hop"):
        SpectralMask(frame=100, hop=64)
