"""The names of fields: what they were called, what other programs call them, and which are near another one.

With what a text stands for in a field of a plain type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keras_ae.errors import SCALARS, InputError
from keras_ae.names import MOST_NEAR, near_names

__all__ = ["near_fields", "new_field", "no_such_field", "scalar"]


def new_field(classes: Iterable[str], field: str) -> str | None:
    """The present name of a field of a recipe or of one of its objects.

    Args:
        classes: The names of the object's class and of its bases.
        field: The field's former name.

    Returns:
        The present name; None if the class has had no such field.
    """
    names = (RENAMED_FIELDS.get(f"{name}.{field}") for name in classes)
    return next((name for name in names if name is not None), None)


def no_such_field(
    path: str,
    classes: Sequence[str],
    field: str,
    fields: Sequence[str],
    paths: Iterable[str] = (),
    described: str = "keras-ae show RECIPE",
) -> InputError:
    """The error about a field that does not exist.

    Args:
        path: The path of the setting, such as "variant.latent_dims"; "" for an argument of the class itself.
        classes: The names of the object's class and of its bases.
        field: The last name of the path that could be looked up.
        fields: The fields that exist.
        paths: The paths of further fields, such as those of a whole recipe.
        described: What lists all fields.

    Returns:
        The error, which names those that are near or says how the field is called now.
    """
    where = f"{path}: " if path else ""
    renamed = new_field(classes, field)
    if renamed is not None:
        return InputError(f"{where}{classes[0]} has no field {field!r}; it is now {renamed}")
    before = path.rpartition(field)[0] if path else ""
    near = near_fields(field, [before + each for each in fields], paths)
    listing = f"its fields are {', '.join(fields)}" if fields else "it has no fields to set"
    if near and len(fields) > FEW_FIELDS:
        listing = f"{described} lists all"
    nearest = f" (near it: {', '.join(near)})" if near else ""
    return InputError(f"{where}{classes[0]} has no field {field!r}{nearest}; {listing}")


FEW_FIELDS = 6
"""Fields that a message names all, at most, where some are near."""


def near_fields(field: str, own: Sequence[str], paths: Iterable[str] = ()) -> list[str]:
    """The paths of fields whose last names are near another one.

    Args:
        field: What was looked for, such as "latent" or, as many programs have it, "lr".
        own: The paths of the fields of the object in which it was looked for.
        paths: The paths of all others.

    Returns:
        Up to five paths: first those of that very name, then its own, then others.
    """
    field = OTHER_NAMES.get(field.lower(), field)
    every = [*own, *(path for path in paths if path not in own)]
    same = [path for path in every if _last(path) == field]
    near = [
        path
        for part in (own, every)
        for name in near_names(field, map(_last, part))
        for path in part
        if _last(path) == name
    ]
    return list(dict.fromkeys([*same, *near]))[:MOST_NEAR]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


OTHER_NAMES = dict(
    line.split()
    for line in """
    bs batch_size
    lr learning_rate
    z_dim latent_dim
    latent latent_dim
    code_size latent_dim
    code_dim latent_dim
    encoding_dim latent_dim
    bottleneck latent_dim
    hidden_dims units
    layers units
    kl_weight beta
    augmentation augment
    augmentations augment
    """.strip().splitlines()
)
"""Names of fields by those that other programs have for them."""


def scalar(text: str, kind: type, path: str) -> Any:
    """The value of a field of a plain type.

    Args:
        text: The text of a command line.
        kind: bool, int, float or str.
        path: The field's path, to begin the message with.

    Returns:
        The value.

    Raises:
        InputError: The text stands for none.
    """
    try:
        return CONVERTED[kind](text)
    except (ValueError, KeyError) as error:
        raise InputError(f"{path}: expected {SCALARS[kind][0]}, received {text!r}") from error


TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
CONVERTED: dict[type, Callable[[str], Any]] = {
    bool: lambda text: TRUTH[text.lower()],
    int: int,
    float: float,
    str: str,
}


RENAMED_FIELDS = dict(
    line.split()
    for line in """
    Recipe.warmup lr_warmup_steps
    Recipe.least_steps min_steps_per_epoch
    Recipe.keep checkpoint
    Variational.warmup kl_warmup
    Autoregressive.guess auxiliary_weight
    Autoregressive.warmup kl_warmup
    Autoregressive.memory context
    Autoregressive.width units
    Autoregressive.held hold_class
    Autoregressive.rate dropout
    Autoregressive.spread noise_scale
    Autoregressive.ordered first_ordered_class
    Contractive.weight lambda_
    Wasserstein.weight lambda_
    DIPVAE.off_diagonal lambda_od
    DIPVAE.diagonal lambda_d
    InfoVAE.scale lambda_
    Masked.seen mask_ratio
    Masked.whole unmasked_fraction
    PatchBackbone.patch patch_size
    Regularized.code_weight beta
    Regularized.l2 lambda_l2
    Regularized.gradient lambda_gp
    Stacked.pretraining pretraining_epochs
    Stacked.masking masking_fraction
    VampPrior.components num_pseudo_inputs
    VectorQuantized.codes num_embeddings
    VectorQuantized.width embedding_dim
    VectorQuantized.commitment commitment_cost
    VectorQuantized.memory prior_context
    VectorQuantized.prior_width prior_units
    NearestCodes.neighbours neighbors
    """.strip().splitlines()
)
"""Present names of fields by `Class.field`, where the class has its present name."""
