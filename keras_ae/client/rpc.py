"""The requests of a client over gRPC."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from keras_ae.client.transport import FIRST_WAIT, HINT, LONGEST_WAIT, Transport
from keras_ae.errors import InputError
from keras_ae.extras import install_command

if TYPE_CHECKING:
    from keras_ae.client import Client

__all__ = ["Grpc"]

REFUSALS = frozenset("INVALID_ARGUMENT NOT_FOUND FAILED_PRECONDITION OUT_OF_RANGE UNAUTHENTICATED".split())
"""Status codes of requests that cannot succeed without a change."""


class Grpc(Transport):
    """A connection over gRPC; its packages are imported when it is opened."""

    def __init__(self, client: Client):
        super().__init__(client)
        try:
            import grpc
            import tensorflow as tf
            from google.protobuf.json_format import MessageToDict
            from tensorflow_serving import apis
            from tensorflow_serving.apis import model_service_pb2_grpc as models
            from tensorflow_serving.apis import prediction_service_pb2_grpc as predictions
        except ImportError as error:
            raise InputError(
                f"grpc:// needs more packages ({error}): {install_command('grpc')}; or use http:// (REST)"
            ) from error
        self.apis, self.tf = apis, tf
        self.error, self.as_dict = grpc.RpcError, MessageToDict
        policy = {
            "maxAttempts": min(5, client.retries + 1),  # gRPC allows no more
            "initialBackoff": f"{FIRST_WAIT}s",
            "maxBackoff": f"{LONGEST_WAIT}s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
        }
        config = {"methodConfig": [{"name": [{}], "retryPolicy": policy}]} if client.retries else {}
        options: list[tuple[str, Any]] = [
            (f"grpc.max_{way}_message_length", -1) for way in ("receive", "send")
        ]
        options += [("grpc.service_config", json.dumps(config))]
        self.channel = grpc.insecure_channel(urlsplit(client.url).netloc, options)
        self.models = models.ModelServiceStub(self.channel)
        self.predictions = predictions.PredictionServiceStub(self.channel)

    def close(self) -> None:
        self.channel.close()

    def signatures(self) -> Mapping[str, dict]:
        messages = self.apis.get_model_metadata_pb2
        request = messages.GetModelMetadataRequest(metadata_field=["signature_def"])
        packed = self._request(self.predictions.GetModelMetadata, request).metadata["signature_def"]
        signatures = messages.SignatureDefMap.FromString(packed.value)
        return self.as_dict(signatures, preserving_proto_field_name=True)["signature_def"]

    def status(self) -> Iterable[tuple[Any, str, str]]:
        request = self.apis.get_model_status_pb2.GetModelStatusRequest()
        for each in self._request(self.models.GetModelStatus, request).model_version_status:
            yield each.version, type(each).State.Name(each.state), each.status.error_message

    def predict(self, arrays: Mapping[str, np.ndarray], outputs: Mapping[str, dict]) -> dict[str, np.ndarray]:
        request = self.apis.predict_pb2.PredictRequest()
        request.model_spec.signature_name = self.client.signature
        for name, array in arrays.items():
            request.inputs[name].CopyFrom(self.tf.make_tensor_proto(array))
        answer = self._request(self.predictions.Predict, request).outputs
        return {name: self.tf.make_ndarray(answer[name]) for name in outputs}

    def _request(self, method, request):
        """The answer to a request for the client's model and version."""
        spec, client = request.model_spec, self.client
        spec.name = client.model
        if client.label is not None:
            spec.version_label = client.label
        if client.version is not None:
            spec.version.value = client.version
        try:
            return method(request, timeout=client.timeout)
        except self.error as error:
            code, message = error.code().name, f"{error.code().name}, {error.details()}"
        if code == "DEADLINE_EXCEEDED":
            raise self.too_slow()
        if code in REFUSALS:
            raise self.refused(message)
        raise self.failed(message + HINT * (code == "UNAVAILABLE"))
