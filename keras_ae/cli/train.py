"""The verbs that train and evaluate: train, evaluate, benchmark."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ae.cli.arguments import (
    MODEL,
    MODELS,
    RECIPE,
    RUNS,
    add_name,
    add_option,
    add_recipe,
    add_run,
    split_settings,
    words,
)
from keras_ae.cli.checks import check_data, check_extras, check_settings, check_variants
from keras_ae.cli.messages import in_words_of_the_door, report
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import check_recipe, finished, with_name
from keras_ae.cli.tables import metrics_table
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.names import is_name
from keras_ae.recipe_files import recipe_names, recipe_stem
from keras_ae.runs.folders import check_unused, model_name, run_folder, run_to_resume
from keras_ae.runs.request import RunRequest
from keras_ae.training.cluster import VARIABLE, Cluster, cluster_in
from keras_ae.training.gpus import listed_gpus, usable_gpus
from keras_ae.training.jobs import JOBS
from keras_ae.training.loopback import started

if TYPE_CHECKING:
    from keras_ae.data.types import Data
    from keras_ae.recipe import Recipe
    from keras_ae.runs.evaluation import Table
    from keras_ae.runs.run import Run

__all__ = ["ORDER", "add", "complete_training"]

ORDER = 1
GROUP = "train and evaluate"


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "train", train, "train a recipe, evaluate it and export its heads", GROUP,
        'keras-ae train denoising --data photos/ --set "epochs=5 data.size=64"', result=True,
    )  # fmt: skip
    add_recipe(parser, "--data", "--set", text=f"{RECIPE}; with --resume also a model's name")
    add_name(parser)
    add_run(parser, "RUNS/NAME/NUMBER, a new one")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    add_option(parser, "--resume", action="store_true")
    add_option(parser, "--keep", "default: all", type=int, metavar="N")
    add_option(parser, "--workers", "default: one for each GPU", type=int, default=None, metavar="N")
    add_option(parser, "--print-job", choices=sorted(JOBS))
    parser = verb(
        "evaluate", evaluate, "print the test metrics of a finished run", GROUP,
        "keras-ae evaluate denoising --json", result=True,
    )  # fmt: skip
    add_recipe(parser, "--data", "--set", text=MODEL)
    add_run(parser)
    parser = verb(
        "benchmark", benchmark, "train all variants in the same way and compare them in one table", GROUP,
        "keras-ae benchmark --variants sparse,variational --epochs 5", result=True,
    )  # fmt: skip
    add_option(parser, "--data", "default: mnist_5k", default="mnist_5k")
    add_option(parser, "--variants", "default: all", default="")
    add_option(parser, "--epochs", "default: 40", type=int, default=40)
    add_option(parser, "--set", action="append", default=[], metavar="FIELD=VALUE")
    add_option(parser, "--seeds", "default: 1", type=int, default=1)
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")


def train(options: argparse.Namespace) -> int:
    """Trains, evaluates and exports; --resume resumes an interrupted run."""
    if options.print_job:
        return _print_job(options)
    check_data(options.data)
    cluster = _cluster(options)
    if cluster is not None and cluster.index:
        return _train_along(options, cluster)
    request = _train_request(options)
    if options.data is None:  # other data may need less
        check_extras(request.recipe)
    run, tables = complete_training(
        options, request, options.resume, options.keep, cluster=cluster, workers=options.workers
    )
    if options.json or options.quiet:  # else they were printed as soon as they were computed
        _show_metrics(options, *tables, run=run.directory, models=options.models)
    return 0


def _print_job(options):
    """Prints the job of a scheduler, whose command is this one."""
    workers = options.workers or 1
    if workers < 2:
        raise InputError(f"a job is of several workers, received --workers {workers}; give --workers 2")
    check_settings(RunRequest(options.recipe, options.data, tuple(split_settings(options.set))))
    name = options.name or recipe_stem(options.recipe)
    given = {"data": options.data, "name": options.name, "run-dir": options.run_dir, "keep": options.keep}
    defaults = {"runs": (options.runs, RUNS), "models": (options.models, MODELS)}
    given |= {option: None if value == usual else value for option, (value, usual) in defaults.items()}
    words = ["keras-ae", "train", options.recipe, *(["--resume"] if options.resume else [])]
    words += [
        word for option, value in given.items() if value is not None for word in (f"--{option}", str(value))
    ]
    words += [word for setting in options.set for word in ("--set", setting)]
    print(JOBS[options.print_job](name, words, workers), file=options.results)
    return 0


def _cluster(options):
    """The workers that TF_CONFIG names."""
    cluster = cluster_in(os.environ)
    if options.workers is not None and options.workers < 1:
        raise InputError(f"expected --workers of at least 1, received {options.workers}")
    if cluster is not None and (options.workers or 1) > 1:
        raise InputError(
            f"--workers starts workers on this machine, and {VARIABLE} names {len(cluster.addresses)} "
            "already; leave one of them out"
        )
    return cluster


def _train_along(options, cluster):
    """Trains as a worker that is not the chief, and writes nothing."""
    options.ends_at_once = True
    _load_tensorflow_quietly()
    from keras_ae.training.complete import train_along
    from keras_ae.training.distributed import joined

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shared = joined(cluster, report)
    with shared.watched():
        train_along(options.recipe, options.data, split_settings(options.set), shared, report)
    return 0


def _workers_of(asked):
    """The number of workers to start on this machine, this process among them: by default one for each GPU.

    A process that may become their chief imports TensorFlow quietly.
    """
    if not listed_gpus() or (asked is None and listed_gpus() < 2) or asked == 1:
        return asked or 1
    _load_tensorflow_quietly()
    count = usable_gpus()
    if asked is None:
        if count > 1:
            report(f"training on {count} GPUs, with a worker for each; --workers 1 trains on one")
        return max(1, count)
    if 0 < count < asked:
        raise InputError(f"each worker takes a GPU, and TensorFlow has {count}; received --workers {asked}")
    return asked


def _take_one_gpu():
    """Leaves all GPUs but the first to others, and says so."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if len(gpus) > 1:
        tf.config.set_visible_devices(gpus[0], "GPU")
        count = len(gpus)
        report(f"training on one of {count} GPUs; the verb train takes all of them with --workers {count}")


def _load_tensorflow_quietly():
    """Imports TensorFlow, which else tells at length of a worker that is lost."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    load_tensorflow()


def _train_request(options):
    """What to train; with --resume, a model's name may stand in the place of its recipe's."""
    text, data, settings = options.recipe, options.data, tuple(split_settings(options.set))
    if not options.resume:
        check_recipe(text, options.runs)
    is_recipe = text in recipe_names() or os.path.isfile(text)
    folder = options.run_dir or (run_folder(options.runs, text) if is_name(text) else None)
    if not options.resume or is_recipe or folder is None:
        return with_name(RunRequest(text, data, settings), options.name)
    name = options.name or model_name(folder, options.runs)
    return with_name(RunRequest(RunRequest.of_run(folder, text).recipe, data, settings), name)


def complete_training(
    options: argparse.Namespace,
    request: RunRequest,
    resume: bool = False,
    keep: int | None = None,
    is_result: bool = True,
    check: Callable[[Recipe, Data], None] = lambda recipe, data: None,
    cluster: Cluster | None = None,
    workers: int | None = 1,
) -> tuple[Run, tuple[Table, Table]]:
    """Trains a recipe into the folders given by the arguments, and prints what to do next.

    Args:
        options: The arguments `--runs`, `--models` and `--run-dir`.
        request: The recipe, its data and settings, and the model's name.
        resume: Whether to resume the newest run after its last epoch.
        keep: Number of newest versions of each exported head to keep; None keeps all.
        is_result: Whether the trained model is the verb's result; only then it prints what to do next.
        check: Called with the recipe and its data before anything is trained.
        cluster: The workers that TF_CONFIG names, of which this process is the chief.
        workers: Workers to start on this machine, this process among them; None for one for each GPU, or
            this process alone where they cannot share the training.

    Returns:
        The finished run, its test metrics, and those by kind of anomaly.
    """
    models, directory = options.models or MODELS, options.run_dir
    if keep is not None and keep < 1:
        raise InputError(f"expected at least 1 version to keep, received {keep}")
    if resume and (directory or request.data is None):  # else the name follows from the data
        directory = run_to_resume(options.runs, request.recipe, request.name, directory)
    if resume and directory is not None:
        check_settings(RunRequest.of_run(directory, request.recipe).changed(request.data, request.settings))
    else:
        check_settings(request)
    check_folder(options.run_dir or options.runs, "--run-dir" if options.run_dir else "--runs")
    if not resume and options.run_dir:
        check_unused(options.run_dir)
    check_folder(models, "--models")
    if request.name is not None:
        check_folder(models / request.name, "--name")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tables: list[Table] = []

    def print_metrics(table, kinds):
        tables.extend((table, kinds))
        print("\n".join(_lines(table, kinds)), flush=True)

    with ExitStack() as stack:
        shared, local, count = None, None, 1 if cluster else _workers_of(workers)
        if count > 1:
            words = [f"--set={setting}" for setting in options.set]
            words += [f"--data={options.data}"] if options.data else []
            local = stack.enter_context(started(count, ["train", *words, "--", options.recipe]))
            cluster = local.cluster
        if cluster is None:
            load_tensorflow()
            _take_one_gpu()
        else:
            options.ends_at_once = True
            _load_tensorflow_quietly()
            from keras_ae.training.distributed import joined

            optional = local is not None and workers is None
            shared = joined(cluster, report, optional, *([local.check] if local else []))
            stack.enter_context(shared.watched())
        from keras_ae.training.complete import train_and_export

        run = train_and_export(
            request,
            options.runs,
            models,
            directory,
            resume,
            keep,
            report=report,
            show_metrics=print_metrics,
            check=check,
            shared=shared,
        )
    if not is_result:
        return run, (tables[0], tables[1])
    print(f"images and curves: {run.directory}")
    other_runs = "" if options.runs == RUNS else f" --runs {shlex.quote(str(options.runs))}"
    other_models = "" if models == MODELS else f" --models {shlex.quote(str(models))}"
    print(f"look at them:      {in_words_of_the_door(f'keras-ae tensorboard{other_runs}')}")
    print(f"serve the heads:   {in_words_of_the_door(f'keras-ae serve{other_models}')}")
    return run, (tables[0], tables[1])


def evaluate(options: argparse.Namespace) -> int:
    """Prints the test metrics of a finished run, on its own data or on other data of the same kind.

    A published test set takes the place of the test examples alone.
    """
    check_data(options.data)
    settings = split_settings(options.set)
    directory = finished(options)
    request = RunRequest.of_run(directory, options.recipe)
    check_settings(request.changed(options.data, settings))
    load_tensorflow()
    from keras_ae.data.find import find_dataset
    from keras_ae.runs.load import load_run
    from keras_ae.training.complete import evaluate_run
    from keras_ae.training.refitting import refitted

    dataset = find_dataset(options.data) if options.data else None
    test_set = dataset if dataset is not None and dataset.held_out else None
    data = None if test_set is not None else options.data
    recipe = request.changed(data, settings).load()
    run = refitted(load_run(recipe, directory, report, test_set))
    remarks: list[str] = []
    _show_metrics(options, *evaluate_run(run, report=remarks.append), run=directory)
    for remark in remarks:
        report(remark)
    return 0


def benchmark(options: argparse.Namespace) -> int:
    """Trains every variant on the same data and budget, and prints the table that compares them."""
    names, settings = words(options.variants), split_settings(options.set)
    check_data(options.data)
    if options.seeds < 1 or options.epochs < 1:
        raise InputError(
            f"expected --epochs and --seeds of at least 1, received {options.epochs} and {options.seeds}"
        )
    check_variants(names, settings)
    check_folder(options.runs, "--runs")
    load_tensorflow()
    import json

    from keras_ae.data.find import find_dataset
    from keras_ae.experiments import benchmark

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = benchmark.benchmark(
        find_dataset(options.data),
        options.runs / "benchmark",
        names,
        options.epochs,
        settings,
        report,
        options.seeds,
    )
    metrics = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    text = (folder / "table.md").read_text(encoding="utf-8")
    show(options, {"folder": folder, **metrics}, [text, f"table and images:  {folder}"])
    return 0


def _show_metrics(options, table, kinds, **facts):
    """Shows a run's test metrics, and those by kind of anomaly where there are kinds."""
    by_kind = {"metrics_by_kind": kinds} if kinds else {}
    show(options, facts | {"metrics": table} | by_kind, _lines(table, kinds))


def _lines(table, kinds):
    return [*metrics_table(table), *(["", *metrics_table(kinds)] if kinds else [])]
