"""Messages in the words of the door that the user came through: make's variables, or options."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import MODELS
from keras_ae.recipe_files import recipe_stem
from keras_ae.runs.folders import model_name

__all__ = ["in_words_of_the_door", "report", "resume_command"]

Replacements = tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]

BOTH = (
    (r"\b([A-Z]+=\S*) \((--[a-z][^)]*)\)", r"\2", r"\1"),
    (r"(--[a-z-]+) \(make: ([A-Z]+=\S*)\)", r"\1", r"\2"),
)
"""Texts that name a setting in both ways, what the command line takes of them, and what make takes."""

TO_OPTIONS: Replacements = (
    *((pattern, option) for pattern, option, _ in BOTH),
    (r"\bmake (train|evaluate|export) RECIPE=", r"keras-ae \1 "),
    (r"\bmake evaluate DATA=(\S+)", r"keras-ae evaluate RECIPE --data \1"),
    (r"\bmake (tensorboard|serve|list)\b", r"keras-ae \1"),
    (r'\bSET="', '--set "'),
    (r"\b(RESUME|FORCE|TRAINED)=1", lambda match: f"--{match[1].lower()}"),
    (r"\b(SET|DATA|OUTPUT|MASK|NAME)=(?=[^\s\w]|\s|$)", lambda match: f"--{match[1].lower()}"),
    (r"\b(SET|DATA|OUTPUT|MASK|NAME)=(?=\w)", lambda match: f"--{match[1].lower()} "),
    (r"\bRECIPE=(?=\w)", "the recipe "),
)
"""Words of make, and the same for the command line."""

TO_VARIABLES: Replacements = (
    *((pattern, variable) for pattern, _, variable in BOTH),
    (r"\bkeras-ae (tensorboard|serve)(?! --)\b", r"make \1"),
    (r"\bkeras-ae (train|evaluate|export) (?=[\w./-])", r"make \1 RECIPE="),
    (r"(?<![\w-])--(set|data|output|head|name) (?=\")", lambda match: f"{match[1].upper()}="),
    (r"(?<![\w-])--(set|data|output|head|name)\b(?!-)", lambda match: f"{match[1].upper()}="),
    (r"(?<![\w-])--(resume|force|trained)\b(?!-)", lambda match: f"{match[1].upper()}=1"),
    (r"(?<![\w-])--workers (?=\d)", "WORKERS="),
)
"""Words of the command line, and the same for make."""


def report(line: str) -> None:
    """Prints a line about progress at once, in the words of the door.

    Args:
        line: The line.
    """
    print(in_words_of_the_door(line), flush=True)


def in_words_of_the_door(text: str) -> str:
    """A message as the user's door would have it: of make where make runs this program, else of keras-ae.

    Args:
        text: A message that may name settings in either way, such as SET="epochs=5" or --force.

    Returns:
        The message with those names replaced.
    """
    for pattern, words in TO_VARIABLES if "MAKELEVEL" in os.environ else TO_OPTIONS:
        text = re.sub(pattern, words, text)
    return text


def resume_command(options: Any, directory: Path) -> str:
    """The command that resumes a run, in the form in which it was started: make or keras-ae.

    Args:
        options: The parsed arguments.
        directory: The run's folder.

    Returns:
        The command, quoted for a shell.
    """
    if "MAKELEVEL" in os.environ and not options.run_dir:
        name = model_name(directory, options.runs)
        several = f" WORKERS={options.workers}" if (options.workers or 1) > 1 else ""
        apart = "" if name in (None, recipe_stem(options.recipe)) else f" NAME={name}"
        return f"make train RECIPE={shlex.quote(options.recipe)}{apart} RESUME=1{several}"
    command = [sys.executable, "-m", "keras_ae", "train", options.recipe, "--resume"]
    command += ["--run-dir", str(directory)]
    command += ["--workers", str(options.workers)] if (options.workers or 1) > 1 else []
    command += ["--models", str(options.models)] if options.models not in (None, MODELS) else []
    return shlex.join(command)
