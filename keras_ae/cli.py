"""The command line: train, evaluate, export, list. TensorFlow is imported by the verbs that need it."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import sys
import traceback
from pathlib import Path

from keras_ae import __version__, catalogue
from keras_ae.errors import ExportError, InputError

RUNS, MODELS = Path("runs"), Path("saved_models")
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Runs one verb and returns its status: 0, 1 failed check, 2 unusable input, 130 interrupted."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # else off on AMD; convolutions are faster with it
    try:
        return options.verb(options)
    except (InputError, ExportError, OSError, MemoryError) as error:
        if options.debug:
            traceback.print_exc()
        text = " ".join(str(error).split()) or "out of memory; try a smaller batch_size or data.size"
        print(f"keras-ae: {text}", file=sys.stderr)
        return 1 if isinstance(error, ExportError) else 2
    except KeyboardInterrupt:
        print("\nkeras-ae: interrupted", file=sys.stderr)
        return INTERRUPTED


def list_recipes(options) -> int:
    """A line for each recipe, read without importing it."""
    files = catalogue.recipe_files()
    width = max(map(len, files), default=0)
    for name, path in files.items():
        print(f"{name:{width}}  {catalogue.summary(path)}")
    return 0


def train(options) -> int:
    """Trains, evaluates and exports; a run interrupted goes on with --resume."""
    from keras_ae import training

    latest = _latest(options) if options.resume else None
    if options.resume and latest is None:
        print(f"nothing to resume below {options.runs / Path(options.recipe).stem}: a new run begins")
    recipe, request = _requested(options, latest)
    directory = latest or options.run_dir or _next(options.runs / recipe.name)
    training.claim(recipe, directory, resume=latest is not None)
    (directory / "request.json").write_text(json.dumps(request, indent=1) + "\n")
    print(f"run folder: {directory}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run = training.train(recipe, directory, resume=latest is not None)
        return _finish(run, options)
    except (InputError, OSError):
        if not (latest or options.run_dir or training.epochs_done(directory)):
            shutil.rmtree(directory)  # made above, and nothing came of it
        raise
    except KeyboardInterrupt:
        done = training.epochs_done(directory)
        print(f"\nstopped; {done} of {recipe.epochs} epochs are kept in {directory}", file=sys.stderr)
        print(f"go on with: {_command(options, request)}", file=sys.stderr)
        return INTERRUPTED


def evaluate(options) -> int:
    """Prints the test scores of a finished run, on its own data or on other data of the same shape."""
    from keras_ae import runs

    _print_table(runs.evaluate(_reopened(options)))
    return 0


def export(options) -> int:
    """Exports a finished run's heads once more, as the next version."""
    _export(_reopened(options), options)
    return 0


def _finish(run, options):
    """What follows training: scores, TensorBoard's last pages, the card, the export, what to do next."""
    from keras_ae import runs
    from keras_ae.card import model_card

    table = runs.evaluate(run)
    _print_table(table)
    runs.show(run, table)
    card = model_card(run.recipe, run.data, run.heads, run.history, table)
    (run.directory / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    _export(run, options)
    root = options.models.resolve()
    print(f"pictures and curves: {run.directory}")
    print(f"look at them:        make tensorboard    (tensorboard --logdir {options.runs})")
    print(
        f'serve the heads:     docker run --rm -p 8501:8501 -v "{root}:/models" tensorflow/serving '
        "--model_config_file=/models/models.config"
    )
    return 0


def _export(run, options):
    from keras_ae.serving import export_heads

    file = run.directory / "card.json"
    if not file.exists():
        raise InputError(f"{file} is missing: the run was not finished; go on with --resume (RESUME=1)")
    card = json.loads(file.read_text())
    folders = export_heads(run.heads, run.data, run.recipe.name, card, options.models)
    for head, folder in folders.items():
        print(f"exported {head:12} {folder}")


def _reopened(options):
    from keras_ae import runs

    directory = _latest(options)
    if directory is None:
        raise InputError(
            f"there is no run of {options.recipe} below {options.runs}; "
            f"train one first: make train RECIPE={options.recipe}"
        )
    recipe, _ = _requested(options, directory)
    print(f"run folder: {directory}")
    return runs.reopen(recipe, directory)


def _requested(options, directory):
    """The recipe with the data and settings asked for, on top of those that a run was started with."""
    from keras_ae import data
    from keras_ae import recipe as recipes

    request = {"recipe": options.recipe, "data": None, "set": []}
    if directory is not None:
        file = directory / "request.json"
        if not file.exists():
            raise InputError(f"{directory} is not a run's folder: it has no request.json")
        request = json.loads(file.read_text())
    request["set"] = request["set"] + _settings(options.set)
    request["data"] = options.data or request["data"]
    recipe = recipes.load(request["recipe"])
    if request["data"]:
        import dataclasses

        recipe = dataclasses.replace(recipe, data=data.find(request["data"]))
    return recipes.override(recipe, request["set"]), request


def _settings(texts):
    try:
        return [setting for text in texts for setting in shlex.split(text)]
    except ValueError as error:
        raise InputError(f"the settings {texts} cannot be split into words: {error}") from error


def _latest(options):
    """The run's folder that was named, or the newest of the recipe; None where there is none."""
    if options.run_dir:
        if not options.run_dir.is_dir():
            raise InputError(f"the run's folder {options.run_dir} does not exist")
        return options.run_dir
    folders = [path for path in (options.runs / Path(options.recipe).stem).glob("*") if path.name.isdecimal()]
    return max(folders, key=lambda path: int(path.name), default=None)


def _next(folder):
    """A new numbered folder; making it is what claims the number."""
    number = max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0)
    while True:
        number += 1
        try:
            (folder / f"{number:03d}").mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(
                f"the run's folder {folder} cannot be written ({error.strerror}); see --runs"
            ) from error
        return folder / f"{number:03d}"


def _command(options, request):
    """The command that resumes a run, in the form it was started in."""
    if "MAKELEVEL" in os.environ and not options.run_dir:
        return f"make train RECIPE={shlex.quote(request['recipe'])} RESUME=1"
    words = ["keras-ae", "train", request["recipe"], "--resume"]
    words += ["--run-dir", str(options.run_dir)] if options.run_dir else []
    words += ["--runs", str(options.runs)] if options.runs != RUNS else []
    return shlex.join(words)


def _print_table(table):
    """Rows of scores under one header, four significant digits, the model's row last."""
    names = list(next(iter(table.values())))
    width = max(map(len, table))
    titles = {
        "psnr": "PSNR dB",
        "ssim": "SSIM",
        "mse": "MSE",
        "mae": "MAE",
        "crossentropy": "CE nats",
        "excess_crossentropy": "CE excess",
    }
    print(" ".join([" " * width, *(f"{titles.get(name, name):>10}" for name in names)]))
    for row, scores in table.items():
        cells = (f"{scores[name]:>10.{2 if name == 'psnr' else 5}f}" for name in names)
        print(" ".join([f"{row:{width}}", *cells]))


def _parser():
    parser = argparse.ArgumentParser(
        prog="keras-ae",
        description=(
            "Train autoencoders from recipes, look at them in TensorBoard, and export heads for TF Serving."
        ),
    )
    parser.add_argument("--version", action="version", version=f"keras-ae {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name, function, text):
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(verb=function)
        added.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return added

    def on_recipe(name, function, text):
        added = verb(name, function, text)
        added.add_argument("recipe", help="a recipe's name, or the path of a .py file")
        added.add_argument("--data", help="a data set's name, a folder of images, an .npy or .npz file")
        added.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help='change fields of the recipe: --set "epochs=5 variant.latent_dim=16"',
        )
        added.add_argument("--run-dir", type=Path, help="the run's folder; otherwise RUNS/<recipe>/<number>")
        added.add_argument(
            "--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)"
        )
        added.add_argument(
            "--models", type=Path, default=MODELS, help="folder of all exported models (default: %(default)s)"
        )
        return added

    on_recipe("train", train, "train a recipe, evaluate it and export its heads").add_argument(
        "--resume", action="store_true", help="go on from the last epoch of the newest run"
    )
    on_recipe("evaluate", evaluate, "print the test scores of a finished run")
    on_recipe("export", export, "export the heads of a finished run as the next version")
    verb("list", list_recipes, "a line for each recipe")
    return parser
