"""What can go wrong with a server, told alike over REST and gRPC."""

from __future__ import annotations

from keras_ae.errors import InputError

HINT = "; is the server up, and is this its port of REST (8501, http://) or of gRPC (8500, grpc://)?"
FIRST_WAIT, LONGEST_WAIT = 0.2, 60
"""Seconds between repeats, the longest whatever a server asks for."""


def refused(client, fault: str) -> InputError:
    """A server has refused a request, in its own words."""
    return InputError(f"{client.url} refused the request to {client.model}: {' '.join(fault.split())}")


def failed(client, fault: str) -> ConnectionError:
    """A server cannot be reached, or breaks."""
    return ConnectionError(f"{client.url} did not answer for {client.model}: {fault}")


def too_slow(client) -> TimeoutError:
    """A server has not answered in time."""
    return TimeoutError(
        f"{client.url} gave no answer of {client.model} in {client.timeout:g} s; "
        "send fewer rows at a time (batch) or wait longer (timeout)"
    )
