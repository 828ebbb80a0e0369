"""A stand-in for TF Serving, for tests: exported heads answered over REST and gRPC by this process.

It follows the published rules of requests and answers (the REST API's page and the messages' definitions)
and is not the server: it loads with TensorFlow in Python, batches nothing, and words some errors its own way.
It is rather too strict than too lenient: it refuses every request that the server refuses.
"""

import base64
import contextlib
import functools
import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from keras_ae.serving import versions

STATUS = {"INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "NOT_FOUND": 404, "UNAVAILABLE": 503}
MODEL_URL = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?(:predict|/metadata|)")


class Refusal(Exception):
    """A request that the server refuses: the code's name and the message."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class StandIn:
    """A running stand-in.

    Attributes:
        models: The folder of all exported models.
        url: Its address.
        failures: How the next requests fail, in turn: over REST `failing(...)`, or None for a dropped
            connection; over gRPC the name of a code.
        delay: Seconds before each answer.
        requests: (method and path, body) of the requests so far.
    """

    models: Path
    url: str = ""
    failures: list = field(default_factory=list)
    delay: float = 0.0
    requests: list = field(default_factory=list)

    def sizes(self, name):
        """Rows of an input in each request to predict, over REST."""
        return [
            len(json.loads(body)["inputs"][name]) for path, body in self.requests if path.endswith("predict")
        ]


@functools.cache
def load(folder):
    """A version's functions, and its signatures as the server reports them."""
    message = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return tf.saved_model.load(str(folder)), dict(message.meta_graphs[0].signature_def)


def head_folder(models, name):
    return {f"{path.parent.name}_{path.name}": path for path in versions.head_folders(models)}.get(name)


def find(models, name, version=None, label=None):
    """The folder of the version that answers: the one of the number or the label, else the newest."""
    folder = head_folder(models, name)
    if label is not None:
        if folder is None or label not in versions.labels(folder):
            raise Refusal("INVALID_ARGUMENT", f"Unrecognized servable version label: {label}")
        version = versions.labels(folder)[label]
    if folder is None or (version is not None and version not in versions.versions(folder)):
        request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        raise Refusal("NOT_FOUND", f"Servable not found for request: {request}")
    return folder / str(version or versions.versions(folder)[-1])


def states(models, name, version=None):
    """(version, state) of each version of a model."""
    folder = head_folder(models, name)
    if folder is None:
        raise Refusal("NOT_FOUND", f"Could not find any versions of model {name}")
    if version is not None and version not in versions.versions(folder):
        raise Refusal("NOT_FOUND", f"Could not find version {version} of model {name}")
    newest = versions.versions(folder)[-1]
    numbers = versions.versions(folder)[::-1] if version is None else [version]
    return [(number, "AVAILABLE" if number == newest else "END") for number in numbers]


def call(folder, signature, arrays):
    """A signature's outputs by name."""
    loaded, _ = load(folder)
    try:
        outputs = loaded.signatures[signature](**{name: tf.constant(array) for name, array in arrays.items()})
    except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
        message = str(error).rpartition("<stack traces unavailable>\n")[2]  # Python's part precedes it
        raise Refusal("INVALID_ARGUMENT", message) from error
    return {name: tensor.numpy() for name, tensor in sorted(outputs.items())}


# REST


def failing(status, data=b'{"error": "told to fail"}', **headers):
    """A failure of a stand-in over REST; underscores in a header's name become dashes."""
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, data


def predict_json(folder, body):
    """The answer to the JSON of a request to predict."""
    try:
        request = json.loads(body)
    except ValueError as error:
        raise Refusal("INVALID_ARGUMENT", f"JSON Parse error: {error}") from error
    if not isinstance(request, dict):
        raise Refusal("INVALID_ARGUMENT", "JSON Value: Is not object")
    signature = request.get("signature_name", "serving_default")
    if not isinstance(signature, str):
        raise Refusal("INVALID_ARGUMENT", "'signature_name' key must be a string value.")
    _, signatures = load(folder)
    if signature not in signatures:
        raise Refusal("INVALID_ARGUMENT", f'Serving signature name: "{signature}" not found in signature def')
    types = {name: info.dtype for name, info in sorted(signatures[signature].inputs.items())}
    if ("instances" in request) == ("inputs" in request):
        raise Refusal("INVALID_ARGUMENT", "expecting only one of 'inputs' or 'instances' keys to exist")
    in_rows = "instances" in request
    read = rows if in_rows else columns
    arrays = read(request["instances" if in_rows else "inputs"], types)
    outputs = {name: written(name, array) for name, array in call(folder, signature, arrays).items()}
    if not in_rows:
        return {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}
    if len(outputs) == 1:
        return {"predictions": next(iter(outputs.values()))}
    return {
        "predictions": [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]
    }


def rows(instances, types):
    """Arrays by name of a list of instances: values of the sole input, or objects of one key an input."""
    if not isinstance(instances, list) or not instances:
        raise Refusal("INVALID_ARGUMENT", "Expecting 'instances' to be a list of at least one value")
    named = [isinstance(each, dict) and set(each) != {"b64"} for each in instances]
    if any(named) != all(named) or (len(types) > 1 and not all(named)):
        raise Refusal("INVALID_ARGUMENT", "instances is a plain list, but expecting list of objects")
    if not all(named):
        return {name: tensor(instances, kind) for name, kind in types.items()}
    for number, each in enumerate(instances):
        if set(each) != set(types):
            expected = f"keys must be equal to: {','.join(types)}"
            raise Refusal(
                "INVALID_ARGUMENT", f"Failed to process element: {number} of 'instances' list. {expected}"
            )
    return {name: tensor([each[name] for each in instances], kind) for name, kind in types.items()}


def columns(inputs, types):
    """Arrays by name of an object of one key an input, more being passed over, or of the sole input bare."""
    if not isinstance(inputs, dict) or set(inputs) == {"b64"}:
        if len(types) > 1:
            raise Refusal("INVALID_ARGUMENT", "inputs is a plain value/list, but expecting an object")
        return {name: tensor(inputs, kind) for name, kind in types.items()}
    for name in types:
        if name not in inputs:
            raise Refusal("INVALID_ARGUMENT", f"Missing named input: {name} in 'inputs' object.")
    return {name: tensor(inputs[name], kind) for name, kind in types.items()}


def tensor(value, kind):
    """An array of a type from nested lists; JSON's values are not turned from one kind into another."""
    dtype = tf.as_dtype(kind)

    def leaf(item):
        if dtype == tf.string and isinstance(item, dict) and set(item) == {"b64"}:
            return base64.b64decode(item["b64"], validate=True)
        if dtype == tf.string and isinstance(item, str):
            return item.encode()
        is_whole = type(item) is int
        if dtype.is_integer and is_whole and dtype.min <= item <= dtype.max:
            return item
        if dtype.is_floating and is_whole and abs(item) >= 2**24:
            raise Refusal(
                "INVALID_ARGUMENT", f"Cannot convert JSON value: {item} to float without loss of precision."
            )
        if dtype.is_floating and (is_whole or type(item) is float):
            return item
        name = types_pb2.DataType.Name(kind).removeprefix("DT_").lower()
        raise Refusal("INVALID_ARGUMENT", f"JSON Value: {json.dumps(item)} is not of expected type: {name}")

    def walk(item):
        return [walk(each) for each in item] if isinstance(item, list) else leaf(item)

    try:
        return np.array(walk(value), object if dtype == tf.string else dtype.as_numpy_dtype)
    except ValueError as error:
        raise Refusal("INVALID_ARGUMENT", f"Encountered list at unexpected size: {error}") from error


def written(name, array):
    """An output as JSON: floats of nine digits, bytes as an object where the name says that they are."""
    if array.dtype == np.float32:
        return np.frompyfunc(lambda number: float(f"{number:.9g}"), 1, 1)(array).tolist()
    if array.dtype != object:
        return array.tolist()
    bare = not name.endswith("_bytes")
    as_json = np.frompyfunc(
        lambda text: text.decode() if bare else {"b64": base64.b64encode(text).decode()}, 1, 1
    )
    return as_json(array).tolist()


def answer_rest(models, method, path, body):
    """The answer to a request as an object of JSON."""
    match = MODEL_URL.fullmatch(path)
    if not match or (method == "POST") != (match[4] == ":predict"):
        raise Refusal("INVALID_ARGUMENT", f"Malformed request: {method} {path}")
    name, version, label = unquote(match[1]), match[2] and int(match[2]), match[3] and unquote(match[3])
    if match[4] == "":  # a label does not narrow it
        fine = {"error_code": "OK", "error_message": ""}
        return {
            "model_version_status": [
                {"version": str(number), "state": state, "status": fine}
                for number, state in states(models, name, version)
            ]
        }
    folder = find(models, name, version, label)
    if match[4] == ":predict":
        return predict_json(folder, body)
    _, signatures = load(folder)
    described = {
        key: json_format.MessageToDict(
            each, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        for key, each in signatures.items()
    }
    spec = {"name": name, "signature_name": "", "version": folder.name}
    return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": described}}}


def response(models, method, path, body):
    """(status, headers, body) of the answer to a request."""
    try:
        return 200, {}, json.dumps(answer_rest(models, method, path, body)).encode()
    except Refusal as refusal:
        return STATUS[refusal.code], {}, json.dumps({"error": refusal.message}).encode()


@contextlib.contextmanager
def rest(models, port=0):
    """A stand-in that speaks REST."""
    running = StandIn(models)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            running.requests.append((f"{self.command} {self.path}", body))
            time.sleep(running.delay)
            failure = running.failures.pop(0) if running.failures else ()
            if failure is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            status, headers, data = failure or response(models, self.command, self.path, body)
            self.send_response(status)
            for key, value in {
                "Content-Type": "application/json",
                "Content-Length": len(data),
                **headers,
            }.items():
                self.send_header(key, str(value))
            self.end_headers()
            with contextlib.suppress(OSError):  # the client may have stopped waiting
                self.wfile.write(data)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    running.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# gRPC


@contextlib.contextmanager
def grpc(models, port=0):
    """A stand-in that speaks gRPC."""
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2
    from tensorflow_serving.apis import model_service_pb2_grpc as model_service
    from tensorflow_serving.apis import prediction_service_pb2_grpc as prediction_service

    running = StandIn(models)

    def answered(answer):
        """A method that first fails as the test demands, then answers or refuses."""

        def method(_, request, context):
            running.requests.append((type(request).__name__, request))
            time.sleep(running.delay)
            if running.failures:
                context.abort(grpc.StatusCode[running.failures.pop(0)], "told to fail")
            try:
                return answer(request)
            except Refusal as refusal:
                context.abort(grpc.StatusCode[refusal.code], refusal.message)

        return method

    def version_folder(spec):
        version = spec.version.value if spec.HasField("version") else None
        return find(models, spec.name, version, spec.version_label or None)

    def predict(request):
        folder = version_folder(request.model_spec)
        _, signatures = load(folder)
        signature = request.model_spec.signature_name or "serving_default"
        if signature not in signatures:
            raise Refusal("FAILED_PRECONDITION", f'Serving signature key "{signature}" not found.')
        if set(request.inputs) != set(signatures[signature].inputs):
            raise Refusal("INVALID_ARGUMENT", "input size does not match signature")
        arrays = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        answer = predict_pb2.PredictResponse()
        for name, array in call(folder, signature, arrays).items():
            answer.outputs[name].CopyFrom(tf.make_tensor_proto(array))
        return answer

    def metadata(request):
        folder = version_folder(request.model_spec)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, each in load(folder)[1].items():
            signatures.signature_def[name].CopyFrom(each)
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.metadata["signature_def"].Pack(signatures)
        return answer

    def status(request):
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        answer = get_model_status_pb2.GetModelStatusResponse()
        for number, state in states(models, spec.name, version):
            answer.model_version_status.add(version=number, state=state)
        return answer

    class Predictions(prediction_service.PredictionServiceServicer):
        Predict = answered(predict)
        GetModelMetadata = answered(metadata)

    class Models(model_service.ModelServiceServicer):
        GetModelStatus = answered(status)

    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    prediction_service.add_PredictionServiceServicer_to_server(Predictions(), server)
    model_service.add_ModelServiceServicer_to_server(Models(), server)
    running.url = f"grpc://127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    server.start()
    try:
        yield running
    finally:
        server.stop(None).wait()
