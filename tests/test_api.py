"""keras_ae from a Python program: the public names, training on what is in memory, loading, and refusals."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import eagerly, exporting, untrained
from PIL import Image

import keras_ae

ROOT = Path(__file__).resolve().parent.parent
SHAPE = (12, 12)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 255, (60, *SHAPE), dtype=np.uint8)


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": random.normal(5, 2, 60),
            "the price": random.lognormal(2, 2, 60),
            "kind": ["a", "b", "c"] * 20,
        },
        index=[f"row {number}" for number in range(60)],
    )
    frame.iloc[3, 0] = np.nan
    return frame


@pytest.fixture(scope="module")
def variant():
    from keras_ae.backbones import DenseBackbone
    from keras_ae.variants import Variational

    return Variational(DenseBackbone((8,)), latent_dim=3)


@pytest.fixture(scope="module")
def run(images, variant, tmp_path_factory):
    """A variational autoencoder of bytes, whose weights a step of training did not change."""
    folder = tmp_path_factory.mktemp("api")
    with untrained():
        return keras_ae.train(variant, images, epochs=2, runs=folder / "runs", verbose=0)


@pytest.fixture(scope="module")
def loaded(run):
    return keras_ae.load(run.directory)


@pytest.fixture(scope="module")
def table_run(frame, variant, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    with untrained():
        return keras_ae.train(variant, frame, epochs=1, directory=folder / "run", verbose=0)


def test_the_lines_of_the_readme_train_a_variational_autoencoder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"```python\n(import numpy.*?)```", text, re.S).group(1)
    names = {}
    with exporting("encoder"), untrained():  # tests/test_docs.py runs them as they stand
        exec(lines.replace("epochs=5", "epochs=1"), names)
    assert names["codes"].shape == (1000, 4)
    assert names["again"].shape == names["x"].shape == (1000, 20)
    assert names["run"].history["loss"] == [1.0]
    assert (tmp_path / "saved_models/variational/encoder/1/saved_model.pb").exists()


def test_importing_the_package_imports_neither_tensorflow_nor_numpy():
    code = (
        "import sys, keras_ae; keras_ae.InputError; "
        "print(sorted({'numpy', 'keras', 'tensorflow', 'pandas'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_public_name_is_there_and_an_unknown_one_is_refused():
    for name in keras_ae.__all__:
        assert getattr(keras_ae, name) is not None
        assert name in dir(keras_ae)
    assert keras_ae._ORIGINS.keys() | {"__version__"} == set(keras_ae.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'fit'; it has Arrays, Client"):
        keras_ae.fit  # noqa: B018


def test_without_tensorflow_a_name_says_how_to_install_it(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name="tensorflow")

    monkeypatch.setattr(keras_ae.importlib, "import_module", missing)
    monkeypatch.delitem(vars(keras_ae), "train", raising=False)
    with pytest.raises(keras_ae.InputError, match=r"TensorFlow is not installed: .*\[cpu\]"):
        keras_ae.train  # noqa: B018


def test_variants_tasks_and_backbones_are_found_by_their_names():
    import keras_ae.backbones
    import keras_ae.tasks
    import keras_ae.variants
    from keras_ae.tasks import Anomaly, Reconstruction
    from keras_ae.variants import DIPVAE

    assert DIPVAE.__module__ == "keras_ae.variants.dip_vae"
    assert Anomaly.__module__ == "keras_ae.tasks.anomaly"
    assert Reconstruction.__module__ == "keras_ae.tasks.reconstruction"
    assert {"Variational", "Masked"} <= set(dir(keras_ae.variants))
    assert "ConvBackbone" in dir(keras_ae.backbones)
    with pytest.raises(AttributeError, match="no attribute 'Diffusion'; it has Adversarial"):
        keras_ae.variants.Diffusion  # noqa: B018


def test_a_run_takes_and_gives_what_the_user_has(run, images):
    codes, reconstruction = run.encode(images), run.reconstruct(images)
    assert codes.shape == (60, 3)
    assert reconstruction.shape == images.shape
    assert reconstruction.dtype == np.uint8
    floats = run.reconstruct(images.astype("float32") / 255)
    np.testing.assert_allclose(floats, reconstruction / 255, atol=0.51 / 255)
    np.testing.assert_allclose(run.decode(codes)[..., 0], floats, atol=1e-5)
    np.testing.assert_allclose(run.encode((images[:2] / 255).tolist()), codes[:2], atol=1e-5)
    assert run.history["loss"] == run.history["val_loss"] == [1.0, 1.0]
    assert run.directory.parts[-2:] == ("variational", "001")


def test_a_run_says_what_it_is(run):
    lines = []
    run.summary(lines.append)
    assert "encoder (Functional)" in "\n".join(lines)
    assert any(re.match(r"psnr +\d", line) for line in lines)
    assert repr(run) == f"<variational in {run.directory}: 2 epochs>"


def test_a_loaded_run_gives_the_same_without_its_data(run, loaded, images):
    np.testing.assert_array_equal(loaded.encode(images), run.encode(images))
    assert loaded.history == run.history
    assert loaded.recipe.variant == run.recipe.variant
    with pytest.raises(
        keras_ae.InputError, match=r"trained on Arrays \(uint8 \(60, 12, 12\) sha256 .*evaluate\(x\)"
    ):
        loaded.evaluate()


def test_metrics_of_examples_and_of_the_test_split(run, loaded, images):
    table = keras_ae.evaluate(run)
    assert list(table)[-1] == "variational"
    assert table["variational"]["psnr"] == pytest.approx(run.metrics["psnr"])
    own = loaded.evaluate(images)
    assert own["variational"].keys() >= {"psnr", "kl", "active_units"}
    errors = (run.reconstruct(images / np.float32(255)) - images / 255) ** 2
    assert own["variational"]["mse"] == pytest.approx(errors.mean(), rel=1e-4)
    with pytest.raises(keras_ae.InputError, match="received labels alone"):
        run.evaluate(y=[1])


def test_heads_are_exported_under_the_runs_name_or_another(loaded, tmp_path):
    with exporting("encoder"):
        assert keras_ae.export(loaded.directory, tmp_path) == {"encoder": tmp_path / "variational/encoder/1"}
        assert loaded.export(tmp_path, name="pets") == {"encoder": tmp_path / "pets/encoder/1"}
    for name, message in (
        ("../x", "^name must be one part of letters"),
        ("digits", "of another recipe, .* a name="),
    ):
        with pytest.raises(keras_ae.InputError, match=message):
            loaded.export(tmp_path, name=name)


def test_a_run_has_the_name_that_is_given_and_says_its_recipe(images, variant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = {"epochs": 1, "verbose": 0, "runs": "my runs"}
    with untrained():
        run = keras_ae.train(variant, images, name="pets", **settings)
        again = keras_ae.train(variant, images, name="pets", resume=True, **settings)
        by_folder = keras_ae.train(variant, images, directory=run.directory, resume=True, **settings)
        with pytest.raises(
            keras_ae.InputError, match="run called pets, expected one called x; leave out name="
        ):
            keras_ae.train(variant, images, name="x", directory=run.directory, resume=True, **settings)
    assert run.directory == again.directory == by_folder.directory == Path("my runs/pets/001")
    assert run.name == again.name == keras_ae.load(run.directory).name == "pets"
    assert list(run.evaluate(images)) == ["variational"]
    request = json.loads((run.directory / "request.json").read_text())
    assert (request["name"], request["recipe"]) == ("pets", "variational")
    assert run.recipe.name == "variational"
    run.directory.parents[1].rename("runs")
    assert keras_ae.load("pets").directory == Path("runs/pets/001")
    assert list(keras_ae.evaluate("pets", images)) == ["variational"]
    Path("pets").mkdir()  # a folder that is no run's, such as one of images
    assert keras_ae.load("pets").name == keras_ae.load("variational").name == "pets"
    with pytest.raises(
        keras_ae.InputError, match="no recipe or model called 'pest' .near it: pets.; runs holds"
    ):
        keras_ae.load("pest")
    with pytest.raises(keras_ae.InputError, match="train one first: keras_ae.train..denoising..$"):
        keras_ae.load("denoising")
    with pytest.raises(keras_ae.InputError, match="runs is none, the runs in it are runs/pets/001"):
        keras_ae.load("runs")
    with pytest.raises(
        keras_ae.InputError, match="runs/pets/01 does not exist .near it: runs/pets/001.; check"
    ):
        keras_ae.load("runs/pets/01")


def test_a_model_is_called_after_its_recipe_and_other_data(images, frame, variant, tmp_path, monkeypatch):
    from keras_ae.data.images.folder import ImageFolder
    from keras_ae.data.images.mnist import FashionMnist
    from keras_ae.training.session import _changed, _name
    from keras_ae.variants import Sparse

    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Image.fromarray(images[0]).save("photos/a.png")
    np.save("mine.npy", images)
    for recipe, data, name in (
        ("digits", None, "digits"),
        ("digits", "mnist_5k", "digits"),
        ("digits", "photos", "digits-photos"),
        ("digits", Path("mine.npy"), "digits-mine"),
        ("digits", images, "digits-arrays"),
        ("digits", keras_ae.Arrays(images), "digits-arrays"),
        ("digits", ImageFolder("photos"), "digits-photos"),
        ("digits", FashionMnist(), "digits-fashion_mnist"),
        ("table_anomaly", frame, "table_anomaly-frame"),
        (keras_ae.load_recipe("digits"), None, "digits"),
        (keras_ae.load_recipe("digits"), images, "digits-arrays"),
        (variant, images, "variational"),
        (variant, "photos", "variational-photos"),
        (Sparse(), images, "sparse-arrays"),  # there is a recipe called sparse
    ):
        assert _name(recipe, data, _changed(recipe, data, None, {})) == name
    with pytest.raises(keras_ae.InputError, match="a trainer has no name; leave name out"):
        keras_ae.build_trainer("digits", images, name="x")


def test_a_data_frame_keeps_its_index_and_its_columns(table_run, frame):
    codes, reconstruction = table_run.encode(frame), table_run.reconstruct(frame)
    assert list(codes.columns) == ["code_0", "code_1", "code_2"]
    assert list(reconstruction.columns) == list(frame.columns)
    for result in (codes, reconstruction, table_run.decode(codes)):
        assert result.index.equals(frame.index)
    assert set(reconstruction["kind"]) <= {"a", "b", "c"}
    assert reconstruction["the price"].dtype == np.float64
    again = keras_ae.load(table_run.directory)
    pd.testing.assert_frame_equal(again.reconstruct(frame[["kind", "the price", "size"]]), reconstruction)


def test_columns_come_by_their_own_names_or_those_that_are_served(table_run, frame):
    [codes, *others] = (
        table_run.encode({"size": frame["size"], name: frame["the price"], "kind": frame["kind"].to_numpy()})
        for name in ("the price", "the_price")
    )
    np.testing.assert_array_equal(others[0], codes)
    np.testing.assert_allclose(codes, table_run.encode(frame), rtol=1e-6)
    columns = dict(frame[["size", "the price", "kind"]])
    assert list(table_run.reconstruct(columns).columns) == list(frame.columns)
    for change, message in (
        (
            {"price": [1.0] * 60},
            "expected the columns size, the price, kind; received size, the price, kind, pr",
        ),
        ({"kind": ["a"]}, r"of as many rows each; received .*'kind': \(1,\)"),
        ({"kind": "a"}, r"expected columns of shape \(n,\), .*'kind': \(\)"),
    ):
        with pytest.raises(keras_ae.InputError, match=message):
            table_run.encode(columns | change)
    with pytest.raises(
        keras_ae.InputError, match="expected the columns size, the price, kind; received size"
    ):
        table_run.encode({"size": frame["size"]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[0], r"expected x of shape \(n, 12, 12, 1\), .*received \(12, 12\); resize, crop or pad"),
        (lambda x: x[:, :3], r"received \(60, 3, 12, 1\)"),
        (lambda x: x[:0], r"received shape \(0, 12, 12\)"),
        (lambda x: np.where(x > 9, np.nan, 0), "are NaN or infinite"),
        (lambda x: [["a", "b"]], "expected numbers in x; received dtype <U1"),
        (lambda x: [[1, 2], [3]], "expected an array of numbers as x, received list"),
        (lambda x: x.astype("float32"), r"expected values in \[0, 1\] in x, .*; scale them first"),
        (lambda x: 5, "expected an array of numbers as x, received int 5"),
        (lambda x: {"pixels": x}, "expected the inputs inputs; received pixels; give these and no others"),
    ],
)
def test_examples_unlike_those_of_the_training_are_refused(run, images, change, message):
    with pytest.raises(keras_ae.InputError, match=message) as raised:
        run.encode(change(images))
    assert "\n" not in str(raised.value)


def test_other_requests_that_a_head_cannot_answer_are_refused(run, table_run, frame, images):
    for call, message in (
        (lambda: run.encode(images, y=[1] * 60), "takes no labels; leave y out"),
        (lambda: run.predict(images, "detector"), "expected a head of encoder, decoder, autoencoder"),
        (lambda: run.decode(np.zeros((2, 5))), r"expected code of shape \(n, 3\)"),
        (lambda: run.decode(np.full((2, 3), np.nan)), "expected finite numbers as code, .* drop them"),
        (
            lambda: run.decode(np.array([["a", "b", "c"]])),
            "expected numbers as code, received <U1 .*; give an",
        ),
        (
            lambda: table_run.encode(frame.to_numpy()),
            "expected a data frame of the columns size, the price, kind, .*; give pandas.DataFrame",
        ),
        (
            lambda: table_run.encode(frame.drop(columns="size")),
            "no column 'size', which the training had.*; add it, with NaN where nothing is known",
        ),
        (
            lambda: table_run.encode(frame.iloc[:0]),
            r"received one of shape \(0, 3\); check what selects its rows",
        ),
        (lambda: table_run.encode(frame.assign(size="big")), "column 'size', row 0 holds 'big'"),
    ):
        with pytest.raises(keras_ae.InputError, match=message):
            call()
    for unknown in ({"size": np.nan}, {"kind": np.nan}):
        assert np.isfinite(table_run.encode(frame.assign(**unknown))).all(axis=None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": "five"}, "epochs: expected a whole number, received 'five'"),
        ({"epochs": 1.5}, "epochs must be a whole number or None, received 1.5"),
        ({"epoch": 5}, "Recipe has no field 'epoch' .near it: epochs, "),
        (
            {"variant": "variatonal"},
            "variant: there is no Variant called 'variatonal' .near it: Variational.",
        ),
        (
            {"variant__backbone": "dens"},
            "there is no Backbone called 'dens' .near it: DenseBackbone.; ",
        ),
        ({"variant__latent_dim": "x"}, "variant.latent_dim: expected a whole number"),
        ({"callbacks": [7]}, r"as callbacks, received 7; give callbacks=\[MyCallback\(\)\]"),
        ({"callbacks": keras.callbacks.History()}, "expected a list of objects of .*, received <keras"),
        ({"verbose": 3}, "verbose must be 0, 1 or 2, received 3"),
        ({"data": {"x": 1}}, "expected an array, a data frame, a path, .* received a dict"),
        ({"data": np.zeros((9, 2, 2, 2, 2, 2))}, r"received shape \(9, 2, 2, 2, 2, 2\)"),
        (
            {"data": "no/such/file"},
            "there is no file, folder or data set called 'no/such/file'; ",
        ),
        ({"data": None, "validation_data": np.zeros((5, 3))}, "validation_data goes with data in memory"),
        ({"validation_data": np.zeros((5, 3))}, r"expected validation like x, \(n, 12, 12\) of uint8"),
        ({"name": "../x"}, "name must be one part of letters"),
        ({"name": ""}, "name must be one part of letters"),
        ({"name": 5}, "name must be one part of letters"),
        ({"name": "sparse"}, "sparse is the name of another recipe, .* give a name= that no recipe has"),
        ({"resume": True, "directory": "nowhere"}, "the run's folder nowhere does not exist"),
    ],
)
def test_a_training_that_cannot_be_is_refused_before_it_begins(
    images, tmp_path, monkeypatch, changes, message
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(keras_ae.InputError, match=message) as raised:
        keras_ae.train("digits", **{"data": images, **changes})
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_fields_of_data_in_memory_are_arguments(frame):
    from keras_ae.training.session import _changed

    data = frame.assign(state=["fine", "bad"] * 30)
    fields = {"data__label": "state", "data__normal": "fine", "task__threshold": "Conformal"}
    recipe = _changed("table_anomaly", data, None, fields)
    assert (recipe.data.label, recipe.data.normal) == ("state", "fine")
    assert recipe.data.load().label_names == ("fine", "bad")
    with pytest.raises(keras_ae.InputError, match="data.labels: Frame has no field .labels."):
        _changed("table_anomaly", data, None, {"data__labels": "state"})


def test_what_is_no_recipe_is_refused(variant):
    for recipe, message in (
        ("nope", "there is no recipe called 'nope'; keras-ae list"),
        ("vae", r'Variational: keras_ae.train\("binarized_vae"\), which has it; other .* by variant="Vari'),
        ("variational", "variational is no recipe but a variant of autoencoders, Variational: "),
        ("cae", r'Compressive or Conditional or Contractive: keras_ae.train\("compression"\), which has it'),
        (7, "expected a recipe's name, a Recipe or a variant such as Variational"),
        (type(variant), "expected a recipe's name, a Recipe or a variant"),
        (variant, "expected data to train Variational on; give data=..."),
    ):
        with pytest.raises(keras_ae.InputError, match=message):
            keras_ae.train(recipe)


def test_a_folder_in_the_place_of_a_run_is_refused(run, tmp_path):
    (tmp_path / "file").touch()
    for folder, message in (
        (run.directory.parent, f"is none, the runs in it are {run.directory}"),
        (run.directory.parent.parent, f"is none, the runs in it are {run.directory}"),
        (tmp_path, "there is no run in it"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "nowhere", "does not exist"),
    ):
        with pytest.raises(keras_ae.InputError, match=message):
            keras_ae.load(folder)


def test_a_run_of_a_newer_version_is_refused(run, tmp_path):
    for file in run.directory.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with np.load(tmp_path / "data.npz") as facts:
        np.savez(tmp_path / "data.npz", **{**facts, "format": 99})
    with pytest.raises(keras_ae.InputError, match="has format 99, .* update keras_ae, or train again"):
        keras_ae.load(tmp_path)


def test_a_run_from_python_is_no_run_of_the_command_line(run):
    from keras_ae.runs.request import RunRequest

    assert json.loads((run.directory / "request.json").read_text())["in_python"]
    with pytest.raises(keras_ae.InputError, match="was trained from Python .*keras_ae.load"):
        RunRequest.of_run(run.directory, "denoising")


def test_a_run_that_the_command_line_could_start_can_be_gone_on_with_there(images, tmp_path, monkeypatch):
    from keras_ae.runs.request import RunRequest
    from keras_ae.training.session import _changed, _request

    monkeypatch.chdir(tmp_path)
    np.save("mine.npy", images)
    fields = {"epochs": 3, "variant__backbone__units": (8, 4), "variant": "variational"}
    request = _request("digits", "mine.npy", fields, _changed("digits", "mine.npy", None, fields))
    assert request == RunRequest(
        "digits", "mine.npy", ("epochs=3", "variant=variational", "variant.backbone.units=(8, 4)")
    )
    other = {"optimizer": "adam", "callbacks": (int,)}
    assert _request("digits", "mine.npy", other, _changed("digits", "mine.npy", None, other)).in_python


def test_a_resumed_training_checks_the_data(images, variant, tmp_path):
    with untrained():
        keras_ae.train(variant, images, epochs=1, directory=tmp_path, verbose=0)
        with pytest.raises(keras_ae.InputError, match="already contains a run; resume it with resume=True"):
            keras_ae.train(variant, images, epochs=2, directory=tmp_path, verbose=0)
        with pytest.raises(
            keras_ae.InputError, match=r"another recipe: data.x \(was uint8 \(60.* is uint8 \(59"
        ):
            keras_ae.train(variant, images[:59], epochs=2, directory=tmp_path, resume=True, verbose=0)
        run = keras_ae.train(variant, images, epochs=2, directory=tmp_path, resume=True, verbose=0)
    assert len(run.history["loss"]) == 2


def test_a_conditional_model_takes_labels_by_name(images, tmp_path):
    from keras_ae.backbones import DenseBackbone
    from keras_ae.variants import Conditional

    words = np.array(["cat", "dog", "emu"] * 20)
    with untrained():
        run = keras_ae.train(
            Conditional(DenseBackbone((8,)), latent_dim=2),
            keras_ae.Arrays(images, words),
            epochs=1,
            directory=tmp_path,
            verbose=0,
        )
    loaded = keras_ae.load(tmp_path)
    assert loaded.label_names == ("cat", "dog", "emu")
    np.testing.assert_array_equal(loaded.encode(images, words), run.encode(images, [0, 1, 2] * 20))
    assert run.evaluate(images, words)["conditional"]["psnr"] > 0
    with pytest.raises(keras_ae.InputError, match="also takes labels, 3 of them"):
        run.encode(images)
    with pytest.raises(
        keras_ae.InputError, match="y holds 'fox', which is no class of the training: cat, dog, emu"
    ):
        run.encode(images, ["fox"] * 60)
    with pytest.raises(keras_ae.InputError, match="y holds 3; the classes .* numbered from 0 to 2"):
        run.encode(images, [3] * 60)
    with pytest.raises(keras_ae.InputError, match=r"y of shape \(60,\), a label for each .*; received 59"):
        run.encode(images, words[:59])
    run.trainer.compile("sgd")
    with pytest.raises(keras_ae.InputError, match="also takes 'condition'; give it by name"):
        run.trainer.fit(images)


def test_later_inputs_and_labels_are_read_as_those_of_the_training(images, tmp_path):
    """Zeros and ones in bytes, and classes from 1 on of which some numbers are nobody's."""
    from keras_ae.backbones import DenseBackbone
    from keras_ae.variants import Conditional

    binary, labels = (images > 128).astype(np.uint8), np.array([1, 2, 10] * 20)
    with untrained():
        keras_ae.train(
            Conditional(DenseBackbone((8,)), latent_dim=2),
            keras_ae.Arrays(binary, labels),
            epochs=1,
            directory=tmp_path,
            verbose=0,
        )
    run = keras_ae.load(tmp_path)
    assert run.label_names == ("1", "2", "10")
    codes = run.encode(binary, labels)
    for alike in (binary.astype(bool), binary.astype(np.int64), binary.astype(float)):
        np.testing.assert_array_equal(run.encode(alike, labels), codes)
    np.testing.assert_array_equal(run.encode(binary, labels.astype(str)), codes)
    np.testing.assert_array_equal(run.encode(binary * 0, labels), run.encode(images * 0.0, labels))
    with pytest.raises(keras_ae.InputError, match="whole numbers from 0 to 1 in x, .*; scale them first"):
        run.encode(images, labels)
    with pytest.raises(keras_ae.InputError, match="y holds '0', which is no class of the training: 1, 2, 10"):
        run.encode(binary, [0, 1, 2] * 20)
    by_hand = run.trainer.examples.checked(
        {"inputs": binary, "condition": labels}, False, {"inputs", "condition"}
    )
    np.testing.assert_array_equal(by_hand["inputs"][..., 0], binary)


def test_a_trainer_by_hand_trains_the_whole_objective(loaded, images):
    before = loaded.encode(images)
    loaded.trainer.compile("adam", run_eagerly=True)
    history = loaded.trainer.fit(
        images, epochs=2, batch_size=30, validation_data=images[:10], verbose=0
    ).history
    assert history.keys() == {
        f"{split}{name}" for split in ("", "val_") for name in ("loss", "reconstruction", "kl")
    }
    for split in ("", "val_"):
        sums = np.add(history[f"{split}reconstruction"], history[f"{split}kl"])
        np.testing.assert_allclose(history[f"{split}loss"], sums, rtol=1e-5)
    assert np.abs(loaded.encode(images) - before).max() > 0
    with pytest.raises(keras_ae.InputError, match="were trained by hand after the run"):
        loaded.export()


def test_a_trainer_is_built_before_any_run_and_pairs_as_the_task_does(images):
    trainer = keras_ae.build_trainer(
        "denoising", images, variant="Undercomplete(backbone=DenseBackbone(units=(8,)), latent_dim=2)"
    )
    trainer.compile("adam", run_eagerly=True)
    batch, targets = trainer._completed((images[:4, ..., None],), training=True)
    assert np.abs(batch["inputs"] - targets).max() > 0.1
    again, _ = trainer._completed((images[:4, ..., None],), training=True)
    np.testing.assert_array_equal(batch["inputs"], again["inputs"])
    first = trainer.evaluate(images[..., None], verbose=0, return_dict=True)
    trainer.fit(images, epochs=3, verbose=0)
    assert trainer.evaluate(images[..., None], verbose=0, return_dict=True)["loss"] < first["loss"]
    assert trainer.heads.encoder.output["code"].shape == (None, 2)


def test_a_trainer_by_hand_samples_alike_in_each_prediction(images, variant):
    trainer = keras_ae.build_trainer(variant, images)
    trainer.run_eagerly = True
    first, again = (trainer.predict(images[..., None] / np.float32(255), verbose=0) for _ in range(2))
    np.testing.assert_array_equal(first["code"], again["code"])
    assert np.abs(first["code"] - first["mean"]).max() > 0.1
    assert first["reconstruction"].shape == (60, 12, 12, 1)


def test_a_trainer_by_hand_refuses_what_it_would_not_use(loaded, images):
    trainer = loaded.trainer
    for call, message in (
        (lambda: trainer.compile("adam", loss="mse"), "has the recipe's objective, .* received loss"),
        (lambda: trainer.compile("adam", metrics=["mse"]), "received metrics; leave it out"),
        (lambda: trainer.fit(images, class_weight={0: 2.0}), "knows no classes to weigh"),
        (lambda: trainer.fit(images, sample_weight=np.ones(6)), "sample_weight as 60 numbers of at least 0"),
        (lambda: trainer.fit(images[:, :3]), r"expected examples of shape \(n, 12, 12, 1\), received"),
        (lambda: trainer.fit(images.astype("float32")), r"expected values in \[0, 1\], as the network takes"),
        (lambda: trainer.fit(images / np.where(images > 9, np.nan, 255)), "expected finite numbers"),
    ):
        with pytest.raises(keras_ae.InputError, match=message):
            call()


def test_an_adversary_is_trained_by_hand_too(images):
    trainer = keras_ae.build_trainer("digits", images, variant="adversarial", variant__backbone__units=(8,))
    with eagerly():
        trainer.compile("adam")
        history = trainer.fit(images, batch_size=60, verbose=0).history
    assert {"loss", "reconstruction"} < history.keys()
    assert len(history) > 3


@pytest.mark.slow
def test_files_of_layers_of_our_own_load_in_plain_keras(images, tmp_path):
    from keras_ae.backbones import DenseBackbone
    from keras_ae.variants import VectorQuantized

    trainer = keras_ae.build_trainer(VectorQuantized(DenseBackbone((8,)), 4, num_embeddings=8), images)
    trainer.heads.end_to_end.save(tmp_path / "autoencoder.keras")
    code = (
        "import keras, keras_ae; keras_ae.register_layers(); "
        f"print(keras.models.load_model({str(tmp_path / 'autoencoder.keras')!r}).name)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "autoencoder", done.stderr


def test_messages_name_arguments():
    from keras_ae.training.words import in_python

    assert in_python('go on: RESUME=1 SET="epochs=5 data.size=64"') == "go on: epochs=5, data__size=64"
    assert in_python('real: SET="data.domain=real"') == 'real: data__domain="real"'
    assert in_python('say SET="data.normal=..."') == "say data__normal=..."
    assert in_python("finish it with RESUME=1 (--resume)") == "finish it with resume=True"


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    runpy.run_path(str(ROOT / "recipes" / "gallery" / "notebook.py"))
    assert np.asarray(Image.open(tmp_path / "walk.png").convert("L")).std() > 20
    assert "malignant" in capsys.readouterr().out
