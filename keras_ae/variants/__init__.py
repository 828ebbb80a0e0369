"""Autoencoders: one variant per file, each with an `EXAMPLE` of its own to test it by."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae.blocks.samplers import Sampler
from keras_ae.blocks.sparsity import SplitMetric
from keras_ae.checked import Checked
from keras_ae.files import class_names, class_of
from keras_ae.heads import Heads, Spec, Stage, Term

__all__ = ["Variant"]


class Variant(metaclass=Checked):
    """Base class of variants, frozen dataclasses that build heads and define the terms of the objective.

    Subclasses override what they need; the defaults are those of a plain autoencoder.
    """

    @property
    def likelihood(self) -> str | None:
        """The likelihood that is the reconstruction loss, in nats per example; None for the recipe's loss."""
        return None

    @property
    def sampler(self) -> Sampler | None:
        """Where codes to generate from are sampled; None for a variant that does not generate."""
        return None

    @property
    def reach(self) -> int | None:
        """Pixels around a pixel that its reconstruction depends on; None where images have one size."""
        return None

    @property
    def multiple(self) -> int:
        """Tiles that start at multiples of this many pixels are reconstructed as in the whole image."""
        return 1

    def build(self, spec: Spec) -> Heads:
        """The heads for a spec, untrained.

        Args:
            spec: Shapes and domain of the data as the task pairs them.

        Returns:
            The heads, which share every weight.
        """
        raise NotImplementedError

    def initialize(self, heads: Heads, examples: Callable[[], np.ndarray]) -> None:
        """Sets weights from training examples, before the first step; by default none.

        Args:
            heads: The result of `build`.
            examples: Gives clean training examples (n, ...), as the network has them.
        """

    def terms(self) -> tuple[Term, ...]:
        """The terms that the objective adds to the reconstruction loss.

        Returns:
            The terms; none by default.
        """
        return ()

    def split_metrics(self, heads: Heads) -> tuple[SplitMetric, ...]:
        """Metrics over a whole split that are no means of the examples' own.

        Args:
            heads: The result of `build`.

        Returns:
            Metrics whose `update_state` takes (targets, outputs of the trained model by name); none by
            default.
        """
        return ()

    def active_dim(self, metrics: dict[str, float]) -> int | None:
        """How many numbers of a code are in use for an example, where that is fewer than there are.

        Args:
            metrics: Test means of the variant's terms by name.

        Returns:
            The number, which a baseline may use as many of; None for all.
        """
        return None

    def patterns(self, heads: Heads) -> np.ndarray | None:
        """What each unit of a code adds to a reconstruction.

        Args:
            heads: The result of `build`, trained or not.

        Returns:
            (latent_dim, *target_shape); None where that depends on the other units, as behind layers.
        """
        return None

    def critic_terms(self) -> tuple[Term, ...]:
        """The objective of the heads' critic.

        Returns:
            The terms; none if the heads have no critic.
        """
        return ()

    def stages(self, heads: Heads) -> tuple[Stage, ...]:
        """The trainings of parts of the heads that go before the training of the whole.

        Args:
            heads: The result of `build`.

        Returns:
            The stages in their order; none for a variant that trains in one pass.
        """
        return ()


def __getattr__(name: str) -> Any:
    """Imports one of the variants by its class's name."""
    return class_of(sys.modules[__name__], Variant, name)


def __dir__() -> list[str]:
    """The names of this module and of all variants."""
    return sorted({*globals(), *class_names(sys.modules[__name__], Variant)})
