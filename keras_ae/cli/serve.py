"""The verbs on exported heads: export, verify, label, rollback, serve."""

from __future__ import annotations

import argparse
import shlex
import subprocess
from typing import Any

from keras_ae import recipe_files
from keras_ae.cli.arguments import add_keep, add_models, add_recipe, finished
from keras_ae.cli.tables import Columns
from keras_ae.errors import InputError

__all__ = ["ORDER", "add"]

ORDER = 3


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = add_recipe(
        verb("export", export, "export the heads of a finished run as the next version"), False
    )
    add_keep(parser)
    parser = verb("verify", verify, "check exported heads with a C++ program that uses TF Serving's loader")
    parser.add_argument("recipe", nargs="?", help="an exported recipe (default: all)")
    parser.add_argument(
        "--all-versions",
        action="store_true",
        help="check all versions, not only the newest and the labeled ones",
    )
    parser.add_argument(
        "--time", type=int, default=0, metavar="N", help="also time N requests to each signature"
    )
    parser.add_argument("--verbose", action="store_true", help="print every check, not only faults")
    add_models(parser)
    parser = verb("rollback", rollback, "move the label `stable` to an earlier version")
    _add_heads(parser)
    parser.add_argument("--to", type=int, metavar="N", help="the version (default: the one before)")
    parser = verb("label", label, "put a label on a version of exported heads, or remove it")
    _add_heads(parser)
    parser.add_argument("label", help="a word, such as canary")
    parser.add_argument(
        "version",
        type=int,
        nargs="?",
        help="the version; without one the label is removed (`stable` moves to the newest)",
    )
    parser = verb("serve", serve, "start the TF Serving container over all exported heads")
    add_models(parser)
    parser.add_argument("--rest-port", type=int, default=8501, help="default: %(default)s")
    parser.add_argument("--grpc-port", type=int, default=8500, help="default: %(default)s")
    parser.add_argument("--no-batching", action="store_true", help="run each request as its own batch")
    parser.add_argument("--image", help="another image, such as tensorflow/serving:latest-gpu")
    parser.add_argument("--print", action="store_true", help="print the command instead of running it")


def _add_heads(parser):
    parser.add_argument("recipe", help="an exported recipe")
    parser.add_argument("--head", help="encoder, decoder, ... (default: all heads)")
    add_models(parser)


def export(options: argparse.Namespace) -> int:
    """Exports a finished run's heads again, as the next version."""
    directory = finished(options)
    from keras_ae.training.complete import export_run

    export_run(directory, recipe_files.recipe_file(options.recipe).stem, options.models, options.keep)
    return 0


def verify(options: argparse.Namespace) -> int:
    """Checks heads on disk with a C++ program; returns 1 if one does not match its card."""
    from keras_ae.apps.serving.verify import verify

    if options.time < 0:
        raise InputError(f"expected --time of at least 0 requests, received {options.time}")
    verification = verify(options.models, options.recipe, options.all_versions)
    faults = verification.faults
    for line in verification.summaries():
        print(line)
    for finding in verification.findings if options.verbose else faults:
        print(f"  {finding.folder}: {finding.kind}: {', '.join(finding.details)}")
    if options.time and not faults:
        _print_times(verification.folders, options.time)
    print(f"{len(verification.folders)} heads, {len(faults)} faults")
    return 1 if faults else 0


def _print_times(folders, count):
    from keras_ae.apps.serving.verify import head_name, request_times

    columns = Columns((32, 18, 5, 9, 9), left=2, gap=" ")
    print(columns.line(["microseconds a request", "signature", "batch", "median", "p99"]))
    for folder, signature, batch, median, late in request_times(folders, count):
        cells = [head_name(folder), signature, str(batch), f"{median:.0f}", f"{late:.0f}"]
        print(columns.line(cells))


def rollback(options: argparse.Namespace) -> int:
    """Moves the label `stable` of heads to an earlier version."""
    from keras_ae.apps.serving.labels import roll_back

    for folder, version in roll_back(options.models, options.recipe, options.head, options.to).items():
        print(f"stable of {folder.parent.name}_{folder.name} is version {version}")
    return 0


def label(options: argparse.Namespace) -> int:
    """Puts a label on a version of heads, or removes it."""
    from keras_ae.apps.serving.labels import set_label

    labels = set_label(options.models, options.recipe, options.head, options.label, options.version)
    for folder, by_name in labels.items():
        print(f"{folder.parent.name}_{folder.name}: {by_name}")
    return 0


def serve(options: argparse.Namespace) -> int:
    """Starts the TF Serving container and runs it until Ctrl-C."""
    from keras_ae.serving import server

    def command(engine):
        return server.command(
            options.models,
            engine,
            options.rest_port,
            options.grpc_port,
            not options.no_batching,
            options.image or server.IMAGE,
        )

    if options.print:
        print(shlex.join(command(server.ENGINES[0])))
        return 0
    chosen = command(server.prepare(options.models))
    print(f"starting: {shlex.join(chosen)}", flush=True)
    return subprocess.call(chosen)
