"""The training schedule: steps per epoch, and the optimizer with its learning-rate schedule."""

from __future__ import annotations

import keras

from keras_ae.errors import InputError
from keras_ae.recipe import Recipe

__all__ = ["optimizer_for", "passes_per_epoch", "steps_per_epoch"]


def passes_per_epoch(recipe: Recipe, count: int) -> int:
    """How often an epoch passes over the training examples.

    Args:
        recipe: The recipe, whose `min_steps_per_epoch` may require several passes.
        count: The number of training examples.

    Returns:
        The number of passes, at least 1.
    """
    return max(1, -(-recipe.min_steps_per_epoch // _steps_per_pass(recipe, count)))


def steps_per_epoch(recipe: Recipe, count: int) -> int:
    """Steps of the optimizer in an epoch.

    Args:
        recipe: The recipe.
        count: The number of training examples.

    Returns:
        The number of steps, at least 1.
    """
    return passes_per_epoch(recipe, count) * _steps_per_pass(recipe, count)


def _steps_per_pass(recipe: Recipe, count: int) -> int:
    return count // min(recipe.batch_size, count)


def optimizer_for(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer with its learning-rate schedule.

    Args:
        recipe: The recipe.
        steps: Steps in an epoch.

    Returns:
        The optimizer. The learning rate rises over `lr_warmup_steps` and then follows half a cosine or stays
        constant, according to `schedule`.

    Raises:
        InputError: Keras has no optimizer of the name.
    """
    total = recipe.epochs * steps
    warmup = min(recipe.lr_warmup_steps, total // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else recipe.learning_rate,
        max(1, total - warmup),
        alpha=1.0 if recipe.schedule == "constant" else 0.0,
        warmup_target=recipe.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    try:
        return keras.optimizers.get({"class_name": recipe.optimizer, "config": {"learning_rate": rate}})
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Keras has no optimizer {recipe.optimizer!r}; it has adam, adamw, sgd and others, such as "
            'SET="optimizer=adam"'
        ) from error
