"""The head that predicts, on a server or in this process, with the same interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.errors import InputError
from keras_ae.imaging.deep import FullScale
from keras_ae.imaging.fitting import CROP
from keras_ae.serving.versions import is_version

if TYPE_CHECKING:
    from keras_ae.client import Client
    from keras_ae.formats import Format
    from keras_ae.serving.exported import ExportedHead, Signature

__all__ = ["IMAGES", "Predictor", "open_predictor"]

IMAGES = "image_bytes"
"""The signature of encoded images, and its input."""


class Predictor:
    """A signature of a head, called with arrays by name.

    Attributes:
        domain: The domain of the data that the head was trained on; None if it is not known.
        data: What the head's card says of that data; empty if there is no card.
        image_shape: (height, width, channels) of the images that the head takes; None for any size, and where
            it is not known.
        full_scale: What stands for white in images of more than 8 bits a channel; None if it is not known.
        fit: How images are brought to that shape.
        pages: Which frames of a file are images, as `Images` has it.
        format: How files of examples are read and written, for a head of other examples than images and
            arrays; None for these, and where it is not known.
    """

    domain: str | None = None
    data: Mapping[str, Any] = {}
    image_shape: tuple[int, ...] | None = None
    full_scale: FullScale | None = None
    fit: str = CROP
    pages: str | None = None
    format: Format | None = None

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
        if self.domain is not None:
            from keras_ae.formats import files_of
            from keras_ae.formats.images import images_of
            from keras_ae.serving.exported import DEFAULT_SIGNATURE

            self.data = head.card.get("data", {})
            images = images_of(self.data)
            self.full_scale, self.pages, self.fit = images.full_scale, images.pages, images.fit
            inputs = signature.tensors()["inputs"]
            if signature.name == DEFAULT_SIGNATURE and [*inputs] == ["inputs"]:
                self.format = files_of(self.data, inputs["inputs"]["shape"][1:])
        self.image_shape = _image_shape(head)

    def tensors(self) -> dict[str, dict]:
        return self.signature.tensors()

    def predict(self, inputs: Mapping[str, np.ndarray] | Any) -> dict[str, np.ndarray]:
        return self.signature.predict(inputs, self.batch)


def _image_shape(head):
    """The shape of the images that a head takes as arrays; None for any size."""
    default = head.loaded.signatures.get("serving_default")
    spec = None if default is None else default.structured_input_signature[1].get("inputs")
    shape = () if spec is None else tuple(spec.shape[1:])
    return shape if len(shape) == 3 and None not in shape and shape[-1] in (1, 3) else None


def _takes_files(head):
    """Whether a head takes examples in their own units that are read from files of a format of their own."""
    from keras_ae.formats import files_of

    inputs = head.card.get("signatures", {}).get("serving_default", {}).get("inputs", {})
    data = head.card.get("data", {})
    return [*inputs] == ["inputs"] and files_of(data, inputs["inputs"]["shape"][1:]) is not None


def _takes_no_images(head, request):
    """The error for images to a head of arrays, with those heads of the model that take images."""
    from keras_ae.serving.exported import ExportedHead

    cards = {
        folder.parent.name: ExportedHead(folder).card
        for folder in sorted((request.models / request.model).glob("*/*"))
        if is_version(folder)
    }
    inputs = {name: card.get("signatures", {}).get(IMAGES, {}).get("inputs") for name, card in cards.items()}
    others = [f"--head {name}" for name, each in inputs.items() if each and [*each] == [IMAGES]]
    remedies = [f"for images: {', or '.join(others)}"] if others else []
    if any(each and len(each) > 1 for each in inputs.values()):
        remedies.append(f"for images with masks: keras-ae restore {request.model} IMAGE --mask MASK")
    there = [", ".join(sorted(head.loaded.signatures))]
    return InputError(f"{head.name} has no signature {IMAGES!r}; it has {'; '.join(there + remedies)}")


@contextmanager
def open_predictor(request: PredictionRequest, signature: str) -> Iterator[Predictor]:
    """Opens the head that a request names. TensorFlow is imported only for one that runs here.

    Args:
        request: The request.
        signature: The signature to call where the request names none.

    Yields:
        The head.

    Raises:
        InputError: There is no such model, head, version, label or signature.
    """
    signature = request.signature or signature
    if request.url is None:
        from keras_ae.serving.exported import DEFAULT_SIGNATURE, open_head

        head = open_head(request.models, request.model, request.head, request.version, request.label)
        if signature == IMAGES and not request.signature and IMAGES not in head.loaded.signatures:
            if not _takes_files(head):
                raise _takes_no_images(head, request)
            signature = DEFAULT_SIGNATURE
        yield LocalPredictor(head, head.signature(signature), request.batch)
        return
    from keras_ae.client import Client

    name = f"{request.model}_{request.head}"
    client = Client(
        request.url,
        name,
        request.label,
        request.version,
        signature,
        timeout=request.timeout,
        batch=request.batch,
    )
    with client:
        yield RemotePredictor(client)
