"""The verbs on exported heads: export, verify, label, rollback, serve."""

from __future__ import annotations

import argparse
import shlex
import subprocess
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import EXPORT, MODEL, MODELS, add_name, add_option, add_recipe, add_run
from keras_ae.cli.checks import check_port
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.cli.requests import define_layers, exported_model, finished
from keras_ae.cli.tables import table
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.model_names import check_model_name
from keras_ae.names import check_name
from keras_ae.recipe_files import recipe_stem
from keras_ae.runs.folders import model_name, recipe_of
from keras_ae.serving.versions import head_folders, served_name

__all__ = ["ORDER", "add"]

ORDER = 3


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "export", export, "export the heads of a finished run as the next version", "serve",
        "keras-ae export denoising --keep 3", result=True,
    )  # fmt: skip
    add_recipe(parser, text=MODEL)
    add_name(parser, "the run's")
    add_run(parser)
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    add_option(parser, "--keep", "default: all", type=int, metavar="N")
    parser = verb(
        "verify", verify, "check exported heads with a C++ program that uses TF Serving's loader", "serve",
        "keras-ae verify denoising --time 1000", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", nargs="?", help=f"{EXPORT} (default: all)")
    add_option(parser, "--all-versions", action="store_true")
    add_option(parser, "--time", "default: 0", type=int, default=0, metavar="N")
    add_option(parser, "--beside", type=Path, metavar="FOLDER")
    add_option(parser, "--verbose", action="store_true")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    parser = verb(
        "rollback", rollback, "move the label `stable` to an earlier version", "serve",
        "keras-ae rollback denoising", result=True,
    )  # fmt: skip
    _add_heads(parser)
    add_option(parser, "--head-version", "default: the one before", type=int, metavar="N")
    add_former(parser, "--to", "is now --head-version")
    parser = verb(
        "label", label, "put a label on a version of exported heads, or remove it", "serve",
        "keras-ae label denoising canary 2", result=True,
    )  # fmt: skip
    _add_heads(parser)
    parser.add_argument("label", help="a word, such as canary")
    parser.add_argument(
        "version",
        type=int,
        nargs="?",
        help="the version; without one the label is removed (`stable` moves to the newest)",
    )
    parser = verb(
        "serve", serve, "start the TF Serving container over all exported heads", "serve",
        "keras-ae serve --rest-port 9501",
    )  # fmt: skip
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    add_option(parser, "--rest-port", "default: 8501", type=int, default=8501, metavar="N")
    add_option(parser, "--grpc-port", "default: 8500", type=int, default=8500, metavar="N")
    add_option(parser, "--no-batching", action="store_true")
    add_option(parser, "--image", "such as tensorflow/serving:latest-gpu", metavar="NAME")
    add_option(parser, "--print", action="store_true")


def _add_heads(parser):
    parser.add_argument("recipe", help=EXPORT)
    add_option(parser, "--head", "default: all", metavar="NAME")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def export(options: argparse.Namespace) -> int:
    """Exports a finished run's heads again, as the next version."""
    if options.keep is not None and options.keep < 1:
        raise InputError(f"expected at least 1 version to keep, received {options.keep}")
    if options.name is not None:
        check_name(options.name, "--name")
    directory = finished(options)
    name = options.name or model_name(directory, options.runs) or recipe_stem(options.recipe)
    if options.name is not None:
        check_model_name(name, recipe_of(directory) or name)
    check_folder(options.models, "--models")
    check_folder(options.models / name, "--name")
    load_tensorflow()
    define_layers(options, directory)
    from keras_ae.training.complete import export_run

    folders = export_run(directory, name, options.models, options.keep)
    if options.json or options.quiet:
        show(options, {"run": directory, "heads": folders}, map(str, folders.values()))
    return 0


def verify(options: argparse.Namespace) -> int:
    """Checks heads on disk with a C++ program; returns 1 if one does not match its card."""
    if options.time < 0:
        raise InputError(f"expected --time of at least 0 requests, received {options.time}")
    if options.beside is not None and not options.time:
        raise InputError("--beside times two exports in turn; say how many requests, such as --time 1000")
    if options.beside is not None and not options.beside.is_dir():
        raise InputError(
            f"expected --beside to be a folder of exported models, found none at {options.beside}"
        )
    name = None if options.recipe is None else exported_model(options)
    if not head_folders(options.models):
        raise InputError(
            f"{options.models} holds no exported model; train one first: make train RECIPE=denoising"
        )
    load_tensorflow()
    from keras_ae.apps.serving.verify import counterparts, verify

    verification = verify(options.models, name, options.all_versions)
    pairs = counterparts(verification.folders, options.beside) if options.beside is not None else {}
    faults = verification.faults
    shown = verification.findings if options.verbose else faults
    lines = list(verification.summaries())
    lines += [f"  {finding.folder}: {finding.kind}: {', '.join(finding.details)}" for finding in shown]
    times = list(_times(verification.folders, options.time, pairs)) if options.time and not faults else []
    lines += _table_of_times(times) if times else []
    lines.append(f"{len(verification.folders)} heads, {len(faults)} faults")
    findings = [
        {"folder": finding.folder, "kind": finding.kind, "details": finding.details} for finding in shown
    ]
    result = {"heads": verification.folders, "faults": len(faults), "findings": findings, "times": times}
    show(options, result, lines)
    return 1 if faults else 0


def _times(folders, count, pairs):
    from keras_ae.apps.serving.verify import head_name, request_ratios, request_times

    if pairs:
        yield from request_ratios(pairs, count)
        return
    for folder, signature, batch, median, late in request_times(folders, count):
        head = head_name(folder)
        yield {"head": head, "signature": signature, "batch": batch, "median_us": median, "p99_us": late}


def _table_of_times(times):
    columns = {
        "median_us": ("median", "{:.0f}"),
        "p99_us": ("p99", "{:.0f}"),
        "other_median_us": ("other", "{:.0f}"),
    }
    columns |= {
        "ratio": ("ratio", "{:.2f}"),
        "lowest_ratio": ("from", "{:.2f}"),
        "highest_ratio": ("to", "{:.2f}"),
    }
    used = {name: column for name, column in columns.items() if name in times[0]}
    rows = [("microseconds a request", "signature", "batch", *(title for title, _ in used.values()))]
    rows += [
        (
            row["head"],
            row["signature"],
            str(row["batch"]),
            *(form.format(row[name]) for name, (_, form) in used.items()),
        )
        for row in times
    ]
    return table(rows, left=2, at_least=9)


def rollback(options: argparse.Namespace) -> int:
    """Moves the label `stable` of heads to an earlier version."""
    from keras_ae.apps.serving.labels import roll_back

    stable = roll_back(options.models, exported_model(options), options.head, options.head_version)
    names = {served_name(folder): version for folder, version in stable.items()}
    show(options, names, [f"stable of {name} is version {version}" for name, version in names.items()])
    return 0


def label(options: argparse.Namespace) -> int:
    """Puts a label on a version of heads, or removes it."""
    from keras_ae.apps.serving.labels import set_label

    labels = set_label(options.models, exported_model(options), options.head, options.label, options.version)
    names = {served_name(folder): by_name for folder, by_name in labels.items()}
    show(options, names, [f"{name}: {by_name}" for name, by_name in names.items()])
    return 0


def serve(options: argparse.Namespace) -> int:
    """Starts the TF Serving container and runs it until Ctrl-C."""
    from keras_ae.serving import server

    check_port("--rest-port", options.rest_port)
    check_port("--grpc-port", options.grpc_port)

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
