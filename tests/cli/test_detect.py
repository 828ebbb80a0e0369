"""The verbs detect and monitor: scored rows, flagged spans, charts, drift, and what they refuse."""

import csv
import dataclasses
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import exporting
from keras import ops
from PIL import Image

from keras_ae import cli
from keras_ae.apps.detection import charts
from keras_ae.apps.detection.charts import (
    MOST_POINTS,
    _label,
    merged,
    outline,
    series_chart,
    table_chart,
)
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.drift import drift
from keras_ae.apps.detection.lines import Lines
from keras_ae.apps.detection.report import write
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.rows import write_rows
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.apps.detection.scoring import scored_file
from keras_ae.apps.detection.spans import flagged_spans
from keras_ae.data.series.resample import Series
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.writing import Writing
from keras_ae.errors import InputError
from keras_ae.recipe import load
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.serving import native
from keras_ae.tasks.thresholds import FittedThreshold

DAY_FIRST, WRITTEN = Writing(order="dmy"), Writing(";", 3, ",", "dmy", "epoch", 1000)

QUICK = (
    "epochs=2 min_steps_per_epoch=90 batch_size=16 data.window=8 variant.latent_dim=2 "
    "variant.backbone=DenseBackbone(units=(16,))"
)


def rows_of(file, separator=","):
    with open(file, newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened, delimiter=separator))


def save_series(file, random, count=600, broken=()):
    """A sine of 12 points a period by the hour, in German notation, with places where it is flat."""
    clock = np.arange(count)
    values = 20 + 5 * np.sin(2 * np.pi * clock / 12) + random.normal(0, 0.1, count)
    for first, last in broken:
        values[first:last] = 35
    times = np.datetime64("2024-01-01T00") + clock
    lines = [f"{time};{value:.3f}".replace(".", ",") for time, value in zip(times, values, strict=True)]
    lines[100] = lines[100].split(";")[0] + ";"
    file.write_text("\n".join(["time;load", *lines]) + "\n")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which a series has been learned and looked at."""
    folder = tmp_path_factory.mktemp("detect")
    random = np.random.default_rng(0)
    save_series(folder / "load.csv", random, broken=[(400, 410), (500, 520)])
    with pytest.MonkeyPatch.context() as patch, exporting("detector"):
        patch.chdir(folder)
        assert cli.main(["detect", "series_anomaly", "load.csv", "--set", QUICK]) == 0
    return folder


@pytest.fixture
def run(home, monkeypatch):
    """Runs a verb there; its chart is made and not rendered, which takes a quarter of a second."""
    monkeypatch.chdir(home)
    monkeypatch.setattr(charts, "_save", lambda _, target: target.touch())
    return lambda *words: cli.main(list(map(str, words)))


def test_rows_keep_their_order_and_gain_scores(home):
    rows, before = (
        rows_of(home / file, ";") for file in ("detected/series_anomaly-load/load/scored.csv", "load.csv")
    )
    assert [(row["time"], row["load"]) for row in rows] == [(row["time"], row["load"]) for row in before]
    flags = np.array([int(row["is_anomaly"]) for row in rows])
    assert flags[400:410].all()
    assert flags[500:520].all()
    assert flags[:300].mean() < 0.2
    assert "," in rows[405]["score"]  # as the file writes numbers
    p = np.array([float(row["p_value"].replace(",", ".")) for row in rows])
    assert p[405] == p.min()
    assert rows[405]["reasons"] == "load 100%"


def test_flagged_spans_are_listed_and_plotted(home):
    spans = rows_of(home / "detected/series_anomaly-load/load/spans.csv")
    assert len(spans) == 2
    assert float(spans[0]["score"]) > float(spans[1]["score"])
    first, second = sorted(spans, key=lambda span: span["from"])
    assert "2024-01-17 12" < first["from"] <= first["peak_time"] <= first["to"] < "2024-01-18 08"
    assert first["from"] <= "2024-01-17 16:00:00"
    assert first["to"] >= "2024-01-18 01:00:00"
    assert "2024-01-21 16" < second["from"] < second["to"] < "2024-01-23"
    assert (first["channel"], first["value"]) == ("load", "35")
    assert 14 < float(first["expected"]) < 26
    with Image.open(home / "detected/series_anomaly-load/load/plot.png") as chart:
        assert chart.size == (1200, 520)
        assert len(chart.convert("RGB").getcolors(10**6)) > 10


def test_existing_results_are_not_replaced_unless_forced(run, home, capsys):
    before = (home / "detected/series_anomaly-load/load/scored.csv").read_bytes()
    assert run("detect", "series_anomaly", "load.csv", "--trained") == 2
    assert "scored.csv already exists; name another --output" in capsys.readouterr().err
    assert run("detect", "series_anomaly", "load.csv", "--trained", "--force") == 0
    assert (home / "detected/series_anomaly-load/load/scored.csv").read_bytes() == before


def test_results_of_two_models_on_one_file_are_kept_apart(home):
    source = str(home / "load.csv")
    folders = {DetectionRequest.of(source, model).folder for model in ("table_anomaly-load", "mine", "other")}
    assert folders == {Path("detected", model, "load") for model in ("table_anomaly-load", "mine", "other")}
    with pytest.raises(InputError, match=r"load.cvs is not a file or folder \(near it: .*load.csv.*\)"):
        DetectionRequest.of(source.replace("csv", "cvs"), "mine")
    with pytest.raises(InputError, match="is not a folder.; name another --output"):
        DetectionRequest.of(source, "mine", Path(source))


def test_new_rows_are_scored_by_a_run_without_training(run, home, capsys):
    save_series(home / "new.csv", np.random.default_rng(1), 200, broken=[(150, 160)])
    assert run("detect", "series_anomaly", "new.csv", "--trained", "--json") == 0
    told = capsys.readouterr()
    assert "Epoch" not in told.out + told.err
    assert "scoring new.csv" in told.err
    result = json.loads(told.out)
    assert (result["folder"], result["rows"]) == ("detected/series_anomaly-load/new", 200)
    scored = rows_of(home / "detected/series_anomaly-load/new/scored.csv", ";")
    assert result["flagged"] == sum(row["is_anomaly"] == "1" for row in scored)
    flags = np.array(
        [int(row["is_anomaly"]) for row in rows_of(home / "detected/series_anomaly-load/new/scored.csv", ";")]
    )
    assert flags[150:160].all()
    assert flags[:130].mean() < 0.2


def test_another_number_of_false_alarms_acts_without_training(run, home, capsys):
    def threshold(*settings):
        words = ["--set", " ".join(settings)] if settings else []
        assert run("detect", "series_anomaly", "load.csv", "--trained", "--force", "--json", *words) == 0
        return json.loads(capsys.readouterr().out)["threshold"]

    assert threshold("task.points.alarms.per=300d") > threshold()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("task.threshold=Conformal(alpha=0.01)", "does not act on the points of a series"),
        ("variant.latent_dim=3", "variant.latent_dim does not act on a trained model"),
        ("task.score=NearestCodes()", "task.score is that of whole windows and does not act on the points"),
        ("data.normal=20%", "data.normal does not act on a trained model"),
    ],
)
def test_a_setting_that_cannot_act_is_refused(run, capsys, setting, message):
    assert run("detect", "series_anomaly", "load.csv", "--trained", "--force", "--set", setting) == 2
    assert message in capsys.readouterr().err


def test_monitor_refuses_a_setting_that_cannot_act(run, capsys):
    assert run("monitor", "series_anomaly", "load.csv", "--set", "epochs=3") == 2
    assert "epochs does not act on a trained model; set one of task.threshold, " in capsys.readouterr().err


def test_a_series_that_has_drifted_is_told(run, home, capsys):
    save_series(home / "drifted.csv", np.random.default_rng(3), broken=[(100, 300), (400, 600)])
    assert run("detect", "series_anomaly", "drifted.csv", "--trained") == 0
    assert "more than anomalies would be: the series seems to have drifted" in capsys.readouterr().out
    assert run("detect", "series_anomaly", "load.csv", "--trained", "--force") == 0
    assert "drifted" not in capsys.readouterr().out


def test_drift_is_distinguished_from_no_drift(run, home, capsys):
    save_series(home / "same.csv", np.random.default_rng(2))
    assert run("monitor", "series_anomaly", "same.csv", "--fail-on", "much") == 0
    same = capsys.readouterr().out
    save_series(home / "other.csv", np.random.default_rng(3), broken=[(0, 500)])
    assert run("monitor", "series_anomaly", "other.csv", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert run("monitor", "series_anomaly", "other.csv", "--quiet", "--fail-on", "much") == 3
    other = capsys.readouterr().out
    assert other.splitlines() == result["lines"]
    assert result["verdict"] == "much change: retrain"
    assert f"{result['psi']:.3f}" in other
    assert result["flagged"] > 500 * 0.8
    assert "retrain" not in same
    assert "columns: none of 1 has changed" in same
    assert "load: population stability index" in other
    assert result["columns"]["load"]["level"] == result["level"] == 2
    assert other.splitlines()[-1] == "much change: retrain"
    assert float(re.search(r"index (\S+)", other)[1]) > 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["detect", "series_anomaly", "nothing.csv"],
            "nothing.csv is not a file or folder",
        ),
        (["detect", "series_anomaly", "."], "for images: keras-ae detect image_anomaly ."),
        (["detect", "series_anomaly", ".", "--trained"], "for images use image_anomaly"),
        (["monitor", "series_anomaly", "."], "for images use image_anomaly"),
        (
            ["detect", "series_anomaly", "wide.csv", "--trained"],
            "no column 'load'; its columns are time, other",
        ),
        (["monitor", "table_anomaly", "load.csv"], "there is no finished run of table_anomaly"),
    ],
)
def test_unusable_requests_are_refused_in_one_line(run, home, capsys, words, message):
    (home / "wide.csv").write_text("time,other\n2024-01-01,1\n2024-01-02,2\n")
    assert run(*words) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("keras-ae")]
    assert message in line


def test_a_model_learns_from_other_data_than_those_it_searches(run, home, capsys):
    random = np.random.default_rng(5)

    def save(name, header, rows):
        (home / name).write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")

    save("usual.csv", "a,b,c,d", [[*row, 7] for row in random.normal(size=(120, 3)).round(3)])
    today = [[*random.normal(size=4).round(3), 7 + (row == 4)] for row in range(30)]
    save("today.csv", "c,more,a,b,d", [*today, [9, 0, -9, 9, 7]])
    save("lacking.csv", "a,b,d", random.normal(size=(9, 3)).round(3))
    save("words.csv", "a,b,c,d", [["x", "y", "z", 7]] * 9)
    words = "--data", "usual.csv", "--set", "epochs=1 min_steps_per_epoch=2 variant.backbone.units=4"
    for file, message in (
        ("lacking.csv", "lacking.csv has no column 'c'"),
        ("words.csv", "'x'"),
        ("nothing.csv", "nothing.csv is not a file"),
    ):
        assert run("detect", "table_anomaly", file, *words) == 2
        [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("keras-ae")]
        assert message in line
        assert not (home / "runs/table_anomaly-usual").exists()
    with exporting("detector"):
        assert run("detect", "table_anomaly", "today.csv", *words, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["run"], result["folder"]) == (
        "runs/table_anomaly-usual/001", "detected/table_anomaly-usual/today",
    )  # fmt: skip
    assert result["rows"] == 31
    assert not any("learned from" in line for line in result["lines"])
    assert "d never changed in training: 1 of 31 rows have another value there" in result["lines"]
    scored = rows_of(home / result["folder"] / "scored.csv")
    assert max(scored, key=lambda row: float(row["score"])) is scored[30]
    assert run("detect", "table_anomaly-usual", "today.csv", "--trained", "--data", "usual.csv") == 2
    assert "with --trained nothing is learned from data; leave --data out" in capsys.readouterr().err
    assert run("detect", "table_anomaly", "today.csv", "--data", "usuall.csv") == 2
    assert "usual.csv" in capsys.readouterr().err
    for folder in ("runs", "saved_models"):  # other tests name their model by the recipe alone
        shutil.rmtree(home / folder / "table_anomaly-usual")


def test_a_series_to_search_is_checked_before_another_is_learned(run, home, capsys):
    save_series(home / "usual_load.csv", np.random.default_rng(6))
    save_series(home / "long.csv", np.random.default_rng(6), 120)
    lines = (home / "long.csv").read_text().splitlines()
    (home / "tiny.csv").write_text("\n".join(lines[:6]) + "\n")
    (home / "power.csv").write_text("\n".join(["time;power", *lines[1:]]) + "\n")
    minutes = [re.sub(r"-01-(\d\d)T(\d\d)", r"-01-01T\1:\2", line) for line in lines]
    (home / "minutes.csv").write_text("\n".join(minutes) + "\n")
    for file, message in (
        ("tiny.csv", "expected 8 points in a row without a gap, received 5 points"),
        ("power.csv", "power.csv has no column 'load'"),
        ("minutes.csv", "expected points 3600 s apart, as in training, those of minutes.csv are 60 s"),
    ):
        assert run("detect", "series_anomaly", file, "--data", "usual_load.csv", "--set", QUICK) == 2
        assert message in capsys.readouterr().err
    assert not (home / "runs/series_anomaly-usual_load").exists()


def test_rows_of_a_table_are_scored_each(run, home, capsys):
    random = np.random.default_rng(4)
    size = random.normal(5, 1, 300)
    lines = [
        f"{a:.3f},{2 * a + b:.3f},{'red' if b < 0 else 'blue'}"
        for a, b in zip(size, random.normal(0, 0.1, 300), strict=True)
    ]
    lines[200] = "5.0,-10.0,blue"
    (home / "table.csv").write_text("\n".join(["温度,-x,self", *lines]) + "\n", "utf-8")
    quick = "epochs=2 min_steps_per_epoch=60 batch_size=16 variant.latent_dim=2 learning_rate=3e-3"
    with exporting("detector"):
        assert run("detect", "table_anomaly", "table.csv", "--set", quick, "--output", "found") == 0
    told = capsys.readouterr().out
    assert "served: 温度 as column_3732e264, -x as x, self as self_\n" in told
    assert "no column says which rows are normal: every row counts as normal" in told
    assert "of 300 rows are flagged" in told
    listed = [line for line in told.splitlines() if line.startswith("row ")]
    assert len(listed) == 10
    assert listed[0].startswith("row 201: score ")
    assert "; -x" in listed[0]
    assert "(-10.0, expected " in listed[0]
    words = "--set", "task.points.alarms.per=90d", "--output", "other"
    assert run("detect", "table_anomaly", "table.csv", "--trained", *words) == 2
    assert "task.points acts on series" in capsys.readouterr().err
    rows = rows_of(home / "found/scored.csv")
    worst = max(range(300), key=lambda row: float(rows[row]["score"]))
    assert (worst, rows[worst]["is_anomaly"]) == (200, "1")
    assert rows[worst]["reasons"].startswith("-x")
    assert [row["温度"] for row in rows] == [line.split(",")[0] for line in lines]
    assert sorted(path.name for path in (home / "found").iterdir()) == [
        "plot.png", "report.html", "scored.csv", "top.csv",
    ]  # fmt: skip
    assert "rows were learned from, as normal ones; each has the score of a model that did not" in told
    check_thresholds_act(run, rows, capsys)
    fresh = [re.sub(r"^(\d\.\d)\d\d", r"\g<1>05", line) for line in lines]
    (home / "fresh.csv").write_text("\n".join(["温度,-x,self", *fresh]) + "\n", "utf-8")
    assert run("detect", "table_anomaly", "fresh.csv", "--trained", "--output", "fresh") == 0
    rows = rows_of(home / "fresh/scored.csv")
    asked = "predict", "table_anomaly", "fresh.csv", "--head", "detector", "--output", "told.npz"
    assert run(*asked) == 0
    with np.load("told.npz") as served:
        scores, flags = (np.array([float(row[name]) for row in rows]) for name in ("score", "is_anomaly"))
        same = np.isclose(served["score"], scores, rtol=1e-4)  # of no row that was learned from
        assert same.mean() > 0.97
        # the row that the threshold is the score of is on either side of it by the last digit
        apart = same & ~np.isclose(scores, scores[flags == 0].max(), rtol=1e-4)
        np.testing.assert_array_equal(served["is_anomaly"][apart], flags[apart] == 1)
        assert apart.mean() > 0.95
    assert run("predict", "table_anomaly", "table.csv", "--head", "detector", "--output", "told.csv") == 0
    given = rows_of("told.csv")
    assert list(given[0])[:3] == ["contributions_温度", "contributions_-x", "contributions_self"]
    assert max(given, key=lambda row: float(row["contributions_-x"])) is given[200]
    assert run("heads", "table_anomaly") == 0
    assert "    column_3732e264: 温度\n    x: -x\n    self_: self\n" in capsys.readouterr().out
    card = json.loads((home / "saved_models/table_anomaly-table/detector/1/card.json").read_text("utf-8"))
    assert card["data"]["columns"] == {"column_3732e264": "温度", "x": "-x", "self_": "self"}
    if native.compiler() is not None:
        findings = native.check([home / "saved_models/table_anomaly-table/detector/1"])
        assert not [finding for finding in findings if finding.is_fault]
    (home / "gaps.csv").write_text("温度,-x,self\n5.1,,blue\n5.1,10.2,\n,,blue\n,10.2,\n", "utf-8")
    assert run("predict", "table_anomaly", "gaps.csv", "--head", "detector", "--output", "gaps.npz") == 0
    with np.load("gaps.npz") as served:  # training lacked no value
        assert np.isfinite(served["score"]).all()
        assert not served["is_anomaly"].any()
        missing = np.array([[0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1]], bool)
        assert not served["contributions"][missing].any()
    lines.insert(150, ",,")
    (home / "holes.csv").write_text("\n".join(["温度,-x,self", *lines]) + "\n", "utf-8")
    assert run("detect", "table_anomaly", "holes.csv", "--trained", "--output", "holes") == 0
    assert rows_of(home / "holes/scored.csv")[150]["score"]
    names = [f'"{row}",{line}' for row, line in enumerate(lines, 1)]  # as R writes them, without a name
    (home / "names.csv").write_text("\n".join(["温度,-x,self", *names]) + "\n", "utf-8")
    assert run("detect", "table_anomaly", "names.csv", "--trained", "--output", "names") == 0
    assert "row names, for which the header has no name, are left out" in capsys.readouterr().err
    scores = [
        [row["score"] for row in rows_of(home / folder / "scored.csv")] for folder in ("names", "holes")
    ]
    assert scores[0] == scores[1]
    (home / "less.csv").write_text("温度,self\n1,red\n2,blue\n", "utf-8")
    assert run("predict", "table_anomaly", "less.csv", "--head", "detector") == 2
    assert "each of the head's inputs in less.csv, it lacks -x" in capsys.readouterr().err


def check_thresholds_act(run, rows, capsys):
    """Asserts that other thresholds and scores act on a trained table without training."""

    def flagged(setting, output):
        words = "--trained", "--json", "--set", setting, "--output", output
        assert run("detect", "table_anomaly", "table.csv", *words) == 0
        return json.loads(capsys.readouterr().out)

    scores = np.array([float(row["score"]) for row in rows])
    wide = flagged("task.threshold=Conformal(alpha=0.2)", "wide")
    assert wide["flagged"] == (scores > wide["threshold"] * (1 + 1e-5)).sum()
    assert "proven only for models that change little when a part of the rows is left out" in wide["lines"][1]
    assert wide["flagged"] > sum(row["is_anomaly"] == "1" for row in rows)
    assert flagged("task.threshold=Quantile(alpha=0.3)", "quantile")["flagged"] > wide["flagged"]
    rate = flagged("task.threshold=FalseDiscoveryRate(q=0.1)", "rate")
    assert rate["flagged"] == 0  # rows that count as normal themselves
    assert "none is flagged unless" in rate["lines"][1]
    words = "--trained", "--output", "narrow", "--set"
    assert run("detect", "table_anomaly", "table.csv", *words, "task.threshold=Conformal(alpha=0.001)") == 2
    assert "takes at least 999 normal examples to calibrate on" in capsys.readouterr().err
    nearest = flagged("task.score=Mahalanobis", "nearest")
    assert nearest["threshold"] != wide["threshold"]


def test_a_run_is_scored_by_from_its_folder_alone(run, home, capsys, tmp_path):
    """What it learned from may have become another file, or be gone."""
    recipe, folder = load("series_anomaly"), home / "runs/series_anomaly-load/001"
    before = scored_file(Detector.of(folder, recipe), str(home / "load.csv"))[0]
    kept = (home / "load.csv").read_bytes()
    save_series(home / "load.csv", np.random.default_rng(9), broken=[(0, 500)])
    try:
        assert run("monitor", "series_anomaly", "load.csv") == 0
        assert capsys.readouterr().out.splitlines()[-1] == "much change: retrain"
    finally:
        (home / "load.csv").write_bytes(kept)
    again = scored_file(Detector.of(folder, recipe), str(home / "load.csv"))[0]
    np.testing.assert_allclose(again.scores, before.scores, rtol=1e-5)  # with freshly loaded models


def test_a_value_that_stands_still_is_scored_and_other_steps_are_refused(run, home, capsys):
    times = np.datetime64("2024-03-01T00") + np.arange(60)
    (home / "still.csv").write_text("\n".join(["time;load", *(f"{time};35,0" for time in times)]) + "\n")
    assert run("detect", "series_anomaly", "still.csv", "--trained") == 0
    assert all(
        row["is_anomaly"] == "1"
        for row in rows_of(home / "detected/series_anomaly-load/still/scored.csv", ";")
    )
    times = np.datetime64("2024-03-01T00:00") + np.arange(60)
    (home / "fast.csv").write_text(
        "\n".join(["time;load", *(f"{time};2{row % 9},5" for row, time in enumerate(times))])
    )
    assert run("detect", "series_anomaly", "fast.csv", "--trained") == 2
    assert (
        "expected points 3600 s apart, as in training, those of fast.csv are 60 s" in capsys.readouterr().err
    )


def marked_copy(source, target, wanted, separator=","):
    """A list of anomalies with a mark in those rows that are wanted."""
    rows = rows_of(source, separator)
    with open(target, "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, rows[0], delimiter=separator)
        out.writeheader()
        out.writerows({**row, "false_alarm": "x" if wanted(row) else ""} for row in rows)


def test_false_alarms_that_are_marked_go_away_and_come_back(run, home, capsys):
    folder = home / "detected/series_anomaly-load/load"
    found = rows_of(folder / "spans.csv")
    longest = max(found, key=lambda row: int(row["points"]))
    marked_copy(folder / "spans.csv", home / "marked.csv", lambda row: row["from"] == longest["from"])
    assert run("mark", "series_anomaly", "marked.csv") == 2
    assert "scored.csv, with the rows that are marked, is not there" in capsys.readouterr().err
    assert run("mark", "series_anomaly", "marked.csv", "--input", "load.csv", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["marked"] == 1
    assert result["before"] == len(found)
    assert result["after"] < result["before"]
    assert run("detect", "series_anomaly", "load.csv", "--trained", "--output", "less", "--json") == 0
    less = json.loads(capsys.readouterr().out)["flagged"]
    assert run("mark", "series_anomaly", "marked.csv", "--input", "load.csv") == 0
    assert (
        "\n1 of those marked were not flagged: marked before, or load.csv is not" in capsys.readouterr().out
    )
    assert len(rows_of(home / "less/spans.csv")) == result["after"]
    assert run("mark", "series_anomaly", "--forget") == 0
    forgotten = "\nforgotten: 1 marked pattern, whose alarms are told again\n"
    assert f"{forgotten}serve it: keras-ae export series_anomaly-load\n" in capsys.readouterr().out
    assert run("mark", "series_anomaly", "--forget") == 0
    assert "\nnothing was marked, so nothing is forgotten\n" in capsys.readouterr().out
    assert run("detect", "series_anomaly", "load.csv", "--trained", "--output", "again", "--json") == 0
    assert json.loads(capsys.readouterr().out)["flagged"] > less
    assert run("mark", "series_anomaly") == 2
    assert "expected a file with marks, or --forget" in capsys.readouterr().err


def test_a_file_is_watched_as_it_is_searched(run, home, capsys):
    assert run("watch", "series_anomaly", "load.csv", "--once") == 0
    alerts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    searched = rows_of(home / "detected/series_anomaly-load/load/spans.csv")
    assert {one["from"] for one in alerts} == {row["from"] for row in searched}
    assert [one["event"] for one in alerts[:2]] == ["begin", "end"]
    assert run("watch", "series_anomaly", "load.csv", "--once", "--new", "--output", "alerts.jsonl") == 0
    assert (home / "alerts.jsonl").read_text() == ""
    assert run("watch", "series_anomaly", "load.csv", "--every", "0") == 2
    assert "above 0 and up to" in capsys.readouterr().err
    assert run("watch", "series_anomaly", "load.csv", "--once", "--every", "1e30") == 2
    assert "up to 1,000,000 seconds" in capsys.readouterr().err
    assert run("watch", "series_anomaly", "load.csv", "--once", "--output", "nowhere/alerts.jsonl") == 2


def test_a_run_of_many_series_has_no_units_for_a_file(home, tmp_path):
    shutil.copytree(home / "runs/series_anomaly-load/001", tmp_path / "run")
    with np.load(tmp_path / "run/data.npz") as facts:
        np.savez(
            tmp_path / "run/data.npz",
            **{name: facts[name] for name in facts if name not in ("channels", "step")},
        )
    with pytest.raises(InputError, match="series_anomaly, trained on load.csv, does not detect anomalies in"):
        Detector.of(tmp_path / "run", load("series_anomaly"))


def test_the_index_of_stability_is_that_of_its_definition():
    reference = np.arange(1000.0)
    assert drift(reference, reference).psi == pytest.approx(0, abs=1e-9)
    assert drift(reference, reference).level == 0
    now = np.concatenate([np.arange(500.0), np.arange(500.0)])
    shares = (np.array([200.5] * 5 + [0.5] * 5) / 1005, np.array([100.5] * 10) / 1005)
    expected = np.sum((shares[0] - shares[1]) * np.log(shares[0] / shares[1]))
    assert drift(reference, now).psi == pytest.approx(expected, rel=0.02)
    assert drift(reference, now).ks == pytest.approx(0.5)
    assert drift(reference, now).level == 2
    assert drift(reference, now, overlap=500).level == 0  # of 2 independent ones each


def scored_of(scores, flags, contributions=None, names=("a",)):
    scores = np.asarray(scores, np.float64)
    ones = np.ones((len(scores), len(names)))
    contributions = ones if contributions is None else np.asarray(contributions)
    return ScoredRows(
        scores, np.full(len(scores), 0.5), np.asarray(flags, bool), contributions, names, scores
    )


def test_reasons_name_the_columns_that_add_most():
    found = scored_of([1, 1], [1, 0], [[1, 5, 4, 0.1], [9, 0, 0, 0]], ("a", "b", "c", "d"))
    assert (found.largest(0), found.largest(1)) == ("b 50%, c 40%", "a 100%")


def test_a_row_without_a_score_stays_empty(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text('\nx,t\n1,a\n\n2,"b,c"\n')
    write_rows(
        scored_of([0.25, np.nan], [1, 0]), np.array([0, 1]), file, tmp_path / "out.csv", detect_dialect(file)
    )
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "row,x,t,score,p_value,is_anomaly,reasons", "1,1,a,0.25,0.5,1,a 100%", '2,2,"b,c",,,,',
    ]  # fmt: skip
    assert len(read_table(file)) == 2


@pytest.mark.parametrize(
    ("header", "row", "below", "copied"),
    [
        (["# s", "x,t", ",°C"], "{0},{1},", ["x,t", ",,", ",,"], "{0},{1},{2}"),
        (['"x","t"'], '"row {0}",{0},"{1}"', [], "row {0},{0},{1},{2}"),
        (["x t"], "{0}   {1}", ["Total 3"], "{0},{1},{2}"),
        (["x;t"], "{0},5;{1}", ["", "checked"], "{0},5;{1};{2}"),
        (["x"], "{0}.5", [], "{0}.5,{2}"),
    ],
)
def test_rows_are_copied_as_they_were_read(tmp_path, header, row, below, copied):
    lines = [row.format(number, f"2{number}") for number in range(8)]
    gap = [""] if "x" not in header else []  # a row, in a single column
    (tmp_path / "rows.csv").write_text(
        "\n".join([*header, *lines[:4], *gap, *lines[4:], *below, ""]), "utf-8"
    )
    rows = np.arange(len(read_table(tmp_path / "rows.csv")))
    assert len(rows) == 8
    form = detect_dialect(tmp_path / "rows.csv")
    write_rows(scored_of(rows / 8, rows * 0), rows, tmp_path / "rows.csv", tmp_path / "out.csv", form)
    found = (tmp_path / "out.csv").read_text("utf-8").splitlines()[1:]
    mark = "," if ";" in row else "."
    for number, line in enumerate(found):
        expected = copied.format(number, f"2{number}", f"{number / 8:g}".replace(".", mark))
        separator = ";" if ";" in row else ","
        assert line.startswith(f"{number + 1}{separator}{expected}{separator}")
    assert len(found) == 8


def test_a_file_that_was_scored_before_keeps_its_columns(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("score,t,score_5\n1,a,b\n")
    write_rows(scored_of([0.25], [1]), np.array([0]), file, tmp_path / "out.csv", detect_dialect(file))
    [row] = rows_of(tmp_path / "out.csv")
    assert list(row) == ["row", "score", "t", "score_5", "score_4", "p_value", "is_anomaly", "reasons"]
    assert (row["score"], row["score_4"]) == ("1", "0.25")


def test_names_of_channels_are_no_formulas_and_have_a_font_or_a_position(tmp_path):
    names = ("a $x_$", "x" * 30, "水位", "∂x", "T\n(°C)")
    assert [_label(name, position)["ylabel"] for position, name in enumerate(names, 1)] in (
        ["a $x_$", f"{'x' * 23}…", label, "∂x", "T (°C)"] for label in ("channel 3", "水位")
    )
    values = np.zeros((9, len(names)))
    series_chart(tmp_path / "plot.png", Lines(np.arange(9), values, names, np.arange(9.0), [], []), 5.0)


def test_spans_name_their_peak_and_its_reasons():
    times = np.datetime64("2024-01-01", "ns").astype(np.int64) + 60 * 10**9 * np.arange(6)
    series = Series(times, np.zeros((6, 2)), ("a", "b"), None, np.arange(6))
    contributions = np.array([[0, 0], [1, 1], [1, 9], [1, 0], [0, 0], [7, 0]])
    found = flagged_spans(
        scored_of([0, 2, 3, 4, 0, 5], [0, 1, 1, 1, 0, 1], contributions, ("a", "b")), series
    )
    rows = [span.row for span in found]
    assert [(span["from"][-5:], span["to"][-5:], span["score"]) for span in rows] == [
        ("01:00", "03:00", "4"), ("05:00", "05:00", "5"),
    ]  # fmt: skip
    assert [(span["peak_time"][-5:], span["reasons"]) for span in rows] == [
        ("02:00", "b 90%, a 10%"), ("05:00", "a 100%"),
    ]  # fmt: skip


def test_long_lines_keep_their_extremes(random):
    line = random.normal(size=100_000)
    line[[777, 50_001]] = 99, -99
    line[90_000:95_000] = np.nan
    places = outline(line)
    assert len(places) <= MOST_POINTS
    assert {777, 50_001} <= set(places.tolist())
    assert (np.diff(places) > 0).all()
    assert np.isnan(line[places]).any()


def test_spans_of_a_long_line_that_cannot_be_shown_apart_are_one():
    spans = [(0, 3), (4, 9), (40, 41), (60, 90)]
    assert merged(spans, 100) == spans
    assert merged(spans, 20 * MOST_POINTS) == [(0, 9), (40, 90)]


def test_charts_are_drawn_of_any_scores(tmp_path, random):
    for scores in (np.zeros(50), random.lognormal(0, 3, 50)):
        threshold = float(np.median(scores))
        table_chart(tmp_path / "table.png", scores, scores > threshold, scores[:20], threshold)
    values = random.normal(size=(50, 9))
    lines = Lines(np.arange(50), values, tuple("abcdefghi"), scores, [(3, 5)], [(4, 9)], values + 1)
    series_chart(tmp_path / "series.png", lines, 1.0)
    with Image.open(tmp_path / "table.png") as table, Image.open(tmp_path / "series.png") as series:
        assert table.size == (800, 400)
        assert series.size == (1200, 1620)


class Spread(keras.Layer):
    """The mean square of a window, as the score and by channel, in place of a trained detector."""

    def call(self, inputs):
        squares = inputs**2
        return {"score": ops.mean(squares, axis=(1, 2)), "contributions": squares}


@pytest.fixture
def detector():
    """Makes a detector of a window of four points, that a run of given facts would have."""

    def detector(facts, offset=0.0, scale=1.0):
        inputs = keras.Input((4, len(facts.channels)), name="inputs")
        model = keras.Model({"inputs": inputs}, Spread()(inputs))
        fitted = FittedThreshold(9.0, "fitted", "promised", 10)
        channels = np.ones(len(facts.channels))
        return Detector(
            model, fitted, np.linspace(0, 9, 10), None, offset * channels, scale * channels, facts
        )

    return detector


def detected(detector, file, folder):
    """The rows of scored.csv, those of spans.csv, and the lines about them."""
    folder.mkdir()
    lines = list(write(detector, *scored_file(detector, str(file)), file, folder))
    return rows_of(folder / "scored.csv"), rows_of(folder / "spans.csv"), lines


def test_each_of_several_series_is_scored_in_its_own_scale(tmp_path, detector):
    machines = ("A", "new", "B")
    facts = SeriesFacts(
        ("load",), 3600 * 10**9, SeriesRoles("time", ("load",), group="machine"), ("B", "A"),
        np.array([[200.0], [10.0]]), np.array([[10.0], [1.0]]),
    )  # fmt: skip
    file = tmp_path / "machines.csv"
    levels = {"A": 10, "B": 200, "new": 5}
    odd = {("B", hour) for hour in range(20, 24)}
    rows = [
        f"{levels[name] + 99 * ((name, hour) in odd)},2024-01-0{1 + hour // 24} {hour % 24:02}:00,{name}"
        for hour in range(48)
        for name in machines
    ]
    file.write_text("\n".join(["load,time,machine", *rows]) + "\n")
    scored, spans, lines = detected(detector(facts), file, tmp_path / "found")
    assert [row["machine"] for row in scored] == list(machines) * 48
    assert all((row["score"] == "") == (row["machine"] == "new") for row in scored)
    assert {row["machine"] for row in scored if row["is_anomaly"] == "1"} == {"B"}
    assert [(span["series"], span["from"], span["to"]) for span in spans] == [
        ("B", "2024-01-01 18:00:00", "2024-01-02 01:00:00")
    ]
    assert "no scores for new: training did not learn such series" in lines
    with Image.open(tmp_path / "found/plot.png") as chart:
        assert chart.size == (1200, 80 + 2 * 220 * 3)
    file.write_text(file.read_text().replace(",A", ",C").replace(",B", ",D"))
    with pytest.raises(InputError, match="expected rows of B, A in column machine .* received C, new, D"):
        scored_file(detector(facts), str(file))


@pytest.mark.parametrize(
    ("header", "write_time", "begin", "end"),
    [
        ("day,clock", lambda t: f"{t:%d/%m/%Y,%H:%M}", "01/01/2024 23:00", "02/01/2024 06:00"),
        ("time", lambda t: f"{t:%d.%m.%y %H:%M}", "01.01.24 23:00", "02.01.24 06:00"),
        ("ts", lambda t: f"{int(t.timestamp()) * 1000}", "1704150000000", "1704175200000"),
        ("time", lambda t: f"{t:%Y-%m-%dT%H:%M}+00:00", "2024-01-01T23:00+00:00", "2024-01-02T06:00+00:00"),
        ("time", lambda t: f"{t:%Y-%m-%dT%H:%M}", "2024-01-01 23:00:00", "2024-01-02 06:00:00"),
    ],
)
def test_spans_have_the_times_of_the_file(tmp_path, detector, header, write_time, begin, end):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    file = tmp_path / "rows.csv"
    values = [50 if 26 <= hour < 28 else hour % 2 for hour in range(60)]
    rows = [f"{write_time(start + timedelta(hours=hour))},{value}" for hour, value in enumerate(values)]
    file.write_text("\n".join([f"{header},load", *rows]) + "\n")
    facts = SeriesFacts(("load",), 3600 * 10**9, SeriesRoles(header, ("load",), written=DAY_FIRST))
    _, spans, _ = detected(detector(facts), file, tmp_path / "found")
    assert [(span["from"], span["to"]) for span in spans] == [(begin, end)]


def test_a_new_file_is_read_with_the_roles_that_were_learned(tmp_path, detector):
    roles = SeriesRoles("date", ("a", "count"), "state", written=DAY_FIRST)
    facts = SeriesFacts(("a", "count"), 86400 * 10**9, roles)
    file = tmp_path / "rows.csv"
    rows = [f"{index},0{1 + index}/02/2024,7,normal,{index % 3}" for index in range(9)]
    file.write_text("\n".join(["count,date,other,state,a", *rows]) + "\n")
    [series] = scored_file(detector(facts), str(file))[1].values()
    assert series.names == ("a", "count")  # which rises as an index does
    np.testing.assert_array_equal(series.values[:, 1], np.arange(9))
    assert set(np.diff(series.times)) == {86400 * 10**9}  # 1 to 9 February, as in training
    assert series.labels is not None
    file.write_text(file.read_text().replace("date", "day"))
    assert set(np.diff(scored_file(detector(facts), str(file))[1][""].times)) == {86400 * 10**9}
    file.write_text(file.read_text().replace("count", "number"))
    with pytest.raises(InputError, match="has no column 'count'"):
        scored_file(detector(facts), str(file))


def test_a_table_of_a_row_for_each_value_is_scored(tmp_path, detector):
    facts = SeriesFacts(("p", "q"), 3600 * 10**9, SeriesRoles("time", ("p", "q"), variable="variable,value"))
    file = tmp_path / "rows.csv"
    rows = [
        f"2024-01-01 {hour:02}:00,{name},{20 * (name == 'q' and hour > 20)}"
        for hour in range(24)
        for name in "qp"
    ]
    file.write_text("\n".join(["time,variable,value", *rows]) + "\n")
    scored, spans, _ = detected(detector(facts), file, tmp_path / "found")
    assert len(scored) == 48
    assert spans[0]["reasons"] == "q 100%"


def test_the_facts_of_series_are_read_as_they_were_written(tmp_path):
    roles = SeriesRoles("Date,Time", ("a", "b"), "state", group="machine", written=WRITTEN)
    facts = SeriesFacts(("a", "b"), 60, roles, ("x", "y"), np.ones((2, 2)), np.full((2, 2), 3.0))
    np.savez(tmp_path / "facts.npz", **facts.arrays())
    with np.load(tmp_path / "facts.npz", allow_pickle=False) as arrays:
        again = SeriesFacts.from_arrays(dict(arrays))
    assert (again.channels, again.step, again.roles, again.groups) == (
        facts.channels, 60, roles, ("x", "y"),
    )  # fmt: skip
    np.testing.assert_array_equal(again.scaling_of("y"), [np.ones(2), np.full(2, 3.0)])
    before = SeriesFacts.from_arrays({"channels": np.array(["a"]), "step": np.array(5)})
    assert (before.roles, before.groups) == (SeriesRoles(values=("a",)), ())
    assert SeriesFacts.from_arrays({}) is None


def test_columns_that_training_left_out_are_no_times_of_a_new_file(tmp_path, detector):
    facts = SeriesFacts(("a",), 0, SeriesRoles("", ("a",)))
    file = tmp_path / "rows.csv"
    file.write_text("Date,a\n" + "".join(f"10/9/17,{index % 5}\n" for index in range(30)))
    left_out = dataclasses.replace(detector(facts), settings=SeriesRoles(left_out=("Date", "not there")))
    [series] = scored_file(left_out, str(file))[1].values()
    assert len(series) == 30
    with pytest.raises(InputError, match=r'30 of one time; .* SET="data.left_out=Date"'):
        scored_file(detector(facts), str(file))
    assert SeriesFile(str(file), left_out=("Date",)).left_out_columns == ("Date",)
