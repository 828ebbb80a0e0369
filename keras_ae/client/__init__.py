"""A client of TF Serving: arrays in, arrays out, over REST (without TensorFlow) or gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from keras_ae.client.rest import Rest
from keras_ae.client.rows import in_batches
from keras_ae.client.rpc import Grpc
from keras_ae.errors import InputError

TYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}
"""Types whose names are not the server's own in lower case."""


@dataclass(eq=False)
class Client:
    """A model on a server, by one of its signatures.

    url: http://host:8501 or https://... for REST, grpc://host:8500 for gRPC.
    model: the name it is served under, `<recipe>_<head>`.
    label, version: which version answers; without either the newest that is loaded.
    timeout: seconds that the answer to a request may take (over gRPC with its repeats).
    retries: repeats of a request that met no server or one too busy (429, 502, 503, 504), after growing
        waits or those the server asks for; over gRPC at most 4. What is refused or too slow is not repeated.
    batch: rows of a request at most.

    What fails raises InputError for what a server refuses, in its own words; ConnectionError for one that
    cannot be reached or breaks; TimeoutError for one that is too slow.
    """

    url: str
    model: str
    label: str | None = None
    version: int | None = None
    signature: str = "serving_default"
    timeout: float = 60.0
    retries: int = 3
    batch: int = 64

    def __post_init__(self):
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
        self._wire = (Grpc if parts.scheme == "grpc" else Rest)(self)
        self._metadata = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_) -> None:
        self._wire.close()

    def metadata(self) -> dict[str, dict]:
        """The signatures by name, asked for once: {"inputs": {name: {"shape", "dtype"}}, "outputs": ...}.

        As in a card: None in a shape where any number will do, "string" for strings of bytes.
        """
        if self._metadata is None:
            self._metadata = {
                name: {side: _tensors(signature.get(side, {})) for side in ("inputs", "outputs")}
                for name, signature in sorted(self._wire.signatures().items())
                if not name.startswith("__")  # an op that readies the model, not a signature
            }
        return self._metadata

    def tensors(self) -> dict[str, dict]:
        """What the signature takes and gives, as in `metadata`. Raises InputError where there is none."""
        there = self.metadata()
        if self.signature not in there:
            raise InputError(f"{self.model} has no signature {self.signature!r}; it has {', '.join(there)}")
        return there[self.signature]

    def status(self) -> dict[int, str]:
        """Each version's state, such as AVAILABLE or LOADING, with what went wrong if anything did."""
        states = self._wire.status()
        return {int(version): f"{state}: {fault}" if fault else state for version, state, fault in states}

    def predict(self, given: Mapping[str, np.ndarray] | np.ndarray) -> dict[str, np.ndarray]:
        """The signature's outputs by name, a row for each row given, in order.

        given: arrays by the signature's names, examples along the first axis; of a signature with one input
            the array alone will do. Strings of bytes are bytes objects.
        Raises InputError before anything is sent where names, shapes or types are not the signature's.
        """
        tensors = self.tensors()
        return in_batches(
            lambda part: self._wire.predict(part, tensors["outputs"]), tensors, given, self.batch
        )


def _tensors(infos):
    """A signature's inputs or outputs as a card has them, from the server's messages as JSON."""
    tensors = {}
    for name, info in sorted(infos.items()):
        shape, kind = info.get("tensor_shape", {}), info["dtype"]
        sizes = [int(dim.get("size", 0)) for dim in shape.get("dim", [])]
        tensors[name] = {
            "shape": None if shape.get("unknown_rank") else [None if size < 0 else size for size in sizes],
            "dtype": TYPES.get(kind, kind.removeprefix("DT_").lower()),
        }
    return tensors
