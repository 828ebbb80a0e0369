"""Several workers from the command line: what is refused, and what is printed for a scheduler."""

import dataclasses
import json
import os
import time
from types import SimpleNamespace

import pytest

from keras_ae import cli
from keras_ae.cli import train as cli_train
from keras_ae.cli.messages import in_words_of_the_door, resume_command
from keras_ae.cli.parser import make_parser
from keras_ae.errors import InputError, WorkerLost
from keras_ae.training import distributed, loopback
from keras_ae.training.cluster import Cluster, cluster_in
from keras_ae.training.distributed import Workers, joined
from keras_ae.training.gpus import listed_gpus

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


def test_an_error_after_the_sharing_is_no_loss_of_a_worker():
    import tensorflow as tf

    workers, error = Workers(TWO, None), tf.errors.ResourceExhaustedError(None, None, "no memory")
    with pytest.raises(WorkerLost, match=r"^worker 1 \(127.0.0.1:2\) was lost"), workers.watched():
        raise error
    workers.leave()
    with pytest.raises(tf.errors.ResourceExhaustedError, match="no memory"), workers.watched():
        raise error


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
    with loopback.started(2, ["train", "digits"]) as workers:
        cluster = workers.cluster
        assert cluster_in(os.environ) == cluster
        assert cluster.index == 0
        workers.check()
        while not (tmp_path / "told").exists() or (tmp_path / "told").read_text().count("\n") < 2:
            time.sleep(0.01)
    config, words = (tmp_path / "told").read_text().splitlines()
    assert cluster_in({"TF_CONFIG": config}) == Cluster(cluster.addresses, 1)
    assert words == "-m keras_ae train digits"


def test_a_worker_that_has_ended_is_not_waited_for(program):
    program("echo keras-ae: no such recipe >&2; exit 2")
    with (
        pytest.raises(WorkerLost, match=r"^worker 1 \(no such recipe\) was lost"),
        loopback.started(2, []) as workers,
    ):
        joined(workers.cluster, print, check=workers.check)


@pytest.fixture
def gpus(monkeypatch):
    """Gives this machine GPUs, of which TensorFlow can use some."""
    import tensorflow as tf

    def give(listed, usable):
        devices = [SimpleNamespace(name=f"GPU:{index}") for index in range(usable)]
        monkeypatch.setattr(cli_train, "listed_gpus", lambda: listed)
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: devices)
        monkeypatch.setattr(tf.config, "set_visible_devices", lambda device, kind: seen.append(device.name))
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")  # to be put back
        return seen

    seen = []
    return give


@pytest.mark.parametrize(
    ("listed", "usable", "workers", "count", "words"),
    [
        (0, 0, None, 1, ""),
        (1, 1, None, 1, ""),
        (4, 4, None, 4, "training on 4 GPUs, with a worker for each; --workers 1 trains on one\n"),
        (4, 2, None, 2, "training on 2 GPUs, with a worker for each; --workers 1 trains on one\n"),
        (4, 1, None, 1, ""),  # of CUDA_VISIBLE_DEVICES
        (4, 0, None, 1, ""),  # TensorFlow for CPUs
        (4, 4, 1, 1, ""),
        (4, 4, 2, 2, ""),
        (1, 0, 2, 2, ""),
        (0, 0, 2, 2, ""),
    ],
)
def test_each_gpu_that_can_be_used_has_a_worker(listed, usable, workers, count, words, gpus, capsys):
    gpus(listed, usable)
    assert cli_train._workers_of(workers) == count
    assert capsys.readouterr().out == words


def test_a_training_has_as_many_workers_as_there_are_gpus_but_for_those_asked_for():
    parse = make_parser().parse_args
    assert parse(["train", "digits"]).workers is None
    assert parse(["train", "digits", "--workers", "1"]).workers == 1


def test_more_workers_than_gpus_are_refused(gpus):
    gpus(1, 1)
    with pytest.raises(InputError, match="takes a GPU, and TensorFlow has 1; received --workers 2"):
        cli_train._workers_of(2)


def test_one_process_leaves_the_other_gpus_to_others(gpus, capsys):
    for count, names in ((1, []), (4, ["GPU:0"])):
        assert gpus(count, count) == []
        cli_train._take_one_gpu()
        assert gpus(count, count) == names
        said = capsys.readouterr().out
        assert bool(names) == ("on one of 4 GPUs; the verb train takes all of them with --workers 4" in said)


def test_gpus_are_counted_as_their_drivers_list_them(tmp_path):
    assert listed_gpus(tmp_path) == 0
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "proc/driver/nvidia/gpus" / name).mkdir(parents=True)
    for index, number in enumerate(("0", "51234", "7")):  # the first is the processor
        folder = tmp_path / "sys/class/kfd/kfd/topology/nodes" / str(index)
        folder.mkdir(parents=True)
        (folder / "gpu_id").write_text(f"{number}\n")
    assert listed_gpus(tmp_path) == 4


@pytest.mark.parametrize(("usable", "sums", "own"), [(0, "AUTO", {}), (2, "NCCL", {"GPU": 1})])
def test_workers_with_a_gpu_each_sum_on_them(usable, sums, own, gpus, monkeypatch):
    import tensorflow as tf

    def strategy(cluster_resolver, communication_options):
        assert cluster_resolver.num_accelerators() == own
        assert communication_options.implementation.value == sums

    seen = gpus(usable, usable)
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", strategy)
    monkeypatch.setattr(distributed, "_wait", lambda *_: None)
    lines = []
    assert joined(dataclasses.replace(TWO, index=1), lines.append).index == 1
    assert seen == ["GPU:1"][:usable]
    assert lines == ["worker 1 of 2: all have come"]


def test_the_command_that_resumes_has_as_many_workers(monkeypatch, tmp_path):
    words = ["train", "digits", "--workers", "2", "--run-dir", str(tmp_path)]
    assert resume_command(make_parser().parse_args(words), tmp_path).endswith(f"{tmp_path} --workers 2")
    assert in_words_of_the_door("--workers 1 trains on one") == "--workers 1 trains on one"
    monkeypatch.setenv("MAKELEVEL", "1")
    assert in_words_of_the_door("--workers 1 trains on one") == "WORKERS=1 trains on one"
    assert "workers" not in resume_command(make_parser().parse_args(words[:2]), tmp_path)
    options = make_parser().parse_args(words[:4])
    assert resume_command(options, tmp_path) == "make train RECIPE=digits RESUME=1 WORKERS=2"
