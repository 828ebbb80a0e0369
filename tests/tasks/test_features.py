"""What codes are worth to classifiers, in tables, charts and by layer."""

import dataclasses

import numpy as np
import pytest

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.memory import Arrays
from keras_ae.errors import InputError
from keras_ae.heads import Spec
from keras_ae.metrics.titles import HIGHER, title_of
from keras_ae.tasks.features import Features
from keras_ae.tensorboard.curves import CURVES_FILE, write_curves
from keras_ae.variants.conditional import Conditional
from keras_ae.variants.undercomplete import Undercomplete


@pytest.fixture(scope="module")
def blobs():
    """Two classes of vectors that are far apart."""
    labels = np.arange(120) % 2
    examples = np.random.default_rng(0).random((120, 6), np.float32) * 0.5 + 0.5 * labels[:, None]
    return Arrays(examples.astype(np.float32), labels).load()


@pytest.fixture(scope="module")
def heads(blobs):
    spec = Spec((6,), (6,), blobs.domain, 2)
    return Undercomplete(DenseBackbone((8,)), latent_dim=3).build(spec)


@pytest.mark.slow
def test_the_table_has_codes_and_all_that_they_are_compared_with(blobs, heads, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_ae.metrics.supervised.STEPS", 20)
    task = Features(label_counts=(1, 10, 1000), label_sets=2)
    metrics = task.further_metrics(heads, task.prepare(blobs), 0, None)
    assert list(metrics) == ["model", "PCA, 3 components", "raw input", "labels alone"]
    assert set(metrics["model"]) == {"probe", "probe_10", "probe_10_std", "knn", "knn_10", "knn_10_std"}
    assert metrics["raw input"]["probe"] == 1.0
    assert metrics["raw input"]["probe_10"] > 0.9
    assert set(metrics["labels alone"]) == {"probe", "probe_10", "probe_10_std"}

    curves = task.curves(metrics, blobs)
    [linear, nearest] = curves.values()
    assert linear["raw input"] == {10: metrics["raw input"]["probe_10"], len(blobs.train): 1.0}
    assert "labels alone" not in nearest
    write_curves(tmp_path, "mine", curves, metrics)
    page = (tmp_path / CURVES_FILE).read_text()
    assert page.count("<img") == 2
    assert "linear probe, 10 labels" in page
    assert list((tmp_path / "train").glob("events*"))


def test_titles_tell_labels_and_which_way_is_better():
    assert title_of("probe_1000").heading == f"linear probe, 1,000 labels {HIGHER}"
    assert title_of("knn_10_std").heading == "nearest neighbors, 10 labels, std"


def test_data_without_classes_and_encoders_with_labels_are_refused(blobs, heads):
    of_one = blobs.train.take(np.flatnonzero(blobs.train.labels == 0))
    with pytest.raises(InputError, match="has no labels of two or more classes; give labels: y in an .npz"):
        Features().prepare(dataclasses.replace(blobs, train=of_one))
    conditional = Conditional(DenseBackbone((8,)), latent_dim=3).build(Spec((6,), (6,), blobs.domain, 2))
    with pytest.raises(InputError, match="the encoder takes the labels"):
        Features().check(conditional, blobs)
