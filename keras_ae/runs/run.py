"""A trained recipe in memory: its data, its heads, and what they make of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from keras_ae.data.pipeline import PairedData, head_inputs
from keras_ae.data.types import Data, Split
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, in_batches, inference_batch
from keras_ae.recipe import Recipe
from keras_ae.runs.checkpoint import read_state

MOST_FITTED = 10_000
"""Training examples whose codes a sampler is fitted to."""


@dataclass(frozen=True, eq=False)
class Run:
    """A trained recipe.

    directory: where its checkpoint, its TensorBoard events and `autoencoder.keras` lie.
    history: the logs of each epoch, and the seconds it took.
    """

    recipe: Recipe
    directory: Path
    data: Data
    heads: Heads
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the model is called in tables."""
        return self.recipe.name or "model"

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        return self.heads.latent_dim

    @cached_property
    def paired(self) -> PairedData:
        """The data as the recipe's task pairs them."""
        return PairedData(self.data, self.recipe.task, self.recipe.seed)

    @property
    def stages(self) -> dict[str, list[dict[str, float]]]:
        """The histories of what was trained before the whole, by the stage's name."""
        files = sorted((self.directory / "checkpoint").glob("*/state.json"))
        return {file.parent.name: read_state(file.parent)["history"] for file in files}

    @cached_property
    def sampler(self) -> keras.Model | None:
        """The variant's sampler, fitted to training codes; None where it does not generate."""
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
        """What the encoder gives of a split's examples, uncorrupted, by output name.

        Of a network with skips, the mean code over all places of what the task makes of the examples.
        """
        if self.heads.takes_code_alone:
            return outputs_of(self.heads.encoder, split, self.data.classes)
        batches = PairedData(self.data, self.recipe.task).held_back_batches(split)
        codes = [apply(self.heads.encoder, tensors)["code"] for tensors, _ in batches]
        return {"code": np.concatenate([np.mean(code, axis=(1, 2)) for code in codes])}


def load_data(recipe: Recipe, report: Callable[[str], None] = print) -> Data:
    """The recipe's data as its task takes them, its notes reported."""
    data = recipe.data.load()
    data = recipe.task.prepare(data)
    for note in data.notes:
        report(note)
    return data


def outputs_of(model: keras.Model, split: Split, classes: int) -> dict[str, np.ndarray]:
    """Every output of a model for a split's examples, uncorrupted, by name: (n, ...) each."""
    return in_batches(
        lambda rows: apply(model, head_inputs(split.take(rows), classes)),
        len(split),
        inference_batch(split.shape),
    )
