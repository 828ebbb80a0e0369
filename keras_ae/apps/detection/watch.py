"""Follows a growing file of a series, and tells of anomalies as they begin and end."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from keras_ae.apps.detection.alerts import Alerts
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.growing import GrowingFile
from keras_ae.apps.detection.scoring import rows_of_points
from keras_ae.apps.detection.spans import flagged_spans
from keras_ae.data.precision import standardized
from keras_ae.data.series.clock import format_times
from keras_ae.data.series.resample import Series
from keras_ae.errors import InputError
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.tasks.point_stream import PointStream

__all__ = ["Watching", "watch"]

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watching:
    """What is followed, and how.

    Attributes:
        source: A file of a series, to which another program appends lines.
        every: Seconds from one look at the file to the next.
        once: Whether to look once.
        new: Whether to leave out what is in the file at the first look.
    """

    source: Path
    every: float = 10.0
    once: bool = False
    new: bool = False


def watch(watching: Watching, detector: Detector) -> Iterator[dict[str, Any]]:
    """Follows a file.

    Args:
        watching: The file.
        detector: The detector of a finished run.

    Yields:
        Alerts, see `Alerts.update`, with "seen", the time of the newest point then. Without `once` there is
        no end.

    Raises:
        InputError: The detector is none of series, or the file cannot be read at the first look. Later
            faults of the file are logged, and it is read again when it changes.
    """
    if detector.points is None:
        raise InputError(
            "expected a model that detects anomalies at the points of a series; this one does not: train "
            "series_anomaly on the file, or search a table with detect --trained"
        )
    file, first = GrowingFile(watching.source), True
    followed: dict[str, tuple[PointStream, Alerts]] = {}
    with TemporaryDirectory() as folder:
        copied = Path(folder, watching.source.name)
        while True:
            try:
                if file.copy(copied):
                    if file.replaced:
                        LOGGER.warning("%s was replaced; it is read from its beginning", watching.source)
                        followed = {}
                    alerts = list(_look(detector, copied, watching, followed, first))
                    yield from alerts[: 0 if first and watching.new else None]
                    first = False
            except InputError as error:
                if first:
                    raise InputError(str(error).replace(str(copied), str(watching.source))) from error
                LOGGER.warning("%s", str(error).replace(str(copied), str(watching.source)))
            if watching.once:
                return
            time.sleep(watching.every)


def _look(detector, copied, watching, followed, first):
    """The alerts of the series in a file, by what was told of them before."""
    facts = detector.series or SeriesFacts(())
    each = facts.read(str(copied), detector.settings, detector.known, str(watching.source))
    for name, series in each.items():
        if facts.groups and name not in facts.groups:
            continue
        if name not in followed:
            apart = detector.points.window // 8
            followed[name] = PointStream(detector.points), Alerts(apart)
        yield from _alerts(detector, series, name, *followed[name])
    if first:
        count = sum(map(len, each.values()))
        LOGGER.info("%s points so far%s", f"{count:,}", "" if watching.once else "; Ctrl-C ends")


def _alerts(detector: Detector, series: Series, name: str, stream: PointStream, alerts: Alerts):
    offset, scale = detector.scaling_of(name)
    points = stream.update(standardized(series.values, offset, scale))
    scored = rows_of_points(points, series, offset, scale, points.scores[:0])
    [seen] = format_times(series, [len(series) - 1])
    for alert in alerts.update(flagged_spans(scored, series, name=name), len(series)):
        yield {**alert, "seen": seen}
