"""Reports: one HTML file that loads nothing, whose texts are escaped and whose charts lose no extreme."""

import re

import numpy as np
import pytest
from page_reader import PageReader

from keras_ae.reports.elements import element, plain
from keras_ae.reports.heat_map import heat_map
from keras_ae.reports.histogram import histogram, score_bins
from keras_ae.reports.images import card, cards, image
from keras_ae.reports.lines import Panel, line_chart
from keras_ae.reports.page import captioned, facts, folded, page, paragraphs, section, table
from keras_ae.reports.scales import number_scale, time_scale
from keras_ae.reports.thinning import line_path, thinned


def numbers_in(path):
    """The x and y of the points of a path."""
    return np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), float).T


def lines_of(chart, kind):
    return [part.get("d") for part in chart.iter("path") if part.get("class") == kind]


def test_a_page_loads_nothing_and_escapes_every_text():
    bad = '<b>"x" & </script><script>alert(1)</script>\x00\ud800 http'
    pixels = np.zeros((4, 5, 3), np.uint8)

    def whole():
        return page(
            bad,
            [
                section(bad, paragraphs([bad, ""], "warning"), facts({bad: bad, "none": ""})),
                table((bad, "n"), [[bad, "1"]], ("n",)),
                folded(bad, bad),
                captioned(heat_map(np.eye(2), [bad, "r"], ["a", bad], lambda row, column: bad), bad),
                captioned(line_chart(np.arange(3), [Panel(bad, np.arange(3.0))], [(0, 1)], label=bad)),
                cards([card([image(pixels, bad), image(pixels[..., :1], "")], [bad], flagged=True)]),
            ],
            bad,
        )

    text = whole()
    reader = PageReader(text)
    assert text == whole()
    assert "<b>" not in text
    assert "<title>&lt;b&gt;" in text
    assert reader.texts.count(plain(bad)) >= 8
    assert plain(bad).endswith("\N{REPLACEMENT CHARACTER}" * 2 + " http")
    assert len(reader.loaded) == 2
    assert "none" not in reader.texts
    text.encode("utf-8")


def test_the_numbers_of_attributes_are_short():
    content = 'a "b"', None, [element("i"), "c"]
    made = element("p", *content, x=1.04, y=2.0, class_="k", fill_opacity="0.5", id=None)
    assert dict(made.attrib) == {"x": "1", "y": "2", "class": "k", "fill-opacity": "0.5"}
    assert (made.text, made[0].tail) == ('a "b"', "c")


@pytest.mark.parametrize("count", [1, 2, 50, 1000, 100_000])
def test_a_line_keeps_its_highest_and_its_lowest_point_in_a_bounded_size(random, count):
    values = random.normal(size=count)
    values[[count // 3, count // 2]] = -50, 70
    chart = line_chart(np.arange(count), [Panel("a", values)])
    [path] = lines_of(chart, "line")
    _, y = numbers_in(path)
    assert len(path) < 30_000
    assert (y.min(), y.max()) == ((20, 116) if count > 1 else (68, 68))  # the whole height of the panel


def test_thinned_lines_have_two_points_for_a_pixel_and_gaps_stay_open(random):
    x, y = np.arange(5000.0), random.normal(size=5000)
    y[1000:2000] = np.nan
    across, along = thinned(x, y, 100)
    assert len(across) == len(along) == 200
    assert np.nanmax(along) == np.nanmax(y)
    assert np.nanmin(along) == np.nanmin(y)
    assert line_path(across, along).count("M") == 2
    assert line_path(np.arange(4.0), np.array([1, np.nan, 2, 2.0])) == "M0 1L1 1M2 2L3 2"
    assert line_path(np.arange(2.0), np.full(2, np.nan)) == ""


def test_lines_without_values_and_with_one_value_are_drawn():
    times = np.datetime64("2024-01-01", "ns") + np.arange(70) * np.timedelta64(1, "h")
    values = [np.full(70, np.nan), np.full(70, 7.0), np.full(70, 1e9), np.zeros(70)]
    thresholds = None, 0.0, 2.0, np.inf
    panels = [Panel("a", one, threshold=threshold) for one in values for threshold in thresholds]
    text = page("a", [line_chart(times, panels, [(0, 70)], [(3, 9)])])
    assert "nan" not in text
    PageReader(text)


def test_a_thousand_spans_are_each_seen_and_overlapping_ones_are_one():
    spans = [(20 * number, 20 * number + 1) for number in range(1000)]
    chart = line_chart(np.arange(20_000), [Panel("a", np.zeros(20_000), red=spans)], spans)
    [band] = lines_of(chart, "band")
    edges = np.array(re.findall(r"M([\d.]+) 20H([\d.]+)", band), float)
    assert ((edges[:, 1] - edges[:, 0]) >= 2).all()
    assert (edges[1:, 0] > edges[:-1, 1]).all()
    assert len(band) < 50_000
    [few] = lines_of(line_chart(np.arange(20_000), [Panel("a", np.zeros(20_000))], spans[::100]), "band")
    assert few.count("M") == 10


def test_what_was_expected_and_the_threshold_are_drawn_in_the_same_scale():
    panel = Panel("a", np.arange(9.0), np.arange(9.0) + 8, threshold=4.0, red=[(3, 5)])
    chart = line_chart(np.arange(9), [panel], [(3, 5)])
    [line], [expected], [red] = (lines_of(chart, kind) for kind in ("line", "expected", "peak"))
    assert numbers_in(line)[1].tolist()[0] == 116
    assert numbers_in(expected)[1].tolist()[-1] == 20
    assert len(numbers_in(red)[1]) == 4  # with a point on either side
    assert lines_of(chart, "threshold") == ["M62 92.0H1028"]
    assert len(list(chart.iter("circle"))) == 9


@pytest.mark.parametrize(
    ("times", "first", "note"),
    [
        (np.arange(100), "0", ""),
        (np.datetime64("2024-01-01") + np.arange(60), "Jan", "2024-Feb"),
        (np.datetime64("2024-01-01") + np.arange(60) * 400, "2030", ""),
        (np.datetime64("2024-01-01T00") + np.arange(9), "Jan-01", "2024-Jan-01"),
        (np.datetime64("2024-01-01T00:00:00.000") + np.arange(900), "00:00:00.000", "2024-01-01"),
        (np.datetime64("2024-01-01T00:00:00", "ns")[None], "00:00:00.000", "2024-01-01"),
    ],
)
def test_times_have_marks_of_their_own_unit(times, first, note):
    scale = time_scale(times, 0, 100)
    assert scale.ticks[0][1] == first
    assert scale.note == note
    assert len(scale.ticks) <= 12
    assert all(scale.low <= value <= scale.high for value, _ in scale.ticks)


def test_numbers_have_round_marks():
    assert [text for _, text in number_scale(0, 4210, 0, 100).ticks] == ["0", "2,000", "4,000"]
    assert [text for _, text in number_scale(1, 1000, 0, 100, True).ticks] == ["1", "10", "100", "1,000"]
    assert number_scale(0, 10, 100, 0)(np.array([0, 5, 10, 99, np.nan])).tolist()[:4] == [100, 50, 0, 0]
    assert number_scale(np.nan, np.nan, 0, 1).high == 1
    assert [text for _, text in number_scale(40, 40, 0, 1).ticks] == ["38", "39", "40", "41", "42"]
    assert (number_scale(0, 0, 0, 1).low, number_scale(0, 0, 0, 1).high) == (-1, 1)
    assert (number_scale(1e6, 1e6 + 1, 0, 1).low, number_scale(1e6, 1e6 + 1, 0, 1).high) == (1e6, 1e6 + 1)


@pytest.mark.parametrize(
    ("own", "threshold"),
    [
        (np.geomspace(1e-3, 1e4, 500), 1.0),
        (np.ones(30), 1.0),
        (np.ones(1), 0.5),
        (np.zeros(9), 0.0),
        (np.linspace(0, 1, 99), 9.0),
        (np.linspace(0, 1, 99), -1.0),
        (np.linspace(0, 1, 99), np.inf),
    ],
)
def test_a_histogram_shows_flagged_rows_apart(own, threshold):
    flags = own > threshold
    chart = histogram(own, flags, own[:20], threshold)
    assert "nan" not in page("a", [chart])
    bars = {name: lines_of(chart, name)[0].count("M") for name in ("calm", "flagged")}
    assert (bars["calm"] > 0, bars["flagged"] > 0) == (not flags.all(), flags.any())


def test_the_threshold_parts_the_bins():
    scores = np.linspace(0, 1, 101)
    edges, logarithmic = score_bins(scores, 0.333)
    assert not logarithmic
    assert (np.diff(edges) > 0).all()
    assert np.abs(edges - 0.333).min() < 1e-6
    assert score_bins(np.append(scores, 1e4), 0.333)[1]
