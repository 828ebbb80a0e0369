"""Which columns of a table are a series: its times, values, labels, and the groups of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.series.groups import (
    entries,
    group_note,
    numbers_within,
    parting_columns,
    restarting_columns,
    spread_values,
    variable_columns,
)
from keras_ae.data.series.roles import SeriesRoles, names_in
from keras_ae.data.series.row_times import RowTimes, row_times
from keras_ae.data.tables.columns import Table
from keras_ae.data.tables.labels import anomalies_in, change_columns, holds_labels, label_columns
from keras_ae.data.tables.leaks import telling_columns
from keras_ae.data.tables.roles import times_and_indices
from keras_ae.data.tables.time_form import TimeForm
from keras_ae.errors import InputError

__all__ = ["SeriesColumns", "choose_columns"]

TELLING = 'tells the anomalies by itself, as their labels do; to keep it, name it in SET="data.values=..."'
"""Why a column is left out that would give the labels away."""


@dataclass(frozen=True, eq=False)
class SeriesColumns:
    """The columns of a table by their roles in a series.

    Attributes:
        times: (rows,), int64, as `form` says; without any, the number of each row among those of its group.
        form: How the times are written.
        values: (rows, channels), float64, NaN where missing.
        names: Names of the channels.
        labels: (rows,), bool, True in anomalies; None where none is known.
        groups: (rows,), the index of each row's group among `group_names`, -1 for none; None for one series.
        group_names: Names of the groups.
        roles: The roles that were found, for other tables of the same kind.
        notes: How they were found, for the user.
    """

    times: np.ndarray
    form: TimeForm
    values: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None
    groups: np.ndarray | None
    group_names: tuple[str, ...]
    roles: SeriesRoles
    notes: tuple[str, ...]


def choose_columns(table: Table, roles: SeriesRoles) -> SeriesColumns:
    """Finds the roles of a table's columns in a series.

    What `roles` names comes first; then times, by what columns hold; then columns that number the rows, which
    are left out.

    Args:
        table: The table.
        roles: What is known of them.

    Returns:
        The columns by their roles.

    Raises:
        InputError: For unknown columns, columns of the wrong kind, and no column of numbers that vary.
    """
    _check_names(table.columns, roles)
    columns = {name: column for name, column in table.columns.items() if name not in roles.left_out}
    chosen = {
        *names_in(roles.group, table.columns),
        *names_in(roles.variable, table.columns),
        roles.label,
        *roles.values,
    }
    free = {name: column for name, column in columns.items() if name not in chosen}
    rows = row_times(columns if roles.time else free, roles.time, roles.written)
    restarting = {} if rows or roles.group or roles.variable else restarting_columns(free)
    if restarting:
        [(group, time)] = restarting.items()
        roles, rows = replace(roles, group=group), row_times(free, time)
        free.pop(group)
    rows = rows or RowTimes((), np.arange(len(table), dtype=np.int64), TimeForm("row"))
    free = {name: column for name, column in free.items() if name not in rows.columns}
    label, labels, label_notes, marks = _labels(columns, free, roles.label)
    free = {name: column for name, column in free.items() if name not in (label, *marks)}
    by_names = names_in(roles.variable, columns)[:1] or names_in(roles.group, columns)
    by = {name: columns[name] for name in by_names}
    if not by and rows.columns:
        by = parting_columns(free, rows.times)
    free = {name: column for name, column in free.items() if name not in by}
    variable = roles.variable
    if not variable and not roles.group and len(by) == 1:
        variable = variable_columns(next(iter(by)), free)
    notes = [rows.note] if rows.columns and rows.note else []
    notes += label_notes
    groups, names = entries(by) if by else (None, ())
    if variable:
        name, value = names_in(variable, columns)
        values, channels = spread_values(columns[name], columns[value], roles.values)
        channel_notes = [f"{name} names the {len(channels)} channels, {value} holds their values"]
        groups, names = None, ()
    else:
        values, channels, channel_notes = _channels(columns, free, marks, roles)
        channel_notes += [group_note(by, names)] if by else []
    times = rows.times if rows.columns or groups is None else numbers_within(groups)
    counts = rows.form.kind if rows.form.kind in ("epoch", "number") else ""
    written = replace(
        table.written, order=rows.form.order or table.written.order, counts=counts, scale=rows.form.scale
    )
    group = "" if variable else ",".join(by)
    found = SeriesRoles(
        ",".join(rows.columns), channels, label, roles.left_out, group, variable, written=written
    )
    return SeriesColumns(times, rows.form, values, channels, labels, groups, names, found,
                         (*table.notes, *notes, *channel_notes))  # fmt: skip


def _check_names(columns, roles):
    """Refuses names that no column has."""
    wanted = [roles.label, *roles.left_out, *(() if roles.variable else roles.values)]
    wanted += [*names_in(roles.variable, columns), *names_in(roles.group, columns)]
    for name in wanted:
        if name and name not in columns:
            raise InputError(f"there is no column {name!r}; the columns are {', '.join(columns)}")


def _labels(columns, free, label):
    """The column of labels, which rows are anomalies, notes, and further columns that are no values."""
    called = label_columns(free)
    label = label or next((name for name in called if holds_labels(columns[name])), "")
    marks = {name: "another label" for name in called if name != label} if label else {}
    if not label:
        marks = {name: _no_label(name) for name in called if columns[name].kind == "number"}
    marks |= {name: "marks changes" for name in change_columns(free) if name != label}
    if not label:
        return "", None, [], marks
    labels, how = anomalies_in(columns[label])
    numbers = [name for name, column in free.items() if column.kind == "number"]
    others = {name: free[name] for name in numbers if name not in (label, *marks)}
    marks |= dict.fromkeys(telling_columns(others, labels), TELLING)
    note = f"labels from {label}: {int(labels.sum()):,} of {len(labels):,} rows are anomalies"
    note += f" ({how})" if how else ""
    lacking = int(columns[label].missing.sum())
    return label, labels, [note + (f"; {lacking} without a label count as normal" if lacking else "")], marks


def _no_label(name):
    """Why a column called a label is none, and how to take it for one."""
    return (
        "called a label, and holds neither mostly 0 nor words such as normal; "
        f'SET="data.label={name}" takes it for one all the same'
    )


def _channels(columns, free, marks, roles):
    """Values (rows, channels), their names, and notes on the columns that are none."""
    candidates = list(roles.values) or list(free)
    rowwise, rising = ({}, ()) if roles.values else times_and_indices(free)
    faults = dict(marks) if not roles.values else {}
    for name in candidates:
        fault = rowwise.get(name) or _fault(columns[name])
        faults |= {name: fault} if fault else {}
    used = [name for name in candidates if name not in faults]
    if not roles.learning:  # a constant value may be the anomaly
        used = [name for name in candidates if columns[name].kind == "number"]
        used = [name for name in used if name not in rowwise and not columns[name].missing.all()]
    left_out = ", ".join(f"{name} ({fault})" for name, fault in faults.items())
    if (roles.values and len(used) < len(candidates)) or not used:
        raise InputError(
            f"expected columns of numbers that vary, received {left_out or 'none'}; choose others, "
            'SET="data.values=...", or another file'
        )
    notes = [f"left out {left_out}"] if left_out else []
    if any(name in rising for name in used):
        name = next(name for name in used if name in rising)
        notes.append(
            f'{name} rises evenly and is learned as a value; SET="data.time={name}" if it is the time, '
            f'SET="data.left_out={name}" if it is neither'
        )
    return np.stack([columns[name].values for name in used], axis=1), tuple(used), notes


def _fault(column):
    """Why a column cannot be a channel of a series; None if it can."""
    if column.kind != "number":
        return f"holds text such as {_first_text(column.words)!r}" if column.kind == "text" else "holds times"
    if column.missing.all():
        return "has no value"
    return "never changes" if np.nanmin(column.values) == np.nanmax(column.values) else None


def _first_text(words):
    """The first word that is not a number."""
    for word in words:
        try:
            float(word)
        except ValueError:
            return word
    return words[0]
