"""The metaclass of what users make: recipes and their parts, which tell wrong arguments in one line."""

from __future__ import annotations

import inspect
from abc import ABCMeta
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from keras_ae.errors import InputError
from keras_ae.field_names import no_such_field

__all__ = ["Checked"]

T = TypeVar("T")


class Checked(ABCMeta):
    """Metaclass of classes whose constructors refuse arguments that do not fit with an `InputError`.

    An unknown argument is told with the fields that are near, one that is missing with what to write.
    Pickling and copying do not come here, for they make objects without the constructor.
    """

    def __call__(cls: type[T], *args: Any, **fields: Any) -> T:
        try:
            return type.__call__(cls, *args, **fields)
        except TypeError as error:
            refusal = _refusal(cls, args, fields)
            if refusal is None:  # raised by what the constructor does
                raise
            raise refusal from error

    @property
    def __signature__(cls) -> inspect.Signature:
        """The signature of the constructor, which `inspect` and editors would else take from above."""
        signature = inspect.signature(cls.__init__)  # type: ignore[misc]
        return signature.replace(parameters=list(signature.parameters.values())[1:])


def _refusal(kind: type, args: Sequence[Any], fields: Mapping[str, Any]) -> InputError | None:
    """The error about arguments that a constructor does not take; None if it takes them."""
    parameters, name = inspect.signature(kind).parameters, kind.__name__
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return None
    for field in fields:
        if field not in parameters:
            classes = [base.__name__ for base in kind.__mro__]
            return no_such_field("", classes, field, list(parameters), described=f"help({name})")
    by_place = [each for each, one in parameters.items() if one.kind is not one.KEYWORD_ONLY]
    if len(args) > len(by_place):
        order = ", ".join(by_place) or "none"
        return InputError(
            f"{name} takes {len(by_place)} arguments at most, received {len(args)}; their order is {order}"
        )
    twice = [each for each in by_place[: len(args)] if each in fields]
    if twice:
        return InputError(f"{name} received {twice[0]} twice, by place and by name; give it once")
    given = {*by_place[: len(args)], *fields}
    missing = [each for each, one in parameters.items() if one.default is one.empty and each not in given]
    if missing:
        example = ", ".join(f"{each}=..." for each in missing)
        return InputError(f"{name} needs {', '.join(missing)}; write {name}({example})")
    return None
