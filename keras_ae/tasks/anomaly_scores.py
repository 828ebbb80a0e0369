"""Anomaly scores, computed as tensors of the served graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.scoring import (
    DivergenceFromNormal,
    LargestMean,
    MahalanobisDistance,
    MeanNegativeLogLikelihood,
    NearestDistance,
    PosteriorSamples,
    Standardized,
    SumOfElements,
)
from keras_ae.checked import Checked
from keras_ae.domains import Domain
from keras_ae.errors import InputError, check_choices, check_least, check_within
from keras_ae.heads import Heads, batched
from keras_ae.losses import likelihood_of
from keras_ae.tasks.feature_scale import feature_scale

__all__ = [
    "Explained",
    "Highest",
    "LargestError",
    "Mahalanobis",
    "NearestCodes",
    "PriorDivergence",
    "Reconstruction",
    "ReconstructionProbability",
    "Score",
    "ScoreInputs",
    "Together",
]

SPACES = ("code", "inputs")
"""Where distances may be measured."""


@dataclass(frozen=True, eq=False)
class ScoreInputs:
    """The tensors and normal examples from which an anomaly score is built.

    Attributes:
        heads: Trained heads.
        inputs: Examples (batch, ...) as inputs of the heads.
        outputs: The heads' outputs by name, and "contributions", what each feature adds to the mean error.
        domain: The domain of the inputs.
        training: Normal examples (n, ...) that were trained on.
        held_back: Normal examples (m, ...) that were not.
    """

    heads: Heads
    inputs: keras.KerasTensor
    outputs: Mapping[str, Any]
    domain: Domain
    training: np.ndarray
    held_back: np.ndarray

    @property
    def flat(self) -> keras.KerasTensor:
        """The inputs (batch, features) as float32."""
        return ops.cast(layers.Flatten()(self.inputs), "float32")

    @cached_property
    def feature_scale(self) -> np.ndarray:
        """The factors of the features (features,) in distances between inputs."""
        flat = self.training.reshape(len(self.training), -1)
        layout = self.domain.layout
        return np.ones(flat.shape[1], np.float32) if layout is None else feature_scale(flat, layout)

    @property
    def layout(self) -> str:
        """The columns of a table as text; "" for other examples."""
        return "" if self.domain.layout is None else str(self.domain.layout)

    @property
    def code(self) -> keras.KerasTensor:
        """The code (batch, d) as float32, even if it is discrete."""
        return ops.cast(self.outputs["code"], "float32")

    def output(self, name: str) -> keras.KerasTensor:
        """An output of the heads.

        Args:
            name: Its name.

        Returns:
            The tensor.

        Raises:
            InputError: If the heads have no such output.
        """
        if name not in self.outputs:
            raise InputError(
                f"this score needs {name}, which the variant's heads do not have; use a variational one, or "
                'another score: SET="task.score=Reconstruction"'
            )
        return self.outputs[name]

    def on_training(self, tensor: keras.KerasTensor) -> np.ndarray:
        """The values of a tensor for the training examples.

        Args:
            tensor: (batch, ...), computed from the inputs.

        Returns:
            (n, ...).
        """
        return self._on(tensor, self.training)

    def on_held_back(self, tensor: keras.KerasTensor) -> np.ndarray:
        """The values of a tensor for the held-out examples.

        Args:
            tensor: (batch, ...), computed from the inputs.

        Returns:
            (m, ...).
        """
        return self._on(tensor, self.held_back)

    def _on(self, tensor, examples):
        return batched(keras.Model({"inputs": self.inputs}, {"value": tensor}), {"inputs": examples})["value"]


class Explained(NamedTuple):
    """An anomaly score and what explains it.

    Attributes:
        score: (batch,).
        contributions: What each column of a table, or each element, adds to the score, (batch, columns); None
            for what it adds to the mean error of the reconstruction.
        expected: What was expected of each feature, (batch, features); None for the reconstruction.
        further: Further outputs of the detector by name, (batch, ...), such as scores of an example's parts.
    """

    score: keras.KerasTensor
    contributions: keras.KerasTensor | None = None
    expected: keras.KerasTensor | None = None
    further: Mapping[str, Any] = MappingProxyType({})


class Score(metaclass=Checked):
    """A frozen dataclass that computes an anomaly score; the higher it is, the less normal the example.

    Attributes:
        logarithm: Whether scores are compared with others by their logarithms: distances and errors, which
            are at least 0 and of very different sizes.
    """

    logarithm: ClassVar[bool] = True

    @property
    def takes_network(self) -> bool:
        """Whether it depends on the training."""
        return True

    def explained(self, inputs: ScoreInputs) -> Explained:
        """Adds the score, and what explains it, to the graph.

        Args:
            inputs: The tensors and normal examples.

        Returns:
            The score; by default that of `build`, which the reconstruction explains.

        Raises:
            InputError: If the heads lack an output that the score needs.
        """
        return Explained(self.build(inputs))

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        """Adds the score to the graph.

        Args:
            inputs: The tensors and normal examples.

        Returns:
            The anomaly score, (batch,).

        Raises:
            InputError: If the heads lack an output that the score needs.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Reconstruction(Score):
    """The mean error of the reconstruction."""

    logarithm: ClassVar[bool] = False

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        return SumOfElements()(inputs.outputs["contributions"])


@dataclass(frozen=True)
class LargestError(Score):
    """The largest mean error of the reconstruction over a small part of an image, for defects that are small.

    The error of a pixel counts in units of what is usual there: half the median of its error among held-back
    normal images, and half the mean of those of all pixels.

    Attributes:
        part: Side of the square that the error is averaged over, as a fraction of the shorter side of the
            images, in (0, 1].
    """

    part: float = 1 / 12

    def __post_init__(self) -> None:
        check_within(self, part="(0, 1]")

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        errors = inputs.outputs["contributions"]
        if len(errors.shape) != 4:
            raise InputError(
                'LargestError acts on images alone; for other data set SET="task.score=Reconstruction"'
            )
        layer = LargestMean(max(1, round(self.part * min(errors.shape[1:3]))))
        layer.build(errors.shape)
        median = np.median(inputs.on_held_back(errors).sum(axis=3), axis=0)
        layer.usual.assign(np.maximum(0.5 * (median + median.mean()), 1e-12))
        return layer(errors)


class _Combination(Score):
    """Two scores as one, of their standardized values; the first of them that says so explains it."""

    logarithm: ClassVar[bool] = False
    first: Score
    second: Score

    @property
    def takes_network(self) -> bool:
        return self.first.takes_network or self.second.takes_network

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        return self.explained(inputs).score

    def explained(self, inputs: ScoreInputs) -> Explained:
        """Both scores combined, explained as the first is, or else as the second."""
        scores = (self.first, self.second)
        parts = [score.explained(inputs) for score in scores]
        each = [
            standardized(part.score, score.logarithm, inputs)
            for part, score in zip(parts, scores, strict=True)
        ]
        told = next((part for part in parts if part.contributions is not None), parts[0])
        further = {name: output for part in parts for name, output in part.further.items()}
        return told._replace(score=self.combine(*each), further=further)

    def combine(self, first: Any, second: Any) -> Any:
        """The score of two standardized ones.

        Args:
            first: (batch,).
            second: (batch,).

        Returns:
            (batch,).
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Highest(_Combination):
    """The higher of two scores, each standardized as in `Together`.

    Attributes:
        first: One score.
        second: The other one.
    """

    first: Score = Reconstruction()
    second: Score = LargestError()

    def combine(self, first: Any, second: Any) -> Any:
        """The higher one."""
        return ops.maximum(first, second)


@dataclass(frozen=True)
class ReconstructionProbability(Score):
    """-log p(x | z) in nats, averaged over codes sampled from the posterior (An and Cho 2015).

    Attributes:
        samples: Codes per example, at least 1; all examples share their noise, so that scores are repeatable.
    """

    logarithm: ClassVar[bool] = False
    samples: int = 16

    def __post_init__(self) -> None:
        check_least(self, samples=1)

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        mean, log_var = inputs.output("mean"), inputs.output("log_var")
        codes = {"code": PosteriorSamples(self.samples)(mean, log_var)}
        if inputs.heads.teacher_forced:
            codes["targets"] = ops.repeat(inputs.inputs, self.samples, axis=0)
        decoded = (inputs.heads.teacher_forced or inputs.heads.decoder)(codes)
        likelihood = likelihood_of(decoded, inputs.domain)
        return MeanNegativeLogLikelihood(likelihood, self.samples, inputs.domain)(inputs.inputs, decoded)


@dataclass(frozen=True)
class PriorDivergence(Score):
    """The divergence of the posterior from the prior; it needs only the encoder."""

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        return DivergenceFromNormal()(inputs.output("mean"), inputs.output("log_var"))


@dataclass(frozen=True)
class Mahalanobis(Score):
    """The squared Mahalanobis distance from the examples of training.

    Attributes:
        space: "code", for which it needs only the encoder, or "inputs", which takes no network.
    """

    space: str = "code"

    def __post_init__(self) -> None:
        check_choices(self, space=SPACES)

    @property
    def takes_network(self) -> bool:
        return self.space == "code"

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        if self.space == "inputs":
            flat, training = inputs.flat, inputs.training.reshape(len(inputs.training), -1)
            return MahalanobisDistance(inputs.layout).fitted(training, inputs.feature_scale)(flat)
        code = inputs.code
        return MahalanobisDistance().fitted(inputs.on_training(code))(code)


@dataclass(frozen=True)
class NearestCodes(Score):
    """The mean distance of the code from the nearest codes of training; it needs only the encoder.

    A subset of the training codes is stored that covers all of them, as in PatchCore (Roth et al. 2022,
    arXiv:2106.08265). It includes outliers: if there may be anomalies among the training examples, use more
    than one neighbor.

    Attributes:
        neighbors: Nearest codes that the distance is averaged over, at least 1.
        max_codes: Training codes that are stored, at most; at least as many as neighbors.
    """

    neighbors: int = 1
    max_codes: int = 4000

    def __post_init__(self) -> None:
        check_least(self, neighbors=1)
        check_least(self, max_codes=self.neighbors)

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        codes = inputs.on_training(inputs.code)
        count = min(self.max_codes, len(codes))
        layer = NearestDistance(min(self.neighbors, count), count)
        return layer.fitted(codes)(inputs.code)


@dataclass(frozen=True)
class Together(_Combination):
    """The sum of two scores, each standardized by its median and spread over held-out normal examples.

    The spread is that between the quartiles, which a few anomalies do not affect. Of distances and errors the
    logarithms are standardized. A score may be such a sum itself. The first of them that says so explains it.

    Attributes:
        first: One score.
        second: The other one.
        weight: What the second counts beside the first, above 0.
    """

    first: Score = Reconstruction()
    second: Score = Mahalanobis()
    weight: float = 1.0

    def __post_init__(self) -> None:
        check_within(self, weight="(0, inf)")

    def combine(self, first: Any, second: Any) -> Any:
        """The weighted sum."""
        return ops.add(first, ops.multiply(second, self.weight))


def standardized(tensor: keras.KerasTensor, logarithm: bool, inputs: ScoreInputs) -> keras.KerasTensor:
    """A score by its median and the distance between its quartiles over held-out normal examples.

    Args:
        tensor: The score, (batch,).
        logarithm: Whether the logarithm is taken, to which a hundredth of the mean score is added first.
        inputs: What it was built from.

    Returns:
        The standardized score, (batch,).
    """
    known, floor = inputs.on_held_back(tensor).astype(np.float64), 0.0
    if logarithm:
        floor = float(max(known.mean() / 100, 1e-12))
        known = np.log(np.maximum(known, 0.0) + floor)
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    spread = float(high - low) if high > low else 1.0
    return Standardized(float(middle), spread, floor)(tensor)
