"""Anomaly detection: scores in closed form, honest thresholds, a detector that survives a file."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf
from sklearn.metrics import average_precision_score, roc_auc_score

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.scoring import (
    Calibrated,
    Contributions,
    DivergenceFromNormal,
    LargestMean,
    MahalanobisDistance,
    NearestDistance,
    farthest_first,
)
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.series.points import Points
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import ServedHead, Spec, TrainedHeads, apply, batched
from keras_ae.metrics.localization import region_overlap
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import model_card
from keras_ae.runs.evaluation import evaluate
from keras_ae.serving.export import export_heads
from keras_ae.tasks import thresholds
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_metrics import detection_metrics, pixel_metrics, ranking_metrics
from keras_ae.tasks.anomaly_scores import (
    Highest,
    LargestError,
    Mahalanobis,
    NearestCodes,
    PriorDivergence,
    Reconstruction,
    ReconstructionProbability,
    Together,
)
from keras_ae.tasks.corruption import Gaussian
from keras_ae.training.train import train
from keras_ae.training.trainer import Trainer
from keras_ae.variants.conditional import Conditional
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational
from keras_ae.variants.vector_quantized import VectorQuantized

WIDTH = 6


@dataclasses.dataclass(frozen=True)
class Given(Dataset):
    """A data set of data at hand."""

    data: Data

    def load(self):
        return self.data


@pytest.fixture(scope="module")
def data():
    """Normal examples near a plane, and anomalies off it: labels 0, and 1 or 2."""
    random = np.random.default_rng(0)
    plane = random.normal(size=(2, WIDTH))

    def split(count, anomalies):
        examples = random.normal(size=(count, 2)) @ plane + 0.1 * random.normal(size=(count, WIDTH))
        examples[:anomalies] += 2 * random.normal(size=(anomalies, WIDTH))
        labels = np.zeros(count, np.int64)
        labels[:anomalies] = 1 + np.arange(anomalies) % 2
        return Split(examples.astype(np.float32), labels)

    return Data("plane", split(400, 40), split(120, 20), split(300, 60), "real", ("normal", "one", "other"))


@pytest.fixture(scope="module")
def heads():
    keras.utils.set_random_seed(0)
    spec = Spec((WIDTH,), (WIDTH,), "real")
    return {
        "plain": Undercomplete(DenseBackbone((8,)), latent_dim=3).build(spec),
        "variational": Variational(DenseBackbone((8,)), latent_dim=3).build(spec),
    }


SCORES = {
    "plain": (Reconstruction(), Mahalanobis(), NearestCodes(3), Together()),
    "variational": (
        ReconstructionProbability(8),
        PriorDivergence(),
        Together(PriorDivergence(), NearestCodes()),
    ),
}
CASES = [(kind, score) for kind, scores in SCORES.items() for score in scores]


def test_normal_examples_alone_train_and_those_that_calibrate_choose_no_epoch(data):
    prepared = Anomaly().prepare(data)
    assert not prepared.train.labels.any()
    assert not prepared.validation.labels.any()
    assert (len(prepared.train), len(prepared.validation)) == (360, 50)
    kinds = np.bincount(data.validation.labels)[1:].tolist()
    assert sum(kinds) == 20
    assert np.bincount(prepared.calibration.labels).tolist() == [50, *kinds]
    rows = [
        {row.tobytes() for row in split.examples} for split in (prepared.validation, prepared.calibration)
    ]
    assert not rows[0] & rows[1]
    assert prepared.test is not None
    assert len(prepared.test) == 300


def test_data_without_labels_is_normal(data):
    bare = dataclasses.replace(
        data, train=Split(data.train.examples), validation=Split(data.validation.examples)
    )
    prepared = Anomaly().prepare(bare)
    assert (len(prepared.train), len(prepared.calibration)) == (400, 60)


def test_some_of_training_calibrate_where_too_few_are_held_back(data):
    little = dataclasses.replace(
        data, validation=data.validation.take(np.arange(30))
    )  # 20 anomalies, 10 normal
    prepared = Anomaly().prepare(little)
    assert (prepared.calibration.labels == 0).sum() == 19
    assert (len(prepared.train), len(prepared.validation)) == (360 - 14, 5)
    assert (
        prepared.notes[-1] == "few normal examples: 14 training examples are used to calibrate the threshold"
    )
    rows = [{row.tobytes() for row in split.examples} for split in (prepared.train, prepared.calibration)]
    assert not rows[0] & rows[1]


def test_too_few_normal_examples_are_refused(data):
    few = dataclasses.replace(data, validation=data.validation.take(slice(0, 21)))
    with pytest.raises(InputError, match="2 or more to validate and calibrate on; received 360 and 1"):
        Anomaly().prepare(few)


@pytest.mark.parametrize(("kind", "score"), CASES)
def test_a_detector_says_what_a_score_means(data, heads, kind, score):
    prepared = Anomaly(score, thresholds.Conformal(0.1)).prepare(data)
    detector, fitted = Anomaly(score, thresholds.Conformal(0.1)).detector(heads[kind], prepared)
    found = batched(detector, {"inputs": data.test.examples})
    assert {name: value.shape for name, value in found.items()} == {
        "score": (300,), "p_value": (300,), "is_anomaly": (300,), "contributions": (300, WIDTH),
    }  # fmt: skip
    calibration = prepared.calibration
    reference = batched(detector, {"inputs": calibration.examples})["score"][calibration.labels == 0]
    np.testing.assert_allclose(found["p_value"], thresholds.p_values(found["score"], reference), atol=0.021)
    np.testing.assert_array_equal(found["is_anomaly"], found["score"] > np.float32(fitted.value))
    assert fitted.count == 50
    again = batched(detector, {"inputs": data.test.examples})
    np.testing.assert_allclose(again["score"], found["score"], rtol=1e-5)  # resampled noise would change it


@pytest.mark.parametrize(("kind", "score"), CASES)
def test_a_detector_survives_a_keras_file(data, heads, kind, score, tmp_path):
    task = Anomaly(score)
    detector, fitted = task.detector(heads[kind], task.prepare(data))
    detector.save(tmp_path / "detector.keras")
    again = keras.models.load_model(tmp_path / "detector.keras", compile=False, safe_mode=True)
    found, due = (batched(model, {"inputs": data.test.examples}) for model in (again, detector))
    alike(found, due, {"threshold": fitted.value, "count": fitted.count})


def alike(found, due, fitted, rtol=1e-5, atol=1e-6):
    """Asserts that two models of the same layers, whose kernels may differ, say the same of examples.

    By the last digits a score may fall to the other side of one that it is compared with.
    """
    assert found.keys() == due.keys()
    for name in ("score", "contributions"):
        np.testing.assert_allclose(found[name], due[name], rtol=rtol, atol=atol)
    np.testing.assert_allclose(found["p_value"], due["p_value"], atol=1.01 / (1 + fitted["count"]))
    apart = ~np.isclose(due["score"], fitted["threshold"], rtol=rtol, atol=atol)
    np.testing.assert_array_equal(np.asarray(found["is_anomaly"])[apart], due["is_anomaly"][apart])
    assert apart.mean() > 0.95


def test_contributions_sum_up_to_the_mean_error(data, heads):
    task = Anomaly()
    detector, _ = task.detector(heads["plain"], task.prepare(data))
    found = batched(detector, {"inputs": data.test.examples})
    back = apply(heads["plain"].end_to_end, {"inputs": data.test.examples})["reconstruction"]
    squares = (data.test.examples - np.asarray(back)) ** 2
    # squares of differences, of which a small one has few digits that hold
    np.testing.assert_allclose(found["contributions"], squares / WIDTH, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["score"], squares.mean(axis=1), rtol=1e-5)


def test_features_of_a_column_add_up():
    one, other = np.zeros((1, 4), np.float32), np.array([[1.0, 2.0, 3.0, 4.0]], np.float32)
    np.testing.assert_allclose(Contributions("real", [0, 1, 1, 0])(one, other), [[17 / 4, 13 / 4]])


def test_of_classes_the_share_is_that_of_a_position():
    inputs = np.eye(3, dtype=np.float32)[None, [0, 2]]
    output = np.array([[[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]], np.float32)
    np.testing.assert_allclose(
        Contributions("categorical")(inputs, output), [[np.log(2) / 2, np.log(4) / 2]], rtol=1e-6
    )


def test_a_distance_in_units_of_the_covariance(random):
    codes = random.normal(size=(200, 3)).astype(np.float32) @ random.normal(size=(3, 3)).astype(np.float32)
    estimate = LedoitWolf().fit(codes.astype(np.float64))
    found = MahalanobisDistance().fitted(codes)(codes[:20])
    np.testing.assert_allclose(found, estimate.mahalanobis(codes[:20]), rtol=1e-3)
    flat = np.pad(codes, [(0, 0), (0, 1)])
    assert np.isfinite(MahalanobisDistance().fitted(flat)(flat)).all()


def test_a_distance_from_the_nearest_codes(random):
    kept, codes = (
        random.normal(size=(30, 4)).astype(np.float32),
        random.normal(size=(7, 4)).astype(np.float32),
    )
    distances = np.linalg.norm(codes[:, None] - kept, axis=2)
    due = np.sort(distances, axis=1)[:, :3].mean(axis=1)
    np.testing.assert_allclose(NearestDistance(3, 30).fitted(kept)(codes), due, rtol=1e-5)


def test_the_codes_kept_cover_all_of_them(random):
    codes = random.normal(size=(300, 2)).astype(np.float32)
    chosen = farthest_first(codes, 20)
    assert len(set(chosen)) == 20
    gaps = np.linalg.norm(codes[:, None] - codes[chosen], axis=2)
    apart = np.linalg.norm(codes[chosen][:, None] - codes[chosen], axis=2)[~np.eye(20, dtype=bool)]
    assert gaps.min(axis=1).max() <= apart.min()
    np.testing.assert_array_equal(farthest_first(codes, 500), np.arange(300))
    due = np.linalg.norm(codes[:, None] - codes[chosen], axis=2).min(axis=1)
    np.testing.assert_allclose(NearestDistance(1, 20).fitted(codes)(codes), due, rtol=1e-5, atol=1e-6)


def test_a_network_may_learn_from_what_is_corrupted(data):
    seen, due = Anomaly(corruption=Gaussian(0.5)).pair(
        tf.constant(data.train.examples[:8]), tf.zeros((8, 2), tf.int64), "real"
    )
    np.testing.assert_array_equal(due, data.train.examples[:8])
    assert np.std(seen - due) == pytest.approx(0.5, rel=0.6)


def test_a_divergence_from_the_normal_is_half_for_one_standard_deviation_aside():
    mean, log_var = np.array([[1.0, 0.0]], np.float32), np.zeros((1, 2), np.float32)
    np.testing.assert_allclose(DivergenceFromNormal()(mean, log_var), [0.5], rtol=1e-6)


def test_a_reconstruction_probability_is_that_of_its_draws(data, heads):
    score = ReconstructionProbability(4)
    detector, _ = Anomaly(score).detector(heads["variational"], Anomaly(score).prepare(data))
    few = data.test.examples[:5]
    encoded = apply(heads["variational"].encoder, {"inputs": few})
    noise = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    due = np.zeros(5)
    for row in range(5):
        for draw in noise:
            code = encoded["mean"][row] + np.exp(0.5 * encoded["log_var"][row]) * draw
            out = apply(heads["variational"].decoder, {"code": np.asarray(code)[None]})
            log_var = np.asarray(out.get("reconstruction_log_var", np.zeros((1, WIDTH))))[0]
            normal = multivariate_normal(np.asarray(out["reconstruction"])[0], np.exp(log_var))
            due[row] -= normal.logpdf(few[row]) / 4
    np.testing.assert_allclose(batched(detector, {"inputs": few})["score"], due, rtol=1e-4)


def test_calibration_counts_scores_that_are_as_high():
    layer = Calibrated(3).fitted(np.array([3.0, 1.0, 2.0]), 2.0)
    p_value, is_anomaly = layer(np.array([0.0, 2.0, 2.5, 9.0], np.float32))
    np.testing.assert_allclose(p_value, [1.0, 0.75, 0.5, 0.25])
    assert np.asarray(is_anomaly).tolist() == [False, False, True, True]


def test_what_has_no_score_is_not_taken_for_normal():
    p_value, is_anomaly = Calibrated(2).fitted(np.array([1.0, 2.0]), 1.5)(np.array([np.nan, 1.0], np.float32))
    assert np.isnan(p_value).tolist() == [True, False]
    assert np.asarray(is_anomaly).tolist() == [True, False]


def test_figures_stand_beside_those_of_simpler_detectors(data, heads):
    task = Anomaly()
    found = task.further_metrics(heads["plain"], task.prepare(data), 0, None)
    assert list(found)[:3] == ["model", "PCA, 3 components", "isolation forest"]
    assert set(found["model"]) == {"auroc", "auprc", "f1", "false_alarms", "missed"}
    assert found["PCA, 3 components"]["auroc"] > 0.8
    assert (
        task.further_metrics(
            heads["plain"], dataclasses.replace(data, test=Split(data.test.examples)), 0, None
        )
        == {}
    )


def test_scores_of_one_kind_go_together(data, heads):
    both = Together(NearestCodes(1), Together(NearestCodes(5), Mahalanobis()))
    detector, _ = Anomaly(both).detector(heads["plain"], Anomaly().prepare(data))
    assert np.isfinite(batched(detector, {"inputs": data.test.examples})["score"]).all()


def test_heads_that_no_detector_can_be_made_of_are_refused_before_training(data, tmp_path):
    prepared, spec = Anomaly().prepare(data), Spec((WIDTH,), (WIDTH,), "real", 3)
    conditional = Conditional(DenseBackbone((4,)), latent_dim=2).build(spec)
    with pytest.raises(
        InputError, match="score Reconstruction.* does not work with the outputs of these heads .*condition"
    ):
        Anomaly().check(conditional, prepared)
    whole = VectorQuantized(DenseBackbone((4,)), latent_dim=2).build(Spec((WIDTH,), (WIDTH,), "real"))
    Anomaly(NearestCodes()).check(whole, prepared)
    recipe = Recipe(
        Given(data), Undercomplete(DenseBackbone((4,)), latent_dim=2), Anomaly(PriorDivergence()), epochs=1
    )
    with pytest.raises(InputError, match="this score needs mean"):
        train(recipe, tmp_path, report=lambda _: None)
    assert not list(tmp_path.iterdir())


def test_kinds_of_anomalies_are_discrimination(data, heads):
    task = Anomaly()
    prepared = task.prepare(dataclasses.replace(data, label_names=("normal", "near", "far")))
    served = task.served_heads(TrainedHeads(heads["plain"], prepared))
    kinds = task.metrics_by_kind(served, prepared)
    assert list(kinds) == ["near", "far"]
    labels, flags = data.test.labels, batched(served[0].model, {"inputs": data.test.examples})["is_anomaly"]
    for kind, row in zip((1, 2), kinds.values(), strict=True):
        assert row["count"] == (labels == kind).sum()
        assert row["missed"] == pytest.approx(np.mean(~flags[labels == kind]))
        assert 0 <= row["auroc"] <= 1
    one = dataclasses.replace(prepared, test=data.test.take(np.flatnonzero(labels < 2)))
    assert task.metrics_by_kind(served, one) == {}


def test_a_range_of_points_is_found_where_one_of_them_is_flagged():
    """A window of each single point, so that points score as windows."""
    points = Points(np.arange(6), 6, kinds=np.array([0, 1, 1, 0, 2, 2]), names=("normal", "spike", "dip"))
    told = np.array([0.0, 5.0, 0.0, 1.0, 0.0, 0.0], np.float32)
    test = Split(told[:, None, None], np.zeros(6, np.int64))
    data = Data("points", test, test, test, domain="real", points=points)

    def detector(named):
        return {"score": named["inputs"][:, 0, 0], "is_anomaly": named["inputs"][:, 0, 0] > 2}

    found = Anomaly().metrics_by_kind((ServedHead("detector", detector, {"threshold": 2.0}),), data)
    assert {kind: (row["count"], row["missed"]) for kind, row in found.items()} == {
        "spike": (1, 0.0),
        "dip": (1, 1.0),
    }
    assert found["dip"]["auroc"] == 0.25


def test_areas_of_a_perfect_ranking_are_one():
    assert ranking_metrics(np.array([0.1, 0.2, 0.9]), np.array([0, 0, 1])) == {"auroc": 1.0, "auprc": 1.0}


@pytest.mark.parametrize("score", [PriorDivergence(), ReconstructionProbability()])
def test_a_score_that_needs_a_posterior_says_so(data, heads, score):
    task = Anomaly(score)
    with pytest.raises(InputError, match="needs (mean|log_var), which the variant's heads do not have"):
        task.detector(heads["plain"], task.prepare(data))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Anomaly(trim=0.5), r"trim must be at least 0 and below 0.5, received 0.5"),
        (lambda: NearestCodes(0), "neighbors must be at least 1"),
        (lambda: ReconstructionProbability(0), "samples must be at least 1"),
    ],
)
def test_a_value_outside_of_its_domain_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.fixture(scope="module")
def exported_detector(data, tmp_path_factory):
    """A run on the plane, and its exported heads."""
    folder = tmp_path_factory.mktemp("anomaly")
    given = dataclasses.replace(data, offset=np.float32(2.0), scale=np.float32(3.0))
    recipe = Recipe(
        data=Given(given),
        variant=Undercomplete(DenseBackbone((16,)), latent_dim=2),
        task=Anomaly(threshold=thresholds.Conformal(0.1)),
        epochs=2,
        min_steps_per_epoch=140,
        batch_size=32,
        learning_rate=1e-2,
        name="plane",
    )
    run = train(recipe, folder / "run", report=lambda _: None)
    table = evaluate(run)
    kept = load_artifacts(folder / "run")
    with exporting("detector"):
        heads = export_heads(kept, "plane", model_card(run, table), folder / "models")
    return run, table, heads


def test_a_trained_detector_finds_what_lies_off_the_plane(exported_detector):
    _, table, _ = exported_detector
    assert table["plane"]["auroc"] > 0.9
    rivals = ["PCA, 2 components", "isolation forest", "PCA, 90% of the variance"]
    rivals += ["5th nearest neighbor", "kernel density"]
    assert list(table) == [*rivals, "plane"]
    assert table["plane"]["false_alarms"] < 0.25


def test_a_served_detector_takes_raw_values_and_gives_what_the_trainer_gives(exported_detector):
    run, _, folders = exported_detector
    serve = tf.saved_model.load(str(folders["detector"])).signatures["serving_default"]
    seen = run.data.test.examples
    found = serve(inputs=tf.constant(seen * 3.0 + 2.0))
    alike(
        found,
        batched(run.served_heads[0].model, {"inputs": seen}),
        run.served_heads[0].facts,
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_card_tells_how_the_threshold_was_fitted_and_what_it_promises(exported_detector):
    run, _, folders = exported_detector
    card = json.loads((folders["detector"] / "card.json").read_text())
    assert card["detector"] == run.served_heads[0].facts
    assert card["detector"]["count"] == 50
    assert "at most 0.1 of new normal examples" in card["detector"]["promise"]
    assert card["detector"]["score"] == "Reconstruction()"


def test_trimming_leaves_the_highest_losses_out(heads):
    losses = np.array([3.0, 100.0, 1.0, 2.0], np.float32)
    objectives = {}
    for trim in (0.0, 0.25, 0.3):
        trainer = Trainer(heads["plain"].end_to_end, lambda target, outputs: target[:, 0], trim=trim)
        trainer.prepare(keras.optimizers.SGD())
        targets = np.repeat(losses[:, None], WIDTH, axis=1)
        outputs = trainer({"inputs": targets})
        objectives[trim] = [
            float(trainer.compute_loss(targets, targets, outputs, training=training))
            for training in (True, False)
        ]
    assert objectives == {0.0: [26.5, 26.5], 0.25: [2.0, 2.0], 0.3: [2.0, 2.0]}  # in validation too


def test_pixels_of_anomalies_are_ranked_where_masks_say_which_they_are():
    maps = np.zeros((4, 2, 2, 1), np.float32)
    maps[1, 0, 0] = maps[2, 1, 1] = 2.0  # an anomaly's pixel, and a normal image's
    maps[1, 0, 1] = 1.0
    masks = np.full((4, 2, 2), -1, np.int8)
    masks[1] = [[1, 1], [0, 0]]
    labels = np.array([0, 1, 0, 1])  # of the last anomaly there is no mask
    test = Split(np.zeros((4, 2, 2, 1), np.uint8), labels, masks=masks)
    metrics = pixel_metrics(maps, test)
    known = maps[:3, ..., 0].ravel()
    truth = np.isin(np.arange(12), (4, 5))
    assert metrics == {
        "pixel_auroc": roc_auc_score(truth, known),
        "pixel_auprc": average_precision_score(truth, known),
        "pixel_aupro": region_overlap(maps[:3, ..., 0], truth.reshape(3, 2, 2)),
    }
    assert pixel_metrics(None, test) == {}
    assert pixel_metrics(maps, Split(test.examples, labels)) == {}
    assert pixel_metrics(maps, test.take([0, 2])) == {}  # no anomaly is left


def test_joined_splits_keep_masks_and_mark_those_that_are_not_known():
    some = Split(np.zeros((2, 3, 3, 1)), np.zeros(2, int), masks=np.ones((2, 3, 3), np.int8))
    none = Split(np.ones((1, 3, 3, 1)), np.ones(1, int))
    assert some.joined(none).masks[:, 0, 0].tolist() == [1, 1, -1]
    assert none.joined(some).masks[:, 0, 0].tolist() == [-1, 1, 1]
    assert none.joined(none).masks is None
    assert none.joined(some).labels.tolist() == [1, 0, 0]


def test_the_maps_of_the_model_and_of_pca_are_ranked_beside_their_scores(random):
    normal = random.integers(90, 110, (20, 4, 4, 1)).astype(np.uint8)
    test = np.concatenate([normal[:4], normal[4:8]])
    test[4:, 0, 0] = 255
    masks = np.zeros((8, 4, 4), np.int8)
    masks[4:, 0, 0] = 1
    labels = np.repeat([0, 1], 4)
    data = Data("parts", Split(normal), Split(normal), Split(test, labels, masks=masks), "unit")
    maps = masks[..., None].astype(np.float32)
    outputs = {"score": maps.sum(axis=(1, 2, 3)), "is_anomaly": labels > 0, "contributions": maps}
    rows = detection_metrics(outputs, 0.5, data, 2, seed=0)
    assert rows["model"]["pixel_auroc"] == rows["model"]["pixel_auprc"] == rows["model"]["pixel_aupro"] == 1.0
    assert rows["PCA, 2 components"]["pixel_auroc"] > 0.9  # it has seen no such pixel
    assert "pixel_auroc" not in rows["isolation forest"]


@pytest.fixture(scope="module")
def images():
    """Even images, a part of them with a small bright spot; and heads that reconstruct the even image."""
    random = np.random.default_rng(2)
    light = random.uniform(-0.1, 0.1, (160, 1, 1, 1))  # differs, which is no anomaly
    examples = (0.5 + light + random.normal(0, 0.05, (160, 24, 24, 1))).astype(np.float32)
    examples[130:, 5:7, 12:14] = 1.0  # of 576 pixels, 4
    labels = (np.arange(160) >= 130).astype(np.int64)
    normal = Split(examples[:60], labels[:60])
    test = Split(examples[60:], labels[60:])
    data = Data("spots", normal, normal, test, "unit", calibration=Split(examples[60:110], labels[60:110]))
    spec = Spec((24, 24, 1), (24, 24, 1), "unit")
    heads = Undercomplete(DenseBackbone((4,)), latent_dim=2).build(spec)
    inputs = keras.Input((2,), name="code")
    even = keras.ops.ones((1, 24, 24, 1)) * 0.5 + 0.0 * keras.ops.sum(inputs, axis=1)[:, None, None, None]
    decoder = keras.Model({"code": inputs}, {"reconstruction": even})
    return data, dataclasses.replace(heads, decoder=decoder)


def test_a_small_defect_is_found_by_the_largest_error_of_a_part(images):
    data, heads = images
    labels, aurocs = data.test.labels, {}
    for score in (Reconstruction(), LargestError(), Highest(Reconstruction(), LargestError())):
        detector, _ = Anomaly(score).detector(heads, data)
        outputs = batched(detector, {"inputs": data.test.examples.astype(np.float32)})
        aurocs[type(score).__name__] = roc_auc_score(labels, outputs["score"])
        assert outputs["contributions"].shape == data.test.examples.shape
    assert aurocs["Reconstruction"] < 0.9
    assert aurocs["LargestError"] > 0.99
    assert aurocs["Highest"] > aurocs["Reconstruction"] + 0.05


def test_the_largest_error_is_the_largest_mean_of_a_square():
    layer = LargestMean(3)
    errors = np.random.default_rng(0).uniform(size=(2, 9, 8, 2)).astype(np.float32)
    layer.build(errors.shape)
    usual = np.linspace(1, 2, 72).reshape(9, 8).astype(np.float32)
    layer.usual.assign(usual)
    pixels = errors.sum(axis=3) / usual
    around = [pixels[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].mean(axis=(1, 2))
              for row in range(9) for column in range(8)]  # fmt: skip
    np.testing.assert_allclose(layer(errors), np.max(around, axis=0), rtol=1e-5)


def test_the_largest_error_is_refused_for_rows(data, heads):
    with pytest.raises(InputError, match="LargestError acts on images alone"):
        Anomaly(LargestError()).detector(heads["plain"], Anomaly().prepare(data))
    with pytest.raises(InputError, match="part"):
        LargestError(part=0)
