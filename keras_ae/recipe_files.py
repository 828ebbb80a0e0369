"""Where recipes lie, and what each says of itself; reads files and imports none of them."""

from __future__ import annotations

import ast
from pathlib import Path

from keras_ae.errors import InputError

FOLDERS = (Path("recipes"), Path(__file__).resolve().parent.parent / "recipes")
"""Folders that recipes are looked for in: below the working folder, then beside the package."""


def recipe_files() -> dict[str, Path]:
    """The path of each recipe by its name; the working folder's own goes before the package's."""
    found = [path for folder in reversed(FOLDERS) for path in folder.glob("*.py") if path.name[0] not in "_."]
    return dict(sorted((path.stem, path) for path in found))


def recipe_file(name: str) -> Path:
    """The file that a recipe's name or path stands for.

    Raises InputError for an unknown one, with the list of those there are.
    """
    files = recipe_files()
    if name in files:
        return files[name]
    if name.endswith(".py") and Path(name).is_file():
        return Path(name)
    raise InputError(
        f"expected a recipe's name ({', '.join(files) or 'none found here'}) or the path of a .py file; "
        f"received {name!r}"
    )


def summary(path: Path) -> str:
    """The first line of a recipe's docstring, or what keeps it from having one."""
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    except (SyntaxError, UnicodeDecodeError) as error:
        return f"cannot be read: {error}"
    return text.splitlines()[0] if text else "(no description)"
