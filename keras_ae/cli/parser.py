"""The parser of the command line: verbs in groups, each with an example and the exit statuses."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from keras_ae import __version__, cli
from keras_ae.cli.unknown import no_verb, unknown_option
from keras_ae.files import modules_below

__all__ = ["GROUPS", "add_former", "make_parser"]

GROUPS = ("train and evaluate", "use", "generate", "serve", "look up")
"""The titles of the groups of verbs, in the order of the help."""

STATUSES = "exit status: 0 done, 1 failed, 2 unusable input, 3 drifted (--fail-on), 130 interrupted"


class OneLineParser(argparse.ArgumentParser):
    """A parser that prints a mistake in one line, where argparse puts the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; for what it takes: {self.prog} --help\n")


class VerbParser(OneLineParser):
    """A verb's parser, which names the verb where an argument is none of its own."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        known = [name for action in self._actions for name in action.option_strings]
        fault = unknown_option(args or (), known)  # before what is missing
        if fault:
            self.error(fault)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


class VerbsParser(OneLineParser):
    """The parser of all verbs, which names those that are near a word that is none."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        word = next(iter(sys.argv[1:] if args is None else args), "-")
        verbs = [verb for action in self._actions for verb in action.choices or ()]
        if not word.startswith("-") and word not in verbs:
            self.exit(2, f"{self.prog}: {no_verb(word, verbs)}\n")
        return super().parse_known_args(args, namespace)


class FormerOption(argparse.Action):
    """An option that has another name now, or is no longer an option."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: str | None = None
    ) -> NoReturn:
        parser.error(f"{option_string} {self.const}")


def add_former(parser: argparse.ArgumentParser, option: str, message: str) -> None:
    """Makes a verb refuse a former option in one line.

    Args:
        parser: The verb's parser.
        option: The option, such as "--version".
        message: What follows the option's name in that line, such as "is now --head-version".
    """
    parser.add_argument(option, action=FormerOption, const=message, nargs="?", help=argparse.SUPPRESS)


@functools.cache
def make_parser() -> argparse.ArgumentParser:
    """The parser of all verbs, made once in a process.

    Returns:
        The parser; the options that it gives hold the verb's function as `verb`.
    """
    parser = VerbsParser(
        prog="keras-ae",
        usage="keras-ae VERB ... [--help]",
        description=(
            "Train autoencoders from recipes, look at them in TensorBoard, and export heads for TF Serving."
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"keras-ae {__version__}")
    verbs = parser.add_subparsers(
        prog="keras-ae", required=True, metavar="VERB", help=argparse.SUPPRESS, parser_class=VerbParser
    )
    listed: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}

    def verb(
        name: str,
        function: Callable[[argparse.Namespace], int],
        text: str,
        group: str = GROUPS[-1],
        example: str = "",
        result: bool = False,
    ) -> argparse.ArgumentParser:
        """Adds a verb; one that prints a result also has --json and --quiet."""
        listed[group].append((name, text))
        added = verbs.add_parser(
            name,
            description=text,
            epilog=f"example: {example or f'keras-ae {name}'}\n{STATUSES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(verb=function, json=False, quiet=False, output=None, ends_at_once=False, workers=1)
        added.add_argument("--debug", action="store_true", help="show the traceback of an error")
        if result:
            added.add_argument(
                "--json", action="store_true", help="print the result as JSON, and all else on standard error"
            )
            added.add_argument("--quiet", action="store_true", help="print the result alone, no progress")
        return added

    modules = [module for module in modules_below(cli) if "ORDER" in vars(module)]
    for module in sorted(modules, key=lambda module: (module.ORDER, module.__name__)):
        module.add(verb)
    parser.epilog = _listing(listed)
    return parser


def _listing(listed: dict[str, list[tuple[str, str]]]) -> str:
    """The verbs under the titles of their groups."""
    width = max(len(name) for verbs in listed.values() for name, _ in verbs)
    lines = ["verbs (keras-ae VERB --help shows what one takes, with an example):"]
    for group, verbs in listed.items():
        lines += ["", f"  {group}", *(f"    {name:{width}}  {text}" for name, text in verbs)]
    return "\n".join([*lines, "", STATUSES])
