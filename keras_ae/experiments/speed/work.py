"""What a competitor's process is told to do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from keras_ae.experiments.speed.networks import NETWORKS, Network

__all__ = ["ARRAYS", "EXAMPLES", "LEARNING_RATE", "SHOWN_BATCH", "WEIGHTS", "Work"]

EXAMPLES, ARRAYS, WEIGHTS = "examples.npz", "arrays.npz", "weights.npz"
"""Files of the work: the data as a file of examples, the same as arrays in splits, the first weights."""

LEARNING_RATE = 1e-3
SHOWN_BATCH = 256
"""Examples in a batch of validation."""


@dataclass(frozen=True)
class Work:
    """The same training for all competitors.

    Attributes:
        folder: Where the data and the weights are, and where the competitor may write.
        network: The network's name.
        batch_size: Examples of a step.
        epochs: Number of epochs.
        launched: When the process was started, as `time.time()` has it.
        exact: Whether to take the examples in their own order and the noise from the arrays, so that two
            competitors compute the same numbers.
        settings: Changes to our recipe, such as "xla=true".
        device: "cpu" or "gpu", where competitors that see none are left out.
        threads: Number of threads; 0 for each framework's own.
    """

    folder: str
    network: str
    batch_size: int
    epochs: int
    launched: float = 0.0
    exact: bool = False
    settings: tuple[str, ...] = ()
    device: str = "cpu"
    threads: int = 0

    @classmethod
    def read(cls, text: str) -> Work:
        """Reads a work.

        Args:
            text: What `text` gave.

        Returns:
            The work.
        """
        return cls(**json.loads(text))

    @property
    def text(self) -> str:
        """The work as a text."""
        return json.dumps(asdict(self))

    @property
    def net(self) -> Network:
        """The network."""
        return NETWORKS[self.network]

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder)

    def splits(self) -> tuple[np.ndarray, np.ndarray]:
        """Reads the examples.

        Returns:
            Those to train on, a whole number of batches, and those to validate on, (n, *shape).
        """
        with np.load(self.path / ARRAYS, allow_pickle=False) as arrays:
            train, validation = arrays["train"], arrays["validation"]
        return train[: len(train) // self.batch_size * self.batch_size], validation

    def float_splits(self) -> tuple[np.ndarray, np.ndarray]:
        """Reads the examples as numbers.

        Returns:
            The same as `splits`, float32 in [0, 1].
        """
        train, validation = self.splits()
        return _floats(train), _floats(validation)

    def noise(self) -> np.ndarray | None:
        """Gives the noise of each batch.

        Returns:
            (batch_size, latent_dim), for exact work; else None, for random noise.
        """
        if not self.exact:
            return None
        random = np.random.default_rng(1)
        return random.normal(size=(self.batch_size, self.net.latent_dim)).astype(np.float32)

    def weights(self) -> dict[str, np.ndarray]:
        """Reads the first weights.

        Returns:
            Arrays by "<layer>/kernel" and "<layer>/bias".
        """
        with np.load(self.path / WEIGHTS, allow_pickle=False) as arrays:
            return dict(arrays)


def _floats(examples):
    return examples.astype(np.float32) / np.float32(255) if examples.dtype == np.uint8 else examples
