"""The verbs that make examples and walk through codes: generate, interpolate, traverse, and more."""

from __future__ import annotations

import time
from pathlib import Path

from keras_ae.cli.arguments import add_runs
from keras_ae.cli.session import Asked
from keras_ae.errors import InputError

MOST, MOST_STEPS = 10_000, 1_000
"""Examples that one call generates at most, and steps of a walk."""

ORDER = 5


def add(verb) -> None:
    """Adds the verbs of this file."""
    made = _common(
        verb("generate", generate, "make new examples with the newest run of a recipe"), "generated"
    )
    made.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn (default: 0)")
    made.add_argument("--count", type=int, default=16, metavar="N", help="of examples (default: %(default)s)")
    made.add_argument("--temperature", type=float, default=1.0, help="below 1 usual ones, above 1 odd ones")
    made.add_argument("--length", type=int, metavar="N", help="columns, or bars, of windows that are joined")
    made.add_argument("--after", metavar="FILE", help="what they are to go on from, with --length")
    made.add_argument(
        "--best-of", type=int, default=1, metavar="N", help="of so many draws keep the most valid"
    )
    made.add_argument(
        "--playable", "--valid", action="store_true", dest="valid",
        help="mend what is not valid, and draw anew what cannot be mended",
    )  # fmt: skip
    walked = _common(verb("interpolate", interpolate, "walk from one example to another"), "interpolated")
    walked.add_argument("first", help=EXAMPLE)
    walked.add_argument("last", help="the same")
    walked.add_argument("--steps", type=int, default=8, metavar="N", help="both ends among them")
    varied = _common(verb("traverse", traverse, "change one unit of a code at a time"), "traversed")
    varied.add_argument("input", help=EXAMPLE)
    varied.add_argument("--unit", type=int, metavar="K", help="otherwise those that change most")
    varied.add_argument("--steps", type=int, default=9, metavar="N", help="values that a unit takes")
    shifted = _common(
        verb("attribute", attribute, "give examples more or less of what others have"), "attributed"
    )
    shifted.add_argument("input", nargs="+", help=EXAMPLE)
    shifted.add_argument(
        "--add", required=True, metavar="NAME", help="a label, or an attribute of the format"
    )
    shifted.add_argument("--strength", default="1.0", help="negative takes away (default: %(default)s)")
    back = _common(verb("reconstruct", reconstruct, "encode examples and decode them again"), "reconstructed")
    back.add_argument("input", nargs="+", help=EXAMPLE)
    near = _common(verb("nearest", nearest, "find the training examples that one is nearest to"), "nearest")
    near.add_argument("input", nargs="+", help=EXAMPLE)
    near.add_argument("--count", type=int, default=5, metavar="N", help="of neighbors (default: %(default)s)")


EXAMPLE = "a file, an example such as test:5, or one as it is generated, seed:3"


def _common(parser, folder):
    parser.add_argument("recipe", help="a recipe's name, or the path of a .py file")
    parser.add_argument(
        "--label", metavar="CLASS", help="what a conditional decoder decodes as: a class by name or number"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help=f"where the files go (default: {folder}/RECIPE)"
    )
    parser.add_argument("--force", action="store_true", help="replace files that are there already")
    parser.add_argument("--run-dir", type=Path, help="the run's folder; otherwise the newest finished one")
    add_runs(parser)
    parser.set_defaults(folder=folder, data=None, set=[])
    return parser


def generate(options) -> int:
    """Writes COUNT examples, a contact sheet, and what they were made from."""
    if not 1 <= options.count <= MOST:
        raise InputError(f"expected a count of examples from 1 to {MOST:,}, received {options.count}")
    if options.seed < 0:
        raise InputError(f"expected a seed of at least 0, received {options.seed}")
    if options.best_of < 1:
        raise InputError(
            f"expected the best of at least 1 draw, BEST=5 (--best-of 5), received {options.best_of}"
        )
    if options.after and not options.length:
        raise InputError("expected a length beside what is to go on: LENGTH=100 (--length 100)")
    asked = Asked(options)
    from keras_ae.apps.generation import generate as made

    wish = made.Wish.of(options, asked.generator)
    asked.check_free()
    began = time.perf_counter()
    found = made.generated(asked.generator, wish)
    seconds = time.perf_counter() - began
    names = [f"{number:03d}" for number in range(1, len(found.examples) + 1)]
    examples = dict(zip(names, found.examples, strict=True))
    asked.write(examples, asked.generator.classes or None, arrays=made.origins(found))
    for line in made.told(found, seconds):
        print(line)
    return 0


def interpolate(options) -> int:
    """Writes the examples between two, and both as they are reconstructed."""
    _check_steps(options)
    asked = Asked(options)
    from keras_ae.apps.generation import walks

    first, last = (asked.given(text, of_one_window=True) for text in (options.first, options.last))
    asked.write(walks.interpolation(asked.generator, first, last, options.steps), columns=options.steps)
    return 0


def traverse(options) -> int:
    """Writes a row of examples for each unit, and tells how much each changes what is decoded."""
    _check_steps(options)
    asked = Asked(options)
    from keras_ae.apps.generation import walks

    one = asked.given(options.input, of_one_window=True)
    seen = asked.codes("validation")
    rows = walks.traversals(asked.generator, one, seen, options.unit, options.steps)
    places = [name for row in rows for name in [*row.named(), *[""] * (options.steps - len(row.examples))]]
    named = {name: example for row in rows for name, example in row.named().items()}
    asked.write(named, options.steps, places)
    print("unit   deviation   change of what is decoded, over the values shown")
    for row in rows:
        print(f"{row.unit:4}   {row.deviation:9.3f}   {row.change:.4f}")
    return 0


def attribute(options) -> int:
    """Writes each example as it is reconstructed, and with so much of an attribute added."""
    if not options.add:
        raise InputError("expected what to add, a label or an attribute: ADD=NAME (--add NAME)")
    asked = Asked(options)
    from keras_ae.apps.generation import walks

    try:
        strength = float(options.strength)
    except ValueError as error:
        raise InputError(
            f"expected a strength, a number such as 1.5, received {options.strength!r}"
        ) from error
    has, codes = asked.attributed(options.add)
    inputs = [asked.given(text, of_one_window=True) for text in options.input]
    found = walks.attributed(asked.generator, inputs, codes, has, strength)
    asked.write(found, columns=2)
    return 0


def reconstruct(options) -> int:
    """Writes each example, what comes back of it, and its code."""
    asked = Asked(options)
    from keras_ae.apps.generation import walks

    found, kept = {}, {}
    inputs = [asked.given(text) for text in options.input]
    for one in inputs:
        example, codes, share = walks.reconstruction(asked.generator, one)
        found |= {f"{one.name}_given": one.example, f"{one.name}_back": example}
        kept[f"code_{one.name}"] = codes
        print(f"{one.name}: {share}")
    asked.write(found, columns=2, arrays={"codes.npz": kept})
    return 0


def nearest(options) -> int:
    """Writes each example beside the training examples nearest to it, and tells how far they are."""
    if options.count < 1:
        raise InputError(f"expected a count of at least 1, received {options.count}")
    asked = Asked(options)
    from keras_ae.apps.generation import walks

    inputs = [asked.given(text) for text in options.input]
    learned, found = asked.examples("train"), {}
    for one in inputs:
        for row in walks.neighbors(asked.generator, one, learned, options.count):
            found |= row.named()
            print(row.told())
    asked.write(found, columns=1 + options.count)
    return 0


def _check_steps(options):
    """Raises InputError for a walk of too few steps or too many."""
    if not 2 <= options.steps <= MOST_STEPS:
        raise InputError(f"expected from 2 to {MOST_STEPS:,} steps, received {options.steps}")
