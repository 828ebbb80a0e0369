"""A client of TF Serving: arrays in, arrays out, over REST (without TensorFlow) or gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from keras_ae.checked import Checked
from keras_ae.client.rest import Rest
from keras_ae.client.rows import in_batches
from keras_ae.client.rpc import Grpc
from keras_ae.client.transport import Transport
from keras_ae.errors import InputError

__all__ = ["Client"]

TYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}
"""Names of types that differ from the server's names in lower case."""


@dataclass(eq=False)
class Client(metaclass=Checked):
    """A model on a server of TF Serving, called by one of its signatures.

    Attributes:
        url: http://host:8501 or https://... for REST, grpc://host:8500 for gRPC.
        model: The name that the model is served under, `<name>_<head>`.
        label: The label of the version that answers.
        version: The number of the version that answers; without it and a label the newest that is loaded.
        signature: The signature's name.
        timeout: Seconds that the answer to a request may take, over gRPC with its repeats.
        retries: Repeats of a request that met no server or a busy one (429, 502, 503, 504), after growing
            waits or those that the server asks for; over gRPC at most 4. Requests that are refused or
            too slow are not repeated.
        batch: Maximum number of rows per request.

    Raises:
        InputError: An argument is invalid; from the methods also where the server refuses a request,
            in the server's own words.
        ConnectionError: From the methods, where the server cannot be reached or breaks.
        TimeoutError: From the methods, where the server is too slow.
    """

    url: str
    model: str
    label: str | None = None
    version: int | None = None
    signature: str = "serving_default"
    timeout: float = 60.0
    retries: int = 3
    batch: int = 64

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https", "grpc") or not parts.netloc:
            raise InputError(f"expected http://host:8501 (REST) or grpc://host:8500, received {self.url!r}")
        if self.label is not None and self.version is not None:
            raise InputError(f"expected a label or a version, received {self.label!r} and {self.version}")
        if not (self.batch >= 1 and self.retries >= 0 and self.timeout > 0):
            raise InputError(
                "expected batch of at least 1, retries of at least 0 and timeout above 0; "
                f"received {self.batch}, {self.retries} and {self.timeout}"
            )
        self._transport: Transport = (Grpc if parts.scheme == "grpc" else Rest)(self)
        self._metadata: dict[str, dict] | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def metadata(self) -> dict[str, dict]:
        """The model's signatures, requested once and then remembered.

        Returns:
            {"inputs": {name: {"shape", "dtype"}}, "outputs": ...} by the signatures' names, as in a model
            card: None in a shape where any size will do, "string" for strings of bytes.
        """
        if self._metadata is None:
            self._metadata = {
                name: {side: _tensors(signature.get(side, {})) for side in ("inputs", "outputs")}
                for name, signature in sorted(self._transport.signatures().items())
                if not name.startswith("__")  # an op that readies the model, not a signature
            }
        return self._metadata

    def tensors(self) -> dict[str, dict]:
        """The inputs and outputs of the client's signature.

        Returns:
            {"inputs": {name: {"shape", "dtype"}}, "outputs": ...}, as in `metadata`.

        Raises:
            InputError: The model has no such signature.
        """
        signatures = self.metadata()
        if self.signature not in signatures:
            raise InputError(
                f"{self.model} has no signature {self.signature!r}; it has {', '.join(signatures)}"
            )
        return signatures[self.signature]

    def status(self) -> dict[int, str]:
        """The state of each version of the model.

        Returns:
            States such as AVAILABLE or LOADING by the versions' numbers, with the error if there is one.
        """
        states = self._transport.status()
        return {int(version): f"{state}: {error}" if error else state for version, state, error in states}

    def predict(self, inputs: Mapping[str, np.ndarray] | np.ndarray) -> dict[str, np.ndarray]:
        """Sends rows to the model, in as many requests as they need.

        Args:
            inputs: Arrays by the signature's names, examples along the first axis; for a signature with
                one input the array alone will do. Strings of bytes are bytes objects.

        Returns:
            The signature's outputs by name, a row for each row of the inputs, in order.

        Raises:
            InputError: Names, shapes or types are not the signature's (before anything is sent), or the
                server refuses the request.
        """
        tensors = self.tensors()
        return in_batches(
            lambda part: self._transport.predict(part, tensors["outputs"]), tensors, inputs, self.batch
        )


def _tensors(infos):
    """A signature's inputs or outputs as a model card has them, from the server's messages as JSON."""
    tensors = {}
    for name, info in sorted(infos.items()):
        shape, kind = info.get("tensor_shape", {}), info["dtype"]
        sizes = [int(dim.get("size", 0)) for dim in shape.get("dim", [])]
        tensors[name] = {
            "shape": None if shape.get("unknown_rank") else [None if size < 0 else size for size in sizes],
            "dtype": TYPES.get(kind, kind.removeprefix("DT_").lower()),
        }
    return tensors
