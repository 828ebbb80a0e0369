"""The format of sequences of real values: rendered as curves or paths, and written as rows of a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from keras_ae.errors import InputError, check_least
from keras_ae.formats import Format

__all__ = ["Sequences"]

CURVES, PLANE, MARGIN = (256, 96), (96, 96), 6
"""Width and height in pixels of rendered curves and of a path in the plane, and the margin around them."""

COLORS = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189))
"""Colors of the channels, repeated where there are more."""

BEGINNING = (214, 39, 40)
"""The color of the first position of a path."""


@dataclass(frozen=True)
class Sequences(Format):
    """Sequences (time, channels) of real values, NaN after their ends.

    Attributes:
        names: Names of the channels, which are columns of files.
        length: Positions of an example, those of the longest sequence.
        group: The column of files whose entries part the rows of sequences; "" if that is not known.
        time: The column of times; "" for rows in their order.
        plane: Whether two channels are drawn as a path in the plane, across and downwards.
    """

    suffixes = (".csv",)
    noun = "sequences"
    has_ends = True
    holds_several = True
    names: tuple[str, ...]
    length: int
    group: str = ""
    time: str = ""
    plane: bool = False

    def __post_init__(self) -> None:
        check_least(self, length=1)
        if self.plane and len(self.names) != 2:
            raise InputError(
                f"plane draws two channels, received {len(self.names)}: {', '.join(self.names)}; leave it out"
            )

    @property
    def client_facts(self) -> dict[str, Any]:
        """The channels in their order, and what stands at positions that do not exist."""
        return {"channels": list(self.names), "absent": "NaN", "length": self.length}

    @property
    def writes_several(self) -> bool:
        """Whether a column can tell the sequences of a file apart."""
        return bool(self.group)

    def steps(self, examples: np.ndarray) -> float:
        """The mean number of positions of examples.

        Args:
            examples: (n, time, channels).

        Returns:
            The mean.
        """
        return float((~np.isnan(examples).all(axis=-1)).sum() / len(examples))

    def whole(self, values: np.ndarray) -> np.ndarray:
        """A sequence with NaN after its end.

        Args:
            values: (time, channels), at most `length` positions.

        Returns:
            (length, channels), float32.

        Raises:
            InputError: If it is longer, or has other channels.
        """
        if values.shape[1:] != (len(self.names),) or not 0 < len(values) <= self.length:
            raise InputError(
                f"expected a sequence of 1 to {self.length} steps of {', '.join(self.names)}, as the model "
                f"was trained on; received {len(values)} steps of {values.shape[-1]} values; cut it"
            )
        missing = ((0, self.length - len(values)), (0, 0))
        return np.pad(values.astype(np.float32), missing, constant_values=np.nan)

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads one sequence, as `write` writes it.

        Args:
            path: A .csv file with a column for each channel.
            shape: (length, channels).

        Returns:
            (length, channels), float32, NaN after its end.

        Raises:
            InputError: If the file cannot be read, lacks a channel, or is longer.
        """
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows = list(csv.DictReader(file))
            return self.whole(np.array([[float(row[name]) for name in self.names] for row in rows]))
        except InputError:
            raise
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            raise InputError(
                f"expected rows of {', '.join(self.names)} in {path}, with a header and numbers ({error!r}); "
                "write it as a .csv"
            ) from error

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a sequence as a curve for each channel, each by its own scale, up to its end, or as a path.

        Args:
            example: (time, channels).

        Returns:
            (96, 256 or 96, 3), uint8.
        """
        known = example[~np.isnan(example).any(axis=-1)]
        size = PLANE if self.plane else CURVES
        image = Image.new("RGB", size, "white")
        pen = ImageDraw.Draw(image)
        if not len(known):
            return np.asarray(image)
        room = np.array(size) - 2 * MARGIN - 1
        low, span = known.min(axis=0), np.maximum(np.ptp(known, axis=0), 1e-9)
        if self.plane:
            points = MARGIN + (known - low - span / 2) / span.max() * room + room / 2
            pen.line([*map(tuple, points)], fill=COLORS[0], width=2)
            x, y = points[0]
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=BEGINNING)
            return np.asarray(image)
        across = MARGIN + np.arange(len(known)) / max(1, len(example) - 1) * room[0]
        for number, line in enumerate(known.T):
            down = MARGIN + (1 - (line - low[number]) / span[number]) * room[1]
            points = np.stack([across, down], axis=1)
            color = COLORS[number % len(COLORS)]
            pen.line([*map(tuple, points)], fill=color)
            pen.ellipse((*(points[-1] - 2), *(points[-1] + 2)), fill=color)
        return np.asarray(image)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """Writes the positions of a sequence as rows of a .csv file."""
        path = stem.with_name(stem.name + ".csv")
        _write_rows(path, self.names, _rows(example))
        return [path]

    def write_several(self, examples: Sequence[Any], names: Sequence[str], stem: Path) -> Path:
        """Writes sequences to one .csv file, each row beginning with the entry of the column of groups."""
        path = stem.with_name(stem.name + ".csv")
        each = zip(names, examples, strict=True)
        rows = ([name, *row] for name, example in each for row in _rows(example))
        _write_rows(path, (self.group, *self.names), rows)
        return path


def _rows(example: np.ndarray) -> list[list[str]]:
    """The positions of a sequence up to its end, as cells."""
    known = example[~np.isnan(example).any(axis=-1)]
    return [[f"{value:.9g}" for value in row] for row in known]


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
