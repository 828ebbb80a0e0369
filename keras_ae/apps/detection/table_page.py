"""The report of a table: its most unlike rows, what they come from, and how all rows score."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.apps.detection.top import TopRow
from keras_ae.reports.elements import element
from keras_ae.reports.heat_map import heat_map
from keras_ae.reports.histogram import histogram
from keras_ae.reports.page import captioned, folded, paragraphs, section, table

__all__ = ["table_sections"]

SHOWN = 20
"""Rows that are listed at once; the others unfold."""

HEAT_ROWS, HEAT_COLUMNS = 25, 24

READING = (
    "Row 1 is the first below the header. The p-value is the fraction of the normal rows held back that "
    "score at least as high. The percentage says how much of the score a column contributes, with the value "
    "that the row holds and the one that the model expected from the row's other columns."
)


def table_sections(
    scored: ScoredRows, rows: Sequence[TopRow], reference: np.ndarray, threshold: float
) -> list[Element]:
    """The sections of a table's report.

    Args:
        scored: The scores of all rows.
        rows: The rows with the highest scores, the highest first.
        reference: Scores of the normal rows that calibrated the threshold.
        threshold: A score above it is an anomaly.

    Returns:
        The sections.
    """
    finite = np.isfinite(scored.scores)
    chart = histogram(scored.scores[finite], scored.flags[finite], reference, threshold)
    caption = (
        "Scores of all rows: flagged ones red, others blue. The black outline is the distribution of the "
        "normal rows held back, the dashed line the threshold. Numbers of rows grow by factors."
    )
    listed = [_listing(rows[:SHOWN])]
    if len(rows) > SHOWN:
        listed.append(folded(f"rows {SHOWN + 1} to {len(rows)} of the list", _listing(rows[SHOWN:])))
    sections = [
        section("The most unlike rows", *paragraphs([READING]), *listed),
        section("Scores", captioned(chart, caption)),
    ]
    return [*sections, _heat(scored, rows[:HEAT_ROWS])] if rows else sections


def _listing(rows):
    marks = tuple(rows[0].marks) if rows else ()
    titles = ("row", *marks, "score", "p-value", "", "why")
    cells = [
        (
            f"{row.number:,}",
            *row.marks.values(),
            f"{row.score:.4g}",
            f"{row.p_value:.2g}",
            element("span", "flagged", class_="odd") if row.flagged else "",
            element("div", [element("div", str(reason)) for reason in row.reasons]),
        )
        for row in rows
    ]
    return table(titles, cells, ("row", "score", "p-value"))


def _heat(scored, rows):
    """What the columns contribute to the rows with the highest scores."""
    indices = [row.index for row in rows]
    contributions = np.maximum(np.nan_to_num(scored.contributions[indices]), 0.0)
    fractions = contributions / np.maximum(contributions.sum(axis=1, keepdims=True), 1e-30)
    most = np.sort(np.argsort(-fractions.sum(axis=0), kind="stable")[:HEAT_COLUMNS])
    columns = [scored.columns[column] for column in most]

    def explain(row, column):
        told = f"row {rows[row].number}, {columns[column]}: {fractions[row, most[column]]:.0%}"
        known = [reason for reason in rows[row].reasons if reason.column == columns[column]]
        return f"row {rows[row].number}, {known[0]}" if known else told

    chart = heat_map(fractions[:, most], [f"row {row.number:,}" for row in rows], columns, explain)
    left = len(scored.columns) - len(columns)
    caption = "What each column contributes to the score of the most unlike rows; darker is more." + (
        f" {left:,} columns that contribute less are left out." if left else ""
    )
    return section("What the scores come from", captioned(chart, caption))
