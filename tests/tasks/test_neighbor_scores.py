"""Anomaly scores by the nearest normal rows: closed forms, curved classes, words, duplicates, few rows."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting, untrained
from sklearn.datasets import make_circles
from sklearn.metrics import roc_auc_score

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.neighbors import ScaledDifferences, StoredNeighbors
from keras_ae.blocks.scoring import MahalanobisDistance, Standardized
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Spec, batched
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import model_card
from keras_ae.serving.export import export_heads
from keras_ae.table_layout import TableLayout
from keras_ae.tasks import neighbor_scores
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_metrics import kernel_density_scores
from keras_ae.tasks.anomaly_scores import Mahalanobis, NearestCodes, Reconstruction, Together
from keras_ae.tasks.feature_scale import feature_scale, usual_differences
from keras_ae.tasks.neighbor_scores import NearestExamples
from keras_ae.training.train import train
from keras_ae.variants.undercomplete import Undercomplete

ALL = Together(NearestExamples(), Together(Mahalanobis("inputs"), Reconstruction()), weight=0.5)


@dataclasses.dataclass(frozen=True)
class Given(Dataset):
    """A data set of data at hand."""

    data: Data

    def load(self):
        return self.data


def heads_of(data):
    keras.utils.set_random_seed(0)
    shape = data.train.shape
    return Undercomplete(DenseBackbone((4,)), latent_dim=2).build(Spec(shape, shape, "real"))


def detected(task, data):
    """The outputs of a detector with untrained heads for the test examples."""
    detector, _ = task.detector(heads_of(data), data)
    return batched(detector, {"inputs": np.asarray(values(data.test.examples))})


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """400 rows of two related numbers, one of few values, and words, of which `rare` stands in three."""
    random = np.random.default_rng(0)
    load = random.uniform(1, 5, 400)
    words = random.choice(["a", "b", "c"], 400, p=[0.6, 0.3, 0.1])
    words[[10, 110, 210]] = "rare"
    rows = [
        f"{x:.3f},{3 * x + random.normal() / 10:.3f},{i % 2},{word},ok"
        for i, (x, word) in enumerate(zip(load, words, strict=True))
    ]
    rows += ["2.0,14.0,1,a,odd", "3.0,9.0,0,b,odd", "3.0,9.0,0,new,odd"] * 2
    path = tmp_path_factory.mktemp("table") / "machine.csv"
    path.write_text("\n".join(["load,heat,on,mode,label", *rows]) + "\n")
    return Anomaly(ALL).prepare(TableFile(str(path), label="label", normal="ok").load())


def test_the_nearest_examples_are_those_of_scikit_learn(random):
    stored, examples = (random.normal(size=(count, 4)).astype(np.float32) for count in (30, 7))
    scale = np.array([1.0, 2.0, 0.5, 0.0], np.float32)
    distance, expected = StoredNeighbors(3, 30).fitted(stored, scale)(examples)
    distances = np.linalg.norm((examples[:, None] - stored) * scale, axis=2)
    order, ranked = np.argsort(distances, axis=1), np.sort(distances, axis=1)
    np.testing.assert_allclose(distance, ranked[:, :3].mean(axis=1), rtol=1e-5)
    weights = ranked[:, 3:4] - ranked[:, :3]
    due = (stored[order[:, :3]] * (weights / weights.sum(axis=1, keepdims=True))[..., None]).sum(axis=1)
    np.testing.assert_allclose(expected, due, atol=0.05)  # the fourth counts a little too


def test_of_equally_far_examples_none_is_preferred():
    stored = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]], np.float32)
    layer = StoredNeighbors(3, 4).fitted(stored, np.ones(2, np.float32))
    distance, expected = layer(np.zeros((1, 2), np.float32))
    np.testing.assert_allclose(distance, [1.0])
    np.testing.assert_allclose(expected, [[0.0, 0.0]], atol=1e-6)


def test_an_example_is_not_compared_with_itself(random):
    stored = random.normal(size=(40, 3)).astype(np.float32)
    distance, expected = StoredNeighbors(5, 40).fitted(stored, np.ones(3, np.float32))(stored)
    apart = np.linalg.norm(stored[:, None] - stored, axis=2) + np.diag(np.full(40, np.inf))
    np.testing.assert_allclose(distance, np.sort(apart, axis=1)[:, :5].mean(axis=1), rtol=1e-5)
    assert (np.linalg.norm(expected - stored, axis=1) > 0.05).all()


def test_a_row_like_stored_ones_is_at_no_distance():
    same = np.full((9, 3), 7.0, np.float32)
    distance, expected = StoredNeighbors(5, 9).fitted(same, np.ones(3, np.float32))(same[:2])
    np.testing.assert_array_equal(distance, [0.0, 0.0])
    np.testing.assert_allclose(expected, same[:2], rtol=1e-6)


def test_columns_of_numbers_and_of_words_vary_alike(random):
    words = random.choice(4, 1000, p=[0.5, 0.3, 0.15, 0.05])
    numbers, missing = random.normal(scale=0.01, size=(1000, 1)), np.zeros((1000, 1))
    one_hot = np.pad(np.eye(4)[words], [(0, 0), (2, 0)])  # the first stand for unknown and missing words
    rows = np.hstack([numbers, missing, one_hot, np.full((1000, 1), 3.0), missing]).astype(np.float32)
    layout = TableLayout.parse("table(n,w4,n)")
    scale = feature_scale(rows, layout)
    variances = (rows * scale).var(axis=0) @ layout.of_column
    np.testing.assert_allclose(variances, [1.0, 1.0, 0.0], rtol=1e-3, atol=1e-6)
    assert scale[layout.flags].tolist() == [0.0, 0.0, 0.0]
    assert (scale[2], scale[8]) == (4.0, 1.0)  # an unknown word, and a constant
    assert scale[7] > scale[6] > scale[5] > scale[4]  # a rare word counts more


def test_usual_differences_add_up_to_one():
    squares = np.array([[1.0, 3.0, 0.0], [3.0, 5.0, 0.0]])
    np.testing.assert_allclose(usual_differences(squares), 3 * np.array([2.0, 3.0, 1.0]))
    assert (usual_differences(np.zeros((4, 2))) > 0).all()


def test_rows_are_compared_by_the_values_that_they_have(random):
    layout = TableLayout.parse("table(n*3)")
    stored = np.zeros((20, 6), np.float32)
    stored[:, ::2] = random.normal(size=(20, 3))
    rows = stored[:4] + np.float32(0.5) * layout.numbers.astype(np.float32)
    rows[:2, 2:4] = 7.0, 1.0  # a value that is missing counts for nothing, whatever stands there
    rows[2] = layout.nothing
    scale = feature_scale(stored, layout)
    distance, expected = StoredNeighbors(5, 20, str(layout)).fitted(stored, scale)(rows)
    part = (rows[:2, None, [0, 4]] - stored[:, [0, 4]]) * scale[[0, 4]]
    due = np.sqrt(np.sort(1.5 * (part**2).sum(axis=2), axis=1)[:, :5]).mean(axis=1)
    np.testing.assert_allclose(distance[:2], due, rtol=1e-5)
    assert distance[2] == 0.0  # nothing is known, and nothing is unlike
    differences = ScaledDifferences(str(layout)).fitted(scale)(rows, expected)
    assert np.asarray(differences)[:2, 1].tolist() == [0.0, 0.0]
    fitted = MahalanobisDistance(str(layout)).fitted(stored, scale)
    changed = rows.copy()
    changed[:2, 2] = -3.0
    np.testing.assert_allclose(fitted(rows), fitted(changed), rtol=1e-5)
    assert np.isfinite(fitted(rows)).all()
    again = MahalanobisDistance.from_config(fitted.get_config())
    assert again.layout == layout


def test_a_curved_class_is_told_from_what_it_surrounds():
    points, inside = make_circles(600, factor=0.3, noise=0.05, random_state=0)
    ring, middle = (points[inside == side].astype(np.float32) for side in (0, 1))
    splits = Split(ring[:150]), Split(ring[150:250]), Split(
        np.concatenate([ring[250:], middle]), np.repeat([0, 1], [50, 300])
    )  # fmt: skip
    data = Data("ring", *splits, "real")
    found = {
        score: roc_auc_score(data.test.labels, detected(Anomaly(score), Anomaly().prepare(data))["score"])
        for score in (NearestExamples(), Mahalanobis("inputs"))
    }
    assert found[NearestExamples()] == 1.0
    assert found[Mahalanobis("inputs")] < 0.1  # the middle is nearest to the mean


def test_a_row_is_explained_by_the_columns_that_differ_from_the_nearest_rows(table):
    found = detected(Anomaly(ALL), table)
    names, odd = list(table.preprocessor.columns), table.test.labels > 0
    raw = {
        name: table.preprocessor.columns_of(np.asarray(values(table.test.examples)))[name] for name in names
    }
    expected = table.preprocessor.columns_of(found["expected"])
    [hot, *_] = np.flatnonzero(odd & (raw["heat"] > 13))
    assert names[found["contributions"][hot].argmax()] in ("heat", "load")
    heat, load = (float(expected[name][hot]) for name in ("heat", "load"))
    assert heat == pytest.approx(3 * load, abs=0.5)  # a row that there may be
    usual = found["contributions"][~odd].sum(axis=1)
    assert 0.0 < np.median(usual) < 2.0
    assert found["contributions"][hot].sum() > 10 * np.median(usual)
    unknown = odd & (np.asarray(values(table.test.examples))[:, table.preprocessor.groups == 3][:, 0] == 1)
    assert {names[column] for column in found["contributions"][unknown].argmax(axis=1)} == {"mode"}
    flat = found["score"][odd & ~unknown & (raw["heat"] < 13)]
    assert found["score"][unknown].min() > flat.max()  # the same row with a word of its own


def test_a_detector_survives_a_keras_file_and_is_served_alike(table, tmp_path):
    recipe = Recipe(
        Given(table), Undercomplete(DenseBackbone((4,)), latent_dim=2), Anomaly(ALL), epochs=1, name="m"
    )
    with untrained(), exporting("detector"):
        run = train(recipe, tmp_path / "run", report=lambda _: None)
        kept = load_artifacts(tmp_path / "run")
        folders = export_heads(kept, "m", model_card(run, {"m": {}}), tmp_path / "models")
    due = batched(run.served_heads[0].model, {"inputs": np.asarray(values(table.test.examples))})
    again = batched(kept.served_head("detector").model, {"inputs": np.asarray(values(table.test.examples))})
    served = tf.saved_model.load(str(folders["detector"])).signatures["serving_default"]
    columns = {
        name: tf.constant(
            table.raw[name].astype(str) if name == "mode" else table.raw[name].astype(np.float32)
        )
        for name in table.preprocessor.columns
    }
    count = len(table.raw["load"])  # without the anomalies that were moved to the test split
    found = {name: np.asarray(value) for name, value in served(**columns).items()}
    # distances of some standard deviations from float32 features, their small differences squared
    for name in ("score", "contributions", "expected"):
        np.testing.assert_allclose(again[name], due[name], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found[name], due[name][:count], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("score", [ALL, Together(NearestExamples(), NearestCodes(3))])
@pytest.mark.parametrize("count", [1, pytest.param(3, marks=pytest.mark.slow), 6])
def test_few_rows_and_equal_ones_have_scores(score, count, random):
    few = random.normal(size=(count, 3)).astype(np.float32)
    for rows in (few, np.repeat(few[:1], count, axis=0), np.zeros_like(few)):
        known = np.repeat(rows, 20, axis=0)
        data = Data("few", Split(rows), Split(known), Split(np.concatenate([rows, rows + 9])), "real")
        scores = detected(Anomaly(score), dataclasses.replace(data, calibration=Split(known)))["score"]
        assert np.isfinite(scores).all()
        assert scores[count:].min() > scores[:count].max()


def test_as_many_examples_are_stored_as_allowed(monkeypatch, random):
    examples = random.normal(size=(300, 3)).astype(np.float32)
    data = Data("many", Split(examples), Split(examples[:40]), Split(examples[:5]), "real")

    def stored(score):
        detector, _ = Anomaly(score).detector(heads_of(data), Anomaly().prepare(data))
        [layer] = [layer for layer in detector.layers if isinstance(layer, StoredNeighbors)]
        return np.asarray(layer.stored)

    assert stored(NearestExamples()).shape == (300, 3)
    assert stored(NearestExamples(max_examples=50)).shape == (50, 3)
    monkeypatch.setattr(neighbor_scores, "MOST_NUMBERS", 60)
    own = stored(NearestExamples())
    assert own.shape == (20, 3)
    np.testing.assert_array_equal(own[[0, -1]], examples[[0, -1]])
    with pytest.raises(InputError, match="max_examples must be at least 5"):
        NearestExamples(max_examples=4)
    with pytest.raises(InputError, match="neighbors must be at least 1"):
        NearestExamples(neighbors=0)
    with pytest.raises(InputError, match="space must be one of code, inputs"):
        Mahalanobis("input")


def test_a_scaled_distance_is_that_of_scaled_examples(random):
    codes, scale = random.normal(size=(100, 3)).astype(np.float32), np.array([2.0, 1.0, 0.1], np.float32)
    np.testing.assert_allclose(
        MahalanobisDistance().fitted(codes, scale)(codes[:5]),
        MahalanobisDistance().fitted(codes * scale)(codes[:5] * scale),
        rtol=1e-3,
    )


def test_logarithms_of_scores_are_standardized():
    scores = np.array([0.0, 1.0, np.e], np.float32)
    np.testing.assert_allclose(Standardized(1.0, 2.0)(scores), (scores - 1) / 2, rtol=1e-6)
    np.testing.assert_allclose(Standardized(0.0, 2.0, 1.0)(scores), np.log(scores + 1) / 2, rtol=1e-6)
    layer = Standardized(0.5, 2.0, 0.25)
    assert Standardized.from_config(layer.get_config()).floor == 0.25


def test_a_kernel_density_is_that_of_its_kernels():
    training, width = np.array([[0.0], [1.0]]), 2 ** (-1 / 5)
    due = -np.log(np.exp(-0.5 * (np.array([[0.0, 1.0], [4.0, 1.0]]) / width**2)).sum(axis=1))
    np.testing.assert_allclose(kernel_density_scores(training, np.array([[0.0], [2.0]])), due)


def test_a_score_without_a_network_is_not_helped_by_training():
    rows = Together(NearestExamples(), Mahalanobis("inputs"))
    assert 'SET="task.score=Reconstruction"' in Anomaly(rows).remedy
    for score in (ALL, Mahalanobis(), Reconstruction()):
        assert not Anomaly(score).remedy
