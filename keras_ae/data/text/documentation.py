"""Text that needs no download: the documentation that comes with Python itself."""

from __future__ import annotations

import ast
import platform
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.text.collection import TextDataset
from keras_ae.files import files_below

__all__ = ["PythonDocs"]

PASSED_OVER = frozenset(
    ("dist-packages", "distutils", "idlelib", "lib2to3", "site-packages", "test", "tests", "turtledemo")
)
"""Folders of the standard library without documentation, or that not every Python has."""
EXAMPLE_CODE = (">>>", "...")
"""How lines of code begin in docstrings."""


@dataclass(frozen=True)
class PythonDocs(TextDataset, Dataset):
    """The documentation in Python, line by line: help topics and docstrings, English prose (PSF licence).

    These are `pydoc_data.topics` and the docstrings of the standard library's modules, classes and functions,
    whose files are parsed, not imported. Parts are repeated, so equal lines count once and are split by their
    content: a line's split does not depend on the version of Python, whose lines differ a little.

    Attributes:
        max_length: As in `TextDataset`; two thirds of the lines have no more.
        split_by: As in `TextDataset`, by content.
        distinct: As in `TextDataset`, set.
    """

    name: ClassVar[str] = "python_docs"
    max_length: int = 63
    split_by: str = "content"
    distinct: bool = True

    def texts(self) -> tuple[str, list[str], tuple[str, ...]]:
        """Reads the documentation of the Python that runs, without the blanks at the beginnings of lines."""
        from pydoc_data.topics import topics

        documents = [*(topics[name] for name in sorted(topics)), *_library_docstrings()]
        lines = [line.strip() for document in documents for line in document.splitlines()]
        prose = [line for line in lines if _is_prose(line)]
        left_out = sum(map(bool, lines)) - len(prose)
        version = f"help topics and docstrings of Python {platform.python_version()}, PSF licence"
        unlike = f"{counted(left_out, 'line')} of code or few letters left out"
        return self.name, ["\n".join(prose)], (version, unlike)


def _is_prose(line: str) -> bool:
    return sum(map(str.isalpha, line)) > len(line) / 2 and not line.startswith(EXAMPLE_CODE)


def _library_docstrings() -> Iterator[str]:
    """The docstrings of the standard library's files, in the order of their paths."""
    for path in _library_files(Path(sysconfig.get_path("stdlib"))):
        try:
            module = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue  # a template of code, for example
        yield ast.get_docstring(module) or ""
        yield from _docstrings(module.body)


def _library_files(library: Path) -> Iterator[Path]:
    for top in sorted(library.iterdir()):
        if top.is_file():
            paths = [top]
        else:  # installed packages are not even listed
            paths = [] if top.name in PASSED_OVER else [top / name for name in files_below(top).names]
        for path in paths:
            if path.suffix == ".py" and not PASSED_OVER.intersection(path.relative_to(library).parts):
                yield path


def _docstrings(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The docstrings of the classes and functions of a body, and of those in them."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
            yield from _docstrings(node.body)
