"""Several workers from the command line: what is refused, and what is printed for a scheduler."""

import json
import os
import time

import pytest

from keras_ae import cli
from keras_ae.cli.messages import resume_command
from keras_ae.cli.parser import make_parser
from keras_ae.cli.train import _tell_of_gpus
from keras_ae.errors import InputError, WorkerLost
from keras_ae.training import distributed, loopback
from keras_ae.training.cluster import Cluster, cluster_in
from keras_ae.training.distributed import joined

TWO = Cluster(("127.0.0.1:1", "127.0.0.1:2"), 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "at least 1, received 0"),
        (["--print-job", "slurm"], "several workers, received --workers 1; give --workers 2"),
        (["--print-job", "slurm", "--workers", "2", "--set", "epoch=2"], "epoch"),
    ],
)
def test_numbers_of_workers_are_refused_in_one_line(options, words, capsys):
    assert cli.main(["train", "digits", *options]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1


def test_workers_are_named_once(monkeypatch, capsys):
    monkeypatch.setenv("TF_CONFIG", TWO.config)
    assert cli.main(["train", "digits", "--workers", "2"]) == 2
    assert "TF_CONFIG names 2 already; leave one of them out" in capsys.readouterr().err


def test_tf_config_is_checked_before_anything(monkeypatch, capsys):
    monkeypatch.setenv("TF_CONFIG", "{}")
    assert cli.main(["train", "digits"]) == 2
    assert 'it lacks "cluster"' in capsys.readouterr().err


def test_a_job_has_the_command_without_its_own_options(capsys):
    words = ["--name", "mine", "--set", "epochs=2", "--runs", "a b", "--resume", "--workers", "3"]
    assert cli.main(["train", "digits", *words, "--print-job", "kubernetes"]) == 0
    [_, job] = json.loads(capsys.readouterr().out)["items"]
    script = job["spec"]["trainer"]["command"][2]
    assert job["spec"]["trainer"]["numNodes"] == 3
    assert script.splitlines()[1] == (
        "exec keras-ae train digits --resume --name mine --runs 'a b' --set epochs=2"
    )


def test_a_worker_says_for_whom_it_waited(monkeypatch, capsys):
    lines = []
    monkeypatch.setattr(distributed, "LONGEST_WAIT", 0)
    cluster = Cluster(tuple(f"127.0.0.1:{port}" for port in loopback._free_ports(2)), 1)
    with pytest.raises(InputError, match=r"waited 0 minutes for the chief \(127.0.0.1"):
        joined(cluster, lines.append)


def test_an_address_that_is_taken_is_refused():
    with loopback.socket.create_server(("", 0)) as taken:
        cluster = Cluster((f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:1"), 0)
        with pytest.raises(InputError, match="worker 0 cannot join at 127.0.0.1.*free port"):
            joined(cluster, print)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Makes a program that takes the place of a worker, from the lines of a shell."""

    def make(text):
        file = tmp_path / "worker"
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        monkeypatch.setattr(loopback.sys, "executable", str(file))

    for name in ("TF_CONFIG", "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "")  # to be put back
        monkeypatch.delenv(name)
    return make


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("echo noise >&2; echo keras-ae: no memory >&2; exit 3", r"\(no memory\)"),
        ("kill -9 $$", r"\(signal 9\)"),
        ("exit 3", r"\(status 3\)"),
    ],
)
def test_the_end_of_a_worker_of_this_machine_is_told(text, end, program):
    program(text)
    with pytest.raises(WorkerLost, match=f"^worker 1 {end} was lost.*--resume"), loopback.started(2, []):
        raise WorkerLost("another worker")


def test_workers_of_this_machine_have_their_number_and_are_ended(program, tmp_path, monkeypatch):
    monkeypatch.setattr(loopback, "GRACE", 0)
    program(f'echo "$TF_CONFIG" > {tmp_path}/told; echo "$@" >> {tmp_path}/told; exec sleep 60')
    with loopback.started(2, ["train", "digits"]) as cluster:
        assert cluster_in(os.environ) == cluster
        assert cluster.index == 0
        while not (tmp_path / "told").exists() or (tmp_path / "told").read_text().count("\n") < 2:
            time.sleep(0.01)
    config, words = (tmp_path / "told").read_text().splitlines()
    assert cluster_in({"TF_CONFIG": config}) == Cluster(cluster.addresses, 1)
    assert words == "-m keras_ae train digits"


def test_more_workers_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(loopback.Path, "glob", lambda *_: [1])
    with (
        pytest.raises(InputError, match="takes a GPU, and this machine has 1; received --workers 2"),
        loopback.started(2, []),
    ):
        pass


def test_several_gpus_are_told_of(monkeypatch, capsys):
    import tensorflow as tf

    for count, words in ((1, ""), (4, "training on one of 4 GPUs; --workers 4 trains on all of them\n")):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind, count=count: [kind] * count)
        _tell_of_gpus()
        assert capsys.readouterr().out == words


def test_the_command_that_resumes_has_as_many_workers(monkeypatch, tmp_path):
    words = ["train", "digits", "--workers", "2", "--run-dir", str(tmp_path)]
    assert resume_command(make_parser().parse_args(words), tmp_path).endswith(f"{tmp_path} --workers 2")
    monkeypatch.setenv("MAKELEVEL", "1")
    options = make_parser().parse_args(words[:4])
    assert resume_command(options, tmp_path) == "make train RECIPE=digits RESUME=1 WORKERS=2"
