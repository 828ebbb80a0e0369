"""Augmentations: small random changes of training examples, another one in each epoch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from keras_ae.checked import Checked
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.formats.text.texts import Texts

if TYPE_CHECKING:
    from keras_ae.data.types import Data

__all__ = ["Augmentation", "augmented", "check_augmentations", "doubts_about"]

KINDS = {1: "vectors", 2: "series", 3: "images", 4: "clips"}
"""What examples are, by the number of their axes."""

SEED_STEP = 2**33
"""From the seeds of one augmentation to those of the next: more than any seed of a recipe."""


class Augmentation(metaclass=Checked):
    """Base class of augmentations, frozen dataclasses that are pure functions of examples and seeds.

    A further one is a class in a file of this folder.

    Attributes:
        kinds: The kinds of examples that it is for: "images", "clips", "series", "sounds", "texts" or
            "vectors".
    """

    kinds: ClassVar[tuple[str, ...]] = ()

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        """Changes examples; values that leave a bounded domain are clipped afterwards.

        It is called in a graph and without AutoGraph: `tf.where` or `tf.cond` instead of an `if` on a tensor.

        Args:
            examples: (batch, ...), float32 model inputs.
            seeds: (batch, 2), int64, one seed per example.
            domain: The domain of the examples.

        Returns:
            (batch, ...), float32.
        """
        raise NotImplementedError

    def check(self, shape: tuple[int, ...]) -> None:
        """Checks that examples are large enough.

        Args:
            shape: The shape of an example.

        Raises:
            InputError: If they are not.
        """

    def doubt(self, data: Data) -> str:
        """Why the augmentation may harm on these data.

        Args:
            data: The data to train on.

        Returns:
            A line; "" without a doubt.
        """
        return ""


def augmented(augmentations: Sequence[Augmentation], examples: Any, seeds: Any, domain: str) -> Any:
    """Examples after several augmentations, in their order, each with random numbers of its own.

    Args:
        augmentations: The augmentations.
        examples: (batch, ...), float32 model inputs.
        seeds: (batch, 2), int64, one seed per example.
        domain: The domain of the examples.

    Returns:
        (batch, ...), float32, in the domain; without augmentations the examples themselves.
    """
    import tensorflow as tf  # which a recipe alone does not need

    limits = domain_of(domain).range
    for number, each in enumerate(augmentations, 1):
        own_seeds = seeds + tf.constant([number * SEED_STEP, 0], tf.int64)
        changed = each.augment(examples, own_seeds, domain)
        changed = changed if limits is None else tf.clip_by_value(changed, *limits)
        examples = tf.ensure_shape(changed, examples.shape)
    return examples


def check_augmentations(augmentations: Sequence[Augmentation], data: Data) -> None:
    """Checks that augmentations make sense for data.

    Args:
        augmentations: Of a recipe.
        data: The data to train on.

    Raises:
        InputError: For one that does not.
    """
    kind, shape = _kind_of(data), data.train.shape
    for each in augmentations:
        if kind not in each.kinds:
            others = _names_for(kind)
            advice = f"for them there is {', '.join(others)}" if others else "leave it out"
            raise InputError(
                f"augment={type(each).__name__} is for {' and '.join(each.kinds)}; received {kind} of shape "
                f'{"x".join(map(str, shape))}; {advice}: SET="augment={(others or ["none"])[0]}"'
            )
        each.check(shape)


def doubts_about(augmentations: Sequence[Augmentation], data: Data) -> list[str]:
    """What may be wrong with augmentations that data can take.

    Args:
        augmentations: Of a recipe.
        data: The data to train on.

    Returns:
        A line for each doubt.
    """
    found = [
        f"augment={type(each).__name__}: {doubt}" for each in augmentations if (doubt := each.doubt(data))
    ]
    if augmentations and data.calibration is not None:
        names = ", ".join(type(each).__name__ for each in augmentations)
        found.append(
            f"augment={names}: examples that are changed like this are learned as normal; leave out what may "
            "be an anomaly"
        )
    return found


def _kind_of(data: Data) -> str:
    """What the examples of data are, in the words of `Augmentation.kinds`, or what else they are."""
    if data.domain.one_hot:
        return "texts" if isinstance(data.format, Texts) else "classes, such as tiles or notes,"
    if data.domain.ends:
        return "sequences of different lengths"
    if data.domain.layout is not None or data.preprocessor is not None:
        return "rows of a table"
    if data.format is not None and data.format.plays_examples:
        return "sounds"
    return KINDS.get(len(data.train.shape), "examples")


def _names_for(kind: str) -> list[str]:
    """The augmentations for a kind of examples."""
    kinds = classes_below(sys.modules[__name__], Augmentation)
    return sorted(each.__name__ for each in kinds if issubclass(each, Augmentation) and kind in each.kinds)
