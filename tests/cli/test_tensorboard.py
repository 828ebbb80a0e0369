"""The verb that shows runs in a browser: the command that it starts, and TensorBoard itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from keras_ae.cli import main, tensorboard


@pytest.fixture
def started(monkeypatch):
    """The commands that the verb starts, which it does not."""
    commands = []
    monkeypatch.setattr(tensorboard.subprocess, "call", lambda command: commands.append(command) or 7)
    return commands


def test_it_starts_tensorboard_over_the_runs(started, tmp_path, capsys):
    (tmp_path / "tiny" / "001").mkdir(parents=True)
    assert main(["tensorboard", "--runs", str(tmp_path), "--port", "7000", "--host", "0.0.0.0"]) == 7
    assert started == [
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(tmp_path), "--samples_per_plugin",
         "images=100", "--host", "0.0.0.0", "--port", "7000"]
    ]  # fmt: skip
    assert capsys.readouterr().out == ""


def test_it_says_that_there_is_no_run_yet(started, tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "none"):
        assert main(["tensorboard", "--runs", str(folder)]) == 7
        assert capsys.readouterr().out.startswith(f"{folder} holds no run yet: ")
    assert len(started) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--port", "70000"], "expected --port between 0 and 65535, received 70000"),
        (["--port", "-1"], "expected --port between 0 and 65535, received -1"),
        (["--runs", __file__], "expected --runs to be a folder, received the file "),
    ],
)
def test_what_it_cannot_show_is_refused(started, capsys, words, message):
    assert main(["tensorboard", *words]) == 2
    assert message in capsys.readouterr().err
    assert not started


@pytest.mark.slow
def test_the_page_is_served_where_it_was_requested(tmp_path):
    (tmp_path / "tiny").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "keras_ae", "tensorboard", "--runs", tmp_path, "--host", "127.0.0.1"]
    process = subprocess.Popen([*map(str, command), "--port", str(port)], start_new_session=True)
    try:
        for _ in range(120):
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs", timeout=5)
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.5)
        with page:
            assert json.load(page) == []
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
