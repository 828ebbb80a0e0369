"""Arguments that several verbs share: one meaning for each option, and the words in their values."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from keras_ae.errors import InputError

__all__ = [
    "EXPORT",
    "MEANINGS",
    "MODEL",
    "MODELS",
    "RECIPE",
    "RUNS",
    "add_name",
    "add_option",
    "add_recipe",
    "add_run",
    "names_set",
    "split_settings",
    "words",
]

RUNS, MODELS = Path("runs"), Path("saved_models")

MEANINGS = {
    "--add": "attribute to add: a label, or an attribute of the format",
    "--after": "opening to continue, with --length",
    "--all-versions": "check all versions, not only the newest and the labeled ones",
    "--baseline": "checkout of another build of this package, to compare with",
    "--batch": "examples at a time",
    "--batches": "batch sizes, separated by commas",
    "--beside": "folder of models that another build exported, timed in turn with those of --models",
    "--best-of": "choose the most valid of this many samples",
    "--bits": "quantize to 2^N levels a dimension, from its smallest to its largest code; N from 2 to 16",
    "--class": "class that a conditional decoder decodes as, by name or number",
    "--codes": "write the codes themselves, without a model",
    "--count": "number of examples",
    "--data": "data in place of the recipe's own: a data set's name, a folder, or a file",
    "--devices": "kinds of devices to train on, separated by commas",
    "--dimension": "dimension of the code",
    "--epochs": "epochs of each training",
    "--every": "seconds from one look at the file to the next",
    "--fail-on": "level of change, some or much, from which the exit status is 3",
    "--flags": "also write a column of 0 and 1 for each column, NAME_filled, that tells what was filled in",
    "--force": "replace files that already exist",
    "--forget": "forget all marks",
    "--grpc-port": "port of gRPC",
    "--head": "exported head, such as encoder or decoder",
    "--head-version": "version of the exported head",
    "--host": "address to listen on",
    "--image": "image of the container",
    "--input": "file that was searched",
    "--keep": "number of newest versions of each head to keep, besides labeled ones",
    "--key": "name of the array in an .npz, as data.key in training",
    "--label": "label of the exported head's version",
    "--layer": "layer of the run's network whose output is the code, as keras-ae layers lists them",
    "--length": "length of joined windows in columns or bars",
    "--mask": "missing pixels, for a restorer that fills in",
    "--method": "projections, separated by commas: pca, tsne, umap, spectral",
    "--metric": "metric in the table",
    "--models": f"folder of all exported models (default: {MODELS})",
    "--most-seconds": "length from which a file is left out",
    "--most-megapixels": "size from which an image is left out",
    "--name": "name of the model: of the folder of its runs, and of that of its exports",
    "--networks": "names of networks, separated by commas",
    "--new": "leave out what is in the file at the beginning",
    "--no-batching": "run each request as its own batch",
    "--once": "look at the file once, and end",
    "--output": "where the result is written",
    "--outputs": "names of the head's outputs to write, separated by commas",
    "--parts": "also time the parts of a step, and what all callbacks add to it",
    "--peers": "what to compare with, names separated by commas",
    "--playable": "repair invalid examples, and resample those that cannot be repaired",
    "--pool": "what is done with the positions of a layer's output: none, mean or max",
    "--port": "port of the page",
    "--print": "print the command instead of running it",
    "--rest-port": "port of REST",
    "--print-job": "print the job of a scheduler that trains by --workers, and train nothing",
    "--psnr": "peak signal-to-noise ratio in dB that all forms are set for",
    "--recipe": "recipe that the data are for",
    "--resume": "resume the newest run after its last epoch",
    "--rounds": "times to start each process anew",
    "--run-dir": "the run's folder",
    "--runs": f"folder of all runs (default: {RUNS})",
    "--seed": "random seed",
    "--seeds": "trainings of each variant, for mean and deviation",
    "--set": 'changes to fields of the recipe: --set "epochs=5 variant.latent_dim=16"',
    "--signature": "signature of the exported head",
    "--split": "split of a named data set",
    "--steps": "number of examples in a row",
    "--strength": "factor of the attribute; negative values remove it",
    "--temperature": "below 1 for typical examples, above 1 for unusual ones",
    "--threads": "number of threads of each competitor",
    "--tile": "side of a tile in pixels; smaller tiles need less memory",
    "--time": "number of requests to each signature to time",
    "--timeout": "seconds to wait for a server's answer",
    "--tolerance": "how much larger quantization may make the squared error of reconstructions",
    "--to": "runtimes, separated by commas",
    "--trained": "score with a finished run, the newest one or that of --run-dir, and train none",
    "--url": "server, http://host:8501 or grpc://host:8500, in place of --models",
    "--valid": "repair invalid examples, and resample those that cannot be repaired",
    "--variants": "names of variants, separated by commas",
    "--workers": "processes on this machine that share each batch",
    "--where": "value that all rows have in a column",
    "--verbose": "print every check, not only faults",
}
"""What each option means, the same in all verbs; a verb adds details after a semicolon."""


def add_option(
    parser: Any, name: str, detail: str = "", more_names: Sequence[str] = (), **settings: Any
) -> None:
    """Adds an option with its one meaning.

    Args:
        parser: The verb's parser, or a group of it.
        name: The option, one of `MEANINGS`.
        detail: What holds in this verb in particular, such as the default.
        more_names: Further names of the option.
        **settings: The settings of argparse's `add_argument`.
    """
    text = "; ".join(filter(None, [MEANINGS[name], detail])).replace("%", "%%")
    parser.add_argument(name, *more_names, help=text, **settings)


RECIPE = "a recipe's name, or the path of a .py file"
MODEL = f"{RECIPE}, or a model's name"
EXPORT = "the name of an exported model, or of its recipe"
"""What stands in the place of RECIPE, by what a verb looks for."""


def add_recipe(parser: argparse.ArgumentParser, *options: str, text: str = RECIPE) -> argparse.ArgumentParser:
    """Adds the recipe, and some of the options that change it.

    Args:
        parser: The verb's parser.
        *options: "--data" and "--set", those of them that the verb reads.
        text: What may stand there: `RECIPE`, or `MODEL` where a finished run will do.

    Returns:
        The parser.
    """
    parser.add_argument("recipe", help=text)
    if "--data" in options:
        add_option(parser, "--data")
    if "--set" in options:
        add_option(parser, "--set", action="append", default=[], metavar="FIELD=VALUE")
    return parser


def add_name(parser: argparse.ArgumentParser, default: str = "RECIPE, with other data RECIPE-DATA") -> None:
    """Adds the option that names a model.

    Args:
        parser: The verb's parser.
        default: The name where the option gives none.
    """
    add_option(parser, "--name", f"default: {default}", metavar="NAME")


def add_run(parser: argparse.ArgumentParser, default: str = "the newest finished one") -> None:
    """Adds the options that name a run.

    Args:
        parser: The verb's parser.
        default: The run that is meant where no option names one.
    """
    add_option(parser, "--run-dir", f"default: {default}", type=Path, metavar="FOLDER")
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")


_WITH_COMMAS = re.compile(r"""(?<=[=,])("[^"]*,[^"]*"|'[^']*,[^']*')(?=[,\s]|$)""")
"""Values in quotation marks, which are kept: their commas part nothing."""

_OPEN = re.compile(r"[\w.]+=(\w+\(|[(\[])")
"""The beginning of a setting whose value is an object with arguments, or several values in brackets."""


def split_settings(texts: Sequence[str]) -> list[str]:
    """The single settings in the values of the option --set, each of which may hold several.

    Args:
        texts: The option's values.

    Returns:
        Settings such as "epochs=3".

    Raises:
        InputError: If quotation marks do not match.
    """
    try:
        kept = [_WITH_COMMAS.sub(lambda quoted: shlex.quote(quoted[0]), text) for text in texts]
        return [setting for text in kept for setting in _joined(shlex.split(text))]
    except ValueError as error:
        raise InputError(
            f"the settings {texts} cannot be split into words: {error}; quote values in pairs of marks"
        ) from error


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Words, those within brackets, and objects between commas, as one, such as "Shift(pixels=2), Flip"."""
    open_words: list[str] = []
    for word in words:
        open_words.append(word)
        joined = " ".join(open_words)
        depth = sum((letter in "([") - (letter in ")]") for letter in joined)
        if not _OPEN.match(joined) or (depth <= 0 and not joined.endswith(",")):
            yield joined
            open_words = []
    if open_words:
        yield " ".join(open_words)


def names_set(settings: Sequence[str]) -> tuple[str, ...]:
    """The names of the fields that settings change.

    Args:
        settings: Such as "epochs=3".

    Returns:
        Such as "epochs".
    """
    return tuple(setting.partition("=")[0].strip() for setting in settings)


def words(text: str) -> list[str]:
    """The words of an option's value, separated by commas or spaces, each once.

    Args:
        text: The option's value.

    Returns:
        The words in their order.
    """
    return list(dict.fromkeys(text.replace(",", " ").split()))
