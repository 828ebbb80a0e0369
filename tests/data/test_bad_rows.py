"""Files that people bring: what is wrong with them is told in one line, with a way out that works."""

import re

import numpy as np
import pytest

from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError
from keras_ae.tasks.calibration import with_calibration
from keras_ae.tasks.thresholds import Conformal

COUNT = 600


@pytest.fixture
def save(tmp_path):
    def save(header, *columns):
        rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
        (tmp_path / "rows.csv").write_text("\n".join([header, *rows]) + "\n")
        return str(tmp_path / "rows.csv")

    return save


@pytest.fixture
def series(random):
    times = np.datetime64("2024-01-01T00") + np.arange(COUNT)
    return times, (np.sin(np.arange(COUNT) / 12 * np.pi) + random.normal(0, 0.1, COUNT)).round(3)


def prepared(dataset):
    return with_calibration(dataset.outline(), Conformal())


def noted(data, text):
    [note] = [note for note in data.notes if text in note]
    return note


@pytest.mark.parametrize(
    ("count", "equal", "message"),
    [
        (2, False, "at least 3 different examples, .* received 2; add others"),
        (100, True, "at least 3 different examples, .* received 1 and 99 more that equal it; add others"),
        (3, False, "2 or more to validate and calibrate on; received 1 and 1; add more, about 38 in all"),
        (12, False, r"takes at least 19 .*higher rate of false alarms, .*Conformal\(alpha="),
    ],
)
def test_too_few_rows(save, random, count, equal, message):
    values = np.ones((count, 2)) if equal else random.normal(size=(count, 2)).round(3)
    with pytest.raises(InputError, match=message):
        prepared(TableFile(save("a,b", *values.T)))
    assert prepared(TableFile(save("a,b", *random.normal(size=(2, 38)).round(3))))


def test_a_column_of_one_value_in_the_rows_to_learn_from(save, random):
    a, b = random.normal(size=(2, 200)).round(3)
    note = noted(TableFile(save("a,b,c", a, b, [7] * 200)).outline(), "never changes")
    assert note.startswith("c never changes in the rows to learn from: another value there counts as unlike")
    assert 'SET="data.left_out=c"' in note
    other = TableFile(save("a,b,c", a, b, [7] * 200), left_out=("c",)).outline()
    assert not any("never changes" in note for note in other.notes)


@pytest.mark.parametrize(
    ("name", "index", "left_out"),
    [
        ("row", np.arange(200), True),
        ("customer", np.random.default_rng(0).permutation(200) + 5000, True),
        ("rank", np.arange(200)[::-1], True),
        ("count", np.random.default_rng(0).permutation(400)[:200], False),
        ("level", np.arange(200) // 2, False),
    ],
)
def test_an_index_is_left_out(save, random, name, index, left_out):
    path = save(f"{name},a", index, random.normal(size=200).round(3))
    data = TableFile(path).outline()
    assert data.learned == (("a",) if left_out else (name, "a"))
    if left_out:
        assert noted(data, "left out") == f"left out: {name} (numbers the rows)"
        assert TableFile(path, numbers=(name,)).outline().learned == (name, "a")


@pytest.mark.parametrize("split", [1, 300])
def test_times_of_two_formats_are_each_read_in_their_own(save, series, split):
    times, load = series
    texts = times.astype(str).tolist()
    for row in range(split, COUNT):
        year, month, rest = texts[row].split("-")
        texts[row] = f"{rest[:2]}.{month}.{year} {rest[3:]}:00"
    data = SeriesFile(save("time,load", texts, load), window=24).outline()
    note = noted(data, "formats")
    assert re.match(r"time has times in 2 formats, such as .*2024-01-01T00.*: each is read in its own", note)
    assert "01.2024" in note
    assert noted(data, "600 points of load from 2024-01-01 00:00:00 to 2024-01-25 23:00:00")
    one = SeriesFile(save("time,load", times, load), window=24).outline()
    assert not any("formats" in note for note in one.notes)


def test_a_normal_part_that_holds_labeled_anomalies(save, series):
    times, load = series
    labels = np.zeros(COUNT, int)
    labels[[*range(50, 60), *range(400, 410)]] = 1
    path = save("time,load,label", times, load, labels)
    note = noted(SeriesFile(path, window=24).outline(), "the normal part holds")
    assert note.startswith("the normal part holds 10 points that are labeled as anomalies, which are not")
    normal = re.search(r"""SET="data.normal='(.*)'\"""", note)[1]
    assert normal == "2024-01-03 12:00:00..2024-01-13 11:00:00"
    data = SeriesFile(path, window=24, normal=normal).outline()
    assert not any("the normal part holds" in note for note in data.notes)
    assert noted(data, "normal are 240 of them")


@pytest.mark.parametrize("kinds", [(0, 1, 2), ("normal", "stuck", "shift"), (1, 2, 3)])
def test_labels_of_three_kinds(save, series, random, kinds):
    times, load = series
    index = np.zeros(COUNT, int)
    index[400:410], index[450:460] = 1, 2
    labels = np.array(kinds)[index]
    path, settings = save("time,load,label", times, load, labels), {}
    if kinds[0] == 1:
        note = noted(SeriesFile(path, window=24).outline(), "left out")
        assert 'neither mostly 0 nor words such as normal; SET="data.label=label" takes it for one' in note
        settings = {"label": "label"}
    data = SeriesFile(path, window=24, **settings).outline()
    assert noted(data, "labels from label: 20 of 600 rows are anomalies")
    path, settings = save("a,b,label", load, random.normal(size=COUNT).round(3), labels), {}
    if kinds[0] == 1:
        with pytest.raises(InputError, match='say which is normal: SET="data.normal=...'):
            TableFile(path).outline()
        settings = {"normal": "1"}
    note = noted(TableFile(path, **settings).outline(), "says which rows")
    assert f"{kinds[0]} in 580 of 600 rows; anomalies are {kinds[1]} (10), {kinds[2]} (10)" in note


def test_two_labels_of_normal_rows(save, random):
    labels = np.array(["0", "1", "normal"])[np.arange(90) % 3]
    data = TableFile(save("a,b,label", *random.normal(size=(2, 90)).round(3), labels)).outline()
    assert noted(data, "says which rows").endswith("; if 0 is normal too, write it as normal")


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (2, "received 1, which leave 0 windows for train; use a longer series"),
        (20, "received 10, which leave 0 windows for train; use a longer series"),
        (100, 'windows for train; use shorter windows, SET="data.window=5"'),
    ],
)
def test_a_short_series(save, series, count, message):
    path = save("time,load", *(column[:count] for column in series))
    with pytest.raises(InputError, match=message):
        SeriesFile(path).outline()
    if "window=" in message:
        assert len(prepared(SeriesFile(path, window=5)).calibration) >= 19


def test_a_series_that_stands_still(save, series):
    with pytest.raises(InputError, match=r"load \(never changes\); choose others, .* or another file"):
        SeriesFile(save("time,load", series[0], [5] * COUNT)).outline()
