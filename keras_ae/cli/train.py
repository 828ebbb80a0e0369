"""The verbs that train and evaluate: list, train, evaluate, benchmark."""

from __future__ import annotations

import argparse
import signal
from typing import TYPE_CHECKING, Any

from keras_ae import recipe_files
from keras_ae.cli.arguments import (
    add_keep,
    add_recipe,
    add_runs,
    finished,
    run_request,
    split_settings,
    words,
)
from keras_ae.cli.tables import metrics_table
from keras_ae.runs.request import RunRequest

if TYPE_CHECKING:
    from keras_ae.runs.run import Run

__all__ = ["ORDER", "add", "complete_training", "print_metrics"]

ORDER = 1


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = add_recipe(verb("train", train, "train a recipe, evaluate it and export its heads"))
    parser.add_argument("--resume", action="store_true", help="resume the newest run after its last epoch")
    add_keep(parser)
    add_recipe(verb("evaluate", evaluate, "print the test metrics of a finished run"))
    compared = verb(
        "benchmark", benchmark, "train all variants in the same way and compare them in one table"
    )
    compared.add_argument("--data", default="mnist_5k", help="the data, as for train (default: %(default)s)")
    compared.add_argument("--variants", default="", help="names of the variants to train (default: all)")
    compared.add_argument(
        "--epochs", type=int, default=40, help="epochs of each variant (default: %(default)s)"
    )
    compared.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="changes to each variant's recipe"
    )
    compared.add_argument(
        "--seeds",
        type=int,
        default=1,
        help="trainings of each variant, for mean and deviation (default: %(default)s)",
    )
    add_runs(compared)
    verb("list", list_recipes, "list the recipes, one per line")


def list_recipes(options: argparse.Namespace) -> int:
    """Prints a line for each recipe, read without importing it."""
    files = recipe_files.recipe_files()
    width = max(map(len, files), default=0)
    for name, path in files.items():
        print(f"{name:{width}}  {recipe_files.summary(path)}")
    return 0


def train(options: argparse.Namespace) -> int:
    """Trains, evaluates and exports; --resume resumes an interrupted run."""
    complete_training(options, run_request(options), options.resume, options.keep)
    return 0


def complete_training(
    options: argparse.Namespace, request: RunRequest, resume: bool = False, keep: int | None = None
) -> Run:
    """Trains a recipe into the folders given by the arguments, and prints what to do next.

    Args:
        options: The arguments `--runs`, `--models` and `--run-dir`.
        request: The recipe, its data and settings.
        resume: Whether to resume the newest run after its last epoch.
        keep: Number of newest versions of each exported head to keep; None keeps all.

    Returns:
        The finished run.
    """
    from keras_ae.training.complete import train_and_export

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = train_and_export(
        request,
        options.runs,
        options.models,
        options.run_dir,
        resume,
        keep,
        show_metrics=print_metrics,
    )
    print(f"images and curves: {run.directory}")
    print(f"look at them:        make tensorboard    (tensorboard --logdir {options.runs})")
    print(f"serve the heads:     make serve          (keras-ae serve --models {options.models})")
    return run


def evaluate(options: argparse.Namespace) -> int:
    """Prints the test metrics of a finished run, on its own data or on other data of the same kind.

    A published test set takes the place of the test examples alone.
    """
    directory = finished(options)
    from keras_ae.data.find import find_dataset
    from keras_ae.runs.load import load_run
    from keras_ae.training.complete import evaluate_run

    dataset = find_dataset(options.data) if options.data else None
    test_set = dataset if dataset is not None and dataset.held_out else None
    request = RunRequest.of_run(directory, options.recipe)
    data = None if test_set is not None else options.data
    recipe = request.changed(data, split_settings(options.set)).load()
    evaluate_run(load_run(recipe, directory, test_set=test_set), print_metrics)
    return 0


def benchmark(options: argparse.Namespace) -> int:
    """Trains every variant on the same data and budget, and prints the table that compares them."""
    from keras_ae.data.find import find_dataset
    from keras_ae.experiments import benchmark

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = benchmark.benchmark(
        find_dataset(options.data),
        options.runs / "benchmark",
        words(options.variants),
        options.epochs,
        split_settings(options.set),
        seeds=options.seeds,
    )
    print(f"table and images:  {folder}")
    return 0


def print_metrics(table: dict[str, dict[str, float]], kinds: dict[str, dict[str, float]]) -> None:
    """Prints a run's test metrics, and those by kind of anomaly where there are kinds.

    Args:
        table: Metrics by row and name.
        kinds: Metrics by kind and name; empty if there are no kinds.
    """
    print("\n".join(metrics_table(table)))
    if kinds:
        print("\n" + "\n".join(metrics_table(kinds)))
