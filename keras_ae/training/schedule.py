"""The training schedule: the optimizer with its learning rate over the run."""

from __future__ import annotations

import keras

from keras_ae.errors import InputError
from keras_ae.recipe import Recipe
from keras_ae.training.optimizers import FusedAdam

__all__ = ["optimizer_for"]


def optimizer_for(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer with its learning-rate schedule.

    Args:
        recipe: The recipe.
        steps: Steps of the whole run.

    Returns:
        The optimizer. The learning rate rises over `lr_warmup_steps` and then follows half a cosine or stays
        constant, according to `schedule`.

    Raises:
        InputError: Keras has no optimizer of the name.
    """
    warmup = min(recipe.lr_warmup_steps, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else recipe.learning_rate,
        max(1, steps - warmup),
        alpha=1.0 if recipe.schedule == "constant" else 0.0,
        warmup_target=recipe.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    try:
        if recipe.optimizer == "adam":
            return FusedAdam(learning_rate=rate)
        return keras.optimizers.get({"class_name": recipe.optimizer, "config": {"learning_rate": rate}})
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Keras has no optimizer {recipe.optimizer!r}; it has adam, adamw, sgd and others, such as "
            'SET="optimizer=adam"'
        ) from error
