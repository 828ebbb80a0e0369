"""Series as data: what is normal, how it is cut into windows, published sets' labels, and points' figures."""

import re

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from keras_ae.data.find import find_dataset
from keras_ae.data.precision import FARTHEST
from keras_ae.data.series import published
from keras_ae.data.series.daily import DAY, KINDS, daily_pattern
from keras_ae.data.series.normal_part import NormalPart, suffices
from keras_ae.data.series.points import Points
from keras_ae.data.series.resample import Series
from keras_ae.data.series.windows import (
    DailyPattern,
    SeriesFile,
    data_of,
    parse_normal_part,
    split_into_windows,
)
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError
from keras_ae.metrics.ranges import vus_pr
from keras_ae.tasks.window_scores import period_of, point_metrics, scores_of, subsequence_pca, values_of

HOUR = 3600 * 10**9


def series_of(values, labels=None, names=("value",)):
    values = np.asarray(values, np.float64).reshape(len(values), -1)
    times = np.datetime64("2024-01-01", "ns").astype(np.int64) + HOUR * np.arange(len(values))
    return Series(times, values, names, labels, np.arange(len(values)))


@pytest.fixture
def waves(random):
    """Two channels of different size, of a period of 20 points."""
    clock = np.arange(400)
    first = 100 + 10 * np.sin(2 * np.pi * clock / 20) + random.normal(0, 0.1, 400)
    return series_of(np.stack([first, 0.01 * np.cos(2 * np.pi * clock / 20)], axis=1), names=("a", "b"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50%", (0, 200)),
        (" 12.5 %", (0, 50)),
        ("2024-01-02..2024-01-03", (24, 49)),
        ("..2024-01-02", (0, 25)),
        ("2024-01-16..", (360, 400)),
    ],
)
def test_the_normal_part_is_a_share_or_a_stretch_of_time(waves, text, expected):
    assert parse_normal_part(waves, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("half", 'as a percentage, "40%", or as times'),
        ("0%", "as a percentage"),
        ("140%", "as a percentage"),
        ("2030-01-01..", "received none; the series goes from 2024-01-01 00:00:00 to 2024-01-17 15:00:00"),
        ("soon..later", "expected a time such as 2024-01-31, received 'soon'"),
    ],
)
def test_what_is_no_normal_part_is_refused(waves, text, message):
    with pytest.raises(InputError, match=message):
        parse_normal_part(waves, text)


def test_windows_are_standardized_by_the_normal_part_alone(waves):
    waves.values[300:] *= 7
    found = data_of("waves", waves, 16, (0, 200))
    normal = found.offset + found.scale * np.concatenate([found.train.examples.reshape(-1, 2)])
    np.testing.assert_allclose(normal.mean(axis=0), waves.values[:136].mean(axis=0), rtol=0.01, atol=1e-3)
    np.testing.assert_allclose(found.scale, waves.values[:200].std(axis=0), rtol=1e-5)
    assert found.train.shape == (16, 2)
    assert [len(found.train), len(found.validation), len(found.calibration)] == [121, 15, 19]
    assert len(found.test) == 385
    np.testing.assert_allclose(
        found.offset + found.scale * found.test.examples[384], waves.values[384:], rtol=1e-4
    )
    assert any(
        "normal are 200 of them, from 2024-01-01 00:00:00 to 2024-01-09 07:00:00" in note
        for note in found.notes
    )


def test_parts_share_no_point_and_known_anomalies_and_gaps_do_not_train(waves):
    waves.values[:, 0] = np.arange(400)
    labels = np.zeros(400, bool)
    labels[[50, 350]] = True
    waves.values[100, 1] = np.nan
    found = data_of("waves", series_of(waves.values, labels, waves.names), 8, (0, 200))
    seen = {
        part: set(np.rint(found.offset[0] + found.scale[0] * split.examples[..., 0]).astype(int).ravel())
        for part, split in (found.splits | {"calibration": found.calibration}).items()
        if part != "test"
    }
    assert seen["train"] == set(range(140)) - {50, 100}
    assert seen["validation"] == set(range(140, 170))
    assert seen["calibration"] == set(range(170, 200))
    assert found.test.labels.sum() == 16
    assert len(found.test) == 393 - 8


def test_known_anomalies_do_not_tell_how_values_spread(waves):
    labels = np.zeros(400, bool)
    labels[100:103] = True
    due = data_of("waves", series_of(waves.values, labels, waves.names), 8, (0, 200))
    waves.values[100:103] = 1e4
    found = data_of("waves", series_of(waves.values, labels, waves.names), 8, (0, 200))
    np.testing.assert_array_equal((found.offset, found.scale), (due.offset, due.scale))
    assert found.points.fresh.sum() == len(found.test) - 200


def test_the_normal_part_of_a_series_without_times_is_told_by_numbers():
    counted = Series(np.arange(3000), np.zeros((3000, 1)), ("a",), None, np.arange(3000))
    assert parse_normal_part(counted, "500..2000") == (500, 2001)
    assert parse_normal_part(counted, "..1500") == (0, 1501)
    with pytest.raises(InputError, match="expected a number, received '2024-01-01'"):
        parse_normal_part(counted, "2024-01-01..")


def test_values_that_differ_by_less_than_can_be_discrimination_are_refused(random):
    far = series_of(1e9 + random.normal(size=400))
    with pytest.raises(InputError, match="value varies by less than a millionth of its size"):
        data_of("far", far, 16, (0, 200))


def test_a_normal_part_of_no_use_is_refused(waves):
    with pytest.raises(InputError, match=r"at least 133 points .* windows of 16, received 60, which leave"):
        data_of("waves", waves, 16, (0, 60))
    with pytest.raises(InputError, match=r"received 0, which leave 0 windows for train"):
        data_of("waves", waves, 16, (0, 0))
    waves.values[::10] = np.nan
    with pytest.raises(InputError, match="expected 16 points in a row without a gap"):
        split_into_windows(waves, 16, np.zeros(2), np.ones(2))


@pytest.mark.parametrize(
    ("points", "window", "normal", "kinds"),
    [
        (400, 16, (0, 60), ["normal", "window"]),
        (600, 64, (0, 300), ["normal", "window"]),
        (300, 64, (0, 150), ["window"]),
        (90, 64, (0, 45), ["window"]),
        (60, 64, (0, 20), ["normal window"]),
        (30, 64, (0, 15), []),
        (300, 64, (10, 160), ["window"]),
    ],
)
def test_a_remedy_for_too_short_a_normal_part_works(waves, points, window, normal, kinds):
    """Each leaves 19 windows to calibrate on, as many as a rate of false alarms of 5 % takes."""
    series = series_of(np.tile(waves.values, (2, 1))[:points], names=waves.names)
    with pytest.raises(InputError) as refused:
        data_of("waves", series, window, normal)
    settings = [dict(one.split("=") for one in text.replace("data.", "").split()) for text in
                re.findall(r'SET="([^"]*)"', str(refused.value))]  # fmt: skip
    assert [" ".join(sorted(one)) for one in settings] == kinds
    for one in settings:
        size = int(one.get("window", window))
        part = parse_normal_part(series, one["normal"]) if "normal" in one else normal
        assert len(data_of("waves", series, size, part).calibration) >= 19
        if kinds == ["window"]:
            assert not suffices([NormalPart(series.values, normal)], size + 1)


def test_a_channel_that_stands_still_in_the_normal_part_has_a_scale_of_its_own(waves):
    waves.values[:200, 1] = 7
    found = data_of("waves", waves, 16, (0, 200))
    assert "b stands still in the normal part: scaled by its spread in the whole series" in found.notes
    assert found.offset[1] == 7
    assert found.scale[1] == pytest.approx(waves.values[:, 1].std())
    assert (found.train.examples[..., 1] == 0).all()
    assert found.test.examples[300, :, 1].any()
    waves.values[:, 1] = 7
    assert data_of("waves", waves, 16, (0, 200)).scale[1] == 1


def test_channels_of_no_use_are_left_out_if_there_are_others(waves):
    waves.values[:, 0] += 1e9
    found = data_of("waves", waves, 16, (0, 200))
    assert found.points.series.names == ("b",)
    assert found.train.shape == (16, 1)
    assert any(note.startswith("left out a (varies by less than a millionth") for note in found.notes)
    waves.values[:200, 0] = np.nan
    assert any("left out a (has no value in the" in note for note in data_of("x", waves, 16, (0, 200)).notes)


def test_a_series_that_stands_still_is_refused_with_a_part_in_which_it_moves(waves):
    values = waves.values[:, :1].copy()
    values[:250] = 3
    with pytest.raises(InputError, match=r"value never changes in the normal part; name another") as refused:
        data_of("still", series_of(values), 16, (0, 200))
    normal = re.search(r"data.normal=(\d+%)", str(refused.value))[1]
    found = data_of("still", series_of(values), 16, parse_normal_part(series_of(values), normal))
    assert found.train.examples.std() > 0


def test_a_file_is_read_as_the_recipe_s_own_data_reads_one(tmp_path):
    file = tmp_path / "values.csv"
    found = find_dataset(str(file), DailyPattern(window=32))
    assert found == SeriesFile(str(file), window=32)
    assert isinstance(find_dataset(str(file), TableFile("x.csv")), TableFile)


def test_a_generated_day_holds_anomalies_of_five_kinds_in_its_second_half(random):
    series, kinds = daily_pattern(24, random)
    assert set(kinds) == set(range(len(KINDS)))
    assert not kinds[: 12 * DAY].any()
    np.testing.assert_array_equal(series.labels, kinds > 0)
    assert np.isfinite(series.values).all()


def test_points_have_the_mean_score_of_their_windows():
    points = Points(np.array([0, 1, 4]), 8)
    scores = scores_of(np.array([1.0, 3.0, 5.0]), points, 3)
    np.testing.assert_array_equal(scores, [1, 2, 2, 3, 5, 5, 5, np.nan])


def test_figures_are_means_over_the_series_that_have_anomalies(random):
    labels = np.zeros(300, bool)
    labels[[*range(40, 50), *range(160, 170)]] = True
    windows = np.sin(2 * np.pi * np.arange(300) / 20)[:, None, None].astype(np.float32)
    parts = (("a", 0, 100), ("b", 100, 200), ("none", 200, 300))
    points = Points(np.arange(300), 300, labels, parts=parts)
    scores = random.uniform(size=300) + labels
    scores[0] = np.nan
    found = point_metrics(scores, windows, points, labels)
    ranked = [np.append(np.nanmin(scores[:100]), scores[1:100]), scores[100:200]]
    truth = [labels[:100], labels[100:200]]
    expected = np.mean([average_precision_score(*pair) for pair in zip(truth, ranked, strict=True)])
    assert found["auprc"] == pytest.approx(expected)
    volumes = [vus_pr(*pair, 20) for pair in zip(truth, ranked, strict=True)]
    assert found["vus_pr"] == pytest.approx(np.mean(volumes), abs=0.02)
    assert found["span_f1"] == 1.0


@pytest.mark.parametrize("period", [7, 20, 96])
def test_the_period_of_a_series_is_found(period, random):
    clock = np.arange(2000)
    values = np.sin(2 * np.pi * clock / period) + 0.1 * random.normal(size=2000)
    values[100:110] = np.nan
    # a multiple correlates all but as well as the period itself
    assert period_of(values[:, None]) % period in (0, 1, period - 1)
    assert period_of(np.arange(200.0)[:, None]) == 125


def test_subsequences_unlike_the_others_stand_out(waves):
    waves.values[200:206, 0] += 40
    middle, spread = waves.values.mean(axis=0), waves.values.std(axis=0)
    split, points = split_into_windows(waves, 16, middle, spread)
    seen = values_of(split.examples, points)
    np.testing.assert_allclose(seen, (waves.values - middle) / spread, rtol=1e-4, atol=1e-4)
    scores = subsequence_pca(split.examples, points)
    assert np.isfinite(scores).all()
    assert 185 <= scores.argmax() <= 220


@pytest.fixture
def nab(tmp_path, monkeypatch):
    """Two series and their labels in the place of the published files."""
    (tmp_path / "labels").mkdir()
    clock = np.arange(400)
    for name in ("one", "two"):
        (tmp_path / "data" / name).mkdir(parents=True)
        minutes = np.datetime64("2014-01-01T00:00") + 5 * clock
        values = np.sin(2 * np.pi * clock / 12) + 0.1 * clock
        lines = [
            f"{str(time).replace('T', ' ')}:00,{value:.4f}"
            for time, value in zip(minutes, values, strict=True)
        ]
        (tmp_path / "data" / name / "x.csv").write_text("\n".join(["timestamp,value", *lines]))
    (tmp_path / "labels" / "combined_windows.json").write_text(
        '{"one/x.csv": [["2014-01-01 20:00:00.000000", "2014-01-01 21:00:00.000000"]], "two/x.csv": []}'
    )
    monkeypatch.setattr(published.Nab, "_file", lambda self, path: tmp_path / path)


def test_a_series_of_the_numenta_benchmark_has_its_labels_and_its_probation(nab):
    found = find_dataset("nab:one/x", DailyPattern(window=5))
    assert found == published.Nab("one/x", 5)
    loaded = found.load()
    assert np.flatnonzero(loaded.points.labels).tolist() == list(range(240, 253))
    assert any("normal are 60 of them" in note for note in loaded.notes)
    with pytest.raises(InputError, match="has no series 'three'; it has one/x, two/x"):
        published.Nab("three").load()


def test_several_series_are_standardized_each_by_itself(nab):
    both = published.concatenated(
        "both", {name: published.Nab(name, 5).load() for name in ("one/x", "two/x")}
    )
    assert both.points.parts == (("one/x", 0, 400), ("two/x", 400, 800))
    assert both.points.labels.sum() == 13
    np.testing.assert_array_equal(both.test.examples[:396], both.test.examples[396:])
    assert len(both.train) == 2 * len(published.Nab("one/x", 5).load().train)


def test_the_published_files_are_listed_with_their_hashes():
    listed = published.manifest()
    assert sum(name.startswith("nab/data/") for name in listed) == 58
    assert all(len(digest) == 64 for digest in listed.values())


@pytest.mark.parametrize("value", [1e30, 1e300, -1e300])
def test_a_value_beyond_float32_is_no_gap_but_far_away(value):
    split, points = split_into_windows(
        series_of(np.r_[np.zeros(20), value, np.zeros(20)]), 8, *np.float32([[0], [1]])
    )
    assert points.starts.tolist() == list(range(34))
    assert np.isfinite(split.examples).all()
    assert np.abs(split.examples).max() == FARTHEST
