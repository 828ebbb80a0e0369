"""The published data sets, from the Keras cache or by download, and the figures known of them."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binom

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.images.mnist import FashionMnist, Mnist
from keras_ae.data.images.published import Bsd100, Bsd400, Bsds500, Cbsd68, Set5, Set12, Set14, Set68
from keras_ae.data.pipeline import PairedData, without_names
from keras_ae.data.sound.fsdd import SpokenDigits
from keras_ae.data.tables.nsl_kdd import NslKdd
from keras_ae.data.tensors import values
from keras_ae.heads import Spec, batched
from keras_ae.losses import binary_crossentropy
from keras_ae.metrics.reconstruction import mean_metrics
from keras_ae.recipe import load
from keras_ae.tasks.baselines import principal_components
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.photo_denoising import PhotoDenoising
from keras_ae.tasks.restoration import Denoising
from keras_ae.tasks.sound_denoising import SoundDenoising
from keras_ae.tasks.super_resolution import SuperResolution
from keras_ae.tasks.thresholds import Conformal
from keras_ae.training.train import train
from keras_ae.variants.spectral_mask import SpectralMask

pytestmark = pytest.mark.real


@pytest.mark.parametrize("kind", [Mnist, FashionMnist])
def test_the_official_sets_have_their_sizes(kind):
    data = kind().load()
    assert len(data.train) + len(data.validation) == 60_000
    assert len(data.test) == 10_000
    assert data.train.shape == (28, 28, 1)
    assert np.bincount(np.concatenate([data.train.labels, data.validation.labels])).min() > 5000


def test_principal_components_of_mnist_reach_their_known_error():
    data = Mnist().load()
    train, test = (np.asarray(values(split.examples)) for split in (data.train, data.test))
    outputs = principal_components(train, 32, "real")(test)
    assert np.square(outputs - test).mean() == pytest.approx(0.0168, abs=0.0001)


def test_noise_and_the_linear_denoiser_reach_their_known_ratios_on_mnist():
    data = Mnist().load()
    task = Denoising(Gaussian(0.4))
    batches = without_names(PairedData(data, task).test_batches())
    scores = {
        name: mean_metrics(f, batches, "unit")["psnr"] for name, f in task.baselines(data, 0, 64).items()
    }
    assert scores["noisy input"] == pytest.approx(11.0, abs=0.05)
    assert scores["linear denoiser"] == pytest.approx(18.96, abs=0.1)


def test_the_floor_of_the_crossentropy_of_mnist():
    test = values(Mnist().load().test.examples)
    assert float(np.mean(binary_crossentropy(test, test))) == pytest.approx(0.0581, abs=0.0001)


@pytest.mark.parametrize(
    ("kind", "count", "channels"),
    [(Set5, 5, 3), (Set12, 12, 1), (Set14, 14, 3), (Set68, 68, 1), (Bsd100, 100, 3), (Cbsd68, 68, 3)],
)
def test_the_sets_that_restoration_is_measured_on_have_their_sizes(kind, count, channels):
    data = kind().load()
    found = [image.shape[-1] for image in data.whole]
    assert len(found) == count
    assert set(found) - {1} == set() if channels == 1 else found.count(1) == (kind is Set14)
    assert len(data.train) == 0


def test_the_training_set_of_denoisers_has_400_photographs():
    data = Bsd400().load()
    validation = len(data.validation) // 4
    assert len(data.train.album) + validation == 400
    assert 30 <= validation <= 50
    assert len(data.whole) == 68


def test_the_photographs_of_color_denoising_are_those_of_gray_denoising():
    colored = [image @ (0.299, 0.587, 0.114) for image in Cbsd68().load().whole]
    for gray in Set68().load().whole:
        height, width = (side - 1 for side in gray.shape[:2])
        errors = [
            np.abs(image - gray[:height, :width, 0]).mean()
            for image in colored
            if image.shape == (height, width)
        ]
        assert min(errors) < 1.0


def test_the_training_set_in_color_has_400_photographs():
    data = Bsds500().load()
    assert len(data.train.album) + data.validation.images == 400
    assert len(data.whole) == 100
    assert data.train.shape[-1] == 3


def test_spoken_digits_have_their_sizes_and_their_test_part():
    found = SpokenDigits().clips()
    assert np.bincount(found.labels["test"]).tolist() == [30] * 10
    clips = found.clips
    assert len(clips["test"]) == 300
    assert len(clips["train"]) + len(clips["validation"]) == 2700
    seconds = np.array([len(clip) / 8000 for part in clips.values() for clip in part])
    assert seconds.sum() == pytest.approx(1312, abs=1)
    assert (seconds.min().round(2), seconds.max().round(1)) == (0.14, 2.3)


def test_a_speaker_that_is_left_out_is_tested_alone():
    found = SpokenDigits(unseen_speaker="theo", label="speaker").clips()
    theo = found.label_names.index("theo")
    assert set(found.labels["test"].tolist()) == {theo}
    assert len(found.clips["test"]) == 50
    for part in ("train", "validation"):
        assert theo not in found.labels[part]
    assert len(found.clips["train"]) + len(found.clips["validation"]) == 2250


def test_filters_of_spoken_digits_reach_their_known_gains():
    data = SpokenDigits().load()
    shape = data.train.shape
    heads = SpectralMask(width=2, dilations=(1,)).build(Spec(shape, shape, data.domain))
    found = {
        name: row["si_sdr_gain"]
        for name, row in SoundDenoising().further_metrics(heads, data, 0, None).items()
    }
    known = {"spectral subtraction": 3.0, "Wiener": 6.7, "ideal ratio mask": 9.65}
    for name, gain in known.items():
        [own] = [value for row, value in found.items() if name in row]
        assert own == pytest.approx(gain, abs=0.15)  # other noise


def of_whole_images(data, task, name):
    """The mean PSNR of a baseline on whole test images."""
    batches = PairedData(data, task).whole_batches()
    predict = task.baselines(data, 0, 1)[name]
    return mean_metrics(lambda named: predict(named["inputs"]), batches, "unit", task.metrics())["psnr"]


@pytest.mark.parametrize(("scale", "published"), [(2, 33.66), (3, 30.39), (4, 28.42)])
def test_bicubic_enlargement_reaches_its_published_ratio_on_set5(scale, published):
    found = of_whole_images(Set5().load(), SuperResolution(scale), "bicubic")
    assert found == pytest.approx(published, abs=0.02)


def test_bicubic_enlargement_reaches_its_published_ratio_where_a_image_is_gray():
    assert of_whole_images(Set14().load(), SuperResolution(2), "bicubic") == pytest.approx(30.24, abs=0.02)


@pytest.mark.parametrize("kind", [Set12, Set68])
def test_noise_of_sigma_25_has_its_published_ratio(kind):
    assert of_whole_images(kind().load(), PhotoDenoising(), "noisy input") == pytest.approx(20.17, abs=0.02)


@dataclasses.dataclass(frozen=True)
class NormalConnections(Dataset):
    """The normal connections of NSL-KDD's training file in one order: 6,000 train, 1,400 validate."""

    def load(self):
        data = NslKdd().load()
        normal = np.concatenate(
            [np.asarray(split.examples)[split.labels == 0] for split in (data.train, data.validation)]
        )
        normal = normal[np.random.default_rng(0).permutation(len(normal))]
        parts = (Split(piece, np.zeros(len(piece), np.int64)) for piece in np.split(normal, [6000, 7400]))
        return dataclasses.replace(data, **dict(zip(("train", "validation", "test"), parts, strict=True)))


def test_as_many_new_connections_are_flagged_as_promised(tmp_path):
    recipe = dataclasses.replace(load("network_intrusion"), data=NormalConnections(), epochs=5)
    run = train(recipe, tmp_path, report=lambda _: None)
    scores = batched(run.served_heads[0].model, {"inputs": np.asarray(values(run.data.test.examples))})[
        "score"
    ]
    for alpha in (0.01, 0.05, 0.1):
        rates = []
        for seed in range(20):
            order = np.random.default_rng(seed).permutation(scores)
            rates.append(np.mean(order[5000:] > Conformal(alpha).fit(order[:5000]).value))
        fresh = len(scores) - 5000
        low, high = binom.ppf([0.005, 0.995], fresh, alpha) / fresh
        assert low <= np.mean(rates) <= high
        assert sum(low <= rate <= high for rate in rates) >= 18
