"""The client, against stand-ins for TF Serving: the SavedModels' own answers, and failures told clearly."""

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import requests
import standin
import tensorflow as tf

from keras_ae.client import Client
from keras_ae.client.rows import in_batches
from keras_ae.errors import InputError
from keras_ae.serving import versions

HAS_GRPC = all(importlib.util.find_spec(name) for name in ("grpc", "tensorflow_serving"))
NEEDS_GRPC = pytest.mark.skipif(not HAS_GRPC, reason="needs the extra grpc")
WIRES = ["rest", pytest.param("grpc", marks=NEEDS_GRPC)]


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy stands between a test and its stand-in."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def running(exported):
    """A stand-in of each kind over the exported models."""
    with (
        standin.rest(exported) as rest,
        standin.grpc(exported) if HAS_GRPC else contextlib.nullcontext() as grpc,
    ):
        yield {"rest": rest, "grpc": grpc}


@pytest.fixture(params=WIRES)
def server(request, running):
    """A stand-in that was asked nothing yet."""
    return fresh(running[request.param])


@pytest.fixture
def rest(running):
    return fresh(running["rest"])


def fresh(server):
    server.failures.clear()
    server.requests.clear()
    server.delay = 0.0
    return server


def kind(server):
    return "grpc" if server.url.startswith("grpc") else "rest"


def own(models, head, signature, given, version=1):
    """What the SavedModel itself gives."""
    loaded, _ = standin.load(models / "tiny" / head / str(version))
    outputs = loaded.signatures[signature](**{name: tf.constant(value) for name, value in given.items()})
    return {name: tensor.numpy() for name, tensor in outputs.items()}


def example(tensors, count, random):
    """Rows of random numbers for numeric inputs of a signature."""
    return {
        name: random.normal(size=(count, *spec["shape"][1:])).astype(spec["dtype"])
        for name, spec in tensors["inputs"].items()
    }


@pytest.mark.parametrize("count", [1, 7, 64])
@pytest.mark.parametrize("head", ["encoder", "decoder", "autoencoder"])
def test_answers_equal_the_saved_models_own(server, head, count, random):
    with Client(server.url, f"tiny_{head}") as client:
        given = example(client.tensors(), count, random)
        answers = client.predict(given)
        bare = client.predict(next(iter(given.values())))
    expected = own(server.models, head, "serving_default", given)
    assert set(answers) == set(expected)
    for name, value in expected.items():
        assert answers[name].dtype == value.dtype
        np.testing.assert_array_equal(answers[name], value)
        np.testing.assert_array_equal(bare[name], value)


def test_metadata_is_what_the_card_says(server):
    for head in ("encoder", "decoder", "autoencoder"):
        card = json.loads((server.models / "tiny" / head / "1" / "card.json").read_text())
        with Client(server.url, f"tiny_{head}") as client:
            assert client.metadata() == card["signatures"]


def test_images_go_in_and_come_out_as_bytes(server, random):
    levels = random.integers(0, 256, (3, 12, 12, 1), dtype=np.uint8)
    images = [tf.io.encode_png(level).numpy() for level in levels]
    with Client(server.url, "tiny_encoder", signature="image_bytes") as client:
        codes = client.predict({"image_bytes": images})["code"]
    expected = own(server.models, "encoder", "serving_default", {"inputs": levels / np.float32(255)})
    np.testing.assert_allclose(codes, expected["code"], atol=1e-6)
    with Client(server.url, "tiny_decoder", signature="png") as client:
        drawn = client.predict(codes)["reconstruction_bytes"]
    assert drawn.dtype == object
    assert (
        drawn.tolist()
        == own(server.models, "decoder", "png", {"code": codes})["reconstruction_bytes"].tolist()
    )


def test_large_inputs_are_sent_in_parts_and_joined_in_order(rest, random):
    codes = random.normal(size=(10, 4)).astype(np.float32)
    with Client(rest.url, "tiny_decoder", batch=4) as client:
        answers = client.predict(codes)
    expected = own(rest.models, "decoder", "serving_default", {"code": codes})
    np.testing.assert_allclose(answers["reconstruction"], expected["reconstruction"], atol=1e-6)
    assert rest.sizes("code") == [4, 4, 2]


def test_a_part_is_bounded_in_bytes_too(monkeypatch):
    sizes = []

    def run(arrays):
        sizes.append(len(arrays["x"]))
        return {"y": np.zeros((sizes[-1], 4))}

    monkeypatch.setattr("keras_ae.client.rows.REQUEST_BYTES", 100)
    strings = {
        "inputs": {"x": {"shape": [None], "dtype": "string"}},
        "outputs": {"y": {"shape": [None], "dtype": "string"}},
    }
    in_batches(run, strings, [b"." * 30, b"." * 5, b"." * 5, b"." * 5], 64)
    assert sizes == [3, 1]
    sizes.clear()
    numbers = {
        "inputs": {"x": {"shape": [None, 2], "dtype": "float32"}},
        "outputs": {"y": {"shape": [None, 4], "dtype": "float32"}},
    }
    in_batches(run, numbers, np.zeros((7, 2)), 64)
    assert sizes == [6, 1]
    sizes.clear()
    in_batches(
        run, numbers | {"outputs": {"y": {"shape": [None, 500], "dtype": "float32"}}}, np.zeros((2, 2)), 64
    )
    assert sizes == [1, 1]


def test_nan_and_infinity_pass_both_ways(server):
    inputs = np.zeros((3, 12, 12, 1), np.float32)
    inputs[0, 0, 0], inputs[1, 0, 0] = np.nan, np.inf
    with Client(server.url, "tiny_encoder") as client:
        code = client.predict(inputs)["code"]
    expected = own(server.models, "encoder", "serving_default", {"inputs": inputs})["code"]
    assert not np.isfinite(expected[:2]).all()
    np.testing.assert_array_equal(code, expected)


def test_the_row_form_gives_the_same_answers(rest, random):
    """The stand-in itself, by a raw request; a sole input may be bare or named."""
    codes = random.normal(size=(3, 4)).astype(np.float32)
    expected = own(rest.models, "decoder", "serving_default", {"code": codes})["reconstruction"]
    for instances in (codes.tolist(), [{"code": code} for code in codes.tolist()]):
        answer = requests.post(
            f"{rest.url}/v1/models/tiny_decoder:predict", json={"instances": instances}, timeout=9
        ).json()
        np.testing.assert_array_equal(np.array(answer["predictions"], np.float32), expected)
    inputs = np.zeros((2, 12, 12, 1), np.float32)
    answer = requests.post(
        f"{rest.url}/v1/models/tiny_autoencoder:predict", json={"instances": inputs.tolist()}, timeout=9
    ).json()
    both = own(rest.models, "autoencoder", "serving_default", {"inputs": inputs})
    assert [set(row) for row in answer["predictions"]] == [set(both)] * 2
    for name, value in both.items():
        np.testing.assert_array_equal(
            np.array([row[name] for row in answer["predictions"]], np.float32), value
        )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "JSON Parse error"),
        ("[]", "Is not object"),
        ('{"inputs": [], "instances": []}', "only one of 'inputs' or 'instances'"),
        ("{}", "only one of"),
        ('{"signature_name": 5, "inputs": []}', "must be a string"),
        ('{"signature_name": "x", "inputs": []}', 'Serving signature name: "x" not found'),
        ('{"inputs": {"x": []}}', "Missing named input: code"),
        ('{"inputs": [["1", 2, 3, 4]]}', 'JSON Value: "1" is not of expected type: float'),
        ('{"inputs": [[16777216, 2, 3, 4]]}', "without loss of precision"),
        ('{"inputs": [[1, 2], [3]]}', "unexpected size"),
        ('{"instances": []}', "at least one value"),
        ('{"instances": [{"x": 1}]}', "keys must be equal to: code"),
        ('{"instances": [{"code": [1, 2, 3, 4]}, [1, 2, 3, 4]]}', "expecting list of objects"),
    ],
)
def test_the_stand_in_refuses_what_the_server_refuses(rest, body, words):
    answer = requests.post(f"{rest.url}/v1/models/tiny_decoder:predict", data=body, timeout=9)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_two_inputs_need_objects_in_rows():
    types = {"code": tf.float32.as_datatype_enum, "condition": tf.int64.as_datatype_enum}
    with pytest.raises(standin.Refusal, match="plain list"):
        standin.rows([[1.0]], types)
    with pytest.raises(standin.Refusal, match="keys must be equal to: code,condition"):
        standin.rows([{"code": [1.0]}], types)
    with pytest.raises(standin.Refusal, match="expecting an object"):
        standin.columns([[1.0]], types)
    with pytest.raises(standin.Refusal, match="expected type: int64"):
        standin.columns({"code": [1.0], "condition": [1.0]}, types)
    read = standin.rows([{"code": [1], "condition": 2}, {"code": [3.5], "condition": 4}], types)
    assert read["code"].tolist() == [[1.0], [3.5]]
    assert read["condition"].tolist() == [2, 4]


class Pair(tf.Module):
    """A head of two inputs, and of outputs of every kind: floats, whole numbers, text and bytes."""

    def __init__(self, version):
        super().__init__()
        self.version = version

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 2), tf.float32, name="code"),
            tf.TensorSpec((None,), tf.int64, name="condition"),
        ]
    )
    def serve(self, code, condition):
        text = tf.strings.as_string(condition)
        total = tf.reduce_sum(code, axis=1)
        return {
            "total": total,
            "next": condition + self.version,
            "text": text,
            "text_bytes": text + b"\0\xff",
        }


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A folder of models with two versions of a head of two inputs, the first of them labeled stable."""
    models = tmp_path_factory.mktemp("pair")
    for version in (1, 2):
        head = Pair(version)
        tf.saved_model.save(head, str(models / "pair" / "decoder" / str(version)), signatures=head.serve)
    versions.set_label(models / "pair" / "decoder", "stable", 1)
    return models


@pytest.mark.parametrize("wire", WIRES)
def test_several_inputs_and_outputs_of_every_kind(pair, wire):
    given = {"code": [[1, 2], [3, 4.5]], "condition": np.array([5, 6], np.int32)}
    with getattr(standin, wire)(pair) as server, Client(server.url, "pair_decoder") as client:
        answers = client.predict(given)
    due = {"next": np.array([7, 8]), "total": np.array([3, 7.5], np.float32)}
    due |= {"text": np.array([b"5", b"6"], object), "text_bytes": np.array([b"5\0\xff", b"6\0\xff"], object)}
    assert set(answers) == set(due)
    for name, value in due.items():
        assert answers[name].dtype == value.dtype
        assert answers[name].tolist() == value.tolist()


@pytest.mark.parametrize("wire", WIRES)
def test_a_version_and_a_label_choose_who_answers(pair, wire):
    given = {"code": np.zeros((1, 2)), "condition": [0]}
    with getattr(standin, wire)(pair) as server:
        for choice, version in (({}, 2), ({"version": 1}, 1), ({"version": 2}, 2), ({"label": "stable"}, 1)):
            with Client(server.url, "pair_decoder", **choice) as client:
                assert client.predict(given)["next"].tolist() == [version]
                states = client.status()
                assert states == (
                    {1: "END", 2: "AVAILABLE"} if "version" not in choice else {version: states[version]}
                )


def test_an_unknown_version_and_an_unknown_label_are_named(server):
    for choice, words in (
        ({"version": 7}, r"Servable not found for request: Specific\(tiny_encoder, 7\)"),
        ({"label": "canary/1"}, "Unrecognized servable version label: canary/1"),
    ):
        with Client(server.url, "tiny_encoder", **choice) as client, pytest.raises(InputError, match=words):
            client.metadata()


def test_an_unknown_model_and_an_unknown_signature_are_named(server):
    with Client(server.url, "absent_encoder") as client:
        with pytest.raises(InputError, match=r"refused .* absent_encoder: .*Servable not found"):
            client.predict(np.zeros((1, 4)))
        with pytest.raises(InputError, match="Could not find any versions of model absent_encoder"):
            client.status()
    with (
        Client(server.url, "tiny_decoder", signature="jpeg") as client,
        pytest.raises(
            InputError, match="tiny_decoder has no signature 'jpeg'; it has .*png.*serving_default"
        ),
    ):
        client.predict(np.zeros((1, 4)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"codes": np.zeros((1, 4))}, "expected code; received codes"),
        ({}, "expected code; received nothing"),
        (np.zeros((2, 5)), r"expected code of shape \(n, 4\), n examples; received \(2, 5\)"),
        (np.zeros(4), r"expected code of shape \(n, 4\)"),
        (np.zeros((0, 4)), "at least one; received 0 of code"),
        (np.zeros((1, 4), complex), "expected code as float32, received complex128"),
        ([["a", "b", "c", "d"]], "expected code as float32, received <U1"),
    ],
)
def test_inputs_that_do_not_fit_the_signature_are_refused_before_they_are_sent(rest, given, words):
    with Client(rest.url, "tiny_decoder") as client, pytest.raises(InputError, match=words):
        client.predict(given)
    assert rest.sizes("code") == []


def test_several_inputs_are_named_and_of_one_length():
    spec = {"shape": [None], "dtype": "int64"}
    tensors = {"inputs": {"a": spec, "b": spec}, "outputs": {}}
    with pytest.raises(InputError, match=r"expected arrays by name \(a, b\)"):
        in_batches(None, tensors, np.zeros(3), 64)
    with pytest.raises(InputError, match="as many rows of each input, at least one; received 1 of a, 2 of b"):
        in_batches(None, tensors, {"a": [1], "b": [1, 2]}, 64)
    with pytest.raises(InputError, match="expected a as int64, received float64"):
        in_batches(None, tensors, {"a": [1.5], "b": [1]}, 64)
    with pytest.raises(InputError, match="expected a as int64, received larger numbers"):
        in_batches(None, tensors, {"a": np.array([2**63], np.uint64), "b": [1]}, 64)
    with pytest.raises(InputError, match="expected strings of bytes, received int"):
        in_batches(None, {"inputs": {"a": {"shape": None, "dtype": "string"}}, "outputs": {}}, [5], 64)


def test_strings_keep_the_zeros_at_their_end():
    tensors = {side: {"x": {"shape": [None], "dtype": "string"}} for side in ("inputs", "outputs")}
    assert in_batches(lambda part: part, tensors, [b"a\0", "\u00e9"], 64)["x"].tolist() == [
        b"a\0",
        b"\xc3\xa9",
    ]


BUSY = {
    "rest": [standin.failing(429), standin.failing(502), standin.failing(503), standin.failing(504), None],
    "grpc": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
}


def test_a_request_to_a_busy_server_is_repeated(server, monkeypatch):
    for wire in ("rest", "rpc"):
        monkeypatch.setattr(f"keras_ae.client.{wire}.FIRST_WAIT", 0.02)
    with Client(server.url, "tiny_decoder", retries=5) as client:
        client.metadata()
        server.requests.clear()
        server.failures[:] = BUSY[kind(server)]
        assert client.predict(np.zeros((1, 4)))["reconstruction"].shape == (1, 12, 12, 1)
    assert len(server.requests) == len(BUSY[kind(server)]) + 1


def test_the_wait_that_a_server_asks_for_is_kept(rest):
    with Client(rest.url, "tiny_decoder") as client:
        client.metadata()
        rest.failures[:] = [standin.failing(503, Retry_After=1)]
        begin = time.perf_counter()
        client.predict(np.zeros((1, 4)))
    assert time.perf_counter() - begin >= 1


def test_a_server_that_stays_busy_is_given_up(server):
    code = "503" if kind(server) == "rest" else "UNAVAILABLE"
    server.failures[:] = [standin.failing(503) if kind(server) == "rest" else code] * 9
    with (
        Client(server.url, "tiny_decoder", retries=1) as client,
        pytest.raises(ConnectionError, match=f"{code}, told"),
    ):
        client.metadata()
    assert len(server.requests) == 2


def test_a_refusal_and_a_fault_are_not_repeated(server):
    faults = {
        "rest": [(standin.failing(400), InputError), (standin.failing(500), ConnectionError)],
        "grpc": [("INVALID_ARGUMENT", InputError), ("INTERNAL", ConnectionError)],
    }
    for failure, expected in faults[kind(server)]:
        fresh(server).failures[:] = [failure]
        with Client(server.url, "tiny_decoder") as client, pytest.raises(expected, match="told to fail"):
            client.metadata()
        assert len(server.requests) == 1


def test_a_request_to_a_slow_server_fails_without_a_repeat(server):
    server.delay = 0.5
    with (
        Client(server.url, "tiny_decoder", timeout=0.2) as client,
        pytest.raises(
            TimeoutError, match=r"no answer of tiny_decoder in 0.2 s; send fewer rows .* or wait longer"
        ),
    ):
        client.metadata()
    assert len(server.requests) == 1


def test_a_server_that_gives_up_itself_is_too_slow(rest):
    rest.failures[:] = [standin.failing(504)] * 2
    with (
        Client(rest.url, "tiny_decoder", retries=1) as client,
        pytest.raises(TimeoutError, match="no answer"),
    ):
        client.metadata()


@pytest.mark.parametrize("wire", WIRES)
def test_an_unreachable_server_is_named(wire):
    url = {"rest": "http", "grpc": "grpc"}[wire] + "://127.0.0.1:1"
    with Client(url, "tiny_encoder", retries=0) as client, pytest.raises(ConnectionError) as caught:
        client.predict(np.zeros((1, 4)))
    assert re.search(
        f"{url} did not answer for tiny_encoder: .*refused.*; is the server up", str(caught.value), re.I
    )


def test_a_server_that_comes_up_late_is_met(exported):
    with standin.rest(exported) as gone:
        port = int(gone.url.rpartition(":")[2])
    answers = []

    def ask():
        with Client(gone.url, "tiny_decoder") as client:
            answers.append(client.status())

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.2)
    with standin.rest(exported, port):
        asking.join()
    assert answers == [{1: "AVAILABLE"}]


@NEEDS_GRPC
def test_a_wrong_port_is_reported(running):
    for url in ("grpc" + running["rest"].url[4:], "http" + running["grpc"].url[4:]):
        with (
            Client(url, "tiny_encoder", retries=0, timeout=5) as client,
            pytest.raises(ConnectionError, match=r"is this its port of REST \(8501, http://\) or of gRPC"),
        ):
            client.metadata()


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (standin.failing(404, b"<html>"), "404, not in TF Serving's form"),
        (standin.failing(200, b"<html>"), "200, not in TF Serving's form"),
        (standin.failing(404, b"[]"), "404, not in"),
    ],
)
def test_an_answer_that_is_not_tf_servings_is_reported(rest, failure, words):
    rest.failures[:] = [failure]
    with Client(rest.url, "x", retries=0) as client, pytest.raises(ConnectionError, match=words):
        client.metadata()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"url": "localhost:8501"}, "expected http://host:8501 .* received 'localhost:8501'"),
        ({"url": "ftp://localhost"}, "received 'ftp://localhost'"),
        ({"label": "stable", "version": 3}, "expected a label or a version, received 'stable' and 3"),
        ({"batch": 0}, "received 0, 3 and 60"),
        ({"retries": -1}, "received 64, -1 and 60"),
        ({"timeout": 0}, "received 64, 3 and 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        Client(**{"url": "http://localhost:8501", "model": "x"} | arguments)


def test_grpc_without_its_packages_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(InputError, match=r"pip install 'keras_ae\[grpc\]'; or use http://"):
        Client("grpc://localhost:8500", "x")


def test_rest_needs_no_tensorflow():
    program = (
        "import sys; from keras_ae.client import Client; Client('http://localhost:1', 'x')\n"
        "assert not {'tensorflow', 'keras', 'grpc'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


URL, MODEL = os.environ.get("TFSERVING_URL", ""), os.environ.get("TFSERVING_MODEL", "")
ON_A_SERVER = pytest.mark.skipif(
    not (URL and MODEL), reason="TFSERVING_URL and TFSERVING_MODEL name no server's REST port and model"
)


@pytest.fixture
def real():
    """A model on the server that the environment names, in batches as large as are asked for."""
    with Client(URL, MODEL, batch=64) as client:
        yield client


@ON_A_SERVER
def test_a_real_server_tells_a_models_signatures_and_state(real):
    assert "AVAILABLE" in real.status().values()
    assert real.tensors()["inputs"]
    for signature in real.metadata().values():
        for specs in signature.values():
            assert all(spec["shape"][0] is None for spec in specs.values())


def zeros(tensors, count):
    return {
        name: np.zeros([count, *(size or 1 for size in spec["shape"][1:])], spec["dtype"])
        for name, spec in tensors["inputs"].items()
    }


@ON_A_SERVER
@pytest.mark.parametrize("count", [1, 7, 64])
def test_a_real_server_answers_zeros_alike_in_any_batch(real, count):
    tensors = real.tensors()
    one = real.predict(zeros(tensors, 1))
    for name, array in real.predict(zeros(tensors, count)).items():
        assert array.dtype == tensors["outputs"][name]["dtype"]
        np.testing.assert_allclose(array, np.repeat(one[name], count, axis=0), rtol=1e-4, atol=1e-5)


@ON_A_SERVER
def test_a_real_server_refuses_a_wrong_shape(real):
    tensors = real.tensors()
    given = zeros(tensors, 2)
    name = next(name for name, array in given.items() if array.ndim > 1)
    given[name] = np.concatenate([given[name]] * 2, axis=-1)
    with pytest.raises(InputError, match=f"expected {name} of shape"):
        real.predict(given)
    with pytest.raises(InputError, match=f"refused the request to {MODEL}"):  # in the server's own words
        real._transport.predict(given, tensors["outputs"])


def test_a_password_in_an_address_is_not_told():
    client = Client("http://me:word@127.0.0.1:1", "tiny_encoder", retries=0)
    with client, pytest.raises(ConnectionError, match=r"^http://127.0.0.1:1 did not answer") as caught:
        client.predict(np.zeros((1, 4)))
    assert "word" not in str(caught.value)
