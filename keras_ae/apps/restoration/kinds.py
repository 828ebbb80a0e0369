"""What can be restored from files: one kind of restoration for each kind of restorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import keras_ae.apps.restoration as restoration
from keras_ae.errors import InputError
from keras_ae.files import classes_below

__all__ = ["Kind", "Restored", "kind_of"]


@dataclass
class Restored:
    """What a restoration has written.

    Attributes:
        files: The restored files.
        failures: The reason for each file that was left out, by its name.
        lines: Lines about it, for people.
    """

    files: list[Path] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


class Kind:
    """Base class of kinds of restoration, each a class in a file of this folder.

    Attributes:
        options: The names of the options that it takes, of those that not every kind does.
    """

    options: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def accepts(cls, card: Mapping[str, Any]) -> bool:
        """Whether a restorer is of this kind.

        Args:
            card: The card of its exported version.

        Returns:
            Whether it is.
        """
        raise NotImplementedError

    @classmethod
    def request(cls, source: str, output: Path, force: bool, **options: Any) -> Any:
        """Checks what is to be restored, before TensorFlow is loaded.

        Args:
            source: A file, or a folder.
            output: The folder to write to.
            force: Whether to replace existing files.
            **options: Values of `options`, as far as the user gave some.

        Returns:
            The request.

        Raises:
            InputError: If a number is out of range, or files cannot be read or written.
        """
        raise NotImplementedError

    @classmethod
    def restore(cls, folder: Path, request: Any, report: Callable[[str], None]) -> Restored:
        """Restores the files of a request.

        Args:
            folder: The folder of the exported version.
            request: What `request` gave.
            report: Called with a line for each file.

        Returns:
            What was written.

        Raises:
            InputError: If nothing can be restored.
        """
        raise NotImplementedError


def kind_of(card: Mapping[str, Any], options: Mapping[str, Any]) -> type[Kind]:
    """The kind of restoration of a restorer.

    Args:
        card: The card of its exported version.
        options: The options that the user gave, of those that not every kind takes, by name.

    Returns:
        The kind.

    Raises:
        InputError: If it does not take one of the options.
    """
    kinds: list[type[Kind]] = classes_below(restoration, Kind, named=True)
    kind = next(each for each in kinds if each.accepts(card))
    unused = [name for name in options if name not in kind.options]
    if unused:
        named = ", ".join("--" + name.replace("_", "-") for name in kind.options)
        raise InputError(
            f"this restorer takes {named}; received --{unused[0].replace('_', '-')}, which it would not use; "
            "leave it out"
        )
    return kind
