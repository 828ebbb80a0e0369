"""Tasks: how data is paired for training, and how models are evaluated and compared with baselines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from keras_ae.checked import Checked
from keras_ae.files import class_names, class_of

if TYPE_CHECKING:
    import numpy as np

    from keras_ae.blocks.samplers import CodeSampler
    from keras_ae.data.types import Data
    from keras_ae.heads import Heads, ServedHead, Spec, Term, TrainedHeads
    from keras_ae.tasks.baselines import Predictor

__all__ = ["Curves", "Task"]

Curves = dict[str, dict[str, dict[float, float]]]
"""Charts by title: the lines of each by name, as y by x, on a logarithmic x axis."""


class Task(metaclass=Checked):
    """Base class of tasks, frozen dataclasses that define inputs, targets, metrics and baselines.

    Subclasses must implement `pair` and `rows` and may override the rest.
    """

    @property
    def trim(self) -> float:
        """Fraction of each training batch, with the highest losses, to ignore."""
        return 0.0

    @property
    def compared(self) -> tuple[str, ...] | None:
        """The metrics by which a model must beat the baselines, the first that there is counts.

        None for the metrics in the order of the table.
        """
        return None

    @property
    def oracles(self) -> tuple[str, ...]:
        """Rows of the table that no model has to beat: limits that know the answer, and its other answers."""
        return ()

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """Makes inputs and targets from examples, as a pure function of the examples and seeds.

        It is called in a graph and without AutoGraph: `tf.where` or `tf.cond` instead of an `if` on a tensor.

        Args:
            examples: (batch, ...), float32 model inputs.
            seeds: (batch, 2), int64, one seed per example.
            domain: The domain of the examples.

        Returns:
            (inputs, targets), each (batch, ...).
        """
        raise NotImplementedError

    def pairs_by_batch(self, domain: str) -> bool:
        """Whether an example's pair depends on the other examples of its batch, or on its position there.

        Args:
            domain: The domain of the examples.

        Returns:
            Whether it does; by default not.
        """
        return False

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The rows of the run's image grids, from top to bottom.

        Args:
            inputs: (n, ...), the network's inputs.
            targets: (n, ...).
            reconstruction: (n, ...), the network's outputs.

        Returns:
            The rows by name, (n, ...) each.
        """
        raise NotImplementedError

    def prepare(self, data: Data) -> Data:
        """Prepares the data for training.

        Args:
            data: As the data set loads it.

        Returns:
            The data that the task trains on.

        Raises:
            InputError: For data that the task cannot use.
        """
        return data

    def extend(self, heads: Heads, spec: Spec) -> Heads:
        """Adds what the task trains beside the variant's own heads.

        Args:
            heads: The variant's heads, untrained.
            spec: What they were built for.

        Returns:
            The heads, of which `trained` may have further layers, inputs and outputs.

        Raises:
            InputError: For heads that the task cannot extend.
        """
        return heads

    def objective(
        self, loss: Callable | None, terms: tuple[Term, ...]
    ) -> tuple[Callable | None, tuple[Term, ...]]:
        """The objective of a training.

        Args:
            loss: The reconstruction loss, (target, outputs by name) -> (batch,).
            terms: The variant's terms.

        Returns:
            The loss, None where the objective consists of terms alone, and the terms.
        """
        return loss, terms

    def check(self, heads: Heads, data: Data) -> None:
        """Checks that the task can use the heads, before they are trained.

        Args:
            heads: Untrained heads.
            data: As `prepare` returns it.

        Raises:
            InputError: For heads that the task cannot use.
        """

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """The baselines that the model is compared with.

        Args:
            data: The data as returned by `prepare`; baselines are fitted on the training split.
            seed: Random seed.
            latent_dim: Size of the model's code.

        Returns:
            Predictors (inputs) -> outputs, by their names in the table.
        """
        return {}

    def metrics(self) -> dict[str, Callable] | None:
        """The metrics of single reconstructions.

        Returns:
            Functions (targets, outputs) -> (batch,) by name; None for the domain's default metrics.
        """
        return None

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Test metrics other than those of single reconstructions.

        Args:
            heads: Trained heads.
            data: The data as returned by `prepare`.
            seed: Random seed.
            sample_codes: Samples codes to generate from; None if the variant does not generate.

        Returns:
            Metrics by row ("model", or a baseline's name) and name.
        """
        return {}

    def curves(self, table: Mapping[str, Mapping[str, float]], data: Data) -> Curves:
        """Charts of the test metrics.

        Args:
            table: Test metrics by row and name, those of the model last.
            data: The data as returned by `prepare`.

        Returns:
            The charts; none by default.
        """
        return {}

    def fold_scores(self, heads: Heads, data: Data) -> np.ndarray:
        """The scores of calibration examples by a model that did not learn them.

        It is called for tasks whose `prepare` gives cross-fitted calibration examples.

        Args:
            heads: Heads that were trained on `data`.
            data: Data as `cross_fitting.fold_data` gives them.

        Returns:
            The scores, (n,).
        """
        raise NotImplementedError

    @property
    def fold_scores_take_network(self) -> bool:
        """Whether the heads have to be trained for `fold_scores`."""
        return True

    @property
    def remedy(self) -> str:
        """What may help where a baseline is not beaten; "" for a better trained network."""
        return ""

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The heads that the task serves in addition to the variant's own.

        Args:
            trained: The trained heads and their data.

        Returns:
            The further heads; none for most tasks.
        """
        return ()

    def tested(self, data: Data) -> dict[str, int]:
        """What the test metrics rest on.

        Args:
            data: The data as returned by `prepare`.

        Returns:
            How many there are of each, by their name in a message; none if there are no metrics.
        """
        return {"test examples": len(data.test)}

    def metrics_by_kind(
        self, served_heads: tuple[ServedHead, ...], data: Data
    ) -> dict[str, dict[str, float]]:
        """Test metrics by kind of example, for tasks that distinguish kinds.

        Args:
            served_heads: The result of `served_heads`.
            data: The data as returned by `prepare`.

        Returns:
            Metrics by kind and name; empty by default.
        """
        return {}

    def galleries(
        self, served_heads: tuple[ServedHead, ...], data: Data
    ) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Examples in groups, for images of a finished run.

        Args:
            served_heads: The result of `served_heads`.
            data: The data as returned by `prepare`.

        Returns:
            Rows of examples (n, ...), model inputs, by their captions, for each image by its name; none by
            default.
        """
        return {}


def __getattr__(name: str) -> Any:
    """Imports one of the tasks by its class's name."""
    return class_of(sys.modules[__name__], Task, name)


def __dir__() -> list[str]:
    """The names of this module and of all tasks."""
    return sorted({*globals(), *class_names(sys.modules[__name__], Task)})
