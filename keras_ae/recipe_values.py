"""The values that a recipe's plain fields take, known without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from keras_ae.errors import InputError, check_choices, check_least
from keras_ae.names import nearby

__all__ = ["CHOICES", "LEAST", "LOSS_ALIASES", "LOSS_NAMES", "check_values", "loss_called"]

LOSS_NAMES = (
    "auto",
    "binary_crossentropy",
    "squared_error",
    "absolute_error",
    "huber",
    "ssim",
    "color_distance",
    "negative_sdr",
    "categorical_crossentropy",
)
"""What `loss` may be: "auto", or the name of one of `losses.LOSSES`."""

LOSS_ALIASES = dict(
    line.split()
    for line in """
    mse squared_error
    mean_squared_error squared_error
    l2 squared_error
    mae absolute_error
    mean_absolute_error absolute_error
    l1 absolute_error
    bce binary_crossentropy
    cross_entropy binary_crossentropy
    binary_cross_entropy binary_crossentropy
    cce categorical_crossentropy
    categorical_cross_entropy categorical_crossentropy
    huber_loss huber
    dssim ssim
    ssim_loss ssim
    """.strip().splitlines()
)
"""Names of losses by those that Keras, papers and other programs have for them."""

FORMER_LOSSES = {
    "vivid_squared_error": 'the colors of least error are those of SET="loss=color_distance", and vivid ones '
    "those of the head vivid_restorer of colorization"
}
"""What takes the place of losses that are no more."""

LEAST = {
    "epochs": 1,
    "batch_size": 1,
    "default_epochs": 1,
    "seed": 0,
    "lr_warmup_steps": 0,
    "min_steps_per_epoch": 0,
    "min_steps": 0,
    "max_steps": 0,
    "thaw_after": 0,
}
"""The least value of each field that has one."""

LARGEST_SEED = 2**32 - 1

CHOICES = {"schedule": ("constant", "cosine"), "checkpoint": ("best", "last")}
"""The values of fields that have some to choose from, but for the loss, which has further names."""


def check_values(values: Mapping[str, Any]) -> None:
    """Checks values of some of a recipe's plain fields.

    Args:
        values: By the fields' names; what no plain field of a recipe is called is not looked at.

    Raises:
        InputError: For a value outside its range.
    """
    known = SimpleNamespace(**{name: value for name, value in values.items() if value is not None})
    check_least(known, **{name: low for name, low in LEAST.items() if name in vars(known)})
    check_choices(known, **{name: few for name, few in CHOICES.items() if name in vars(known)})
    if values.get("seed", 0) > LARGEST_SEED:
        raise InputError(f"seed must be at most {LARGEST_SEED}, received {values['seed']}")
    for name in ("learning_rate", "huber_delta"):
        if name in values and not 0 < values[name] < float("inf"):
            raise InputError(f"{name} must be above 0, received {values[name]}")
    if "loss" in values:
        loss_called(values["loss"])


def loss_called(name: Any) -> str:
    """The name of a loss, which may be given as Keras and papers have it.

    Args:
        name: Such as "squared_error", "mse" or "MeanSquaredError".

    Returns:
        One of `LOSS_NAMES`.

    Raises:
        InputError: For the name of no loss; the message has those that are near.
    """
    plain = str(name).lower().replace("-", "_").replace(" ", "_")
    if plain in FORMER_LOSSES:
        raise InputError(f"the loss {plain} is no more: {FORMER_LOSSES[plain]}")
    by_letters = {each.replace("_", ""): each for each in (*LOSS_ALIASES, *LOSS_NAMES)}
    found = by_letters.get(plain.replace("_", ""))
    if found is None or not isinstance(name, str):
        near = nearby(plain, [*LOSS_NAMES, *LOSS_ALIASES])
        raise InputError(f"loss must be one of {', '.join(LOSS_NAMES)}; received {name!r}{near}")
    return LOSS_ALIASES.get(found, found)
