"""The comparison of speed: one network, weights, order and noise for all; the arithmetic of its table."""

import io
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from keras_ae.cli import main
from keras_ae.errors import InputError
from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.examples import write_work
from keras_ae.experiments.speed.networks import NETWORKS, initial_weights
from keras_ae.experiments.speed.peers import Peer, find_peers
from keras_ae.experiments.speed.peers.products import matrix_shapes
from keras_ae.experiments.speed.rounds import Timings, take_turns
from keras_ae.experiments.speed.table import rows_of, write_table
from keras_ae.experiments.speed.work import ARRAYS, WEIGHTS, Work

LOSSES_AGREE = 2e-5
"""Relative: kernels sum in another order, and Adam's epsilon has another place; seen up to 4e-6."""


CONVOLUTIONAL = ("conv", "conv1d", "color")


def small_work(folder, network, **settings):
    """Four batches of 16 examples, and 32 to validate on."""
    random = np.random.default_rng(0)
    examples = random.uniform(size=(96, *NETWORKS[network].shape)).astype(np.float32)
    np.savez(folder / ARRAYS, train=examples[:64], validation=examples[64:])
    np.savez(folder / WEIGHTS, **initial_weights(NETWORKS[network]))
    return Work(str(folder), network, 16, 1, exact=True, **settings)


def trained(peer, work):
    """The last report of a competitor that trains in this process."""
    reports = io.StringIO()
    find_peers()[peer].train(work, Clock(work, reports, io.StringIO()))
    return json.loads(reports.getvalue().splitlines()[-1])


@pytest.mark.parametrize("name", NETWORKS)
def test_our_network_has_the_layers_of_the_others(name):
    from keras_ae.domains import UNIT
    from keras_ae.heads import Spec
    from keras_ae.overrides import construct
    from keras_ae.variants import Variant

    network = NETWORKS[name]
    heads = construct(network.variant, Variant, "variant").build(Spec(network.shape, network.shape, UNIT))
    own = {"/".join(each.path.split("/")[-2:]): each.shape for each in heads.trained.trainable_variables}
    assert own == {key: value.shape for key, value in initial_weights(network).items()}


@pytest.mark.parametrize("peer", ["bare", pytest.param("bare_xla", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "name", ["dense", *(pytest.param(name, marks=pytest.mark.slow) for name in CONVOLUTIONAL)]
)
def test_the_bare_loop_computes_what_keras_computes(name, peer, tmp_path):
    work = small_work(tmp_path, name)
    keras, bare = trained("keras", work), trained(peer, work)
    assert keras["examples"] == bare["examples"] == 64
    assert bare["loss"] == pytest.approx(keras["loss"], rel=LOSSES_AGREE)
    assert bare["val_loss"] == pytest.approx(keras["val_loss"], rel=LOSSES_AGREE)


@pytest.mark.extras
@pytest.mark.parametrize("peer", ["keras_jax", "torch", "torch_compiled"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_framework_computes_what_keras_computes(name, peer, tmp_path):
    peers = find_peers()
    if peers[peer].missing():
        pytest.skip(f"{peers[peer].title} is not installed")
    work = small_work(tmp_path, name)
    own, other = take_turns([peers["keras"], peers[peer]], work, {"CUDA_VISIBLE_DEVICES": ""})
    for loss in ("loss", "val_loss"):
        assert other.epochs[0][loss] == pytest.approx(own.epochs[0][loss], rel=LOSSES_AGREE)


def test_the_ceiling_has_the_products_of_every_layer():
    work = Work("", "dense", 100, 1)
    forward = [(100, 784, 512), (100, 512, 16), (100, 512, 16), (100, 16, 512), (100, 512, 784)]
    kernels = [(inner, rows, columns) for rows, inner, columns in forward]
    inputs = [(rows, columns, inner) for rows, inner, columns in forward[1:]]
    assert sorted(matrix_shapes(work)) == sorted(forward + kernels + inputs)
    (windows, inner, filters), *_ = matrix_shapes(Work("", "conv", 100, 1))
    assert (windows, inner, filters) == (100 * 14 * 14, 3 * 3 * 1, 24)


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["products", "products_numpy"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_ceiling_is_timed_for_every_network(name, peer, tmp_path):
    report = trained(peer, small_work(tmp_path, name))
    assert report["examples"] == 64
    assert report["train_seconds"] > 0
    assert report["loss"] is None


@pytest.mark.slow
def test_the_parts_of_a_step_add_up(tmp_path):
    from keras_ae.experiments.speed.step_parts import step_parts

    write_work(replace(NETWORKS["dense"], examples=1200), tmp_path)
    whole, *parts, _ = step_parts(Work(str(tmp_path), "dense", 128, 2), rounds=2).values()
    assert whole == pytest.approx(sum(parts))
    assert whole > 0


@pytest.mark.slow
def test_callbacks_are_timed_beside_a_training_without_them(tmp_path):
    from keras_ae.experiments.speed.telemetry import telemetry

    write_work(replace(NETWORKS["dense"], examples=1200), tmp_path)
    step, whole = telemetry(Work(str(tmp_path), "dense", 128, 2), rounds=2)
    assert 0 < step["without"] < whole["without"]
    for row in (step, whole):
        assert row["lowest"] <= row["fraction"] <= row["highest"]
    assert whole["with"] > whole["without"]  # images and curves are written


@pytest.mark.slow
def test_our_training_has_the_loss_of_the_others(tmp_path):
    write_work(NETWORKS["dense"], tmp_path)
    peers = find_peers()
    own, keras = take_turns([peers["ours"], peers["keras"]], Work(str(tmp_path), "dense", 512, 2), {})
    assert own.epochs[0]["examples"] == keras.epochs[0]["examples"]
    # another order and noise; in repeats the losses differed by .4 %
    assert own.epochs[1]["val_loss"] == pytest.approx(keras.epochs[1]["val_loss"], rel=0.02)


def test_made_examples_are_whole_batches(tmp_path):
    for name, network in NETWORKS.items():
        write_work(replace(network, examples=300), tmp_path)
        train, validation = Work(str(tmp_path), name, 128, 1).splits()
        assert train.shape == (128, *network.shape) or train.shape == (256, *network.shape)
        assert validation.shape[1:] == network.shape
        floats = Work(str(tmp_path), name, 128, 1).float_splits()[0]
        assert 0 <= floats.min() < floats.max() <= 1
        assert len(np.unique(floats.reshape(len(floats), -1), axis=0)) == len(floats)


def test_a_clock_reports_and_waits_for_its_turn():
    reports, turns = io.StringIO(), io.StringIO("go\n")
    clock = Clock(Work("", "dense", 16, 3), reports, turns)
    clock.imported()
    for _ in range(2):
        clock.begin_epoch()
        clock.step()
        clock.trained_epoch()
        clock.validated_epoch()
        clock.end_epoch(64, 2.0, 3.0)
    with pytest.raises(SystemExit):
        clock.begin_epoch()  # no further turn
    events = [json.loads(line) for line in reports.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["imported", "device", "first_step", "epoch", "epoch"]
    assert events[-1]["index"] == 1
    assert events[-1]["val_loss"] == 3.0
    if sys.platform == "linux":
        assert events[-1]["bytes"] >= events[0]["bytes"] > 2**20


def reported(name, seconds, own_bytes=2**20):
    epochs = [
        {"examples": 60, "train_seconds": each, "core_seconds": 2 * each, "validation_seconds": 1.0,
         "other_seconds": 0.5, "loss": 2.0,
         "val_loss": 3.0, "bytes": own_bytes + 2**21}
        for each in seconds
    ]  # fmt: skip
    return Timings(Peer(name, name), {"seconds": 2.0, "bytes": own_bytes}, "CPU", 5.0, epochs)


def test_ratios_are_of_the_same_turn():
    rounds = [
        [reported("ours", [9, 1, 2]), reported("keras", [9, 2, 2])],
        [reported("ours", [9, 4, 4]), reported("keras", [9, 12, 8])],
    ]
    own, keras = rows_of(rounds)
    assert own["rates"] == [60, 30, 15, 15]
    assert own["rate"] == 22.5
    assert "ratio" not in own
    assert keras["ratio"] == 2.0
    assert keras["spread"] == "1.00 to 3.00"
    assert keras["first_step"] == 3.0
    assert keras["memory"] == 2.0


def test_the_table_is_written_whole(tmp_path):
    rows = rows_of([[reported("ours", [9, 1, 2]), reported("keras", [9, 2, 2])]])
    added = {"of": "a step", "without": 2.0, "with": 2.1, "fraction": 0.05, "lowest": -0.01, "highest": 0.1}
    part = {"title": "dense, batch 128", "rows": rows, "telemetry": [added]}
    text = write_table([part], {"cores": 2}, tmp_path / "speed")
    assert "| a step | 2.00 | 2.10 | +5.0% | -1.0% to +10.0% |" in text
    assert "| keras | CPU | 30 | 1.50 | 1.00 to 2.00 | 3.0 | 2 | 2.0 | 66667 | 3.00 |" in text
    assert text == (tmp_path / "speed" / "table.md").read_text()
    assert json.loads((tmp_path / "speed" / "speed.json").read_text())["parts"][0]["rows"][1]["ratio"] == 1.5


@pytest.mark.slow
def test_a_process_that_fails_is_told_with_its_last_line(tmp_path):
    work = Work(str(tmp_path), "dense", 16, 1)  # without data
    with pytest.raises(InputError, match=r"ended before .*arrays.npz.*; leave bare out of --peers"):
        take_turns([find_peers()["bare"]], work, {"TF_CPP_MIN_LOG_LEVEL": "3"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--networks", "dense,cnn"], "expected --networks among dense, conv, conv1d, color; received 'cnn'"),
        (["--batches", "128,many"], "expected --batches such as 128,512, received '128,many'"),
        (["--batches", "0"], "expected --batches such as 128,512, received '0'"),
        (["--epochs", "1"], "--epochs of at least 2, of which the first is not counted; received 1 and 1"),
        (["--rounds", "0"], "received 0 and 6"),
        (["--threads", "99999"], "the cores that this process may use; received 99999"),
        (["--threads", "-1"], "the cores that this process may use; received -1"),
        (["--devices", "tpu"], "expected --devices among cpu, gpu; received 'tpu'"),
        (["--peers", "theano"], "expected --peers among ours, baseline, keras"),
        (["--peers", "baseline"], "the competitor baseline needs --baseline"),
        (["--baseline", "nowhere"], "keras_ae/__init__.py in it; received nowhere"),
        (["--networks", "color", "--data", "mnist"], "leave the data out"),
        (["--data", "cifar"], "expected --data=mnist"),
    ],
)
def test_unusable_options_are_refused_in_a_line(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["speed", *arguments]) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_what_is_not_installed_is_left_out_or_asked_for(monkeypatch, tmp_path):
    from keras_ae.experiments.speed.compare import present_peers

    monkeypatch.setattr(Peer, "missing", lambda peer: list(peer.needs))
    said = []
    assert [peer.name for peer in present_peers([], None, said.append)] == [
        "ours",
        "keras",
        "bare",
        "bare_xla",
        "products",
        "products_numpy",
    ]
    assert len(said) == 3
    assert "[speed]" in said[0]
    with pytest.raises(InputError, match=r"PyTorch is not installed: .*\[speed\]"):
        present_peers(["torch"], None)
