"""The connection of a client to a server, by REST or gRPC, and the errors on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.addresses import without_secrets
from keras_ae.errors import InputError

if TYPE_CHECKING:
    from keras_ae.client import Client

__all__ = ["FIRST_WAIT", "HINT", "LONGEST_WAIT", "Transport"]

HINT = "; is the server up, and is this its port of REST (8501, http://) or of gRPC (8500, grpc://)?"
"""The end of the message of an error that a wrong port may cause."""

FIRST_WAIT, LONGEST_WAIT = 0.2, 60
"""Seconds before the first repeat of a request, and the longest wait, even if a server asks for longer."""


class Transport:
    """A connection to the server of a client.

    Attributes:
        client: The client, whose address, model, version and timeout it uses.
    """

    def __init__(self, client: Client):
        self.client = client

    def signatures(self) -> Mapping[str, dict]:
        """The model's signatures by name, as the server's messages have them in JSON.

        Returns:
            {"inputs": {name: {"dtype", "tensor_shape"}}, "outputs": ...} by the signatures' names.

        Raises:
            InputError: The server refuses the request.
            ConnectionError: The server cannot be reached, or breaks.
            TimeoutError: The server is too slow.
        """
        raise NotImplementedError

    def status(self) -> Iterable[tuple[Any, str, str]]:
        """The state of each version of the model.

        Returns:
            (version, state, error message) of each.

        Raises:
            InputError, ConnectionError, TimeoutError: See `signatures`.
        """
        raise NotImplementedError

    def predict(self, arrays: Mapping[str, np.ndarray], outputs: Mapping[str, dict]) -> dict[str, np.ndarray]:
        """Sends one request.

        Args:
            arrays: The inputs by name.
            outputs: The signature's outputs, {"shape", "dtype"} by name.

        Returns:
            The outputs by name.

        Raises:
            InputError, ConnectionError, TimeoutError: See `signatures`.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Ends the connection."""
        raise NotImplementedError

    def refused(self, message: str) -> InputError:
        """The error for a request that the server refuses.

        Args:
            message: The server's message.

        Returns:
            The error, with the message in one line.
        """
        server, model = without_secrets(self.client.url), self.client.model
        return InputError(f"{server} refused the request to {model}: {' '.join(message.split())}")

    def failed(self, message: str) -> ConnectionError:
        """The error for a server that cannot be reached, or breaks.

        Args:
            message: What happened.

        Returns:
            The error.
        """
        return ConnectionError(
            f"{without_secrets(self.client.url)} did not answer for {self.client.model}: {message}"
        )

    def too_slow(self) -> TimeoutError:
        """The error for a server that has not answered in time.

        Returns:
            The error.
        """
        client = self.client
        return TimeoutError(
            f"{without_secrets(client.url)} gave no answer of {client.model} in {client.timeout:g} s; "
            "send fewer rows at a time (batch) or wait longer (timeout)"
        )
