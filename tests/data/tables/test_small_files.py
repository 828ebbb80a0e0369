"""Small files of all kinds of writing are read as they were written, or refused; never silently otherwise."""

import random
import re
from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pytest

from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.writing import Writing
from keras_ae.errors import InputError

SEPARATORS = "\t;,|~^: "
TIMES = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%d-%b-%Y %H:%M")
NAMES = ("time", "Temp air", "T", "P", "wind speed", "Status")
NAMES += ("RH %", "flow_1", "Druck (hPa)", "x", "Wert 2", "Größe")
WORDS = ("ok", "two words", "high alarm", "off", "low", "pump on", "n 2")
UNITS = {"number": ("°C", "hPa", "m/s", "%"), "whole": ("W", "V"), "time": ("", "UTC"), "word": ("", "-")}
TITLES = ("Report", "Temperature log of station 5", "Station Hall 3, north side", "Log 7 of 9")
TITLES += (
    "Exported 2024-01-31 by Logger v2.1",
    "Messung: Halle 3; Sensor 12",
    "Data of the pump (all values)",
)
METADATA = (("Logger", "SN4711"), ("Place", "Hall 3"), ("Start", "2024-01-01"))
METADATA += (("Interval", "10 min"), ("Operator", "A. B."), ("Channels", "3"))


def cell_of(kind, row, pick, decimal, form):
    """A cell and its value."""
    if kind == "number":
        text = f"{pick.uniform(-40, 900):.{pick.choice([1, 2, 4])}f}"
        return text.replace(".", decimal), float(text)
    if kind == "whole":
        value = pick.randint(-20, 900)
        return str(value), float(value)
    if kind == "time":
        time = (
            datetime(2024, 1, 20) + timedelta(days=row)
            if form == "%Y-%m-%d"
            else datetime(2024, 1, 9) + timedelta(hours=5 * row)
        )
        return time.strftime(form), np.datetime64(time, "ns").astype(np.int64)
    word = pick.choice(WORDS)
    return word, word


def line_of(cells, separator, pick, is_quoted):
    """Cells as a line, quoted where they have to be."""
    quote = [is_quoted or separator in cell or '"' in cell for cell in cells]
    written = [f'"{cell}"' if quoted else cell for cell, quoted in zip(cells, quote, strict=True)]
    return separator.join(written)


def small_file(seed):
    """The text of a small file, with the names and the values of its columns."""
    pick = random.Random(seed)
    separator = pick.choice(SEPARATORS)
    rows = pick.choice([3, 4, 5, 8, 12, 30])
    decimal = "," if separator != "," and pick.random() < 0.4 else "."
    kinds = ["number", *pick.choices(["number", "whole", "word", "time"], k=pick.randint(1, 4))]
    pick.shuffle(kinds)
    if pick.random() < 0.4:
        kinds = ["time", *[kind for kind in kinds if kind != "time"]]
    forms = [pick.choice(TIMES)] * len(kinds)
    names = pick.sample(NAMES, len(kinds))
    has_gaps = pick.random() < 0.3
    if separator == " ":
        names = [name.replace(" ", "_") for name in names]
    body, values = [], []
    for row in range(rows):
        pairs = [cell_of(kind, row, pick, decimal, form) for kind, form in zip(kinds, forms, strict=True)]
        cells, each = map(list, zip(*pairs, strict=True))
        for index in range(1, len(kinds)):
            if has_gaps and pick.random() < 0.15 and kinds[index] != "time":
                cells[index], each[index] = pick.choice(["", "NA"] if separator != " " else ["NA"]), None
        body.append(cells)
        values.append(each)
    is_quoted = pick.random() < 0.15
    end = pick.choice(["", "", separator]) if separator != " " else ""
    lines = []
    above = pick.choice(["", "", "title", "title", "metadata", "both", "remark"])
    if above in ("title", "both"):
        lines += pick.sample(TITLES, pick.choice([1, 1, 2]))
    if above in ("metadata", "both"):
        mark = pick.choice([separator, ": ", separator])
        lines += [mark.join(pair) for pair in pick.sample(METADATA, pick.randint(1, 4))]
    if above == "remark":
        lines += [f"# {pick.choice(TITLES)}"]
    if lines and pick.random() < 0.4:
        lines.append("")
    has_end_in_header = end and pick.random() < 0.7
    lines.append(line_of(names, separator, pick, is_quoted) + (separator if has_end_in_header else ""))
    if pick.random() < 0.15 and separator != " " and any(kind in ("number", "whole") for kind in kinds):
        units = [pick.choice(UNITS[kind]) for kind in kinds]
        if any(units):
            lines.append(separator.join(units) + (separator if has_end_in_header else ""))
    lines += [line_of(cells, separator, pick, is_quoted) + end for cells in body]
    footer = pick.choice(["", "", "", "", "end", "blank"])
    if footer == "end":
        lines += ["", "End of file"]
    if footer == "blank":
        lines += ["", ""]
    text = pick.choice(["\n", "\r\n"]).join([*lines, ""])
    return text, names, [list(column) for column in zip(*values, strict=True)]


def values_of(column):
    """The values of a column, None where missing."""
    values = column.values.tolist()
    if column.kind == "text":
        values = [column.words[value] for value in values]
    return [None if missing else value for missing, value in zip(column.missing, values, strict=True)]


def outcome(file, seed):
    """What became of a small file: "right", "refused: ..." or "wrong: ..."."""
    text, names, values = small_file(seed)
    file.write_bytes(text.encode())
    try:
        table = read_table(file)
    except InputError as error:
        return f"refused: {error}"
    found = table.columns
    if list(found) != names:
        return f"wrong: names {list(found)} for {names}"
    for name, column in zip(names, values, strict=True):
        if values_of(found[name]) != column and any(value is not None for value in column):
            return f"wrong: values of {name} {values_of(found[name])[:4]} for {column[:4]}"
    return "right"


@pytest.mark.parametrize("seed", range(60))
def test_a_small_file_is_read_as_it_was_written(tmp_path, seed):
    assert outcome(tmp_path / "small.csv", seed) == "right"


@pytest.mark.parametrize("seed", [371, 629, 1371, 2090, 3360])
def test_a_small_file_that_nothing_decides_is_read_as_a_setting_says(tmp_path, seed):
    file = tmp_path / "small.csv"
    refusal = outcome(file, seed)
    lines = [int(line) for line in re.findall(r"data.header=(\d+)", refusal)]
    assert len(lines) == 2
    _, names, values = small_file(seed)
    table = read_table(file, known=Writing(header=lines[1]))
    assert {name: values_of(column) for name, column in table.columns.items()} == dict(
        zip(names, values, strict=True)
    )


@pytest.mark.slow
def test_no_small_file_of_thousands_is_read_otherwise_without_a_word(tmp_path):
    outcomes = Counter(outcome(tmp_path / "small.csv", seed).split(":")[0] for seed in range(5000))
    assert outcomes["wrong"] == 0
    assert outcomes["refused"] < 20  # two lines may be their header, and the refusal says which
