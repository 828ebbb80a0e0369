"""The verbs on exported heads: export, verify, label, rollback, serve."""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess

from keras_ae import recipe_files
from keras_ae.cli.arguments import add_keep, add_models, add_recipe, finished
from keras_ae.errors import InputError

ORDER = 3


def add(verb) -> None:
    """Adds the verbs of this file."""
    parser = add_recipe(
        verb("export", export, "export the heads of a finished run as the next version"), False
    )
    add_keep(parser)
    parser = verb("verify", verify, "check exported heads by a C++ program over the loader of TF Serving")
    parser.add_argument("recipe", nargs="?", help="whose heads; otherwise all that are exported")
    parser.add_argument(
        "--all-versions", action="store_true", help="not only the newest of each head and those labeled"
    )
    parser.add_argument(
        "--time", type=int, default=0, metavar="N", help="also time N requests to each signature"
    )
    parser.add_argument("--verbose", action="store_true", help="show every finding")
    add_models(parser)
    parser = verb("rollback", rollback, "move the label `stable` to an earlier version")
    _add_heads(parser)
    parser.add_argument("--to", type=int, metavar="N", help="the version; otherwise the one before")
    parser = verb("label", label, "put a label on a version of exported heads, or take it off")
    _add_heads(parser)
    parser.add_argument("label", help="a word, such as canary")
    parser.add_argument(
        "version", type=int, nargs="?", help="none takes the label off (`stable`: to the newest)"
    )
    parser = verb("serve", serve, "start the TF Serving container over all exported heads")
    add_models(parser)
    parser.add_argument("--rest-port", type=int, default=8501, help="default: %(default)s")
    parser.add_argument("--grpc-port", type=int, default=8500, help="default: %(default)s")
    parser.add_argument("--no-batching", action="store_true", help="a batch for each request")
    parser.add_argument("--image", help="another image, such as tensorflow/serving:latest-gpu")
    parser.add_argument("--print", action="store_true", help="print the command instead of running it")


def _add_heads(parser):
    parser.add_argument("recipe", help="an exported recipe")
    parser.add_argument("--head", help="encoder, decoder, ...; otherwise every head")
    add_models(parser)


def export(options: argparse.Namespace) -> int:
    """Exports a finished run's heads once more, as the next version."""
    directory = finished(options)
    from keras_ae.training.complete import export_run

    export_run(directory, recipe_files.recipe_file(options.recipe).stem, options.models, options.keep)
    return 0


def verify(options) -> int:
    """Checks heads read from disk by a C++ program; status 1 when one is not what its card says."""
    from keras_ae.serving import native, versions

    if options.time < 0:
        raise InputError(f"expected --time of at least 0 requests, received {options.time}")
    heads = [
        path for path in versions.head_folders(options.models) if options.recipe in (None, path.parent.name)
    ]
    if not heads:
        versions.find_version(options.models, options.recipe or "", "encoder")
    folders = [
        path / str(number)
        for path in heads
        for number in (versions.versions(path) if options.all_versions else _served(path, versions))
    ]
    findings = native.check(folders)
    faults = [finding for finding in findings if finding.is_fault]
    for folder in folders:
        print(_summary(folder, [finding for finding in findings if finding.folder == folder]))
    for finding in findings if options.verbose else faults:
        print(f"  {finding.folder}: {finding.kind}: {', '.join(finding.details)}")
    if options.time and not faults:
        _print_times(folders, options.time, native)
    print(f"{len(folders)} heads, {len(faults)} faults")
    return 1 if faults else 0


def _served(folder, versions):
    """The newest version of a head, and those labeled."""
    return sorted({versions.versions(folder)[-1], *versions.labels(folder).values()})


def _summary(folder, findings):
    compared = [finding for finding in findings if finding.kind == "compared"]
    names = sorted({finding.details[0] for finding in findings if finding.kind == "signature"})
    worst = max((float(finding.details[3]) for finding in compared), default=float("nan"))
    refused = sum(finding.kind == "refused" for finding in findings)
    told = f"{len(compared):3} answers within {worst:.1e}, {refused:3} bad requests refused"
    return f"{'/'.join(folder.parts[-3:]):32} {told}: {', '.join(names)}"


def _print_times(folders, count, native):
    print(f"{'microseconds a request':32} {'signature':18} {'batch':>5} {'median':>9} {'p99':>9}")
    for folder in folders:
        for signature in json.loads((folder / "card.json").read_text())["signatures"]:
            for batch in (1, 64):
                [(median, late)] = native.time(signature, batch, count, [folder]).values()
                name = "/".join(folder.parts[-3:])
                print(f"{name:32} {signature:18} {batch:5} {median:9.0f} {late:9.0f}")


def rollback(options) -> int:
    """Moves the label `stable` of heads to an earlier version."""
    from keras_ae.serving import config_files, versions

    with versions.locked(options.models):
        # every head's before any is moved, so that all move or none
        targets = {folder: _target(folder, options.to, versions) for folder in _heads(options)}
        for folder, version in targets.items():
            versions.rollback(folder, version)
            print(f"stable of {folder.parent.name}_{folder.name} is version {version}")
        config_files.write_files(options.models)
    return 0


def _target(folder, wanted, versions):
    if wanted is None:
        return versions.earlier(folder)
    return int(versions.find_version(folder.parents[1], folder.parent.name, folder.name, wanted).name)


def label(options) -> int:
    """Puts a label on a version of heads, or takes it off."""
    from keras_ae.serving import config_files, versions

    with versions.locked(options.models):
        folders = _heads(options)
        for folder in folders if options.version is not None else ():
            _target(folder, options.version, versions)  # every head's before any is moved
        for folder in folders:
            versions.set_label(folder, options.label, options.version)
            print(f"{folder.parent.name}_{folder.name}: {versions.labels(folder)}")
        config_files.write_files(options.models)
    return 0


def _heads(options):
    from keras_ae.serving import versions

    folders = [path for path in versions.head_folders(options.models) if path.parent.name == options.recipe]
    if options.head or not folders:
        return [versions.find_version(options.models, options.recipe, options.head or "encoder").parent]
    return folders


def serve(options) -> int:
    """Starts the TF Serving container, until Ctrl-C."""
    from keras_ae.serving import server

    def words(engine):
        return server.command(
            options.models,
            engine,
            options.rest_port,
            options.grpc_port,
            not options.no_batching,
            options.image or server.IMAGE,
        )

    if options.print:
        print(shlex.join(words(server.ENGINES[0])))
        return 0
    chosen = words(server.prepared(options.models))
    print(f"starting: {shlex.join(chosen)}", flush=True)
    return subprocess.call(chosen)
