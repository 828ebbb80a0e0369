"""A finished run as one file: packed with checksums, and checked when it is unpacked."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from keras_ae import __version__
from keras_ae.errors import InputError
from keras_ae.files import FORMAT, check_format, check_new, written_whole
from keras_ae.names import check_name, is_name
from keras_ae.runs.folders import MODEL_FILE, model_name, next_folder, recipe_of

__all__ = ["MANIFEST", "pack", "unpack"]

MANIFEST = "manifest.json"
"""The file of a packed run that lists the others with their sizes and hashes."""

LARGEST_MANIFEST = 4 * 2**20
LARGEST = 16 * 2**30
"""Bytes that a packed run may have when it is unpacked."""

PART = 2**20
"""Bytes read at a time."""


def pack(directory: Path, file: Path, replace: bool = False) -> Path:
    """Writes a finished run into one zip file: models, weights, recipe, card and checkpoint.

    TensorBoard's event files are left out.

    Args:
        directory: The run's folder.
        file: The file to write.
        replace: Whether an existing file is replaced.

    Returns:
        The file.

    Raises:
        InputError: If the run is not finished, or the file exists or cannot be written.
    """
    if not (directory / MODEL_FILE).is_file():
        raise InputError(
            f"expected the folder of a finished run; {directory} has no {MODEL_FILE}; name a recipe, "
            "or a run's folder such as runs/denoising/001"
        )
    check_new(file, replace)
    paths = {path.relative_to(directory).as_posix(): path for path in sorted(_packed_files(directory))}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        **_names(directory),
        "files": {name: _described(path) for name, path in paths.items()},
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            written_whole(file) as (partial,),
            zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
            for name, path in paths.items():
                archive.write(path, name)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); name another file") from error
    return file


def unpack(file: Path, runs: Path) -> Path:
    """Restores a packed run as the next run of its model, after checking every file's size and hash.

    Args:
        file: A file that `pack` wrote.
        runs: The folder of all runs.

    Returns:
        The new run's folder, `<runs>/<name>/<number>`.

    Raises:
        InputError: If the file is damaged, was written by a later version, or holds anything unexpected;
            no run is left behind then.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive, file)
            folder = next_folder(runs / manifest.get("name", manifest["recipe"]))
            try:
                for name, expected in manifest["files"].items():
                    _extract(archive, name, expected, folder / name)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            f"expected a packed run, as keras-ae pack writes it; {file} cannot be read "
            f"({' '.join(str(error).split())}); name the file that it wrote, or pack the run again"
        ) from error
    return folder


def _packed_files(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if (
            path.is_file()
            and not path.is_symlink()
            and not path.name.startswith((".", "events.out.tfevents"))
        ):
            yield path


def _names(directory: Path) -> dict[str, str]:
    """The names of a run's model and recipe; where it does not say them, that of the folder that it is in."""
    folder = directory.absolute().parent.name
    name, recipe = model_name(directory) or folder, recipe_of(directory) or folder
    check_name(name, f"the name of the folder that {directory} is in")
    return {"name": name, "recipe": recipe}


def _described(path: Path) -> dict[str, Any]:
    with open(path, "rb") as opened:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    """The list of a packed run's files, of which nothing has been unpacked yet."""
    sizes = {info.filename: info.file_size for info in archive.infolist()}
    if not 0 < sizes.get(MANIFEST, 0) <= LARGEST_MANIFEST:
        raise InputError(f"expected a packed run, as keras-ae pack writes it; {file} has no {MANIFEST}")
    try:
        manifest = json.loads(archive.read(MANIFEST))
        check_format(manifest["format"], file)
        listed = {name: (entry["bytes"], entry["sha256"]) for name, entry in manifest["files"].items()}
        known = is_name(manifest["recipe"]) and is_name(manifest.get("name", manifest["recipe"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the {MANIFEST} of {file} cannot be read; pack the run again") from error
    if not known or not all(is_name(part) for name in listed for part in name.split("/")):
        raise InputError(
            f"{file} holds a name of other than letters, digits, _, . and -; keras-ae pack did not write it"
        )
    if {name: size for name, size in sizes.items() if name != MANIFEST} != {
        name: size for name, (size, _) in listed.items()
    }:
        raise InputError(f"{file} does not hold the files that its {MANIFEST} lists; pack the run again")
    if (total := sum(sizes.values())) > LARGEST:
        raise InputError(
            f"{file} takes {total / 2**30:.0f} GiB, at most {LARGEST / 2**30:.0f} are unpacked; copy the "
            "run's "
            "folder in its place"
        )
    return manifest


def _extract(archive: zipfile.ZipFile, name: str, expected: dict[str, Any], target: Path) -> None:
    """Writes one file and compares its size and hash with those in the manifest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), expected["bytes"]
    source: IO[bytes]
    with archive.open(name) as source, open(target, "wb") as written:
        while left >= 0 and (part := source.read(PART)):
            left -= len(part)
            digest.update(part)
            written.write(part)
    if left or digest.hexdigest() != expected["sha256"]:
        raise InputError(f"{name} in {archive.filename} is damaged; pack the run again")
