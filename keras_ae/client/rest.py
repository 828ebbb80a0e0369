"""A client's requests over REST, in columns."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.util import Retry

from keras_ae.client.errors import FIRST_WAIT, HINT, LONGEST_WAIT, failed, refused, too_slow

BUSY = (429, 502, 503, 504)
"""What REST answers when the same request may do better a little later."""


class Rest:
    """What a client asks for, over REST, in columns."""

    def __init__(self, client):
        self.client = client
        place = "" if client.label is None else f"/labels/{quote(client.label, safe='')}"
        place = place if client.version is None else f"/versions/{client.version}"
        self.url = f"{client.url.rstrip('/')}/v1/models/{quote(client.model, safe='')}{place}"
        tries = _Tries(
            total=client.retries,
            allowed_methods=None,  # heads hold no state, so that POST may be repeated too
            status_forcelist=BUSY,
            backoff_factor=FIRST_WAIT,
            backoff_max=LONGEST_WAIT,
            retry_after_max=LONGEST_WAIT,
            raise_on_status=False,
        )
        self.session = requests.Session()
        self.close = self.session.close
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=tries))

    def signatures(self):
        return self._ask("/metadata")["metadata"]["signature_def"]["signature_def"]

    def status(self):
        states = self._ask("")["model_version_status"]
        return [(each["version"], each["state"], each["status"]["error_message"]) for each in states]

    def predict(self, arrays, outputs):
        inputs = {name: _as_json(array) for name, array in arrays.items()}
        answer = self._ask(":predict", {"signature_name": self.client.signature, "inputs": inputs})["outputs"]
        answer = answer if len(outputs) > 1 else {next(iter(outputs)): answer}  # a single output comes bare
        return {name: _from_json(answer[name], spec["dtype"]) for name, spec in outputs.items()}

    def _ask(self, what, body=None):
        """The answer to GET, or to POST where there is a body; NaN and Infinity stand in both as they are."""
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        headers, timeout = {"Content-Type": "application/json"}, self.client.timeout
        try:
            answer = self.session.request(
                method, self.url + what, data=data, headers=headers, timeout=timeout
            )
        except requests.Timeout as error:
            raise too_slow(self.client) from error
        except requests.RequestException as error:
            raise failed(self.client, str(error).rpartition(": ")[2].rstrip(")'\"") + HINT) from error
        try:
            content = json.loads(answer.content)
            fault = "" if answer.ok else f"{answer.status_code}, {content['error']}"
        except (ValueError, TypeError, KeyError) as error:
            raise failed(self.client, f"{answer.status_code}, not in TF Serving's form{HINT}") from error
        if answer.status_code == 504:
            raise too_slow(self.client)
        if fault:
            is_busy = answer.status_code in BUSY or answer.status_code >= 500
            raise (failed if is_busy else refused)(self.client, fault)
        return content


class _Tries(Retry):
    """Repeats, but none of what took too long: a busy server would only have the same work again."""

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
