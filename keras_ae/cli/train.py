"""The verbs that train and measure: list, train, evaluate, benchmark."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys

from keras_ae import recipe_files
from keras_ae.cli.paths import (
    INTERRUPTED,
    MODELS,
    add_recipe,
    add_runs,
    finished,
    latest,
    next_folder,
    requested,
    settings,
)
from keras_ae.cli.serve import add_keep, export_run

MOST_ACROSS = 10
"""Measures of a table that has a column for each; with more it has a line for each."""


def add(verb) -> None:
    """Adds the verbs of this file."""
    parser = add_recipe(verb("train", train, "train a recipe, evaluate it and export its heads"))
    parser.add_argument("--resume", action="store_true", help="go on from the last epoch of the newest run")
    add_keep(parser)
    add_recipe(verb("evaluate", evaluate, "print the test scores of a finished run"))
    compared = verb("benchmark", benchmark, "train every variant alike and compare them in one table")
    compared.add_argument("--data", default="mnist_5k", help="as of train (default: %(default)s)")
    compared.add_argument("--variants", default="", help="names of those to train; otherwise all")
    compared.add_argument("--epochs", type=int, default=40, help="of each (default: %(default)s)")
    compared.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="changes to the recipe of each"
    )
    compared.add_argument(
        "--seeds", type=int, default=1, help="trainings of each, for means and spreads (default: %(default)s)"
    )
    add_runs(compared)
    verb("list", list_recipes, "a line for each recipe")


def list_recipes(options) -> int:
    """A line for each recipe, read without importing it."""
    files = recipe_files.recipe_files()
    width = max(map(len, files), default=0)
    for name, path in files.items():
        print(f"{name:{width}}  {recipe_files.summary(path)}")
    return 0


def train(options) -> int:
    """Trains, evaluates and exports; a run interrupted goes on with --resume."""
    return trained(options)[0]


def trained(options):
    """What `train` ends with, and the run, or None of one that was interrupted."""
    name = recipe_files.recipe_file(options.recipe).stem
    resumed = latest(options, name) if options.resume else None
    if options.resume and resumed is None:
        print(f"nothing to resume below {options.runs / name}: a new run begins")
    recipe, request = requested(options, resumed)
    from keras_ae.training import train as training

    directory = resumed or options.run_dir or next_folder(options.runs / name)
    training.claim(recipe, directory, resume=resumed is not None)
    (directory / "request.json").write_text(json.dumps(request, indent=1) + "\n")
    print(f"run folder: {directory}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run = training.train(recipe, directory, resume=resumed is not None)
        _finish(run, options)
        return 0, run
    except Exception:
        if not (resumed or options.run_dir or training.epochs_done(directory)):
            shutil.rmtree(directory)  # made above, and nothing came of it
        raise
    except KeyboardInterrupt:
        done = training.epochs_done(directory)
        staged = any((directory / "checkpoint").glob("*/state.json"))
        planned = "" if staged else f" of {recipe.epochs}"
        print(f"\nstopped; {done}{planned} epochs are kept in {directory}", file=sys.stderr)
        print(f"go on with: {_command(options, directory)}", file=sys.stderr)
        return INTERRUPTED, None


def evaluate(options) -> int:
    """Prints the test scores of a finished run, on its own data or on other data of the same kind.

    A set that is published to be measured on takes the place of the test examples alone.
    """
    directory = finished(options)
    from keras_ae.data.find import find_dataset
    from keras_ae.runs.artifacts import load_run

    measured_on = find_dataset(options.data) if options.data else None
    if getattr(measured_on, "held_out", False):
        options.data = None
    else:
        measured_on = None
    recipe, _ = requested(options, directory)
    _scored(load_run(recipe, directory, measured_on=measured_on))
    return 0


def benchmark(options) -> int:
    """Trains every variant on the same data and budget, and prints the table that compares them."""
    from keras_ae.data.find import find_dataset
    from keras_ae.experiments import benchmark

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = benchmark.benchmark(
        find_dataset(options.data),
        options.runs / "benchmark",
        options.variants.replace(",", " ").split(),
        options.epochs,
        settings(options.set),
        seeds=options.seeds,
    )
    print(f"table and images:  {folder}")
    return 0


def _finish(run, options):
    """What follows training: scores, TensorBoard's last pages, the card, the export, what to do next."""
    from keras_ae.runs import evaluation
    from keras_ae.runs.card import model_card
    from keras_ae.tensorboard.final import show

    table, kinds = _scored(run)
    show(run, table)
    told = evaluation.restoration(run), evaluation.detection(run), kinds
    card = model_card(run.recipe, run.data, run.heads, run.history, table, run.stages, *told)
    (run.directory / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    export_run(run.directory, options)
    print(f"images and curves: {run.directory}")
    print(f"look at them:        make tensorboard    (tensorboard --logdir {options.runs})")
    print(f"serve the heads:     make serve          (keras-ae serve --models {options.models})")


def _scored(run):
    """A run's scores, and those by kind of what it found, once they are printed."""
    from keras_ae.runs import evaluation

    table = evaluation.evaluate(run)
    _print_table(table)
    kinds = evaluation.breakdown(run)
    if kinds:
        print()
        _print_table(kinds)
    return table, kinds


def _command(options, directory):
    """The command that resumes a run, in the form it was started in."""
    if "MAKELEVEL" in os.environ and not options.run_dir:
        return f"make train RECIPE={shlex.quote(options.recipe)} RESUME=1"
    words = [
        sys.executable,
        "-m",
        "keras_ae",
        "train",
        options.recipe,
        "--resume",
        "--run-dir",
        str(directory),
    ]
    words += ["--models", str(options.models)] if options.models != MODELS else []
    return shlex.join(words)


def _print_table(table):
    """Rows of scores under one header, the model's row last; a dash where a measure is not defined."""
    names = list(dict.fromkeys(name for evaluation in table.values() for name in evaluation))
    if not names:
        print("no example is labeled as an anomaly: there is nothing to score")
        return
    titles = {
        "psnr": "PSNR dB",
        "ssim": "SSIM",
        "mse": "MSE",
        "mae": "MAE",
        "crossentropy": "CE nats",
        "excess_crossentropy": "CE excess",
        "nll_nats": "NLL nats",
        "bound_nats": "-ELBO nats",
        "kl": "KL nats",
        "frechet_classifier": "Frechet*",
        "classifier_accuracy": "real read",
        "read_as_wanted": "read as wanted",
        "auroc": "AUROC",
        "auprc": "AUPRC",
        "f1": "F1",
        "false_alarms": "false alarms",
        "vus_pr": "VUS-PR",
        "span_f1": "F1 of spans",
        "count": "number",
    }
    if len(names) > MOST_ACROSS:
        _print_down(table, names, titles)
        return
    width = max(map(len, table))
    columns = {name: max(10, len(titles.get(name, name))) for name in names}
    print(" ".join([" " * width, *(f"{titles.get(name, name):>{columns[name]}}" for name in names)]))
    for row, evaluation in table.items():
        cells = (f"{_cell(name, evaluation.get(name)):>{columns[name]}}" for name in names)
        print(" ".join([f"{row:{width}}", *cells]))


def _print_down(table, names, titles):
    """The same with a line for each measure, for there are too many to go across."""
    width = max(len(titles.get(name, name)) for name in names)
    columns = {row: max(10, len(row)) for row in table}
    print(" ".join([" " * width, *(f"{row:>{columns[row]}}" for row in table)]))
    for name in names:
        cells = (f"{_cell(name, evaluation.get(name)):>{columns[row]}}" for row, evaluation in table.items())
        print(" ".join([f"{titles.get(name, name):{width}}", *cells]))


def _cell(name, value):
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.{2 if abs(value) >= 10 or name == 'psnr' else 5}f}"
