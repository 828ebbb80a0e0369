"""Pieces of music as one-hot classes: windows cut at bar lines, or whole ones, transposed for training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.music.cut import BEATS_A_BAR, MAX_BYTES, PIECE, STEPS_A_BAR, STEPS_A_BEAT, Cut
from keras_ae.data.music.whole_pieces import whole_data
from keras_ae.data.splits import assign, digests
from keras_ae.data.types import Data
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError
from keras_ae.formats.music import rules
from keras_ae.formats.music.chorales import Chorales as Format
from keras_ae.formats.music.grid import Piece, Vocabulary, onsets_of, windows
from keras_ae.formats.music.harmonies import harmonize

__all__ = ["STEPS_A_BEAT", "Cut", "data_of", "sample_data", "split_by_melody"]


def data_of(
    name: str,
    pieces: Mapping[str, Sequence[Piece]],
    cut: Cut,
    onsets: bool = True,
    notes: tuple[str, ...] = (),
) -> Data:
    """Data of pieces; only training windows are transposed, so that each piece lies in one split.

    Args:
        name: The data set's name.
        pieces: The pieces of each split, by its name.
        cut: How they are cut into windows.
        onsets: Whether the pieces distinguish repeated notes from held ones.
        notes: Further notes for the user.

    Returns:
        The data, of the categorical domain.

    Raises:
        InputError: If a split has no piece of the length of a window, or short enough, or they do not fit in
            memory.
    """
    if cut.example == PIECE:
        return whole_data(name, pieces, cut, onsets, notes)
    vocabulary = Vocabulary()
    steps, stride = cut.bars * STEPS_A_BAR, cut.stride * STEPS_A_BAR
    cuts = {part: windows(of, vocabulary, steps, stride) for part, of in pieces.items()}
    empty = [part for part, of in cuts.items() if not len(of)]
    if empty:
        longest = max(
            (len(piece.sounding) - piece.first for of in pieces.values() for piece in of), default=0
        )
        raise InputError(
            f"expected pieces of {cut.bars} bars or more to train, validate and test on, {name} has none for "
            f"{empty[0]} (the longest of all has {longest / STEPS_A_BAR:g}); add pieces or lower data.bars"
        )
    each = cuts["train"][0].size * vocabulary.classes
    held_out = len(cuts["validation"]) + len(cuts["test"])
    room = MAX_BYTES // each - held_out
    if room < len(cuts["train"]):
        raise InputError(
            f"{name} takes {(held_out + len(cuts['train'])) * each / 2**30:.1f} GiB one-hot, at most "
            f"{MAX_BYTES / 2**30:g} are held in memory; raise data.stride or take fewer pieces"
        )
    counts = {part: len(of) for part, of in cuts.items()}
    cuts["train"] = _augmented(cuts["train"], vocabulary, cut, room)
    listing = " / ".join(
        f"{counts[part]:,} windows of {len(pieces[part])} pieces" for part in ("train", "validation", "test")
    )
    train, validation, test = (
        Split(np.arange(vocabulary.classes) == cuts[part][..., None])
        for part in ("train", "validation", "test")
    )
    return Data(
        name,
        train,
        validation,
        test,
        CATEGORICAL,
        notes=(
            f"{listing} to train / validate / test, {cut.bars} bars of {STEPS_A_BAR} steps each; training "
            f"windows also transposed by up to {cut.transposed} semitones"
            f"{' as far as the voices of a choir go' if cut.sung else ''}: {len(cuts['train']):,}",
            f"{vocabulary.classes} classes: hold, rest, and onsets of the pitches {vocabulary.lowest} to "
            f"{vocabulary.highest}",
            *notes,
        ),
        format=Format(vocabulary.lowest, vocabulary.highest, STEPS_A_BEAT, BEATS_A_BAR, onsets),
    )


def split_by_melody(pieces: Sequence[Piece], bars: int) -> tuple[dict[str, list[Piece]], str]:
    """Splits pieces by the intervals of their melodies, so that a tune has one split in every key.

    Args:
        pieces: The pieces.
        bars: Minimum number of full bars of a piece.

    Returns:
        The pieces by split, and a note on those that are shorter, or "".

    Raises:
        InputError: If there are fewer than 3 tunes.
    """
    long = [piece for piece in pieces if len(piece.sounding) - piece.first >= bars * STEPS_A_BAR]
    tunes = {piece.melody for piece in long}
    if len(tunes) < 3:
        raise InputError(
            f"expected 3 or more different tunes of {bars} bars or more, one each to train, validate and "
            f"test on, received {len(tunes)} in {len(pieces)} pieces; add pieces or lower data.bars"
        )
    parts = assign(digests(np.frombuffer(piece.melody, np.int16) for piece in long))
    short = len(pieces) - len(long)
    note = f"left out {short} pieces shorter than {bars} bars" if short else ""
    return {part: [long[index] for index in indices] for part, indices in parts.items()}, note


def sample_data(name: str, cut: Cut, onsets: bool = True, voices: int = 4) -> Data:
    """Data of a few generated pieces.

    Args:
        name: The data set's name.
        cut: How they are cut into windows; they are transposed by at most a semitone.
        onsets: Whether they distinguish repeated notes from held ones.
        voices: Voices of a piece; those beyond 4 repeat the others from the top.

    Returns:
        The data.
    """
    whole = cut.example == PIECE
    pieces = harmonize(9, cut.bars if whole else cut.bars + 2)
    shorter = [whole * (number % min(3, cut.bars)) * STEPS_A_BAR for number in range(len(pieces))]
    lengths = [len(piece.sounding) - less for piece, less in zip(pieces, shorter, strict=True)]
    chosen = np.arange(voices) % pieces[0].sounding.shape[1]
    pieces = [
        Piece(
            piece.name,
            piece.sounding[:length, chosen],
            piece.onsets[:length, chosen] if onsets else onsets_of(piece.sounding[:length, chosen]),
        )
        for piece, length in zip(pieces, lengths, strict=True)
    ]
    parts = {"train": pieces[:5], "validation": pieces[5:7], "test": pieces[7:]}
    return data_of(name, parts, replace(cut, transposed=min(cut.transposed, 1)), onsets)


def _augmented(windows: np.ndarray, vocabulary: Vocabulary, cut: Cut, room: int) -> np.ndarray:
    """Windows and their transpositions, or a random choice of these if they do not fit in memory.

    Of sung music only those in which no more notes lie outside the voices' ranges than before, as in DeepBach
    (Hadjeres, Pachet and Nielsen 2017).
    """
    parts, unsung = [windows], _unsung(windows, vocabulary)
    for semitones in (sign * size for size in range(1, cut.transposed + 1) for sign in (1, -1)):
        moved, fits = vocabulary.transpose(windows, semitones)
        if cut.sung:
            fits &= _unsung(moved, vocabulary) <= unsung
        parts.append(moved[fits])
    further = np.concatenate([windows[:0], *parts[1:]])
    if len(windows) + len(further) > room:
        chosen = np.random.default_rng(0).choice(len(further), room - len(windows), replace=False)
        further = further[np.sort(chosen)]
    return np.concatenate([windows, further])


def _unsung(windows: np.ndarray, vocabulary: Vocabulary) -> np.ndarray:
    """Notes of each window outside its voice's range, (n,)."""
    return rules.range_violations(*vocabulary.decode(windows)).sum(axis=-1)
