"""How unlike the normal examples one is: scores of what the heads give, in the graph that is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
from keras import ops

from keras_ae.blocks.scoring import (
    DivergenceFromNormal,
    MahalanobisDistance,
    MeanNegativeLogLikelihood,
    NearestDistance,
    PosteriorSamples,
    Standardized,
    SumOfElements,
)
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Heads, batched
from keras_ae.losses import likelihood_of


@dataclass(frozen=True, eq=False)
class Graph:
    """What a score is made of.

    heads: trained ones. inputs: (batch, ...) as they take them. outputs: what the end-to-end model gives
    of the inputs, by name, and "shares", what each feature adds to the mean error. domain: of the inputs.
    training: normal examples (n, ...) that were trained on; held: others, that were not.
    """

    heads: Heads
    inputs: keras.KerasTensor
    outputs: dict
    domain: str
    training: np.ndarray
    held: np.ndarray

    def of_training(self, tensor) -> np.ndarray:
        """The value (n, ...) of a tensor for the training examples."""
        return self._of(tensor, self.training)

    def of_held(self, tensor) -> np.ndarray:
        """The value (n, ...) of a tensor for the examples held back."""
        return self._of(tensor, self.held)

    def _of(self, tensor, examples):
        return batched(keras.Model({"inputs": self.inputs}, {"value": tensor}), {"inputs": examples})["value"]

    def code(self) -> keras.KerasTensor:
        """The code (batch, d) as numbers, whatever it is."""
        return keras.ops.cast(self.outputs["code"], "float32")

    def output(self, name: str):
        """Raises InputError where the heads do not give it."""
        if name not in self.outputs:
            raise InputError(
                f"this score needs {name}, which the variant's heads do not give; take a variational one, or "
                'another score: SET="task.score=Reconstruction"'
            )
        return self.outputs[name]


class Score(Protocol):
    """A frozen dataclass whose `scored(graph)` gives a tensor (batch,), the higher the less normal."""

    def scored(self, graph: Graph): ...


@dataclass(frozen=True)
class Reconstruction:
    """The mean error of the reconstruction."""

    def scored(self, graph):
        return SumOfElements()(graph.outputs["shares"])


@dataclass(frozen=True)
class ReconstructionProbability:
    """-log p(x | z), averaged over codes drawn from the posterior (An and Cho 2015), in nats.

    samples: codes an example, at least 1; their noise is the same for each, so that a score repeats.
    """

    samples: int = 16

    def __post_init__(self):
        if self.samples < 1:
            raise ValueError(f"samples is at least 1, received {self.samples}")

    def scored(self, graph):
        mean, log_var = graph.output("mean"), graph.output("log_var")
        drawn = {"code": PosteriorSamples(self.samples)(mean, log_var)}
        if graph.heads.teacher_forced:
            drawn["targets"] = ops.repeat(graph.inputs, self.samples, axis=0)
        decoded = (graph.heads.teacher_forced or graph.heads.decoder)(drawn)
        likelihood = likelihood_of(decoded, graph.domain)
        nats = MeanNegativeLogLikelihood(likelihood, self.samples)
        return nats(graph.inputs, decoded)


@dataclass(frozen=True)
class PriorDivergence:
    """The divergence of the posterior from the prior, by the encoder alone."""

    def scored(self, graph):
        layer = DivergenceFromNormal()
        return layer(graph.output("mean"), graph.output("log_var"))


@dataclass(frozen=True)
class Mahalanobis:
    """The distance of the code from those of training, in units of their covariance, by the encoder alone."""

    def scored(self, graph):
        code = graph.code()
        return MahalanobisDistance().fitted(graph.of_training(code))(code)


@dataclass(frozen=True)
class NearestCodes:
    """The mean distance of the code from the nearest of training, by the encoder alone.

    Those of training that are kept cover all of them, as in PatchCore (Roth et al. 2022). Among them are
    the oddest: where anomalies may pass for normal ones in training, take more neighbors than one.

    neighbors: how many of them, at least 1. kept: codes of training that are kept, at least as many.
    """

    neighbors: int = 1
    kept: int = 4000

    def __post_init__(self):
        check_least(self, neighbors=1, kept=self.neighbors)

    def scored(self, graph):
        codes = graph.of_training(graph.code())
        count = min(self.kept, len(codes))
        layer = NearestDistance(min(self.neighbors, count), count)
        return layer.fitted(codes)(graph.code())


@dataclass(frozen=True)
class Together:
    """The sum of two scores, each in units of its spread over normal examples held back.

    The spread is that between the quartiles, which a few anomalies among them do not move.
    """

    first: Score = Reconstruction()
    second: Score = Mahalanobis()

    def scored(self, graph):
        parts = []
        for score in (self.first, self.second):
            tensor = score.scored(graph)
            low, middle, high = np.quantile(graph.of_held(tensor), (0.25, 0.5, 0.75))
            spread = float(high - low) if high > low else 1.0
            parts.append(Standardized(float(middle), spread)(tensor))
        return keras.ops.add(*parts)
