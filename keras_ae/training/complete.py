"""A complete training: a run's folder, training, evaluation, TensorBoard's last pages, card and export."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from keras_ae.data.types import Data
from keras_ae.errors import InputError, TrainingInterrupted
from keras_ae.files import replace_text
from keras_ae.recipe import Recipe
from keras_ae.replicas import Replicas
from keras_ae.runs import evaluation
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import CARD_FILE, model_card, read_card
from keras_ae.runs.comparison import advice, beaten_by
from keras_ae.runs.evaluation import Table
from keras_ae.runs.folders import (
    data_of_newest,
    model_name,
    next_folder,
    run_folder,
    run_to_resume,
    started_on,
)
from keras_ae.runs.plan import read_plan
from keras_ae.runs.request import RunRequest
from keras_ae.runs.run import Run
from keras_ae.serving.export import export_heads
from keras_ae.tensorboard.final import write_final_report
from keras_ae.training import train as training
from keras_ae.training.agreement import agree, check_shareable
from keras_ae.training.gap import gap_line

__all__ = [
    "describe",
    "evaluate_run",
    "export_run",
    "finish",
    "keeping_epochs",
    "tell_other_data",
    "train_along",
    "train_and_export",
]

LOG = logging.getLogger(__name__)

ShowMetrics = Callable[[Table, Table], None]
"""Takes a run's test metrics by row, and those by kind of anomaly (empty if there are no kinds)."""


Check = Callable[[Recipe, Data], None]
"""Takes a recipe and its data; raises an InputError where they are not for what is to follow."""


def train_and_export(
    request: RunRequest,
    runs: Path,
    models: Path,
    directory: Path | None = None,
    resume: bool = False,
    keep: int | None = None,
    report: Callable[[str], None] = print,
    show_metrics: ShowMetrics = lambda table, kinds: None,
    check: Check = lambda recipe, data: None,
    shared: Replicas | None = None,
) -> Run:
    """Trains a recipe, evaluates it, writes its card and exports its heads.

    Args:
        request: The recipe, its data and settings, and the model's name. When a run is resumed, data and
            settings are applied on top of those that it was started with.
        runs: The folder of all runs.
        models: The folder of all exported models.
        directory: The run's folder; by default `runs/<name>/<number>`.
        resume: Whether to resume the newest run, or the run in `directory`, after its last epoch.
        keep: Number of newest versions of each exported head to keep, in addition to labeled ones; None
            keeps all.
        report: Called with each line about progress.
        show_metrics: Called with the test metrics as soon as they are computed.
        check: Called with the recipe and its data before anything is trained or written.
        shared: The workers that share the training, of which this is the chief; None for one process.

    Returns:
        The finished run.

    Raises:
        InputError: If the recipe, the data, the settings or the folder cannot be used.
        TrainingInterrupted: If the process was interrupted; the folder holds the completed epochs.
    """
    command = [request.recipe, request.data, list(request.settings)]
    resumed = _resumed(request, runs, directory) if resume else None
    if resumed is not None:
        own = RunRequest.of_run(resumed, request.recipe).changed(request.data, request.settings)
        request = replace(own, name=model_name(resumed, runs))
    by_default, request = request.name is None, request.with_default_name()
    name = str(request.name)
    recipe, given = request.load(), resumed or directory
    if given is not None:
        recipe = training.claimable(recipe, given, resume=resumed is not None)
    loaded = training.load_and_build(recipe, report)
    check(recipe, loaded[0].data)
    if shared is not None:
        shared = _agreed(shared, command, request, recipe, loaded, report)
    if resume and resumed is None:
        report(f"nothing to resume in {runs / name}: starting a new run")
    if by_default:
        tell_other_data(runs, name, request.data, report)
    folder = given or next_folder(runs / name)
    with keeping_epochs(folder, remove=given is None):
        training.claim(recipe, folder)
        request.write(folder)
        report(f"run folder: {folder}")
        run = training.train(
            recipe, folder, resume=resumed is not None, report=report, loaded=loaded, shared=shared
        )
        finish(run, models, keep, report, show_metrics)
    return run


def _agreed(shared, command, request, recipe, loaded, report):
    """The workers that share the training: all, or where they are optional and cannot share it the chief."""
    if shared.optional:
        try:
            check_shareable(recipe, len(loaded[0].data.train), loaded[1], shared.count)
        except InputError as reason:
            report(f"training on one of {shared.count} GPUs: {reason}")
            shared.exchanged({"alone": True}, last=True)
            shared.leave()
            return Replicas()
    shared.exchanged({"request": [request.recipe, request.data, list(request.settings)]})
    agree(shared, command, recipe, *loaded)
    return shared


def train_along(
    recipe: str,
    data: str | None,
    settings: Sequence[str],
    shared: Replicas,
    report: Callable[[str], None] = print,
) -> None:
    """Trains along with the chief of several workers, unless it trains alone.

    Args:
        recipe: The recipe that this worker was started to train, or the name of a model to resume.
        data: The data that it was started with.
        settings: The changes to the recipe that it was started with.
        shared: The workers that share the training.
        report: Called with each line about progress.

    Raises:
        InputError: If the chief refuses to train, or has another recipe, other data or another version.
    """
    # the chief loads its data first, so that workers of one machine do not fetch the same files
    said = shared.exchanged({})[0]
    if "alone" in said:
        return
    file, chief_data, chief_settings = said["request"]
    loaded_recipe = RunRequest(file, chief_data, tuple(chief_settings)).load()
    loaded = training.load_and_build(loaded_recipe, report)
    agree(shared, [recipe, data, list(settings)], loaded_recipe, *loaded)
    training.take_part(loaded_recipe, loaded, shared, report)


def _resumed(request, runs, directory):
    """The run to resume; with data and no name, that of the model that would be trained on them.

    Runs on other data were once among those of the recipe's name, where the newest still counts if its data
    are the same.
    """
    by_data = request.data is not None and request.name is None and directory is None
    name = request.with_default_name().name if by_data else request.name
    folder = run_to_resume(runs, request.recipe, name, directory)
    if folder is None and by_data and started_on(runs, request.recipe_name, request.data):
        return run_folder(runs, request.recipe_name)
    return folder


def tell_other_data(runs: Path, name: str, data: str | None, report: Callable[[str], None] = print) -> None:
    """Tells where a model that is called after its data has a run on other data of that name.

    Args:
        runs: The folder of all runs.
        name: The model's name.
        data: The name of a data set, or a path; None for the recipe's own data.
        report: Called with the line.
    """
    before = data_of_newest(runs, name)
    if data is not None and before is not None and not started_on(runs, name, data):
        report(f"{runs / name} has a run on {before}, and this one is on {data}; --name keeps them apart")


@contextmanager
def keeping_epochs(folder: Path, remove: bool) -> Iterator[None]:
    """What an error or an interruption of a training leaves behind: the completed epochs, or nothing.

    Args:
        folder: The run's folder.
        remove: Whether to remove the folder after an error before the first epoch's end.

    Yields:
        Nothing, for the body of a `with` that trains.

    Raises:
        TrainingInterrupted: If the process was interrupted.
    """
    try:
        yield
    except Exception:
        if remove and not training.epochs_done(folder):
            shutil.rmtree(folder)  # created for this run, and no epoch was completed
            with suppress(OSError):  # the model has other runs
                folder.parent.rmdir()
        raise
    except KeyboardInterrupt as error:
        in_stages = any((folder / "checkpoint").glob("*/state.json"))
        plan = None if in_stages else read_plan(folder)
        planned = None if plan is None else plan.epochs
        raise TrainingInterrupted(folder, training.epochs_done(folder), planned) from error


def finish(
    run: Run,
    models: Path,
    keep: int | None = None,
    report: Callable[[str], None] = print,
    show_metrics: ShowMetrics = lambda table, kinds: None,
) -> None:
    """Finishes a trained run: evaluates it, writes TensorBoard's last pages and the card, and exports it.

    Args:
        run: A trained run.
        models: The folder of all exported models.
        keep: Number of newest versions of each exported head to keep; None keeps all.
        report: Called with a line for each exported head.
        show_metrics: Called with the test metrics as soon as they are computed.
    """
    describe(run, show_metrics, report)
    export_run(run.directory, model_name(run.directory) or run.name, models, keep, report)


def describe(
    run: Run,
    show_metrics: ShowMetrics = lambda table, kinds: None,
    report: Callable[[str], None] = lambda line: None,
) -> None:
    """Evaluates a trained run, and writes TensorBoard's last pages and the card.

    Args:
        run: A trained run.
        show_metrics: Called with the test metrics as soon as they are computed.
        report: Called with a line if a baseline is better, if they rest on few examples, or the validation
            loss is far above the training loss.
    """
    table, kinds = evaluate_run(run, show_metrics, report)
    if line := gap_line(run):
        report(line)
    LOG.info("writing TensorBoard's last pages")
    write_final_report(run, table)
    card = model_card(run, table, kinds)
    replace_text(run.directory / CARD_FILE, json.dumps(card, indent=1, ensure_ascii=False) + "\n")


def evaluate_run(
    run: Run,
    show_metrics: ShowMetrics = lambda table, kinds: None,
    report: Callable[[str], None] = lambda line: None,
) -> tuple[Table, Table]:
    """Evaluates a run on its test examples.

    Args:
        run: A trained run.
        show_metrics: Called with the metrics.
        report: Called with a line if a baseline is better, and with one if they rest on few examples.

    Returns:
        The test metrics by row, those of the model last, and the metrics by kind of anomaly.
    """
    table, kinds = evaluation.evaluate(run), evaluation.metrics_by_kind(run)
    show_metrics(table, kinds)
    behind = beaten_by(table, run.name, run.recipe.task.compared, run.recipe.task.oracles)
    if behind is not None:
        report(f"{behind}; {advice(run)}")
    if run.caution:
        report(run.caution)
    return table, kinds


def export_run(
    directory: Path,
    name: str,
    models: Path,
    keep: int | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, Path]:
    """Exports the heads of a finished run as their next version.

    Args:
        directory: The run's folder.
        name: The name to export the heads under.
        models: The folder of all exported models.
        keep: Number of newest versions of each head to keep, in addition to labeled ones; None keeps all.
        report: Called with a line for each head.

    Returns:
        The folder of each head's new version, by the head's name.

    Raises:
        InputError: If the run is not finished.
    """
    LOG.info("loading the heads to export")
    artifacts = load_artifacts(directory)
    folders = export_heads(artifacts, name, read_card(directory), models, keep)
    for head, folder in folders.items():
        report(f"exported {head:12} {folder}")
    return folders
