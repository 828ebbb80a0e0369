"""Rows of a table: read whole, generated, written as their file is, served, and compared with real ones."""

import csv
import dataclasses
import json

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from conftest import exporting

import keras_ae
from keras_ae.apps.generation.generator import Generator
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import code_sampler
from keras_ae.cli import main
from keras_ae.data.find import find_dataset
from keras_ae.data.pipeline import PairedData
from keras_ae.data.scaling import in_original_units
from keras_ae.data.tables.frames import Frame
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts, save_artifacts
from keras_ae.runs.card import model_card
from keras_ae.runs.data_facts import save_data_facts
from keras_ae.runs.run import Run
from keras_ae.serving.export import export_heads
from keras_ae.tasks.row_generation import RowGeneration
from keras_ae.variants.tabular import Tabular

COLUMNS = ("price", "rooms", "city", "sold", "garden", "note")


def write_houses(path, count=120, seed=0):
    """A file of numbers with decimals, whole numbers, words, dates, few numbers, and texts of their own."""
    random = np.random.default_rng(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in range(count):
            rooms = int(random.integers(20, 90))
            price = f"{3.5 * rooms + random.normal(0, 9):.2f}".replace(".", ",")
            city = ("Ulm", "Köln", "Bad Aibling")[row % 3]
            day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(random.integers(0, 400)))
            garden = int(random.integers(0, 2))
            cells = [price, rooms, city, f"{day:%d.%m.%Y}", garden, f"lot {row} {random.integers(1e9)}"]
            writer.writerow(
                ["" if number < 2 and row % 10 == 1 + number else one for number, one in enumerate(cells)]
            )
    return path


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    return write_houses(tmp_path_factory.mktemp("houses") / "houses.csv")


@pytest.fixture(scope="module")
def run(houses, tmp_path_factory):
    """A run of such a file for each city, by a network that learned nothing, as training leaves it."""
    folder = tmp_path_factory.mktemp("runs") / "table_generation" / "001"
    folder.mkdir(parents=True)
    recipe = Recipe(
        WholeRows(find_dataset(str(houses)), condition="city", target="garden"),
        Tabular(DenseBackbone((16,)), latent_dim=3),
        RowGeneration(samples=40, repeats=1),
        name="table_generation",
    )
    data = recipe.task.prepare(recipe.data.load())
    keras.utils.set_random_seed(0)
    unlearned = Run(recipe, folder, data, recipe.variant.build(PairedData(data, recipe.task).spec))
    save_data_facts(unlearned)
    save_artifacts(unlearned)
    sets = ["data.condition=city", "data.target=garden"]
    (folder / "request.json").write_text(
        json.dumps({"recipe": "table_generation", "data": str(houses), "set": sets})
    )
    return unlearned


@pytest.fixture(scope="module")
def generator(run):
    return Generator.of(run.directory)


def test_all_columns_are_learned_but_those_of_texts(run):
    data = run.data
    assert data.learned == COLUMNS[:-1]
    assert data.label_names == ("Köln", "Ulm", "Bad Aibling") or set(data.label_names) == {
        "Köln",
        "Ulm",
        "Bad Aibling",
    }
    assert any("note (120 different words)" in note for note in data.notes)
    assert data.format.kinds == ("number", "number", "word", "time", "word")
    assert data.format.decimals[:2] == (2, 0)
    assert data.format.patterns[3] == "%d.%m.%Y"
    assert (data.format.separator, data.format.point) == (";", ",")
    assert data.format.target == "garden"
    assert str(data.domain) == "table(n*2,c3!,n!,w2!)"


def test_rows_come_back_as_they_were(run):
    data = run.data
    real = data.format.matrix(data.raw)
    back = in_original_units(data.test, data.scaler)
    train = in_original_units(data.train, data.scaler)
    inside = (real >= np.nanmin(train, axis=0)) & (real <= np.nanmax(train, axis=0)) | np.isnan(real)
    np.testing.assert_array_equal(np.isnan(real), np.isnan(back))
    prices = inside[:, 0]
    np.testing.assert_allclose(back[prices, 0], real[prices, 0], rtol=1e-6)  # scores are float32
    # whole numbers and days that training lacks, and that have nothing between, become one of those beside
    np.testing.assert_allclose(back[inside], real[inside], atol=2.0)
    assert (np.nanmax(back, axis=0) <= np.nanmax(train, axis=0)).all()
    again = data.scaler.transform(train[:5], 0)
    np.testing.assert_allclose(again, data.train.examples[:5], atol=1e-5)


def test_sampled_rows_have_the_precision_bounds_and_gaps_of_the_file(run, generator, tmp_path):
    generated = generator.generate(300, seed=1)
    rows, format = generated.examples, run.data.format
    train = in_original_units(run.data.train, run.data.scaler)
    assert rows.shape == (300, 5)
    assert np.nanmin(rows[:, :2]) >= np.nanmin(train[:, :2], axis=0).min()
    assert (np.nanmax(rows, axis=0) <= np.nanmax(train, axis=0)).all()
    assert (rows[:, 1][~np.isnan(rows[:, 1])] % 1 == 0).all()
    missing = np.isnan(rows).mean(axis=0)
    assert (missing[:2] > 0.1).all()  # of an untrained network about one half
    assert not missing[2:].any()  # never missing in training
    format.write_all(rows, tmp_path / "rows.csv")
    lines = (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "price;rooms;city;sold;garden"
    read = WholeRows(find_dataset(str(tmp_path / "rows.csv"))).load()
    assert read.format.kinds == format.kinds
    assert read.format.patterns == format.patterns
    assert read.format.decimals[1] == 0
    assert read.format.point == ","
    np.testing.assert_array_equal(generator.generate(300, seed=1).examples, rows)


def test_rows_are_of_each_condition_as_often_as_in_training_or_of_one(run, generator):
    place = run.data.format.names.index("city")
    labels = run.data.train.labels
    rows = generator.generate(600, seed=2).examples
    for label in range(3):
        np.testing.assert_allclose((rows[:, place] == label).mean(), (labels == label).mean(), atol=0.08)
    label = generator.condition_index("city=Ulm")
    of_one = generator.generate(50, seed=2, label=label).examples
    assert (of_one[:, place] == run.data.format.words[place].index("Ulm")).all()


@pytest.mark.parametrize(
    ("where", "fragment"),
    [
        ("city=Uln", "near it: Ulm"),
        ("city", "such as status=paid"),
        ("town=Ulm", "rows for values of city"),
    ],
)
def test_a_condition_that_is_unknown_is_refused(generator, where, fragment):
    with pytest.raises(InputError, match=fragment):
        generator.condition_index(where)


def test_rows_are_generated_from_the_command_line(run, tmp_path, capsys):
    folder = ["--run-dir", str(run.directory)]
    file = tmp_path / "new.csv"
    command = ["generate", "table_generation", *folder, "-n", "25", "--output", str(file)]
    assert main([*command, "--where", "city=Köln"]) == 0
    printed = capsys.readouterr().out
    assert "25 rows in" in printed
    assert "exactly as in the training data" in printed
    rows = pd.read_csv(file, sep=";", decimal=",")
    assert list(rows.columns) == list(COLUMNS[:-1])
    assert set(rows["city"]) == {"Köln"}
    before = file.read_bytes()
    assert main(command) == 2
    assert "already exists" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert main([*command, "--force", "--where", "city=Rom"]) == 2
    assert "Köln" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert main([*command, "--force", "--where", "city=Ulm", "--class", "Ulm"]) == 2
    assert "leave one out" in capsys.readouterr().err


def test_a_served_decoder_gives_columns_by_name(run, tmp_path):
    artifacts = load_artifacts(run.directory)
    with exporting("decoder"):
        folders = export_heads(artifacts, "rows", {"recipe": "rows", "data": {"domain": "table"}}, tmp_path)
    head = tf.saved_model.load(str(folders["decoder"]))
    noise = np.random.default_rng(0).standard_normal((9, artifacts.sampler.inputs[0].shape[-1]))
    condition = tf.constant([0, 1, 2] * 3, tf.int64)
    outputs = head.signatures["sample"](noise=tf.constant(noise, tf.float32), condition=condition)
    assert {*COLUMNS[:-1], "reconstruction"} <= {*outputs}
    words = [text.decode() for text in outputs["city"].numpy()]
    assert words == [run.data.label_names[label] for label in [0, 1, 2] * 3]
    assert outputs["price"].dtype == tf.float32
    own = Generator.of(run.directory)
    codes = own.sample_codes(noise.astype(np.float32))
    rows = own.decode(codes, condition.numpy())
    np.testing.assert_allclose(outputs["price"], rows[:, 0], atol=0.006)  # rounded to two digits
    np.testing.assert_allclose(outputs["sold"], rows[:, 3], rtol=1e-6)  # days
    default = head.signatures["serving_default"](
        code=tf.zeros((2, 3)), condition=tf.constant([0, 1], tf.int64)
    )
    assert default["garden"].numpy().tolist()[0] in (b"0", b"1")


def test_files_and_frames_with_dates_go_in_and_come_out(run, houses, tmp_path, capsys):
    frame = pd.read_csv(houses, sep=";", decimal=",").head(20)
    frame["sold"] = pd.to_datetime(frame["sold"], format="%d.%m.%Y")
    finished = keras_ae.load(run.directory)
    back = finished.reconstruct(frame)
    assert list(back.columns) == list(COLUMNS[:-1])
    assert pd.api.types.is_datetime64_any_dtype(back["sold"])
    assert back["sold"].min() >= pd.Timestamp("2024-01-01")
    assert (back["city"] == frame["city"]).all()  # the condition, which is given
    ended = dataclasses.replace(run, history=[{"loss": 1.0, "val_loss": 1.0, "seconds": 1.0}])
    card = {"recipe": "table_generation", "data": model_card(ended, {"table_generation": {}})["data"]}
    with exporting("encoder"):
        export_heads(load_artifacts(run.directory), "table_generation", card, tmp_path)
    output = tmp_path / "codes.csv"
    command = ["predict", "table_generation", str(houses), "--models", str(tmp_path), "--head", "encoder"]
    assert main([*command, "--outputs", "code", "--output", str(output)]) == 0
    codes = pd.read_csv(output).to_numpy()[:20]
    np.testing.assert_allclose(codes, finished.encode(frame).to_numpy(), rtol=1e-4, atol=1e-4)


def test_metrics_know_good_rows_from_bad_ones(run):
    data = run.data
    table = run.recipe.task.further_metrics(run.heads, data, 0, code_sampler(run.sampler))
    model, real = table["model"], table["test examples"]
    assert real["ks"] < model["ks"]
    assert real["correlation_gap"] < table["independent columns"]["correlation_gap"]
    assert table["Gaussian copula"]["correlation_gap"] < table["independent columns"]["correlation_gap"]
    assert real["copies"] == 0
    assert {"discrimination", "useful", "interval", "logistic", "boosting", "nearest", "missing_gap"} <= {
        *model
    }


def test_frames_are_generated_too_and_bad_ones_refused(random):
    frame = pd.DataFrame({"a": random.normal(size=99), "b": ["x", "y", "z"] * 33, "c": 7, "d": np.nan})
    data = WholeRows(Frame(frame)).load()
    assert data.learned == ("a", "b", "c")
    assert any("c never changes" in note for note in data.notes)
    assert any("d (no value)" in note for note in data.notes)
    assert str(data.domain) == "table(n!,w3!,w1!)"
    for settings, fragment in (
        ({"condition": "bb"}, "near it: b"),
        ({"condition": "a"}, "expected words in a"),
        ({"condition": "c"}, "2 to 100 different words in c"),
        ({"target": "a"}, "which classifiers predict"),
    ):
        with pytest.raises(InputError, match=fragment):
            WholeRows(Frame(frame), **settings).load()
    with pytest.raises(InputError, match="at least 30 rows"):
        WholeRows(Frame(frame.head(30))).load()
