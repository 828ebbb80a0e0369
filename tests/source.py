"""The files of the package as syntax trees, for the tests that read them; each is parsed once."""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "keras_ae").rglob("*.py"))


@functools.cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes_of(path):
    """All nodes of a file's tree, in the order of `ast.walk`."""
    return tuple(ast.walk(tree_of(path)))
