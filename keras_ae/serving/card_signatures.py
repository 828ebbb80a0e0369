"""The signatures of exported heads as their cards have them, read without TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keras_ae.errors import InputError
from keras_ae.names import nearby
from keras_ae.serving.versions import CARD_FILE

__all__ = ["check_numeric", "check_outputs", "signatures", "version_card"]

DEFAULT = "serving_default"
"""The signature that takes and gives arrays."""


def version_card(folder: Path) -> dict[str, Any]:
    """The card of an exported version, read without TensorFlow.

    Args:
        folder: The version's folder.

    Returns:
        The card; empty where there is none that can be read.
    """
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def signatures(folder: Path) -> dict[str, Any]:
    """What the card of an exported version says of its signatures, read without TensorFlow.

    Args:
        folder: The version's folder.

    Returns:
        {"inputs": {name: {"shape", "dtype"}}, "outputs": ...} by the signature's name; empty where there is
        no card that says it.
    """
    try:
        card = version_card(folder)
        return {name: {**card["signatures"][name]} for name in card["signatures"]}
    except (KeyError, TypeError):
        return {}


def check_numeric(folder: Path, purpose: str) -> None:
    """Checks that a head takes and gives numbers alone by its signature of arrays.

    Args:
        folder: The folder of the head's version.
        purpose: What needs numbers, for the message.

    Raises:
        InputError: One of its inputs or outputs is words.
    """
    card = signatures(folder).get(DEFAULT, {})
    for side, verb in (("inputs", "takes"), ("outputs", "gives")):
        words = sorted(name for name, one in card.get(side, {}).items() if one["dtype"] == "string")
        if words:
            raise InputError(
                f"{purpose} needs heads of numbers, and the {folder.parent.name} of "
                f"{folder.parent.parent.name} {verb} words: {', '.join(words)}; serve it by TF Serving, or "
                "leave it out of --head"
            )


def check_outputs(names: Iterable[str], there: Mapping[str, Any]) -> None:
    """Checks that a head gives outputs.

    Args:
        names: Names of outputs that are wanted.
        there: Those that it gives.

    Raises:
        InputError: It lacks one.
    """
    for name in names:
        if name not in there:
            raise InputError(
                f"the head gives no output {name!r}{nearby(name, there)}; it gives {', '.join(there)}: name "
                "those of them with --outputs"
            )
