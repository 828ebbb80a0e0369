"""An encoder that stays as it was at the start, for a while or for the whole training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.recipe import Recipe

__all__ = ["check_freezing", "frozen", "thawing"]


def check_freezing(recipe: Recipe, heads: Heads) -> None:
    """Checks that a recipe's encoder can stay frozen as the recipe says.

    Args:
        recipe: The recipe.
        heads: Its heads.

    Raises:
        InputError: It trains in stages or against a critic, or an encoder is to thaw that normalizes by
            batches.
    """
    if not recipe.freeze:
        return
    if heads.critic is not None or recipe.variant.stages(heads):
        raise InputError(
            f"{type(recipe.variant).__name__} trains its encoder by more than one objective and cannot "
            'freeze it; take another variant, or SET="freeze=false"'
        )
    if recipe.thaw_after and any(_by_batches(heads.encoder)):
        raise InputError(
            "an encoder with batch normalization cannot thaw within a training; take "
            'variant.backbone.normalization=group, or SET="thaw_after=0"'
        )


def _by_batches(model: keras.Model) -> Iterator[bool]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _by_batches(layer)
        else:
            yield isinstance(layer, keras.layers.BatchNormalization)


@contextmanager
def frozen(recipe: Recipe, heads: Heads | None) -> Iterator[None]:
    """Leaves an encoder's weights as they are for the body of a `with`, where it does not thaw.

    Args:
        recipe: The recipe.
        heads: The heads that are trained; None where a part of them is.

    Yields:
        Nothing.
    """
    if heads is None or not recipe.freeze or recipe.thaw_after:
        yield
        return
    heads.encoder.trainable = False
    try:
        yield
    finally:
        heads.encoder.trainable = True


def thawing(
    optimizer: keras.optimizers.Optimizer, recipe: Recipe, heads: Heads | None, steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    """An optimizer under which an encoder stays as it is up to an epoch, and learns slower from then on.

    Its moments are those of the gradients from the first step on, so that a resumed training goes on exactly.

    Args:
        optimizer: The optimizer, not built.
        recipe: The recipe.
        heads: The heads that are trained; None where a part of them is.
        steps_per_epoch: Steps in an epoch.

    Returns:
        The optimizer itself where nothing thaws.
    """
    if heads is None or not (recipe.freeze and recipe.thaw_after):
        return optimizer
    encoder = heads.encoder.trainable_variables
    start, rate = recipe.thaw_after * steps_per_epoch, recipe.thaw_rate
    base: Any = type(optimizer)

    class Thawing(base):
        def build(self, variables: Sequence[Any]) -> None:
            self.slower = {
                index for index, one in enumerate(variables) if any(one is other for other in encoder)
            }
            if not self.built:
                self.exclude_from_weight_decay(var_list=encoder)
            super().build(variables)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            if self._get_variable_index(variable) in self.slower:
                thawed = self.iterations >= start
                learning_rate = tf.cast(learning_rate, tf.float32) * tf.where(thawed, rate, 0.0)
            super().update_step(gradient, variable, learning_rate)

    Thawing.__name__ = base.__name__
    return Thawing.from_config(optimizer.get_config())
