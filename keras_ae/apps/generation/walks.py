"""Latent space exploration: interpolation, traversal, attributes, reconstruction, nearest neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.apps.generation.inputs import InputExample, cut_windows, join_windows
from keras_ae.apps.generation.latent_space import LatentSpace
from keras_ae.data.labels import are_numbers
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.metrics.nearest import distances, nearest

__all__ = [
    "Neighbors", "Traversal", "add_attribute", "code_of", "has_attribute", "interpolate", "nearest_neighbors",
    "reconstruct", "traverse",
]  # fmt: skip

MAX_DIMENSIONS = 10
"""Number of dimensions that a traversal shows by default: the ones with the largest change."""
MAX_COMPARED = 256
"""Number of dimensions whose effect is computed: the ones with the largest deviation."""


@dataclass(frozen=True, eq=False)
class Traversal:
    """Examples with one dimension of the code changed.

    Attributes:
        dimension: The dimension's index in the flattened code.
        examples: (steps, ...).
        deviation: Standard deviation of the dimension over other codes.
        change: The distances between neighboring decoded examples, summed over the steps.
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
    """The code of an example and, if the decoder makes choices, the noise that it chooses with.

    Args:
        generator: The generator.
        example: The example.

    Returns:
        "code" (...) and possibly "choices" (...): the ones that the example was generated from, or the ones
        that reproduce its first window.
    """
    if example.code is not None:
        choices = {} if example.choices is None else {"choices": example.choices}
        return {"code": example.code} | choices
    windows, _ = cut_windows(example.example, generator.element_shape, generator.format.axis)
    codes = generator.encode(windows[:1], _own_labels(generator, example, 1))
    choices = {name: rows[0] for name, rows in generator.choices_for(windows[:1], codes).items()}
    return {"code": codes[0]} | choices


def _decode_labels(generator: Generator, example: InputExample, count: int) -> np.ndarray | None:
    """The class to decode an example as, repeated: its own class unless another is requested."""
    if example.decode_as is not None:
        return np.full(count, example.decode_as)
    return _own_labels(generator, example, count)


def _own_labels(generator: Generator, example: InputExample, count: int) -> np.ndarray | None:
    """The class of an example, repeated; raises InputError if a class is needed but not known."""
    if not generator.classes:
        return None
    if example.label is None or not 0 <= example.label < generator.classes:
        raise InputError(
            f"{example.name} has no class that the model knows ({generator.classes_text}); name its class: "
            "LABEL= (--class)"
        )
    return np.full(count, example.label)


def interpolate(
    generator: Generator, first: InputExample, last: InputExample, steps: int
) -> dict[str, np.ndarray]:
    """Interpolates between two examples, including their reconstructions at both ends.

    A decoder that makes choices reproduces the ends exactly; in between, its noise is interpolated too.

    Args:
        generator: The generator.
        first: The first example.
        last: The last example.
        steps: Number of examples, at least 2.

    Returns:
        The examples by name.

    Raises:
        InputError: If there are fewer than 2 steps, or the ends have different classes.
    """
    start, end = code_of(generator, first), code_of(generator, last)
    codes = LatentSpace.of(generator).path(start["code"], end["code"], steps)
    labels, others = (_decode_labels(generator, example, steps) for example in (first, last))
    if labels is not None and others is not None and labels[0] != others[0]:
        raise InputError(
            f"expected two examples of the same class, {first.name} is of class {labels[0]} and "
            f"{last.name} of {others[0]}; name the class to decode as: LABEL= (--class)"
        )
    examples = generator.decode({"code": codes} | _choices_between(start, end, steps), labels)
    return {f"step_{number:02d}": example for number, example in enumerate(examples)}


def _choices_between(
    first: dict[str, np.ndarray], last: dict[str, np.ndarray], steps: int
) -> dict[str, np.ndarray]:
    """Interpolates the noise of choices between two codes; empty if the decoder makes no choices."""
    if "choices" not in first:
        return {}
    fractions = np.linspace(0, 1, steps, dtype=np.float32).reshape((-1,) + (1,) * first["choices"].ndim)
    return {"choices": (1 - fractions) * first["choices"] + fractions * last["choices"]}


def traverse(
    generator: Generator, example: InputExample, codes: np.ndarray, dimension: int | None, steps: int
) -> list[Traversal]:
    """Traverses a dimension, or the dimensions that change the decoded example most.

    Args:
        generator: The generator.
        example: The example whose code is changed.
        codes: Other codes, (n, ...), which define the range of a dimension.
        dimension: The dimension's index in the flattened code, or None for those with the largest change.
        steps: Number of values, at least 2.

    Returns:
        At most ten traversals, the one with the largest change first.

    Raises:
        InputError: If the dimension does not exist, or there are fewer than 2 steps.
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
    """Whether examples have an attribute of the format or a label.

    Args:
        name: The attribute, or the name or number of a label.
        examples: (n, ...), in original units.
        labels: Class indices, (n,), or None.
        data: The data that the examples belong to.
        format: Their format.

    Returns:
        (n,) bool.

    Raises:
        InputError: If the attribute does not exist; the message lists the existing ones.
    """
    attributes = format.attributes(examples)
    if name in attributes:
        return attributes[name]
    classes: dict[str, int] = {}
    if labels is not None and data.classes:
        names = data.label_names or [str(index) for index in range(data.classes)]
        if not are_numbers(data.label_names):
            classes = {str(index): index for index in range(data.classes)}
        classes |= {str(label): index for index, label in enumerate(names)}
        if name in classes:
            return labels == classes[name]
    if not attributes and not classes:
        raise InputError(
            f"{data.name} has no labels and its format no attributes, so there is nothing to add; "
            f"received {name!r}; put images into one folder per label"
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
    """Decodes each example twice: unchanged, and with an attribute's vector added to its code.

    Args:
        generator: The generator.
        examples: The examples.
        codes: Codes of examples with and without the attribute, (n, ...).
        has: Whether each of these examples has the attribute, (n,) bool.
        strength: Factor on the vector.

    Returns:
        The decoded examples by name.

    Raises:
        InputError: If all or none of these examples have the attribute, or the strength is not finite.
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
        generator: The generator.
        example: The example.

    Returns:
        The reconstruction (...), the codes (windows, ...), and a sentence on the error.
    """
    axis = generator.format.axis
    windows, starts = cut_windows(example.example, generator.element_shape, axis)
    codes = generator.encode(windows, _own_labels(generator, example, len(windows)))
    decoded = generator.decode(codes, _decode_labels(generator, example, len(codes)))
    back = join_windows(decoded, starts, axis)
    if generator.scaler.domain.one_hot:
        exist = example.example >= 0
        unchanged = np.mean((back == example.example)[exist])
        return back, codes, f"{unchanged:.2%} of {exist.sum():,} positions unchanged"
    return back, codes, f"mean squared error {np.mean(np.square(back - example.example)):.5f}"


def nearest_neighbors(
    generator: Generator, example: InputExample, train: np.ndarray, count: int
) -> list[Neighbors]:
    """Finds the training examples nearest to an example.

    Args:
        generator: The generator.
        example: The example.
        train: Training examples, (n, ...), in original units.
        count: Number of neighbors, at least 1.

    Returns:
        The neighbors of each window of the example.
    """
    windows, starts = cut_windows(example.example, generator.element_shape, generator.format.axis)
    indices, gaps = nearest(windows, train, count)
    names = [example.name if len(windows) == 1 else f"{example.name}_{start:04d}" for start in starts]
    rows = zip(names, windows, indices, gaps, strict=True)
    return [Neighbors(name, window, train[near], near, gap) for name, window, near, gap in rows]
