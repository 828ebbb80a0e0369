"""Decompression: the codes of a .kae, and images that a decoder makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.encoding.decoder import Decoder
from keras_ae.codec.codes_file import CodesFile
from keras_ae.counts import counted
from keras_ae.errors import InputError
from keras_ae.files import check_folder, written_whole
from keras_ae.serving.card_signatures import signatures
from keras_ae.serving.exported import ExportedHead

__all__ = ["image_paths", "safe_names", "write_arrays", "write_codes", "write_images"]

IMAGES, ENCODED = "png", "reconstruction_bytes"
"""The decoder's signature that gives images as files, and its output."""

BATCH = 256
"""Images that are decoded at a time."""

LONGEST = 100
"""Characters of a part of a path, at most."""


def safe_names(names: Sequence[str] | None, count: int) -> list[str]:
    """Paths below a folder, whatever names a file holds.

    Args:
        names: The names in the file; None for numbers.
        count: How many there are.

    Returns:
        Relative paths without suffixes, each another, whose parts neither begin with a dot nor hold
        characters that paths may not have everywhere.
    """
    if names is None:
        return [f"{number:05d}" for number in range(count)]
    paths = ["/".join(_parts(name)) for name in names]
    folded = [path.casefold() for path in paths]
    if len(set(folded)) < count:  # also for systems that do not tell cases apart
        return [f"{number:05d}_{path.replace('/', '_')}" for number, path in enumerate(paths)]
    return paths


def _parts(name: str) -> list[str]:
    """The parts of a path without its suffix, with other characters replaced."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}(?=(#\w+)?$)", "", name)
    parts = [re.sub(r"[^\w. ()+=,@~-]", "_", part).strip(". ")[:LONGEST] for part in re.split(r"[/\\]", stem)]
    return [part for part in parts if part] or ["unnamed"]


def image_paths(codes: CodesFile, folder: Path, decoder: Decoder, force: bool) -> list[Path] | None:
    """The files that images are decompressed to.

    Args:
        codes: The file of codes.
        folder: The folder to write them into.
        decoder: The decoder.
        force: Whether to replace existing files.

    Returns:
        A path for each; None where the decoder gives no images.

    Raises:
        InputError: One exists, or the folder cannot be written.
    """
    if IMAGES not in signatures(decoder.folder):
        return None
    check_folder(folder, "--output")
    paths = [folder / f"{name}.png" for name in safe_names(codes.names, len(codes.levels))]
    existing = [path for path in paths if path.exists()]
    if existing and not force:
        raise InputError(f"{existing[0]} already exists; name another --output, or replace it with --force")
    return paths


def write_images(
    codes: CodesFile,
    decoder: Decoder,
    paths: Sequence[Path],
    progress: Callable[[int], None] = lambda count: None,
) -> str:
    """Writes what a decoder makes of codes as PNG files.

    Args:
        codes: The file of codes.
        decoder: The decoder.
        paths: The file of each, as of `image_paths`.
        progress: Called with the number of images done.

    Returns:
        A line that says what was written.
    """
    signature = ExportedHead(decoder.folder).signature(IMAGES)
    whole = codes.codes
    for start in range(0, len(paths), BATCH):
        rows = slice(start, start + BATCH)
        inputs = {"code": whole[rows]} | ({} if codes.labels is None else {"condition": codes.labels[rows]})
        for path, content in zip(paths[rows], signature.predict(inputs, BATCH)[ENCODED], strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as (partial,):
                partial.write_bytes(content)
        progress(min(start + BATCH, len(paths)))
    folders = {path.parent for path in paths}
    where = paths[0].parent if len(folders) == 1 else f"{len(folders)} folders"
    return f"{counted(len(paths), 'image')} in {where}"


def write_codes(codes: CodesFile, output: Path) -> str:
    """Writes codes, without a decoder, to an .npy.

    Args:
        codes: The file of codes.
        output: The file.

    Returns:
        A line that says what was written.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(output) as (partial,):
        np.save(partial, codes.codes)
    shape = "x".join(map(str, (len(codes.levels), *codes.shape)))
    return f"{output}: code {shape} {codes.dtype}"


def write_arrays(codes: CodesFile, folder: Path) -> Path:
    """Writes codes as the inputs of a decoder, for a prediction.

    Args:
        codes: The file of codes.
        folder: A temporary folder.

    Returns:
        An .npz.
    """
    arrays: dict[str, Any] = {"code": codes.codes}
    if codes.labels is not None:
        arrays["condition"] = codes.labels.astype(np.int64)
    if codes.names is not None:
        arrays["files"] = np.array(safe_names(codes.names, len(codes.levels)))
    path = folder / "codes.npz"
    np.savez(path, **arrays)
    return path
