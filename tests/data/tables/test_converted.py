"""ARFF and JSON, read by the rules of texts."""

import json

import numpy as np
import pytest

from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError

ARFF = """% beats
@RELATION 'some beats'

@attribute 'a \\'b' NUMERIC
@ATTRIBUTE "kind" {'x y',z}
@attribute when DATE "yyyy-MM-dd"
@attribute c real

@DATA
1.5,'x y',"2024-01-01",3
% between
?,z,"2024-01-02",4e1
2.5, z, '2024-01-03', 5

"""


@pytest.fixture
def read(tmp_path):
    """Reads a table of a text, which is of a kind."""

    def read(text, suffix):
        file = tmp_path / f"table{suffix}"
        file.write_text(text, encoding="utf-8")
        return read_table(file)

    return read


def test_arff_is_a_table(read):
    table = read(ARFF, ".arff")
    assert table.notes[0] == "3 rows, read as 4 columns of ARFF"
    assert list(table.columns) == ["a 'b", "kind", "when", "c"]
    np.testing.assert_array_equal(table.columns["a 'b"].values, [1.5, np.nan, 2.5])
    np.testing.assert_array_equal(table.columns["c"].values, [3, 40, 5])
    assert table.columns["kind"].words == ("x y", "z")
    assert table.columns["when"].kind == "time"


def test_sparse_arff_holds_zeros_and_first_words(read):
    head = "@relation r\n@attribute a real\n@attribute b {X,Y}\n@attribute c {'n o',yes}\n@data\n"
    table = read(head + "{0 1.5, 1 Y}\n{2 yes}\n{}\n{0 ?, 2 'n o'}\n", ".arff")
    np.testing.assert_array_equal(table.columns["a"].values, [1.5, 0, 0, np.nan])
    assert [table.columns["b"].words[code] for code in table.columns["b"].values] == ["Y", "X", "X", "X"]
    assert [table.columns["c"].words[code] for code in table.columns["c"].values] == [
        "n o", "yes", "n o", "n o",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "expected @attribute lines"),
        ("@attribute a real\n@attribute b real\n@data\n1,2\n1,2,3\n", r"expected 2 values .* line 5 has 3"),
        ("@attribute a real\n@data\n{5 1}\n", "expected 1 values in each instance .* line 3 has 6"),
        ("@attribute a relational\n@data\n1\n", "relational attributes"),
    ],
)
def test_arff_of_no_use_is_refused(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text, ".arff")


RECORDS = [{"t": f"2024-01-{day:02}", "value": {"bpm": day * 7 % 29, "ok": day > 3}} for day in range(1, 29)]
COLUMNS = {"t": [record["t"] for record in RECORDS], "value.bpm": [day * 7 % 29 for day in range(1, 29)]}


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        (json.dumps(RECORDS), ".json"),
        ("\ufeff" + json.dumps({"channel": {"id": 1}, "feeds": RECORDS}, indent=1), ".json"),
        ("".join(json.dumps(record) + "\n" for record in RECORDS), ".jsonl"),
        ("\n".join(json.dumps(record) for record in RECORDS), ".ndjson"),
        ("".join(json.dumps(record) + "\r\n" for record in RECORDS), ".json"),
        (json.dumps(COLUMNS), ".json"),
        (json.dumps({name: dict(enumerate(values)) for name, values in COLUMNS.items()}), ".json"),
    ],
)
def test_records_in_json_are_a_table(read, text, suffix):
    table = read(text, suffix)
    assert table.notes[0].startswith(f"28 rows, read as {len(table.columns)} columns of JSON")
    assert table.columns["t"].kind == "time"
    np.testing.assert_array_equal(table.columns["value.bpm"].values, COLUMNS["value.bpm"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "expected records"),
        ('{"a": 1}', "expected records"),
        ('{"a": [{"x": 1}], "b": [{"x": 1}]}', "expected records"),
        ('{"a": [1, 2], "b": [1]}', "expected records"),
        ("", "expected records"),
        ('{"x": 1}\n{"x": 2}\n{"x": 3\n', r"is no JSON \(line 3\)"),
        ("time,value\n1,2\n", "is no JSON"),
        ("[" * 100_000, "is no JSON|too deep"),
    ],
)
def test_json_without_records_is_refused(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text, ".json")


def test_arff_and_json_are_data_of_tables_and_series(tmp_path):
    (tmp_path / "a.arff").write_text(ARFF)
    (tmp_path / "b.json").write_text(json.dumps(RECORDS))
    assert TableFile.accepts(str(tmp_path / "a.arff"))
    assert SeriesFile.accepts(str(tmp_path / "b.json"))
    assert set(TableFile(str(tmp_path / "b.json")).load().preprocessor.columns) == {"value.bpm", "value.ok"}
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "c.json")
