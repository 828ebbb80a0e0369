"""Heads in other runtimes: checked against the Keras heads, timed, written whole, refused in one line."""

import dataclasses
import hashlib
import importlib.util
import json
import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae import cli
from keras_ae.cli import convert as conversions
from keras_ae.errors import ExportError, InputError
from keras_ae.serving.exported import ExportedHead
from keras_ae.serving.records import WARMUP_FILE, Record
from keras_ae.serving.runtimes import conversion, litert, models, onnx, packages
from keras_ae.serving.runtimes.models import Converted, Source, differences, load_source, quiet
from keras_ae.serving.versions import head_folders

HEADS = ("encoder", "decoder", "autoencoder")


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Latencies of few calls."""
    monkeypatch.setattr(conversion, "CALLS", 10)


@pytest.fixture
def echo(monkeypatch):
    """A runtime that needs no package: TensorFlow itself."""
    runtime = conversion.Runtime("Echo", ".echo", "echo", (), lambda head: Converted(b"echo", head.run))
    monkeypatch.setitem(conversion.RUNTIMES, "echo", runtime)
    monkeypatch.setitem(packages.SUFFIXES, "echo", ".echo")
    return runtime


@pytest.fixture
def off(monkeypatch):
    """A runtime whose answers are off by a thousandth."""

    def convert(head):
        return Converted(
            b"off", lambda named: {name: value + 1e-3 for name, value in head.run(named).items()}
        )

    monkeypatch.setitem(conversion.RUNTIMES, "off", conversion.Runtime("Off", ".off", "off", (), convert))
    monkeypatch.setitem(packages.SUFFIXES, "off", ".off")


def converted(exported, tmp_path, *arguments):
    """The status of the verb, with a folder of its own to write to."""
    output = ["--output", str(tmp_path / "out")]
    return cli.main(["convert", "tiny", "--models", str(exported), *output, *arguments])


def test_a_conversion_has_a_row_of_metrics_and_a_description(exported, tmp_path, capsys, echo):
    assert converted(exported, tmp_path, "--to", "echo") == 0
    title, kib, single, p99, batch, worst, mean, file = capsys.readouterr().out.splitlines()[-2].split()
    assert title == "Echo"
    assert float(kib) == pytest.approx(4 / 1024, abs=0.05)
    assert 0 < float(single) <= float(p99)
    assert float(batch) > 0
    assert float(mean) <= float(worst) < 1e-5
    assert file == str(tmp_path / "out" / "tiny_encoder.echo")
    told = json.loads((tmp_path / "out" / "tiny_encoder.echo.json").read_text())
    card = json.loads((exported / "tiny/encoder/1/card.json").read_text())
    assert (told["recipe"], told["head"], told["version"], told["runtime"]) == ("tiny", "encoder", 1, "Echo")
    assert told["sha256"] == hashlib.sha256(b"echo").hexdigest()
    assert told["weights_sha256"] == card["weights_sha256"]
    for side in ("inputs", "outputs"):
        assert told[side] == card["signatures"]["serving_default"][side]
    assert told["quantization"] is None
    assert 0 <= told["error"]["code"]["mean"] <= told["error"]["code"]["largest"] < 1e-5
    assert told["versions"]["tensorflow"] == tf.__version__
    assert sorted(os.listdir(tmp_path / "out")) == ["tiny_encoder.echo", "tiny_encoder.echo.json"]


def test_tensorflow_is_the_first_row_and_other_signatures_are_listed(exported, tmp_path, capsys, echo):
    assert converted(exported, tmp_path, "--to", "echo", "--head", "encoder,decoder") == 0
    _, title, _, first, _, encoder, _, second, _, _, _, decoder = capsys.readouterr().out.splitlines()
    assert title == "tiny_encoder, version 1; TensorFlow on all cores, others on one core"
    assert first.startswith("TensorFlow  ")
    assert second == "tiny_decoder, version 1; TensorFlow on all cores, others on one core"
    assert encoder == "left to TF Serving: image_bytes"
    assert decoder == "left to TF Serving: png"


def test_a_conversion_that_is_off_leaves_nothing_and_the_others_go_on(exported, tmp_path, capsys, echo, off):
    assert converted(exported, tmp_path, "--to", "off echo") == 1
    printed = capsys.readouterr()
    [line] = [line for line in printed.err.splitlines() if line.startswith("keras-ae: ")]
    assert "code of tiny_encoder differs by" in line
    assert "in Off, at most 0.0001 is allowed; nothing was written" in line
    assert "Echo  " in printed.out
    assert sorted(os.listdir(tmp_path / "out")) == ["tiny_encoder.echo", "tiny_encoder.echo.json"]


@pytest.mark.parametrize(("wrong", "refused"), [(2, False), (3, True)])
def test_of_whole_numbers_one_in_a_hundred_may_be_another(tmp_path, monkeypatch, wrong, refused):
    head = made(
        tmp_path,
        lambda named: {"code": tf.cast(named["inputs"], tf.int64)},
        inputs=np.arange(200, dtype=np.float32)[:, None],
    )

    def run(named):
        return {"code": head.run(named)["code"] + (named["inputs"] < wrong)}

    runtime = conversion.Runtime("Near", ".near", "near", (), lambda head: Converted(b"", run))
    monkeypatch.setitem(conversion.RUNTIMES, "near", runtime)
    monkeypatch.setitem(packages.SUFFIXES, "near", ".near")
    if refused:
        with pytest.raises(ExportError, match="in a fraction 0.015 of its integers in Near, at most 0.01 is"):
            conversion.convert(head, "near")
    else:
        assert conversion.convert(head, "near").run is run


def runtime_of(monkeypatch, run, **settings):
    """A runtime of the name "near" that runs heads by a function of the head and its inputs."""
    runtime = conversion.Runtime(
        "Near", ".near", "near", (), lambda head: Converted(b"", lambda inputs: run(head, inputs)), **settings
    )
    monkeypatch.setitem(conversion.RUNTIMES, "near", runtime)
    monkeypatch.setitem(packages.SUFFIXES, "near", ".near")


@pytest.mark.parametrize("exact", [True, False])
def test_a_conversion_that_returns_other_rows_than_asked_is_refused(exported, monkeypatch, exact):
    head = load_source(exported / "tiny/encoder/1")
    runtime_of(monkeypatch, lambda head, inputs: dict(head.record.outputs), exact=exact)
    rows = len(head.record.outputs["code"])
    message = rf"code of tiny_encoder has shape \({rows}, 4\) in Near, expected \(1, 4\); nothing was written"
    with pytest.raises(ExportError, match=message):
        conversion.convert(head, "near")


def test_a_conversion_that_is_right_at_one_size_alone_is_refused(tmp_path, monkeypatch):
    head = made(
        tmp_path,
        lambda named: {"code": tf.reduce_sum(named["inputs"], axis=1)},
        {"inputs": (None, None)},
        inputs=np.ones((3, 8), np.float32),
    )
    runtime_of(monkeypatch, lambda head, inputs: {"code": np.full(len(inputs["inputs"]), 8.0, np.float32)})
    with pytest.raises(ExportError, match="code of made_encoder differs by 0.6 of its largest value in Near"):
        conversion.convert(head, "near")


def test_a_loop_over_examples_of_any_size_is_refused_for_litert(tmp_path):
    inputs = np.ones((3, 8), np.float32)

    def each(named):
        return {"code": tf.map_fn(lambda row: 2.0 * row, named["inputs"])}

    head = made(tmp_path, each, {"inputs": (None, None)}, inputs=inputs)
    expected = "LiteRT cannot express made_encoder: it has a loop over examples of any size$"
    for convert in (litert.convert, litert.convert_int8):
        with pytest.raises(ExportError, match=expected):
            convert(head)


def test_a_head_that_is_refused_is_not_timed(exported, tmp_path, capsys, echo, off, monkeypatch):
    timed = []
    monkeypatch.setattr(conversion, "runtime_metrics", lambda source, *_: timed.append(source))
    assert converted(exported, tmp_path, "--to", "off") == 1
    assert not timed
    assert [line.split() for line in capsys.readouterr().out.splitlines()][-2] == ["Off", "-"]
    assert not (tmp_path / "out").exists()


def test_names_that_are_both_taken_and_given_are_refused_for_onnx(tmp_path):
    ones = {name: np.ones((3, 2), np.float32) for name in "ab"}
    head = made(tmp_path, lambda named: {"a": named["a"] + named["b"], "c": named["b"]}, **ones)
    with pytest.raises(ExportError, match="cannot express made_encoder: it takes and gives a, and tensors"):
        onnx.convert(head)


def test_a_head_of_words_is_refused_before_anything_is_written(tmp_path, capsys, echo):
    folder = tmp_path / "table" / "detector" / "1"
    (folder / "assets.extra").mkdir(parents=True)
    tensors = {"color": {"shape": [None], "dtype": "string"}, "age": {"shape": [None], "dtype": "float32"}}
    numbers = {"score": {"shape": [None], "dtype": "float32"}}
    for signature, verb in (
        ({"inputs": tensors, "outputs": numbers}, "takes"),
        ({"inputs": numbers, "outputs": tensors}, "gives"),
    ):
        card = {"format": 1, "signatures": {"serving_default": signature}}
        (folder / "card.json").write_text(json.dumps(card))
        arguments = ["--models", str(tmp_path), "--head", "detector", "--to", "echo"]
        assert cli.main(["convert", "table", *arguments]) == 2
        [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("keras-ae: ")]
        expected = (
            f"converting to echo needs heads of numbers, and the detector of table {verb} words: color;"
        )
        assert expected in line
        assert not (tmp_path / "converted").exists()


def test_a_description_says_what_the_numbers_of_examples_are(exported, tmp_path, echo):
    head = load_source(exported / "tiny/encoder/1")
    head.exported.card["data"]["format"] = {"kind": "Waveforms", "fields": {"rate": 16000}}
    try:
        file = conversion.write(head, "echo", Converted(b"", head.run), tmp_path)
    finally:
        del head.exported.card["data"]["format"]
    described = json.loads(file.with_name(f"{file.name}.json").read_text())
    assert described["examples"] == {"rate": 16000, "full_scale": 1.0}


def test_the_error_of_a_quantized_conversion_is_reported_only(exported, tmp_path, capsys, off, monkeypatch):
    loose = dataclasses.replace(conversion.RUNTIMES["off"], exact=False)
    monkeypatch.setitem(conversion.RUNTIMES, "off", loose)
    assert converted(exported, tmp_path, "--to", "off") == 0
    told = json.loads((tmp_path / "out" / "tiny_encoder.off.json").read_text())
    assert told["error"]["code"]["mean"] == pytest.approx(1e-3, rel=0.01)


def test_a_head_that_a_runtime_cannot_run_is_refused(exported, echo, monkeypatch):
    def fail(named):
        raise RuntimeError("no such kernel\nand more")

    broken = dataclasses.replace(echo, convert=lambda head: Converted(b"", fail))
    monkeypatch.setitem(conversion.RUNTIMES, "echo", broken)
    with pytest.raises(ExportError, match="Echo cannot run tiny_encoder: no such kernel$"):
        conversion.convert(load_source(exported / "tiny/encoder/1"), "echo")


def test_what_was_converted_is_replaced_only_when_asked_for(exported, tmp_path, capsys, echo):
    (tmp_path / "out").mkdir()
    file = tmp_path / "out" / "tiny_encoder.echo"
    file.write_text("old")
    assert converted(exported, tmp_path, "--to", "echo") == 2
    assert (
        f"{file} already exists; name another --output, or replace it with --force" in capsys.readouterr().err
    )
    assert file.read_text() == "old"
    assert converted(exported, tmp_path, "--to", "echo", "--force") == 0
    assert file.read_text() == "echo"


def test_converted_heads_stand_beside_the_models_and_are_not_taken_for_any(exported, echo):
    before = head_folders(exported)
    assert cli.main(["convert", "tiny", "--models", str(exported), "--to", "echo", "--force"]) == 0
    assert (exported / "converted" / "tiny_encoder.echo").is_file()
    assert head_folders(exported) == before


def test_a_folder_that_cannot_be_written_is_refused(exported, tmp_path, capsys, echo):
    (tmp_path / "out").touch()
    assert converted(exported, tmp_path, "--to", "echo") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "torch"], "there is no runtime called 'torch'; there is onnx, litert, litert_int8"),
        (["--to", ","], "expected a runtime or several separated by commas, received ','"),
        (["--to", "echo", "--head", ""], "expected a head or several separated by commas, received ''"),
        (
            ["--to", "echo", "--head", "tail"],
            "tiny has no exported tail; it has autoencoder, decoder, encoder",
        ),
        (["--to", "echo", "--head-version", "7"], "tiny has no version 7 of its encoder; it has 1"),
    ],
)
def test_what_cannot_be_converted_is_one_line_and_status_two(
    exported, tmp_path, capsys, request, arguments, message
):
    if "torch" not in arguments:
        request.getfixturevalue("echo")
    assert converted(exported, tmp_path, *arguments) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("keras-ae: ")]
    assert message in line
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else name)
    with pytest.raises(InputError, match=r"needs onnxruntime, .*: .*pip install 'keras_ae\[onnx\]'"):
        packages.check_runtimes(["onnx", "litert"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"onnxruntime, ai-edge-litert, .*'keras_ae\[litert,onnx\]'"):
        packages.check_runtimes(["onnx", "litert", "litert_int8"])


def test_a_head_without_warm_up_records_is_to_be_exported_again(tmp_path):
    folder = tmp_path / "old" / "encoder" / "1"
    folder.mkdir(parents=True)
    with pytest.raises(InputError, match="has no warm-up records.*export it again: keras-ae export old"):
        load_source(folder)
    (folder / WARMUP_FILE).parent.mkdir()
    (folder / WARMUP_FILE).touch()
    with pytest.raises(InputError, match="has no warm-up records"):
        load_source(folder)


def test_whole_numbers_are_right_or_wrong():
    found = differences(
        {"code": np.array([3, 9, 5]), "mean": np.array([1.0, 2.5])},
        {"code": np.array([3, 4, 5]), "mean": np.array([1.0, 2.0])},
    )
    assert found["code"].tolist() == [0.0, 1.0, 0.0]
    assert found["mean"].tolist() == [0.0, 0.5]


def test_flags_are_right_or_wrong_and_what_is_missing_is_missing_in_both():
    nan = np.float32(np.nan)
    found = differences(
        {"flag": np.array([True, True]), "value": np.array([nan, nan, 1.0, 2.0], np.float32)},
        {"flag": np.array([True, False]), "value": np.array([nan, 1.0, nan, 2.5], np.float32)},
    )
    assert found["flag"].tolist() == [0.0, 1.0]
    assert found["value"].tolist() == [0.0, np.inf, np.inf, 0.5]


def test_the_terminal_stays_quiet_and_speaks_again(capfd):
    with quiet():
        os.write(2, b"from C++")
    os.write(2, b"later")
    assert capfd.readouterr().err == "later"


def test_the_verb_offers_every_runtime():
    assert conversions.RUNTIMES.split(",") == list(conversion.RUNTIMES)


def made(tmp_path, function, shapes=(), weights=(), **inputs):
    """A head of a function, as if it had been exported, its own answers being the ones due."""
    shapes = {name: (None, *value.shape[1:]) for name, value in inputs.items()} | dict(shapes)
    specs = {name: tf.TensorSpec(shapes[name], value.dtype, name) for name, value in inputs.items()}
    module = tf.Module()
    module.kept = list(weights)
    module.serve = tf.function(lambda **named: function(named)).get_concrete_function(**specs)
    folder = tmp_path / "made" / "encoder" / "1"
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    (folder / "card.json").write_text(json.dumps({"weights_sha256": ""}))
    head = Source(ExportedHead(folder), None)
    return dataclasses.replace(head, record=Record(models.SIGNATURE, inputs, head.run(inputs)))


def answers(name, content):
    """A file's content as a function of arrays by name, by nothing but the runtime itself."""
    if name == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return lambda **named: dict(zip(names, session.run(None, named), strict=True))
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_content=content).get_signature_runner("serving_default")


@pytest.mark.extras
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("name", "suffix"), [("onnx", ".onnx"), ("litert", ".tflite"), ("litert_int8", "_int8.tflite")]
)
def test_every_head_gives_in_its_file_what_it_gives_in_keras(exported, tmp_path, name, suffix, head):
    pytest.importorskip("onnxruntime" if name == "onnx" else "ai_edge_litert")
    assert converted(exported, tmp_path, "--to", name, "--head", head) == 0
    source = load_source(exported / "tiny" / head / "1")
    run = answers(name, (tmp_path / "out" / f"tiny_{head}{suffix}").read_bytes())
    told = json.loads((tmp_path / "out" / f"tiny_{head}{suffix}.json").read_text())
    for rows in (1, 3):
        inputs = {tensor: value[:rows] for tensor, value in source.record.inputs.items()}
        found, due = run(**inputs), source.run(inputs)
        assert found.keys() == due.keys() == told["outputs"].keys()
        for output, value in due.items():
            assert found[output].shape == value.shape
            assert found[output].dtype == value.dtype
            off = 0.1 * max(1.0, np.abs(value).max()) if name == "litert_int8" else 1e-5
            np.testing.assert_allclose(found[output], value, atol=off)
    assert told["quantization"] == ("full_integer" if name == "litert_int8" else None)


@pytest.mark.extras
@pytest.mark.parametrize("name", ["onnx", "litert", "litert_int8"])
def test_an_op_that_a_runtime_lacks_is_named(tmp_path, random, capfd, name):
    pytest.importorskip("onnxruntime" if name == "onnx" else "ai_edge_litert")
    inputs = random.uniform(1, 2, size=(3, 4)).astype(np.float32)
    head = made(tmp_path, lambda named: {"code": tf.math.bessel_i0e(named["inputs"])}, inputs=inputs)
    capfd.readouterr()
    with pytest.raises(ExportError, match="cannot express made_encoder: it has no op BesselI0e$") as raised:
        conversion.convert(head, name)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr().err == ""


@pytest.mark.extras
@pytest.mark.parametrize("name", ["onnx", "litert", "litert_int8"])
def test_a_loop_over_a_series_is_converted(tmp_path, random, name):
    pytest.importorskip("onnxruntime" if name == "onnx" else "ai_edge_litert")
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.GRU(4, use_cudnn=False)])
    weights = [weight.value for weight in model.weights]
    inputs = random.normal(size=(5, 6, 2)).astype(np.float32)
    head = made(tmp_path, lambda named: {"code": model(named["inputs"])}, weights=weights, inputs=inputs)
    found = conversion.convert(head, name)
    assert found.batch_size == (None if name == "onnx" else 1)
    off = 0.05 if name == "litert_int8" else 1e-5  # each runtime has a tanh of its own
    np.testing.assert_allclose(found.run(head.record.inputs)["code"], head.record.outputs["code"], atol=off)
    if name == "litert_int8":
        assert found.quantization == "dynamic_range"
        assert found.note == "full-integer quantization does not support loops; one row a call"


@pytest.mark.extras
def test_the_gelu_of_keras_is_within_what_onnx_knows(tmp_path, random):
    pytest.importorskip("onnxruntime")
    inputs = random.normal(size=(5, 4)).astype(np.float32) * 4
    head = made(
        tmp_path, lambda named: {"code": keras.ops.gelu(named["inputs"], approximate=False)}, inputs=inputs
    )
    found = conversion.convert(head, "onnx").run({"inputs": inputs})
    np.testing.assert_allclose(found["code"], head.record.outputs["code"], atol=1e-5)  # and an erf


@pytest.mark.extras
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32])
def test_negative_numbers_are_divided_in_onnx_as_in_tensorflow(tmp_path, dtype):
    pytest.importorskip("onnxruntime")
    inputs = np.arange(-9, 9).astype(dtype)
    head = made(
        tmp_path,
        lambda named: {"quotient": named["inputs"] // 4, "remainder": named["inputs"] % 4},
        inputs=inputs,
    )
    found = conversion.convert(head, "onnx").run({"inputs": inputs})
    np.testing.assert_array_equal(found["quotient"], inputs // 4)
    np.testing.assert_array_equal(found["remainder"], inputs % 4)


@pytest.mark.extras
def test_what_goes_to_one_place_is_summed_in_onnx(tmp_path, random):
    pytest.importorskip("onnxruntime")
    inputs = random.normal(size=(4, 2)).astype(np.float32)

    def overlap(named):
        columns = tf.transpose(named["inputs"])
        return {"code": tf.transpose(tf.scatter_nd([[0], [0]], columns, [1, tf.shape(columns)[1]]))}

    head = made(tmp_path, overlap, inputs=inputs)
    found = conversion.convert(head, "onnx").run({"inputs": inputs})["code"]
    np.testing.assert_allclose(found[:, 0], inputs.sum(axis=1), atol=1e-6)  # the order of a sum


@pytest.mark.extras
def test_what_is_missing_is_replaced_in_onnx(tmp_path):
    pytest.importorskip("onnxruntime")
    inputs = np.array([[1, 2], [np.nan, 3]], np.float32)

    def known(named):
        return {"code": tf.where(~tf.math.is_nan(named["inputs"]), named["inputs"], 0.0)}

    head = made(tmp_path, known, inputs=inputs)
    found = conversion.convert(head, "onnx").run({"inputs": inputs})["code"]
    np.testing.assert_array_equal(found, [[1, 2], [0, 3]])


@pytest.mark.extras
def test_celu_is_within_what_onnx_knows(tmp_path, random):
    pytest.importorskip("onnxruntime")
    inputs = random.normal(size=(5, 4)).astype(np.float32) * 4
    head = made(tmp_path, lambda named: {"code": keras.ops.celu(named["inputs"])}, inputs=inputs)
    found = conversion.convert(head, "onnx").run({"inputs": inputs})["code"]
    np.testing.assert_allclose(found, head.record.outputs["code"], atol=1e-6)  # exp(x) - 1 and expm1(x)


@pytest.mark.extras
def test_sizes_of_an_onnx_model_have_names_of_their_own(tmp_path):
    file_format = pytest.importorskip("onnx")
    shapes = {"inputs": (None, None, 2)}
    inputs = np.ones((2, 3, 2), np.float32)
    head = made(tmp_path, lambda named: {"code": named["inputs"] + 1.0}, shapes, inputs=inputs)
    graph = file_format.load_model_from_string(conversion.convert(head, "onnx").content).graph
    axes = [[axis.dim_param or axis.dim_value for axis in tensor.type.tensor_type.shape.dim] for tensor in
            (*graph.input, *graph.output)]  # fmt: skip
    assert axes == [["batch", "inputs_size_1", 2], ["batch", "code_size_1", 2]]


@pytest.mark.extras
def test_full_integers_give_way_where_they_lose_too_much(exported, monkeypatch):
    pytest.importorskip("ai_edge_litert")
    head = load_source(exported / "tiny/encoder/1")
    kept = conversion.convert(head, "litert_int8")
    assert (kept.quantization, kept.note) == ("full_integer", "")
    monkeypatch.setattr(litert, "MAX_QUANTIZATION_ERROR", -1.0)
    changed = conversion.convert(head, "litert_int8")
    assert changed.quantization == "dynamic_range"
    assert changed.note.startswith("full-integer quantization is off by 0.0")
    assert len(changed.content) < len(conversion.convert(head, "litert").content) / 2
