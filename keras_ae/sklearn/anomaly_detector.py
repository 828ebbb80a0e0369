"""An autoencoder as an anomaly detector of scikit-learn."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import OutlierMixin

from keras_ae.errors import InputError
from keras_ae.sklearn.estimator import Estimator
from keras_ae.sklearn.parameters import as_object

if TYPE_CHECKING:
    from keras_ae.data.types import Data
    from keras_ae.recipe import Recipe
    from keras_ae.tasks.anomaly import Anomaly

__all__ = ["AnomalyDetector"]

FALSE_ALARMS = 0.05
"""Fraction of normal rows that is flagged where none is said to be an anomaly."""


class AnomalyDetector(OutlierMixin, Estimator):
    """Detector of rows that an autoencoder, or its codes, find unlike the rows of `fit`.

    With words, or missing values, in the rows of `fit`, any value of later rows may be missing.

    Args:
        variant: See `Autoencoder`.
        anomaly_score: What makes a row an anomaly, such as `Mahalanobis()` or `NearestCodes()` of
            `keras_ae.tasks.anomaly_scores`, or its text; "reconstruction" for the mean error of the
            reconstruction.
        contamination: "auto" for rows of `fit` that are normal: about one in twenty new rows like them is
            flagged, as the threshold comes from those that are held back by `validation_fraction`. Else the
            fraction of anomalies among the rows of `fit`, in (0, 0.5]: as many of them are flagged, which may
            be far from what is flagged of rows that were not learned.
        trim: Fraction of each training batch, with the highest losses, not learned from, in [0, 0.5).
        epochs: See `Autoencoder`.
        batch_size: See `Autoencoder`.
        optimizer: See `Autoencoder`.
        learning_rate: See `Autoencoder`.
        schedule: See `Autoencoder`.
        loss: See `Autoencoder`.
        domain: See `Autoencoder`.
        image_shape: See `Autoencoder`.
        validation_fraction: Fraction of the rows that the best epoch is chosen by, and the threshold.
        random_state: See `Autoencoder`.
        verbose: See `Autoencoder`.

    Attributes:
        offset_: `decision_function` is `score_samples` minus this.
        network_: See `Autoencoder`.
        history_: See `Autoencoder`.
        n_iter_: See `Autoencoder`.
        n_features_in_: See `Autoencoder`.
        feature_names_in_: See `Autoencoder`.

    Example:
        >>> from keras_ae.sklearn import AnomalyDetector
        >>> labels = AnomalyDetector(contamination=0.05).fit_predict(X)  # -1 for anomalies
    """

    _masks_all: ClassVar[bool] = True  # as `MissingNowAndThen` of the task has it

    def __init__(
        self,
        variant: Any = "undercomplete",
        *,
        anomaly_score: Any = "reconstruction",
        contamination: float | str = "auto",
        trim: float = 0.0,
        epochs: int | None = None,
        batch_size: int = 128,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        schedule: str = "cosine",
        loss: str = "auto",
        domain: str | None = None,
        image_shape: tuple[int, ...] | None = None,
        validation_fraction: float = 0.2,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.variant = variant
        self.anomaly_score = anomaly_score
        self.contamination = contamination
        self.trim = trim
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.loss = loss
        self.domain = domain
        self.image_shape = image_shape
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Trains the autoencoder, and sets the threshold.

        Args:
            X: (n, columns), an array or a data frame.
            y: Not used.
            sample_weight: (n,), at least 0; see `Autoencoder.fit`. Rows of weight 0 do not count for the
                threshold, all others alike.

        Returns:
            The estimator.

        Raises:
            InputError: For rows that cannot be learned, and for wrong parameters; it is a ValueError.
        """
        rows, parts = self._train(X, sample_weight)
        if self.contamination == "auto":
            scores = np.sort(self.network_.scores(_some_rows(rows, parts["validation"])))
            # conformal, as `tasks.thresholds.Conformal`; of few rows the highest score
            self.offset_ = -float(scores[min(ceil((len(scores) + 1) * (1 - FALSE_ALARMS)), len(scores)) - 1])
        else:
            self.offset_ = float(np.percentile(-self.network_.scores(rows), 100 * float(self.contamination)))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Computes how normal rows are.

        Args:
            X: (n, columns), as in `fit`.

        Returns:
            (n,), the negative anomaly score of each.
        """
        rows = self._rows(X)
        return -self.network_.scores(rows)

    def decision_function(self, X: Any) -> np.ndarray:
        """Computes on which side of the threshold rows are.

        Args:
            X: (n, columns), as in `fit`.

        Returns:
            (n,), below 0 for anomalies.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Flags rows.

        Args:
            X: (n, columns), as in `fit`.

        Returns:
            (n,), whole numbers: -1 for anomalies, 1 for all others.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _check(self) -> None:
        super()._check()
        fraction = self.contamination
        number = isinstance(fraction, int | float) and not isinstance(fraction, bool)
        if fraction != "auto" and not (number and 0 < float(fraction) <= 0.5):
            raise InputError(
                f"contamination must be 'auto', or above 0 and at most 0.5; received {fraction!r}"
            )

    def _task(self) -> Anomaly:
        from keras_ae.tasks.anomaly import Anomaly

        return Anomaly(as_object("anomaly_score", self.anomaly_score), trim=self.trim)

    def _scorer(self, recipe: Recipe, heads: Any, data: Data) -> Any:
        """The model of the anomaly score."""
        return self._task().scorer(heads, data)


def _some_rows(rows, index):
    """Some rows of an array or of a data frame."""
    return rows[index] if isinstance(rows, np.ndarray) else rows.iloc[index]
