"""Parameters that are dataclasses, such as a variant, with fields that are parameters themselves."""

from __future__ import annotations

import dataclasses
from typing import Any

from keras_ae.errors import InputError

__all__ = ["as_object", "fields_of", "with_field"]

BASES = {
    "variant": ("keras_ae.variants", "Variant"),
    "corruption": ("keras_ae.tasks.corruption", "Corruption"),
    "anomaly_score": ("keras_ae.tasks.anomaly_scores", "Score"),
}
"""Where the base class of such a parameter is, and its name."""


def as_object(name: str, value: Any) -> Any:
    """The object that a parameter stands for.

    Args:
        name: The parameter.
        value: The object, or its text as on the command line, such as "Variational(latent_dim=8)"; None.

    Returns:
        The object, or None.

    Raises:
        InputError: For anything else.
    """
    import importlib  # TensorFlow, which an estimator that is not fitted does without

    from keras_ae.overrides import construct

    module, base = BASES[name]
    kind = getattr(importlib.import_module(module), base)
    if value is None or isinstance(value, kind):
        return value
    if isinstance(value, str):
        return construct(value, kind, name)
    received = f"the class; write {value.__name__}()" if isinstance(value, type) else repr(value)
    raise InputError(f"expected {name} as a {base} or its name, received {received}")


def fields_of(name: str, value: Any) -> dict[str, Any]:
    """The fields of a parameter, and of the objects in it, as parameters.

    Args:
        name: The parameter.
        value: As for `as_object`.

    Returns:
        Values by name, such as "variant__latent_dim" and "variant__backbone__units"; none of what `fit` will
        refuse.
    """
    try:
        return dict(_fields(name, as_object(name, value)))
    except InputError:
        return {}


def _fields(prefix, owner):
    if not dataclasses.is_dataclass(owner):
        return
    for field in dataclasses.fields(owner):
        value = getattr(owner, field.name)
        yield f"{prefix}__{field.name}", value
        yield from _fields(f"{prefix}__{field.name}", value)


def with_field(name: str, value: Any, path: str, new: Any) -> Any:
    """A parameter with one of its fields changed.

    Args:
        name: The parameter.
        value: As for `as_object`.
        path: The field, such as "latent_dim" or "backbone__units".
        new: Its value.

    Returns:
        The object.

    Raises:
        InputError: If there is no such field, or it cannot take the value.
    """
    from keras_ae.overrides import replace_field

    owner = as_object(name, value)
    if owner is None:
        raise InputError(f"{name} is None, which has no {path}; set {name} first")
    names = path.split("__")
    try:
        return replace_field(owner, names, new, f"{name}.{'.'.join(names)}")
    except InputError as error:
        raise InputError(str(error).replace(f"{name}.{'.'.join(names)}", f"{name}__{path}")) from error
