"""The Makefile's targets: that they pass what they use, run none of it, and refuse all else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make(tmp_path):
    """Runs make in a copy whose keras-ae only prints its arguments, one a line."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv" / ".ready").touch()
    (tmp_path / "recipes").mkdir()
    for name in ("conditional", "denoising", "digits", "image_anomaly", "level_generation", "series_anomaly"):
        (tmp_path / "recipes" / f"{name}.py").touch()
    command = tmp_path / ".venv" / "bin" / "keras-ae"
    command.write_text('#!/bin/sh\nfor word in "$@"; do printf "[%s]\\n" "$word"; done\n')
    command.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def make(*arguments, **more):
        return subprocess.run(
            ["make", "--no-print-directory", *arguments], cwd=tmp_path, env=environment | more,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return make


def test_train_passes_recipe_data_settings_and_resume(make):
    done = make("train", "RECIPE=denoising", "DATA=my folder", "SET=epochs=5 seed=1", "RESUME=1")
    assert done.stdout.splitlines() == [
        "[train]", "[denoising]", "[--data]", "[my folder]", "[--set]", "[epochs=5 seed=1]", "[--resume]",
    ]  # fmt: skip


def test_train_and_export_pass_a_models_name(make):
    assert make("train", "RECIPE=digits", "NAME=my pets").stdout.splitlines() == [
        "[train]", "[digits]", "[--name=my pets]",
    ]  # fmt: skip
    assert make("export", "RECIPE=digits", "NAME=-x", "KEEP=2").stdout.splitlines() == [
        "[export]", "[digits]", "[--name=-x]", "[--keep]", "[2]",
    ]  # fmt: skip


def test_the_name_of_a_model_stands_in_the_place_of_its_recipes(make, tmp_path):
    (tmp_path / "runs/pets/001").mkdir(parents=True)
    (tmp_path / "runs/tunes/001").mkdir(parents=True)
    (tmp_path / "runs/tunes/001/request.json").write_text(
        '{\n "name": "tunes",\n "recipe": "songs",\n "x": 1\n}'
    )
    (tmp_path / "recipes/songs.py").write_text('EXTRAS = "music"\n')
    (tmp_path / ".venv/.music").touch()
    assert make("evaluate", "RECIPE=pets").stdout.splitlines() == ["[evaluate]", "[pets]"]
    assert make("train", "RECIPE=pets", "RESUME=1").stdout.splitlines() == ["[train]", "[pets]", "[--resume]"]
    assert make("export", "RECIPE=tunes").stdout.splitlines() == ["[export]", "[tunes]"]
    (tmp_path / ".venv/.music").unlink()
    assert "installing extra packages for tunes: music" in make("export", "RECIPE=tunes").stdout
    for words in (["train", "RECIPE=pets"], ["train", "RECIPE=pets", "RESUME=0"], ["export", "RECIPE=dogs"]):
        done = make(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"received {words[1]}" in done.stderr


def test_variables_that_are_not_set_are_not_passed(make):
    assert make("train", "RECIPE=digits").stdout.splitlines() == ["[train]", "[digits]"]
    assert make("evaluate", "RECIPE=digits").stdout.splitlines() == ["[evaluate]", "[digits]"]
    assert make("export", "RECIPE=digits").stdout.splitlines() == ["[export]", "[digits]"]
    assert make("tensorboard").stdout.splitlines() == ["[tensorboard]"]
    assert make("train", "RECIPE=digits", "RESUME=0").stdout.splitlines() == ["[train]", "[digits]"]


def test_the_benchmark_passes_data_variants_epochs_and_settings(make):
    given = ("DATA=mnist", "VARIANTS=sparse stacked", "EPOCHS=3", "SEEDS=2", "SET=variant.latent_dim=8")
    assert make("benchmark", *given).stdout.splitlines() == [
        "[benchmark]", "[--data]", "[mnist]", "[--variants]", "[sparse stacked]", "[--epochs]", "[3]",
        "[--set]", "[variant.latent_dim=8]", "[--seeds]", "[2]",
    ]  # fmt: skip
    assert make("benchmark").stdout.splitlines() == ["[benchmark]"]


def test_exported_heads_are_served_and_verified(make):
    assert make("serve").stdout.splitlines() == ["[serve]"]
    assert make("serve", "BATCHING=0").stdout.splitlines() == ["[serve]", "[--no-batching]"]
    assert make("verify-serving").stdout.splitlines() == ["[verify]"]
    assert make("verify-serving", "RECIPE=digits", "TIME=9").stdout.splitlines() == [
        "[verify]", "[digits]", "[--time]", "[9]",
    ]  # fmt: skip
    assert make("export", "RECIPE=digits", "KEEP=3").stdout.splitlines() == [
        "[export]", "[digits]", "[--keep]", "[3]",
    ]  # fmt: skip


def test_a_users_text_is_never_run(make, tmp_path):
    for text in (
        "x; touch pwned",
        '"; touch pwned; "',
        "`touch pwned`",
        "' ; touch pwned; '",
        "$(touch pwned)",
        "$(shell touch pwned)",
        "a$b$$c",
    ):
        done = make("train", "RECIPE=digits", f"DATA={text}", f"SET={text}")
        assert done.stdout.splitlines().count(f"[{text}]") == 2
        done = make("predict", f"RECIPE={text}", f"INPUT={text}", f"OUTPUT={text}")
        assert done.stdout.splitlines().count(f"[{text}]") == 3
        done = make("train", f"RECIPE={text}")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"received RECIPE={text}" in done.stderr
    assert not (tmp_path / "pwned").exists()


def test_prediction_and_the_board_pass_their_variables(make):
    given = ("RECIPE=digits", "INPUT=my photos", "HEAD=decoder", "OUTPUT=a b.npz", "FORCE=1")
    assert make("predict", *given).stdout.splitlines() == [
        "[predict]", "[digits]", "[my photos]", "[--head]", "[decoder]",
        "[--output]", "[a b.npz]", "[--force]",
    ]  # fmt: skip
    assert make("tensorboard", "PORT=7000", "HOST=0.0.0.0").stdout.splitlines() == [
        "[tensorboard]", "[--port]", "[7000]", "[--host]", "[0.0.0.0]",
    ]  # fmt: skip


RECIPES = "conditional denoising digits image_anomaly level_generation series_anomaly"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train", f"make train needs RECIPE=, one of {RECIPES}"),
        ("train RECIPE=", "make train needs RECIPE=, one of"),
        ("evaluate", "make evaluate needs RECIPE="),
        ("predict RECIPE=digits", "make predict needs INPUT=; it takes RECIPE= INPUT= HEAD= OUTPUT= FORCE="),
        (
            "train RECIPE=denoise",
            f"to be one of {RECIPES}, or the path of a .py file; received RECIPE=denoise",
        ),
        ("train RECIPE=mine.py", "received RECIPE=mine.py"),
        (
            "train RECIPE=denoising SEED=1",
            "make train does not take SEED=; it takes DATA= NAME= RECIPE= RESUME= SET= WORKERS=; a field of "
            'the recipe goes into SET=, as in SET="epochs=5 seed=1"',
        ),
        ("evaluate RECIPE=digits NAME=x", "make evaluate does not take NAME=; it takes DATA= RECIPE= SET="),
        ("predict RECIPE=digits INPUT=x NAME=x", "make predict does not take NAME=;"),
        ("train RECIPE=denoising EPOCHS=2", "does not take EPOCHS="),
        ("train RECEIPE=denoising", "does not take RECEIPE="),
        ("train recipe=denoising", "does not take recipe="),
        ("export RECIPE=denoising DATA=x SET=y", "does not take DATA= SET=; it takes KEEP= NAME= RECIPE="),
        ("test FOO=1", "make test does not take FOO=; it takes no variable"),
        ("help RECIPE=denoising", "make help does not take RECIPE="),
        ("RECIPE=denoising", "make help does not take RECIPE="),
        ("lint SHELL=/bin/false", "make lint does not take SHELL="),
        ("serve PORT=8501", "make serve does not take PORT=; it takes BATCHING="),
        ("train RECIPE=digits RESUME=false", "expected RESUME=1 or RESUME=0, received RESUME=false"),
        ("serve BATCHING=off", "expected BATCHING=1 or BATCHING=0, received BATCHING=off"),
        ("setup LOCKED=please", "expected LOCKED=1 or LOCKED=0, received LOCKED=please"),
        (
            "test PYTHON=python3",
            "PYTHON= is for the set-up, which is done: to do it again, make setup PYTHON=",
        ),
        ("test LOCKED=1", "LOCKED= is for the set-up, which is done: to do it again, make setup LOCKED="),
        ("setup PYTHON=python9", "expected Python 3.11, 3.12 or 3.13, .*; none of 'python9' runs"),
        (
            "restore RECIPE=digits INPUT=a",
            "restore is a verb of the command line: .venv/bin/keras-ae restore --help",
        ),
        ("trian RECIPE=digits", "No rule to make target 'trian'"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line_before_the_set_up(make, tmp_path, words, message):
    is_ready = "which is done" in message
    if not is_ready:
        shutil.rmtree(tmp_path / ".venv")
    done = make(*words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert re.search(message.replace("(", r"\("), done.stderr)
    assert (tmp_path / ".venv").exists() == is_ready


def test_several_targets_take_what_any_of_them_uses(make):
    done = make("train", "export", "RECIPE=digits", "KEEP=2")
    assert done.stdout.splitlines() == ["[train]", "[digits]", "[export]", "[digits]", "[--keep]", "[2]"]


def test_the_environment_reaches_no_target(make):
    everywhere = {"DATA": "mnist", "SET": "epochs=1", "RESUME": "1", "FORCE": "1", "KEEP": "1", "PORT": "1"}
    assert make("train", "RECIPE=digits", **everywhere).stdout.splitlines() == ["[train]", "[digits]"]
    assert make("-e", "train", "RECIPE=digits", **everywhere).stdout.splitlines() == ["[train]", "[digits]"]
    assert make("tensorboard", **everywhere).stdout.splitlines() == ["[tensorboard]"]
    assert "needs RECIPE=" in make("train", RECIPE="digits").stderr


@pytest.fixture
def interpreters(tmp_path):
    """(**versions by name) -> the PATH of a folder of such interpreters, beside what make needs."""

    def folder(**versions):
        programs = tmp_path / "programs"
        programs.mkdir()
        for name in ("make", "sh", "sed", "touch", "mkdir", "cp"):
            (programs / name).symlink_to(shutil.which(name))
        for name, version in versions.items():
            numbers = tuple(map(int, version.split(".")))
            file = programs / name.replace("_", ".")
            file.write_text(
                "#!/bin/sh\n"
                'case "$1" in -m) echo "$0 $*"; mkdir -p .venv/bin\n'
                'cp -f "$0" .venv/bin/python; exit 0;; esac\n'
                f'text=$(echo "$2" | sed \'s/sys.version_info/{numbers}/; s/sys.executable/"{name}"/\')\n'
                f'exec {sys.executable} -c "$text" "$3"\n'
            )
            file.chmod(0o755)
        return str(programs)

    return folder


def test_a_usable_interpreter_is_looked_for(make, tmp_path, interpreters):
    shutil.rmtree(tmp_path / ".venv")
    done = make("-n", "setup", PATH=interpreters(python3="3.14.0", python3_12="3.12.1", python3_11="3.11.2"))
    assert "'python3_12' -m venv" in done.stdout
    assert "--clear" not in done.stdout


def test_an_interpreter_that_is_named_wins(make, tmp_path, interpreters):
    path = interpreters(python3="3.12.0", python3_11="3.11.2")
    done = make("-n", "setup", "PYTHON=python3.11", PATH=path)
    assert "'python3_11' -m venv --clear" in done.stdout


def test_interpreters_that_are_too_new_are_told_in_one_line(make, tmp_path, interpreters):
    shutil.rmtree(tmp_path / ".venv")
    done = make("test", PATH=interpreters(python3="3.14.0", python3_13="3.10.2"))
    assert done.returncode == 2
    assert "python3 is Python 3.14.0, python3.13 is Python 3.10.2, so install one and name it" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


def test_the_set_up_takes_the_versions_of_ci_on_demand(make, tmp_path, interpreters):
    path = interpreters(python3="3.11.2")
    assert make("setup", PATH=path).stdout == "make: Nothing to be done for 'setup'.\n"
    for words, constraints in ((["LOCKED=1"], "-c .ci/constraints.txt "), (["LOCKED=0"], "")):
        (tmp_path / ".venv" / ".ready").unlink()
        line, first, *installs = make("setup", *words, PATH=path).stdout.splitlines()
        assert line.startswith("setting up .venv with the cpu build of TensorFlow")
        assert "python3 -m venv .venv" in first
        assert installs[0].startswith(
            f".venv/bin/python -m pip install --disable-pip-version-check {constraints}-e"
        )
        assert f"{constraints}--no-deps tensorflow-serving-api" in installs[1]
        assert "quiet" not in "".join(installs)
    assert "-c .ci/constraints.txt" in make("setup", "LOCKED=1", PATH=path).stdout  # though it is ready


def test_the_reference_is_of_all_modules_that_need_no_beam(make, tmp_path):
    (tmp_path / ".venv" / ".docs").touch()
    (tmp_path / ".venv" / "bin" / "keras-ae").rename(tmp_path / ".venv" / "bin" / "pdoc")
    shutil.copytree(ROOT / "keras_ae" / "apps", tmp_path / "keras_ae" / "apps")
    words = [line.strip("[]") for line in make("docs").stdout.splitlines()]
    assert words[words.index("--output-directory") + 1] == "docs"
    assert {"keras_ae.apps", "keras_ae.apps.doctor", "keras_ae.apps.encoding.encode"} < set(words)
    assert [word for word in words if "beam" in word] == ["!keras_ae.apps.encoding.beam.pipeline"]
    assert words[-1] == "API reference: docs/index.html"


def test_help_names_the_targets_that_stay(make):
    printed = make("help").stdout
    names = {
        line.split()[1]
        for line in printed.splitlines()
        if line.startswith("  make ") and "=" not in line.split()[2]
    }
    assert names >= set(
        "setup train evaluate export predict tensorboard serve verify-serving benchmark".split()
    )
    assert names >= set("test lint docs clean help format".split())
    assert not names & set("restore detect generate list".split())
    assert "keras-ae --help" in printed
    assert "RECIPE=denoising" in printed
    assert make().stdout == printed


def test_what_a_recipe_needs_is_installed_once(make, tmp_path):
    (tmp_path / "recipes" / "sung.py").write_text('EXTRAS = "music"\n')
    pip = tmp_path / ".venv" / "bin" / "python"
    pip.write_text('#!/bin/sh\necho "python $*"\n')
    pip.chmod(0o755)
    first, second = (make("train", "RECIPE=sung").stdout.splitlines() for _ in range(2))
    assert first[0] == "installing extra packages for sung: music"
    assert first[1].endswith("-e .[music]")
    assert second == ["[train]", "[sung]"]
