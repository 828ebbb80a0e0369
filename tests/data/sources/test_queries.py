"""Rows of SQL queries: what is refused beforehand, and queries over files and of databases."""

import sqlite3
import sys

import numpy as np
import pytest

from keras_ae.data.find import find_dataset
from keras_ae.data.sources import query_files, query_servers
from keras_ae.data.sources.local import local, local_copy, title_of
from keras_ae.data.sources.queries import Query
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder with a database of orders, one of two tables, and a cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("shop.db") as shop:
        shop.execute("CREATE TABLE orders (id INTEGER, day TEXT, amount REAL, mixed)")
        rows = [(i, f"2024-01-{i % 28 + 1:02d}", i / 4, i if i % 2 else "x") for i in range(200)]
        shop.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    shop.close()
    with sqlite3.connect("two.sqlite") as two:
        two.execute("CREATE TABLE first (x)")
        two.execute("CREATE TABLE second (x)")
    two.close()
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM 'rows.parquet'",
        "with x as (select 1) select * from x",
        " (SELECT a FROM t)",
        "postgresql+psycopg://me@host/shop SELECT 1",
        "snowflake://me@host/shop SELECT 1",
        "sqlite:///shop.db",
        "shop.db",
    ],
)
def test_texts_that_are_queries(text):
    assert Query.accepts(text) == Query(text)


@pytest.mark.parametrize("text", ["select", "rows.csv", "nix.sql", "s3://bucket/x.csv", "mnist", "./with"])
def test_texts_that_are_none(text):
    assert Query.accepts(text) is None


def test_a_folder_called_like_a_query_is_a_folder(folder):
    (folder / "select this").mkdir()
    assert Query.accepts("select this") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sqlite:///shop.db DELETE FROM orders", "begins with SELECT or WITH"),
        ("sqlite:///shop.db SELECT 1; DROP TABLE orders", "one query, received several"),
        ("WITH x AS (SELECT 1) DELETE FROM orders", "only reads, received DELETE"),
        ("SELECT * INTO copy FROM orders", "only reads, received INTO"),
    ],
)
def test_what_does_not_read_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        local_copy(text)


def test_words_in_quotation_marks_and_comments_are_no_commands():
    query = Query("SELECT 'a; drop' AS \"update\" -- delete; it\nFROM orders /* insert */;")
    assert query._parts()[0] == ""


def test_files_with_queries(folder):
    (folder / "all.sql").write_text("-- orders\n-- database: sqlite:///shop.db\nSELECT * FROM orders;\n")
    (folder / "empty.sql").write_text("-- database: sqlite:///shop.db\n")
    assert Query("all.sql")._parts()[0] == "sqlite:///shop.db"
    assert title_of("all.sql") == "all"
    with pytest.raises(InputError, match="expected a query that begins with SELECT"):
        Query("empty.sql").bring(folder)


def test_titles_of_queries():
    assert title_of("SELECT 1 AS a") == "query"
    assert title_of("sqlite:///shop.db") == "shop"
    assert title_of("shop.db") == "shop"


@pytest.mark.parametrize(
    ("text", "package"), [("SELECT 1 AS a", "duckdb"), ("sqlite:///shop.db SELECT 1 AS a", "pyarrow")]
)
def test_without_packages_the_extra_is_named(text, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"needs {package}: .*keras_ae\[sql\]"):
        local_copy(text)


@pytest.mark.extras
def test_a_query_of_a_database_is_a_table(folder):
    text = "sqlite:///shop.db SELECT day, amount, mixed FROM orders WHERE id < 150 ORDER BY id DESC"
    dataset = find_dataset(text)
    assert dataset.path == text
    table = read_table(local(dataset).path)
    assert table.columns["amount"].values.tolist() == [i / 4 for i in range(149, -1, -1)]
    assert table.columns["day"].kind == "time"
    assert table.columns["mixed"].kind == "text"
    assert local_copy("shop.db") == local_copy("sqlite:///shop.db")  # its one table


@pytest.mark.extras
def test_values_of_several_kinds_in_parts_are_texts(monkeypatch):
    monkeypatch.setattr(query_servers, "AT_ONCE", 1)
    table = read_table(
        local_copy("sqlite:///shop.db SELECT mixed, amount FROM orders WHERE id BETWEEN 1 AND 4")
    )
    column = table.columns["mixed"]
    assert [column.words[code] for code in column.values] == ["1", "x", "3", "x"]
    assert table.columns["amount"].values.tolist() == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.extras
def test_a_database_is_opened_to_be_read(folder):
    import sqlalchemy

    opened, refused = (
        query_servers._connected(sqlalchemy, "sqlite:///shop.db"),
        sqlalchemy.exc.OperationalError,
    )
    with opened as connection, pytest.raises(refused, match="readonly database"):
        connection.exec_driver_sql("DELETE FROM orders")
    with pytest.raises(InputError, match="there is no database nix.db"):
        local_copy("sqlite:///nix.db SELECT 1")
    assert not (folder / "nix.db").exists()


@pytest.mark.extras
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("two.sqlite", "has the tables first, second; write"),
        ("sqlite:///shop.db SELECT nix FROM orders", "no such column: nix"),
        ("sqlite:///shop.db SELECT * FROM orders WHERE id < 0", "found none"),
        ("other://me:word@host/x SELECT 1 AS a", "query of other://me@host/x cannot be answered"),
        ("SELECT * FROM 'nix.parquet'", "cannot be answered"),
        ("SELECT * FROM 'https://host/x.csv'", "it reads from an address"),
        ("duckdb:///nix.duckdb", "there is no database nix.duckdb"),
    ],
)
def test_queries_that_cannot_be_answered_are_told(text, message):
    with pytest.raises(InputError, match=message):
        local_copy(text)


@pytest.mark.extras
def test_results_are_bounded(monkeypatch):
    monkeypatch.setattr(query_files, "LARGEST", 16 * 99)
    monkeypatch.setattr(query_servers, "LARGEST", 16 * 99)
    for text in ("SELECT a, a AS b FROM range(100) t(a)", "sqlite:///shop.db SELECT id, amount FROM orders"):
        with pytest.raises(InputError, match="select fewer"):
            local_copy(text)
    assert read_table(local_copy("SELECT a, a AS b FROM range(99) t(a)")).columns["a"].values[-1] == 98


@pytest.mark.extras
def test_a_query_over_files_keeps_its_order():
    import duckdb

    duckdb.execute("COPY (SELECT range AS n, sin(range) AS s FROM range(5000)) TO 'rows.parquet'")
    table = read_table(local_copy("SELECT s FROM 'rows.parquet' ORDER BY n DESC"))
    assert np.allclose(table.columns["s"].values, np.sin(np.arange(5000))[::-1], rtol=0, atol=1e-15)
    with duckdb.connect("one.duckdb") as database:
        database.execute("CREATE TABLE t AS SELECT range AS n FROM range(7)")
    assert read_table(local_copy("one.duckdb")).columns["n"].values.tolist() == list(range(7))
