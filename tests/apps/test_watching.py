"""A growing file of a series: its whole lines, its alerts, and their agreement with the whole file."""

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest

from keras_ae.apps.detection import watch as module
from keras_ae.apps.detection.alerts import Alerts
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.growing import GrowingFile
from keras_ae.apps.detection.spans import Span
from keras_ae.apps.detection.watch import Watching, watch
from keras_ae.data.series.points import Points
from keras_ae.data.series.resample import spans
from keras_ae.errors import InputError
from keras_ae.tasks.false_alarms import FalseAlarms
from keras_ae.tasks.point_detection import PointDetection, scored_series
from keras_ae.tasks.point_stream import PointStream, final_points
from keras_ae.tasks.thresholds import FittedThreshold

COUNT, NORMAL = 700, 400
HOT, COLD = (450, 462), (600, 603)
NONE = FittedThreshold(1.0, "", "", 2)


@pytest.fixture(scope="module")
def values():
    random = np.random.default_rng(3)
    values = 10 + np.sin(2 * np.pi * np.arange(COUNT) / 20) + random.normal(0, 0.1, COUNT)
    values[slice(*HOT)] += 3
    values[slice(*COLD)] -= 4
    return values[:, None]


@pytest.fixture(scope="module")
def fitted(values):
    detection = PointDetection(window=32, alarms=FalseAlarms(per="100000"))
    normal = np.arange(COUNT) < NORMAL
    return detection.fit(values - 10, Points(np.zeros(1, int), COUNT, normal=normal))


@pytest.fixture
def detector(fitted):
    return Detector(None, NONE, np.zeros(1), None, np.full(1, 10.0), np.ones(1), points=fitted)


def lines_of(values, first, last):
    times = np.datetime64("2026-03-01T00") + np.arange(first, last)
    return "".join(f"{time},{value:.6f}\n" for time, value in zip(times, values[first:last, 0], strict=True))


def test_a_series_that_grows_has_the_scores_of_the_whole(fitted, values):
    stream, whole = PointStream(fitted), scored_series(fitted, values - 10)
    for count in (5, 129, 300, 471, COUNT):
        scored = stream.update(values[:count] - 10)
        so_far = scored_series(fitted, values[:count] - 10)
        for name in ("scores", "p_values", "deviations", "window_scores", "noise"):
            # batches of other sizes round otherwise
            np.testing.assert_allclose(getattr(scored, name), getattr(so_far, name), rtol=1e-3, atol=1e-3)
        assert (scored.flags == so_far.flags).all()
        np.testing.assert_allclose(scored.scores[: stream.final], whole.scores[: stream.final], atol=1e-2)
        assert count - stream.final <= 0.75 * stream.context or count < stream.context


def test_a_series_that_is_another_one_is_scored_anew(fitted, values):
    stream, other = PointStream(fitted), values[::-1] - 10
    stream.update(values - 10)
    np.testing.assert_allclose(stream.update(other).scores, scored_series(fitted, other).scores, rtol=1e-3)


@pytest.mark.parametrize(("count", "final"), [(10, 0), (100, 50), (150, 75), (151, 100), (1000, 475 + 450)])
def test_the_newest_points_are_provisional(count, final):
    assert final_points(count, 100) == final if count < 1000 else final_points(count, 100) >= count - 75


def span_of(first, last, score="5.5"):
    row = {"from": str(first), "to": str(last - 1), "points": str(last - first), "score": score,
           "p_value": "0.01", "peak_time": str(first), "reasons": "load 100%", "channel": "load",
           "value": "", "expected": "2"}  # fmt: skip
    return Span(first, last, first, float(score), row)


def test_alerts_tell_what_is_new():
    alerts = Alerts(4)

    def told(found, count):
        return [(one["event"], one["from"], one["to"]) for one in alerts.update(found, count)]

    assert told([], 100) == []
    assert told([span_of(90, 95)], 96) == [("begin", "90", "94")]
    assert told([span_of(90, 98)], 100) == []
    assert told([span_of(90, 98)], 105) == [("end", "90", "97")]
    assert told([span_of(91, 98)], 110) == []
    assert told([span_of(91, 106)], 115) == [("change", "91", "105")]
    assert told([span_of(91, 106), span_of(130, 132)], 150) == [
        ("begin", "130", "131"),
        ("end", "130", "131"),
    ]
    assert told([span_of(91, 106)], 160) == [("withdrawn", "130", "131")]
    assert told([span_of(91, 106)], 170) == []


def test_an_alert_holds_numbers():
    [alert] = Alerts(4).update([span_of(3, 5)], 5)
    assert alert == {
        "event": "begin", "from": "3", "to": "4", "points": 2, "score": 5.5, "p_value": 0.01,
        "peak_time": "3", "reasons": "load 100%", "channel": "load", "value": None, "expected": 2.0,
    }  # fmt: skip


def test_lines_that_are_not_whole_are_left_for_later(tmp_path):
    source, copied = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("time,load\n1,2\n2,")
    file = GrowingFile(source)
    assert file.copy(copied)
    assert copied.read_text() == "time,load\n1,2\n"
    assert not file.copy(copied)
    source.write_text("time,load\n1,2\n2,3\n")
    assert file.copy(copied)
    assert not file.replaced
    assert copied.read_text().endswith("2,3\n")
    source.write_text("time,load\n7,7\n")
    assert file.copy(copied)
    assert file.replaced
    source.unlink()
    with pytest.raises(InputError, match=r"a\.csv cannot be read: No such file"):
        file.copy(copied)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\0\0")
    with pytest.raises(InputError, match="a file of lines of text"):
        GrowingFile(tmp_path / "a.xlsx")


def followed(detector, source, pieces, monkeypatch, **settings):
    """The alerts of a file that grows by a piece at each look, and the points that were there."""
    alerts, grown = [], iter(pieces)
    source.write_text(next(grown))

    def sleep(seconds):
        piece = next(grown, None)
        if piece is None:
            raise KeyboardInterrupt
        with open(source, "a", encoding="utf-8") as file:
            file.write(piece)

    monkeypatch.setattr(module.time, "sleep", sleep)
    with suppress(KeyboardInterrupt):
        for alert in watch(Watching(source, **settings), detector):
            alerts.append(alert)  # one by one, or they were lost at the end
    return alerts


def test_alerts_come_as_anomalies_begin_and_end(detector, values, tmp_path, monkeypatch):
    cuts = [0, 445, 450, 454, 462, 470, 600, 604, COUNT]
    pieces = [lines_of(values, *cut) for cut in pairwise(cuts)]
    pieces[0] = "time,load\n" + pieces[0]
    told = followed(detector, tmp_path / "load.csv", pieces, monkeypatch)
    times = np.datetime64("2026-03-01T00") + np.arange(COUNT)
    for first, last in (HOT, COLD):
        events = {}
        for alert in told:
            if np.datetime64(alert["from"]) < times[last] and np.datetime64(alert["to"]) >= times[first]:
                events.setdefault(alert["event"], alert)
        assert {"begin", "end"} <= events.keys() <= {"begin", "end", "change"}
        assert np.datetime64(events["begin"]["seen"]) <= times[first + 4]  # the first look at it
        assert events["begin"]["channel"] == "load"
        assert abs(np.datetime64(events["end"]["to"]) - times[last - 1]) <= np.timedelta64(2, "h")
    whole = scored_series(detector.points, values - 10)
    open_now = sum({"begin": 1, "withdrawn": -1}.get(one["event"], 0) for one in told)
    assert open_now == len(spans(whole.flags))


def test_a_file_that_is_replaced_is_read_anew_and_faults_are_told(
    detector, values, tmp_path, monkeypatch, caplog
):
    source = tmp_path / "load.csv"
    source.write_text("time,load\n" + lines_of(values, 0, 300))
    steps = iter(["time,load\n" + lines_of(values, 440, 480), ""])

    def sleep(seconds):
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        source.write_text(step) if step else source.unlink()

    monkeypatch.setattr(module.time, "sleep", sleep)
    alerts = []
    with suppress(KeyboardInterrupt):
        for alert in watch(Watching(source), detector):
            alerts.append(alert)
    assert [one["event"] for one in alerts] == ["begin", "end"]
    assert "was replaced" in caplog.text
    assert "lines.csv" not in caplog.text  # the copy's name
    assert "load.csv cannot be read: No such file" in caplog.text


def test_what_is_there_at_first_can_be_left_out(detector, values, tmp_path, monkeypatch):
    whole = ["time,load\n" + lines_of(values, 0, 580), lines_of(values, 580, COUNT)]
    alerts = followed(detector, tmp_path / "load.csv", whole, monkeypatch, new=True)
    assert [one["event"] for one in alerts] == ["begin", "end"]
    assert alerts[0]["points"] <= 4


def test_a_detector_of_rows_follows_nothing(tmp_path):
    detector = Detector(None, NONE, np.zeros(1), None, np.zeros(1), np.ones(1))
    with pytest.raises(InputError, match="detect --trained"):
        next(watch(Watching(tmp_path / "load.csv"), detector))
