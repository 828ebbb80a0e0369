"""Walks through the codes of examples: from one to another, along a unit, along an attribute, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.apps.generation.inputs import Given, whole_of, windows_of
from keras_ae.apps.generation.latent_space import CodeSpace
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.metrics.nearest import distances, nearest

MOST_UNITS = 10
"""Units that a traversal shows where none is named: those that change most."""

MOST_MEASURED = 256
"""Units whose effect is measured, those that vary most among them."""


@dataclass(frozen=True, eq=False)
class Traversal:
    """Examples (steps, ...) with a unit of the code changed.

    deviation: of the unit over the examples that were seen. change: of what is decoded, between neighboring
    steps, as `distances` has it, summed over the steps.
    """

    unit: int
    examples: np.ndarray
    deviation: float
    change: float

    def named(self) -> dict[str, np.ndarray]:
        """The examples by names of their files."""
        return {f"unit_{self.unit:03d}_{step}": example for step, example in enumerate(self.examples)}


@dataclass(frozen=True, eq=False)
class Neighbors:
    """An example, and what is nearest to it of what was learned from, with places and distances (k,)."""

    name: str
    example: np.ndarray
    others: np.ndarray
    places: np.ndarray
    found: np.ndarray

    def named(self) -> dict[str, np.ndarray]:
        """The examples by names of their files."""
        near = {f"{self.name}_near_{rank + 1}": other for rank, other in enumerate(self.others)}
        return {self.name: self.example} | near

    def told(self) -> str:
        """One line for a user."""
        listing = ", ".join(
            f"train:{place} {gap:.4f}" for place, gap in zip(self.places, self.found, strict=True)
        )
        return f"{self.name}: {listing}" + ("  (a copy)" if self.found[0] == 0 else "")


def drawn_of(generator: Generator, one: Given) -> dict[str, np.ndarray]:
    """By name the code of an example that was named, and what its decoder chooses by, if it makes choices.

    Those that it was generated from, or of its first window those that give just that.
    """
    if one.code is not None:
        return {"code": one.code} | ({} if one.choices is None else {"choices": one.choices})
    windows, _ = windows_of(one.example, generator.element_shape, generator.format.axis)
    codes = generator.encoded(windows[:1], labels_of(generator, one, 1))
    return {"code": codes[0]} | {
        name: choices[0] for name, choices in generator.choices_of(windows[:1], codes).items()
    }


def wanted_of(generator: Generator, one: Given, count: int) -> np.ndarray | None:
    """The class to decode an example's code as, so many times: its own unless another was asked for."""
    return np.full(count, one.wanted) if one.wanted is not None else labels_of(generator, one, count)


def labels_of(generator: Generator, one: Given, count: int) -> np.ndarray | None:
    """The class of an example, so many times. Raises InputError where one is needed and none is known."""
    if not generator.classes:
        return None
    if one.label is None or not 0 <= one.label < generator.classes:
        raise InputError(
            f"{one.name} has no class that the model knows ({generator.told_classes}); say which it is "
            "of: LABEL= (--label)"
        )
    return np.full(count, one.label)


def interpolation(generator: Generator, first: Given, last: Given, steps: int) -> dict[str, np.ndarray]:
    """Examples by name on the way from one to another, both ends as they are decoded.

    A decoder that makes choices makes the ends just as they are, and what lies between by choices between
    theirs.

    Raises InputError for fewer than 2 steps, and for ends of two classes, of which there is no path between.
    """
    ends = [drawn_of(generator, one) for one in (first, last)]
    codes = CodeSpace.of(generator).path(*(end["code"] for end in ends), steps)
    labels, others = (wanted_of(generator, one, steps) for one in (first, last))
    if labels is not None and labels[0] != others[0]:
        raise InputError(
            f"expected two examples of one class, {first.name} is of {labels[0]} and {last.name} of "
            f"{others[0]}; say as which to decode the codes between: LABEL= (--label)"
        )
    drawn = {"code": codes} | _between(*ends, steps)
    return {f"step_{number:02d}": one for number, one in enumerate(generator.decoded(drawn, labels))}


def _between(first, last, steps):
    """What is chosen by on the way from one to another, where a decoder makes choices."""
    if "choices" not in first:
        return {}
    shares = np.linspace(0, 1, steps, dtype=np.float32).reshape((-1,) + (1,) * first["choices"].ndim)
    return {"choices": (1 - shares) * first["choices"] + shares * last["choices"]}


def traversals(
    generator: Generator, one: Given, seen: np.ndarray, unit: int | None, steps: int
) -> list[Traversal]:
    """A traversal of a unit, or of those that change most of what is decoded, the most first.

    seen: codes (n, ...) that say what values units take. Raises InputError for a unit that there is not, and
    fewer than 2 steps.
    """
    if steps < 2:
        raise InputError(f"expected at least 2 values of a unit, received {steps}")
    space, drawn = CodeSpace.of(generator), drawn_of(generator, one)
    deviations = space.deviations(seen)
    units = np.argsort(-deviations, kind="stable")[:MOST_MEASURED] if unit is None else [unit]
    found = []
    for number in units:
        codes = space.traversal(drawn["code"], int(number), seen, steps)
        varied = {"code": codes} | _between(drawn, drawn, len(codes))
        examples = generator.decoded(varied, wanted_of(generator, one, len(codes)))
        moves = [distances(examples[at : at + 1], examples[at + 1 : at + 2]) for at in range(len(codes) - 1)]
        found.append(Traversal(int(number), examples, float(deviations[number]), float(np.sum(moves))))
    return sorted(found, key=lambda row: -row.change)[:MOST_UNITS]


def which_have(
    name: str, examples: np.ndarray, labels: np.ndarray | None, data: Data, format: Format
) -> np.ndarray:
    """Which examples (n, ...) have an attribute, (n,) bool: one of the format's, or a label.

    Raises InputError for an attribute there is not, naming those there are.
    """
    own = format.attributes(examples)
    if name in own:
        return own[name]
    classes = {}
    if labels is not None and data.classes:
        names = data.label_names or [str(number) for number in range(data.classes)]
        classes = {str(number): number for number in range(data.classes)}
        classes |= {str(called): number for number, called in enumerate(names)}
        if name in classes:
            return labels == classes[name]
    if not own and not classes:
        raise InputError(
            f"{data.name} has no labels and its examples no attributes of their own, so that nothing is "
            f"known to add; received {name!r}; put images into a folder for each label"
        )
    labels_there = data.label_names or tuple(classes)
    raise InputError(f"expected one of {', '.join([*own, *labels_there])}; received {name!r}")


def attributed(
    generator: Generator, inputs: Sequence[Given], codes: np.ndarray, has: np.ndarray, strength: float
) -> dict[str, np.ndarray]:
    """Each example as it is decoded and with an attribute's vector added, by name.

    codes: of examples (n, ...), some of which have it: has (n,) bool.
    Raises InputError where all have it or none, and for a strength that is no number.
    """
    space = CodeSpace.of(generator)
    concept = space.concept(codes, has)
    found = {}
    for one in inputs:
        drawn = drawn_of(generator, one)
        both = np.stack([drawn["code"], space.moved(drawn["code"][None], concept, strength)[0]])
        varied = {"code": both} | _between(drawn, drawn, 2)
        before, after = generator.decoded(varied, wanted_of(generator, one, 2))
        found |= {f"{one.name}_before": before, f"{one.name}_after": after}
    return found


def reconstruction(generator: Generator, one: Given) -> tuple[np.ndarray, np.ndarray, str]:
    """What comes back of an example, its codes (windows, ...), and how near it is, in words."""
    axis = generator.format.axis
    windows, starts = windows_of(one.example, generator.element_shape, axis)
    labels = labels_of(generator, one, len(windows))
    codes = generator.encoded(windows, labels)
    back = whole_of(generator.decoded(codes, wanted_of(generator, one, len(codes))), starts, axis)
    if generator.scaler.domain.one_hot:
        return back, codes, f"{np.mean(back == one.example):.2%} of {back.size:,} places as they were"
    return back, codes, f"mean squared error {np.mean(np.square(back - one.example)):.5f}"


def neighbors(generator: Generator, one: Given, learned: np.ndarray, count: int) -> list[Neighbors]:
    """What of what was learned from, (n, ...), is nearest to an example, for each of its windows."""
    axis = generator.format.axis
    windows, starts = windows_of(one.example, generator.element_shape, axis)
    places, found = nearest(windows, learned, count)
    names = [one.name if len(windows) == 1 else f"{one.name}_{start:04d}" for start in starts]
    rows = zip(names, windows, places, found, strict=True)
    return [Neighbors(name, window, learned[near], near, gaps) for name, window, near, gaps in rows]
