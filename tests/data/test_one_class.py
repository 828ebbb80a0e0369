"""One class as the normal one: labels, folders of images, and a table over all classes."""

import json

import numpy as np
import pytest
from PIL import Image

from keras_ae import cli
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.find import find_dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.mnist import Mnist, Mnist5k
from keras_ae.data.images.one_class import OneClass
from keras_ae.errors import InputError
from keras_ae.experiments.sweep import summary, sweep
from keras_ae.recipe import load
from keras_ae.runs.request import RunRequest


def test_labels_become_nought_for_the_normal_class_and_more_for_others():
    plain, found = Mnist5k().load(), OneClass(normal="3").load()
    for part in ("train", "validation", "test"):
        before, after = plain.splits[part].labels, found.splits[part].labels
        np.testing.assert_array_equal(after == 0, before == 3)
        np.testing.assert_array_equal(np.array(found.label_names)[after], before.astype(str))
    count = int((plain.train.labels == 3).sum())
    assert f"normal is 3: {count} examples to train on; anomalies are 0, 1, 2, 4" in found.notes[-1]


@pytest.fixture
def parts(tmp_path, random):
    """Thirty gray squares that are good, and five that are cut."""
    for name, count in (("good", 30), ("cut", 5)):
        (tmp_path / "parts" / name).mkdir(parents=True)
        for number in range(count):
            levels = np.full((16, 16), 120, np.uint8) + random.integers(0, 20, (16, 16), np.uint8)
            if name == "cut":
                levels[7:9] = 255
            Image.fromarray(levels).save(tmp_path / "parts" / name / f"{number}.png")
    return tmp_path / "parts"


def test_a_folder_called_good_is_normal_and_no_anomaly_is_lost(parts):
    recipe = load("image_anomaly")
    dataset = find_dataset(str(parts), recipe.data)
    assert dataset == OneClass(ImageFolder(str(parts)), "")
    found = dataset.load()
    assert found.label_names == ("good", "cut")
    assert (found.test.labels == 1).sum() + (found.validation.labels == 1).sum() == 5
    assert found.notes[-1].startswith("normal is good")


def test_another_data_set_keeps_which_class_is_normal():
    assert find_dataset("mnist", OneClass(normal="7")) == OneClass(Mnist(), "7")


def test_data_of_no_class_and_classes_there_are_not_are_refused(tmp_path, random):
    np.save(tmp_path / "x.npy", random.uniform(size=(20, 8, 8)).astype(np.float32))
    with pytest.raises(InputError, match="expected labels, x.npy has none; put normal images into a folder"):
        OneClass(ArrayFile(str(tmp_path / "x.npy"))).load()
    with pytest.raises(InputError, match="expected a label good in mnist_5k, received 0, 1, .*data.normal"):
        OneClass(normal="good").load()


def test_a_sweep_trains_each_value_once_and_means_what_all_have(tmp_path, monkeypatch):
    trained = []

    def train(recipe, folder, report, resume):
        trained.append(recipe.data.normal)
        (folder / "checkpoint").mkdir(parents=True)
        return recipe

    def evaluate(run):
        score = int(run.data.normal) / 10
        return {"PCA": {"auroc": 0.5}, "noise": {"auprc": 1.0}, run.name: {"auroc": score, "f1": 0.0}}

    monkeypatch.setattr("keras_ae.experiments.sweep.train", train)
    monkeypatch.setattr("keras_ae.experiments.sweep.evaluate", evaluate)
    recipe = load("image_anomaly")
    for _ in range(2):
        request = RunRequest("image_anomaly", settings=("epochs=1",))
        tables = sweep(recipe, "data.normal", ["3", "5"], tmp_path, lambda _: None, request=request)
    assert trained == ["3", "5"]
    started = sorted(RunRequest.of_run(folder, "image_anomaly").settings for folder in tmp_path.iterdir())
    assert started == [("epochs=1", "data.normal=3"), ("epochs=1", "data.normal=5")]
    assert summary(tables, "auroc") == {
        "3": {"PCA": 0.5, "image_anomaly": 0.3},
        "5": {"PCA": 0.5, "image_anomaly": 0.5},
        "mean": {"PCA": 0.5, "image_anomaly": 0.4},
    }
    with pytest.raises(InputError, match="has no field 'normals'"):
        sweep(recipe, "data.normals", ["1"], tmp_path)
    with pytest.raises(
        InputError, match="expected a metric among auroc, f1, received 'f2'; choose one of them"
    ):
        sweep(recipe, "data.normal", ["7", "8"], tmp_path, report=lambda _: None, metric="f2")
    assert trained == ["3", "5", "7"]  # told before the others are trained


def test_the_verb_prints_a_line_a_value_and_refuses_what_is_none(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = {"PCA": {"auroc": 0.5}, "image_anomaly": {"auroc": 0.75}}
    monkeypatch.setattr(
        "keras_ae.experiments.sweep.sweep",
        lambda recipe, field, values, *others: dict.fromkeys(values, table),
    )
    assert cli.main(["sweep", "image_anomaly", "data.normal", "0..1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "auroc",
        "data.normal     PCA  image_anomaly",
        "0            0.5000         0.7500",
        "1            0.5000         0.7500",
        "mean         0.5000         0.7500",
    ]
    assert cli.main(["sweep", "image_anomaly", "data.normal", "a..b"]) == 2
    assert "expected values such as 0,1,2 or 0..9, received 'a..b'" in capsys.readouterr().err
    assert cli.main(["sweep", "image_anomaly", "data.normal", "1", "--metric", "auroc", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metric"] == "auroc"
