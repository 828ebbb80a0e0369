"""Versions of exported heads: found, published under the next number, labeled, pruned.

A head's folder is TF Serving's base path: a folder a version, named by its number, and `labels.json`.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import replace_text

LABELS = "labels.json"
STABLE = "stable"
"""The label that clients follow: on the newest version, until a rollback moves it."""


def versions(folder: Path) -> list[int]:
    """The versions that a head's folder holds, oldest first."""
    return sorted(int(path.name) for path in folder.glob("*") if is_version(path))


def is_version(path: Path) -> bool:
    """Whether a server would take a path for a version."""
    return path.name.isdecimal() and path.is_dir()


def head_folders(root: Path) -> list[Path]:
    """Every `<recipe>/<head>` below a folder that holds a version."""
    return sorted({path.parent for path in root.glob("*/*/*") if is_version(path)})


def find_version(root: Path, recipe: str, head: str, version: int | None = None) -> Path:
    """The folder of an exported head: the version given, else the one labeled stable.

    Raises InputError, naming what there is, for a recipe, a head or a version that there is not.
    """
    folder = root / recipe / head
    there = versions(folder)
    if not there:
        heads = [path for path in head_folders(root) if path.parent.name == recipe]
        if heads:
            names = ", ".join(path.name for path in heads)
            raise InputError(f"{recipe} has no exported {head}; it has {names}")
        recipes = ", ".join(sorted({path.parent.name for path in head_folders(root)})) or "nothing"
        raise InputError(
            f"expected a recipe exported to {root}, received {recipe!r}; there is {recipes}; "
            f"export it first: keras-ae export {recipe}"
        )
    if version is not None and version not in there:
        raise InputError(
            f"{recipe} has no version {version} of its {head}; it has {', '.join(map(str, there))}"
        )
    return folder / str(labels(folder)[STABLE] if version is None else version)


def labels(folder: Path) -> dict[str, int]:
    """The labels of a head's versions. `stable` is the newest where no rollback has moved it.

    A label on a version that is gone is left out.
    """
    there = versions(folder)
    kept = {label: number for label, number in _put(folder).items() if number in there}
    return ({STABLE: there[-1]} if there else {}) | kept


def set_label(folder: Path, label: str, version: int | None) -> None:
    """Puts a label on a version, or takes it off.

    Raises InputError for a version that there is not, and for an empty label.
    """
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", label, re.ASCII):
        raise InputError(f"a label is a word such as {STABLE}, received {label!r}")
    if version is not None and version not in versions(folder):
        raise InputError(
            f"{folder} has no version {version}; it has {', '.join(map(str, versions(folder))) or 'none'}"
        )
    found = _put(folder)
    found.pop(label, None)
    replace_text(
        folder / LABELS, json.dumps(found | ({label: version} if version is not None else {})) + "\n"
    )


def _put(folder):
    """The labels that were put on versions, those that are gone too."""
    file = folder / LABELS
    return json.loads(file.read_text()) if file.exists() else {}


def rollback(folder: Path, version: int | None = None) -> int:
    """Moves `stable` to a version, or to the one before that which it is on; returns the version.

    Raises InputError where there is no such version.
    """
    version = earlier(folder) if version is None else version
    set_label(folder, STABLE, version)
    return version


def earlier(folder: Path) -> int:
    """The version before that which `stable` is on. Raises InputError where there is none."""
    now = labels(folder).get(STABLE)
    before = [number for number in versions(folder) if now is not None and number < now]
    if not before:
        raise InputError(f"{folder} has no version before {now}; nothing to roll back to")
    return before[-1]


def prune(folder: Path, keep: int) -> list[int]:
    """Removes the oldest versions but for the newest `keep` and those labeled; returns the removed.

    The one before the newest stays in any case: a server answers from it until the newest is loaded.
    Raises InputError for fewer than one to keep.
    """
    if keep < 1:
        raise InputError(f"expected at least 1 version to keep, received {keep}")
    there = versions(folder)
    held = {*there[-max(keep, 2) :], *labels(folder).values()}
    gone = [number for number in there if number not in held]
    for number in gone:
        aside = folder / f"tmp-{uuid.uuid4().hex}"
        (folder / str(number)).rename(aside)  # at once, so that no server finds half a version
        shutil.rmtree(aside, ignore_errors=True)
    return gone


def publish(aside: Path, folder: Path, heads: tuple[str, ...]) -> dict[str, Path]:
    """Moves complete heads to one number that none has; tries again where another export was first."""
    while True:
        there = [number for head in heads for number in versions(folder / head)]
        version = str(max(there, default=0) + 1)
        moved = {}
        try:
            for head in heads:
                (folder / head).mkdir(exist_ok=True)
                (aside / head).rename(folder / head / version)
                moved[head] = folder / head / version
            return moved
        except BaseException as error:
            for head, path in moved.items():
                path.rename(aside / head)  # at once, so that no server finds half a version
            # the first head's number is taken first, so whoever has it has them all
            taken = (folder / heads[0] / version).exists()
            if moved or not taken or not isinstance(error, OSError):
                raise


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds back whoever else would change versions, labels or the server's files below a folder."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
