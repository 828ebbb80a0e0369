"""The alerts of a series: what is told as its flagged spans begin, end, and change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from keras_ae.apps.detection.spans import Span

__all__ = ["Alerts"]

NUMBERS = {
    **dict.fromkeys(("points", "row", "last_row"), int),
    **dict.fromkeys(("score", "p_value", "value", "expected"), float),
}
"""Columns of a span that are numbers."""


@dataclass(eq=False)
class _Alerted:
    """A span as it was told last, and whether its end was told."""

    span: Span
    ended: bool = False


class Alerts:
    """Compares the flagged spans of a series, each time that it has grown, with those that were told.

    Args:
        apart: Normal points after which a span has ended.
    """

    def __init__(self, apart: int) -> None:
        self.apart = max(1, apart)
        self._told: list[_Alerted] = []

    def update(self, found: Sequence[Span], count: int) -> Iterator[dict[str, Any]]:
        """The alerts of spans that are new, have ended, have changed, or are none any more.

        Args:
            found: The flagged spans of the series so far.
            count: Points of the series so far.

        Yields:
            Alerts: the row of a span, with "event": "begin"; "end", once it lies behind; "change", where
            later points have moved a border of a span that was told to have ended by more than `apart`;
            "withdrawn", where they have shown it to be normal.
        """
        told, self._told = self._told, []
        for one in told:
            if not any(self._same(one.span, span) for span in found):
                yield _alert("withdrawn", one.span)
        for span in sorted(found, key=lambda span: span.first):
            before = [one for one in told if self._same(one.span, span)]
            ended = span.last + self.apart <= count
            if not before:
                yield _alert("begin", span)
            elif before[0].ended and self._moved(before[0].span, span):
                yield _alert("change", span)
            elif before[0].ended:
                span, ended = before[0].span, True  # as it was told
            if ended and not (before and before[0].ended):
                yield _alert("end", span)
            self._told.append(_Alerted(span, ended))

    def _same(self, told, span):
        return told.first < span.last + self.apart and span.first < told.last + self.apart

    def _moved(self, told, span):
        return abs(told.first - span.first) > self.apart or abs(told.last - span.last) > self.apart


def _alert(event, span):
    """A span as a mapping of texts and numbers."""
    row = {name: NUMBERS.get(name, str)(text) if text else None for name, text in span.row.items()}
    return {"event": event, **row}
