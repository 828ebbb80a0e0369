"""What there is by name: data sets and variants, read from their files without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PACKAGE", "Entry", "compared_names", "datasets", "variants"]

PACKAGE = Path(__file__).resolve().parents[2]
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


def datasets() -> list[Entry]:
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
            by_path.append(Entry("PATH", node.name, _summary(node), is_name=False))
    return sorted(by_name, key=lambda entry: entry.text.lower()) + by_path


def variants() -> list[Entry]:
    """The variants of autoencoders.

    Returns:
        An entry for each class, by which `--set variant=...` names it.
    """
    kinds = {
        node.name: node
        for node in _classes(PACKAGE / "variants")
        if node.name != "Variant" and any(part for part in node.bases)
    }
    chosen = sorted(name for name, node in kinds.items() if _is_variant(node, kinds))
    return [Entry(name, name, _summary(kinds[name])) for name in chosen]


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


def _is_variant(node, kinds):
    """Whether a class inherits from Variant, directly or by way of another one."""
    bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
    return "Variant" in bases or any(base in kinds and _is_variant(kinds[base], kinds) for base in bases)


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
