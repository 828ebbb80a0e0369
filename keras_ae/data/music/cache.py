"""A cache of pieces of music that are slow to read, in files of plain arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_ae.files import written_whole
from keras_ae.formats.music.grid import Piece

__all__ = ["load_pieces", "save_pieces"]


def save_pieces(path: Path, pieces: Sequence[Piece], note: str) -> bool:
    """Writes pieces and a note on them.

    Args:
        path: The file; its folder is created.
        pieces: The pieces.
        note: The note.

    Returns:
        Whether they could be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as (partial,):
            np.savez_compressed(
                partial,
                sounding=np.concatenate([piece.sounding for piece in pieces]),
                onsets=np.concatenate([piece.onsets for piece in pieces]),
                lengths=np.array([len(piece.sounding) for piece in pieces]),
                first=np.array([piece.first for piece in pieces]),
                names=np.array([piece.name for piece in pieces]),
                note=np.array(note),
            )
    except OSError:
        return False
    return True


def load_pieces(path: Path) -> tuple[list[Piece], str] | None:
    """Reads the pieces of a file and the note on them.

    Args:
        path: The file.

    Returns:
        The pieces and the note; None if there is no file or it cannot be read.
    """
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            ends = np.cumsum(file["lengths"])[:-1]
            parts = (np.split(file["sounding"], ends), np.split(file["onsets"], ends))
            fields_of_pieces = zip(file["names"].tolist(), *parts, file["first"].tolist(), strict=True)
            return [Piece(*fields) for fields in fields_of_pieces], str(file["note"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
