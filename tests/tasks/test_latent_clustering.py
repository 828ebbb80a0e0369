"""Clusters of codes: how they are found and counted without labels, what is served, what is refused."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.clusters import MixturePosterior, NeighborVote
from keras_ae.data.augmentation.spatial import Flip, Shift
from keras_ae.data.examples import Split
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Spec, TrainedHeads, batched
from keras_ae.metrics.clustering import agreement, cluster_accuracy, separation
from keras_ae.tasks import cluster_methods
from keras_ae.tasks.cluster_methods import (
    BestClusters,
    GaussianMixture,
    KMeans,
    LearnedClusters,
    ManifoldMixture,
    fitted_clusters,
)
from keras_ae.tasks.latent_clustering import LatentClustering
from keras_ae.tasks.projections import PCA, TSNE, UMAP, Spectral
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.vade import VaDE
from keras_ae.variants.vector_quantized import VectorQuantized

SPECTRAL = ManifoldMixture(projection=Spectral(neighbors=8))


@pytest.fixture(scope="module")
def groups():
    """Three far groups of 4 numbers, 40 of each, and the group of each."""
    random = np.random.default_rng(0)
    labels = np.arange(120) % 3
    centers = np.array([[0, 0, 0, 0], [9, 0, 0, 9], [0, 9, 9, 0]])
    return centers[labels] + random.normal(size=(120, 4)), labels


def assigned(clusters, codes):
    return np.asarray(clusters.layer(codes.astype(np.float32))).argmax(axis=1)


@pytest.mark.parametrize(
    "method", [KMeans(), GaussianMixture(), SPECTRAL, BestClusters()], ids=lambda each: type(each).__name__
)
@pytest.mark.parametrize("clusters", [0, 3])
def test_far_groups_are_found_and_counted_without_labels(method, clusters, groups):
    codes, labels = groups
    fitted = dataclasses.replace(method, clusters=clusters, most_clusters=5).fit(codes)
    assert agreement(assigned(fitted, codes), labels) == {"cluster_accuracy": 1, "nmi": 1, "ari": 1}
    chosen_by = {"GaussianMixture": "-BIC"}.get(type(fitted.method).__name__, "silhouette")
    assert fitted.facts.get("chosen_by") == (None if clusters else chosen_by)


def test_the_served_mixture_is_scikit_learns(groups):
    codes, _ = groups
    fitted = GaussianMixture(3).fit(codes)
    expected = cluster_methods._mixture(codes, 3).predict_proba(codes + 1)
    # float32 beside float64
    np.testing.assert_allclose(fitted.layer((codes + 1).astype(np.float32)), expected, atol=1e-4)


def test_a_mixture_of_two_normals_by_hand():
    layer = MixturePosterior.of(np.array([0.75, 0.25]), np.array([[0.0], [2.0]]), np.array([[1.0], [1.0]]))
    # in the middle both are as likely but for their weights
    np.testing.assert_allclose(layer(np.array([[1.0]], np.float32)), [[0.75, 0.25]], atol=1e-6)
    same = MixturePosterior.from_config(layer.get_config())
    same.set_weights(layer.get_weights())
    np.testing.assert_array_equal(same(np.ones((1, 1))), layer(np.ones((1, 1))))


def test_neighbors_vote():
    layer = NeighborVote.of(np.array([[0.0], [1.0], [9.0]]), np.array([[1.0, 0], [0.5, 0.5], [0, 1]]), 2)
    np.testing.assert_allclose(layer(np.array([[0.4], [7.0]], np.float32)), [[0.75, 0.25], [0.25, 0.75]])
    assert NeighborVote.from_config(layer.get_config()).count == 3


def test_accuracy_is_that_of_the_best_assignment():
    assert cluster_accuracy(np.array([7, 7, 3, 3]), np.array([0, 0, 1, 1])) == 1
    assert cluster_accuracy(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 0])) == 0.75
    # three clusters of two labels: the smallest counts as wrong
    assert cluster_accuracy(np.array([0, 0, 1, 2, 2]), np.array([5, 5, 5, 6, 6])) == 0.8
    assert separation(np.zeros((5, 2)), np.zeros(5, int)) == -1


def test_the_same_codes_are_clustered_once(groups, monkeypatch):
    codes = groups[0].astype(np.float32)
    first = fitted_clusters(KMeans(2), codes)
    monkeypatch.setattr(KMeans, "fit", None)  # would fail
    assert fitted_clusters(KMeans(2), codes.copy()) is first
    with pytest.raises(TypeError):
        fitted_clusters(KMeans(2), codes + 1)


@pytest.fixture
def data():
    """Images of 6 x 6 with one of three squares, and their labels."""
    random = np.random.default_rng(1)
    labels = np.arange(60) % 3
    images = random.uniform(0, 0.1, (60, 6, 6, 1)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2, :3] += 0.8
    split = Split(images, labels)
    return Data("squares", split, split, split, "unit", ("top", "middle", "bottom"))


def heads_for(variant, condition=0):
    keras.utils.set_random_seed(3)
    return variant.build(Spec((6, 6, 1), (6, 6, 1), "unit", condition))


@pytest.mark.parametrize(
    ("variant", "method"),
    [
        (Undercomplete(DenseBackbone((8,)), 4), KMeans(3)),
        (Undercomplete(DenseBackbone((8,)), 4), dataclasses.replace(SPECTRAL, clusters=3)),
        (VaDE(DenseBackbone((8,)), 4, clusters=3), LearnedClusters()),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_head_gives_each_example_a_cluster_and_probabilities(variant, method, data, tmp_path):
    heads, task = heads_for(variant), LatentClustering(method)
    task.check(heads, task.prepare(data))
    (served,) = task.served_heads(TrainedHeads(heads, data))
    served.model.save(tmp_path / "cluster.keras")
    loaded = keras.models.load_model(tmp_path / "cluster.keras", compile=False, safe_mode=True)
    outputs = batched(loaded, {"inputs": data.test.numbers})
    assert set(outputs) == {"cluster", "probabilities"}
    np.testing.assert_array_equal(outputs["probabilities"].argmax(axis=1), outputs["cluster"])
    np.testing.assert_allclose(outputs["probabilities"].sum(axis=1), 1, atol=1e-5)
    assert served.facts["clusters"] == 3
    assert sum(served.facts["training_examples"]) == len(data.train)
    kinds = task.metrics_by_kind((served,), data)
    assert sum(row["count"] for row in kinds.values()) == len(data.test)
    rows = task.galleries((served,), data)["clusters"]
    assert all(1 <= len(row) <= 10 and row.shape[1:] == (6, 6, 1) for row in rows.values())


def test_squares_are_told_apart_and_compared_with_k_means_on_the_inputs(data):
    heads, task = heads_for(Undercomplete(DenseBackbone(()), 6)), LatentClustering(KMeans(3))
    table = task.further_metrics(heads, data, 0, None)
    assert table["k-means on inputs"]["cluster_accuracy"] == 1  # of squares that lie apart
    assert set(table["model"]) == {"clusters", "silhouette", "cluster_accuracy", "nmi", "ari"}
    plain = dataclasses.replace(data.test, labels=None)
    unlabeled = dataclasses.replace(data, train=plain, validation=plain, test=plain, label_names=())
    assert set(task.further_metrics(heads, unlabeled, 0, None)["model"]) == {"clusters", "silhouette"}


def test_inputs_are_changed_and_targets_are_not(data):
    examples = data.train.examples[:8]
    seeds = np.stack([np.arange(8), np.arange(8)], axis=1)
    inputs, targets = LatentClustering(invariant_to=(Shift(2),)).pair(examples, seeds, "unit")
    np.testing.assert_array_equal(targets, examples)
    assert not np.array_equal(inputs, examples)


@pytest.mark.parametrize("kind", [KMeans, GaussianMixture, ManifoldMixture, BestClusters])
def test_one_cluster_is_refused(kind):
    with pytest.raises(InputError, match="at least 2, or 0 to choose their number; received 1"):
        kind(clusters=1)


def test_what_cannot_be_clustered_is_refused_before_training(data):
    with pytest.raises(InputError, match="at least 61 training examples for KMeans, received 60"):
        LatentClustering(KMeans(61)).check(heads_for(Undercomplete(latent_dim=2)), data)
    flat = dataclasses.replace(data.train, examples=data.train.examples.reshape(60, 36))
    rows = dataclasses.replace(data, train=flat, validation=flat, test=flat)
    with pytest.raises(InputError, match="task.invariant_to=Flip is for images"):
        LatentClustering(invariant_to=(Flip(),)).prepare(rows)
    with pytest.raises(InputError, match="this one learns none"):
        LatentClustering(LearnedClusters()).check(heads_for(Undercomplete(latent_dim=2)), data)
    with pytest.raises(InputError, match="clustering takes codes of one size, of real numbers"):
        LatentClustering(KMeans(3)).check(heads_for(VectorQuantized(DenseBackbone((8,)))), data)
    with pytest.raises(InputError, match="one or more methods"):
        BestClusters(methods=())


def test_no_more_clusters_are_tried_than_half_the_examples():
    random = np.random.default_rng(0)
    assert set(KMeans(most_clusters=9).fit(random.normal(size=(6, 2))).facts["silhouette"]) == {"2", "3"}


def test_a_projection_to_few_dimensions_takes_two_and_refuses_more(groups):
    codes, labels = groups
    method = ManifoldMixture(3, projection=TSNE(perplexity=10))
    assert method.least_examples == 4
    assert ManifoldMixture(3, projection=Spectral(), dimensions=7).least_examples == 9
    assert agreement(assigned(method.fit(codes), codes), labels)["cluster_accuracy"] == 1
    with pytest.raises(InputError, match="t-SNE projects to 3 dimensions at most, received dimensions=4"):
        dataclasses.replace(method, dimensions=4)


def test_without_umap_its_extra_is_told(monkeypatch, data):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(InputError, match=r"UMAP needs umap-learn: .*\[umap\]"):
        LatentClustering(ManifoldMixture(3)).check(heads_for(Undercomplete(latent_dim=2)), data)
    with pytest.raises(InputError, match="UMAP needs umap-learn"):
        UMAP().coordinates(np.zeros((9, 2)))


def test_projections_of_few_codes(groups):
    codes, labels = groups
    projected = Spectral(neighbors=8).coordinates(codes, 3)
    np.testing.assert_array_equal(projected, Spectral(neighbors=8).coordinates(codes, 3))
    assert separation(projected, labels) > 0.9
    assert PCA().coordinates(codes[:, :1]).shape == (120, 2)
    with pytest.raises(InputError, match="at least 4 examples, received 3; use PCA"):
        Spectral().coordinates(codes[:3])


@pytest.mark.extras
def test_umap_brings_neighbors_together(groups):
    pytest.importorskip("umap")
    codes, labels = groups
    projected = UMAP(neighbors=10, min_dist=0.0).coordinates(codes)
    np.testing.assert_array_equal(projected, UMAP(neighbors=10, min_dist=0.0).coordinates(codes))
    assert separation(projected, labels) > 0.8
