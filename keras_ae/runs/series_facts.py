"""What a run's folder holds of the series that it learned from, to score further ones alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae.data.series.clock import step_of_time
from keras_ae.data.series.columns import SeriesRoles
from keras_ae.data.series.points import Points
from keras_ae.data.tables.writing import Writing

__all__ = ["SeriesFacts"]

ROLES = ("time", "label", "group", "variable")


@dataclass(frozen=True, eq=False)
class SeriesFacts:
    """The series that a run learned from: one, or one for each group of rows.

    Attributes:
        channels: Names of the channels.
        step: Nanoseconds from one point to the next; 0 without times.
        roles: The columns of the file.
        groups: Names of the series, if there are several.
        offset: (groups, channels), subtracted from the values of each.
        scale: (groups, channels), that they are then divided by.
    """

    channels: tuple[str, ...]
    step: int = 0
    roles: SeriesRoles = SeriesRoles()
    groups: tuple[str, ...] = ()
    offset: np.ndarray | None = None
    scale: np.ndarray | None = None

    @classmethod
    def of(cls, points: Points | None) -> SeriesFacts | None:
        """The facts of data.

        Args:
            points: The points of its test split, or None.

        Returns:
            The facts; None for data without series of the user's own.
        """
        groups = points.groups if points is not None else ()
        groups = groups if groups and groups[0].series.roles.group else ()
        series = groups[0].series if groups else points.series if points is not None else None
        if series is None:
            return None
        return cls(
            series.names,
            step_of_time(series),
            series.roles,
            tuple(group.name for group in groups),
            np.array([group.offset for group in groups]),
            np.array([group.scale for group in groups]),
        )

    def scaling_of(self, group: str) -> tuple[np.ndarray, np.ndarray]:
        """The scaling of one of several series.

        Args:
            group: Its name.

        Returns:
            Offset and scale, (channels,) each.
        """
        assert self.offset is not None
        assert self.scale is not None
        index = self.groups.index(group)
        return self.offset[index], self.scale[index]

    def arrays(self) -> dict[str, Any]:
        """The facts as arrays for a file, by name.

        Returns:
            The arrays.
        """
        roles = {name: getattr(self.roles, name) for name in ROLES}
        several = {"groups": np.array(self.groups), "group_offset": self.offset, "group_scale": self.scale}
        named = {
            "channels": np.array(self.channels),
            "step": self.step,
            "written": str(self.roles.written),
            **roles,
        }
        return named | (several if self.groups else {})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SeriesFacts | None:
        """The facts from the arrays of a file.

        Args:
            arrays: By name; those of earlier versions hold channels and the step alone.

        Returns:
            The facts; None where the file holds none.
        """
        if "channels" not in arrays:
            return None
        channels = tuple(arrays["channels"].tolist())
        roles = {name: str(arrays[name]) for name in ROLES if name in arrays}
        order = Writing(order=str(arrays.get("order", "")))  # all that earlier versions kept of it
        written = Writing.from_text(str(arrays["written"])) if "written" in arrays else order
        return cls(
            channels,
            int(arrays.get("step", 0)),
            SeriesRoles(values=channels, written=written, **roles),  # type: ignore[arg-type]
            tuple(arrays["groups"].tolist()) if "groups" in arrays else (),
            arrays.get("group_offset"),
            arrays.get("group_scale"),
        )
