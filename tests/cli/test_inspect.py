"""The verb that shows what is understood of data before training."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from source import ROOT

from keras_ae import cli
from keras_ae.metrics.uncertainty import caution, validation_caution
from keras_ae.runs.run import load_data


def inspected(capsys, *words, status=0):
    """The readings of an inspection as JSON."""
    assert cli.main(["inspect", *map(str, words), "--json"]) == status
    return json.loads(capsys.readouterr().out)["readings"]


@pytest.fixture
def rows(tmp_path):
    """An hourly series behind a remark and units, with a constant, words, and two missing values."""
    random = np.random.default_rng(0)
    lines = ["# exported by a logger", "time;T;still;state", ";°C;;"]
    for hour, time in enumerate(pd.date_range("2024-01-01", periods=1200, freq="h")):
        value = "" if hour in (3, 700) else f"{random.normal(20):.2f}".replace(".", ",")
        lines.append(f"{time:%Y-%m-%d %H:%M};{value};7;{'on' if hour % 3 else 'off'}")
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_file_of_rows_is_shown_as_each_kind_that_it_can_be(capsys, rows):
    readings = {one["category"]: one for one in inspected(capsys, rows)}
    assert set(readings) == {"table", "series"}
    for category, one in readings.items():
        columns = {column["name"]: column for column in one["columns"]}
        assert not one["refusal"]
        assert list(columns) == ["time", "T", "still", "state"]
        assert columns["T"]["unit"] == "°C"
        assert (columns["T"]["missing"], columns["T"]["learned"]) == (2, True)
        assert columns["T"]["mean"] == pytest.approx(20, abs=0.2)
        assert (columns["time"]["kind"], columns["time"]["learned"]) == ("time", False)
        assert columns["time"]["least"] == "2024-01-01 00:00:00"
        assert columns["state"]["words"] == [["on", 800], ["off", 400]]
        assert columns["state"]["learned"] == (category == "table")
        assert sum(split["examples"] for split in one["splits"]) > 0
    assert any("1,200 rows" in note and "';'" in note for note in readings["series"]["notes"])


def test_training_prints_the_same_notes_and_sizes(capsys, rows):
    from keras_ae.runs.request import RunRequest

    [one] = inspected(capsys, rows, "--recipe", "table_anomaly")
    printed: list[str] = []
    load_data(RunRequest("table_anomaly", str(rows)).load(), printed.append)
    assert printed[: len(one["notes"])] == one["notes"]
    assert one["overview"].startswith("examples of ")
    sizes = {split["name"]: split["examples"] for split in one["splits"]}
    assert f"train {sizes['train']:,}" in printed[-1]


def test_settings_change_what_is_understood(capsys, rows):
    [series] = inspected(capsys, rows, "--set", "data.window=16")  # a table has no such field
    assert series["category"] == "series"
    assert series["shape"][0] == 16
    assert series["settings"]["window"] == "16"
    [table] = inspected(capsys, rows, "--recipe", "table_anomaly", "--set", "data.left_out=state")
    assert not next(one for one in table["columns"] if one["name"] == "state")["learned"]


def test_images_and_arrays_are_inspected(capsys, tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(8):
            pixels = np.random.default_rng(number).integers(0, 255, (12, 12), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{number}{label}.png")
    images = next(one for one in inspected(capsys, tmp_path / "pets") if one["kind"] == "ImageFolder")
    assert images["shape"] == [12, 12, 1]
    assert {name for split in images["splits"] for name in split["labels"]} == {"cat", "dog"}
    np.savez(tmp_path / "some.npz", x=np.zeros((40, 5)) + np.arange(40)[:, None], y=np.arange(40) % 4)
    array = next(one for one in inspected(capsys, tmp_path / "some.npz") if one["kind"] == "ArrayFile")
    assert array["shape"] == [5]
    assert sum(sum(split["labels"].values()) for split in array["splits"]) == 40


def test_what_cannot_be_trained_on_is_shown_with_the_reason(capsys, tmp_path):
    file = tmp_path / "short.csv"
    file.write_text("a,b\n" + "\n".join(f"{row % 5},{row % 7}" for row in range(20)), encoding="utf-8")
    [one] = inspected(capsys, file, "--recipe", "series_anomaly", status=2)
    assert "normal part" in one["refusal"]
    assert [(column["name"], column["learned"]) for column in one["columns"]] == [("a", None), ("b", None)]
    assert cli.main(["inspect", str(file), "--recipe", "series_anomaly"]) == 2
    told = capsys.readouterr().out
    assert "cannot be trained on: expected a normal part" in told
    assert "column" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["absent.csv"], "there is no file, folder or data set called 'absent.csv'"),
        (["{}", "--set", "data.nothing=1"], "nothing"),
        (["{}", "--set", "data.window=x"], "data.window: expected a whole number, received 'x'"),
        (["{}", "--set", "epochs=1"], "where no recipe is named"),
        (["{}", "--recipe", "nothing"], "nothing"),
    ],
)
def test_bad_requests_are_told_in_a_line(capsys, rows, words, message):
    assert cli.main(["inspect", *(word.format(rows) for word in words)]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told


def test_splits_of_few_examples_are_told_as_training_tells_them(capsys, tmp_path):
    np.save(tmp_path / "few.npy", np.random.default_rng(0).uniform(size=(40, 4)))
    np.save(tmp_path / "many.npy", np.random.default_rng(0).uniform(size=(600, 4)))
    few, many = (inspected(capsys, tmp_path / name)[0] for name in ("few.npy", "many.npy"))
    sizes = {split["name"]: split["examples"] for split in few["splits"]}
    assert few["cautions"] == [
        validation_caution(sizes["validation"]),
        caution({"test examples": sizes["test"]}),
    ]
    assert all(few["cautions"])
    assert many["cautions"] == []
    assert cli.main(["inspect", str(tmp_path / "few.npy")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert f"selected by {sizes['validation']} validation examples" in printed
    assert 'or train with --set "checkpoint=last" to keep the last epoch' in printed


def test_the_keys_of_the_json_are_those_of_the_guide(capsys, rows, tmp_path):
    """All of the document's keys stand in the list, and all of the list's in the document."""
    guide = (ROOT / "keras_ae" / "data" / "README.md").read_text(encoding="utf-8")
    listed = guide[guide.index("- `data`: the path") :].split("\n\n")[0]
    np.savez(tmp_path / "some.npz", x=np.random.default_rng(0).random((40, 5)), y=np.arange(40) % 4)
    keys = set()
    for path in (rows, tmp_path / "some.npz"):
        assert cli.main(["inspect", str(path), "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        keys |= set(document)
        for reading in document["readings"]:
            keys |= set(reading)
            for part in ("splits", "columns", "recipes"):
                keys |= {key for one in reading[part] for key in one}
    words = set(re.findall(r"`(?:readings\[\]\.)?([a-z]+)`", listed))
    assert keys <= words
    assert words - keys == {"null"}


def test_a_first_look_imports_neither_tensorflow_nor_scikit_learn(tmp_path, rows):
    """One process for both, because the imports are what takes time."""
    np.savez(tmp_path / "some.npz", x=np.random.default_rng(0).random((40, 5)), y=np.arange(40) % 4)
    program = (
        "import sys\nfrom keras_ae import cli\n"
        "statuses = [cli.main(['inspect', path]) for path in sys.argv[1:]]\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'{statuses} {heavy}' if any(statuses) or heavy else 0)\n"
    )
    command = [sys.executable, "-c", program, str(rows), str(tmp_path / "some.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "examples of 5 values" in done.stdout
