"""The direction of imports, and the things that no file of the house may hold."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RANKS = {
    "errors": 0, "losses": 0, "pictures": 0, "decoding": 0,
    "levels": 0.3, "music": 0.3, "media": 0.6,
    "heads": 1, "metrics": 1, "disentanglement": 1, "baselines": 1, "catalogue": 1, "data": 1, "client": 1,
    "thresholds": 1,
    "neighbours": 1, "sheet": 0,
    "blocks": 2, "classifier": 2, "drawing": 2,
    "samplers": 3, "scores": 3, "ranges": 2, "points": 3,
    "variants": 4, "tasks": 4, "trainees": 4, "callbacks": 4, "board": 4, "latent": 4,
    "recipe": 5,
    "runs": 6, "serving": 6, "card": 6,
    "training": 7, "runtimes": 7, "encoding": 7, "restoring": 7, "detecting": 7, "generating": 7,
    "benchmark": 8, "sweep": 8, "beam": 8,
    "cli": 9,
    "__main__": 10,
}  # fmt: skip
FILES = sorted((ROOT / "keras_ae").rglob("*.py"))


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
    return {name.split(".")[1] for name in names if name.startswith("keras_ae.")} - {"__version__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_unit_imports_only_units_of_a_lower_rank(path):
    unit = path.relative_to(ROOT / "keras_ae").parts[0].removesuffix(".py")
    if unit == "__init__":
        assert not imported_units(path)
        return
    for other in imported_units(path) - {unit}:
        assert RANKS[other] < RANKS[unit], (
            f"{unit} (rank {RANKS[unit]}) imports {other} (rank {RANKS[other]})"
        )


def test_every_unit_has_a_rank():
    units = {path.relative_to(ROOT / "keras_ae").parts[0].removesuffix(".py") for path in FILES}
    assert units - {"__init__"} == set(RANKS)


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
