"""The direction of imports, and the things that no file of the house may hold."""

import ast
import dataclasses
import difflib
import importlib
import inspect

import pytest
from source import FILES, ROOT, nodes_of

from keras_ae.files import classes_below

TIERS = [tier.split() for tier in (
    "errors",
    "addresses extras losses names counts column_names table_layout",
        "sequences table_losses",
        "domains catalog field_names recipe_values",
        "files imaging recipe_files folder_layout codec",
    "model_names checked declared",
        "heads client replicas",
    "formats blocks reports",
    "backbones data",
    "metrics",
    "variants tasks",
    "overrides",
    "recipe",
    "runs serving",
    "tensorboard",
    "callbacks",
    "training",
    "apps experiments sklearn",
    "cli",
    "__main__",
    "recipes",
)]  # fmt: skip
RANKS = {unit: rank for rank, tier in enumerate(TIERS) for unit in tier}
NEVER = {unit: {"data", "formats"} for unit in ("blocks", "backbones", "variants")} | {
    "tasks": {"runs"},
    "client": {"heads", "losses", "imaging"},
}


def unit_of(path):
    return path.relative_to(ROOT / "keras_ae").parts[0].removesuffix(".py")


def imported_units(path):
    """The units of the package that a file imports, wherever in it the import stands."""
    names = []
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "keras_ae":
            names += [f"keras_ae.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.append(node.module)
    return {name.split(".")[1] for name in names if name.startswith("keras_ae.")} & set(RANKS)


def reached_units():
    """Every unit that each unit imports, directly or by way of others."""
    reached = {unit: set() for unit in RANKS}
    for path in FILES:
        if unit_of(path) != "__init__":
            reached[unit_of(path)] |= imported_units(path) - {unit_of(path)}
    for _ in RANKS:
        reached = {unit: found.union(*(reached[other] for other in found)) for unit, found in reached.items()}
    return reached


def test_a_unit_reaches_only_units_of_earlier_tiers():
    reached = reached_units()
    wrong = {(unit, other) for unit in RANKS for other in reached[unit] if RANKS[other] >= RANKS[unit]}
    wrong |= {(unit, other) for unit, others in NEVER.items() for other in reached[unit] & others}
    assert not wrong


def test_every_unit_has_a_tier():
    assert {unit_of(path) for path in FILES} - {"__init__"} == set(RANKS)


def test_apps_do_not_import_each_other():
    for path in (ROOT / "keras_ae" / "apps").rglob("*.py"):
        app = path.relative_to(ROOT / "keras_ae" / "apps").parts[0].removesuffix(".py")
        for node in nodes_of(path):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("keras_ae.apps"):
                assert node.module.split(".")[2:3] == [app], f"{path} imports {node.module}"


def test_only_the_command_line_and_main_modules_see_argparse():
    for path in FILES:
        if unit_of(path) != "cli" and path.name != "__main__.py":
            assert "import argparse" not in path.read_text(), path


def test_the_package_imports_no_recipe():
    for path in FILES:
        for node in nodes_of(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "recipes" for name in names), path


FOREIGN_TO_BUILD = {
    "compile", "fit", "print", "open", "set_random_seed", "save", "load", "load_model",
    "read_text", "write_text", "add_loss", "set_seed",
}  # fmt: skip


def test_a_build_only_builds():
    """build() calls no compile, loss, optimizer, data, file, print or global seed."""
    for path in (ROOT / "keras_ae" / "variants").glob("*.py"):
        assert not {"losses", "data", "metrics"} & imported_units(path)
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef) and node.name == "build":
                called = [ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
                assert not {name.split(".")[-1] for name in called} & FOREIGN_TO_BUILD
                assert not [name for name in called if "optimizers." in name or "losses." in name]


def test_nothing_is_pickled_or_run_by_a_shell():
    for path in FILES:
        text = path.read_text()
        assert "import pickle" not in text
        assert "allow_pickle=True" not in text
        assert "shell=True" not in text
        assert "os.system" not in text


HOOKS = (
    ("keras_ae.formats", "keras_ae.formats", "Format", False),
    ("keras_ae.tasks", "keras_ae.tasks", "Task", False),
    ("keras_ae.variants", "keras_ae.variants", "Variant", True),
    ("keras_ae.backbones", "keras_ae.heads", "Backbone", False),
    ("keras_ae.data", "keras_ae.data.dataset", "Dataset", False),
    ("keras_ae.data.augmentation", "keras_ae.data.augmentation", "Augmentation", False),
    ("keras_ae.tasks", "keras_ae.tasks.thresholds", "Threshold", True),
    ("keras_ae.blocks", "keras_ae.blocks.samplers", "Sampler", True),
    ("keras_ae.formats.levels", "keras_ae.formats.levels.game", "Game", False),
)
"""Folders, where the base class of each is, its name, and whether its hooks are all that is public."""


def misspelt(kind, base, strict):
    """Public names of a class that look like a hook of its base class, or all of its own where strict."""
    declared = {*dir(base), *inspect.get_annotations(base)}
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    own = {name for part in kind.__mro__ if part not in base.__mro__ for name in vars(part)}
    extra = {name for name in own if not name.startswith("_")} - declared - fields
    hooks = [name for name in declared if not name.startswith("_")]
    return sorted(name for name in extra if strict or difflib.get_close_matches(name, hooks, 1, MISSPELT))


MISSPELT = 0.75
"""Names that are as alike as this, by difflib's ratio, are taken for misspelt ones."""


@pytest.mark.parametrize(("package", "module", "name", "strict"), HOOKS, ids=[each[2] for each in HOOKS])
def test_no_hook_is_misspelt(package, module, name, strict):
    base = getattr(importlib.import_module(module), name)
    kinds = classes_below(importlib.import_module(package), base)
    assert kinds
    assert {kind.__name__: found for kind in kinds if (found := misspelt(kind, base, strict))} == {}


def test_a_misspelt_hook_is_found():
    class Base:
        limit: int = 3

        def repair(self):
            """To be overridden."""

    @dataclasses.dataclass(frozen=True)
    class Kind(Base):
        speed: int = 1

        def repairs(self):
            """Meant to be `repair`."""

        def legend(self):
            """Its own."""

    assert misspelt(Kind, Base, strict=False) == ["repairs"]
    assert misspelt(Kind, Base, strict=True) == ["legend", "repairs"]
