"""Columns that tell anomalies by themselves are left out, told, and kept where they are named."""

import numpy as np
import pytest

from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.leaks import separating_columns, telling_columns
from keras_ae.data.tables.tables import TableFile

COUNT = 120
LABELS = np.arange(COUNT) % 6 == 0


def column(values):
    values = np.asarray(values)
    if values.dtype.kind in "US":
        words, codes = np.unique(values, return_inverse=True)
        codes = np.where(words[codes] == "", -1, codes)
        return Column("x", "text", codes.astype(np.int32), tuple(words))
    return Column("x", "number", values.astype(np.float64))


KIND = np.array(["dos", "probe"])[np.arange(COUNT) // 6 % 2]
STATE = np.arange(COUNT) % 4


@pytest.mark.parametrize(
    ("values", "tells"),
    [
        (LABELS, True),  # a copy
        (np.where(LABELS, "n", "y"), True),
        (np.where(LABELS, KIND, "-"), True),  # kinds of anomalies
        (np.where(LABELS, KIND, ""), True),
        (np.where(LABELS, 1 + STATE, 0), True),
        (np.where(LABELS, np.linspace(1, 2, COUNT), np.nan), True),  # missing in normal rows
        (np.where(np.arange(COUNT) == 0, 0, LABELS), False),  # once another
        (STATE, False),
        (np.arange(COUNT), False),  # ids
        (np.arange(COUNT) // 2, False),
        (np.ones(COUNT), False),
        (np.where(LABELS, 9.0, 1.0) + np.linspace(0, 1, COUNT), False),  # far apart, yet values of its own
    ],
)
def test_a_column_tells_anomalies_if_each_value_is_of_one_kind(values, tells):
    assert telling_columns({"x": column(values)}, LABELS) == (("x",) if tells else ())


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_that_a_limit_parts_are_told(random, tmp_path, sign):
    far = sign * (np.where(LABELS, 9.0, 1.0) + random.uniform(size=COUNT))
    near = np.where(LABELS, 2.0, 1.0) + random.uniform(0, 1.2, size=COUNT)
    columns = {
        "far": column(far),
        "near": column(near),
        "holes": column(np.where(np.arange(COUNT) == 1, np.nan, far)),
    }
    assert separating_columns(columns, LABELS) == ("far",)
    lines = [f"{one:.4f},{other:.4f},{int(odd)}" for one, other, odd in zip(far, near, LABELS, strict=True)]
    (tmp_path / "far.csv").write_text("\n".join(["far,near,label", *lines]) + "\n")
    data = TableFile(str(tmp_path / "far.csv")).load()
    assert data.learned == ("far", "near")
    assert any("far by itself parts anomalies from normal rows" in note for note in data.notes)
    other = TableFile(str(tmp_path / "far.csv"), left_out=("far",)).load()
    assert not any("by itself" in note for note in other.notes)


def test_few_anomalies_may_have_a_value_of_their_own_by_chance():
    few = np.arange(COUNT) < 4
    assert telling_columns({"x": column(few)}, few) == ()
    assert telling_columns({"x": column(LABELS)}, ~np.zeros(COUNT, bool)) == ()


def save(file, random, header="a,b,state,kind,label", time=False):
    numbers = random.normal(size=(COUNT, 2)).round(3)
    lines = [
        f"{a},{b},{int(odd)},{kind if odd else 'none'},{int(odd)}"
        for (a, b), odd, kind in zip(numbers, LABELS, KIND, strict=True)
    ]
    if time:
        header = f"time,{header}"
        lines = [f"2024-01-{1 + row // 24:02} {row % 24:02}:00,{line}" for row, line in enumerate(lines)]
    file.write_text("\n".join([header, *lines]) + "\n")
    return str(file)


def test_a_table_is_learned_without_what_tells_its_labels(random, tmp_path):
    path = save(tmp_path / "rows.csv", random)
    data = TableFile(path).load()
    assert data.learned == ("a", "b")
    [note] = [note for note in data.notes if note.startswith("left out")]
    assert 'state (tells the anomalies by itself, as their labels do; to keep it: SET="data.numbers=s' in note
    assert 'to keep it: SET="data.words=kind")' in note
    assert TableFile(path, numbers=("state",), words=("kind",)).load().learned == ("a", "b", "state", "kind")
    assert TableFile(path, left_out=("label",)).load().learned == ("a", "b", "state", "kind")


def test_a_series_is_learned_without_what_tells_its_labels(random, tmp_path):
    path = save(tmp_path / "series.csv", random, time=True)
    series = {"normal": "90%", "window": 4}
    data = SeriesFile(path, **series).load()
    assert data.learned == ("a", "b")
    assert any("state (tells the anomalies by itself" in note for note in data.notes)
    assert SeriesFile(path, values=("a", "state"), **series).load().learned == ("a", "state")
