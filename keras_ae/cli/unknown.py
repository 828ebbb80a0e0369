"""What is said of words of the command line that are none: verbs and options, with those that are near."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keras_ae.declared import field_paths
from keras_ae.errors import InputError
from keras_ae.field_names import near_fields
from keras_ae.names import near_names, nearby
from keras_ae.recipe_files import recipe_names

__all__ = ["no_verb", "unknown_option"]

FIELDS = (
    "epochs",
    "learning_rate",
    "batch_size",
    "seed",
    "optimizer",
    "loss",
    "variant.latent_dim",
)
"""Fields that are told where it is not known which recipe is meant."""


def no_verb(word: str, verbs: Sequence[str]) -> str:
    """The message about a verb that does not exist.

    Args:
        word: What stands in the place of a verb.
        verbs: The verbs that there are.

    Returns:
        One line, with the verbs that are near.
    """
    if word in recipe_names():
        return f"there is no verb {word!r}, which is a recipe: keras-ae train {word} trains it"
    return f"there is no verb {word!r}{nearby(word, verbs)}; for what there is: keras-ae --help"


def unknown_option(words: Sequence[str], options: Sequence[str]) -> str:
    """The message about the first option that a verb does not have.

    Args:
        words: The words after the verb.
        options: The options that the verb has.

    Returns:
        A part of a line: how to set the field of that name, or the options that are near; "" if the verb has
        all of them.
    """
    words = words[: words.index("--")] if "--" in words else words
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        if not re.fullmatch(r"--[\w-]+", option) or option in options:
            continue
        if not equals:
            value = next(iter(words[index + 1 :]), "")
        near = near_fields(option[2:].replace("-", "_"), _paths(words)) if "--set" in options else []
        names = [f"--{name}" for name in near_names(option[2:], [name[2:] for name in options])]
        said = f"there is no option {option}" + (f" (near it: {', '.join(names)})" if names else "")
        if near:
            return f'{said}; a field of the recipe is set with --set "{near[0]}={_plain(value)}"'
        return said
    return ""


def _plain(value):
    """The value of an option that was meant for a field; dots in the place of none."""
    return value if re.fullmatch(r"[\w.,%+][\w.,%+-]*", value) else "..."


def _paths(words):
    """The paths of the fields of the recipe among some words; some that many have where there is none."""
    for word in words:
        try:
            return field_paths(word)
        except InputError:
            continue
    return FIELDS
