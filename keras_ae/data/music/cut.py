"""How pieces of music become examples: windows of some bars, or whole pieces."""

from __future__ import annotations

from dataclasses import dataclass

from keras_ae.errors import check_choices, check_least

__all__ = ["BEATS_A_BAR", "MAX_BYTES", "PIECE", "STEPS_A_BAR", "STEPS_A_BEAT", "WINDOW", "Cut"]

STEPS_A_BEAT, BEATS_A_BAR = 4, 4
STEPS_A_BAR = STEPS_A_BEAT * BEATS_A_BAR
WINDOW, PIECE = "window", "piece"
"""What an example may be."""
LONGER = ("leave_out", "cut", "refuse")
"""What may become of pieces that are too long."""
MAX_BYTES = 3 * 2**29
"""Maximum bytes of the one-hot windows of a data set."""


@dataclass(frozen=True)
class Cut:
    """How pieces are cut into windows.

    Attributes:
        bars: Bars of a window, or of a whole piece at most.
        stride: Bars from one window to the next.
        transposed: Semitones up and down to which training windows are transposed too.
        sung: Whether they are transposed only as far as the ranges of a choir's voices allow.
        example: "window", or "piece" for whole pieces, each up to its own end.
        longer: What becomes of longer pieces: "leave_out", "cut" or "refuse".
    """

    bars: int
    stride: int
    transposed: int
    sung: bool = False
    example: str = WINDOW
    longer: str = "leave_out"

    def __post_init__(self) -> None:
        check_least(self, bars=1, stride=1, transposed=0)
        check_choices(self, example=(WINDOW, PIECE), longer=LONGER)

    @property
    def shortest(self) -> int:
        """The fewest full bars of a piece that can be used."""
        return 1 if self.example == PIECE else self.bars
