"""Which files are read and written: found, named, checked before any work, and there only when whole."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.imaging.decode import SUFFIXES


@dataclass(frozen=True)
class Listing:
    """Images in a fixed order and other files, by their names below a folder; and folders' faults."""

    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """An image to restore: its name below the input, its file, the two made of it, and its mask's."""

    name: str
    source: Path
    restored: Path
    comparison: Path
    mask: Path | None = None


def listing(source: Path, wanted: str = "images", output: Path | None = None) -> Listing:
    """What is to be read: one file, or what lies below a folder, but for what lies below the output in it.

    Raises InputError for a path that is neither, and for a folder without images.
    """
    if source.is_file():
        return Listing([source.name])
    if not source.is_dir():
        raise InputError(f"expected a file or a folder of {wanted}, received {str(source)!r}; check the path")
    found, left = Listing(), output.resolve() if output else None

    def refused(error):
        name = os.path.relpath(error.filename, source)
        found.faults[name] = f"its files cannot be listed ({error.strerror})"

    for folder, below, names in os.walk(source, onerror=refused):
        below[:] = sorted(name for name in below if Path(folder, name).resolve() != left)
        for name in sorted(names):
            path = Path(folder, name)
            is_image = path.suffix.lower() in SUFFIXES and path.is_file()
            (found.images if is_image else found.others).append(os.path.relpath(path, source))
    if not found.images:
        reasons = "".join(f" ({name}: {fault})" for name, fault in found.faults.items())
        raise InputError(
            f"expected {wanted} ({', '.join(sorted(SUFFIXES))}) below {source}; found none{reasons}; "
            "check the path"
        )
    return found


def named_jobs(source: Path, names: list[str], output: Path) -> list[Job]:
    """A job for each image, its files named like it: photo.png and photo_comparison.png.

    Where two images would give one file, each keeps its suffix: photo.jpg.png. Names that differ in
    case alone count as one.
    """
    stems = {name: os.path.splitext(name)[0] for name in names}
    while True:
        owners = defaultdict(list)
        for name, stem in stems.items():
            owners[stem.casefold()].append(name)
            owners[f"{stem}_comparison".casefold()].append(name)
        doubled = {name for alike in owners.values() if len(alike) > 1 for name in alike}
        short = {name for name in doubled if stems[name] != name}
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


def check_output(output: Path, jobs: list[Job], force: bool) -> None:
    """Raises InputError for an output that would overwrite what is read, that is there or not writable."""
    targets = [target for job in jobs for target in (job.restored, job.comparison)]
    sources = {path.resolve() for job in jobs for path in (job.source, job.mask) if path}
    for target in targets:
        if target.resolve() in sources:
            raise InputError(f"the output {target} would overwrite what is read; name another --output")
    there = [target for target in targets if os.path.lexists(target)]
    if there and not force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise InputError(
            f"{there[0]}{more} of {len(targets)} files are there already; name another --output (make: "
            "OUTPUT=), or replace them with --force (make: FORCE=1)"
        )
    nearest = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"expected a folder to write to, received {output}; name another --output")


@contextmanager
def written(paths: list[Path]) -> Iterator[list[Path]]:
    """Files beside those wanted, to be written; they take their places when all is well, else they go.

    Raises InputError where they cannot be written.
    """
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        with written_whole(*paths) as partial:
            yield partial
    except OSError as error:
        raise InputError(
            f"{paths[0]} cannot be written ({error.strerror or error}); name another --output"
        ) from error
