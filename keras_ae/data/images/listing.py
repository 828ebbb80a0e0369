"""The image files below a folder, and what is said of files that are left out."""

from __future__ import annotations

import os
from pathlib import Path

from keras_ae.counts import counted
from keras_ae.errors import InputError
from keras_ae.files import FolderFiles, files_below
from keras_ae.imaging.headers import SUFFIXES

__all__ = ["fault_note", "image_files", "none_readable", "passed_over"]

MOST_KINDS = 8
"""Kinds of other files in a note, at most."""


def image_files(folder: str | Path) -> tuple[list[str], FolderFiles]:
    """The images below a folder.

    Args:
        folder: The folder.

    Returns:
        Their paths, relative to the folder and in a fixed order; and the other files.

    Raises:
        InputError: If there is no image, or a folder cannot be listed.
    """
    files = files_below(folder)
    images = [name for name in files.names if _is_image(name)]
    if not images:
        note = f" ({files.note})" if files.note else ""
        raise InputError(
            f"expected images ({', '.join(sorted(SUFFIXES))}) below {folder}; found none{note}; check the "
            "path"
        )
    return images, FolderFiles([name for name in files.names if not _is_image(name)], files.hidden)


def passed_over(others: FolderFiles) -> tuple[str, ...]:
    """Notes on files below a folder that are no images, or hidden.

    Args:
        others: The files.

    Returns:
        One line for each kind of files.
    """
    if not others.names:
        return (others.note,) if others.note else ()
    kinds = sorted({Path(name).suffix.lower() or Path(name).name for name in others.names})
    note = f"passed over {counted(len(others.names), 'other file')}: {', '.join(kinds[:MOST_KINDS])}"
    return (note, others.note) if others.note else (note,)


def fault_note(faults: dict, count: int, noun: str = "images") -> str:
    """The note on images, or other files, that cannot be read.

    Args:
        faults: The reason for each, by file.
        count: How many there are in all.
        noun: What they are, in the plural.

    Returns:
        One line.
    """
    return f"left out {len(faults)} of {count} {noun}: {_listing(faults)}"


def none_readable(folder: str | Path, faults: dict, noun: str = "images") -> InputError:
    """The error for a folder without readable images, or other files.

    Args:
        folder: The folder.
        faults: The reason for each, by file.
        noun: What they are, in the plural.

    Returns:
        The error, to be raised.
    """
    return InputError(
        f"none of the {len(faults)} {noun} below {folder} can be read: {_listing(faults)}; replace them"
    )


def _is_image(name):
    return os.path.splitext(name)[1].lower() in SUFFIXES


def _listing(faults):
    """The first faults as a text."""
    lines = [f"{file} ({fault})" for file, fault in list(faults.items())[:3]]
    return "; ".join(lines) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
