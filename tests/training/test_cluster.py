"""TF_CONFIG as Kubeflow, Vertex AI and Slurm set it, and what is said of one that cannot be used."""

import json

import pytest

from keras_ae.errors import InputError
from keras_ae.training.cluster import Cluster, cluster_in
from keras_ae.training.train import alone

TWO = ["a:1", "b:2"]


def config(cluster, kind="worker", index=0):
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


def test_a_process_is_alone_without_tf_config_or_with_itself_in_it():
    assert cluster_in({}) is None
    assert cluster_in({"TF_CONFIG": " "}) is None
    assert cluster_in(config({"worker": ["a:1"]})) is None


@pytest.mark.parametrize(
    ("cluster", "kind", "index", "number"),
    [
        ({"worker": TWO}, "worker", 0, 0),
        ({"worker": TWO}, "worker", "1", 1),
        ({"chief": ["a:1"], "worker": ["b:2"]}, "worker", 0, 1),
        ({"worker": ["b:2"], "chief": ["a:1"], "ps": []}, "chief", 0, 0),
        ({"master": ["a:1"], "worker": ["b:2"]}, "master", 0, 0),
    ],
)
def test_the_chief_comes_first(cluster, kind, index, number):
    assert cluster_in(config(cluster, kind, index)) == Cluster(("a:1", "b:2"), number)


def test_a_cluster_names_itself_and_counts_the_workers_of_a_host():
    cluster = Cluster(("a:1", "b:2", "a:3", "[::1]:4"), 2)
    assert cluster_in({"TF_CONFIG": cluster.config}) == cluster
    assert [cluster.name(0), cluster.name(2)] == ["the chief (a:1)", "worker 2 (a:3)"]
    assert cluster.local_index == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"task": {"type": "worker", "index": 0}}', 'lacks "cluster"'),
        ('{"cluster": {"worker": ["a:1", "b:2"]}}', 'lacks "task"'),
        (config({"worker": TWO}, "ps"), "none of the workers"),
        (config({"worker": TWO}, index=2), "none of the workers"),
        (config({"worker": TWO}, index=-1), "none of the workers"),
        (config({"worker": TWO}, index="x"), "\"index\" is 'x'"),
        (config({"worker": TWO, "ps": ["c:3"]}), "of the kind ps"),
        (config({"worker": "a:1"}), "list of addresses"),
        (config({"worker": ["a:1", "b"]}), "'b' is no address"),
        (config({"worker": ["a:1", "b:99999"]}), "'b:99999' is no address"),
        (config({"worker": ["a:1", "a:1"]}), "a:1 twice"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(text, reason):
    text = text if isinstance(text, str) else text["TF_CONFIG"]
    with pytest.raises(InputError, match=reason) as error:
        cluster_in({"TF_CONFIG": text})
    assert "\n" not in str(error.value)
    assert "unset it" in str(error.value)


def test_a_training_that_is_not_shared_is_refused_where_there_are_workers(monkeypatch):
    assert alone().count == 1
    monkeypatch.setenv("TF_CONFIG", config({"worker": TWO})["TF_CONFIG"])
    with pytest.raises(InputError, match="names 2 workers.*unset TF_CONFIG"):
        alone()
