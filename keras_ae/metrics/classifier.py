"""A small classifier of the data, to classify samples with and to compare their features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.data.pipeline import Autoencoding, PairedData
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import batched
from keras_ae.imaging.grid import is_image_shape

__all__ = ["Classifier", "train_classifier"]

FEATURES = 64
"""Width of the layer before the classes, whose values are the features."""

PARTS = 10
"""Number of validations during training."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained classifier.

    Attributes:
        model: Examples (batch, ...) -> {"classes" (batch, classes), "features" (batch, 64)}.
        accuracy: On the test examples.
    """

    model: keras.Model
    accuracy: float

    def __call__(self, examples) -> dict[str, np.ndarray]:
        """examples (n, ...), as model inputs, -> probabilities "classes" and "features"."""
        run = tf.function(partial(self.model, training=False), reduce_retracing=True, autograph=False)
        return batched(lambda inputs: run(inputs["inputs"]), {"inputs": examples})


MOST_STEPS, MOST_EPOCHS = 2500, 60
"""Stops training at the first of them."""


def train_classifier(data: Data, seed: int = 0) -> Classifier:
    """Trains a classifier on the training split; the weights of the best of ten validations count.

    Images go through convolutions, all other data through dense layers. The two latest classifiers are
    cached, by the content of their data.

    Args:
        data: With classes.
        seed: Random seed of weights and order.

    Returns:
        The classifier.

    Raises:
        InputError: For data without classes.
    """
    if not data.classes:
        raise InputError(
            "a classifier needs a label 0, 1, ... for each example, found none; give data with labels"
        )
    return _trained(_ByContent(data), seed)


class _ByContent:
    """Data that compares equal by content, so that it can be a cache key."""

    def __init__(self, data):
        self.data = data

    def __hash__(self):
        return hash(self.data.sha256)

    def __eq__(self, other):
        return self.data.sha256 == other.data.sha256 and self.data.classes == other.data.classes


@lru_cache(maxsize=2)
def _trained(keyed, seed):
    data = keyed.data
    tf.config.experimental.enable_op_determinism()  # else metrics would not be comparable
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(data.train.shape)
    hidden = inputs
    if is_image_shape(data.train.shape) and min(data.train.shape[:2]) >= 8:
        for width in (32, 64):
            hidden = layers.Conv2D(width, 3, 2, padding="same", activation="relu")(hidden)
    hidden = layers.Dropout(0.25, seed=seed)(layers.Flatten()(hidden))
    features = layers.Dense(FEATURES, "relu")(hidden)
    classes = layers.Dense(data.classes, "softmax")(features)
    paired = PairedData(data, Autoencoding(), seed)
    batches, in_epoch = paired.training_batches(128)
    validation, test = _labeled(paired.validation_batches()), _labeled(paired.test_batches())
    steps = min(MOST_STEPS, MOST_EPOCHS * in_epoch)
    model = keras.Model(inputs, classes)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        _labeled(batches),
        epochs=PARTS,
        steps_per_epoch=max(1, steps // PARTS),
        validation_data=validation,
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=PARTS, restore_best_weights=True),
        ],
        shuffle=False,
        verbose=0,
    )
    accuracy = model.evaluate(test, verbose=0, return_dict=True)["accuracy"]
    return Classifier(keras.Model(inputs, {"classes": classes, "features": features}), float(accuracy))


def _labeled(batches):
    return batches.map(lambda named, targets, *weights: (targets, named["condition"]))
