"""The verb that restores images by an exported restorer: restore."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from keras_ae.cli.arguments import add_models
from keras_ae.errors import InputError

ORDER = 6


def add(verb) -> None:
    """Adds the verb of this file."""
    parser = verb("restore", restore, "restore an image or a folder of them: cleaned, enlarged or filled in")
    parser.add_argument("recipe", help="the name of a recipe with an exported restorer")
    parser.add_argument("input", help="an image, or a folder of images")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where PNG files go (default: restored/RECIPE)"
    )
    parser.add_argument(
        "--mask", type=Path, metavar="FILE_OR_FOLDER",
        help="what is missing, for a restorer that fills in: an image of the same size, white where it is "
        "missing, or a folder of such; otherwise what is fully transparent",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that are there already")
    parser.add_argument("--version", type=int, metavar="N", help="of the restorer; otherwise the stable one")
    parser.add_argument(
        "--tile", type=int, default=512, metavar="PIXELS",
        help="a side of what is restored at a time; less takes less memory (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--most-megapixels", type=float, default=100.0, metavar="N",
        help="an image of more is left out before it is decoded, one that would become larger before it is "
        "enlarged (default: %(default)g)",
    )  # fmt: skip
    add_models(parser)


def restore(options) -> int:
    """Writes what the restorer makes of each image and tells how fast; 1 where some were of no use."""
    if options.tile < 1 or not 0 < options.most_megapixels < float("inf"):
        raise InputError(
            f"expected --tile of at least 1 and --most-megapixels above 0, received {options.tile} and "
            f"{options.most_megapixels:g}"
        )
    from keras_ae.apps.restoration.head import Restorer, find_restorer
    from keras_ae.apps.restoration.request import Request
    from keras_ae.apps.restoration.restore import restore, summary

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    recipe = Path(options.recipe).name.removesuffix(".py")
    folder = find_restorer(options.models, recipe, options.version)
    output = options.output or Path("restored", recipe)
    request = Request.of(options.input, output, options.mask, options.force)
    done = restore(Restorer.of(folder), request, options.tile, options.most_megapixels, _say)
    for name, fault in done.faults.items():
        print(f"keras-ae: left out {name}: {fault}", file=sys.stderr)
    _say("\n".join(summary(done, request)))
    return 1 if done.faults else 0


def _say(text):
    """Prints at once; a file's name may hold bytes that are no text."""
    print(text.encode("utf-8", "backslashreplace").decode(), flush=True)
