"""Examples that stand together in one file, as the rows of a table do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["RowHooks"]


class RowHooks:
    """Examples that stand together in one file, as the rows of a table do."""

    @property
    def together(self) -> bool:
        """Whether examples are rows that stand together in one file, and are columns in original units."""
        return False

    @property
    def times(self) -> tuple[str, ...]:
        """The columns of times, where examples are rows."""
        return ()

    @property
    def condition(self) -> str:
        """The column that examples are generated for, where they are rows; "" for none."""
        return ""

    def write_all(self, examples: np.ndarray, path: Path) -> None:
        """Writes all examples to one file; implemented where `together` is true.

        Args:
            examples: (n, ...).
            path: The file.
        """
        raise NotImplementedError

    def matrix(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Columns as examples; implemented where `together` is true.

        Args:
            columns: (n,) each, by name.

        Returns:
            (n, columns), in original units.
        """
        raise NotImplementedError

    def by_column(self, matrix: np.ndarray) -> dict[str, np.ndarray]:
        """Examples as columns; implemented where `together` is true.

        Args:
            matrix: (n, columns), in original units.

        Returns:
            (n,) each, by name.
        """
        raise NotImplementedError

    def keys(self, examples: np.ndarray) -> np.ndarray:
        """What tells examples apart by how they are written; implemented where `together` is true.

        Args:
            examples: (n, ...).

        Returns:
            (n,), uint64, equal for those that are written alike.
        """
        raise NotImplementedError
