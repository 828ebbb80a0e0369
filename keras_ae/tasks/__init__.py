"""What an autoencoder is trained and used for: a pairing of data, its evaluation and its baselines."""

from __future__ import annotations

from collections.abc import Callable

from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.types import Data
from keras_ae.heads import Heads, ServedHead, TrainedHeads
from keras_ae.tasks.baselines import Predictor

__all__ = ["Task"]


class Task:
    """A frozen dataclass that says what goes in, what should come out, and what to compare with.

    A subclass overrides what it has; `pair` and `rows` it must have.
    """

    @property
    def trim(self) -> float:
        """Fraction of each training batch, of the highest losses, that does not count."""
        return 0.0

    def pair(self, examples, seeds, domain: str):
        """Inputs and targets of examples: a pure function, so that the same seeds give the same pair.

        Args:
            examples: (batch, ...), float32, as a model sees them.
            seeds: (batch, 2), int64, one seed an example.
            domain: The domain of the examples.

        Returns:
            (inputs, targets), each (batch, ...).
        """
        raise NotImplementedError

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]:
        """What the image grids of a run show, from top to bottom.

        Args:
            inputs: (n, ...), as the network sees them.
            targets: (n, ...).
            reconstruction: (n, ...), what the network gives.

        Returns:
            The rows by name, (n, ...) each.
        """
        raise NotImplementedError

    def prepare(self, data: Data) -> Data:
        """The data as the task trains on it; raises InputError for data that it cannot take."""
        return data

    def check(self, heads: Heads, data: Data) -> None:
        """Raises InputError for heads that the task cannot use, before they are trained."""

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """What the model has to beat.

        Args:
            data: As `prepare` gives it; predictors are fitted on the training split.
            seed: Of what is random in a baseline.
            latent_dim: Numbers in the model's code.

        Returns:
            Predictors (inputs) -> outputs, by the names that they have in the table.
        """
        return {}

    def metrics(self) -> dict[str, Callable] | None:
        """Metrics (targets, outputs) -> (batch,) by name; None for those of the domain."""
        return None

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, draw: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Test metrics beside those of single reconstructions.

        Args:
            heads: Trained.
            data: As `prepare` gives it.
            seed: Of what is random in a metric.
            draw: Samples codes to generate from; None for a variant that does not generate.

        Returns:
            Metrics by row ("model", or a baseline's name) and name.
        """
        return {}

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The heads that the task serves beside the variant's own.

        Args:
            trained: The trained heads and their data.

        Returns:
            The further heads; none for most tasks.
        """
        return ()

    def metrics_by_kind(
        self, served_heads: tuple[ServedHead, ...], data: Data
    ) -> dict[str, dict[str, float]]:
        """Test metrics of each kind of example that the task tells apart.

        Args:
            served_heads: What `served_heads` gave.
            data: The data as `prepare` gives it.

        Returns:
            Metrics by kind and name; nothing for a task that knows no kinds.
        """
        return {}
