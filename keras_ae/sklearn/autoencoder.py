"""An autoencoder as a transformer of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from keras_ae.errors import InputError
from keras_ae.sklearn.estimator import Estimator
from keras_ae.sklearn.parameters import as_object

if TYPE_CHECKING:
    from keras_ae.tasks import Task

__all__ = ["Autoencoder"]


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):
    """Transformer that reduces rows to the codes of an autoencoder.

    It takes arrays and data frames. Numbers are standardized column by column; words become one-hot, and
    missing values get a mask, where there are such in the rows of `fit`.

    Args:
        variant: The autoencoder, such as `Variational(latent_dim=8)`, or its text. Its fields are parameters
            too, such as `variant__latent_dim`.
        epochs: Number of epochs; None for 20 with at least 1,500 steps of the optimizer.
        batch_size: Examples per batch.
        optimizer: The optimizer's Keras name.
        learning_rate: The highest learning rate.
        schedule: "cosine" or "constant".
        loss: "auto" for the one that fits the values, or a loss as `Recipe` has them.
        corruption: What the inputs suffer in training, such as `Gaussian(sigma=0.5)`, or its text, of a
            denoising autoencoder; None for nothing.
        domain: "unit" for values in [0, 1] and "real" for standardized ones; None for "real" but for bytes,
            truth values, whole numbers of 0 and 1, and images in [0, 1].
        image_shape: (height, width) or (height, width, channels) of the image that each row is; None for rows
            that are no images.
        validation_fraction: Fraction of the rows that the best epoch is chosen by; 0 to train on all rows,
            and take the last epoch.
        random_state: Seed of weights, order and noise, or a RandomState.
        verbose: 0 for nothing, 1 for a progress bar, 2 for a line for each epoch.

    Attributes:
        network_: The trained network; `network_.heads` are its Keras models.
        history_: The logs of the epochs by name.
        n_iter_: Number of epochs.
        n_features_in_: Number of columns of the rows of `fit`.
        feature_names_in_: Their names, where all are strings.

    Example:
        >>> from keras_ae.sklearn import Autoencoder
        >>> codes = Autoencoder("variational", random_state=0).fit_transform(X)
    """

    def __init__(
        self,
        variant: Any = "undercomplete",
        *,
        epochs: int | None = None,
        batch_size: int = 128,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        schedule: str = "cosine",
        loss: str = "auto",
        corruption: Any = None,
        domain: str | None = None,
        image_shape: tuple[int, ...] | None = None,
        validation_fraction: float = 0.0,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.variant = variant
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.loss = loss
        self.corruption = corruption
        self.domain = domain
        self.image_shape = image_shape
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Trains the autoencoder.

        Args:
            X: (n, columns), an array or a data frame.
            y: Not used.
            sample_weight: (n,), at least 0: what each row counts in the objective, and in the scaling of
                numbers. Terms of whole batches, such as that of a Wasserstein autoencoder, and a critic see
                all rows of a weight above 0 alike.

        Returns:
            The estimator.

        Raises:
            InputError: For rows that cannot be learned, and for wrong parameters; it is a ValueError.
        """
        self._train(X, sample_weight)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Computes the codes of rows.

        Args:
            X: (n, columns), as in `fit`.

        Returns:
            (n, numbers of a code), float32; codes of several axes are flattened.
        """
        rows = self._rows(X)
        return self.network_.encode(rows)

    def inverse_transform(self, X: Any) -> Any:
        """Computes the rows of codes.

        Args:
            X: (n, numbers of a code), as `transform` gives them.

        Returns:
            (n, columns), an array; with words, or missing values in a data frame, a data frame.
        """
        check_is_fitted(self)
        if not self.network_.heads.takes_code_alone:
            raise InputError(
                f"the decoder of {type(self.network_.recipe.variant).__name__} needs more than a code; "
                "choose another variant"
            )
        codes = check_array(X, dtype=np.float32)
        if codes.shape[1] != self._n_features_out:
            raise InputError(
                f"expected codes of {self._n_features_out} numbers, as transform gives them; received "
                f"{codes.shape[1]}; give those"
            )
        return self.network_.decode(codes)

    def score_samples(self, X: Any) -> np.ndarray:
        """Computes how well rows are reconstructed.

        Args:
            X: (n, columns), as in `fit`.

        Returns:
            (n,), the negative reconstruction loss of each: of standardized numbers the squared error. It is
            the same loss for all variants.
        """
        rows = self._rows(X)
        return -self.network_.losses(rows)

    def score(self, X: Any, y: Any = None) -> float:
        """Computes how well rows are reconstructed on average, the higher the better.

        Args:
            X: (n, columns), as in `fit`.
            y: Not used.

        Returns:
            The mean of `score_samples`.
        """
        return float(self.score_samples(X).mean())

    @property
    def _n_features_out(self) -> int:
        return int(np.prod([size or 1 for size in self.network_.code_shape]))

    def _task(self) -> Task:
        from keras_ae.tasks.reconstruction import Reconstruction
        from keras_ae.tasks.restoration import Denoising

        corruption = as_object("corruption", self.corruption)
        return Reconstruction() if corruption is None else Denoising(corruption)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # codes are float32
        return tags
