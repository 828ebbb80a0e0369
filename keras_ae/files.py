"""Files written whole or not at all, those below a folder, and the modules of a package."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import pkgutil
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from keras_ae.errors import InputError

__all__ = [
    "FORMAT",
    "FolderFiles",
    "check_folder",
    "check_format",
    "check_new",
    "class_names",
    "class_of",
    "classes_below",
    "files_below",
    "is_hidden",
    "modules_below",
    "replace_text",
    "written_whole",
]

FORMAT = 1
"""The form of a run's folder and of an export, as this version writes them; those without one are older."""

SYSTEM_NAMES = frozenset(
    "@eadir #recycle #snapshot __macosx $recycle.bin thumbs.db ehthumbs.db desktop.ini lost+found".split()
) | {"icon\r", "system volume information"}
"""Folders and files that systems and their tools leave among a user's own, in lower case."""

MOST_NAMED = 8
"""Names of hidden folders and files in a note, at most."""


def check_format(number: object, folder: Path) -> None:
    """Refuses what a later version of keras_ae has written.

    Args:
        number: The format that a folder states; 0 if it states none.
        folder: The folder of a run or of an exported version.

    Raises:
        InputError: If this version does not read that format.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= FORMAT:
        raise InputError(
            f"{folder} has format {number}, and this version of keras_ae reads those up to {FORMAT}; "
            "update keras_ae, or train again"
        )


@contextmanager
def written_whole(*files: Path) -> Iterator[list[Path]]:
    """Temporary paths beside files, moved into place together when the block ends without an error.

    Whoever reads a file meanwhile finds the old one or the new one. After an error nothing is
    moved and the temporary files are removed.

    Args:
        files: The files to write or to replace; their folders exist.

    Yields:
        A path to write to for each file, in the same folder and with the same suffix.
    """
    # all of the suffix, for Keras looks at ".weights.h5"
    partial = [file.with_name(f".{uuid.uuid4().hex}{''.join(file.suffixes[-2:])}") for file in files]
    try:
        yield partial
        for path, file in zip(partial, files, strict=True):
            os.replace(path, file)
    finally:
        for path in partial:
            path.unlink(missing_ok=True)


def check_folder(folder: Path, option: str) -> None:
    """Checks that a folder can be written to, or created.

    Args:
        folder: The folder.
        option: The option that names another one, such as "--runs".

    Raises:
        InputError: It cannot.
    """
    scheme = folder.parts[0] if folder.parts else ""
    if len(scheme) > 2 and scheme.endswith(":"):  # what a path makes of s3://bucket
        raise InputError(
            f"expected a folder here, received an address of {scheme[:-1]}; name another {option}"
        )
    nearest = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not nearest.is_dir():
        raise InputError(
            f"the folder {folder} cannot be written ({nearest} is not a folder); name another {option}"
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"the folder {folder} cannot be written (no permission); name another {option}")


def check_new(file: Path, force: bool, option: str = "--output") -> None:
    """Checks that a file can be written, before the work whose result it is.

    Args:
        file: The file.
        force: Whether it may be replaced.
        option: The option that names another one.

    Raises:
        InputError: It is there already, is a folder, or its folder cannot be written.
    """
    if os.path.isdir(file):
        raise InputError(f"{file} is a folder; name a file in it with {option}")
    if os.path.lexists(file) and not force:
        raise InputError(f"{file} already exists; name another {option}, or replace it with --force")
    check_folder(file.parent, option)


def replace_text(file: Path, text: str) -> None:
    """Writes a text file whole: whoever reads it meanwhile finds the old text or the new one.

    Args:
        file: The file to write or to replace; its folder exists.
        text: Its whole content, written as UTF-8.
    """
    with written_whole(file) as (partial,):
        partial.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class FolderFiles:
    """The files below a folder.

    Attributes:
        names: Their paths, relative to the folder and in a fixed order, without the hidden ones.
        hidden: How many files were passed over, by the name of the hidden folder or file.
    """

    names: list[str] = field(default_factory=list)
    hidden: Counter[str] = field(default_factory=Counter)

    @property
    def note(self) -> str:
        """A line about the files that were passed over; empty if there are none."""
        counts = [f"{name} ({count})" for name, count in sorted(self.hidden.items())]
        more = [f"{len(counts) - MOST_NAMED} more"] if len(counts) > MOST_NAMED else []
        total = self.hidden.total()
        listing = ", ".join(counts[:MOST_NAMED] + more)
        return f"passed over {total} hidden or system file{'s' * (total > 1)}: {listing}" if total else ""


def is_hidden(name: str) -> bool:
    """Whether a folder or a file is hidden, or left by a system or its tools.

    Args:
        name: Its name, without the folders above it.

    Returns:
        True for names that begin with a dot, such as `.git` and `._1.jpg`, and those such as `Thumbs.db`.
    """
    return name.startswith(".") or name.lower() in SYSTEM_NAMES


def _refuse_unlisted(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be listed ({error.strerror}); give a folder that can be read")


def files_below(folder: str | Path, unlisted: Callable[[OSError], None] = _refuse_unlisted) -> FolderFiles:
    """Lists the files below a folder; links to folders are followed.

    Args:
        folder: The folder, which may itself be hidden.
        unlisted: Called with the error for a folder that cannot be listed.

    Returns:
        The files.

    Raises:
        InputError: If a folder cannot be listed, unless `unlisted` is another function.
    """
    files, top = FolderFiles(), str(Path(folder))
    above: dict[str, frozenset[str]] = {}
    for where, folders, names in os.walk(top, onerror=unlisted, followlinks=True):
        real, outer = os.path.realpath(where), above.get(os.path.dirname(where), frozenset())
        if real in outer:  # a link to a folder that it lies in
            folders.clear()
            continue
        above[where] = outer | {real}
        inside = os.path.relpath(where, top)
        parts = [] if inside == "." else inside.split(os.sep)
        hidden = next(filter(is_hidden, parts), None)
        for name in names:
            if not os.path.isfile(os.path.join(where, name)):
                continue
            if hidden or is_hidden(name):
                files.hidden[hidden or ("._*" if name.startswith("._") else name)] += 1
            else:
                files.names.append(os.path.join(*parts, name))
    files.names.sort(key=lambda name: name.split(os.sep))
    return files


def modules_below(package: ModuleType, naming: str = "") -> list[ModuleType]:
    """Every module of a package and of the packages inside it, imported, in the order of their names.

    Args:
        package: A package of keras_ae, such as `keras_ae.data`.
        naming: Only modules whose source holds this text are imported; "" for all.

    Returns:
        The package itself and the modules below it.
    """
    names = _names_below(package.__name__, tuple(package.__path__), naming)
    return [package, *map(importlib.import_module, names)]


@functools.cache  # listing folders takes longer than all else that is asked of modules
def _names_below(name: str, folders: tuple[str, ...], naming: str) -> tuple[str, ...]:
    """The names of the modules below a package; the packages inside it are imported."""
    found = [info.name for info in pkgutil.walk_packages(folders, f"{name}.")]
    return tuple(module for module in found if not naming or naming in _source(module))


def _source(module: str) -> str:
    """The source of a module, which is not imported."""
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).read_text(encoding="utf-8") if spec is not None and spec.origin else ""


def classes_below(package: ModuleType, base: type = object, named: bool = False) -> list[type]:
    """The classes that the modules of a package define, in the order of the modules' names.

    Args:
        package: A package of keras_ae.
        base: The class that they inherit from; it is not among them itself.
        named: Whether to import only modules that import that class by its name, and leave others alone,
            which may take packages whose import takes seconds.

    Returns:
        The classes, each once, without those that a module only imports.
    """
    return [
        kind
        for module in modules_below(package, f"import {base.__name__}" if named else "")
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and issubclass(kind, base)
        and kind is not base
    ]


def class_names(package: ModuleType, base: type) -> list[str]:
    """The names of the classes that a package offers: those in the `__all__` of its modules.

    Args:
        package: A package of keras_ae, such as `keras_ae.variants`.
        base: The class that they inherit from.

    Returns:
        The names, in the order of the modules' names.
    """
    return [
        kind.__name__
        for kind in classes_below(package, base)
        if kind.__name__ in getattr(sys.modules[kind.__module__], "__all__", ())
    ]


def class_of(package: ModuleType, base: type, name: str) -> type:
    """A class that a package offers, for the package's `__getattr__`.

    Args:
        package: A package of keras_ae, such as `keras_ae.variants`.
        base: The class that it inherits from.
        name: Its name.

    Returns:
        The class.

    Raises:
        AttributeError: If there is no such class.
    """
    if not name[:1].isupper():  # as modules are looked for, which are imported afterwards
        raise AttributeError(f"module {package.__name__!r} has no attribute {name!r}")
    for kind in classes_below(package, base):
        if kind.__name__ == name:
            return kind
    names = ", ".join(class_names(package, base))
    raise AttributeError(f"module {package.__name__!r} has no attribute {name!r}; it has {names}")
