"""Messages in the words of Python: arguments in place of make's variables and of options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from keras_ae.errors import InputError

__all__ = ["in_python", "words_of_python"]

RESUMING = re.compile(r"RESUME=1(?: \(--resume\))?|--resume(?: \(RESUME=1\))?")
SETTINGS = re.compile(r'(?:RESUME=1 )?SET="([^"]*)"')
TRAINING = re.compile(r'\bmake train RECIPE=([\w./-]+)(?: SET="([^"]*)")?(?![\w./-]| \w+=)')
NEAR_FIELDS = re.compile(r"has no field \S+ \(near it: [^)]*\)")


@contextmanager
def words_of_python() -> Iterator[None]:
    """Errors of input that name arguments of Python.

    Yields:
        Nothing, for the body of a `with`.

    Raises:
        InputError: If the body raises one, in Python's words.
    """
    try:
        yield
    except InputError as error:
        text = in_python(str(error))
        if text == str(error):
            raise
        raise InputError(text) from error


def in_python(text: str) -> str:
    """A message with settings as arguments: `SET="a.b=1 c=2"` as `a__b=1, c=2`.

    Args:
        text: A message for the command line.

    Returns:
        The message for Python.
    """
    text = re.sub(r"(?<![\w-])--name(?![\w-])", "name=", text)
    text = NEAR_FIELDS.sub(lambda near: near[0].replace(".", "__"), text)
    text = TRAINING.sub(lambda call: f'keras_ae.train("{call[1]}"{_arguments(call[2], ", ")})', text)
    return RESUMING.sub("resume=True", SETTINGS.sub(lambda match: _arguments(match[1]), text))


def _arguments(settings: str | None, before: str = "") -> str:
    """Settings as the arguments of a call, after a text if there are any."""
    words = [word.partition("=") for word in (settings or "").split()]
    arguments = [f"{name.replace('.', '__')}={_literal(value)}" for name, _, value in words]
    return before + ", ".join(arguments) if arguments else ""


def _literal(value: str) -> str:
    """A value of a setting as Python has it: numbers and the dots of an example bare, all else quoted."""
    return value if value == "..." or re.fullmatch(r"[-+.\de]+", value) else f'"{value}"'
