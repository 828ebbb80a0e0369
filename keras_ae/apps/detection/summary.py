"""What is told first of a detection, on the terminal and in its report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from keras_ae import __version__
from keras_ae.files import written_whole
from keras_ae.reports.page import facts, page, paragraphs
from keras_ae.tasks.thresholds import FittedThreshold

__all__ = ["MOST_PRINTED", "Summary", "listed", "names_of", "p_value_text", "rarity", "write_page"]

MOST_PRINTED = 10
"""Maximum number of rows or spans to print; the files list all of them."""

LEAST_P = 1e-6
"""A lower p-value is not told to the digit."""

MOST_NAMED = 40
"""Names of columns in a report, at most."""


@dataclass(frozen=True)
class Summary:
    """What was searched and how much of it is flagged.

    Attributes:
        source: The file or folder.
        noun: What was scored, such as "rows".
        count: How many have a score.
        flagged: How many of them are anomalies.
        threshold: The threshold.
        searched: What is known of the source, by name.
        model: What is known of the model, by name.
        warnings: What to be careful about.
        where: Where the flagged ones are, such as "in 9 spans".
    """

    source: Path
    noun: str
    count: int
    flagged: int
    threshold: FittedThreshold
    searched: Mapping[str, str] = field(default_factory=dict)
    model: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    where: str = ""

    @property
    def result(self) -> str:
        """How much is flagged."""
        told = f"{self.flagged:,} of {self.count:,} {self.noun} are flagged"
        return f"{told}, {self.where}" if self.where and self.flagged else told

    @property
    def lines(self) -> tuple[str, ...]:
        """The same as lines of text."""
        fitted = self.threshold
        return (
            self.result,
            f"threshold {fitted.value:.6g}: {fitted.method}; {fitted.guarantee}",
            *self.warnings,
        )


def listed(found: Sequence[object], noun: str) -> Iterator[str]:
    """The first of what was found, a line each.

    Args:
        found: Rows or spans, the most unlike first.
        noun: What they are.

    Yields:
        Lines.
    """
    yield from map(str, found[:MOST_PRINTED])
    if len(found) > MOST_PRINTED:
        yield f"and {len(found) - MOST_PRINTED:,} more {noun}"


def write_page(summary: Summary, parts: Iterable[Element], target: Path) -> None:
    """Writes the report of a detection.

    Args:
        summary: What was searched and how much of it is flagged.
        parts: Its sections.
        target: The HTML file.
    """
    fitted, of_all = summary.threshold, 100 * summary.flagged / max(1, summary.count)
    result = f"{summary.result} ({of_all:.3g} %)."
    known = {
        "searched": str(summary.source),
        **summary.searched,
        **summary.model,
        "threshold": f"{fitted.value:.6g}: {fitted.method}",
        "what it promises": fitted.guarantee,
    }
    content = [
        *paragraphs([result], "result"),
        *paragraphs(summary.warnings, "warning"),
        facts(known),
        *parts,
    ]
    html = page(f"Anomalies in {summary.source.name}", content, f"Made by keras_ae {__version__}.")
    with written_whole(target) as (partial,):
        partial.write_text(html, encoding="utf-8")


def names_of(columns: Sequence[str]) -> str:
    """Names of columns as a text.

    Args:
        columns: The names.

    Returns:
        Them with commas between, of many the first.
    """
    more = f", and {len(columns) - MOST_NAMED:,} more" if len(columns) > MOST_NAMED else ""
    return f"{len(columns):,}: {', '.join(columns[:MOST_NAMED])}{more}"


def rarity(p_value: float) -> str:
    """A p-value in words.

    Args:
        p_value: The p-value.

    Returns:
        Such as "p-value 0.01".
    """
    return f"p-value {p_value_text(p_value)}"


def p_value_text(p_value: float) -> str:
    """A p-value to two digits, unless it is too low for these to mean anything.

    Args:
        p_value: The p-value.

    Returns:
        Such as "0.01" or "below 1e-06".
    """
    return f"{p_value:.2g}" if p_value >= LEAST_P else f"below {LEAST_P:g}"
