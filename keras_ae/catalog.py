"""What there is by name, and what to say of a name that is not there: data sets and variants.

Their files are read without importing them.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.names import nearby

__all__ = [
    "PACKAGE",
    "Entry",
    "check_class",
    "classes_of",
    "compared_names",
    "datasets",
    "names_beside",
    "no_class",
    "no_compared",
    "no_data",
    "variants",
    "variants_called",
]

PACKAGE = Path(__file__).resolve().parent
"""The folder of this package."""


@dataclass(frozen=True)
class Entry:
    """A data set or a variant.

    Attributes:
        text: What stands for it on a command line; of a kind of data without a name, what it is read from.
        kind: The name of its class.
        summary: The first line of its docstring.
        is_name: Whether the text is a name.
    """

    text: str
    kind: str
    summary: str
    is_name: bool = True


@cache
def datasets() -> tuple[Entry, ...]:
    """The data sets by name, then the kinds that a path can stand for.

    Returns:
        The entries.
    """
    by_name, by_path = [], []
    for node in _classes(PACKAGE / "data"):
        fields = {name: one.value for name, one in _assigned(node.body) if isinstance(one, ast.Constant)}
        if fields.get("name"):
            by_name.append(Entry(str(fields["name"]), node.name, _summary(node)))
        elif fields.get("priority"):
            by_path.append(Entry(str(fields.get("form", "PATH")), node.name, _summary(node), is_name=False))
    return *sorted(by_name, key=lambda entry: entry.text.lower()), *by_path


def variants() -> tuple[Entry, ...]:
    """The variants of autoencoders.

    Returns:
        An entry for each class, by which `--set variant=...` names it.
    """
    return classes_of("Variant")


FOLDERS = {"Variant": "variants", "Task": "tasks", "Backbone": "backbones"}
"""The folder of the classes that inherit from each of these."""


@cache
def classes_of(base: str) -> tuple[Entry, ...]:
    """The classes of a kind, each of which a field of that kind takes.

    Args:
        base: The name of the class that they inherit from, one of `FOLDERS`.

    Returns:
        An entry for each class.
    """
    kinds = {node.name: node for node in _classes(PACKAGE / FOLDERS[base]) if node.bases}
    chosen = sorted(name for name, node in kinds.items() if _inherits(node, kinds, base))
    return tuple(Entry(name, name, _summary(kinds[name])) for name in chosen)


def check_class(path: str, base: str, text: str) -> None:
    """Checks that there is a class for a field that takes one of a kind.

    Args:
        path: The field's path, such as "variant".
        base: The name of the class that they inherit from; one that is not in `FOLDERS` is not looked at.
        text: The text of a command line, such as "Variational(latent_dim=8)" or the name of a module.

    Raises:
        InputError: There is none.
    """
    if base not in FOLDERS:
        return
    name = text.strip(" '\"").partition("(")[0].strip()
    names, plain = [entry.text for entry in classes_of(base)], name.replace("_", "").lower()
    is_module = (PACKAGE / FOLDERS[base] / f"{name}.py").is_file()
    called = variants_called(name) if base == "Variant" else []
    if not (is_module or called or plain in map(str.lower, names)):
        raise no_class(path, base, name or text, names)


def variants_called(text: str) -> list[str]:
    """The variants that a text may mean: by a class's or a module's name, or by initials as papers have them.

    Args:
        text: Such as "Variational", "vector_quantized", "vae" or "VQ-VAE".

    Returns:
        The names of their classes; of initials such as "cae" there may be several.
    """
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    names = [entry.text for entry in variants()]
    called = [name for name in names if plain in (name.lower(), f"{name.lower()}autoencoder")]
    if called:
        return called
    initials = {name: "".join(re.findall("[A-Z]", name)).lower() for name in names}
    return [name for name in names if plain in (f"{initials[name]}ae", f"{initials[name]}vae")]


def no_data(text: str) -> InputError:
    """The error that no data are there by a name or a path.

    Args:
        text: What stands for data.

    Returns:
        The error, with the names of data sets and of files beside it that are near.
    """
    names = [entry.text for entry in datasets() if entry.is_name]
    near = nearby(text, [*names, *names_beside(text)])
    return InputError(
        f"there is no file, folder or data set called {text!r}{near}; keras-ae datasets lists the names, and "
        "what is read from a path"
    )


def no_class(path: str, kind: str, text: str, names: Sequence[str]) -> InputError:
    """The error that there is no class of a name for a field.

    Args:
        path: The field's path, such as "variant".
        kind: The name of the class that all of them inherit from.
        text: The name that was given.
        names: The classes that there are.

    Returns:
        The error, with the names that are near; else with all of them, of variants where they are listed.
    """
    near, few = nearby(text, names), f"there is {', '.join(names)}"
    listing = LISTINGS.get(kind, few if not near or len(names) <= FEW else "")
    advice = f"{listing}; " if listing else ""
    return InputError(
        f"{path}: there is no {kind} called {text!r}{near}; {advice}write Name or Name(field=value, ...)"
    )


LISTINGS = {
    "Variant": "keras-ae variants lists them",
    "Dataset": "a path or a name such as mnist goes into --data (make: DATA=)",
}
"""What lists the classes of a kind."""

FEW = 8
"""Names that a message has all, at most, where some are near."""


def no_compared(name: str, names: Sequence[str]) -> InputError:
    """The error that a benchmark has no variant of a name.

    Args:
        name: The name that was given.
        names: Those that it has.

    Returns:
        The error, with the names that are near, else with all.
    """
    near = nearby(name, names)
    listing = "" if near else f"there is {', '.join(names)}; "
    return InputError(
        f"there is no variant called {name!r} to compare{near}; {listing}without names all are compared"
    )


def names_beside(text: str) -> list[str]:
    """The paths of files and folders in the folder of one that is not there.

    Args:
        text: A path.

    Returns:
        The paths, of a large folder some; none where there is no such folder.
    """
    folder = os.path.dirname(text)
    try:
        with os.scandir(folder or ".") as found:
            return [os.path.join(folder, one.name) for one in islice(found, MOST_BESIDE)]
    except OSError:
        return []


MOST_BESIDE = 1000
"""Files of a folder that are compared with a name, at most."""


def compared_names() -> list[str]:
    """The variants that a benchmark compares.

    Returns:
        The names in the `COMPARED` of each variant's file; of a file without it, the file's own.
    """
    names = []
    for path in sorted((PACKAGE / "variants").glob("[!_]*.py")):
        compared = dict(_assigned(ast.parse(path.read_text(encoding="utf-8")).body)).get("COMPARED")
        names += [path.stem] if compared is None else [key.value for key in compared.keys]
    return names


def _inherits(node, kinds, name):
    """Whether a class inherits from one of a name, directly or by way of another one."""
    bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
    return name in bases or any(base in kinds and _inherits(kinds[base], kinds, name) for base in bases)


def _classes(folder: Path) -> Iterator[ast.ClassDef]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                yield node


def _assigned(body):
    """(name, expression) of what the body of a class or a module assigns, several at once too."""
    for part in body:
        if isinstance(part, ast.AnnAssign):
            targets, values = [part.target], [part.value]
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Tuple):
            targets, values = part.targets[0].elts, getattr(part.value, "elts", [])
        elif isinstance(part, ast.Assign):
            targets, values = part.targets, [part.value]
        else:
            continue
        for target, value in zip(targets, values, strict=False):
            if isinstance(target, ast.Name):
                yield target.id, value


def _summary(node):
    text = ast.get_docstring(node) or ""
    return text.partition("\n\n")[0].replace("\n", " ")
