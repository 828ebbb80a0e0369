"""Names that paths are made of: the rule that they keep, a name from any text, and names that are near."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable

from keras_ae.errors import InputError

__all__ = [
    "LONGEST",
    "MOST_NEAR",
    "RULE",
    "check_name",
    "is_name",
    "near_names",
    "nearby",
    "shortened",
    "slug",
]

LONGEST = 100
"""Characters that a name may have; paths hold several names, and file systems end at 255."""

RULE = (
    "one part of letters, digits, _, . and - that begins with neither . nor - "
    f"and has at most {LONGEST} characters"
)
"""The rule in words; letters are those of ASCII."""

NAME = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{LONGEST - 1}}}")


def is_name(value: object) -> bool:
    """Whether a value is a name that paths may be made of.

    Args:
        value: Anything, such as a text from a file that others wrote.

    Returns:
        Whether it keeps the rule.
    """
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def check_name(value: object, what: str) -> None:
    """Checks that a value is a name that paths may be made of.

    Args:
        value: The value.
        what: What it is the name of, to begin the message with, such as "--name".

    Raises:
        InputError: It does not keep the rule.
    """
    if not is_name(value):
        text = repr(value)
        text = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
        raise InputError(f"{what} must be {RULE}; received {text}")


def slug(text: str) -> str:
    """A name made of any text: what may not stand in one becomes a hyphen.

    Args:
        text: A text, such as the name of a folder.

    Returns:
        The name. Where letters were lost, it ends with a part of the text's hash, so that two texts of other
        alphabets have two names.
    """
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", letters).strip(".-")
    if not name or any(letter.isalnum() and not letter.isascii() for letter in letters):
        name = "-".join(filter(None, [name, _digest(plain)]))
    return shortened(name)


def shortened(name: str) -> str:
    """A name of at most `LONGEST` characters; a longer one ends with a part of its hash.

    Args:
        name: A name of any length.

    Returns:
        The name, or its beginning with a hash.
    """
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{_digest(name)}"


MOST_NEAR = 5
"""Names that a message suggests, at most."""

LEAST_PART = 3
"""Characters of a name that count as a part of another one, at least."""


def near_names(name: str, names: Iterable[str]) -> list[str]:
    """The names that are spelled almost like another one, or hold it; upper and lower case are the same.

    Args:
        name: What was looked for.
        names: What there is.

    Returns:
        Up to five, the nearest first.
    """
    known, text = {each.lower(): each for each in sorted(set(names))}, name.lower()
    near = difflib.get_close_matches(text, known, MOST_NEAR)
    near += [each for each in known if len(text) >= LEAST_PART and text in each]
    return [known[each] for each in dict.fromkeys(near)][:MOST_NEAR]


def nearby(name: str, names: Iterable[str]) -> str:
    """The names that are near another one, as they stand behind it in a message about what is not there.

    Args:
        name: What was looked for.
        names: What there is.

    Returns:
        A part of a sentence such as " (near it: denoising)"; "" where none is near.
    """
    near = near_names(name, names)
    return f" (near it: {', '.join(near)})" if near else ""


def _digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
