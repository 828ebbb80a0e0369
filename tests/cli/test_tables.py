"""Tables: the same cells on a terminal and elsewhere, with units and which way is better."""

import io
import re
import sys

import pytest

from keras_ae.cli.tables import ARROWS, metrics_table, table
from keras_ae.metrics.titles import TITLES, title_of

METRICS = {
    "noisy": {"psnr": 11.003, "mse": 0.07968, "kl": 1.0},
    "mine": {"psnr": 20.43, "mse": 0.0091, "kl": 2.5, "active_units": 7},
}


def test_metrics_have_units_and_arrows_and_a_dash_where_there_is_none():
    header, noisy, mine = metrics_table(METRICS, terminal=False)
    assert re.split(r"  +", header) == [ARROWS, "PSNR dB ↑", "MSE ↓", "KL nats active units"]
    assert noisy.split() == ["noisy", "11.00", "0.07968", "1.00000", "-"]
    assert mine.split() == ["mine", "20.43", "0.00910", "2.50000", "7"]
    assert len(header) == len(mine)


def test_a_terminal_shows_the_same_cells(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in metrics_table(METRICS, terminal=True)]
    plain = metrics_table(METRICS, terminal=False)
    assert [line.split() for line in lines if set(line) - set(" ─━")] == [line.split() for line in plain]
    assert any("\x1b[1m" in line for line in metrics_table(METRICS, terminal=True))


def test_a_narrow_terminal_folds_cells_and_loses_none(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    lines = table([("a", "b"), ("x" * 50, "[red]1[/red]")], terminal=True)
    text = re.sub(r"\x1b\[[\d;]*m", "", "".join(lines))
    assert text.count("x") == 50
    assert "[red]" in text.replace(" ", "")
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in lines) <= 30


def test_many_metrics_are_lines():
    many = {f"metric_{number}": 0.5 for number in range(11)}
    lines = metrics_table({"a": many, "b": many}, terminal=False)
    assert len(lines) == 12
    assert lines[0].split()[-2:] == ["a", "b"]
    assert lines[1].split() == ["metric", "0", "0.50000", "0.50000"]


def test_an_output_without_arrows_gets_none(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    header = metrics_table(METRICS)[0]
    header.encode("latin-1")
    assert header.split() == ["PSNR", "dB", "MSE", "KL", "nats", "active", "units"]


def test_a_table_without_metrics_says_so():
    assert metrics_table({"model": {}}) == ["no example is labeled as an anomaly, so there are no metrics"]


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_a_heading_and_a_sentence(name):
    title = title_of(name)
    assert title.heading.startswith(title.text)
    assert (", higher is better" in title.sentence) == ("↑" in title.heading)
    assert (", lower is better" in title.sentence) == ("↓" in title.heading)
    assert title.symbol in title.sentence


def test_boards_have_the_sentence():
    assert title_of("psnr").sentence == "PSNR in dB, higher is better"
    assert title_of("something_new").heading == "something new"
