"""Local copies of sources, in a cache; each is read as any other file or folder is."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from keras_ae.addresses import without_secrets
from keras_ae.data import sources
from keras_ae.data.sources.source import DataSource, Unreachable
from keras_ae.errors import InputError
from keras_ae.files import classes_below, files_below

__all__ = ["is_source", "local", "local_copy", "source_of", "title_of", "with_paths"]

T = TypeVar("T")

LOG = logging.getLogger(__name__)

FACTS = "copy.json"
"""The file beside a copy that says where it comes from."""

PATHS = ("path", "test_list")
"""The fields of data sets that hold the path of a file or a folder."""

_AT_ONCE = 2**22


def source_of(text: str) -> DataSource | None:
    """The source that a text stands for.

    Args:
        text: A name, a path, or whatever else may stand for data.

    Returns:
        The source; None for names, paths of local files and folders, and whatever is none.

    Raises:
        InputError: The text stands for a source, but cannot be understood, or a package that it takes is not
            installed.
    """
    found = (kind.accepts(text) for kind in _kinds())
    return next((source for source in found if source is not None), None)


def is_source(text: str) -> bool:
    """Whether a text stands for a source.

    Args:
        text: A name, a path, or whatever else may stand for data.

    Returns:
        Whether it does.

    Raises:
        InputError: As `source_of` does.
    """
    return source_of(text) is not None


def local_copy(text: str) -> str:
    """The path of a local copy of a source, which is made if the cache has none of its present version.

    Args:
        text: What stands for data.

    Returns:
        The path; the text itself if it stands for no source.

    Raises:
        InputError: It cannot be read, is too large, or a package that it takes is not installed.
    """
    text = without_secrets(text)
    source = source_of(text)
    return text if source is None else str(_copy(source, _cache(), source.stamp))


def local(dataset: T) -> T:
    """A data set whose files lie here.

    Args:
        dataset: A data set.

    Returns:
        The data set, or the same one with paths of local copies in the place of sources.

    Raises:
        InputError: As `local_copy` does.
    """
    return with_paths(dataset, local_copy)


def with_paths(dataset: T, change: Callable[[str], str]) -> T:
    """A data set with other paths, also in the data set that it wraps.

    Args:
        dataset: A data set.
        change: A path -> the one in its place.

    Returns:
        The data set; the same one where no path is another.
    """
    wraps, changed = dataset.wraps, {}  # type: ignore[attr-defined]
    for field in fields(dataset):  # type: ignore[arg-type]
        value = getattr(dataset, field.name)
        if field.name == wraps:
            new: Any = with_paths(value, change)
        else:
            new = change(value) if field.name in PATHS and isinstance(value, str) and value else value
        if new is not value and new != value:
            changed[field.name] = new
    return replace(dataset, **changed) if changed else dataset  # type: ignore[type-var]


def title_of(text: str) -> str:
    """What data are called: of a source its title, else the text itself.

    Args:
        text: What stands for data.

    Returns:
        The title.
    """
    source = source_of(text)
    return text if source is None else source.title


def _kinds() -> list[type[DataSource]]:
    kinds: list[type[DataSource]] = classes_below(sources, DataSource)
    return sorted((kind for kind in kinds if kind.priority), key=lambda kind: kind.priority)


def _cache() -> Path:
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home) / "datasets" / "copies"


@functools.cache  # so that what is looked at before a training is what is trained on
def _copy(source: DataSource, cache: Path, stamp: str) -> Path:
    own = cache / _digest(source.identity)
    try:
        version = source.version()
    except Unreachable as error:
        copy = _newest(own)
        if copy is None:
            raise
        LOG.warning("%s; taking the copy of %s, %s", error, copy["time"], copy["path"])
        return Path(copy["path"])
    copy = _facts(own / _digest(version)) if version else None
    if copy is not None:
        LOG.info("%s: taking the copy %s (%s)", source.text, copy["path"], _in_words(copy))
        return Path(copy["path"])
    return _new_copy(source, version, own)


def _new_copy(source: DataSource, version: str, own: Path) -> Path:
    """Makes a copy; whoever looks into the cache meanwhile finds none, or all of it."""
    partial = own / f".{uuid.uuid4().hex}"
    try:
        partial.mkdir(parents=True)
        name = source.bring(partial).relative_to(partial)
        size, sha256 = _size_and_hash(partial / name)
        facts = {"from": source.text, "version": version, "name": str(name), "bytes": size, "sha256": sha256}
        facts["time"] = time.strftime("%Y-%m-%d %H:%M:%S")
        (partial / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        folder = own / _digest(version or sha256)
        if _facts(folder) is None:  # else another process was faster, or it is the same content again
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(partial, folder)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"no copy of {source.text} can be written below {own} ({reason}); name another folder with "
            "KERAS_HOME"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    LOG.info("%s: copied to %s (%s)", source.text, folder / name, _in_words(facts))
    return folder / name


def _facts(folder: Path) -> dict[str, Any] | None:
    """What is known of a copy; None where there is none."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        path = folder / facts["name"]
        return {**facts, "path": path} if path.exists() else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _newest(own: Path) -> dict[str, Any] | None:
    """The copy of a source that was made last."""
    found = [facts for folder in own.glob("[!.]*") if (facts := _facts(folder)) is not None]
    return max(found, key=lambda facts: facts["time"], default=None)


def _in_words(facts: dict[str, Any]) -> str:
    size = facts["bytes"]
    words = f"{size / 2**20:,.1f} MiB" if size >= 2**20 else f"{size:,} bytes"
    return f"{words}, sha256 {facts['sha256']}"


def _size_and_hash(path: Path) -> tuple[int, str]:
    """The bytes of a file, or of all files below a folder, and their sha256, of a folder with their names."""
    digest, size = hashlib.sha256(), 0
    for name in files_below(path).names if path.is_dir() else [""]:
        file = path / name if name else path
        size += file.stat().st_size
        if name:
            digest.update(f"{name!a} {file.stat().st_size} ".encode())
        with file.open("rb") as content:
            while block := content.read(_AT_ONCE):
                digest.update(block)
    return size, digest.hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
