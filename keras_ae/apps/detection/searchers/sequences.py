"""The search of files of sequences for whole ones that are unlike the normal ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.example_scores import ExampleScore, ExampleSearcher
from keras_ae.data.find import examples_like
from keras_ae.data.scaling import Scaler
from keras_ae.domains import SEQUENCE
from keras_ae.formats.sequences import Sequences
from keras_ae.heads import batched

__all__ = ["SequenceSearcher"]


@dataclass(frozen=True)
class SequenceSearcher(ExampleSearcher):
    """Searches sequences, each with one score."""

    noun = "files of sequences"
    formats = (Sequences,)
    example = "sequence"

    def scored(self, detector: Detector, source: Path) -> tuple[list[ExampleScore], Sequence[str]]:
        """The sequences in their order."""
        assert detector.format is not None  # of which `takes` has made sure
        found = examples_like([source], detector.format)
        inputs = Scaler(SEQUENCE, detector.offset, detector.scale).transform(found.examples, 0)
        outputs = batched(detector.model, {"inputs": inputs})
        flags = outputs["score"] > detector.fitted.value
        values = (outputs["score"].tolist(), outputs["p_value"].tolist(), flags.tolist())
        return [*map(ExampleScore, found.names, *values)], found.notes
