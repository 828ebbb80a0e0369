"""The verb that fills in a file: known cells as they are, what was filled in, and what is refused."""

import csv
import json

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import exporting

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.cli import main
from keras_ae.data.find import find_dataset
from keras_ae.data.pipeline import PairedData
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_artifacts, save_artifacts
from keras_ae.runs.card import model_card
from keras_ae.runs.data_facts import save_data_facts
from keras_ae.runs.run import Run
from keras_ae.serving.export import export_heads
from keras_ae.tasks.imputation import Imputation
from keras_ae.variants.factor_analysis import FactorAnalysis

NAMES = ["price", "rooms", "city", "sold", "note"]


def houses(path, count, seed, holes=0.15):
    """A file of decimal commas, whole numbers, words, dates, and texts of their own; its true rows too."""
    random, true, rows = np.random.default_rng(seed), [], []
    for number in range(count):
        rooms, city = int(random.integers(20, 90)), number % 2
        price = f"{3.5 * rooms + 200 * city + random.normal(0, 5):.2f}".replace(".", ",")
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=3 * rooms)
        true.append([price, str(rooms), ("Ulm", "Köln")[city], f"{day:%d.%m.%Y}", f"lot {number}, {seed}"])
        gaps = [("", "NA", "?")[number % 3] if random.random() < holes else None for _ in range(4)]
        rows.append(
            [gap if gap is not None else cell for gap, cell in zip([*gaps, None], true[-1], strict=True)]
        )
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([NAMES, *rows])
    return true, rows


def cells_of(path, delimiter=";"):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with an imputer of such files, of the factors alone, which need no steps."""
    folder = tmp_path_factory.mktemp("imputation")
    houses(folder / "houses.csv", 300, 0)
    recipe = Recipe(
        WholeRows(find_dataset(str(folder / "houses.csv")), transform="spread", few=2),
        FactorAnalysis(DenseBackbone((4,)), latent_dim=5),
        Imputation(passes=1),
        name="imputation",
    )
    data = recipe.task.prepare(recipe.data.load())
    keras.utils.set_random_seed(0)
    heads = recipe.variant.build(PairedData(data, recipe.task).spec)
    recipe.variant.initialize(heads, lambda: np.asarray(data.train.examples))
    (folder / "run").mkdir()
    history = [{"loss": 1.0, "val_loss": 1.0, "seconds": 1.0}]
    run = Run(recipe, folder / "run", data, heads, history=history)
    save_data_facts(run)
    save_artifacts(run)
    with exporting("imputer"):
        card = model_card(run, {"imputation": {}})
        export_heads(load_artifacts(folder / "run"), "imputation", card, folder / "models")
    return folder / "models"


@pytest.mark.slow  # an export takes seconds
def test_a_file_is_filled_in_and_known_cells_stay(models, tmp_path, capsys):
    true, rows = houses(tmp_path / "new.csv", 90, 7)
    command = ["impute", "imputation", str(tmp_path / "new.csv"), "--models", str(models), "--flags"]
    assert main([*command, "--output", str(tmp_path / "filled.csv"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    header, *filled = cells_of(tmp_path / "filled.csv")
    flags = [name for name in header if name.endswith("_filled")]
    assert header == [*NAMES, *flags]
    assert flags == [f"{name}_filled" for name in NAMES[:4]]
    listed = {
        (int(row), column): rest for row, column, *rest in cells_of(tmp_path / "filled.cells.csv", ",")[1:]
    }
    errors, count = {name: [] for name in NAMES[:4]}, 0
    for row, (was, now, truth) in enumerate(zip(rows, filled, true, strict=True)):
        for place, name in enumerate(NAMES):
            if was[place] not in ("", "NA", "?"):
                assert now[place] == was[place]
                assert (row + 1, name) not in listed
                continue
            count += 1
            assert now[5 + place] == "1"
            value, lower, upper, probability, several = listed[row + 1, name]
            assert value == now[place]
            assert 0 < float(probability) <= 1
            if name == "city":
                errors[name].append(value == truth[place])
                assert (lower, upper) == ("", "")
                assert set(several.split("|")) <= {"Ulm", "Köln", ""}
            elif name == "sold":
                day = lambda text: pd.to_datetime(text, format="%d.%m.%Y")  # noqa: E731
                errors[name].append((day(value) - day(truth[place])).days)
                assert day(lower) <= day(value) <= day(upper)
            else:
                number = lambda text: float(text.replace(",", "."))  # noqa: E731
                errors[name].append(number(value) - number(truth[place]))
                assert number(lower) - 1 <= number(value) <= number(upper) + 1  # rounded
                assert ("," in value) == (name == "price")
    assert told["filled"] == count == len(listed) > 20
    assert np.std(errors["price"]) < 60  # 123 without the other columns
    assert np.std(errors["sold"]) < 30  # of 60 days
    assert np.mean(errors["city"]) > 0.7


@pytest.mark.slow  # an export takes seconds
def test_rows_of_which_nothing_is_known_are_told_and_the_others_filled(models, tmp_path, capsys):
    _, rows = houses(tmp_path / "new.csv", 6, 3, holes=0.0)
    rows[2][:4], rows[4][1] = ["", "NA", "", "?"], ""
    with (tmp_path / "new.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([NAMES, *rows])
    command = ["impute", "imputation", str(tmp_path / "new.csv"), "--models", str(models)]
    assert main([*command, "--output", str(tmp_path / "out.csv")]) == 1
    assert "left row 3 as it is" in capsys.readouterr().err
    filled = cells_of(tmp_path / "out.csv")[1:]
    assert filled[2] == rows[2]
    assert filled[4][1] != ""
    assert main([*command, "--output", str(tmp_path / "out.csv")]) == 2  # exists
    with (tmp_path / "new.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([NAMES, rows[2]])
    assert main([*command, "--output", str(tmp_path / "none.csv")]) == 2
    assert "nothing is known of any row" in capsys.readouterr().err
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.slow  # an export takes seconds
def test_what_cannot_be_filled_in_is_refused(models, tmp_path, capsys):
    houses(tmp_path / "new.csv", 4, 3)
    for arguments, message in [
        (["imputation", "nowhere.csv"], "expected a file of rows"),
        (["imputation", "new.csv", "--output", "new.csv"], "is the input itself"),
        (["imputation", "new.csv", "--output", "new.parquet"], "expected --output to be named"),
        (["digits", "new.csv"], "digits"),
    ]:
        own = [str(tmp_path / one) if one.startswith("new.") else one for one in arguments]
        assert main(["impute", *own, "--models", str(models)]) == 2
        assert message in capsys.readouterr().err
    (tmp_path / "less.csv").write_text("price;rooms\n3,5;4\n;5\n")
    assert main(["impute", "imputation", str(tmp_path / "less.csv"), "--models", str(models)]) == 2
    assert "it lacks city, sold" in capsys.readouterr().err


def test_a_model_without_an_imputer_is_refused(exported, tmp_path, capsys):
    houses(tmp_path / "new.csv", 4, 3)
    assert main(["impute", "tiny", str(tmp_path / "new.csv"), "--models", str(exported)]) == 2
    assert "tiny did not learn to fill in missing values" in capsys.readouterr().err
