"""The chorales of Johann Sebastian Bach in the corpus that comes with music21 (Cuthbert and Ariza 2010)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.formats.music.grid import Piece

if TYPE_CHECKING:
    from music21.stream import Score

__all__ = ["corpus_version", "piece_of", "read_chorales", "rejection_reason"]

VOICES = 4
BEATS_A_BAR = 4


def corpus_version() -> str:
    """The version of music21 and its corpus.

    Returns:
        The version.

    Raises:
        InputError: If music21 is not installed.
    """
    try:
        return version("music21")
    except PackageNotFoundError as error:
        raise InputError(
            f"the chorales come with music21, which is not installed: {install_command('music')}, or take "
            "DATA=jsb"
        ) from error


def read_chorales(most: int, steps_a_beat: int = 4) -> tuple[list[Piece], str]:
    """Reads the chorales in four voices and 4/4 throughout, in the corpus's order.

    Args:
        most: Maximum number of pieces.
        steps_a_beat: Steps of the grid in a beat.

    Returns:
        The pieces, and a note on the pieces left out, or "".

    Raises:
        InputError: If music21 is not installed.
    """
    corpus_version()
    from music21 import corpus

    pieces: list[Piece] = []
    reasons: Counter = Counter()
    for path in corpus.getComposer("bach"):
        if len(pieces) == most:
            break
        # parsed from source, because music21 would otherwise unpickle a file in a world-writable folder
        score = corpus.parse(path, forceSource=True)
        reason = rejection_reason(score)
        if reason:
            reasons[reason] += 1
        else:
            pieces.append(piece_of(path.name.split(".mxl")[0], score, steps_a_beat))
    listing = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return pieces, f"left out {listing}" if listing else ""


def rejection_reason(score: Score) -> str:
    """Why a score is not read as a chorale.

    Args:
        score: The score.

    Returns:
        The reason, or "" for a chorale in four parts and 4/4.
    """
    if len(score.parts) != VOICES:
        return "of other than 4 parts"
    meters = {
        meter.ratioString
        for part in score.parts
        for meter in part.recurse().getElementsByClass("TimeSignature")
    }
    return "" if meters == {f"{BEATS_A_BAR}/4"} else "not in 4/4 throughout"


def piece_of(name: str, score: Score, steps_a_beat: int = 4) -> Piece:
    """A score on a grid; each note at its nearest step, tied notes held, repeats played once.

    Bars begin where most of the first part's do, so that an upbeat is before the first.

    Args:
        name: The piece's name.
        score: A score whose first part is the highest.
        steps_a_beat: Steps of the grid in a beat.

    Returns:
        The piece.
    """
    time = round(float(score.highestTime) * steps_a_beat)
    sounding = np.full((time, len(score.parts)), -1, np.int16)
    onsets = np.zeros(sounding.shape, bool)
    for voice, part in enumerate(score.parts):
        for note in part.flatten().notes:
            start = round(float(note.offset) * steps_a_beat)
            end = round(float(note.offset + note.quarterLength) * steps_a_beat)
            if end > start:
                sounding[start:end, voice] = max(pitch.midi for pitch in note.pitches)
                onsets[start:end, voice] = False
                onsets[start, voice] = note.tie is None or note.tie.type == "start"
    bars = _bars(measure.offset for measure in score.parts[0].getElementsByClass("Measure"))
    return Piece(name, sounding, onsets, bars * steps_a_beat)


def _bars(offsets: Iterable[float]) -> int:
    """The beat of the first full bar, of the beats at which bars begin."""
    return Counter(round(float(offset)) % BEATS_A_BAR for offset in offsets).most_common(1)[0][0]
