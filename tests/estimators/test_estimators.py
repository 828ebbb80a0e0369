"""The estimators as their users take them: frames, images, searches, files, refusals."""

import dataclasses
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.errors import InputError
from keras_ae.sklearn import AnomalyDetector, Autoencoder
from keras_ae.tasks.corruption import Gaussian
from keras_ae.variants.undercomplete import Undercomplete

SMALL = "Undercomplete(latent_dim=2, backbone=DenseBackbone(units=(8,)))"


@pytest.fixture(scope="module")
def numbers():
    random = np.random.default_rng(0)
    return random.normal(size=(40, 2)) @ random.normal(size=(2, 5)) + 3


@pytest.fixture(scope="module")
def frame():
    age = pd.Series([20.0, 30.0, None, 50.0] * 10)
    return pd.DataFrame({"age": age, "job": ["nurse", "cook", None, "cook"] * 10, "rooms": range(40)})


@pytest.fixture(scope="module")
def of_frame(frame):
    return Autoencoder(SMALL, epochs=2, random_state=0).fit(frame)


@pytest.fixture(scope="module")
def of_numbers(numbers):
    return Autoencoder(SMALL, epochs=2, random_state=0).fit(numbers)


def test_a_pipeline_and_pandas_take_codes(numbers):
    codes = Autoencoder(SMALL, epochs=2, random_state=0).set_output(transform="pandas")
    pipeline = make_pipeline(codes, KMeans(2, n_init=1, random_state=0)).fit(numbers)
    assert pipeline.predict(numbers).shape == (40,)
    framed = pipeline[0].transform(numbers)
    assert list(framed.columns) == ["autoencoder0", "autoencoder1"]
    again = clone(codes).fit(numbers)
    np.testing.assert_array_equal(again.transform(numbers), framed)  # of one seed
    assert again.inverse_transform(framed).shape == numbers.shape


def test_fields_of_the_variant_are_parameters():
    estimator = Autoencoder("variational", corruption="gaussian")
    estimator.set_params(
        variant__latent_dim=3, variant__backbone__units=(4,), corruption__sigma=0.1, epochs=5
    )
    params = estimator.get_params()
    assert params["variant__latent_dim"] == estimator.variant.latent_dim == 3
    assert params["variant__backbone__units"] == (4,)
    assert (params["corruption__sigma"], params["epochs"]) == (0.1, 5)
    estimator.set_params(variant__latent_dim=2, variant=SMALL)  # the object before its fields
    assert type(estimator.variant).__name__ == "Undercomplete"
    assert clone(estimator).get_params()["variant__latent_dim"] == 2
    for field, value, message in (
        ("variant__latent", 3, r"variant__latent: Undercomplete has no field 'latent' \(near it: "),
        ("variant__latent_dim", "many", "variant__latent_dim: expected a whole number, received 'many'"),
        ("latent_dim", 3, "Invalid parameter 'latent_dim'"),
        ("step__latent_dim", 3, "Invalid parameter 'step'"),
    ):
        with pytest.raises(ValueError, match=message):
            estimator.set_params(**{field: value})
    with pytest.raises(InputError, match="corruption is None, which has no sigma"):
        Autoencoder().set_params(corruption__sigma=0.1)


def test_words_and_missing_values_are_learned_with_a_mask(of_frame, frame):
    assert list(of_frame.feature_names_in_) == ["age", "job", "rooms"]
    again = of_frame.inverse_transform(of_frame.transform(frame))
    assert list(again.columns) == ["age", "job", "rooms"]
    assert set(again["job"].dropna()) <= {"nurse", "cook"}
    assert of_frame.score_samples(frame).shape == (40,)
    without = frame.assign(rooms=frame["rooms"].where(frame["rooms"] != 7))
    with pytest.raises(InputError, match=r"column 'rooms', of which none was missing in fit.*row 7 has none"):
        of_frame.transform(without)
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        of_frame.transform(frame[["job", "age", "rooms"]])
    with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- flat"):
        of_frame.transform(frame.rename(columns={"rooms": "flat"}))
    with pytest.raises(InputError, match="received infinity"):
        of_frame.transform(frame.assign(age=np.inf))


def test_numbers_without_a_mask_refuse_missing_ones(of_numbers, numbers):
    missing = np.where(numbers > 5, np.nan, numbers)
    with pytest.raises(InputError, match="received NaN, of which the rows of fit had none"):
        of_numbers.transform(missing)
    with pytest.raises(ValueError, match="X has 3 features, but Autoencoder is expecting 5"):
        of_numbers.transform(numbers[:, :3])
    with pytest.raises(InputError, match="expected codes of 2 numbers, as transform gives them; received 5"):
        of_numbers.inverse_transform(numbers)


def test_a_frame_of_numbers_is_as_an_array(of_numbers, numbers):
    framed = Autoencoder(SMALL, epochs=2, random_state=0).fit(pd.DataFrame(numbers, columns=list("abcde")))
    np.testing.assert_array_equal(
        framed.transform(pd.DataFrame(numbers, columns=list("abcde"))), of_numbers.transform(numbers)
    )


def test_training_leaves_the_random_numbers_of_others_alone(numbers):
    np.random.seed(5)
    expected = np.random.uniform(size=3)
    np.random.seed(5)
    Autoencoder(SMALL, epochs=1, random_state=0).fit(numbers)
    np.testing.assert_array_equal(np.random.uniform(size=3), expected)


@pytest.mark.parametrize("name", ["of_frame", "of_numbers"])
def test_a_file_has_the_fitted_estimator_and_runs_no_code(name, request, frame, numbers, tmp_path):
    estimator, rows = request.getfixturevalue(name), frame if name == "of_frame" else numbers
    file = tmp_path / "estimator.keras"
    estimator.save(file)
    loaded = Autoencoder.load(file)
    np.testing.assert_array_equal(loaded.transform(rows), estimator.transform(rows))
    np.testing.assert_array_equal(loaded.score_samples(rows), estimator.score_samples(rows))
    assert loaded.get_params(deep=False) == estimator.get_params(deep=False)
    assert loaded.history_ == estimator.history_
    assert not [one for one in zipfile.ZipFile(file).namelist() if one.endswith((".pkl", ".pickle"))]
    pickled = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(pickled.transform(rows), estimator.transform(rows))
    with pytest.raises(InputError, match=r"of the class Autoencoder; load it by that: Autoencoder\.load"):
        AnomalyDetector.load(file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match="is damaged|is none"):
        Autoencoder.load(file)


@dataclasses.dataclass(frozen=True)
class Own(Undercomplete):
    """A variant of the user's own."""


def test_objects_among_the_parameters_are_in_the_file(numbers, tmp_path):
    variant = Undercomplete(DenseBackbone((4,)), latent_dim=3)
    estimator = Autoencoder(
        variant, corruption=Gaussian(0.2), epochs=1, random_state=np.random.RandomState(3)
    )
    estimator.fit(numbers).save(tmp_path / "estimator.keras")
    loaded = Autoencoder.load(tmp_path / "estimator.keras")
    assert (loaded.variant, loaded.corruption) == (variant, Gaussian(0.2))
    assert isinstance(loaded.random_state, int)
    own = Autoencoder(Own(DenseBackbone((4,)), latent_dim=3), epochs=1).fit(numbers)
    with pytest.raises(InputError, match="has parts that are not of keras_ae"):
        own.save(tmp_path / "own.keras")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(own)).transform(numbers), own.transform(numbers))


def test_a_file_of_anything_else_is_refused(of_numbers, tmp_path):
    with pytest.raises(InputError, match=r"ends in \.keras"):
        of_numbers.save(tmp_path / "estimator.pkl")
    with pytest.raises(InputError, match="cannot be read"):
        Autoencoder.load(tmp_path / "none.keras")
    of_numbers.network_.heads.end_to_end.save(tmp_path / "model.keras")
    with pytest.raises(InputError, match=r"expected a file that an estimator's save wrote; .*model\.keras"):
        Autoencoder.load(tmp_path / "model.keras")
    with pytest.raises(NotFittedError):
        Autoencoder().save(tmp_path / "estimator.keras")


def test_the_detector_flags_as_many_as_contamination_says(numbers):
    rows = np.concatenate([numbers, numbers[:4] + 20])
    detector = AnomalyDetector(SMALL, contamination=0.25, epochs=2, random_state=0)
    flags = detector.fit_predict(rows)
    assert (flags == -1).sum() == 11
    np.testing.assert_allclose(
        detector.decision_function(rows), detector.score_samples(rows) - detector.offset_
    )
    assert ((detector.decision_function(rows) < 0) == (flags == -1)).all()


def test_the_threshold_comes_from_rows_that_were_not_learned():
    rows = np.random.default_rng(0).normal(size=(150, 5))
    detector = AnomalyDetector(SMALL, epochs=2, random_state=0).fit(rows)
    held_back = np.sort(
        -detector.score_samples(rows[detector._parts(rows, detector.network_.recipe.seed)["test"]])
    )
    assert len(held_back) == 30
    assert -detector.offset_ == held_back[29]  # the 30th of 30 for one in twenty: ceil(31 * 0.95)


def test_the_detector_learns_a_mask_for_each_column_of_a_table(frame):
    detector = AnomalyDetector(SMALL, epochs=1, random_state=0).fit(frame)
    without = frame.assign(rooms=np.nan)
    assert np.isfinite(detector.score_samples(without)).all()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, received 0"),
        ({"variant": "nonsense"}, "there is no Variant called 'nonsense'"),
        ({"variant": "conditional"}, "needs a label"),
        ({"variant": 3}, "expected variant as a Variant or its name, received 3"),
        ({"image_shape": (2, 2)}, "of 5 numbers, as many as a row of X has; received"),
        ({"domain": "unit"}, "domain='unit' is of values in"),
        ({"domain": "categorical"}, "domain must be 'unit', 'real' or None"),
        ({"validation_fraction": 1.0}, "validation_fraction must be at least 0 and below 1"),
        ({"verbose": 3}, "verbose must be 0, 1 or 2"),
    ],
)
def test_wrong_parameters_are_refused_by_fit(numbers, params, message):
    with pytest.raises(InputError, match=message):
        Autoencoder(**params).fit(numbers)


def test_equal_rows_are_held_back_together_in_any_order(numbers, frame):
    estimator = Autoencoder(validation_fraction=0.25)
    for rows, turned in ((numbers, numbers[::-1]), (frame, frame[::-1])):
        parts = estimator._parts(rows, 3)
        assert sorted(39 - estimator._parts(turned, 3)["validation"]) == parts["validation"].tolist()
        assert sorted([*parts["train"], *parts["validation"]]) == list(range(40))
        assert parts["validation"].tolist() != estimator._parts(rows, 4)["validation"].tolist()
    twice = estimator._parts(np.concatenate([numbers, numbers]), 3)["validation"]
    assert set(twice[: len(twice) // 2] + 40) == set(twice[len(twice) // 2 :])
    alike = estimator._parts(np.ones((5, 2)), 3)
    assert alike["train"].tolist() == alike["validation"].tolist() == [0, 1, 2, 3, 4]


def test_images_are_given_as_rows():
    with pytest.raises(InputError, match=r"give X.reshape\(len\(X\), -1\), and image_shape=\(8, 8\) if"):
        Autoencoder(epochs=1).fit(np.zeros((5, 8, 8)))


def test_a_detector_refuses_what_is_no_fraction(numbers):
    for wrong in (0, 0.6, "few", True):
        with pytest.raises(InputError, match="contamination must be 'auto', or above 0 and at most 0.5"):
            AnomalyDetector(contamination=wrong).fit(numbers)


def test_columns_that_cannot_be_learned_are_refused(frame):
    times = frame.assign(when=pd.Timestamp("2024-01-01"))
    with pytest.raises(InputError, match="received times in column 'when'; give them as numbers"):
        Autoencoder(epochs=1).fit(times)
    with pytest.raises(InputError, match="received domain='unit' with words or missing values"):
        Autoencoder(epochs=1, domain="unit").fit(frame)
    with pytest.raises(InputError, match="expected rows to fit on, received none"):
        Autoencoder(epochs=1).fit(frame[:0])


@pytest.mark.slow
def test_images_of_bytes_go_through_convolutions(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (30, 64), dtype=np.uint8)
    estimator = Autoencoder("Undercomplete(backbone=conv2d)", epochs=1, image_shape=(8, 8)).fit(images)
    again = estimator.inverse_transform(estimator.transform(images))
    assert again.shape == (30, 64)
    assert again.max() > 1
    assert estimator.network_.rows.shape == (8, 8, 1)
    estimator.save(tmp_path / "estimator.keras")
    loaded = Autoencoder.load(tmp_path / "estimator.keras")
    assert loaded.get_params(deep=False) == estimator.get_params(deep=False)
    np.testing.assert_array_equal(loaded.inverse_transform(loaded.transform(images)), again)


@pytest.mark.slow
def test_a_search_in_two_processes_gives_the_scores_of_one(numbers):
    grid = {"autoencoder__variant__latent_dim": [1, 2], "autoencoder__learning_rate": [1e-3, 1e-2]}
    pipeline = make_pipeline(StandardScaler(), Autoencoder(SMALL, epochs=4, random_state=0))
    searches = [GridSearchCV(pipeline, grid, cv=2, n_jobs=jobs).fit(numbers) for jobs in (1, 2)]
    one, two = (search.cv_results_["mean_test_score"] for search in searches)
    np.testing.assert_allclose(two, one, rtol=1e-4)  # threads of another process sum in another order
    assert np.isfinite(one).all()
    assert searches[0].best_estimator_[1].transform(numbers).shape[1] in (1, 2)


@pytest.mark.slow
def test_a_row_counts_as_often_as_its_weight_says(numbers):
    weights = np.random.default_rng(1).integers(0, 4, 40)
    plain = Autoencoder(SMALL, epochs=30, random_state=0, batch_size=1000)
    repeated = clone(plain).fit(np.repeat(numbers, weights, axis=0)).transform(numbers)
    weighted = clone(plain).fit(numbers, sample_weight=weights).transform(numbers)
    unweighted = clone(plain).fit(numbers).transform(numbers)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-3, atol=1e-3)  # of 30 steps in float32
    assert np.abs(unweighted - repeated).max() > 1e-2


@pytest.mark.slow
def test_validation_chooses_the_best_epoch(numbers):
    estimator = Autoencoder(
        SMALL, epochs=30, learning_rate=0.3, schedule="constant", validation_fraction=0.25
    )
    losses = estimator.set_params(random_state=0).fit(numbers).history_["val_loss"]
    parts = estimator._parts(numbers, estimator.network_.recipe.seed)
    assert (len(parts["train"]), len(parts["validation"])) == (30, 10)
    held_back = numbers[parts["validation"]]
    assert -estimator.score(held_back) == pytest.approx(min(losses), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "variant", ["stacked", "adversarial", "vector_quantized", "importance_weighted", "top_k", "masked"]
)
def test_any_variant_is_an_estimator(variant, numbers, tmp_path):
    estimator = Autoencoder(variant, epochs=1, random_state=0)
    if variant == "masked":
        estimator.set_params(image_shape=(8, 8))
        numbers = np.random.default_rng(0).uniform(size=(12, 64))
    estimator.fit(numbers)
    codes = estimator.transform(numbers)
    assert codes.shape == (len(numbers), len(estimator.get_feature_names_out()))
    assert estimator.inverse_transform(codes).shape == numbers.shape
    estimator.save(tmp_path / "estimator.keras")
    loaded = Autoencoder.load(tmp_path / "estimator.keras")
    np.testing.assert_allclose(loaded.transform(numbers), codes, rtol=1e-5, atol=1e-6)
    assert np.isfinite(estimator.score(numbers))
