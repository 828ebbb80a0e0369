"""Times as people write them: their layouts, and one order of day and month for a whole file."""

import re
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.tables import kinds, time_cells
from keras_ae.data.tables.numeric_times import times_of_numbers
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.time_form import TimeForm, format_time
from keras_ae.data.tables.time_orders import settle_orders
from keras_ae.data.tables.times import TimeReader, parse_time
from keras_ae.data.tables.writing import Writing
from keras_ae.errors import InputError

START = datetime(2024, 3, 29)


def read(cells, day_first=None, in_doubt=""):
    """The reader of cells, its order settled; and which of them are no times."""
    reader = TimeReader(day_first)
    bad = reader.add(pd.Series(cells, dtype=object))
    reader.note = settle_orders({"t": reader}, in_doubt)
    return reader, bad


def dates(reader):
    return [str(time) for time in reader.values().view("M8[ns]").astype("M8[s]")]


@pytest.mark.parametrize(
    "write",
    [
        lambda t: f"{t}",
        lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}",
        lambda t: f"{t:%Y-%m-%d_%H:%M}",
        lambda t: f"{t:%Y/%m/%d, %H:%M}",
        lambda t: f"{t:%Y.%m.%d %H.%M}",
        lambda t: f"{t.year}/{t.month}/{t.day} {t.hour}:{t:%M}",
        lambda t: f"{t:%Y%m%dT%H%M%S}",
        lambda t: f"{t:%Y%m%d %H%M}",
        lambda t: f"{t:%Y%m%d%H%M%S}",
        lambda t: f"{t:%Y%m%d-%H:%M:%S,000}",
        lambda t: f"{t:%Y-%m-%d %H}",
        lambda t: f"{t:%d.%m.%Y %H.%M.%S}",
        lambda t: f"{t:%d.%m.%y %H:%M}",
        lambda t: f"{t.day}/{t.month}/{t.year} {t.hour}:{t:%M:%S}.000000000000",
        lambda t: f"{t.month}/{t.day}/{t.year} {t:%I:%M:%S %p}",
        lambda t: (
            f"{t.month}/{t.day}/{t:%y}, {t.hour % 12 or 12}:{t:%M}\u202f{'pm' if t.hour > 11 else 'am'}"
        ),
        lambda t: f"{t:%d-%m-%Y} {t.hour % 12 or 12} {'p.m.' if t.hour > 11 else 'a.m.'}",
        lambda t: f"{t:%d %b %Y %H:%M}",
        lambda t: f"{t:%d-%b-%y %H:%M}",
        lambda t: f"{t:%B} {t.day}, {t.year} {t:%H:%M}",
        lambda t: f"{t:%A, %d %B %Y %H:%M:%S}",
        lambda t: f"{t:%a %b} {t.day:2} {t:%H:%M:%S} {t.year}",
        lambda t: f"{t:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)",
        lambda t: f"{t:%d/%b/%Y:%H:%M:%S} +0000",
        lambda t: f"{t + timedelta(hours=5.5):%Y-%m-%d %H:%M:%S}+0530",
        lambda t: f"{t - timedelta(hours=5):%Y-%m-%dT%H:%M:%S}-05:00",
        lambda t: f"{t - timedelta(hours=4):%m/%d/%Y %H:%M} EDT",
        lambda t: f"{t + timedelta(hours=1):%Y-%m-%d %H:%M} UTC+1",
        lambda t: (
            f"{t - timedelta(hours=1):%d/%m/%Y} {(t - timedelta(hours=1)).hour + 1}:00"
        ),  # 1:00 to 24:00
    ],
)
def test_times_are_read_in_whatever_layout_people_write_them(write):
    instants = [START + timedelta(hours=hour) for hour in range(72)]
    cells = [write(instant) for instant in instants]
    reader, bad = read(cells)
    assert not bad.any()
    expected = np.array(instants, "M8[ns]").astype(np.int64)
    np.testing.assert_array_equal(reader.values(), expected)


@pytest.mark.parametrize(
    ("months", "form"),
    [
        ("Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "{}. {} {}"),
        ("Jan. Feb. Mrz. Apr. Mai Jun. Jul. Aug. Sep. Okt. Nov. Dez.", "{:02}.{} {}"),
        ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "{} {} {}"),
        ("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "{} {} {}"),
        (
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "{} de {} de {}",
        ),
        ("gen feb mar apr mag giu lug ago set ott nov dic", "{:02}-{}-{}"),
        ("jan fev mar abr mai jun jul ago set out nov dez", "{} {} {}"),
        (
            "januari februari maart april mei juni juli augustus september oktober november december",
            "{} {} {}",
        ),
    ],
)
def test_months_have_names_of_other_languages(months, form):
    days = [START + timedelta(days=11 * step) for step in range(40)]
    reader, bad = read([form.format(day.day, months.split()[day.month - 1], day.year) for day in days])
    assert not bad.any()
    np.testing.assert_array_equal(reader.values(), np.array(days, "M8[ns]").astype(np.int64))


@pytest.mark.parametrize(
    "days", ["Mo Di Mi Do Fr Sa So", "lundi mardi mercredi jeudi vendredi samedi dimanche"]
)
def test_days_of_the_week_have_names_of_other_languages(days):
    times = [START + timedelta(hours=11 * step) for step in range(40)]
    reader, bad = read([f"{days.split()[time.weekday()]}., {time:%d.%m.%Y %H:%M}" for time in times])
    assert not bad.any()
    np.testing.assert_array_equal(reader.values(), np.array(times, "M8[ns]").astype(np.int64))


@pytest.mark.parametrize(
    ("cells", "expected", "grain"),
    [
        (["2024-01", "2024-02"], ["2024-01-01", "2024-02-01"], "month"),
        (["01/2024", "12/2024"], ["2024-01-01", "2024-12-01"], "month"),
        (["Jan 2024", "September 2024"], ["2024-01-01", "2024-09-01"], "month"),
        (["Jan-24", "Feb-24"], ["2024-01-01", "2024-02-01"], "month"),
        (["2024M01", "2024M12"], ["2024-01-01", "2024-12-01"], "month"),
        (["2024Q1", "2024-Q4"], ["2024-01-01", "2024-10-01"], "quarter"),
        (["Q1 2024", "Q2 2024"], ["2024-01-01", "2024-04-01"], "quarter"),
        (["2024-W01", "2020-W53"], ["2024-01-01", "2020-12-28"], "week"),
        (["2024-W05-3", "2024W06"], ["2024-01-31", "2024-02-05"], "week"),
        (["31-Jan-24", "1-Feb-24"], ["2024-01-31", "2024-02-01"], "day"),
        (["Jan 31st, 2024", "Feb 1st, 2024"], ["2024-01-31", "2024-02-01"], "day"),
        (["31.01.69", "31.01.68"], ["1969-01-31", "2068-01-31"], "day"),
        (["2024-01-31", "2024-01-31 12:00"], ["2024-01-31", "2024-01-31T12:00:00"], ""),
    ],
)
def test_days_weeks_months_and_quarters_are_told_by_their_beginning(cells, expected, grain):
    reader, bad = read(cells)
    assert not bad.any()
    np.testing.assert_array_equal(reader.values().view("M8[ns]"), np.array(expected, "M8[ns]"))
    assert reader.form().grain == grain


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("2024-02-29", "2023-02-29"),
        ("2024-01-31 23:59", "2024-01-31 24:01"),
        ("2024-01-31 23:59", "2024-01-31 23:60"),
        ("2024Q4", "2024Q5"),
        ("2020-W53", "2021-W53"),
        ("1/2/2024 12:00 PM", "1/2/2024 13:00 AM"),
        ("31-Jan-2024", "31-Jen-2024"),
        ("Wed 2024-01-31", "Wen 2024-01-31"),
        ("2024-01-31T10:00", "2024-01-31X10:00"),
        ("2024-01-31 10:00+02:00", "2024-01-31 10:00 later"),
        ("2024-01-31 10:00 Europe/Berlin", "2024-01-31 10:00 Europe/Atlantis"),
        ("2261-12-31", "2262-01-01"),
        ("10:15:00", "2024-01-31"),
        ("2024-01-31", "10:15:00"),
        ("2024-01-31", "2024-01-31" + " " * 60 + "10:15"),
        ("2024-01-31", "31 tammikuu 2024"),
        ("2024-01-31", "31 août 20x4"),
        ("1 juin 2024", "1 jui 2024"),
    ],
)
def test_what_is_no_time_is_found(good, bad):
    assert read([good, bad, None])[1].tolist() == [False, True, False]


@pytest.mark.parametrize(
    "cell", ["192.168.1.1", "1.2.3", "A12", "12-345", "3:2", "mon", "1/2", "", "x" * 100]
)
def test_words_and_numbers_are_no_times(cell):
    assert read([cell])[1].all()


def test_a_day_that_does_not_exist_is_a_fault_in_a_column_of_times(tmp_path):
    file = tmp_path / "days.csv"
    file.write_text("day\n2024-02-28\n2024-02-29\n2024-02-30\n")
    with pytest.raises(InputError, match="row 3 of values holds '2024-02-30'"):
        read_table(file)
    file.write_text("day\n2024-13-01\n2024-14-01\n2024-02-01\n")
    assert read_table(file).columns["day"].kind == "text"


@pytest.mark.parametrize(
    ("step", "count", "form"),
    [
        (timedelta(hours=1), 24 * 90, "%d/%m/%y %H:%M"),
        (timedelta(days=1), 400, "%d.%m.%y"),
        (timedelta(minutes=1), 1440 * 3, "%d/%m/%Y %H:%M"),  # ends on the third
        (timedelta(hours=1), 24 * 8, "%d-%m-%y %H:%M"),
        (timedelta(hours=1), 24 * 8, "%y-%m-%d %H:%M"),
        (timedelta(minutes=5), 288 * 12, "%m/%d/%y %H:%M"),
    ],
)
def test_sequence_and_equal_steps_tell_the_order_where_no_number_above_twelve_does(step, count, form):
    instants = [datetime(2021, 2, 1) + step * index for index in range(count) if index % 50 != 7]
    reader, bad = read([f"{instant:{form}}" for instant in instants])
    assert not bad.any()
    np.testing.assert_array_equal(reader.values(), np.array(instants, "M8[ns]").astype(np.int64))
    assert "do not tell" not in reader.note


def test_months_of_several_years_are_told_from_days_of_january():
    cells = [f"01/{month:02}/{year}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    reader, _ = read(cells)
    assert dates(reader)[1] == "2022-02-01T00:00:00"
    assert reader.note == "dates with the day first, as their equal steps tell"


@pytest.mark.parametrize(
    ("cells", "settings", "expected", "note"),
    [
        (["01/02/2024", "03/02/2024"], {}, "2024-03-02", 'not tell (SET="data.dayfirst=true" for the other'),
        (["01.02.2024", "03.02.2024"], {}, "2024-02-03", 'not tell (SET="data.dayfirst=false" for the other'),
        (["01/02/2024", "03/02/2024"], {"day_first": True}, "2024-02-03", ""),
        (["01.02.2024", "03.02.2024"], {"day_first": False}, "2024-03-02", ""),
        (["01/02/2024", "03/02/2024"], {"in_doubt": "dmy"}, "2024-02-03", "day first, as in training"),
        (["01/02/2024", "13/02/2024"], {"in_doubt": "mdy"}, "2024-02-13", ""),
    ],
)
def test_a_setting_tells_the_order_where_nothing_does(cells, settings, expected, note):
    reader, _ = read(cells, **settings)
    assert dates(reader)[1][:10] == expected
    assert note in reader.note
    assert bool(note) == bool(reader.note)


def test_columns_of_a_file_have_one_order():
    first, second = TimeReader(), TimeReader()
    first.add(pd.Series(["01/02/2024", "03/02/2024"]))
    second.add(pd.Series(["01/02/2024", "13/02/2024"]))
    assert settle_orders({"a": first, "b": second}) == ""
    assert dates(first)[1][:10] == "2024-02-03"


def test_a_later_part_of_a_file_tells_the_order_of_all(tmp_path, monkeypatch):
    file = tmp_path / "dates.csv"
    cells = [f"{datetime(2024, 2, 1) + timedelta(hours=5 * index):%d/%m/%Y %H:%M}" for index in range(80)]
    file.write_text("time,value\n" + "".join(f"{cell},1\n" for cell in cells))
    monkeypatch.setattr(kinds, "AT_ONCE", 10)
    found = read_table(file).columns["time"].values
    assert (np.diff(found) == 5 * 3600 * 10**9).all()
    lines = [f"02/01/2024 {minute:02}:00,1\n" for minute in range(20)]
    lines += ["13/01/2024,1\n"] * 10 + ["01/13/2024,1\n"]
    file.write_text("time,value\n" + "".join(lines))
    with pytest.raises(InputError, match="row 31 of values holds '01/13/2024'"):
        read_table(file)
    with pytest.raises(InputError, match="with data.dayfirst=false, row 21 of values holds '13/01/2024'"):
        read_table(file, known=Writing(order="mdy"))


def test_the_hour_that_comes_twice_is_read_by_the_sequence():
    clocks = ["01:30", "02:30", "02:30", "03:30", "04:30"]
    reader, _ = read([f"2024-10-27 {clock} Europe/Berlin" for clock in clocks])
    assert np.diff(reader.values()).tolist() == [3600 * 10**9] * 4
    reader, _ = read([f"2024-03-31 {clock} Europe/Berlin" for clock in ("01:30", "03:30")])
    assert np.diff(reader.values()).tolist() == [3600 * 10**9]


def test_a_time_zone_that_is_not_known_is_told_or_refused():
    reader, bad = read(["2024-01-31 10:00 IST", "2024-01-31 11:00 IST"])
    assert not bad.any()
    assert reader.zone_note("t") == "the time zone IST is not known: t is read as its clock shows it"
    reader, _ = read(["2024-01-31 10:00 IST", "2024-01-31 11:00 CET"])
    with pytest.raises(InputError, match=re.escape("IST beside CET; write offsets from UTC")):
        reader.zone_note("t")


def test_as_many_layouts_as_rows_end(monkeypatch):
    monkeypatch.setattr(time_cells, "MOST_LAYOUTS", 3)
    reader = TimeReader()
    assert reader.add(pd.Series([f"{'x' * index}" for index in range(1, 20)])).all()


@pytest.mark.parametrize(
    ("form", "text", "time", "written"),
    [
        (TimeForm(), "2024-01-31 10:00:00.25", 1706695200250000000, "2024-01-31 10:00:00.250000"),
        (TimeForm("date", "day", "dmy"), "01/02/2024", 1706745600 * 10**9, "2024-02-01"),
        (TimeForm("date", "month"), "2024-02", 1706745600 * 10**9, "2024-02"),
        (TimeForm("date", "quarter"), "2024Q2", 1711929600 * 10**9, "2024Q2"),
        (TimeForm("date", "week"), "2024-W05", 1706486400 * 10**9, "2024-W05"),
        (TimeForm("date", "year"), "2024", 1704067200 * 10**9, "2024"),
        (TimeForm("epoch", scale=10**6), "1706695200250", 1706695200250000000, "1706695200250"),
        (TimeForm("epoch", scale=10**9), "2024-01-31 10:00:00.25", 1706695200250000000, "1706695200.25"),
        (TimeForm("number", scale=100), "29.37", 2937, "29.37"),
        (TimeForm("number", scale=100), "-0.5", -50, "-0.5"),
        (TimeForm("row"), "1500", 1500, "1,500"),
        (TimeForm("clock"), "10:15", 36900 * 10**9, "10:15:00"),
        (TimeForm("clock"), "25:00:00.5", 90000500000000, "1 d 01:00:00.500000"),
        (TimeForm(precision=10**9), "2024-01-31 10:00:00.4", 1706695200400000000, "2024-01-31 10:00:00"),
    ],
)
def test_a_time_is_parsed_and_written_in_the_form_of_its_file(form, text, time, written):
    assert parse_time(text, form) == time
    assert format_time(time, form) == written


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        (TimeForm(), "soon", "expected a time such as 2024-01-31, received 'soon'"),
        (TimeForm(), "10:15", "expected a time such as 2024-01-31"),
        (TimeForm("clock"), "2024-01-31", "expected a time such as 10:15:00"),
        (TimeForm("number"), "2024-01-01", "expected a number, received '2024-01-01'"),
        (TimeForm("row"), "nan", "expected a number, received 'nan'"),
    ],
)
def test_a_text_that_is_no_time_of_a_form_is_refused(form, text, message):
    with pytest.raises(ValueError, match=message):
        parse_time(text, form)


def test_days_of_years_are_days(tmp_path):
    reader, wrong = read(["2024-060", "2024-366", "2023-365", "2023-366", "2024-000"])
    assert list(wrong) == [False, False, False, True, True]
    assert [text[:10] for text in dates(reader)[:3]] == ["2024-02-29", "2024-12-31", "2023-12-31"]
    assert reader.form().grain == "day"
    days = [datetime(2023, 12, 1) + timedelta(days=index) for index in range(60)]
    file = tmp_path / "days.csv"
    file.write_text("when,v\n" + "".join(f"{day:%Y%j},{day.day}\n" for day in days))
    values = read_table(file).columns["when"].values
    found, form = times_of_numbers("when", values)
    assert [str(time)[:10] for time in found.view("M8[ns]")] == [f"{day:%Y-%m-%d}" for day in days]
    assert form == TimeForm("date", "day")
    assert times_of_numbers("when", values[:20]) is None  # no year ends
    assert times_of_numbers("when", values * 2) is None
    for first, kind in ((0, "time"), (40, "text")):  # else they may be numbers of orders
        lines = [f"{day:%Y-%j},{day.day}\n" for day in days[first:]]
        file.write_text("when,v\n" + "".join(lines))
        assert read_table(file).columns["when"].kind == kind
