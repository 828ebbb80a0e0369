"""The lengths of examples: axes of any length, ends, and how windows are joined."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LengthHooks"]


class LengthHooks:
    """The lengths of examples: axes of any length, ends, and how windows are joined."""

    @property
    def axis(self) -> int | None:
        """Axis of an example, without the batch's, along which it may have any length; None for one size."""
        return None

    @property
    def length_step(self) -> int:
        """Steps along `axis` in which lengths are counted, such as those of a bar."""
        return 1

    @property
    def length_name(self) -> str:
        """The plural name of that many steps, for users."""
        return "steps"

    @property
    def has_ends(self) -> bool:
        """Whether examples may end before their last position; the positions after it do not exist."""
        return False

    def ended(self, classes: Any, in_graph: bool = False) -> Any:
        """Examples without what a decoder gives for positions after their end.

        Args:
            classes: (n, ...), whole numbers of classes, a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            (n, ...), -1 at positions that do not exist.
        """
        return classes

    def steps(self, examples: np.ndarray) -> float | None:
        """The mean number of steps of examples, by which a likelihood is divided.

        Args:
            examples: (n, ...).

        Returns:
            The mean; None for examples without steps.
        """
        return None if self.axis is None else float(examples.shape[1 + self.axis])

    def comparable(self, examples: np.ndarray) -> np.ndarray:
        """The part of examples that must agree where two windows are joined.

        Args:
            examples: (n, ...).

        Returns:
            (n, ...), as long along `axis` as the examples.
        """
        return examples

    def join(self, before: np.ndarray, window: np.ndarray, cut: int) -> np.ndarray:
        """Joins a window to the preceding steps.

        Args:
            before: (length, ...), with `axis` moved to the front.
            window: (size, ...), likewise.
            cut: Steps of the window to leave out at its beginning.

        Returns:
            (length + size - cut, ...).
        """
        return np.concatenate([before, window[cut:]])
