"""A trained recipe in memory: its data, its heads, and their outputs for the data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.data.scaling import Scaler
from keras_ae.data.sources.local import local
from keras_ae.data.types import Data
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, in_batches, inference_batch
from keras_ae.metrics.uncertainty import caution, validation_caution
from keras_ae.recipe import Recipe
from keras_ae.runs.checkpoint import read_state

__all__ = ["MOST_FITTED", "Run", "load_data", "outputs_of"]

LOG = logging.getLogger(__name__)

MOST_FITTED = 10_000
"""Training examples whose codes a sampler is fitted to."""


@dataclass(frozen=True, eq=False)
class Run:
    """A trained recipe.

    Attributes:
        recipe: The recipe.
        directory: The folder of its checkpoint, its TensorBoard events and its artifacts.
        data: The data, as returned by the task's `prepare`.
        heads: The trained heads.
        history: The logs of each epoch, and the seconds it took, by the names in `recipes/README.md`.
    """

    recipe: Recipe
    directory: Path
    data: Data
    heads: Heads
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the row of the model in tables: its recipe's."""
        return self.recipe.name or "model"

    @property
    def latent_dim(self) -> int:
        """Size of a code."""
        return self.heads.latent_dim

    @cached_property
    def paired(self) -> PairedData:
        """The data as the recipe's task pairs them."""
        return PairedData(self.data, self.recipe.task, self.recipe.seed, self.recipe.augment)

    @property
    def caution(self) -> str:
        """A line about test metrics that rest on few examples; "" if there are enough."""
        return caution(self.recipe.task.tested(self.data))

    @property
    def validation_caution(self) -> str:
        """A line about the best epoch, or validation losses, of few examples; "" if there are enough."""
        return validation_caution(len(self.data.validation), self.recipe.checkpoint == "best")

    @property
    def stages(self) -> dict[str, list[dict[str, float]]]:
        """The histories of the stages before the training of the whole, by the stage's name."""
        files = sorted((self.directory / "checkpoint").glob("*/state.json"))
        return {file.parent.name: read_state(file.parent)["history"] for file in files}

    @cached_property
    def sampler(self) -> keras.Model | None:
        """The variant's sampler, fitted to training codes; None if it does not generate."""
        sampler = self.recipe.variant.sampler
        if sampler is None:
            return None
        return sampler.fit(self.heads, self.encode(self.data.train.thin(MOST_FITTED)))

    @cached_property
    def served_heads(self) -> tuple[ServedHead, ...]:
        """The heads that the task serves beside the variant's own."""
        variant = self.recipe.variant
        return self.recipe.task.served_heads(
            TrainedHeads(self.heads, self.data, variant.reach, variant.multiple)
        )

    def encode(self, split: Split) -> dict[str, np.ndarray]:
        """The encoder's outputs for the examples of a split, uncorrupted.

        Args:
            split: A split of the data, or a part of one.

        Returns:
            Outputs (n, ...) by name. Of a network with skips it is the code alone, averaged over all
            positions, of examples as the task pairs them.
        """
        if self.heads.takes_code_alone:
            return outputs_of(self.heads.encoder, split, self.data.classes)
        batches = PairedData(self.data, self.recipe.task).held_back_batches(split)
        codes = [apply(self.heads.encoder, tensors)["code"] for tensors, _ in batches]
        return {
            "code": np.concatenate([np.mean(code, axis=tuple(range(1, code.ndim - 1))) for code in codes])
        }


def load_data(recipe: Recipe, report: Callable[[str], None] = print, scaler: Scaler | None = None) -> Data:
    """The recipe's data as its task prepares them.

    Args:
        recipe: The recipe.
        report: Called with each note about the data.
        scaler: That of a trained model, as whose training data they are read; None to train on them.

    Returns:
        The data.

    Raises:
        InputError: If the data cannot be loaded, or the task cannot use them.
    """
    LOG.info("loading the data: %s", type(recipe.data).__name__)
    here = local(recipe.data)
    loaded = here.load() if scaler is None else here.load_like(scaler)
    data = recipe.task.prepare(loaded)
    for note in (*data.notes, data.overview):
        report(note)
    return data


def outputs_of(model: keras.Model, split: Split, classes: int) -> dict[str, np.ndarray]:
    """The outputs of a model for the examples of a split, uncorrupted.

    Args:
        model: A model that takes what heads take.
        split: The examples.
        classes: Classes of a condition that the model takes; 0 if it takes none.

    Returns:
        Outputs (n, ...) by name.
    """
    return in_batches(
        lambda rows: apply(model, head_inputs(split.take(rows), classes)),
        len(split),
        inference_batch(split.shape),
    )
