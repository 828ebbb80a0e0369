"""What a run's folder holds of the series that it learned from, to score further ones alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.data.series.points import Points
from keras_ae.data.series.roles import SeriesRoles, names_in
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.errors import InputError

if TYPE_CHECKING:
    from keras_ae.data.series.resample import Series

__all__ = ["SeriesFacts"]

ROLES = ("time", "label", "group", "variable")
NO_ROLES = SeriesRoles()


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
        from keras_ae.data.series.clock import step_of_time

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

    def read(
        self, path: str, settings: SeriesRoles = NO_ROLES, known: Writing = UNKNOWN, where: str = ""
    ) -> dict[str, Series]:
        """Reads the series in a file, with the roles of columns that a model was trained with.

        Args:
            path: A file of rows.
            settings: The columns that the user named in training.
            known: How files are written, as far as the user said it in training; where it is in doubt, they
                are read as that of the training.
            where: What the file is called in the log; by default its path.

        Returns:
            The series, by the names of their groups; a single one by "".

        Raises:
            InputError: The file lacks a column, or its points are at other steps than those of training.
        """
        from keras_ae.data.series.resample import series_in_table
        from keras_ae.data.tables.dialect import detect_dialect
        from keras_ae.data.tables.reading import log_notes, read_table

        names = detect_dialect(path, known, self.roles.written).names
        time = settings.time or _if_there(self.roles.time, names)
        label = _if_there(settings.label, names) or _if_there(self.roles.label, names)
        left_out = tuple(name for name in settings.left_out if name in names)
        roles = replace(
            self.roles, values=self.channels, time=time, label=label, left_out=left_out, learning=False
        )
        channels = () if roles.variable else self.channels
        needed = (
            *channels,
            *names_in(roles.variable or roles.group, names),
            *names_in(settings.time, names),
        )
        only = (*needed, *names_in(time, names), label) if time else None
        table = read_table(
            path, only=only, needed=needed, strict=needed, known=known, in_doubt=self.roles.written
        )
        log_notes(table, where or path)
        each, _ = series_in_table(table, roles)
        for series in each.values():
            self._check_step(series, path)
        if self.groups and not set(self.groups) & set(each):
            raise InputError(
                f"expected rows of {', '.join(self.groups)} in column {roles.group} of {path}, as in "
                f"training; received {', '.join(each)}; train on them"
            )
        return each

    def _check_step(self, series, path):
        """Refuses points at other steps than those of training."""
        from keras_ae.data.series.clock import step_of_time
        from keras_ae.data.series.steps import DAY, format_step
        from keras_ae.data.tables.time_form import TimeForm

        step = step_of_time(series)
        if self.step and step and not 0.5 < step / self.step < 2:
            lengths = [
                f"{each / 1e9:g} s" if each < DAY else format_step(each, TimeForm())
                for each in (self.step, step)
            ]
            raise InputError(
                f"expected points {lengths[0]} apart, as in training, those of {path} are {lengths[1]} "
                "apart; bring them to the same steps"
            )

    def for_card(self) -> dict[str, Any]:
        """The facts for a model card, as JSON has them.

        Returns:
            The arrays of `arrays` without scalings, as lists, numbers and texts.
        """
        arrays = {name: value for name, value in self.arrays().items() if not name.startswith("group_")}
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in arrays.items()
        }

    @classmethod
    def from_card(cls, data: Mapping[str, Any]) -> SeriesFacts | None:
        """The facts in a model card.

        Args:
            data: What the card says of the data.

        Returns:
            The facts; None where it has none, as for other data, and in cards of earlier versions.
        """
        return cls.from_arrays({name: np.asarray(value) for name, value in data.get("series", {}).items()})

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


def _if_there(text, names):
    """The names of columns in a setting, "" if one of them is missing."""
    return text if set(names_in(text, names)) <= set(names) else ""
