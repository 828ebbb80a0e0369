"""A trained network in an estimator: what it computes of rows, and how it is stored."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.files import check_format
from keras_ae.heads import Heads, apply, inference_batch
from keras_ae.losses import on_reconstruction
from keras_ae.recipe import Recipe
from keras_ae.runs.artifacts import load_model
from keras_ae.runs.rebuild import recipe_from_settings
from keras_ae.runs.settings import settings_of
from keras_ae.sklearn.rows import Rows
from keras_ae.sklearn.table_rows import TableRows
from keras_ae.training.objective import loss_in

__all__ = ["Network", "read_facts"]

FACTS = "keras_ae.json"
"""What an estimator's file has beside the members of a Keras model."""

FURTHER = ("preprocessor", "scorer")
"""Further models in an estimator's file, each of which is a Keras model's file itself."""

LARGEST_FACTS, LARGEST = 2**26, 2**34
"""Bytes that the facts of a file, and all that it holds, may have when they are unpacked."""


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network and what rows are to it.

    Attributes:
        recipe: What it was trained by.
        heads: The trained heads.
        rows: How rows become examples.
        scorer: {"inputs"} -> {"score" (batch,)}, of an anomaly detector; None for others.
    """

    recipe: Recipe
    heads: Heads
    rows: Rows | TableRows
    scorer: keras.Model | None = None

    @property
    def code_shape(self) -> tuple[int | None, ...]:
        """The shape of one code."""
        return self.heads.code_shape

    def encode(self, X: Any) -> np.ndarray:
        """The codes of rows.

        Args:
            X: (n, ...), as `rows` takes them.

        Returns:
            (n, numbers of a code), float32.
        """
        return self._in_batches(self._encode, X)

    def decode(self, codes: np.ndarray) -> Any:
        """The rows of codes.

        Args:
            codes: (n, numbers of a code).

        Returns:
            (n, ...), as `rows` gives them.
        """
        shape = tuple(size or 1 for size in self.code_shape)
        kind = self.heads.decoder.get_layer("code").output.dtype
        each = codes.reshape(len(codes), *shape).astype(kind)
        size = inference_batch(shape)
        parts = [
            np.asarray(self.heads.decode({"code": tf.constant(each[start : start + size])})["reconstruction"])
            for start in range(0, len(each), size)
        ]
        return self.rows.inverse_transform(np.concatenate(parts))

    def losses(self, X: Any) -> np.ndarray:
        """The reconstruction losses of rows.

        Args:
            X: (n, ...), as `rows` takes them.

        Returns:
            (n,), float64: the loss that the recipe names, or else that of the domain of the values.
        """
        return self._in_batches(self._losses, X).astype(np.float64)

    def scores(self, X: Any) -> np.ndarray:
        """The anomaly scores of rows.

        Args:
            X: (n, ...), as `rows` takes them.

        Returns:
            (n,), float64.
        """
        return self._in_batches(self._scores, X).astype(np.float64)

    def _in_batches(self, run: Callable, X: Any) -> np.ndarray:
        size = inference_batch(self.rows.shape)
        parts = [
            run(tf.convert_to_tensor(self.rows.transform(X[start : start + size])))
            for start in range(0, len(X), size)
        ]
        return np.concatenate([part.numpy() for part in parts])

    def _compiled(self, function: Callable) -> Callable:
        spec = tf.TensorSpec((None, *self.rows.shape), tf.float32)
        # TensorFlow warns of functions that each estimator has traced anew
        return tf.function(function, input_signature=[spec], autograph=False).get_concrete_function()

    @cached_property
    def _encode(self) -> Callable:
        def encode(inputs):
            code = apply(self.heads.encoder, {"inputs": inputs})["code"]
            return tf.cast(tf.reshape(code, (tf.shape(inputs)[0], -1)), tf.float32)

        return self._compiled(encode)

    @cached_property
    def _losses(self) -> Callable:
        recipe = self.recipe
        # a likelihood is not comparable between variants
        loss = on_reconstruction(self.rows.domain.loss)
        if recipe.variant.likelihood is None:
            loss = loss_in(recipe, self.rows.domain)

        def losses(inputs):
            encoded = apply(self.heads.encoder, {"inputs": inputs})
            return loss(inputs, self.heads.decode({"inputs": inputs, **encoded}))

        return self._compiled(losses)

    @cached_property
    def _scores(self) -> Callable:
        scorer = self.scorer
        assert scorer is not None  # of a detector
        return self._compiled(lambda inputs: apply(scorer, {"inputs": inputs})["score"])

    def to_bytes(self, further: Mapping[str, Any]) -> bytes:
        """The content of a `.keras` file with what the estimator needs beside the autoencoder.

        Args:
            further: Further facts, as JSON has them.

        Returns:
            The content. Keras loads it as the autoencoder, on values as the network takes them.
        """
        models = {"preprocessor": self.rows.scaler.preprocessor, "scorer": self.scorer}
        facts = {
            "format": 1,
            "settings": settings_of(self.recipe),
            "rows": self.rows.facts(),
            "is_table": isinstance(self.rows, TableRows),
            **further,
        }
        with TemporaryDirectory() as folder:
            file = Path(folder, "autoencoder.keras")
            self.heads.end_to_end.save(file)
            with zipfile.ZipFile(file, "a") as archive:
                archive.writestr(FACTS, json.dumps(facts))
                for name, model in models.items():
                    if model is not None:
                        own = Path(folder, f"{name}.keras")
                        (model if isinstance(model, keras.Model) else model.model).save(own)
                        archive.write(own, own.name)
            return file.read_bytes()

    @classmethod
    def from_bytes(cls, content: bytes, recipe: Recipe | None = None) -> Network:
        """A network from the content of a file; no code of the file is run.

        Args:
            content: What `to_bytes` gave.
            recipe: The recipe; None for that of the file.

        Returns:
            The network.
        """
        facts, models = read_facts(content), {}
        with TemporaryDirectory() as folder:
            file = Path(folder, "autoencoder.keras")
            file.write_bytes(content)
            with zipfile.ZipFile(file) as archive:
                for name in FURTHER:
                    own = Path(folder, f"{name}.keras")
                    if own.name in archive.namelist():
                        archive.extract(own.name, folder)
                    models[name] = load_model(own)
            heads = Heads.of(load_model(file))
        rows: Rows | TableRows
        if facts["is_table"]:
            rows = TableRows.from_facts(facts["rows"], models["preprocessor"])
        else:
            rows = Rows.from_facts(facts["rows"])
        recipe = recipe or recipe_from_settings(facts["settings"])
        return cls(recipe, heads, rows, models["scorer"])

    def __reduce__(self):
        return Network.from_bytes, (self.to_bytes({}), self.recipe)


def read_facts(content: bytes, where: str = "the estimator") -> dict[str, Any]:
    """The facts in the content of a file, before anything else of it is read.

    Args:
        content: What `Network.to_bytes` gave.
        where: What it is called in a message.

    Returns:
        The facts.

    Raises:
        InputError: For any other content.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if sizes.get(FACTS, LARGEST_FACTS) >= LARGEST_FACTS or sum(sizes.values()) > LARGEST:
                raise ValueError(f"it holds no {FACTS} of the estimators")
            facts = dict(json.loads(archive.read(FACTS)))
    except (zipfile.BadZipFile, OSError, ValueError, TypeError, EOFError, NotImplementedError) as error:
        raise InputError(
            f"expected a file that an estimator's save wrote; {where} is none "
            f"({' '.join(str(error).split())[:120]}); name another file"
        ) from error
    check_format(facts.get("format"), Path(where))
    return facts
