"""Parquet and Feather files, whose columns have types of their own."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.tables import typed_files
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError

pytestmark = pytest.mark.extras


@pytest.fixture
def frame():
    """Columns of many types."""
    pytest.importorskip("pyarrow")
    return pd.DataFrame(
        {
            "whole": np.arange(5),
            "missing": pd.array([1, None, 3, 4, 5], "Int64"),
            "infinite": [np.inf, 1, 2, 3, 4.5],
            "time": pd.date_range("2024", periods=5, tz="Europe/Berlin"),
            "day": [datetime.date(2024, 1, 1 + day) for day in range(5)],
            "truth": [True, False, True, False, True],
            "decimal": [decimal.Decimal("1.5")] * 5,
            "span": pd.to_timedelta([1, 2, 3, 4, 5], "s"),
            "clock": [datetime.time(10, minute) for minute in range(5)],
            "word": list("abcab"),
            "category": pd.Categorical(list("xyxyx")),
            "commas": ["1,5", "2,5", None, "3", "--"],
            "iso": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"],
        }
    )


KINDS = dict.fromkeys(("whole", "missing", "infinite", "truth", "decimal", "span", "commas"), "number")
KINDS |= dict.fromkeys(("time", "day", "clock", "iso"), "time") | dict.fromkeys(("word", "category"), "text")


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_typed_columns_keep_their_types_and_texts_follow_the_rules_of_texts(frame, tmp_path, kind):
    file = tmp_path / f"table.{kind}"
    getattr(frame, f"to_{kind}")(file)
    table = read_table(file)
    assert {name: column.kind for name, column in table.columns.items()} == KINDS
    assert table.notes[0].startswith(f"5 rows, read as 13 columns of {kind.capitalize()}")
    assert "read as missing: inf (1), -- (1)" in table.notes
    np.testing.assert_array_equal(table.columns["commas"].values, [1.5, 2.5, np.nan, 3, np.nan])
    np.testing.assert_array_equal(table.columns["missing"].values, [1, np.nan, 3, 4, 5])
    assert table.columns["time"].values[0] == pd.Timestamp("2023-12-31 23:00").value
    assert table.columns["truth"].words == ("False", "True")
    rows = list(read_rows(file, detect_dialect(file)))
    assert len(rows) == 5
    assert rows[1][:3] == ("1", "", "1.0")


def test_columns_can_be_chosen_and_read_as_words(frame, tmp_path):
    file = tmp_path / "table.parquet"
    frame.to_parquet(file)
    table = read_table(file, {"whole": "text", "commas": "number"}, only=("whole", "commas"))
    assert table.columns["whole"].words == ("0", "1", "2", "3", "4")
    assert list(table.columns) == ["whole", "commas"]
    with pytest.raises(InputError, match="has no column 'other'; its columns are whole, missing"):
        read_table(file, needed=("other",))
    with pytest.raises(InputError, match="a number in column 'word' .* row 1 of values holds 'a'"):
        read_table(file, {"word": "number"})


def test_an_index_is_a_column_and_lists_are_none(frame, tmp_path):
    file = tmp_path / "table.parquet"
    own = frame[["whole"]].assign(lists=[[1, 2]] * 5)
    own.index = frame["time"].to_numpy()
    own.to_parquet(file)
    assert [(name, one.kind) for name, one in read_table(file).columns.items()] == [
        ("whole", "number"), ("index", "time")
    ]  # fmt: skip
    own.rename_axis("when").to_parquet(file)
    assert list(read_table(file).columns) == ["whole", "when"]


def test_what_is_no_such_file_is_refused(frame, tmp_path, monkeypatch):
    (tmp_path / "false.parquet").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(InputError, match="cannot be read as parquet"):
        read_table(tmp_path / "false.parquet")
    with pytest.raises(InputError, match="cannot be read as feather"):
        read_table(tmp_path / "none.feather")
    frame.iloc[:0].to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="expected rows of values in .*, found none"):
        read_table(tmp_path / "empty.parquet")
    frame.to_parquet(tmp_path / "table.parquet")
    monkeypatch.setattr(typed_files, "LARGEST", 100)
    with pytest.raises(InputError, match="more than .* GiB of values"):
        read_table(tmp_path / "table.parquet")
