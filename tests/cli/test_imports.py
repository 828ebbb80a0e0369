"""What verbs import: TensorFlow without what Keras can do without, others only where they are used."""

import ast
import functools
import gc
import importlib
import subprocess
import sys

import pytest
from source import ROOT, tree_of

from keras_ae.cli import imports

HEAVY = {
    "joblib",
    "matplotlib",
    "mlxtend",
    "pandas",
    "scipy",
    "skimage",
    "sklearn",
    "soundfile",
    "tensorboard",
}
"""Packages whose import takes tenths of a second, but for Pillow and requests, which Keras itself needs."""


def file_of(module):
    parts = module.split(".")[1:]
    if parts[:1] == ["recipes"] and len(parts) > 1:
        return ROOT / "recipes" / f"{parts[1]}.py"
    path = ROOT.joinpath("keras_ae", *parts)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@functools.cache
def imported_at_once(module):
    """The modules of the package, and the other packages, whose import stands in no function of a module."""
    own, others = set(), set()
    for node in statements(tree_of(file_of(module)).body):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [
                node.module,
                *(name for name in inner if name.startswith("keras_ae.") and file_of(name).exists()),
            ]
        else:
            continue
        own |= {name for name in names if name.startswith("keras_ae.")}
        others |= {name.partition(".")[0] for name in names}
    parents = {".".join(name.split(".")[:count]) for name in own for count in range(2, name.count(".") + 1)}
    return own | parents, others


def statements(body):
    for node in body:
        yield node
        if (isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING") or isinstance(
            node, ast.Try
        ):
            yield from statements(node.body)


def reached(*modules):
    """Every module that is imported with others, with the heavy packages that it imports at once."""
    waiting, found = [f"keras_ae.{module}" for module in modules], {}
    while waiting:
        module = waiting.pop()
        if module not in found:
            own, others = imported_at_once(module)
            found[module] = others & HEAVY
            waiting += own
    return found


@pytest.mark.parametrize(
    "modules",
    [
        ("cli", "training.complete", "recipes.denoising"),  # train
        ("cli", "training.complete", "recipes.digits"),
        ("cli", "apps.prediction.predict"),  # of arrays
        ("cli", "apps.prediction.predict", "apps.prediction.outputs"),
        ("cli", "apps.generation.generator"),
    ],
)
def test_a_verb_imports_other_packages_only_where_it_uses_them(modules):
    heavy = {module: packages for module, packages in reached(*modules).items() if packages}
    assert not heavy


def test_settings_are_looked_up_among_all_tasks_and_variants_without_scikit_learn():
    everywhere = [
        ".".join(path.relative_to(ROOT / "keras_ae").with_suffix("").parts)
        for unit in ("tasks", "variants", "backbones", "data/augmentation")
        for path in (ROOT / "keras_ae" / unit).glob("*.py")
    ]
    found = reached(*(module.removesuffix(".__init__") for module in everywhere))
    assert not {module: packages for module, packages in found.items() if packages & {"sklearn", "skimage"}}


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "optional_one.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(imports, "OPTIONAL", ("optional_one",))
    yield "optional_one"
    sys.modules.pop("optional_one", None)


def test_an_optional_package_is_not_there_until_keras_is(package):
    with imports.without_optional(), pytest.raises(ImportError):
        importlib.import_module(package)
    assert importlib.import_module(package).value == 1


def test_an_optional_package_that_is_imported_already_stays(package):
    before = importlib.import_module(package)
    with imports.without_optional():
        assert importlib.import_module(package) is before
    assert sys.modules[package] is before


def test_an_error_of_the_import_leaves_nothing_behind(package):
    with pytest.raises(ValueError, match="broken"), imports.without_optional(), imports.without_collection():
        raise ValueError("broken")
    gc.unfreeze()
    assert package not in sys.modules
    assert gc.isenabled()


def test_no_garbage_is_collected_meanwhile():
    with imports.without_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()


@pytest.mark.slow
def test_tensorflow_is_loaded_without_what_keras_can_do_without():
    program = (
        "import sys\nfrom keras_ae.cli.output import load_tensorflow\nload_tensorflow()\n"
        "heavy = {'matplotlib', 'pandas', 'scipy.stats', 'sklearn'} & set(sys.modules)\n"
        "import keras, matplotlib, pandas, sklearn\nkeras.Input((2,))\nsys.exit(f'{heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
