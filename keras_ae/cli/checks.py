"""What is checked of a request before TensorFlow is imported: names, paths, headers of files, packages."""

from __future__ import annotations

import importlib.util
import re
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from keras_ae.catalog import compared_names, datasets, no_compared, no_data
from keras_ae.data.sources.local import local_copy
from keras_ae.data.tables.byte_order import marked_encoding
from keras_ae.data.tables.suffixes import FRAMES, SHEETS, row_suffix
from keras_ae.declared import check_fields
from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.recipe_files import recipe_file
from keras_ae.runs.request import RunRequest

__all__ = [
    "check_data",
    "check_extras",
    "check_file",
    "check_package",
    "check_port",
    "check_settings",
    "check_variants",
]

LOOKED_AT = 2**16
"""Bytes at the beginning of a file of rows that are looked at."""

MAGIC = {
    ".xlsx": b"PK", ".xlsm": b"PK", ".zip": b"PK", ".parquet": b"PAR1", ".feather": b"ARROW1",
    ".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0",
}  # fmt: skip
"""The first bytes of files of rows that are no plain texts, by their suffix."""


def check_data(text: str | None) -> None:
    """Checks that there is a data set of a name, or a file or folder that begins as its kind does.

    Args:
        text: A name, a path, or a source, of which a local copy is made; None for the recipe's own data.

    Raises:
        InputError: There is neither.
    """
    if text is None:
        return
    names = [entry.text for entry in datasets() if entry.is_name]
    if text in names or text.partition(":")[0] in names:
        return
    path = Path(local_copy(text))
    if not path.exists():
        raise no_data(text)
    check_file(path)


def check_file(path: Path) -> None:
    """Checks that a file can be read and begins as files of its suffix do.

    Args:
        path: A file of arrays or of rows; others and folders are not looked at.

    Raises:
        InputError: It cannot be read, or is of another kind.
    """
    suffix, rows = path.suffix.lower(), row_suffix(path)
    if path.is_dir() or not (rows or suffix in (".npy", ".npz")):
        return
    if rows in SHEETS:
        check_package("openpyxl", "excel", f"an {rows}")
    elif rows in FRAMES:
        check_package("pyarrow", "parquet", f"a {rows}")
    try:
        with path.open("rb") as file:
            beginning = file.read(LOOKED_AT)
        is_archive = suffix == ".npz" and zipfile.is_zipfile(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    if suffix in (".npy", ".npz"):
        if not (is_archive or (suffix == ".npy" and beginning.startswith(b"\x93NUMPY"))):
            raise InputError(
                f"{path} cannot be read as a NumPy file of plain numbers (it begins with other bytes); "
                "write it with numpy.save or numpy.savez"
            )
    elif suffix in MAGIC:
        if not beginning.startswith(MAGIC[suffix]):
            raise InputError(f"{path} begins with other bytes than a {suffix} does; write it anew, or as CSV")
    elif b"\0" in beginning and marked_encoding(beginning) is None:
        raise InputError(f"expected a file of rows, {path} is binary; save it as comma-separated values")


def check_settings(request: RunRequest, *more: str) -> None:
    """Checks that a recipe has the fields that are set, as far as this can be read from files.

    Args:
        request: The recipe, its data and settings.
        *more: The paths of further fields.

    Raises:
        InputError: If it lacks one, or one does not take its value.
    """
    pairs = [setting.partition("=") for setting in request.settings]
    for path, equals, _ in pairs:
        if not equals:
            raise InputError(f'expected FIELD=VALUE, such as "epochs=5", received {path!r}')
    texts = {path.strip(): text.strip() for path, _, text in pairs}
    if not request.has_file:
        return
    check_fields(request.recipe, [*texts, *more], own_data=not request.data, texts=texts)


def check_variants(names: Sequence[str], settings: Sequence[str]) -> None:
    """Checks that a benchmark compares some variants, and that recipes have the fields that are set.

    Args:
        names: The names of the variants.
        settings: Settings of all recipes; what is below a field is not looked at, as it may fit only some.

    Raises:
        InputError: If one does not exist; the message has those that are near.
    """
    known = compared_names()
    for name in names:
        if name not in known:
            raise no_compared(name, known)
    check_fields("", [setting.partition("=")[0].strip() for setting in settings])


def check_port(option: str, port: int) -> None:
    """Checks that a number is one of a port.

    Args:
        option: The option that gives it.
        port: The number.

    Raises:
        InputError: It is not.
    """
    if not 0 <= port < 2**16:
        raise InputError(f"expected {option} between 0 and {2**16 - 1}, received {port}")


def check_package(module: str, extra: str, purpose: str) -> None:
    """Checks that a package of an extra is installed.

    Args:
        module: The module's name.
        extra: The extra of keras_ae that installs it.
        purpose: What needs it, for the message.

    Raises:
        InputError: It is not there.
    """
    if importlib.util.find_spec(module) is None:
        raise InputError(f"{purpose} needs {module}: {install_command(extra)}")


def check_extras(recipe: str) -> None:
    """Checks that the packages of the extra that a recipe's file names are installed.

    Args:
        recipe: The recipe's name, or the path of a .py file, which is read and not imported.

    Raises:
        InputError: If one is missing; the message says how to install it.
    """
    extra = _extra_of(recipe_file(recipe))
    try:
        required = metadata.requires("keras_ae") or []
    except metadata.PackageNotFoundError:  # run from its source
        return
    for text in required:
        needed = re.match(r"([\w.-]+).*extra == [\"'](\w+)[\"']", text)
        if extra and needed is not None and needed[2] == extra:
            try:
                metadata.version(needed[1])
            except metadata.PackageNotFoundError as error:
                raise InputError(f"{recipe} needs {needed[1]}: {install_command(extra)}") from error


def _extra_of(path: Path) -> str | None:
    """The extra in the constant EXTRAS of a recipe's file."""
    found = re.search(r'^EXTRAS = "(\w+)"$', path.read_text(encoding="utf-8", errors="replace"), re.M)
    return found[1] if found else None
