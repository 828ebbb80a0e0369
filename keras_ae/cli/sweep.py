"""The verb that trains a recipe with each of several values of a field: sweep."""

from __future__ import annotations

import signal

from keras_ae.cli.arguments import add_recipe, run_request
from keras_ae.errors import InputError

ORDER = 2


def add(verb) -> None:
    """Adds the verb of this file."""
    parser = add_recipe(
        verb("sweep", sweep, "train a recipe once for each value of a field, and print one table")
    )
    parser.add_argument("field", help="a field of the recipe, such as data.normal")
    parser.add_argument("values", help="its values with commas between, such as 0,1,2; or 0..9")
    parser.add_argument(
        "--measure", default="", help="what the table shows of each; otherwise the first that all rows have"
    )


def sweep(options) -> int:
    """Prints a line for each value and one of their mean; what is done already is not done again."""
    values = _values(options.values)
    recipe = run_request(options).load()
    from keras_ae.experiments.sweep import summary, sweep

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    root = (options.run_dir or options.runs / recipe.name) / f"sweep-{options.field}"
    tables = sweep(recipe, options.field, values, root)
    model = recipe.name
    there = [
        name for name in tables[values[0]][model] if all(name in table[model] for table in tables.values())
    ]
    measure = options.measure or next(iter(there), "")
    if measure not in there:
        raise InputError(f"expected a measure among {', '.join(there) or 'none'}, received {measure!r}")
    lines = summary(tables, measure)
    rows = list(lines["mean"])
    width = max(map(len, [options.field, *lines]))
    print(f"{measure}\n{options.field:{width}}  " + "  ".join(rows))
    for value, line in lines.items():
        print(f"{value:{width}}  " + "  ".join(f"{line[row]:>{len(row)}.4f}" for row in rows))
    return 0


def _values(text):
    first, dots, last = text.partition("..")
    if dots:
        try:
            found = [str(value) for value in range(int(first), int(last) + 1)]
        except ValueError:
            found = []
    else:
        found = [value.strip() for value in text.split(",") if value.strip()]
    if not found:
        raise InputError(f"expected values such as 0,1,2 or 0..9, received {text!r}")
    return found
