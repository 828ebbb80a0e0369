"""The direction of imports, and the things that no file of the house may hold."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "keras_ae").rglob("*.py"))

TIERS = [tier.split() for tier in (
    "errors",
    "losses",
        "domains",
        "files imaging heads client recipe_files",
    "formats blocks",
    "backbones data",
    "metrics",
    "variants tasks",
    "recipe",
    "runs serving",
    "tensorboard",
    "callbacks",
    "training",
    "apps experiments",
    "cli",
    "__main__",
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
    for node in ast.walk(ast.parse(path.read_text())):
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
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("keras_ae.apps"):
                assert node.module.split(".")[2:3] == [app], f"{path} imports {node.module}"


def test_the_package_imports_no_recipe():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
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
        tree = ast.parse(path.read_text())
        assert not {"losses", "data", "metrics"} & imported_units(path)
        for node in ast.walk(tree):
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
