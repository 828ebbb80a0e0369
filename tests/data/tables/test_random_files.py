"""Random tables, written in random ways, are read as they were."""

import csv
import io
import random
from datetime import datetime, timedelta

import numpy as np
import pytest

from keras_ae.data.tables import blocks
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.reading import read_table

WORDS = ("red", "blue", "a, b", "x;y", 'say "hi"', "two words", "O'Neil")
TIMES = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y%m%dT%H%M", "%d-%b-%Y %H:%M")
ABOVE = ([], [], ["# made by me"], ["Title of it"], ["Logger;1", "Place;2", ""], ["sep="])


def cells_of(kind, rows, pick, decimal, thousands):
    """Cells of a column and the values that they stand for, None where missing."""
    form, has_gaps = pick.choice(TIMES), pick.random() < 0.3
    for row in range(rows):
        if has_gaps and row < rows - 1 and pick.random() < 0.2:
            yield pick.choice(["", "NA"]), None
        elif kind == "number":
            text = f"{pick.uniform(-5000, 5000):,.{pick.choice([2, 4])}f}"
            value = float(text.replace(",", ""))
            yield text.translate(str.maketrans({",": thousands, ".": decimal})), value
        elif kind == "whole":
            value = pick.randint(-99, 999)
            yield str(value), float(value)
        elif kind == "time":
            time = datetime(2024, 1, 1) + timedelta(hours=7 * row)
            yield time.strftime(form), np.datetime64(time, "ns").astype(np.int64)
        else:
            word = pick.choice(WORDS)
            yield word, word


def values_of(column):
    """The values of a column, None where missing."""
    values = column.values.tolist()
    if column.kind == "text":
        values = [column.words[value] for value in values]
    return [None if missing else value for missing, value in zip(column.missing, values, strict=True)]


@pytest.mark.parametrize("seed", range(60))
def test_a_random_table_is_read_as_it_was_written(tmp_path, monkeypatch, seed):
    pick = random.Random(seed)
    monkeypatch.setattr(blocks, "BLOCK", pick.choice([2**23, 200]))
    separator, rows = pick.choice(",;\t|"), pick.choice([8, 30, 200])
    decimal = "," if separator != "," and pick.random() < 0.4 else "."
    thousands = pick.choice(["", "." if decimal == "," else ",", "'", " "]) if separator != "," else ""
    kinds = ["number", *pick.choices(["number", "whole", "word", "time"], k=pick.randint(1, 5))]
    pick.shuffle(kinds)
    columns = [list(cells_of(kind, rows, pick, decimal, thousands)) for kind in kinds]
    names = [f"{pick.choice(['c', 'col ', 'Größe '])}{index}" for index in range(len(kinds))]
    written, has_header = io.StringIO(), pick.random() < 0.85
    for line in pick.choice(ABOVE):
        written.write(f"{line}{separator}\n" if line == "sep=" else f"{line}\n")
    quoting = pick.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    out = csv.writer(written, delimiter=separator, lineterminator="\n", quoting=quoting)
    out.writerows([names] * has_header)
    if has_header and pick.random() < 0.2:
        out.writerow([pick.choice(["V", "°C"]) if kind in ("number", "whole") else "" for kind in kinds])
    end = [""] if pick.random() < 0.15 else []
    for row, cells in enumerate(zip(*columns, strict=True)):
        if has_header and row == rows // 2 and pick.random() < 0.2:
            out.writerow(names)
        out.writerow([*(text for text, _ in cells), *end])
    text = written.getvalue().replace("\n", pick.choice(["\n", "\r\n", "\r"]))
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode(pick.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])))
    table = read_table(file)
    found = list(table.columns.values())[: len(kinds)]
    assert not has_header or [column.name for column in found] == names
    assert [values_of(column) for column in found] == [[value for _, value in column] for column in columns]
    assert len(list(read_rows(file, detect_dialect(file)))) == rows
