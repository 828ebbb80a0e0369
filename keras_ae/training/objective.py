"""The reconstruction loss of a recipe, after checking that data, output activation and loss agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from keras_ae import losses
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.domains import Domain
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe

__all__ = ["loss_for", "loss_in"]

LOSSES_OF_SEQUENCES = ("auto", "squared_error", "absolute_error", "huber")


def loss_for(recipe: Recipe, data: Data) -> Callable:
    """The reconstruction loss of a recipe.

    Args:
        recipe: The recipe, whose loss or variant's likelihood is used.
        data: The data to train on.

    Returns:
        (target, outputs by name) -> (batch,).

    Raises:
        InputError: The values, the output activation and the loss do not agree; the message has the range
            of the values and ways to fix it.
    """
    domain = data.domain
    lowest, highest = _range(data)
    low, high = domain.range or (-np.inf, np.inf)
    if not (lowest >= low and highest <= high):
        raise InputError(
            f"a {domain.activation} output needs data in [{low:g}, {high:g}]; found {lowest:g} to "
            f"{highest:g}; scale the data into [{low:g}, {high:g}], or call it real: "
            'SET="data.domain=real"'
        )
    if recipe.loss != "auto" and domain.one_hot != (recipe.loss == "categorical_crossentropy"):
        raise InputError(
            f"categorical cross-entropy and classes need each other; received loss={recipe.loss} "
            f'and {domain.kind} values; leave the loss at auto: SET="loss=auto"'
        )
    if not domain.unit_interval and recipe.loss == "binary_crossentropy":
        raise InputError(
            f"cross-entropy needs data in [0, 1]; found real values, standardized from {lowest:g} to "
            f'{highest:g}; scale the data into [0, 1], or take the other loss: SET="loss=squared_error"'
        )
    if domain.ends and recipe.loss not in LOSSES_OF_SEQUENCES:
        raise InputError(
            f"sequences have a loss of single values, {', '.join(LOSSES_OF_SEQUENCES[1:])}; received "
            f'loss={recipe.loss}; take one of those, such as SET="loss=absolute_error"'
        )
    if recipe.loss == "ssim" and not (domain.unit_interval and _are_images(data.train.shape)):
        raise InputError(
            f"loss=ssim compares images in [0, 1]; found {domain.kind} values of shape "
            f'{"x".join(map(str, data.train.shape))}; take another loss, such as SET="loss=mse"'
        )
    if recipe.loss == "color_distance":
        shape = PairedData(data, recipe.task).spec.target_shape
        if shape[-1] != 2:
            raise InputError(
                "loss=color_distance is of colors, a and b of Lab, as Colorization pairs them; found "
                f'targets of shape {"x".join(map(str, shape))}; take another loss, such as SET="loss=mse"'
            )
    if recipe.huber_delta != 1.0 and recipe.loss != "huber":
        raise InputError(
            f"huber_delta={recipe.huber_delta:g} is of the loss huber, received loss={recipe.loss}; leave it "
            'out, or SET="loss=huber"'
        )
    if recipe.variant.likelihood is not None and recipe.loss != "auto":
        raise InputError(
            f"{type(recipe.variant).__name__} trains on a likelihood, received loss={recipe.loss}; "
            'leave the loss at auto and choose another one with SET="variant.likelihood=..."'
        )
    return loss_in(recipe, domain)


def loss_in(recipe: Recipe, domain: Domain) -> Callable:
    """The reconstruction loss of a recipe that is known to agree with its data.

    Args:
        recipe: The recipe.
        domain: The data's domain.

    Returns:
        (target, outputs by name) -> (batch,).
    """
    likelihood = recipe.variant.likelihood
    if likelihood is None:
        return losses.on_reconstruction(_chosen_loss(recipe, domain))
    return domain.likelihood_by_name(likelihood)


def _are_images(shape: tuple[int, ...]) -> bool:
    """Whether examples of a shape have a height and a width to slide a window over."""
    return len(shape) == 3 and min(shape[:2]) > 1


def _chosen_loss(recipe: Recipe, domain: Domain) -> Callable:
    """The loss (target, output) -> (batch,) that a recipe names."""
    if recipe.loss == "auto":
        return domain.loss
    options = {"delta": recipe.huber_delta} if recipe.loss == "huber" else {}
    return domain.of_known(partial(losses.LOSSES[recipe.loss], **options))


def _range(data: Data) -> tuple[float, float]:
    """The lowest and the highest model input over all splits."""
    ends = [end for split in data.splits.values() for end in (split.examples.min(), split.examples.max())]
    full = 255.0 if data.train.examples.dtype == np.uint8 else 1.0
    return min(ends) / full, max(ends) / full
