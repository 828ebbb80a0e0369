"""Versions of exported heads: listing, publishing under the next number, labels, and pruning.

A head's folder is TF Serving's base path. It has a folder for each version, named by its number, and
`labels.json`.
"""

from __future__ import annotations

import fcntl
import functools
import json
import logging
import re
import shlex
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.model_names import find_model, no_model
from keras_ae.names import RULE, check_name, is_name, nearby

__all__ = [
    "CARD_FILE",
    "LABELS",
    "STABLE",
    "exported_models",
    "find_exported",
    "find_version",
    "head_folders",
    "is_version",
    "labels",
    "locked",
    "previous_version",
    "prune",
    "publish",
    "recipe_of",
    "rollback",
    "served_name",
    "set_label",
    "versions",
]

LOG = logging.getLogger(__name__)

CARD_FILE = "card.json"
"""The model card's name in a version's folder."""

LABELS = "labels.json"
"""The name of the file of labels in a head's folder."""

STABLE = "stable"
"""The label that clients follow: on the newest version until a rollback moves it."""


def versions(folder: Path) -> list[int]:
    """The versions in a head's folder.

    Args:
        folder: The head's folder, `<models>/<name>/<head>`.

    Returns:
        The numbers of its versions, oldest first.
    """
    return sorted(int(path.name) for path in folder.glob("*") if is_version(path))


def is_version(path: Path) -> bool:
    """Whether TF Serving would take a path for a version.

    Args:
        path: A path in a head's folder.

    Returns:
        Whether it is a folder named by a number.
    """
    return path.name.isdecimal() and path.is_dir()


def head_folders(root: Path) -> list[Path]:
    """The heads below a folder that have a version.

    Args:
        root: The folder of all exported models.

    Returns:
        The folders `<name>/<head>`, sorted. Those of names that no model can have are left out, which is
        logged.
    """
    folders = sorted({path.parent for path in root.glob("*/*/*") if is_version(path)})
    odd = {path for path in folders if not (is_name(path.parent.name) and is_name(path.name))}
    for folder in sorted(odd):
        _tell_odd(folder)
    return [path for path in folders if path not in odd]


@functools.cache  # once in a process
def _tell_odd(folder: Path) -> None:
    """Logs that a folder is no head's."""
    LOG.warning("%s is left out; the name of a model or of a head must be %s", folder, RULE)


def served_name(folder: Path) -> str:
    """The name that TF Serving knows a head by.

    Args:
        folder: The head's folder, `<models>/<name>/<head>`.

    Returns:
        `<name>_<head>`.
    """
    return f"{folder.parent.name}_{folder.name}"


def exported_models(root: Path) -> dict[str, str]:
    """The exported models.

    Args:
        root: The folder of all exported models.

    Returns:
        The recipe of each model's newest version by the model's name.
    """
    heads = {folder.parent.name: folder for folder in head_folders(root)}
    return {name: recipe_of(folder / str(versions(folder)[-1])) for name, folder in heads.items()}


def recipe_of(folder: Path) -> str:
    """The recipe that an exported version was trained from.

    Args:
        folder: The version's folder.

    Returns:
        The recipe's name, from the card; where no card says it, the model's name.
    """
    try:
        recipe = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))["recipe"]
        name = recipe["name"] if isinstance(recipe, dict) else recipe
    except (OSError, ValueError, KeyError, TypeError):
        name = None
    return name if is_name(name) else folder.parent.parent.name


def find_exported(root: Path, text: str) -> str:
    """The exported model that a text names, by its own name or by its recipe's.

    Args:
        root: The folder of all exported models.
        text: A model's name, its recipe's, or the path of that recipe's .py file.

    Returns:
        The model's name.

    Raises:
        InputError: There is none, or the recipe has several, none of them called as it is.
    """
    models = exported_models(root)
    name = find_model(text, models, root)
    if name is None:
        train, export = (
            shlex.join([*words, text]) for words in (["keras-ae", "train"], ["keras-ae", "export"])
        )
        raise no_model(text, models, root, "export", f"train it: {train}, or export a run of it: {export}")
    return name


def find_version(
    root: Path, name: str, head: str, version: int | None = None, label: str | None = None
) -> Path:
    """The folder of an exported version of a head.

    Args:
        root: The folder of all exported models.
        name: The model's name.
        head: The head's name.
        version: The version's number; None for the one that the label is on.
        label: A label; None for `stable`.

    Returns:
        The version's folder.

    Raises:
        InputError: If there is no such model, head, version or label; the message lists the existing ones.
    """
    for text, what in ((name, "the name of a model"), (head, "the name of a head")):
        check_name(text, what)
    folder = root / name / head
    existing = versions(folder)
    if not existing:
        heads = ", ".join(path.name for path in head_folders(root) if path.parent.name == name)
        models = ", ".join(sorted({path.parent.name for path in head_folders(root)})) or "nothing"
        raise InputError(
            f"{name} has no exported {head}{nearby(head, heads.split(', '))}; it has {heads}"
            if heads
            else f"there is no export of {name} below {root}; it holds {models}; keras-ae models lists all"
        )
    if version is not None and version not in existing:
        raise InputError(
            f"{name} has no version {version} of its {head}; it has {', '.join(map(str, existing))}"
        )
    by_label = labels(folder)
    if version is None and (label or STABLE) not in by_label:
        raise InputError(f"{name} has no {head} labeled {label!r}; it has {', '.join(by_label)}")
    return folder / str(by_label[label or STABLE] if version is None else version)


def labels(folder: Path) -> dict[str, int]:
    """The labels of a head's versions, without those of removed versions.

    Args:
        folder: The head's folder.

    Returns:
        Version numbers by label; `stable` is the newest where no rollback has moved it.
    """
    existing = versions(folder)
    own = {label: number for label, number in _read_labels(folder).items() if number in existing}
    return ({STABLE: existing[-1]} if existing else {}) | own


def set_label(folder: Path, label: str, version: int | None) -> None:
    """Sets or removes a label.

    Args:
        folder: The head's folder.
        label: The label, a word.
        version: The version that it names from now on; None removes the label.

    Raises:
        InputError: If the label is not a word, or there is no such version.
    """
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", label, re.ASCII):
        raise InputError(f"a label must be a word such as {STABLE}, received {label!r}")
    if version is not None and version not in versions(folder):
        raise InputError(
            f"{folder} has no version {version}; it has {', '.join(map(str, versions(folder))) or 'none'}"
        )
    new = _read_labels(folder)
    new.pop(label, None)
    replace_text(folder / LABELS, json.dumps(new | ({label: version} if version is not None else {})) + "\n")


def _read_labels(folder: Path) -> dict[str, int]:
    """The labels in the file, also those of removed versions."""
    file = folder / LABELS
    return json.loads(file.read_text()) if file.exists() else {}


def rollback(folder: Path, version: int | None = None) -> int:
    """Moves `stable` to an older version.

    Args:
        folder: The head's folder.
        version: The version's number; None for the one before the current stable one.

    Returns:
        The number of the version that is stable now.

    Raises:
        InputError: If there is no such version.
    """
    version = previous_version(folder) if version is None else version
    set_label(folder, STABLE, version)
    return version


def previous_version(folder: Path) -> int:
    """The version before the stable one.

    Args:
        folder: The head's folder.

    Returns:
        Its number.

    Raises:
        InputError: If there is none.
    """
    stable = labels(folder).get(STABLE)
    older = [number for number in versions(folder) if stable is not None and number < stable]
    if not older:
        raise InputError(f"{folder} has no version before {stable}; nothing to roll back to")
    return older[-1]


def prune(folder: Path, keep: int) -> list[int]:
    """Removes the oldest versions of a head, except labeled ones.

    The version before the newest is never removed: a server answers from it until the newest is loaded.

    Args:
        folder: The head's folder.
        keep: The number of newest versions to keep, at least 1.

    Returns:
        The numbers of the removed versions.

    Raises:
        InputError: If `keep` is below 1.
    """
    if keep < 1:
        raise InputError(f"expected at least 1 version to keep, received {keep}")
    existing = versions(folder)
    retained = {*existing[-max(keep, 2) :], *labels(folder).values()}
    removed = [number for number in existing if number not in retained]
    for number in removed:
        temporary = folder / f"tmp-{uuid.uuid4().hex}"
        (folder / str(number)).rename(temporary)  # atomic, so that no server loads half a version
        shutil.rmtree(temporary, ignore_errors=True)
    return removed


def publish(staging: Path, folder: Path, heads: tuple[str, ...]) -> dict[str, Path]:
    """Moves complete heads to the next version number that none of them has.

    It tries again where another export took the number first.

    Args:
        staging: The folder that has a SavedModel's folder for each head.
        folder: The model's folder, `<models>/<name>`.
        heads: Names of the heads.

    Returns:
        The new version's folder by head.

    Raises:
        OSError: If a folder cannot be moved; none is moved then.
    """
    while True:
        existing = [number for head in heads for number in versions(folder / head)]
        version = str(max(existing, default=0) + 1)
        moved: dict[str, Path] = {}
        try:
            for head in heads:
                (folder / head).mkdir(exist_ok=True)
                (staging / head).rename(folder / head / version)
                moved[head] = folder / head / version
            return moved
        except BaseException as error:
            for head, path in moved.items():
                path.rename(staging / head)  # atomic, so that no server loads half a version
            # the first head's number is taken first, so the export that has it has them all
            taken = (folder / heads[0] / version).exists()
            if moved or not taken or not isinstance(error, OSError):
                raise


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Locks versions, labels and the server's files below a folder against other processes.

    Args:
        root: The folder of all exported models, created where it is missing.

    Yields:
        Once, with the lock held.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
