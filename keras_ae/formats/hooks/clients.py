"""The form in which clients have examples, where that is not an array, such as text."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ClientHooks"]


class ClientHooks:
    """The form in which clients have examples, where that is not an array, such as text."""

    @property
    def served_name(self) -> str:
        """The name of examples as clients have them, such as "text"; "" where they have arrays alone."""
        return ""

    def from_clients(self, values: Any, in_graph: bool) -> tuple[Any, dict[str, Any]]:
        """Examples from the values of a request; implemented where `served_name` is set.

        Args:
            values: (n,), strings of bytes: a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            The examples (n, ...), and further outputs (n,) by name that say how they were read.

        Raises:
            InputError: For values that are no examples; a graph refuses the request.
        """
        raise NotImplementedError

    def for_clients(self, examples: Any, in_graph: bool) -> Any:
        """Examples as the values of an answer; implemented where `served_name` is set.

        Args:
            examples: (n, ...), a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            (n,), strings of bytes.
        """
        raise NotImplementedError

    @property
    def client_facts(self) -> dict[str, Any]:
        """What programs without this package have to know of the numbers that heads take and give.

        Returns:
            Facts by name, JSON-serializable; none where a signature says all.
        """
        return {}

    def example_of(self, text: str) -> np.ndarray | None:
        """The example that a text of the command line is, in place of a file.

        Args:
            text: The text.

        Returns:
            The example, (...); None where examples are no texts.

        Raises:
            InputError: If it is longer than an example.
        """
        return None
