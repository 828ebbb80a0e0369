"""The arrangement of examples on a sheet, with captions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from keras_ae.imaging.contact_sheet import contact_sheet

__all__ = ["Sheet"]

MAX_SHEET = 400
"""Maximum number of examples on a sheet."""


@dataclass(frozen=True)
class Sheet:
    """How examples are arranged on a sheet.

    Attributes:
        columns: Examples per row; None for a roughly square sheet.
        cells: The examples by name, "" for an empty cell; () for all of them in order.
        row_names: A caption for each row; () for none.
        column_names: A caption for each column; () for none. Without captions of rows and columns, each
            example has its name below it.
    """

    columns: int | None = None
    cells: tuple[str, ...] = ()
    row_names: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()

    def render(
        self, examples: Mapping[str, np.ndarray], render: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Renders the sheet.

        Args:
            examples: The examples by name.
            render: An example -> an image (height, width, 1 or 3), uint8.

        Returns:
            (height, width, 3), uint8; of the first examples where there are too many.
        """
        shown = (self.cells or tuple(examples))[:MAX_SHEET]
        images = [render(examples[name]) if name else None for name in shown]
        named = self.row_names or self.column_names
        rows = -(-len(shown) // self.columns) if self.columns else len(shown)
        return contact_sheet(
            images, self.columns, () if named else shown, self.row_names[:rows], self.column_names
        )
