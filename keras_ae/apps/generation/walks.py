"""Walks through codes: from one example to another, along a dimension or an attribute, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.apps.generation.inputs import InputExample, cut_windows, join_windows
from keras_ae.apps.generation.latent_space import LatentSpace
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.metrics.nearest import distances, nearest

__all__ = [
    "Neighbors", "Traversal", "add_attribute", "code_of", "has_attribute", "interpolate", "nearest_neighbors",
    "reconstruct", "traverse",
]  # fmt: skip

MAX_DIMENSIONS = 10
"""Dimensions that a traversal shows where none is named: those that change most."""
MAX_COMPARED = 256
"""Dimensions whose effect is computed: those that vary most."""


@dataclass(frozen=True, eq=False)
class Traversal:
    """Examples with one dimension of the code changed.

    Attributes:
        dimension: Its index in the flattened code.
        examples: (steps, ...).
        deviation: Standard deviation of the dimension over other codes.
        change: Of what is decoded, the distance between neighboring steps, summed over the steps.
    """

    dimension: int
    examples: np.ndarray
    deviation: float
    change: float

    def by_name(self) -> dict[str, np.ndarray]:
        """The examples.

        Returns:
            The examples by the names of their files.
        """
        return {
            f"dimension_{self.dimension:03d}_{step}": example for step, example in enumerate(self.examples)
        }


@dataclass(frozen=True, eq=False)
class Neighbors:
    """An example and the training examples nearest to it.

    Attributes:
        name: The example's name.
        example: (...).
        others: The training examples, (k, ...), the nearest first.
        indices: Their indices in the training split, (k,).
        distances: (k,).
    """

    name: str
    example: np.ndarray
    others: np.ndarray
    indices: np.ndarray
    distances: np.ndarray

    def by_name(self) -> dict[str, np.ndarray]:
        """The example and its neighbors.

        Returns:
            The examples by the names of their files.
        """
        near = {f"{self.name}_near_{rank + 1}": other for rank, other in enumerate(self.others)}
        return {self.name: self.example} | near

    def line(self) -> str:
        """A report of the neighbors.

        Returns:
            One line of text.
        """
        pairs = zip(self.indices, self.distances, strict=True)
        listing = ", ".join(f"train:{index} {distance:.4f}" for index, distance in pairs)
        return f"{self.name}: {listing}" + ("  (a copy)" if self.distances[0] == 0 else "")


def code_of(generator: Generator, example: InputExample) -> dict[str, np.ndarray]:
    """The code of an example, and the noise that its decoder chooses by, if it makes choices.

    Args:
        generator: What generates.
        example: The example.

    Returns:
        "code" (...), and for some "choices" (...): those that it was generated from, or those that give just
        its first window.
    """
    if example.code is not None:
        choices = {} if example.choices is None else {"choices": example.choices}
        return {"code": example.code} | choices
    windows, _ = cut_windows(example.example, generator.element_shape, generator.format.axis)
    codes = generator.encode(windows[:1], _own_labels(generator, example, 1))
    choices = {name: rows[0] for name, rows in generator.choices_for(windows[:1], codes).items()}
    return {"code": codes[0]} | choices


def _decode_labels(generator: Generator, example: InputExample, count: int) -> np.ndarray | None:
    """The class to decode an example's code as, so many times: its own unless another is asked for."""
    if example.decode_as is not None:
        return np.full(count, example.decode_as)
    return _own_labels(generator, example, count)


def _own_labels(generator: Generator, example: InputExample, count: int) -> np.ndarray | None:
    """The class of an example, so many times; InputError where one is needed and none is known."""
    if not generator.classes:
        return None
    if example.label is None or not 0 <= example.label < generator.classes:
        raise InputError(
            f"{example.name} has no class that the model knows ({generator.classes_text}); say which it is "
            "of: LABEL= (--label)"
        )
    return np.full(count, example.label)


def interpolate(
    generator: Generator, first: InputExample, last: InputExample, steps: int
) -> dict[str, np.ndarray]:
    """Examples on the path from one example to another, both ends as they are decoded.

    A decoder that makes choices decodes the ends just as they are, and the examples between by noise between
    theirs.

    Args:
        generator: What generates.
        first: Where the path begins.
        last: Where it ends.
        steps: How many examples, at least 2.

    Returns:
        The examples by name.

    Raises:
        InputError: If there are fewer than 2 steps, or the ends are decoded as two classes.
    """
    start, end = code_of(generator, first), code_of(generator, last)
    codes = LatentSpace.of(generator).path(start["code"], end["code"], steps)
    labels, others = (_decode_labels(generator, example, steps) for example in (first, last))
    if labels is not None and others is not None and labels[0] != others[0]:
        raise InputError(
            f"expected two examples of one class, {first.name} is of {labels[0]} and {last.name} of "
            f"{others[0]}; say as which to decode the codes between: LABEL= (--label)"
        )
    examples = generator.decode({"code": codes} | _choices_between(start, end, steps), labels)
    return {f"step_{number:02d}": example for number, example in enumerate(examples)}


def _choices_between(
    first: dict[str, np.ndarray], last: dict[str, np.ndarray], steps: int
) -> dict[str, np.ndarray]:
    """The noise of choices on the way from one code to another, where a decoder makes choices."""
    if "choices" not in first:
        return {}
    fractions = np.linspace(0, 1, steps, dtype=np.float32).reshape((-1,) + (1,) * first["choices"].ndim)
    return {"choices": (1 - fractions) * first["choices"] + fractions * last["choices"]}


def traverse(
    generator: Generator, example: InputExample, codes: np.ndarray, dimension: int | None, steps: int
) -> list[Traversal]:
    """Traversals of a dimension, or of those that change most of what is decoded.

    Args:
        generator: What generates.
        example: The example whose code is changed.
        codes: Other codes, (n, ...), whose values the dimension takes.
        dimension: Its index in the flattened code, or None for those that change most.
        steps: How many values, at least 2.

    Returns:
        At most ten traversals, the one that changes most first.

    Raises:
        InputError: If there is no such dimension, or there are fewer than 2 steps.
    """
    if steps < 2:
        raise InputError(f"expected at least 2 values of a dimension, received {steps}")
    space, own = LatentSpace.of(generator), code_of(generator, example)
    deviations = space.deviations(codes)
    most = np.argsort(-deviations, kind="stable")[:MAX_COMPARED]
    traversals = []
    for index in most.tolist() if dimension is None else [dimension]:
        changed = space.traversal(own["code"], index, codes, steps)
        inputs = {"code": changed} | _choices_between(own, own, len(changed))
        examples = generator.decode(inputs, _decode_labels(generator, example, len(changed)))
        moves = [
            distances(examples[at : at + 1], examples[at + 1 : at + 2]) for at in range(len(changed) - 1)
        ]
        traversals.append(Traversal(index, examples, float(deviations[index]), float(np.sum(moves))))
    return sorted(traversals, key=lambda traversal: -traversal.change)[:MAX_DIMENSIONS]


def has_attribute(
    name: str, examples: np.ndarray, labels: np.ndarray | None, data: Data, format: Format
) -> np.ndarray:
    """Whether examples have an attribute: one of the format's, or a label.

    Args:
        name: The attribute, or a label by name or number.
        examples: (n, ...), in original units.
        labels: Indices of their classes, (n,), or None.
        data: The data that they are of.
        format: Their format.

    Returns:
        (n,) bool.

    Raises:
        InputError: If there is no such attribute; the message names those there are.
    """
    attributes = format.attributes(examples)
    if name in attributes:
        return attributes[name]
    classes: dict[str, int] = {}
    if labels is not None and data.classes:
        names = data.label_names or [str(index) for index in range(data.classes)]
        classes = {str(index): index for index in range(data.classes)}
        classes |= {str(label): index for index, label in enumerate(names)}
        if name in classes:
            return labels == classes[name]
    if not attributes and not classes:
        raise InputError(
            f"{data.name} has no labels and its examples no attributes of their own, so that nothing is "
            f"known to add; received {name!r}; put images into a folder for each label"
        )
    raise InputError(
        f"expected one of {', '.join([*attributes, *(data.label_names or classes)])}; received {name!r}"
    )


def add_attribute(
    generator: Generator,
    examples: Sequence[InputExample],
    codes: np.ndarray,
    has: np.ndarray,
    strength: float,
) -> dict[str, np.ndarray]:
    """Each example as it is decoded, and with an attribute's vector added to its code.

    Args:
        generator: What generates.
        examples: The examples.
        codes: Those of examples with and without the attribute, (n, ...).
        has: Whether each of these has it, (n,) bool.
        strength: Factor on the vector.

    Returns:
        The examples by name.

    Raises:
        InputError: If all of them have the attribute or none, or the strength is not finite.
    """
    space = LatentSpace.of(generator)
    vector = space.attribute_vector(codes, has)
    by_name: dict[str, np.ndarray] = {}
    for example in examples:
        own = code_of(generator, example)
        both = np.stack([own["code"], space.shift(own["code"][None], vector, strength)[0]])
        inputs = {"code": both} | _choices_between(own, own, 2)
        before, after = generator.decode(inputs, _decode_labels(generator, example, 2))
        by_name |= {f"{example.name}_before": before, f"{example.name}_after": after}
    return by_name


def reconstruct(generator: Generator, example: InputExample) -> tuple[np.ndarray, np.ndarray, str]:
    """Encodes an example and decodes it again, window by window.

    Args:
        generator: What generates.
        example: The example.

    Returns:
        The reconstruction (...), the codes (windows, ...), and how near it is, in words.
    """
    axis = generator.format.axis
    windows, starts = cut_windows(example.example, generator.element_shape, axis)
    codes = generator.encode(windows, _own_labels(generator, example, len(windows)))
    decoded = generator.decode(codes, _decode_labels(generator, example, len(codes)))
    back = join_windows(decoded, starts, axis)
    if generator.scaler.domain.one_hot:
        return back, codes, f"{np.mean(back == example.example):.2%} of {back.size:,} positions as they were"
    return back, codes, f"mean squared error {np.mean(np.square(back - example.example)):.5f}"


def nearest_neighbors(
    generator: Generator, example: InputExample, train: np.ndarray, count: int
) -> list[Neighbors]:
    """The training examples nearest to an example.

    Args:
        generator: What generates.
        example: The example.
        train: Training examples, (n, ...), in original units.
        count: How many, at least 1.

    Returns:
        The neighbors of each of its windows.
    """
    windows, starts = cut_windows(example.example, generator.element_shape, generator.format.axis)
    indices, gaps = nearest(windows, train, count)
    names = [example.name if len(windows) == 1 else f"{example.name}_{start:04d}" for start in starts]
    rows = zip(names, windows, indices, gaps, strict=True)
    return [Neighbors(name, window, train[near], near, gap) for name, window, near, gap in rows]
