"""Whole pieces of music as one-hot classes, each up to its own end, and transposed for training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.music.cut import BEATS_A_BAR, MAX_BYTES, STEPS_A_BAR, STEPS_A_BEAT, Cut
from keras_ae.data.types import Data
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError
from keras_ae.formats.music import rules
from keras_ae.formats.music.chorales import Chorales as Format
from keras_ae.formats.music.grid import Piece, Vocabulary, whole_pieces

__all__ = ["whole_data"]


def whole_data(
    name: str, pieces: Mapping[str, Sequence[Piece]], cut: Cut, onsets: bool, notes: tuple[str, ...]
) -> Data:
    """Data of whole pieces, each with an end of its own.

    Args:
        name: The data set's name.
        pieces: The pieces of each split, by its name.
        cut: How long they may be, and what becomes of longer ones.
        onsets: Whether the pieces distinguish repeated notes from held ones.
        notes: Further notes for the user.

    Returns:
        The data, of the categorical domain.

    Raises:
        InputError: If a split has no piece that is short enough, or they do not fit in memory.
    """
    vocabulary = Vocabulary()
    fitting, told = _short_enough(name, pieces, cut)
    counts = {part: len(of) for part, of in fitting.items()}
    fitting["train"] = [*fitting["train"], *_transposed(fitting["train"], vocabulary, cut)]
    steps = 1 + max(len(piece.sounding) for of in fitting.values() for piece in of)
    voices = fitting["train"][0].sounding.shape[1]
    size = sum(map(len, fitting.values())) * steps * voices * (vocabulary.classes + 1)
    if size > MAX_BYTES:
        raise InputError(
            f"{name} takes {size / 2**30:.1f} GiB one-hot, at most {MAX_BYTES / 2**30:g} are held in memory; "
            "lower data.bars or data.transposed, or take fewer pieces"
        )
    splits = {
        part: Split(np.arange(vocabulary.classes + 1) == whole_pieces(of, vocabulary, steps)[..., None])
        for part, of in fitting.items()
    }
    longest = (steps - 1) / STEPS_A_BAR
    listing = " / ".join(f"{counts[part]:,}" for part in ("train", "validation", "test"))
    return Data(
        name,
        splits["train"],
        splits["validation"],
        splits["test"],
        CATEGORICAL,
        notes=(
            f"{listing} whole pieces to train / validate / test, the longest of {longest:g} bars; training "
            f"pieces also transposed by up to {cut.transposed} semitones: {len(fitting['train']):,}",
            *([told] if told else []),
            f"{vocabulary.classes + 1} classes: hold, rest, onsets of the pitches {vocabulary.lowest} to "
            f"{vocabulary.highest}, and an end",
            *notes,
        ),
        format=Format(vocabulary.lowest, vocabulary.highest, STEPS_A_BEAT, BEATS_A_BAR, onsets, ends=True),
    )


def _short_enough(
    name: str, pieces: Mapping[str, Sequence[Piece]], cut: Cut
) -> tuple[dict[str, list[Piece]], str]:
    """The pieces from their first full bar on that are no longer than they may be, and a note on others."""
    most, each, longest, count = cut.bars * STEPS_A_BAR, {}, 0, 0
    for part, of in pieces.items():
        whole = [
            Piece(piece.name, piece.sounding[piece.first :], piece.onsets[piece.first :])
            for piece in of
            if len(piece.sounding) > piece.first
        ]
        longest = max(longest, *(len(piece.sounding) for piece in whole), 0)
        count += sum(len(piece.sounding) > most for piece in whole)
        each[part] = [
            Piece(piece.name, piece.sounding[:most], piece.onsets[:most])
            for piece in whole
            if cut.longer == "cut" or len(piece.sounding) <= most
        ]
    bars = -(-longest // STEPS_A_BAR)
    if count and cut.longer == "refuse":
        raise InputError(
            f"expected pieces of at most {cut.bars} bars in {name}, received {count} of more, up to {bars}; "
            f'raise the limit, leave them out or cut them: SET="data.bars={bars}", '
            'SET="data.longer=leave_out" or SET="data.longer=cut"'
        )
    empty = [part for part, of in each.items() if not of]
    if empty:
        raise InputError(
            f"expected pieces of at most {cut.bars} bars to train, validate and test on, {name} has none for "
            f"{empty[0]} (the longest of all has {bars}); raise the limit or cut them: "
            f'SET="data.bars={bars}" or SET="data.longer=cut"'
        )
    if not count:
        return each, ""
    what = "cut there" if cut.longer == "cut" else "left out"
    return each, f"{count} pieces of more than {cut.bars} bars {what} (data.bars, data.longer)"


def _transposed(pieces: Sequence[Piece], vocabulary: Vocabulary, cut: Cut) -> list[Piece]:
    """The pieces in other keys, as far as pitches stay in the range and voices in theirs."""
    found = []
    for piece in pieces:
        notes, unsung = piece.sounding[piece.sounding >= 0], _outside(piece)
        for semitones in (sign * size for size in range(1, cut.transposed + 1) for sign in (1, -1)):
            moved = np.where(piece.sounding >= 0, piece.sounding + semitones, -1).astype(np.int16)
            other = Piece(piece.name, moved, piece.onsets)
            inside = notes.min(initial=127) + semitones >= vocabulary.lowest
            inside &= notes.max(initial=0) + semitones <= vocabulary.highest
            if inside and not (cut.sung and _outside(other) > unsung):
                found.append(other)
    return found


def _outside(piece: Piece) -> int:
    """Notes of a piece outside its voices' ranges."""
    return int(rules.range_violations(piece.sounding[None], piece.onsets[None]).sum())
