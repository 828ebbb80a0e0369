"""The head that predicts, on a server or in this process, with the same interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.addresses import with_secrets
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.apps.prediction.source import Source, refusal
from keras_ae.formats.inputs import DEFAULT_SIGNATURE

if TYPE_CHECKING:
    from keras_ae.client import Client
    from keras_ae.serving.exported import ExportedHead, Signature

__all__ = ["Predictor", "open_predictor"]


class Predictor:
    """A signature of a head, called with arrays by name.

    Attributes:
        domain: The domain of the data that the head was trained on; None if it is not known.
        data: What the head's card says of that data; empty if there is no card.
        example_shape: The shape of an example as an array, None along an axis of any length; () where it is
            not known.
    """

    domain: str | None = None
    data: Mapping[str, Any] = {}
    example_shape: tuple[int | None, ...] = ()

    @property
    def columns(self) -> Mapping[str, str]:
        """A table's columns by their names in the signature, as the card has them; empty if it has none."""
        return self.data.get("columns", {})

    def tensors(self) -> dict[str, dict]:
        """The inputs and outputs of the signature.

        Returns:
            {"inputs": {name: {"shape", "dtype"}}, "outputs": ...}; None in a shape stands for any size.
        """
        raise NotImplementedError

    def predict(self, inputs: Any) -> dict[str, np.ndarray]:
        """Runs the signature in batches.

        Args:
            inputs: Arrays by name; one array, or a list of strings of bytes, will do for one input.

        Returns:
            The outputs by name, a row for each row of the inputs.

        Raises:
            InputError: The inputs do not fit the signature, or the head refuses them.
        """
        raise NotImplementedError


class RemotePredictor(Predictor):
    """A head on a server."""

    def __init__(self, client: Client):
        self.client = client

    def tensors(self) -> dict[str, dict]:
        return self.client.tensors()

    def predict(self, inputs: Mapping[str, np.ndarray] | Any) -> dict[str, np.ndarray]:
        return self.client.predict(inputs)


class LocalPredictor(Predictor):
    """An exported head that runs in this process."""

    def __init__(self, head: ExportedHead, signature: Signature, batch: int):
        self.signature, self.batch, self.domain = signature, batch, head.domain
        self.data = {} if self.domain is None else head.card.get("data", {})
        self.example_shape = _example_shape(head)

    def tensors(self) -> dict[str, dict]:
        return self.signature.tensors()

    def predict(self, inputs: Mapping[str, np.ndarray] | Any) -> dict[str, np.ndarray]:
        return self.signature.predict(inputs, self.batch)


def _example_shape(head):
    """The shape of an example as an array, by the signature that takes one; () where none does."""
    default = head.loaded.signatures.get(DEFAULT_SIGNATURE)
    spec = None if default is None else default.structured_input_signature[1].get("inputs")
    return () if spec is None else tuple(spec.shape[1:])


@contextmanager
def open_predictor(request: PredictionRequest, source: Source) -> Iterator[Predictor]:
    """Opens the head that a request names. TensorFlow is imported only for one that runs here.

    Args:
        request: The request.
        source: What it reads.

    Yields:
        The head.

    Raises:
        InputError: There is no such model, head, version, label or signature.
    """
    signature = request.signature or source.signature
    if request.url is None:
        from keras_ae.serving.exported import open_head

        head = open_head(request.models, request.model, request.head, request.version, request.label)
        there = sorted(head.loaded.signatures)
        if source.file is None and not request.signature and signature not in there:
            lacks = f"{head.name} has no signature {signature!r}; it has {', '.join(there)}"
            raise refusal(request, source.format, lacks)
        yield LocalPredictor(head, head.signature(signature), request.batch)
        return
    from keras_ae.client import Client

    name = f"{request.model}_{request.head}"
    client = Client(
        with_secrets(request.url),
        name,
        request.label,
        request.version,
        signature,
        timeout=request.timeout,
        batch=request.batch,
    )
    with client:
        yield RemotePredictor(client)
