"""Exported heads checked by a C++ program over the loader that TF Serving uses."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.apps.serving.verify import counterparts, request_ratios
from keras_ae.cli import main
from keras_ae.errors import InputError
from keras_ae.serving import native
from keras_ae.serving.records import WARMUP_FILE, Record, read_records, write_records
from keras_ae.serving.versions import find_version

built = pytest.mark.skipif(native.compiler() is None, reason="no C++ compiler (g++) to build the check with")
HEADS = ("encoder", "decoder", "autoencoder")


@built
def test_every_signature_gives_what_the_keras_heads_give(exported):
    folders = {find_version(exported, "tiny", head): head for head in HEADS}
    findings = native.check(folders)
    assert not [finding for finding in findings if finding.is_fault]
    told = {(folders[finding.folder], finding.kind, *finding.details[:2]) for finding in findings}
    signatures = {(folders[f.folder], f.details[0]) for f in findings if f.kind == "signature"}
    assert signatures == {
        ("encoder", "serving_default"), ("encoder", "image_bytes"), ("decoder", "serving_default"),
        ("decoder", "png"), ("autoencoder", "serving_default"), ("autoencoder", "image_bytes"),
    }  # fmt: skip
    for head, signature in signatures:
        for how in ("warm-up of 1", "batch of 1", "batch of 7", "batch of 64", "after bad requests"):
            assert (head, "compared", signature, how) in told
    for fault in (
        "missing inputs",
        "wrong type of inputs",
        "wrong shape of inputs",
        "too few axes of inputs",
    ):
        assert ("encoder", "refused", "serving_default", fault) in told
    refusals = {finding.details[1]: finding.details[2] for finding in findings if finding.kind == "refused"}
    assert "expected an image of at most 25000000 pixels" in refusals["oversized image in image_bytes"]
    assert "expected the bytes of a PNG or JPEG image" in refusals["unknown bytes in image_bytes"]
    assert (
        "[1,13,12,1] is not compatible with expected shape [?,12,12,1]" in refusals["wrong shape of inputs"]
    )


CHANGES = {
    "a little": lambda record: {"code": record.outputs["code"] + np.float32(1e-4)},
    "no numbers": lambda record: {"code": np.full_like(record.outputs["code"], np.nan)},
    "another shape": lambda record: {"code": record.outputs["code"][:, :2]},
    "another type": lambda record: {"code": record.outputs["code"].astype(np.float64)},
    "one more": lambda record: record.outputs | {"mean": record.outputs["code"]},
}


@built
def test_an_answer_that_differs_a_little_or_in_kind_is_a_fault(exported, tmp_path):
    source = find_version(exported, "tiny", "encoder")
    encoders = {name: shutil.copytree(source, tmp_path / name) for name in CHANGES}
    for name, change in CHANGES.items():
        records = [Record(r.signature, r.inputs, change(r)) for r in read_records(encoders[name])]
        write_records(records, encoders[name], "tiny_encoder")
    findings = native.check([*encoders.values()])  # the program takes a second to begin
    faults = {name: [f for f in findings if f.is_fault and f.folder == encoders[name]] for name in CHANGES}
    assert all(faults.values())
    little = faults["a little"]
    assert {fault.details[1] for fault in little} >= {"warm-up of 1", "batch of 7", "batch of 64"}
    assert all(fault.kind == "compared" for fault in little)


@built
def test_of_whole_numbers_one_in_a_hundred_may_be_another(tmp_path):
    module = tf.Module()
    spec = tf.TensorSpec((None, 200), tf.float32, name="inputs")
    module.run = tf.function(lambda inputs: {"code": tf.cast(inputs, tf.int64)}, input_signature=[spec])
    inputs = np.arange(200, dtype=np.float32)[None]
    for wrong in (2, 3):
        code = inputs.astype(np.int64)
        code[0, :wrong] += 1
        tf.saved_model.save(module, str(tmp_path / str(wrong)), signatures=module.run)
        record = Record("serving_default", {"inputs": inputs}, {"code": code})
        write_records([record], tmp_path / str(wrong), "m")
    compared = [f for f in native.check([tmp_path / "2", tmp_path / "3"]) if f.kind == "compared"]
    assert {(f.folder.name, f.is_fault) for f in compared} == {("2", False), ("3", True)}


@built
def test_a_signature_that_takes_any_number_of_axes_is_a_fault(tmp_path):
    module = tf.Module()
    spec = tf.TensorSpec((None, None), tf.float32, name="inputs")
    module.run = tf.function(lambda inputs: {"code": inputs[:, :1]}, input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path), signatures=module.run)
    ones = np.ones((3, 2), np.float32)
    write_records([Record("serving_default", {"inputs": ones}, {"code": ones[:, :1]})], tmp_path, "m")
    faults = [finding for finding in native.check([tmp_path]) if finding.is_fault]
    assert {fault.kind for fault in faults} == {"accepted"}
    assert {fault.details[1] for fault in faults} == {"too many axes of inputs"}


@built
def test_a_folder_that_cannot_be_loaded_or_lacks_records_is_a_fault(exported, tmp_path):
    source = find_version(exported, "tiny", "encoder")
    cut, images, empty = (shutil.copytree(source, tmp_path / name) for name in ("cut", "images", "empty"))
    (cut / WARMUP_FILE).write_bytes((source / WARMUP_FILE).read_bytes()[:-20])
    records = [record for record in read_records(source) if record.signature == "image_bytes"]
    write_records(records, images, "tiny_encoder")
    (empty / WARMUP_FILE).unlink()
    findings = native.check([tmp_path / "none", cut, images, empty])
    faults = {
        folder: [f for f in findings if f.is_fault and f.folder == folder] for folder in tmp_path.iterdir()
    }
    [fault] = [finding for finding in findings if finding.folder == tmp_path / "none"]
    assert fault.is_fault
    assert "Could not find SavedModel" in fault.details[2]
    assert [fault for fault in faults[cut] if fault.kind == "failed" and fault.details[1] == "loading"]
    assert [fault.details for fault in faults[images]] == [
        ("serving_default", "records", "no warm-up record of this signature")
    ]
    assert "tf_serving_warmup_requests" in faults[empty][0].details[2]


@built
def test_a_head_is_timed(exported):
    encoder = find_version(exported, "tiny", "encoder")
    [(median, late)] = native.time_requests("serving_default", 1, 50, [encoder]).values()
    assert 0 < median <= late
    with pytest.raises(InputError, match="cannot be timed: no record of signature nonsense"):
        native.time_requests("nonsense", 1, 50, [encoder])


@built
@pytest.mark.slow
def test_two_exports_are_timed_in_turn(exported, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(exported / "tiny" / "encoder", other / "tiny" / "encoder")
    arguments = ["verify", "tiny", "--models", str(exported), "--time", "20", "--beside", str(other)]
    assert main([*arguments, "--json"]) == 0
    times = json.loads(capsys.readouterr().out)["times"]
    assert {row["head"] for row in times} == {"tiny/encoder/1"}
    assert {row["batch"] for row in times} == {1, 64}
    for row in times:
        assert row["lowest_ratio"] <= row["ratio"] <= row["highest_ratio"]
        assert min(row["median_us"], row["other_median_us"]) > 0


def test_ratios_of_two_exports_are_of_the_same_round(exported, tmp_path, monkeypatch):
    other = tmp_path / "other"
    shutil.copytree(exported / "tiny" / "encoder", other / "tiny" / "encoder")
    encoder = find_version(exported, "tiny", "encoder")
    pairs = counterparts([encoder, find_version(exported, "tiny", "decoder")], other)
    assert pairs == {encoder: other / "tiny" / "encoder" / "1"}
    slowness = iter([1, 4, 2] * 100)

    def time_requests(signature, batch, count, folders):
        mine = next(slowness)
        return {folder: ((10 * mine if folder == encoder else 20), 99) for folder in folders}

    monkeypatch.setattr(native, "time_requests", time_requests)
    row = next(request_ratios(pairs, 7, rounds=3))
    assert (row["median_us"], row["other_median_us"]) == (20, 20)
    assert (row["ratio"], row["lowest_ratio"], row["highest_ratio"]) == (1.0, 0.5, 2.0)
    with pytest.raises(InputError, match=r"expected heads of .*, tiny/encoder; it has none"):
        counterparts([encoder], tmp_path)


def test_times_beside_an_export_need_a_number_of_requests(exported, tmp_path, capsys):
    verify = ["verify", "--models", str(exported), "--beside"]
    assert main([*verify, str(tmp_path)]) == 2
    assert "say how many requests, such as --time 1000" in capsys.readouterr().err
    assert main([*verify, str(tmp_path / "none"), "--time", "9"]) == 2
    assert "found none at" in capsys.readouterr().err


def test_a_missing_compiler_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(InputError, match=r"found no g\+\+; install g\+\+, or set CXX"):
        native.check([tmp_path])


def test_a_compiler_that_fails_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(InputError, match="false cannot build the check"):
        native.check([tmp_path])
    assert not list((tmp_path / "keras_ae").iterdir())


@built
def test_the_command_tells_of_each_head_and_fails_on_a_fault(exported, tmp_path, capsys):
    root = shutil.copytree(exported, tmp_path / "models")
    assert main(["verify", "tiny", "--models", str(root), "--verbose"]) == 0
    printed = capsys.readouterr().out
    for text in (
        "tiny/encoder/1 ",
        "3 heads, 0 faults",
        "compared: serving_default, warm-up of 7",
        "image_bytes",
    ):
        assert text in printed
    encoder = root / "tiny" / "encoder" / "1"
    records = [Record(r.signature, r.inputs, {"code": r.outputs["code"] + 1}) for r in read_records(encoder)]
    write_records(records, encoder, "tiny_encoder")
    assert main(["verify", "--models", str(root)]) == 1
    assert "compared: serving_default, warm-up of 1, code, 1" in capsys.readouterr().out
    assert main(["verify", "nobody", "--models", str(root)]) == 2
    assert main(["verify", "--time", "-1", "--models", str(root)]) == 2
