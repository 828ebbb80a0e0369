"""How people see and hear examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["ViewHooks"]


class ViewHooks:
    """How people see and hear examples."""

    @property
    def columns(self) -> int:
        """Rendered examples side by side with their reconstructions below, at most."""
        return 6

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders an example as an image.

        Args:
            example: The example, (...).

        Returns:
            An image (height, width, 1 or 3), uint8.
        """
        raise NotImplementedError

    def text(self, example: np.ndarray) -> str:
        """An example in words, which TensorBoard shows beside its image.

        Args:
            example: (...).

        Returns:
            The text; "" for examples that have none.
        """
        return ""

    def animation(self, examples: Sequence[np.ndarray]) -> bytes:
        """Examples that move, side by side, as an animation for a browser.

        Args:
            examples: (...) each.

        Returns:
            The content of a GIF; empty for examples that do not move.
        """
        return b""

    @property
    def plays_examples(self) -> bool:
        """Whether TensorBoard plays the examples of each row of an image grid; they are sounds then."""
        return False

    @property
    def has_sound(self) -> bool:
        """Whether `sound` can play examples."""
        return False

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        """An example as sound; implemented where `has_sound` is true.

        Args:
            example: (...).

        Returns:
            Samples (n,) float32 in [-1, 1], and the sampling rate.
        """
        raise NotImplementedError
