"""Formats as JSON, as runs and cards have them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from keras_ae.errors import InputError
from keras_ae.formats.format import Format
from keras_ae.formats.listing import format_of, formats

__all__ = ["files_of", "from_json", "to_json"]


def to_json(format: Format) -> str:
    """A format as text, which `from_json` reads.

    Args:
        format: A frozen dataclass of plain values.

    Returns:
        JSON of the class's name and its fields.
    """
    fields = dataclasses.asdict(format)  # type: ignore[call-overload]  # of a subclass, a dataclass
    return json.dumps({"kind": type(format).__name__, "fields": fields})


def from_json(text: str) -> Format:
    """The format that `to_json` wrote.

    Args:
        text: JSON of a class's name and its fields.

    Returns:
        The format.

    Raises:
        InputError: If the format or one of its fields does not exist.
    """
    try:
        read = json.loads(text)
        kind, fields = formats()[read["kind"]], read["fields"]
        if not isinstance(fields, dict):
            raise TypeError(f"expected fields by name, received {fields!r}")
        return kind(**{name: _tuple(value) for name, value in fields.items()})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected the format of a run's examples, received {text[:80]!r}; train again"
        ) from error


def files_of(data: Mapping[str, Any], shape: Sequence[int | None]) -> Format | None:
    """The format by whose files a head of other examples than images and arrays is used.

    Args:
        data: What the head's card says of its data.
        shape: Of one of its inputs.

    Returns:
        The format; None for images and for arrays, and where the card does not say.
    """
    own = from_json(json.dumps(data["format"])) if data.get("format") else None
    plain = tuple(side or 0 for side in shape)
    known = own or format_of(None, data.get("domain", "real"), plain)
    return known if known.own_files(plain) else None


def _tuple(value):
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
