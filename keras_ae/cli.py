"""The command line: train, evaluate, export, list. TensorFlow is imported by the verbs that need it."""

from __future__ import annotations

import argparse
import dataclasses
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
    """Runs one verb and returns its status: 0, 1 failure, 2 unusable input, 130 interrupted."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # TensorFlow leaves oneDNN off on some CPUs; convolutional epochs took 1.0 to 1.2 times as long
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        return options.verb(options)
    except KeyboardInterrupt:
        print("\nkeras-ae: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last to see it: one line for a user, the whole for --debug
        if options.debug:
            traceback.print_exc()
        text = " ".join(str(error).split())[:2000]
        expected = isinstance(error, (InputError, ExportError, OSError))
        print(
            f"keras-ae: {text}"
            if expected
            else f"keras-ae: {type(error).__name__}: {text} (--debug shows where)",
            file=sys.stderr,
        )
        return 2 if isinstance(error, (InputError, OSError)) else 1


def list_recipes(options) -> int:
    """A line for each recipe, read without importing it."""
    files = catalogue.recipe_files()
    width = max(map(len, files), default=0)
    for name, path in files.items():
        print(f"{name:{width}}  {catalogue.summary(path)}")
    return 0


def train(options) -> int:
    """Trains, evaluates and exports; a run interrupted goes on with --resume."""
    name = catalogue.recipe_file(options.recipe).stem
    latest = _latest(options, name) if options.resume else None
    if options.resume and latest is None:
        print(f"nothing to resume below {options.runs / name}: a new run begins")
    recipe, request = _requested(options, latest)
    from keras_ae import training

    directory = latest or options.run_dir or _next(options.runs / name)
    training.claim(recipe, directory, resume=latest is not None)
    (directory / "request.json").write_text(json.dumps(request, indent=1) + "\n")
    print(f"run folder: {directory}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run = training.train(recipe, directory, resume=latest is not None)
        return _finish(run, options)
    except Exception:
        if not (latest or options.run_dir or training.epochs_done(directory)):
            shutil.rmtree(directory)  # made above, and nothing came of it
        raise
    except KeyboardInterrupt:
        done = training.epochs_done(directory)
        planned = "" if hasattr(recipe.variant, "stages") else f" of {recipe.epochs}"
        print(f"\nstopped; {done}{planned} epochs are kept in {directory}", file=sys.stderr)
        print(f"go on with: {_command(options, directory)}", file=sys.stderr)
        return INTERRUPTED


def evaluate(options) -> int:
    """Prints the test scores of a finished run, on its own data or on other data of the same kind."""
    directory = _finished(options)
    recipe, _ = _requested(options, directory)
    from keras_ae import runs

    _print_table(runs.evaluate(runs.reopen(recipe, directory)))
    return 0


def export(options) -> int:
    """Exports a finished run's heads once more, as the next version."""
    _export(_finished(options), options)
    return 0


def benchmark(options) -> int:
    """Trains every variant on the same data and budget, and prints the table that compares them."""
    from keras_ae import benchmark, data

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = benchmark.benchmark(
        data.find(options.data),
        options.runs / "benchmark",
        options.variants.replace(",", " ").split(),
        options.epochs,
        _settings(options.set),
    )
    print(f"table and pictures:  {folder}")
    return 0


def _finish(run, options):
    """What follows training: scores, TensorBoard's last pages, the card, the export, what to do next."""
    from keras_ae import runs
    from keras_ae.card import model_card

    table = runs.evaluate(run)
    _print_table(table)
    runs.show(run, table)
    card = model_card(run.recipe, run.data, run.heads, run.history, table, run.stages)
    (run.directory / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    _export(run.directory, options)
    root = options.models.resolve()
    print(f"pictures and curves: {run.directory}")
    print(f"look at them:        make tensorboard    (tensorboard --logdir {options.runs})")
    print(
        f'serve the heads:     docker run --rm -p 8501:8501 -v "{root}:/models" tensorflow/serving '
        "--model_config_file=/models/models.config"
    )
    return 0


def _export(directory, options):
    from keras_ae.runs import saved_heads
    from keras_ae.serving import export_heads

    heads, units, examples = saved_heads(directory)
    file = directory / "card.json"
    if not file.exists():
        raise InputError(f"{file} is missing: the run was not finished; go on with --resume (RESUME=1)")
    name = catalogue.recipe_file(options.recipe).stem
    folders = export_heads(heads, units, examples, name, json.loads(file.read_text()), options.models)
    for head, folder in folders.items():
        print(f"exported {head:12} {folder}")


def _finished(options):
    name = catalogue.recipe_file(options.recipe).stem
    directory = _latest(options, name, "autoencoder.keras")
    if directory is None:
        raise InputError(
            f"there is no finished run of {name} below {options.runs}; "
            f"train one first: make train RECIPE={shlex.quote(options.recipe)}"
        )
    print(f"run folder: {directory}")
    return directory


def _requested(options, directory):
    """The recipe with the data and settings asked for, on top of those that a run was started with."""
    from keras_ae import data
    from keras_ae import recipe as recipes

    request = {"recipe": catalogue.recipe_file(options.recipe).stem, "data": None, "set": []}
    if directory is not None:
        request = _read_request(directory, request["recipe"])
    request["set"] = request["set"] + _settings(options.set)
    request["data"] = options.data or request["data"]
    recipe = recipes.load(options.recipe)
    if request["data"]:
        recipe = dataclasses.replace(recipe, data=data.find(request["data"]))
    return recipes.override(recipe, request["set"]), request


def _read_request(directory, name):
    """What a run was started with."""
    try:
        request = json.loads((directory / "request.json").read_text())
        started, _, _ = request["recipe"], request["data"], request["set"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{directory} is not a run's folder: its request.json cannot be read") from error
    if started != name:
        raise InputError(f"{directory} is a run of {started}, expected one of {name}")
    return request


def _settings(texts):
    try:
        return [setting for text in texts for setting in shlex.split(text)]
    except ValueError as error:
        raise InputError(f"the settings {texts} cannot be split into words: {error}") from error


def _latest(options, name, holding="."):
    """The run's folder that was named, or the recipe's newest that holds a file; None without one."""
    if options.run_dir:
        if not options.run_dir.is_dir():
            raise InputError(f"the run's folder {options.run_dir} does not exist")
        _read_request(options.run_dir, name)
        return options.run_dir
    folders = [path for path in (options.runs / name).glob("*") if path.name.isdecimal()]
    folders = [path for path in folders if (path / holding).exists()]
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
    names = list(dict.fromkeys(name for scores in table.values() for name in scores))
    width = max(map(len, table))
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
    }
    columns = {name: max(10, len(titles.get(name, name))) for name in names}
    print(" ".join([" " * width, *(f"{titles.get(name, name):>{columns[name]}}" for name in names)]))
    for row, scores in table.items():
        cells = (
            f"{scores[name]:>{columns[name]}.{2 if abs(scores[name]) >= 10 or name == 'psnr' else 5}f}"
            if name in scores
            else f"{'-':>{columns[name]}}"
            for name in names
        )
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

    def on_recipe(name, function, text, configurable=True):
        added = verb(name, function, text)
        added.add_argument("recipe", help="a recipe's name, or the path of a .py file")
        if configurable:
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
    on_recipe("export", export, "export the heads of a finished run as the next version", False)
    compared = verb("benchmark", benchmark, "train every variant alike and compare them in one table")
    compared.add_argument("--data", default="mnist_5k", help="as of train (default: %(default)s)")
    compared.add_argument("--variants", default="", help="names of those to train; otherwise all")
    compared.add_argument("--epochs", type=int, default=40, help="of each (default: %(default)s)")
    compared.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="changes to the recipe of each"
    )
    compared.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")
    verb("list", list_recipes, "a line for each recipe")
    return parser
