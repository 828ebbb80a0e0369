"""The baselines find the best linear answer where there is one to be known."""

import numpy as np
import pytest

from keras_ae.data.examples import Split
from keras_ae.data.types import Data
from keras_ae.formats.text.texts import Texts
from keras_ae.sequences import flagged
from keras_ae.tasks.anomaly_metrics import detection_metrics
from keras_ae.tasks.baselines import has_linear_map, linear_map, principal_components
from keras_ae.tasks.sequence_baselines import resampled_components


def pairs(random, count, truth):
    inputs = random.normal(size=(count, 3, 2, 1)).astype("float32")
    return inputs, (inputs.reshape(count, 6) @ truth + 0.5).reshape(count, 3, 2, 1).astype("float32")


def test_a_linear_map_recovers_an_affine_truth(random):
    truth = random.normal(size=(6, 6))
    train, validation, test = (pairs(random, count, truth) for count in (500, 50, 50))
    predict = linear_map([train], [validation], "real")
    np.testing.assert_allclose(predict(test[0]), test[1], atol=1e-3)


def test_the_ridge_is_chosen_on_validation_pairs(random):
    """Few examples of pure noise: the best map is nearly constant, which only a strong ridge gives."""
    inputs, targets = random.normal(size=(2, 8, 2, 3, 1)).astype("float32")
    held = random.normal(size=(2, 400, 2, 3, 1)).astype("float32")
    predict = linear_map([(inputs, targets)], [(held[0], held[1])], "real")
    free = np.linalg.lstsq(np.c_[inputs.reshape(8, 6), np.ones(8)], targets.reshape(8, 6), rcond=None)[0]
    unpenalized = np.c_[held[0].reshape(400, 6), np.ones(400)] @ free
    assert (
        np.square(predict(held[0]) - held[1]).mean()
        < np.square(unpenalized.reshape(held[1].shape) - held[1]).mean()
    )


def test_a_large_image_is_mapped_by_a_filter(random):
    """A target shifted by one pixel is a filter; a matrix would need far more examples."""
    inputs = random.uniform(size=(6, 48, 48, 1)).astype("float32")
    targets = np.roll(inputs, 1, axis=2)
    predict = linear_map([(inputs[:4], targets[:4])], [(inputs[4:5], targets[4:5])], "unit")
    assert np.square(predict(inputs[5:]) - targets[5:])[:, :, 4:-4].mean() < 0.001 < np.var(targets) / 50


def test_large_vectors_have_no_linear_map(random):
    assert has_linear_map((2048,))
    assert has_linear_map((256, 256, 3))
    assert not has_linear_map((3000,))
    assert not has_linear_map((2, 2000, 1))
    vectors = random.uniform(size=(4, 3000)).astype("float32")
    with pytest.raises(ValueError, match="no linear map"):
        linear_map([(vectors, vectors)], [(vectors, vectors)], "unit")


def test_outputs_of_the_unit_interval_stay_inside(random):
    inputs = random.uniform(size=(20, 2, 2, 1)).astype("float32")
    predict = linear_map([(inputs, (inputs > 0.5).astype("float32"))], [(inputs, inputs)], "unit")
    outputs = predict(10 * inputs)
    assert outputs.min() >= 0
    assert outputs.max() <= 1


def test_principal_components_restore_data_of_that_rank(random):
    examples = (
        (random.normal(size=(100, 2)) @ random.normal(size=(2, 9))).reshape(100, 3, 3, 1).astype("float32")
    )
    predict = principal_components(examples, 2, "real")
    np.testing.assert_allclose(predict(examples), examples, atol=1e-4)
    assert np.square(principal_components(examples, 1, "real")(examples) - examples).mean() > 0.01


def test_more_components_than_examples_are_as_many_as_there_are(random):
    examples = random.uniform(size=(5, 8)).astype("float32")
    np.testing.assert_allclose(principal_components(examples, 32, "unit")(examples), examples, atol=1e-5)


def test_principal_components_of_many_examples_are_those_of_scikit_learn(random):
    from sklearn.decomposition import PCA

    spread = np.r_[256, 128, 64, np.full(13, 8)].reshape(4, 4, 1)  # three components that are distinct
    examples = random.integers(0, spread, (9000, 4, 4, 1)).astype(np.uint8)  # two blocks and a part
    flat = examples.reshape(9000, 16).astype("float32") / 255
    pca = PCA(3).fit(flat)
    expected = pca.inverse_transform(pca.transform(flat)).reshape(examples.shape)
    outputs = principal_components(examples, 3, "real")(flat.reshape(examples.shape))
    np.testing.assert_allclose(outputs, expected, atol=1e-4)  # scikit-learn's covariances are float32


def test_the_moments_error_is_the_error(random):
    from keras_ae.tasks.baselines import _Moments

    moments, features, targets = _Moments(), random.normal(size=(10, 3)), random.normal(size=(10, 2))
    moments.add(features[:4], targets[:4])
    moments.add(features[4:], targets[4:])
    weights = random.normal(size=(3, 2))
    expected = np.square(features @ weights - targets).sum() / 10
    assert moments.squared_error(weights) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["values", "classes"])
def test_detectors_of_sequences_depend_on_no_padding_and_see_lengths(random, kind):
    """More positions that do not exist change no figure; normal ones have 4 to 6, anomalies 7 to 9."""
    lengths = np.r_[random.integers(4, 7, 60), random.integers(7, 10, 10)]
    labels = np.repeat([0, 1], [60, 10])
    whole = random.normal(size=(70, 9, 2)) if kind == "values" else random.integers(3, size=(70, 9))

    def rows_of(padding):
        exist = np.arange(9 + padding) < lengths[:, None]
        missing = ((0, 0), (0, padding), *[(0, 0)] * (whole.ndim - 2))
        values = np.pad(whole, missing)
        if kind == "values":
            examples = flagged(np.where(exist[..., None], values, np.nan)).numpy()
            domain, format = "sequence", None
        else:
            examples = (np.where(exist, values, -1)[..., None] == np.arange(3)).astype(np.float32)
            domain, format = "categorical", Texts(("a",), 30)
        normal, test = Split(examples[:50]), Split(examples[50:], labels[50:])
        data = Data("s", normal, normal, test, domain, format=format)
        outputs = {"score": labels[50:], "is_anomaly": labels[50:] > 0, "contributions": None}
        return detection_metrics(outputs, 0.5, data, 2, seed=0)

    assert rows_of(0) == rows_of(11)
    assert rows_of(0)["PCA, 2 components"]["auroc"] > 0.8  # of 10 beside 10


def test_components_of_sequences_depend_on_no_padding(random):
    values = random.normal(size=(20, 7, 2))
    values[:, 5:] = np.nan
    examples = flagged(values).numpy()
    padded = np.pad(examples, ((0, 0), (0, 6), (0, 0)))
    outputs = resampled_components(examples, 2)(examples)
    np.testing.assert_array_equal(resampled_components(padded, 2)(padded)[:, :7], outputs)
