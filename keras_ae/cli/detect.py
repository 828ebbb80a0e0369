"""The verbs that look for anomalies in a file of rows: detect, monitor."""

from __future__ import annotations

from pathlib import Path

from keras_ae.cli import train
from keras_ae.cli.paths import add_recipe, finished, requested
from keras_ae.errors import InputError

WRITTEN = ("scored.csv", "spans.csv", "plot.png")


def add(verb) -> None:
    """Adds the verbs of this file."""
    found = add_recipe(
        verb("detect", detect, "learn what is normal in a file, and say which of its rows are not")
    )
    found.add_argument("input", help="a file of rows: a series with a time, or a table")
    found.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where the results go (default: detected/NAME)"
    )
    found.add_argument("--force", action="store_true", help="replace results that are there already")
    found.add_argument(
        "--trained", action="store_true",
        help="score by the newest run of the recipe, or by --run-dir, instead of learning from the file",
    )  # fmt: skip
    seen = add_recipe(verb("monitor", monitor, "say how far the scores of new rows have moved, by a run"))
    seen.add_argument("input", help="a file of rows as those that the run was trained on")


def detect(options) -> int:
    """Writes scored.csv, for a series spans.csv, and plot.png, and tells what was found."""
    source = Path(options.input)
    folder = options.output or Path("detected", source.stem)
    there = [folder / name for name in WRITTEN if (folder / name).exists()]
    if there and not options.force:
        raise InputError(f"{there[0]} exists; name another folder, OUTPUT=, or replace it, FORCE=1")
    if not source.is_file():
        raise InputError(f"expected a file of rows, {source} is none; check the path")
    if options.trained:
        directory, recipe = _opened(options)
    else:
        options.data, options.resume, options.keep = options.input, False, None
        status, run = train.trained(options)
        if run is None:
            return status
        directory, recipe = run.directory, run.recipe
    from keras_ae.apps.detection import report, scoring

    detector = scoring.Detector.of(directory, recipe)
    found, series = scoring.scored_file(detector, str(source))
    folder.mkdir(parents=True, exist_ok=True)
    for line in report.write(detector, found, series, source, folder):
        print(line)
    return 0


def monitor(options) -> int:
    """Prints how far the scores of a file's rows are from those of the normal examples held back."""
    directory, recipe = _opened(options)
    from keras_ae.apps.detection import scoring

    detector = scoring.Detector.of(directory, recipe)
    found, _ = scoring.scored_file(detector, options.input)
    told = scoring.drift(detector.reference, found.examples)
    print(f"population stability index {told['psi']:.3f}  (below .1 as before, from .25 on much changed)")
    print(f"Kolmogorov-Smirnov         {told['ks']:.3f}")
    print(f"flagged                    {found.flags.mean():.1%} of {len(found.flags):,}")
    print(told["verdict"])
    return 0


def _opened(options):
    """The newest finished run of the recipe, or the one that was named, and its recipe."""
    if options.data:
        raise InputError("the file is given as INPUT; leave DATA= out")
    directory = finished(options)
    return directory, requested(options, directory)[0]
