"""What an autoencoder is trained and used for: a pairing of data, its evaluation and its baselines."""

from __future__ import annotations

from typing import Protocol

from keras_ae.data.types import Data
from keras_ae.tasks.baselines import Predictor


class Task(Protocol):
    """A frozen dataclass that says what goes in, what should come out, and what to compare with.

    pair: examples (batch, ...), one seed each (batch, 2) and their domain -> (inputs, targets);
        a pure function, so that the same seed gives the same pair.
    baselines: predictors fitted on the training split, by the names they bear in the table.
    rows: what the images of a run show of (inputs, targets, reconstruction), top to bottom.

    A task that is measured otherwise than its domain asks for has `measures()`, functions (targets, outputs)
    -> (batch,) by name. One that restores images of any size has `restorer(heads)`, a model of "inputs"
    and what else it takes -> "reconstruction", and `restorer_mask(images, seeds)` where that is a mask;
    it is served as a head of its own. `scale` says how much larger it makes images, `colored` that it
    gives colors to gray ones.

    A task with further test figures has `figures(heads, data, seed, draw)`, which gives them by row
    ("model", or a baseline's name) and measure; `draw` gives codes to generate from, or is None.
    """

    def pair(self, examples, seeds, domain: str): ...

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]: ...

    def rows(self, inputs, targets, reconstruction) -> dict[str, object]: ...
