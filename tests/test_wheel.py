"""The package as it is installed: what setup.cfg says of it, and a wheel in use far from the clone."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from keras_ae.extras import EXTRAS

ROOT = Path(__file__).resolve().parent.parent
RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("*.py"))


@pytest.fixture(scope="module")
def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def requirements(text):
    return [Requirement(line) for line in text.splitlines() if line.strip()]


def test_the_recipes_are_a_package_of_the_wheel(setup):
    """Which has no file of its own, for that would be left out."""
    assert setup["options"]["package_dir"].strip() == "keras_ae.recipes = recipes"
    assert setup["options"]["packages"] == "find:"
    assert [path.name for path in (ROOT / "keras_ae" / "recipes").glob("*.*")] == ["__init__.py"]
    assert {path.parent for path in (ROOT / "keras_ae").rglob("*.py")} == {
        path.parent for path in (ROOT / "keras_ae").rglob("__init__.py")
    }


def test_every_extra_says_what_it_is_for(setup):
    assert set(setup["options.extras_require"]) == set(EXTRAS)


def test_every_requirement_says_why():
    text = (ROOT / "setup.cfg").read_text()
    lines = text[text.index("install_requires =") : text.index("[options.extras_require]")].splitlines()[1:]
    above = dict(zip(lines[1:], lines[:-1], strict=True))
    names = [line for line in lines if re.match(r"    \w", line)]
    assert len(names) > 10
    assert not [line for line in names if not above[line].strip().startswith("# ")]


def test_the_constraints_are_exact_and_within_the_requirements(setup):
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    versions = {pin.name.lower().replace("_", "-"): str(pin.specifier).removeprefix("==") for pin in pins}
    assert all(re.fullmatch(r"[\w.]+", version) for version in versions.values())
    extras = setup["options.extras_require"]
    for needed in requirements(setup["options"]["install_requires"] + extras["cpu"] + extras["dev"]):
        name = needed.name.lower().replace("_", "-")
        if name != "setuptools":  # of which a new environment has one
            assert needed.specifier.contains(versions[name]), needed


def test_no_base_requirement_is_for_one_recipe_alone(setup):
    names = {needed.name.lower() for needed in requirements(setup["options"]["install_requires"])}
    assert not names & {"mido", "music21", "pywavelets"}
    for path in (ROOT / "keras_ae").rglob("*.py"):
        assert not re.search(r"^(import|from) (mido|music21|pywt)", path.read_text(), re.M), path


def test_texts_name_extras_that_exist(setup):
    texts = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("keras_ae/*/*.md"), ROOT / "Makefile"]
    assert len(texts) > 3
    for path in texts:
        for extras in re.findall(r"pip install (?:-e )?['\"](?:keras_ae|\.)\[([\w,]+)\]", path.read_text()):
            assert set(extras.split(",")) <= set(EXTRAS), path


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """(*words, **environment) -> the finished process of keras-ae from a wheel, in an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    clone, site, empty = folder / "clone", folder / "site", folder / "empty"
    empty.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("keras_ae", "recipes"):
        shutil.copytree(ROOT / name, clone / name, ignore=ignored)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    offline = ["--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "-w", folder, clone], check=True)
    (wheel,) = folder.glob("keras_ae-*.whl")
    subprocess.run([*pip, "install", *offline, "--target", site, wheel], check=True)
    environment = os.environ | {"PYTHONPATH": str(site), "CUDA_VISIBLE_DEVICES": ""}

    def run(*words, **more):
        return subprocess.run(
            [sys.executable, "-m", "keras_ae", *words], cwd=empty, env=environment | more,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    run.site, run.folder = site, empty
    return run


@pytest.mark.slow
def test_a_wheel_has_the_recipes_and_lists_them_in_an_empty_folder(installed):
    done = installed("list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == RECIPES
    assert (done.returncode, done.stderr) == (0, "")
    files = {path.name for path in (installed.site / "keras_ae" / "recipes").iterdir()}
    assert files - {"__pycache__"} == {f"{name}.py" for name in RECIPES}
    assert not (installed.site / "recipes").exists()
    assert (installed.site / "keras_ae" / "py.typed").exists()
    assert list((installed.site / "keras_ae").rglob("published.sha256"))
    assert (installed.site / "keras_ae" / "serving" / "verify.cc").exists()


@pytest.mark.slow
def test_a_wheel_trains_and_exports_in_an_empty_folder(installed):
    done = installed("train", "denoising", "--set", "epochs=1")
    assert done.returncode == 0, done.stderr
    for head in ("encoder", "decoder", "autoencoder"):
        assert (installed.folder / "saved_models" / "denoising" / head / "1" / "saved_model.pb").exists()
    assert (installed.folder / "runs" / "denoising" / "001" / "autoencoder.keras").exists()


@pytest.mark.slow
def test_a_recipe_of_the_working_folder_that_hides_one_of_the_wheel_is_told(installed):
    own = installed.folder / "recipes"
    own.mkdir()
    (own / "digits.py").write_text('"""Mine."""\n')
    done = installed("list")
    shutil.rmtree(own)
    assert re.search(r"^digits +Mine\.$", done.stdout, re.M)
    assert done.stderr == "digits of recipes/ here, instead of what comes with keras_ae\n"


@pytest.mark.slow
def test_a_wheel_without_recipes_says_so(installed):
    folder = installed.site / "keras_ae" / "recipes"
    moved = folder.rename(installed.site / "elsewhere")
    done = installed("list")
    moved.rename(folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "expected recipes in recipes/ here or in " in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.extras
def test_the_reference_lists_modules_and_shows_docstrings(tmp_path):
    command = [sys.executable, "-m", "pdoc", "--docformat", "google", "-t", str(ROOT / ".ci" / "pdoc")]
    command += ["-o", str(tmp_path), "keras_ae", "keras_ae.variants", "keras_ae.variants.sparse"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})
    listed = re.findall(r'<a href="([^"]+)\.html">', (tmp_path / "index.html").read_text())
    assert {"keras_ae", "keras_ae/variants/sparse"} <= set(listed)
    assert "Attributes:" in (tmp_path / "keras_ae" / "variants" / "sparse.html").read_text()
    assert "validation_data" in (tmp_path / "keras_ae.html").read_text()
