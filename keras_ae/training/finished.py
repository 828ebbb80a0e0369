"""A trained model in the hands of a Python program: codes, reconstructions, metrics, export."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_ae.data.examples import Split
from keras_ae.data.scaling import Scaler
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats.rows import Rows
from keras_ae.heads import Heads, ServableHeads, Spec, in_batches, inference_batch
from keras_ae.model_names import check_model_name
from keras_ae.recipe import Recipe
from keras_ae.runs import evaluation
from keras_ae.runs.artifacts import WEIGHTS_FILE
from keras_ae.runs.card import read_card
from keras_ae.runs.folders import model_name, recipe_of
from keras_ae.runs.load import load_run
from keras_ae.runs.plan import plan_for, read_plan
from keras_ae.runs.rebuild import rebuilt_recipe
from keras_ae.runs.run import Run
from keras_ae.serving.boundary import NumPyBoundary, ServedSignature
from keras_ae.serving.exported import DEFAULT_SIGNATURE
from keras_ae.serving.signatures import head_signatures
from keras_ae.training.complete import export_run
from keras_ae.training.inputs import head_arrays, like_inputs
from keras_ae.training.refitting import refitted
from keras_ae.training.train import trainer_for
from keras_ae.training.trainer import Trainer
from keras_ae.training.words import words_of_python

__all__ = ["FinishedRun"]


class FinishedRun:
    """A finished run: its heads take and give values in the data's own units.

    Arrays and data frames go in as they were trained on: bytes for bytes, words for words. A data frame keeps
    its index.

    Attributes:
        directory: The run's folder.
        history: The logs of the epochs by name, as Keras's `History.history`: "loss", "reconstruction" and
            the variant's terms, such as "kl"; the same of the validation examples with "val_" before them;
            "val_selection", what selects the best epoch, where that is not "val_loss"; and "seconds".
        label_names: The meaning of the labels 0, 1, ...; empty if they stand for themselves.
    """

    def __init__(
        self,
        directory: Path,
        servable: ServableHeads,
        history: list[dict[str, float]],
        label_names: tuple[str, ...] = (),
        recipe: Recipe | None = None,
        run: Run | None = None,
    ) -> None:
        self.directory = directory
        names = dict.fromkeys(name for epoch in history for name in epoch)
        self.history = {name: [epoch[name] for epoch in history if name in epoch] for name in names}
        self.label_names = label_names
        self._servable, self._recipe, self._run = servable, recipe, run

    def __repr__(self) -> str:
        return f"<{self.name} in {self.directory}: {len(self.history.get('loss', ()))} epochs>"

    @property
    def name(self) -> str:
        """The name of the model, under which heads are exported."""
        name = model_name(self.directory)
        if name is not None:
            return name
        recipe = self._recipe
        return recipe.name if recipe is not None else str(read_card(self.directory)["recipe"]["name"])

    @property
    def recipe(self) -> Recipe:
        """The recipe that the run was trained with.

        Raises:
            InputError: If its folder names classes that are not this package's.
        """
        return rebuilt_recipe(self.directory) if self._recipe is None else self._recipe

    @property
    def heads(self) -> Heads:
        """The Keras models, which take and give values as the network has them; see `scaler`."""
        return self._servable.heads

    @property
    def scaler(self) -> Scaler:
        """The scaler between the data's own units and the values that the Keras models take."""
        return self._servable.scaler

    @property
    def metrics(self) -> dict[str, float]:
        """The test metrics that the model card has."""
        return dict(read_card(self.directory)["metrics"])

    def encode(self, x: Any, y: Any = None) -> Any:
        """Computes the codes of examples.

        Args:
            x: (n, ...), an array or a data frame, in the data's own units.
            y: (n,), labels, for a conditional model alone.

        Returns:
            (n, latent_dim), or as the variant has its codes; for a data frame a data frame of its index.

        Raises:
            InputError: For examples that are not like those of the training.
        """
        return self._with_index(self.predict(x, "encoder", y)["code"], x, "code")

    def decode(self, code: Any, y: Any = None) -> Any:
        """Computes the examples of codes.

        Args:
            code: (n, ...), codes as `encode` gives them.
            y: (n,), labels, for a conditional model alone.

        Returns:
            (n, ...), in the data's own units, classes as whole numbers; of a table a data frame.

        Raises:
            InputError: For codes of another shape, and for a decoder that needs more than a code.
        """
        if not self.heads.takes_code_alone:
            raise InputError("this decoder needs more than a code, the inputs too; use reconstruct(x)")
        outputs = self.predict({"code": np.asarray(code)}, "decoder", y)
        return self._original(outputs, code if isinstance(code, pd.DataFrame) else None)

    def reconstruct(self, x: Any, y: Any = None) -> Any:
        """Computes the reconstructions of examples: of a denoiser the clean ones, and so on.

        Args:
            x: (n, ...), an array or a data frame, in the data's own units.
            y: (n,), labels, for a conditional model alone.

        Returns:
            (n, ...), in the data's own units, bytes for bytes and classes as whole numbers; of a table a data
            frame of the columns that were trained on.

        Raises:
            InputError: For examples that are not like those of the training.
        """
        outputs = self.predict(x, "autoencoder", y)
        original = self._original(outputs, x if isinstance(x, pd.DataFrame) else None)
        return original if isinstance(original, pd.DataFrame) else like_inputs(original, x, self.scaler)

    def predict(self, x: Any, head: str = "autoencoder", y: Any = None) -> dict[str, np.ndarray]:
        """Computes all outputs of a head, as TF Serving gives them.

        Args:
            x: (n, ...), an array or a data frame, in the data's own units; or a dict of inputs by name.
            head: The head: "encoder", "decoder", "autoencoder", or a further one, such as "detector".
            y: (n,), labels, for a conditional model alone.

        Returns:
            The outputs (n, ...) by name.

        Raises:
            InputError: For an unknown head, and for examples that are not like those of the training.
        """
        if head not in self._signatures:
            raise InputError(f"expected a head of {', '.join(self._signatures)}; received {head!r}")
        signature = self._signatures[head]
        arrays = self._arrays(x, y, signature.inputs)
        count = len(next(iter(arrays.values())))
        size = min(inference_batch(tuple(value.shape[1:])) for value in arrays.values())
        return in_batches(
            lambda rows: signature.run({name: value[rows] for name, value in arrays.items()}), count, size
        )

    def evaluate(self, x: Any = None, y: Any = None) -> dict[str, dict[str, float]]:
        """Computes metrics, on the test split of the run's own data or on other examples.

        Args:
            x: (n, ...), examples in the data's own units; None for the test split of the data.
            y: (n,), their labels, where the data had some.

        Returns:
            Metrics by row and name. On the data's own test split the baselines have rows too, and the model's
            is the last; on `x` there is the model's row alone.

        Raises:
            InputError: If the data cannot be loaded, or for examples that no metric is defined on.
        """
        if x is None:
            if y is not None:
                raise InputError("expected labels with examples, evaluate(x, y); received labels alone")
            with words_of_python():
                run = self._run or refitted(load_run(self.recipe, self.directory, lambda line: None))
                return evaluation.evaluate(run)
        data = self._test_data(x, y)
        run = Run(self.recipe, self.directory, data, self._trained_heads())
        row = evaluation.model_row(run)
        if not row:
            raise InputError(
                f"{type(self.recipe.task).__name__} has no metric of single reconstructions; call "
                f"evaluate() for the data's own test split, or predict(x, {list(self._signatures)[-1]!r})"
            )
        return {run.name: row}

    def export(
        self, models: str | os.PathLike = "saved_models", keep: int | None = None, name: str | None = None
    ) -> dict[str, Path]:
        """Exports the heads for TF Serving, as the next version.

        Args:
            models: The folder of all exported models.
            keep: Number of newest versions of each head to keep; None keeps all.
            name: The name to export them under; None for the run's.

        Returns:
            The folder of each head's new version, by the head's name.

        Raises:
            InputError: If the folder cannot be written, the name is none that a model may have, or the heads
                were trained on by hand, which the run's folder does not know.
        """
        trainer = self.__dict__.get("trainer")
        optimizer = None if trainer is None else getattr(trainer, "optimizer", None)
        if optimizer is not None and int(optimizer.iterations):
            raise InputError(
                "the heads were trained by hand after the run, and its folder holds them as they were; "
                f"to export those: keras_ae.load({str(self.directory)!r}).export()"
            )
        with words_of_python():
            if name is not None:
                check_model_name(name, recipe_of(self.directory) or self.name, "name")
            name = name or self.name
            return export_run(self.directory, name, Path(models), keep, report=lambda line: None)

    def summary(self, report: Callable[[str], None] = print) -> None:
        """Prints the layers of the end-to-end model, and the test metrics.

        Args:
            report: Called with each line.
        """
        self.heads.end_to_end.summary(print_fn=report)
        for name, value in self.metrics.items():
            report(f"{name:24} {value:.6g}")

    @cached_property
    def trainer(self) -> Trainer:
        """The Keras model whose `compile` and `fit` train the whole objective further; see `Trainer`."""
        heads = self._trained_heads()
        self._servable = replace(self._servable, heads=heads)
        self.__dict__.pop("_signatures", None)
        count = read_card(self.directory)["data"]["examples"]["train"]
        plan = read_plan(self.directory) or plan_for(self.recipe, count)
        return trainer_for(self.recipe, heads, self._example_shape, self.scaler, plan.steps)

    def _trained_heads(self) -> Heads:
        """The heads with all that was trained, such as what samples; rebuilt for a run from its folder."""
        heads = self.heads
        if self._run is not None or self.__dict__.get("trainer") is not None:
            return heads
        inputs, targets = heads.encoder.get_layer("inputs").output, heads.end_to_end.output["reconstruction"]
        plan = read_plan(self.directory)
        spec = Spec(
            tuple(inputs.shape[1:]),
            tuple(targets.shape[1:]),
            self.scaler.domain,
            self._classes,
            0 if plan is None else plan.examples,
        )
        rebuilt = self.recipe.task.extend(self.recipe.variant.build(spec), spec)
        try:
            rebuilt.trained.load_weights(self.directory / WEIGHTS_FILE)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{self.recipe.variant} does not fit the weights in {self.directory}; give the recipe that "
                "it was trained with, load(directory, recipe=...)"
            ) from error
        return rebuilt

    def _test_data(self, x, y):
        """Examples as data, whose splits are all the same."""
        specs = dict(self._signatures["encoder"].inputs)
        if "inputs" in specs:
            shape = self._example_shape[:-1] if self.scaler.domain.one_hot else self._example_shape
            shape = (None, None, *shape[2:]) if self.heads.any_size else shape
            specs["inputs"] = tf.TensorSpec((None, *shape))
        arrays = self._arrays(x, y, specs)
        boundary = NumPyBoundary(self.heads, self.scaler)
        inputs = np.asarray(boundary.to_model(self.heads.encoder, arrays)["inputs"])
        split = Split(inputs.astype(np.float32), arrays.get("condition"))
        names = tuple(map(str, range(self._classes)))
        scaler = self.scaler
        return Data(
            "examples", split, split, split, scaler.domain, names, offset=scaler.offset, scale=scaler.scale
        )

    def _arrays(self, x, y, specs):
        """The inputs of a head by name, checked, in the data's own units."""
        inputs = self.heads.encoder.get_layer("inputs").output
        return head_arrays(
            x, y, specs, self.scaler, self._classes, self.label_names, int(inputs.shape[-1] or 0)
        )

    @property
    def _example_shape(self):
        return tuple(read_card(self.directory)["data"]["shape"])

    @cached_property
    def _signatures(self) -> Mapping[str, ServedSignature]:
        """What each head takes and gives in the data's own units."""
        boundary = NumPyBoundary(self.heads, self.scaler)
        heads = head_signatures(self._servable, boundary)
        return {name: signatures[DEFAULT_SIGNATURE] for name, signatures in heads.items()}

    @property
    def _classes(self) -> int:
        return NumPyBoundary(self.heads, self.scaler).classes

    def _original(self, outputs, frame):
        """Reconstructions as values of the data: classes, rows of a table, or numbers."""
        reconstruction = outputs.get("classes", outputs["reconstruction"])
        if self.scaler.preprocessor is None:
            return reconstruction
        if isinstance(self.scaler.format, Rows):
            columns = self.scaler.format.frame(self.scaler.inverse_transform(reconstruction))
        else:
            columns = pd.DataFrame(self.scaler.preprocessor.columns_of(reconstruction))
        return columns if frame is None else columns.set_axis(frame.index)

    def _with_index(self, values, x, name):
        """Values in a data frame of the index of another; unchanged for arrays."""
        if not isinstance(x, pd.DataFrame) or values.ndim != 2:
            return values
        return pd.DataFrame(
            values, index=x.index, columns=[f"{name}_{number}" for number in range(values.shape[1])]
        )
