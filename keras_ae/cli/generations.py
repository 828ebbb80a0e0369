"""The verbs that make examples and walk through codes: generate, interpolate, traverse, and more."""

from __future__ import annotations

import time
from pathlib import Path

from keras_ae import catalogue
from keras_ae.cli.folders import add_runs, finished, requested
from keras_ae.errors import InputError

MOST = 100_000
"""Examples that one call generates at most."""


def add(verb) -> None:
    """Adds the verbs of this file."""
    made = _common(
        verb("generate", generate, "make new examples with the newest run of a recipe"), "generated"
    )
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
    varied.add_argument("input", nargs="?", default="test:0", help=EXAMPLE)
    varied.add_argument("--unit", type=int, metavar="K", help="otherwise those that change most")
    varied.add_argument("--steps", type=int, default=9, metavar="N", help="values that a unit takes")
    shifted = _common(
        verb("attribute", attribute, "give examples more or less of what others have"), "attributed"
    )
    shifted.add_argument("input", nargs="*", default=["test:0"], help=EXAMPLE)
    shifted.add_argument(
        "--add", required=True, metavar="NAME", help="a label, or an attribute of the medium"
    )
    shifted.add_argument(
        "--strength", type=float, default=1.0, help="negative takes away (default: %(default)s)"
    )
    back = _common(verb("reconstruct", reconstruct, "encode examples and decode them again"), "reconstructed")
    back.add_argument("input", nargs="+", help=EXAMPLE)
    near = _common(verb("nearest", nearest, "find the training examples that one is nearest to"), "nearest")
    near.add_argument("input", nargs="+", help=EXAMPLE)
    near.add_argument(
        "--count", type=int, default=5, metavar="N", help="of neighbours (default: %(default)s)"
    )


EXAMPLE = "a file, an example such as test:5, or one as it is generated, seed:3"


def _common(parser, folder):
    parser.add_argument("recipe", help="a recipe's name, or the path of a .py file")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn (default: 0)")
    parser.add_argument(
        "--label", metavar="CLASS", help="of a conditional decoder: a class by name or number"
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
    if not 1 <= options.count <= MOST or options.best_of < 1 or options.seed < 0:
        raise InputError(
            f"expected a count from 1 to {MOST:,}, a seed of at least 0 and the best of at least 1; received "
            f"{options.count}, {options.seed} and {options.best_of}"
        )
    if options.after and not options.length:
        raise InputError("expected a length beside what is to go on: LENGTH=100 (--length 100)")
    asked = _Asked(options)
    from keras_ae.generating import made

    began = time.perf_counter()
    found = made.generated(asked.generator, made.Wish.of(options, asked.generator))
    seconds = time.perf_counter() - began
    names = [f"{number:03d}" for number in range(1, len(found.examples) + 1)]
    asked.write(dict(zip(names, found.examples, strict=True)), columns=asked.generator.classes or None)
    made.write_origins(found, asked.folder)
    for line in made.told(found, seconds):
        print(line)
    return 0


def interpolate(options) -> int:
    """Writes the examples between two, and both as they are reconstructed."""
    asked = _Asked(options)
    from keras_ae.generating import walks

    first, last = asked.given(options.first), asked.given(options.last)
    label = asked.label if asked.label is not None else first.label
    asked.write(
        walks.interpolation(asked.generator, first, last, options.steps, label), columns=options.steps
    )
    return 0


def traverse(options) -> int:
    """Writes a row of examples for each unit, and tells how much each changes what is decoded."""
    asked = _Asked(options)
    from keras_ae.generating import walks

    seen = asked.codes("validation")
    rows = walks.traversals(asked.generator, asked.given(options.input), seen, options.unit, options.steps)
    asked.write({name: example for row in rows for name, example in row.named().items()}, options.steps)
    print("unit   deviation   change of what is decoded, over 6 deviations")
    for row in rows:
        print(f"{row.unit:4}   {row.deviation:9.3f}   {row.change:.4f}")
    return 0


def attribute(options) -> int:
    """Writes each example as it is reconstructed, and with so much of an attribute added."""
    asked = _Asked(options)
    from keras_ae.generating import walks

    has, codes = asked.attributed(options.add)
    inputs = [asked.given(text) for text in options.input]
    found = walks.attributed(asked.generator, inputs, codes, has, options.strength)
    asked.write(found, columns=2)
    return 0


def reconstruct(options) -> int:
    """Writes each example, what comes back of it, and its code."""
    asked = _Asked(options)
    from keras_ae.generating import walks

    found = {}
    for text in options.input:
        one = asked.given(text)
        example, codes, share = walks.reconstruction(asked.generator, one)
        found |= {f"{one.name}_given": one.example, f"{one.name}_back": example}
        asked.codes_of[one.name] = codes
        print(f"{one.name}: {share}")
    asked.write(found, columns=2)
    return 0


def nearest(options) -> int:
    """Writes each example beside the training examples nearest to it, and tells how far they are."""
    if options.count < 1:
        raise InputError(f"expected a count of at least 1, received {options.count}")
    asked = _Asked(options)
    from keras_ae.generating import walks

    learned, found = asked.examples("train"), {}
    for text in options.input:
        one = asked.given(text)
        for row in walks.neighbours(asked.generator, one, learned, options.count):
            found |= row.named()
            print(row.told())
    asked.write(found, columns=1 + options.count)
    return 0


class _Asked:
    """A run that a verb works with, where its files go, and, once wanted, the data that it learned from."""

    def __init__(self, options):
        name = catalogue.recipe_file(options.recipe).stem
        self.folder = options.output or Path(options.folder, name)
        there = sorted(self.folder.glob("*")) if self.folder.is_dir() else []
        if (there or self.folder.is_file()) and not options.force:
            raise InputError(
                f"{self.folder} holds files already; name another folder, OUTPUT= (--output), or replace "
                "what "
                "is there, FORCE=1 (--force)"
            )
        self.directory = finished(options)
        from keras_ae.generating.generator import Generator

        self.generator = Generator.of(self.directory)
        self.label = None if options.label is None else self.generator.label_of(options.label)
        self.options, self.codes_of, self._data = options, {}, None

    def data(self):
        """What the run learned from."""
        if self._data is None:
            from keras_ae.runs.run import load_data

            recipe, _ = requested(self.options, self.directory)
            self._data = load_data(recipe).in_units(self.generator.units)
        return self._data

    def given(self, text):
        from keras_ae.generating.given import given

        return given(text, self.generator, self.data, self.label)

    def examples(self, split):
        """Those of a split, as people have them."""
        from keras_ae.generating.given import people_have

        return people_have(self.generator, getattr(self.data(), split))

    def codes(self, split, most=5000):
        """Codes of a split, of so many examples at most."""
        from keras_ae.generating.given import people_have

        few = getattr(self.data(), split).thin(most)
        return self.generator.encoded(people_have(self.generator, few), few.labels)

    def attributed(self, name):
        """Which training examples have an attribute, and their codes."""
        from keras_ae.generating.given import people_have
        from keras_ae.generating.walks import which_have

        few = self.data().train.thin(5000)
        examples = people_have(self.generator, few)
        has = which_have(name, examples, few.labels, self.data(), self.generator.medium)
        return has, self.generator.encoded(examples, few.labels)

    def write(self, named, columns=None):
        """Files of each example by its name, and a sheet of all."""
        from keras_ae.pictures import save
        from keras_ae.sheet import contact_sheet

        self.folder.mkdir(parents=True, exist_ok=True)
        medium = self.generator.medium
        for name, example in named.items():
            medium.write(example, self.folder / name)
        sheet = contact_sheet([medium.drawn(example) for example in named.values()], columns)
        save(sheet, self.folder / "sheet.png")
        if self.codes_of:
            import numpy as np

            np.savez(self.folder / "codes.npz", **self.codes_of)
        print(f"{len(named)} examples and sheet.png in {self.folder}")
