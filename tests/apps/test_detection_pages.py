"""What a person receives of a table and of a series: files, lines and a report, of scores made here."""

import csv

import numpy as np
import pytest
from page_reader import PageReader

from keras_ae.apps.detection.lines import Lines
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.apps.detection.series_page import series_sections
from keras_ae.apps.detection.spans import Span, flagged_spans
from keras_ae.apps.detection.summary import Summary, listed, names_of, p_value_text, rarity, write_page
from keras_ae.apps.detection.table_page import table_sections
from keras_ae.apps.detection.top import top_rows, write_top
from keras_ae.data.series.resample import Series
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.tasks.thresholds import FittedThreshold

FITTED = FittedThreshold(1.0, "made here", "at most 5 % of <b>normal</b> rows", 20)
LARGEST = 3_000_000


def page_of(sections, folder, count=3, flagged=1):
    summary = Summary(folder / "<i>.csv", "rows", count, flagged, FITTED, {"columns": "a"}, {}, ("careful",))
    write_page(summary, sections, folder / "report.html")
    text = (folder / "report.html").read_text("utf-8")
    assert len(text) < LARGEST
    assert "nan" not in text
    return text, PageReader(text)


def scored_table(scores, threshold=1.0, columns=("a", "<b>wide</b> " * 30, "c")):
    scores = np.asarray(scores, float)
    contributions = np.outer(scores, np.linspace(3, 0, len(columns)))
    finite = np.isfinite(scores)
    flags = np.where(finite, scores, np.inf) > threshold
    expectations = {row: {"a": 2.0, columns[1]: "red", "c": np.nan} for row in range(len(scores))}
    p_values = np.where(finite, 0.25, np.nan)
    return ScoredRows(scores, p_values, flags, contributions, columns, scores, expectations=expectations)


def test_the_most_unlike_rows_are_listed_with_what_was_expected(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("score;b;a\n1;x;3,5\n2;y;7\n3;z;8\n")
    form = detect_dialect(file)
    scored = scored_table([0.5, 4.0, 2.0], columns=("a", "b"))
    highest = scored.highest(2)
    assert highest == [1, 2]
    rows = top_rows(scored, highest, {1: ["2", "y", "7"], 2: ["3", "z", "8"]}, form.names)
    assert [str(row) for row in rows] == [
        "row 2 (score 2): score 4, p-value 0.25; a 100% (7, expected 2)",
        "row 3 (score 3): score 2, p-value 0.25; a 100% (8, expected 2)",
    ]
    write_top(rows, tmp_path / "top.csv", form)
    with open(tmp_path / "top.csv", newline="", encoding="utf-8") as opened:
        [first, second] = list(csv.DictReader(opened, delimiter=";"))
    assert list(first) == [
        "row", "score", "p_value", "is_anomaly", "reasons", "column", "value", "expected", "false_alarm",
        "score_10", "b", "a",
    ]  # fmt: skip
    assert (first["row"], first["p_value"], first["column"], first["value"]) == ("2", "0,25", "a", "7")
    assert (second["score"], second["score_10"]) == ("2", "3")


@pytest.mark.parametrize(
    "scores", [[0.1, 5.0, np.nan], [0.1] * 3, [2.0] * 400, [np.nan] * 3, np.linspace(0, 9, 5000)]
)
def test_any_table_has_a_report(tmp_path, scores):
    scored = scored_table(scores)
    highest = scored.highest(200)
    rows = top_rows(scored, highest, {row: ["3", "x", ""] for row in highest}, scored.columns)
    text, reader = page_of(table_sections(scored, rows, np.linspace(0, 1, 20), 1.0), tmp_path)
    assert "<b>" not in text
    assert "<i>" not in text
    assert "careful" in reader.texts
    assert "at most 5 % of <b>normal</b> rows" in reader.texts
    if rows:
        assert f"{rows[0].number:,}" in reader.texts
        assert "a 67% (3, expected 2)" in reader.texts
        assert text.count("<tr>") == len(rows) + (2 if len(rows) > 20 else 1)
        shown = min(25, len(rows)) * (2 if rows[0].score > 0 else 0)
        assert text.count('class="cell"') == shown


def lines_of(count, spans, random, channels=3, dated=True):
    values = random.normal(size=(count, channels))
    values[count // 3 : count // 2] = np.nan
    scores = np.where(np.isfinite(values[:, 0]), 0.5, np.nan)
    contributions = np.zeros_like(values)
    for first, last in spans:
        scores[first:last] = values[first:last] = 9
        contributions[first:last, -1] = 4
    times = np.datetime64("2024-01-01", "ns") + np.arange(count) * np.timedelta64(1, "h")
    names = tuple(f"<b>{channel}</b>" for channel in range(channels))
    own = times if dated else np.arange(count)
    return Lines(own, values, names, scores, spans, [(0, 3)], values + 1, contributions)


def span_of(first, last, name=""):
    row = dict.fromkeys(("from", "to", "points", "score", "p_value", "peak_time", "channel"), "1")
    row |= {"reasons": "<b>0</b> 90%", "value": "9", "expected": "1"}
    return Span(first, last, first, 9.0, row, "load 20%", name)


@pytest.mark.parametrize(
    ("count", "spans"),
    [
        (300, []),
        (300, [(0, 300)]),
        (300, [(299, 300)]),
        (30, [(3, 4), (5, 6)]),
        (20_000, [(20 * number, 20 * number + 2) for number in range(1000)]),
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_any_series_has_a_report(tmp_path, random, count, spans, dated):
    each = {"": lines_of(count, spans, random, 9, dated)}
    found = [span_of(*span) for span in spans]
    text, reader = page_of(series_sections(each, found, 1.0, "read so"), tmp_path)
    assert "<b>" not in text
    assert ("No point scores above the threshold." in reader.texts) == (not spans)
    assert text.count("<svg") == 1 + min(6, len(spans))
    assert text.count("<tr>") == (len(spans) + 1 + (len(spans) > 50) if spans else 0)
    assert ("<b>8</b>" in reader.texts) == bool(spans)  # the channel that the spans come from, of nine
    assert sum("9 where 1 was expected, also load 20%" in text for text in reader.texts) == min(6, len(spans))


def test_of_several_series_those_with_most_flagged_points_are_shown(tmp_path, random):
    each = {f"m{number}": lines_of(90, [(5, 6 + number)], random) for number in range(6)}
    found = [span_of(5, 6 + number, f"m{number}") for number in range(6)]
    _, reader = page_of(series_sections(each, found, 1.0, ""), tmp_path)
    assert [text for text in reader.texts if text in each] == [
        "m5", "m4", "m3", "m2", "m0", "m1", "m2", "m3", "m4", "m5",
    ]  # fmt: skip
    assert "2 more series, with fewer flagged points, are left out." in reader.texts


def test_channels_are_red_in_the_spans_that_they_contribute_to(random):
    lines = lines_of(90, [(5, 9), (50, 60)], random)
    assert lines.spans_of(2) == [(5, 9), (50, 60)]
    assert lines.spans_of(0) == []
    assert lines.channels(1) == [2]
    assert Lines(lines.times, lines.values, lines.names, lines.scores, [(5, 9)], []).spans_of(0) == [(5, 9)]


def test_the_peak_of_a_span_is_where_the_value_is_farthest_from_expected():
    values = np.zeros((9, 2))
    values[4, 0] = 60
    contributions = np.zeros((9, 2))
    contributions[3:6, 0] = 30, 30, 31  # means over three points
    flags = np.isin(np.arange(9), (3, 4, 5))
    scored = ScoredRows(
        9.0 * flags, np.full(9, 1e-9), flags, contributions, ("a, b", "c"), np.zeros(3), np.ones((9, 2))
    )
    times = np.datetime64("2024-01-01", "ns").astype(np.int64) + 60 * 10**9 * np.arange(9)
    [span] = flagged_spans(scored, Series(times, values, ("a, b", "c"), None, np.arange(9)))
    assert (span.peak, span.row["value"], span.row["peak_time"][-5:]) == (4, "60", "04:00")
    assert str(span).endswith("(3 points): score 9, p-value below 1e-06; a, b 60 where 1 was expected")


def test_a_span_of_means_alone_names_no_value_that_would_be_as_expected():
    values, contributions = np.full((9, 2), 1.0), np.zeros((9, 2))
    contributions[4] = 4.0, 1.0  # two standard deviations and one
    flags = np.arange(9) == 4
    scored = ScoredRows(
        9.0 * flags, np.full(9, 1e-3), flags, contributions, ("a", "b"), np.zeros(3), np.ones((9, 2))
    )
    times = np.datetime64("2024-01-01", "ns").astype(np.int64) + 60 * 10**9 * np.arange(9)
    series = Series(times, values, ("a", "b"), None, np.arange(9))
    [span] = flagged_spans(scored, series)
    assert span.why == "no value is far from the expected one, but means over several are; a 80%, b 20%"
    contributions[4] = 16.0, 4.0
    [span] = flagged_spans(scored, series)
    assert span.why == "a 1 where 1 was expected, also b 20%"


def test_a_series_is_told_by_its_spans_and_a_low_p_value_by_its_bound(tmp_path):
    summary = Summary(tmp_path / "a.csv", "points", 9, 3, FITTED, where="in 2 spans")
    assert summary.lines[0] == "3 of 9 points are flagged, in 2 spans"
    assert Summary(tmp_path / "a.csv", "points", 9, 0, FITTED, where="in 0 spans").result.endswith("flagged")
    assert (p_value_text(0.0), p_value_text(0.0123)) == ("below 1e-06", "0.012")


def test_ten_are_printed_and_the_others_counted():
    assert list(listed(range(12), "spans"))[9:] == ["9", "and 2 more spans"]
    assert list(listed([], "spans")) == []
    assert names_of([str(number) for number in range(50)]).endswith("39, and 10 more")
    assert rarity(0.5) == "p-value 0.5"
