"""The verbs that generate and explore the latent space; each writes files and reports on them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from keras_ae.apps.generation import walks
from keras_ae.apps.generation.generate import Plan, generate, origins, report_lines
from keras_ae.apps.generation.generator import Generator
from keras_ae.apps.generation.request import GenerationRequest, check_count, check_steps
from keras_ae.apps.generation.session import Session
from keras_ae.apps.generation.sheet import Sheet

__all__ = [
    "attribute_command", "generate_command", "interpolate_command", "nearest_command",
    "reconstruct_command", "traverse_command",
]  # fmt: skip


def generate_command(session: Session, request: GenerationRequest) -> None:
    """Writes generated examples, a contact sheet, and the noise that they were decoded from.

    Rows of a table go together into one file.

    Args:
        session: The run and its folder.
        request: The generation request.
    """
    plan = Plan.of(request, session.generator)
    session.check_folder()
    began = time.perf_counter()
    generated = generate(session.generator, plan)
    seconds = time.perf_counter() - began
    if session.generator.format.together:
        session.write_rows(generated.examples)
    else:
        examples = {f"{number:03d}": example for number, example in enumerate(generated.examples, 1)}
        session.write(examples, _sheet_of_classes(session.generator, generated.labels), origins(generated))
    for line in report_lines(session.generator, generated, seconds):
        session.report(line)


def interpolate_command(session: Session, first: str, last: str, steps: int) -> None:
    """Writes an interpolation between two examples, with the reconstructions of both.

    Args:
        session: The run and its folder.
        first: The example at the beginning: a file, `test:5` or `seed:3`.
        last: The example at the end.
        steps: Number of examples, including both ends.
    """
    check_steps(steps)
    start, end = (session.example(text, one_window=True) for text in (first, last))
    names = (start.name, *[""] * (steps - 2), end.name)
    session.write(walks.interpolate(session.generator, start, end, steps), Sheet(steps, column_names=names))


def traverse_command(session: Session, text: str, dimension: int | None, steps: int) -> list[walks.Traversal]:
    """Writes a row of examples for each dimension, and reports how much it changes the decoded example.

    Args:
        session: The run and its folder.
        text: The example: a file, `test:5` or `seed:3`.
        dimension: A dimension of the code, or None for the ones with the largest change.
        steps: Number of values per dimension.

    Returns:
        A row for each dimension.
    """
    check_steps(steps)
    example = session.example(text, one_window=True)
    rows = walks.traverse(session.generator, example, session.codes("validation"), dimension, steps)
    cells = [name for row in rows for name in [*row.by_name(), *[""] * (steps - len(row.examples))]]
    examples = {name: example for row in rows for name, example in row.by_name().items()}
    row_names = tuple(f"dimension {row.dimension}" for row in rows)
    session.write(examples, Sheet(steps, tuple(cells), row_names))
    session.report("dimension   deviation   change of the decoded example, over the values shown")
    for row in rows:
        session.report(f"{row.dimension:9}   {row.deviation:9.3f}   {row.change:.4f}")
    return rows


def attribute_command(session: Session, texts: Sequence[str], attribute: str, factor: float) -> None:
    """Writes the reconstruction of each example, and the same with an attribute added.

    Args:
        session: The run and its folder.
        texts: The examples: files, `test:5` or `seed:3`.
        attribute: A label, or an attribute of the format.
        factor: How much of it is added; a negative one removes the attribute.
    """
    has, codes = session.attribute(attribute)
    examples = [session.example(text, one_window=True) for text in texts]
    names = tuple(example.name for example in examples)
    session.write(
        walks.add_attribute(session.generator, examples, codes, has, factor),
        Sheet(2, row_names=names, column_names=("reconstruction", f"{factor:+g} {attribute}")),
        what=f"{_counted(names)} without and with {attribute},",
    )


def reconstruct_command(session: Session, texts: Sequence[str]) -> None:
    """Writes each example, its reconstruction, and its code.

    Args:
        session: The run and its folder.
        texts: The examples: files, `test:5` or `seed:3`.
    """
    examples = [session.example(text) for text in texts]
    columns = ["input", "reconstruction"] + ["error"] * session.generator.gives_images
    by_name: dict[str, np.ndarray] = {}
    all_codes: dict[str, np.ndarray] = {}
    for example in examples:
        back, codes, nearness = walks.reconstruct(session.generator, example)
        by_name |= {f"{example.name}_given": example.example, f"{example.name}_back": back}
        if session.generator.gives_images:
            by_name[f"{example.name}_error"] = np.abs(back - example.example)
        all_codes[f"code_{example.name}"] = codes
        session.report(f"{example.name}: {nearness}")
    names = tuple(example.name for example in examples)
    session.write(
        by_name,
        Sheet(len(columns), row_names=names, column_names=tuple(columns)),
        {"codes.npz": all_codes},
        f"{_counted(names)}, {'its reconstruction' if len(names) == 1 else 'their reconstructions'}",
    )


def nearest_command(session: Session, texts: Sequence[str], count: int) -> list[walks.Neighbors]:
    """Writes each example with its nearest training examples, and reports their distances.

    Args:
        session: The run and its folder.
        texts: The examples: files, `test:5` or `seed:3`.
        count: Number of neighbors, at least 1.

    Returns:
        The neighbors of each example, or of each of its windows.
    """
    check_count(count)
    examples = [session.example(text) for text in texts]
    train = session.examples("train")
    rows = [
        row
        for example in examples
        for row in walks.nearest_neighbors(session.generator, example, train, count)
    ]
    for row in rows:
        session.report(row.line())
    ranks = [f"nearest {rank}" for rank in range(1, count + 1)]
    names = tuple(row.name for row in rows)
    session.write(
        {name: part for row in rows for name, part in row.by_name().items()},
        Sheet(1 + count, row_names=names, column_names=("example", *ranks)),
        what=f"{_counted(names)} with the nearest of training",
    )
    return rows


def _sheet_of_classes(generator: Generator, labels: np.ndarray | None) -> Sheet:
    """A column for each class, if examples were generated of one class after another."""
    count = len(generator.sampled_classes)
    if labels is None or not count:
        return Sheet()
    if not np.array_equal(labels, np.resize(labels[:count], len(labels))) or len(set(labels)) == 1:
        return Sheet(count)
    names = generator.class_names
    return Sheet(count, column_names=tuple(names[i] if names else str(i) for i in labels[:count]))


def _counted(names: tuple[str, ...]) -> str:
    return f"{len(names)} example{'s' * (len(names) != 1)}"
