"""What every module says of what it makes public: `__all__`, docstrings and annotations."""

import ast
import functools

import pytest
from source import FILES, ROOT, nodes_of, tree_of

KERAS_HOOKS = {
    "build", "call", "compute_output_shape", "compute_output_spec", "get_config", "from_config",
    "compute_loss", "train_step", "test_step", "on_train_begin", "on_train_end", "on_train_batch_end",
    "on_epoch_begin", "on_epoch_end", "on_test_begin", "on_test_end",
}  # fmt: skip
"""Methods that override those of Keras, which documents them."""


@functools.cache
def classes():
    """Every class of the package by its name."""
    return {node.name: node for path in FILES for node in nodes_of(path) if isinstance(node, ast.ClassDef)}


def base_names(node):
    return [ast.unparse(base).split(".")[-1] for base in node.bases]


def inherited(node):
    """Names of the methods that the base classes of a class define."""
    known = classes()
    bases = [known[name] for name in base_names(node) if name in known and known[name] is not node]
    own = {part.name for base in bases for part in base.body if isinstance(part, ast.FunctionDef)}
    return own.union(*(inherited(base) for base in bases))


def is_foreign(node):
    """Whether a class inherits from one of another package."""
    names = base_names(node)
    known = classes()
    return any(name not in known or is_foreign(known[name]) for name in names if name != node.name)


def decorators(node):
    return {ast.unparse(decorator).split("(")[0].split(".")[-1] for decorator in node.decorator_list}


def public_names(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return {element.value for element in node.value.elts}
    return None


def public_functions(tree):
    """(name, function, class or None) of the public functions and methods of what a module exports."""
    names = public_names(tree) or ()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            yield node.name, node, None
        if isinstance(node, ast.ClassDef) and node.name in names:
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    yield f"{node.name}.{part.name}", part, node


def overrides(node, owner):
    if owner is None:
        return False
    return node.name in inherited(owner) or (node.name in KERAS_HOOKS and is_foreign(owner))


def parameters(node, owner):
    """Parameters of a function beside self and cls, as nodes."""
    found = [*node.args.posonlyargs, *node.args.args]
    if owner is not None and "staticmethod" not in decorators(node):
        found = found[1:]
    rest = [node.args.vararg, node.args.kwarg]
    return found + node.args.kwonlyargs + [part for part in rest if part is not None]


def gives_something(node):
    return node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn")


def documentation_gaps(path):
    """What is missing of a module's `__all__` and docstrings."""
    tree = tree_of(path)
    names = public_names(tree)
    if names is None and not tree.body[1:]:  # a docstring alone
        return
    if names is None:
        yield "no __all__"
        return
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
            if not ast.get_docstring(node):
                yield f"{node.name}: no docstring"
            fields = [
                part.target.id
                for part in getattr(node, "body", [])
                if isinstance(part, ast.AnnAssign)
                and not part.target.id.startswith("_")
                and "ClassVar" not in ast.unparse(part.annotation)
            ]
            documented = ast.get_docstring(node) or ""
            if "dataclass" in decorators(node) and fields and "Attributes:" not in documented:
                yield f"{node.name}: no Attributes section"
    for name, node, owner in public_functions(tree):
        documented = ast.get_docstring(node) or ""
        if overrides(node, owner):
            continue
        if not documented:
            yield f"{name}: no docstring"
        elif not decorators(node) & {"property", "cached_property", "setter"}:
            if parameters(node, owner) and "Args:" not in documented:
                yield f"{name}: no Args section"
            if gives_something(node) and not {"Returns:", "Yields:"} & set(documented.split()):
                yield f"{name}: no Returns section"


def annotation_gaps(path):
    """Parameters and returns of public functions without an annotation."""
    for name, node, owner in public_functions(tree_of(path)):
        if owner is not None and node.name in KERAS_HOOKS and is_foreign(owner):
            continue
        missing = [part.arg for part in parameters(node, owner) if part.annotation is None]
        if missing or node.returns is None:
            yield f"{name}: {', '.join(missing) or 'return'}"


def checked():
    files = [path for path in FILES if path.name != "__main__.py"]
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in files]


@pytest.mark.parametrize("path", checked())
def test_public_names_are_documented(path):
    assert not list(documentation_gaps(path))


@pytest.mark.parametrize("path", checked())
def test_public_functions_are_annotated(path):
    assert not list(annotation_gaps(path))
