"""The files of a restoration: those that are read, and those that are written whole."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import check_folder, files_below, written_whole
from keras_ae.imaging.headers import SUFFIXES

__all__ = ["Job", "Listing", "check_output", "image_jobs", "listing", "replacing"]


@dataclass(frozen=True)
class Listing:
    """The files below a folder, in a fixed order.

    Attributes:
        names: Names of those that are read, relative to the folder.
        others: Names of other files.
        failures: The reason for each folder that cannot be listed, by its name.
        hidden: A line about hidden files that are passed over; "" if there are none.
    """

    names: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    hidden: str = ""


@dataclass(frozen=True)
class Job:
    """An image to restore.

    Attributes:
        name: Its name below the input.
        source: Its file.
        restored: The file of the restored image.
        comparison: The file of the comparison.
        mask: The file of its mask, or None.
    """

    name: str
    source: Path
    restored: Path
    comparison: Path
    mask: Path | None = None


def listing(
    source: Path,
    kind: str = "images",
    output: Path | None = None,
    suffixes: Collection[str] = SUFFIXES,
) -> Listing:
    """Lists the files to read.

    Args:
        source: One file, or a folder.
        kind: The word for the files in messages.
        output: A folder whose files are left out where it lies below the source.
        suffixes: Those of the files.

    Returns:
        The one file, or all files below the folder.

    Raises:
        InputError: The source is neither, or holds no such file.
    """
    if source.is_file():
        return Listing([source.name])
    if not source.is_dir():
        raise InputError(f"expected a file or a folder of {kind}, received {str(source)!r}; check the path")
    failures: dict[str, str] = {}
    inside = output is not None and source.resolve() in output.resolve().parents
    excluded = output.resolve() if output is not None and inside else None

    def refused(error):
        name = os.path.relpath(error.filename, source)
        failures[name] = f"its files cannot be listed ({error.strerror})"

    every = files_below(source, refused)
    inside = excluded is not None and source.resolve() in excluded.parents
    read = [name for name in every.names if not (inside and excluded in Path(source, name).resolve().parents)]
    names = [name for name in read if os.path.splitext(name)[1].lower() in suffixes]
    files = Listing(names, sorted(set(read) - set(names)), failures, every.note)
    if not names:
        reasons = "".join(f" ({name}: {reason})" for name, reason in files.failures.items())
        raise InputError(
            f"expected {kind} ({', '.join(sorted(suffixes))}) below {source}; found none{reasons}; "
            "check the path"
        )
    return files


def image_jobs(source: Path, names: list[str], output: Path) -> list[Job]:
    """A job for each image, its files named like it: photo.png and photo_comparison.png.

    Where two images would give the same file, each keeps its suffix: photo.jpg.png. Names that differ
    only in case count as the same.

    Args:
        source: The image's file, or the folder of the images.
        names: The images' names below the folder.
        output: The folder to write to.

    Returns:
        The jobs.
    """
    stems = {name: os.path.splitext(name)[0] for name in names}
    while True:
        owners = defaultdict(list)
        for name, stem in stems.items():
            owners[stem.casefold()].append(name)
            owners[f"{stem}_comparison".casefold()].append(name)
        clashing = {name for names in owners.values() if len(names) > 1 for name in names}
        short = {name for name in clashing if stems[name] != name}
        if not short:
            break
        stems |= {name: name for name in short}
    return [
        Job(
            name,
            source if source.is_file() else source / name,
            output / f"{stem}.png",
            output / f"{stem}_comparison.png",
        )
        for name, stem in stems.items()
    ]


def check_output(output: Path, sources: Iterable[Path], targets: Sequence[Path], force: bool) -> None:
    """Checks the files to write before any work is done.

    Args:
        output: The folder to write to.
        sources: The files that are read.
        targets: The files to write.
        force: Whether to replace existing files.

    Raises:
        InputError: A file would overwrite one that is read, already exists, or cannot be written.
    """
    read = {path.resolve() for path in sources}
    for target in targets:
        if target.resolve() in read:
            raise InputError(
                f"the output {target} would overwrite a file that is read; name another --output"
            )
    existing = [target for target in targets if os.path.lexists(target)]
    if existing and not force:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise InputError(
            f"{existing[0]}{more} of {len(targets)} files already exist; name another --output (make: "
            "OUTPUT=), or replace them with --force (make: FORCE=1)"
        )
    check_folder(output, "--output")


@contextmanager
def replacing(paths: list[Path]) -> Iterator[list[Path]]:
    """Temporary paths for files that appear together when the block ends without an error.

    Args:
        paths: The files, all in one folder, which is created if it does not exist.

    Yields:
        A path to write to for each file.

    Raises:
        InputError: They cannot be written.
    """
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        with written_whole(*paths) as partial:
            yield partial
    except OSError as error:
        raise InputError(
            f"{paths[0]} cannot be written ({error.strerror or error}); name another --output"
        ) from error
