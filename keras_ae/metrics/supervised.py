"""A network of an encoder's layers that is trained on labels alone, as a baseline of its codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_ae.heads import batched

__all__ = ["features_of", "labels_alone"]

STEPS, LEAST_EPOCHS, MOST_STEPS = 200, 10, 3000
"""Steps with a few labels; with many at least so many epochs, and at most so many steps."""

BATCH, RATE, PARTS = 128, 1e-3, 10
"""Examples of a batch, the highest learning rate, and validations of a training."""


def features_of(outputs: Mapping[str, Any]) -> Any:
    """The outputs of an encoder that stand for an example: its code, as real numbers.

    Args:
        outputs: The encoder's outputs by name, (n, ...) each.

    Returns:
        "quantized" where codes are whole numbers, else "code", (n, ...).
    """
    return outputs["quantized"] if "quantized" in outputs else outputs["code"]


def labels_alone(
    encoder: keras.Model,
    examples: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    classes: int,
    seed: int = 0,
    chosen: np.ndarray | None = None,
) -> float:
    """Test accuracy of an encoder's layers with new weights and a softmax, trained on labeled examples alone.

    Args:
        encoder: {"inputs": (n, ...)} -> {"code", ...}; its weights are not read.
        examples: (n, ...) of "train", "validation" and "test", as the network has them.
        labels: (n,) of them.
        classes: Number of classes.
        seed: Random seed of weights, dropout and order.
        chosen: The indices of the labeled training examples, with which the last weights count; None for all
            of them, with which the weights of the best of ten validations do.

    Returns:
        The accuracy, in [0, 1].
    """
    keras.utils.set_random_seed(seed)
    model = _classifier(encoder, classes)
    few = chosen is not None
    inputs, targets = (
        part["train"] if chosen is None else part["train"][chosen] for part in (examples, labels)
    )
    in_epoch = max(1, len(targets) // BATCH)
    steps = STEPS if few else max(STEPS, min(MOST_STEPS, LEAST_EPOCHS * in_epoch))
    random = np.random.default_rng(seed)
    order = np.concatenate(
        [random.permutation(len(targets)) for _ in range(-(-steps * BATCH // len(targets)))]
    )
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    best, weights = -1.0, model.get_weights()
    for part in np.array_split(order[: steps * BATCH], 1 if few else PARTS):
        model.fit(inputs[part], targets[part], batch_size=BATCH, shuffle=False, verbose=0)
        reached = 0.0 if few else _accuracy(model, examples["validation"], labels["validation"])
        if reached > best:
            best, weights = reached, model.get_weights()
    model.set_weights(weights)
    return _accuracy(model, examples["test"], labels["test"])


def _classifier(encoder, classes):
    """{"inputs"} -> logits (n, classes), with new weights in the encoder's layers."""
    layers_of = keras.models.clone_model(encoder)
    features = layers.Flatten()(features_of(layers_of.output))
    return keras.Model(layers_of.inputs[0], layers.Dense(classes)(features))


def _accuracy(model, examples, labels):
    logits = batched(lambda inputs: {"logits": model(inputs["inputs"], training=False)}, {"inputs": examples})
    return float(np.mean(logits["logits"].argmax(axis=-1) == labels))
