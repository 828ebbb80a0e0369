"""The requests of a client over REST, in columns."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.util import Retry

from keras_ae.client.transport import FIRST_WAIT, HINT, LONGEST_WAIT, Transport

if TYPE_CHECKING:
    from keras_ae.client import Client

__all__ = ["Rest"]

BUSY = (429, 502, 503, 504)
"""Statuses after which the same request may succeed a little later."""


class Rest(Transport):
    """A connection over REST. A request has a column for each input, not an object for each row."""

    def __init__(self, client: Client):
        super().__init__(client)
        version = "" if client.label is None else f"/labels/{quote(client.label, safe='')}"
        version = version if client.version is None else f"/versions/{client.version}"
        self.url = f"{client.url.rstrip('/')}/v1/models/{quote(client.model, safe='')}{version}"
        retries = _Retries(
            total=client.retries,
            allowed_methods=None,  # heads hold no state, so that POST may be repeated too
            status_forcelist=BUSY,
            backoff_factor=FIRST_WAIT,
            backoff_max=LONGEST_WAIT,
            retry_after_max=LONGEST_WAIT,
            raise_on_status=False,
        )
        self.session = requests.Session()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=retries))

    def signatures(self) -> Mapping[str, dict]:
        return self._request("/metadata")["metadata"]["signature_def"]["signature_def"]

    def close(self) -> None:
        self.session.close()

    def status(self) -> Iterable[tuple[Any, str, str]]:
        states = self._request("")["model_version_status"]
        return [(each["version"], each["state"], each["status"]["error_message"]) for each in states]

    def predict(self, arrays: Mapping[str, np.ndarray], outputs: Mapping[str, dict]) -> dict[str, np.ndarray]:
        inputs = {name: _as_json(array) for name, array in arrays.items()}
        answer = self._request(":predict", {"signature_name": self.client.signature, "inputs": inputs})[
            "outputs"
        ]
        answer = answer if len(outputs) > 1 else {next(iter(outputs)): answer}  # a single output comes bare
        return {name: _from_json(answer[name], spec["dtype"]) for name, spec in outputs.items()}

    def _request(self, path, body=None):
        """The answer to GET, or to POST where there is a body; both may hold NaN and Infinity."""
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        headers, timeout = {"Content-Type": "application/json"}, self.client.timeout
        try:
            answer = self.session.request(
                method, self.url + path, data=data, headers=headers, timeout=timeout
            )
        except requests.Timeout as error:
            raise self.too_slow() from error
        except requests.RequestException as error:
            raise self.failed(str(error).rpartition(": ")[2].rstrip(")'\"") + HINT) from error
        try:
            content = json.loads(answer.content)
            refusal = "" if answer.ok else f"{answer.status_code}, {content['error']}"
        except (ValueError, TypeError, KeyError) as error:
            raise self.failed(f"{answer.status_code}, not in TF Serving's form{HINT}") from error
        if answer.status_code == 504:
            raise self.too_slow()
        if refusal:
            is_busy = answer.status_code in BUSY or answer.status_code >= 500
            raise (self.failed if is_busy else self.refused)(refusal)
        return content


class _Retries(Retry):
    """Retries of requests, except after a timeout: a busy server would only repeat its work."""

    def increment(self, method=None, url=None, response=None, error=None, _pool=None, _stacktrace=None):
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _as_json(array):
    if array.dtype == object:
        array = np.frompyfunc(lambda text: {"b64": base64.b64encode(text).decode()}, 1, 1)(array)
    return array.tolist()


def _from_json(value, dtype):
    def plain(value):
        if isinstance(value, list):
            return [plain(item) for item in value]
        return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode()

    return np.array(plain(value), object) if dtype == "string" else np.array(value, dtype)
