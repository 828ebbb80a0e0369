"""An exported head: its version's folder, card and signatures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.client.rows import in_batches
from keras_ae.errors import InputError
from keras_ae.files import check_format
from keras_ae.formats import from_json
from keras_ae.names import nearby
from keras_ae.serving.versions import CARD_FILE, find_version, recipe_of, served_name

__all__ = ["CARD_FILE", "DEFAULT_SIGNATURE", "ExportedHead", "Signature", "brief", "open_head"]

DEFAULT_SIGNATURE = "serving_default"
"""The signature that takes and gives arrays; TF Serving falls back on it too."""


@dataclass(frozen=True, eq=False)
class Signature:
    """A signature of a loaded head, called with arrays as a `Client` is.

    Attributes:
        head: The head that it belongs to, as TF Serving names it.
        name: Its name, such as "serving_default".
        function: The signature as loaded by TensorFlow.
        loaded: The SavedModel, which keeps the variables alive.
    """

    head: str
    name: str
    function: Any
    loaded: Any

    @property
    def inputs(self) -> dict[str, tf.TensorSpec]:
        """The specs of the inputs by name, the batch axis first."""
        return self.function.structured_input_signature[1]

    @property
    def outputs(self) -> dict[str, tf.TensorSpec]:
        """The specs of the outputs by name, the batch axis first."""
        return self.function.structured_outputs

    def tensors(self) -> dict[str, dict]:
        """The inputs and outputs as a model card describes them.

        Returns:
            {"inputs": {name: {"shape", "dtype"}}, "outputs": ...}; None in a shape stands for any size.
        """
        return {
            side: _described(specs) for side, specs in (("inputs", self.inputs), ("outputs", self.outputs))
        }

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Runs the signature once.

        Args:
            inputs: Arrays by name, examples along the first axis.

        Returns:
            The outputs by name.

        Raises:
            InputError: If the graph refuses the values; the text is TensorFlow's message in one line.
        """
        tensors = {name: tf.constant(value, self.inputs[name].dtype) for name, value in inputs.items()}
        try:
            return {name: value.numpy() for name, value in self.function(**tensors).items()}
        except tf.errors.OpError as error:
            raise InputError(brief(error)) from error

    def predict(
        self, inputs: Mapping[str, np.ndarray] | np.ndarray | Sequence[bytes], batch: int = 64
    ) -> dict[str, np.ndarray]:
        """Runs the signature in batches, as `Client.predict` does on a server.

        Args:
            inputs: Arrays by name, examples along the first axis; one array will do for one input.
            batch: Rows at a time, at most.

        Returns:
            The outputs by name, a row for each row of the inputs.

        Raises:
            InputError: If names, shapes or types are not the signature's, or the graph refuses the values.
        """
        return in_batches(self, self.tensors(), inputs, batch)


@dataclass(frozen=True, eq=False)
class ExportedHead:
    """A version of an exported head; its card and its SavedModel are read when they are needed.

    Attributes:
        folder: The version's folder, `<models>/<name>/<head>/<version>`.
    """

    folder: Path

    @property
    def model(self) -> str:
        """The name of the model that it is a head of."""
        return self.folder.parent.parent.name

    @property
    def recipe(self) -> str:
        """The name of the recipe that it was trained from."""
        return recipe_of(self.folder)

    @property
    def head(self) -> str:
        """The head's name, such as "encoder"."""
        return self.folder.parent.name

    @property
    def name(self) -> str:
        """The name that TF Serving knows the head by: `<model>_<head>`."""
        return served_name(self.folder.parent)

    @cached_property
    def card(self) -> dict[str, Any]:
        """The model card.

        Raises:
            InputError: If there is none, it cannot be read, or a newer keras_ae wrote it.
        """
        try:
            card = json.loads((self.folder / CARD_FILE).read_text(encoding="utf-8"))
            if not isinstance(card, dict):
                raise ValueError(f"it holds a {type(card).__name__}")
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.folder} has no {CARD_FILE} that can be read ({brief(error)}); export it again: "
                f"keras-ae export {self.model}"
            ) from error
        check_format(card.get("format", 0), self.folder)
        return card

    @property
    def domain(self) -> str | None:
        """The domain of the data, or None if there is no card that says it."""
        if not (self.folder / CARD_FILE).exists():
            return None
        return self.card.get("data", {}).get("domain")

    @property
    def client_facts(self) -> dict[str, Any]:
        """What programs without this package have to know of the numbers that the head takes and gives."""
        own = self.card.get("data", {}).get("format")
        return from_json(json.dumps(own)).client_facts if own else {}

    @cached_property
    def loaded(self) -> Any:
        """The SavedModel.

        Raises:
            InputError: If it is missing or cannot be loaded.
        """
        try:
            return tf.saved_model.load(str(self.folder))
        except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
            raise InputError(f"{self.folder} cannot be loaded ({brief(error)}); export it again") from error

    def signature(self, name: str = DEFAULT_SIGNATURE) -> Signature:
        """A signature of the head.

        Args:
            name: Its name.

        Returns:
            The signature, ready to be called.

        Raises:
            InputError: If the head has no such signature, or does not load.
        """
        signatures = self.loaded.signatures
        if name not in signatures:
            raise InputError(
                f"{self.name} has no signature {name!r}{nearby(name, signatures)}; it has "
                f"{', '.join(sorted(signatures)) or 'none'}"
            )
        return Signature(self.name, name, signatures[name], self.loaded)


def open_head(
    models: Path, name: str, head: str, version: int | None = None, label: str | None = None
) -> ExportedHead:
    """Finds an exported head.

    Args:
        models: The folder of all exported models.
        name: The model's name.
        head: The head's name.
        version: The version's number; otherwise the one that the label is on.
        label: A label; without one and without a version it is `stable`.

    Returns:
        The head of that version; nothing of it is loaded yet.

    Raises:
        InputError: If there is no such model, head, version or label; the message lists the existing ones.
    """
    return ExportedHead(find_version(models, name, head, version, label))


def brief(error: Exception) -> str:
    """An error's message in one line, without where in the graph TensorFlow was.

    Args:
        error: An exception.

    Returns:
        At most 300 characters; the exception's class where it has no message.
    """
    message = error.message if isinstance(error, tf.errors.OpError) else str(error)
    message = message.partition("[[{{node")[0].rpartition("<stack traces unavailable>")[2]
    return " ".join(message.split())[:300] or type(error).__name__


def _described(specs):
    return {
        name: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name}
        for name, spec in sorted(specs.items())
    }
