"""The verbs that generate and explore the latent space; each writes files and reports on them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from keras_ae.apps.generation import walks
from keras_ae.apps.generation.generate import Plan, generate, origins, report_lines
from keras_ae.apps.generation.request import GenerationRequest
from keras_ae.apps.generation.session import Session
from keras_ae.errors import InputError

__all__ = [
    "attribute_command", "generate_command", "interpolate_command", "nearest_command",
    "reconstruct_command", "traverse_command",
]  # fmt: skip

MAX_STEPS = 1_000
"""Maximum number of steps of an interpolation or traversal."""


def generate_command(session: Session, request: GenerationRequest) -> None:
    """Writes generated examples, a contact sheet, and the noise that they were decoded from.

    Args:
        session: The run and its folder.
        request: The generation request.
    """
    plan = Plan.of(request, session.generator)
    session.check_folder()
    began = time.perf_counter()
    generated = generate(session.generator, plan)
    seconds = time.perf_counter() - began
    examples = {f"{number:03d}": example for number, example in enumerate(generated.examples, 1)}
    session.write(examples, len(session.generator.sampled_classes) or None, arrays=origins(generated))
    for line in report_lines(generated, seconds):
        session.report(line)


def interpolate_command(session: Session, first: str, last: str, steps: int) -> None:
    """Writes an interpolation between two examples, with the reconstructions of both.

    Args:
        session: The run and its folder.
        first: The example at the beginning: a file, `test:5` or `seed:3`.
        last: The example at the end.
        steps: Number of examples, including both ends.
    """
    _check_steps(steps)
    start, end = (session.example(text, one_window=True) for text in (first, last))
    session.write(walks.interpolate(session.generator, start, end, steps), columns=steps)


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
    _check_steps(steps)
    example = session.example(text, one_window=True)
    rows = walks.traverse(session.generator, example, session.codes("validation"), dimension, steps)
    cells = [name for row in rows for name in [*row.by_name(), *[""] * (steps - len(row.examples))]]
    examples = {name: example for row in rows for name, example in row.by_name().items()}
    session.write(examples, steps, cells)
    session.report("dimension   deviation   change of the decoded example, over the values shown")
    for row in rows:
        session.report(f"{row.dimension:9}   {row.deviation:9.3f}   {row.change:.4f}")
    return rows


def attribute_command(session: Session, texts: Sequence[str], attribute: str, strength: str) -> None:
    """Writes the reconstruction of each example, and the same with an attribute added.

    Args:
        session: The run and its folder.
        texts: The examples: files, `test:5` or `seed:3`.
        attribute: A label, or an attribute of the format.
        strength: A number; a negative one removes the attribute.
    """
    if not attribute:
        raise InputError("expected a label or an attribute to add: --add NAME")
    try:
        factor = float(strength)
    except ValueError as error:
        raise InputError(f"expected a strength, a number such as 1.5, received {strength!r}") from error
    has, codes = session.attribute(attribute)
    examples = [session.example(text, one_window=True) for text in texts]
    session.write(walks.add_attribute(session.generator, examples, codes, has, factor), columns=2)


def reconstruct_command(session: Session, texts: Sequence[str]) -> None:
    """Writes each example, its reconstruction, and its code.

    Args:
        session: The run and its folder.
        texts: The examples: files, `test:5` or `seed:3`.
    """
    by_name: dict[str, np.ndarray] = {}
    all_codes: dict[str, np.ndarray] = {}
    for example in [session.example(text) for text in texts]:
        back, codes, nearness = walks.reconstruct(session.generator, example)
        by_name |= {f"{example.name}_given": example.example, f"{example.name}_back": back}
        all_codes[f"code_{example.name}"] = codes
        session.report(f"{example.name}: {nearness}")
    session.write(by_name, columns=2, arrays={"codes.npz": all_codes})


def nearest_command(session: Session, texts: Sequence[str], count: int) -> list[walks.Neighbors]:
    """Writes each example with its nearest training examples, and reports their distances.

    Args:
        session: The run and its folder.
        texts: The examples: files, `test:5` or `seed:3`.
        count: Number of neighbors, at least 1.

    Returns:
        The neighbors of each example, or of each of its windows.
    """
    if count < 1:
        raise InputError(f"expected a count of at least 1, received {count}")
    examples = [session.example(text) for text in texts]
    train = session.examples("train")
    rows = [
        row
        for example in examples
        for row in walks.nearest_neighbors(session.generator, example, train, count)
    ]
    for row in rows:
        session.report(row.line())
    session.write({name: part for row in rows for name, part in row.by_name().items()}, columns=1 + count)
    return rows


def _check_steps(steps: int) -> None:
    """Raises InputError for too few or too many steps."""
    if not 2 <= steps <= MAX_STEPS:
        raise InputError(f"expected from 2 to {MAX_STEPS:,} steps, received {steps}")
